"""The README says what the program does: its figures, its YAML and its Python are real."""

from __future__ import annotations

import importlib.util
import json
import re
from pathlib import Path
from types import ModuleType

import pytest

from mda_sim.scenario import load_scenario

ROOT = Path(__file__).resolve().parent.parent
README = (ROOT / "README.md").read_text()
SCENARIO = ROOT / "scenarios" / "south_china_sea.yaml"


def refresher() -> ModuleType:
    """The script that writes the results into the README."""
    spec = importlib.util.spec_from_file_location("refresh_results", ROOT / "docs" / "refresh_results.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", README, flags=re.DOTALL)


def test_the_table_of_results_is_that_of_the_stored_results() -> None:
    script = refresher()
    results = json.loads(script.RESULTS.read_text())
    assert script.with_block(README, script.markdown(results)) == README
    assert len(re.findall(r"^\| (?:JPN|PHL|USA) ", README, flags=re.MULTILINE)) == 6


def test_the_stored_results_are_of_the_shipped_scenario() -> None:
    """Endpoints, configurations and seeds of the scenario as it is now."""
    results = json.loads(refresher().RESULTS.read_text())
    scenario = load_scenario(SCENARIO)
    assert set(results["figures"]) == set(scenario.arrangements)
    assert tuple(results["seeds"]) == scenario.seeds
    assert results["primary"] == [
        {"metric": entry.metric, "group": entry.key}
        for entry in scenario.spec.metrics.primary
        if entry.zone is None
    ]


def test_the_configuration_of_the_readme_can_be_run(tmp_path: Path) -> None:
    (block,) = blocks("yaml")
    text = f"extends: south_china_sea.yaml\nformat: 1\n{block}"
    (tmp_path / "south_china_sea.yaml").write_text(SCENARIO.read_text())
    (tmp_path / "mine.yaml").write_text(text)
    scenario = load_scenario(tmp_path / "mine.yaml")
    assert scenario.arrangements["faster_desk"].desks["phl_release_usa"].servers == 4
    assert scenario.arrangements["today"].desks["phl_release_usa"].servers != 4


def test_the_python_of_the_readme_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    (block,) = blocks("python")
    monkeypatch.chdir(ROOT)
    names: dict[str, object] = {}
    exec(block, names)
    assert len(names["log"].contacts) > 100_000  # type: ignore[attr-defined]
    assert len(names["deliveries"].hops) > 100_000  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    "path",
    sorted(set(re.findall(r"\]\(([^)#]+)\)|`((?:docs|mda_sim|scenarios|benchmarks)/[\w./-]*)`", README))),
)
def test_what_the_readme_points_to_is_there(path: tuple[str, str]) -> None:
    assert (ROOT / (path[0] or path[1])).exists()


def test_the_two_commands_are_targets_of_the_makefile() -> None:
    makefile = (ROOT / "Makefile").read_text()
    for target in ("run", "test", "bench"):
        assert re.search(rf"^{target}:", makefile, flags=re.MULTILINE)
