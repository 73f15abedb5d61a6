"""docs/sensitivity.md: its assumptions load, and what it says of the shipped scenarios holds."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from shipped import shipped

from mda_sim.scenario import load_scenario
from mda_sim.scenario.assumptions import assumptions_of

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "sensitivity.md").read_text(encoding="utf-8")
QUICK = ROOT / "scenarios" / "quick.yaml"


def test_the_assumptions_on_the_page_load(tmp_path: Path) -> None:
    (block,) = re.findall(r"```yaml\n(.*?)```", PAGE, flags=re.DOTALL)
    path = tmp_path / "page.yaml"
    path.write_text(f"format: 1\nextends: {QUICK}\nname: page\n{block}")
    scenario = load_scenario(path, allow_path=True)
    found = assumptions_of(scenario)
    assert not scenario.warnings or all("assumptions" not in one.key for one in scenario.warnings)
    assert found["error_bound"].stated_words() == "10 km"
    assert len(found["release_delay"].keys) > 10
    assert found["radar_label"].stated_words() == "CONFIDENTIAL"


@pytest.mark.parametrize(("name", "n"), [("south_china_sea", 10), ("six_arrangements", 16), ("quick", 8)])
def test_the_shipped_scenarios_name_as_many_as_the_page_says(name: str, n: int) -> None:
    scenario = shipped(name)
    assert len(scenario.spec.metrics.assumptions) == n
    for assumption in assumptions_of(scenario).values():
        assert len(assumption.spec.source) > 10
        assert any(not assumption.is_stated(value) for value in assumption.ends().values())
