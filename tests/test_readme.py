"""The README says what the program does: its figures, its YAML and its Python are real."""

from __future__ import annotations

import importlib.util
import json
import re
from pathlib import Path
from types import ModuleType

import pytest
from shipped import shipped

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


NAMES = ("label_sensitivity", "six_arrangements", "south_china_sea")


@pytest.mark.parametrize("name", NAMES)
def test_the_table_of_results_is_that_of_the_stored_results(name: str) -> None:
    script = refresher()
    results = json.loads((script.RESULTS / f"{name}.json").read_text())
    assert script.with_block(README, name, script.block(name, results)) == README
    assert script.markdown(results).count("\n| ") == 1 + 3 * len(results["figures"])


@pytest.mark.parametrize("name", NAMES)
def test_the_stored_results_are_of_the_shipped_scenario(name: str) -> None:
    """Endpoints, configurations and seeds of the scenario as it is now."""
    results = json.loads((refresher().RESULTS / f"{name}.json").read_text())
    scenario = shipped(name)
    assert set(results["figures"]) == set(scenario.arrangements)
    assert tuple(results["seeds"]) == scenario.seeds
    assert results["primary"] == [
        {"metric": entry.metric, "group": entry.key}
        for entry in scenario.spec.metrics.primary
        if entry.zone is None
    ]


def test_what_the_readme_says_of_the_six_arrangements_holds() -> None:
    """The order of the arrangements for Japan at 24 h, and that pooling bounds every nation from above."""
    figures = json.loads((refresher().RESULTS / "six_arrangements.json").read_text())["figures"]

    def custody(configuration: str, nation: str, age: str) -> float:
        return float(figures[configuration][nation][f"custody_fraction_{age}"]["mean"])

    order = ["today", "us_hub_standing_consent", "direct_manual", "direct_automated", "everything_at_once"]
    values = [custody(name, "JPN", "24h") for name in order]
    assert values == sorted(values)
    assert custody("us_hub_consent", "JPN", "72h") > custody("today", "JPN", "72h") + 0.02
    assert custody("us_hub_consent", "JPN", "24h") < custody("today", "JPN", "24h") + 0.005
    for nation in ("PHL", "USA"):  # little changes for them but by pooling
        for name in order[1:-1]:
            assert custody(name, nation, "24h") < custody("today", nation, "24h") + 0.005
    for nation in ("JPN", "PHL", "USA"):
        for age in ("1h", "6h", "24h", "72h"):
            ceiling = custody("everything_at_once", nation, age)
            assert all(custody(name, nation, age) <= ceiling for name in figures)


def test_what_the_readme_says_of_classes_holds() -> None:
    """An agreement gives Tokyo small Philippine boats and militia; Chinese coast guards hardly."""
    by_class = json.loads((refresher().RESULTS / "six_arrangements.json").read_text())["by_class"]

    def gain(configuration: str, vessel_class: str) -> float:
        return float(by_class[configuration]["JPN"][vessel_class]["difference"]["mean"])

    for name in ("direct_manual", "direct_automated"):
        assert gain(name, "banca") > 2 * gain(name, "militia") > 0.1
        assert max(gain(name, "china_coast_guard"), gain(name, "trawler")) < 0.02


def test_what_the_readme_says_of_the_label_holds() -> None:
    """UNCLASSIFIED gives Tokyo more than the treaty with manual release does; RESTRICTED nothing."""
    figures = json.loads((refresher().RESULTS / "label_sensitivity.json").read_text())["figures"]
    for age in ("1h", "6h", "24h", "72h"):
        metric = f"custody_fraction_{age}"
        unclassified, treaty, restricted, today = (
            figures[name]["JPN"][metric]["mean"]
            for name in ("today_unclassified", "direct_manual", "today_restricted", "today")
        )
        assert unclassified > treaty >= restricted == today


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
