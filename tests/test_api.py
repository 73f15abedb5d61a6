"""The shop window."""

from __future__ import annotations

import logging
import subprocess
import sys
from importlib.resources import files
from pathlib import Path

import pytest

import mda_sim
from mda_sim.core.errors import RunError

HEAVY = ("numba", "scipy", "pyarrow", "matplotlib", "pydantic", "simpy", "shapely", "numpy")


@pytest.mark.parametrize("module", ["mda_sim", "mda_sim.cli"])
def test_importing_loads_nothing_heavy(module: str) -> None:
    code = f"import sys, {module}\nprint(sorted(set({HEAVY!r}) & sys.modules.keys()))"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "[]"


@pytest.mark.parametrize("name", mda_sim.__all__)
def test_every_public_name_works(name: str) -> None:
    assert getattr(mda_sim, name) is not None
    assert name in dir(mda_sim)


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'pasta'"):
        _ = mda_sim.pasta


def test_the_package_is_typed_and_its_logger_is_silent() -> None:
    assert files("mda_sim").joinpath("py.typed").is_file()
    assert any(isinstance(handler, logging.NullHandler) for handler in logging.getLogger("mda_sim").handlers)


def test_the_stages_can_be_called_from_the_shop_window() -> None:
    scenario = mda_sim.load(Path(__file__).parent / "study" / "tiny.yaml")
    fleet = mda_sim.build_world(scenario, 1)
    log = mda_sim.sense(scenario, fleet, 1)
    deliveries = mda_sim.share(scenario, fleet, log, "direct", 1)
    scores = mda_sim.score(scenario, mda_sim.build_frame(scenario, fleet, log), deliveries, "direct", 1)
    assert {row.nation for row in scores.rows} == {"JPN", "PHL"}
    assert deliveries.sensing_digest == log.digest()


def test_the_figures_of_a_finished_run_can_be_drawn_from_the_shop_window(tmp_path: Path) -> None:
    tiny = Path(__file__).parent / "study" / "tiny.yaml"
    scenario = mda_sim.load(tiny, sets=["output.maps=false"], seeds=1)
    with pytest.raises(RunError, match="no finished run"):
        mda_sim.plot_scenario(tmp_path)
    folder = mda_sim.run(scenario, out=tmp_path / "out", workers=1).folder
    gallery = mda_sim.open_gallery(folder)
    assert len(gallery.names()) == 16
    for figure in (
        mda_sim.plot_coverage(folder, "today", "PHL"),
        mda_sim.plot_difference(folder, "direct", "PHL"),
        mda_sim.plot_scenario(folder),
    ):
        assert figure.axes
    with pytest.raises(KeyError, match="no difference map"):
        mda_sim.plot_difference(folder, "today", "PHL")
    with pytest.raises(KeyError, match=r"no figure 'maps/none\.png'"):
        gallery.figure("maps/none.png")
