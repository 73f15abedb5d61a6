"""The tiny scenario, loaded and run once."""

from __future__ import annotations

from pathlib import Path

import pytest

from mda_sim.scenario import Scenario, load_scenario
from mda_sim.study.run import Study, run

TINY = Path(__file__).parent / "tiny.yaml"


@pytest.fixture(scope="session")
def tiny() -> Scenario:
    """Two seeds, two configurations, no maps."""
    return load_scenario(TINY, sets=["output.maps=false"])


@pytest.fixture(scope="session")
def finished(tiny: Scenario, tmp_path_factory: pytest.TempPathFactory) -> Study:
    """A complete run of it; tests must not change its folder."""
    return run(tiny, out=tmp_path_factory.mktemp("finished") / "out", workers=1)


@pytest.fixture(scope="session")
def told(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run with a hub, consents, retention, a suspension and vessels that lie; tests must not change it."""
    scenario = load_scenario(TINY.with_name("told.yaml"))
    return run(scenario, out=tmp_path_factory.mktemp("told") / "out", workers=1).folder
