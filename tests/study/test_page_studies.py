"""Studies of value and sensitivity on the page of a run: numbers, names, and which are refused."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Mapping
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from click.testing import CliRunner, Result
from lxml import html

import mda_sim
from mda_sim.cli import main
from mda_sim.core.errors import ScenarioError
from mda_sim.scenario import Scenario, load_scenario
from mda_sim.study.folder import RunFolder, read_json
from mda_sim.study.kinship import roots_of
from mda_sim.study.run import Study, run
from mda_sim.study.sensitivity import sensitivity
from mda_sim.study.value import value

HERE = Path(__file__).parent
HOSTILE = "</script><script>alert(1)</script> <b>&amp; \u202e'\"` <!-- {{ 7*7 }} ${x} ]]>"
ASSUMED = """
format: 1
extends: {tiny}
metrics:
  assumptions:
    bound:
      name: {name}
      key: metrics.error_max_km
      values: [0.1, 1, 50]
      source: {name}
    height:
      name: Height of the radar
      key: sensors.radar_shoal.antenna_height_m
      values: [30, 60, 200]
      source: a test
    idle:
      name: Has no effect
      key: sharing.nodes.phl_centre.lat_deg
      values: [14.6, 14.7]
      source: a test
"""
FIGURE = {"metric": "custody_fraction_6h", "group": "not_broadcasting_foreign"}


class Folders(NamedTuple):
    run: Path
    value: Path
    sampled: Path
    sensitivity: Path
    morris: Path


def assumed(place: Path, name: str = "Error that still counts") -> Path:
    path = place / "assumed.yaml"
    path.write_text(ASSUMED.format(tiny=HERE / "tiny.yaml", name=json.dumps(name)))
    return path


@pytest.fixture(scope="module")
def folders(tiny: Scenario, finished: Study, tmp_path_factory: pytest.TempPathFactory) -> Folders:
    """A run, and each kind of study of the same scenario; the screening has one seed only."""
    place = tmp_path_factory.mktemp("studied")
    found = Folders(*(place / name for name in Folders._fields))
    shutil.copytree(finished.folder, found.run)
    players = ["links", "agreements", "radar_shoal"]
    value(tiny, "direct", players, workers=1, out=found.value)
    value(tiny, "direct", players, samples=4, nation="PHL", workers=1, out=found.sampled, **FIGURE)
    path = assumed(place)
    sensitivity(path, out=found.sensitivity, workers=1, allow_path=True)
    sensitivity(
        path,
        method="morris",
        trajectories=2,
        seeds=1,
        out=found.morris,
        workers=1,
        allow_path=True,
    )
    return found


@pytest.fixture
def again(folders: Folders, tmp_path: Path) -> Folders:
    """Copies that a test may change."""
    for name, path in folders._asdict().items():
        shutil.copytree(path, tmp_path / name)
    return Folders(*(tmp_path / name for name in Folders._fields))


@pytest.fixture(scope="module")
def page(folders: Folders) -> html.HtmlElement:
    path = mda_sim.draw_page(
        folders.run,
        value=[folders.value, folders.sampled],
        sensitivity=[folders.sensitivity, folders.morris],
    )
    return html.fromstring(path.read_text())


@pytest.fixture(scope="module")
def contents(folders: Folders) -> dict[str, Mapping[str, Any]]:
    files = {
        "value-1": folders.value / "value.json",
        "value-2": folders.sampled / "value.json",
        "sensitivity-1": folders.sensitivity / "sensitivity.json",
        "sensitivity-2": folders.morris / "sensitivity.json",
    }
    return {part: json.loads(file.read_text()) for part, file in files.items()}


def charts_of(page: html.HtmlElement) -> dict[str, Any]:
    told = json.loads(page.get_element_by_id("studies").text_content())
    return {chart["id"]: chart for chart in told}


def cli(*arguments: str | Path) -> Result:
    return CliRunner().invoke(main, ["page", *map(str, arguments)])


# What is shown


def test_every_number_is_one_of_the_study(
    page: html.HtmlElement, contents: dict[str, Mapping[str, Any]]
) -> None:
    spans = page.xpath("//span[@data-study]")
    assert {span.get("data-study") for span in spans} == set(contents)
    assert len(spans) > 100
    for span in spans:
        entry: Any = contents[span.get("data-study")]
        for step in json.loads(span.get("data-path")):
            entry = entry[step]
        key = span.get("data-key")
        names = (key, f"{key}_low", f"{key}_high") if key else ("mean", "low", "high")
        told = [json.loads(span.get(f"data-{end}")) for end in ("mean", "low", "high")]
        assert told == [entry.get(name) for name in names] if isinstance(entry, dict) else [entry, None, None]
        assert span.text_content().strip()


def test_tables_hold_nothing_but_such_numbers(page: html.HtmlElement) -> None:
    cells = page.xpath("//section[@id='value' or @id='sensitivity']//td")
    assert cells
    for cell in cells:
        assert not (cell.text or "").strip()
        assert [span.get("class") for span in cell] in (["n"], [])
    whole = page.xpath("//section[@id='value']//tr[th='all together']")
    assert all(len(row.findall("td/span")) == 1 for row in whole)


def test_bars_are_the_numbers_of_the_study(
    page: html.HtmlElement, contents: dict[str, Mapping[str, Any]]
) -> None:
    charts = charts_of(page)
    bars = charts["value-1"]["series"]["value-1/shapley"]["0\nJPN"]
    entries = {
        one["player"]: one
        for one in contents["value-1"]["values"]
        if one["nation"] == "JPN"
        and one["measure"] == "shapley"
        and {key: one[key] for key in FIGURE} == FIGURE
    }
    assert len(bars["y"]) == len(entries)
    for label, *numbers in zip(bars["y"], bars["x"], bars["low"], bars["high"], strict=True):
        entry = entries[label.replace("\n", "")]
        assert numbers == pytest.approx([100 * entry[end] for end in ("mean", "low", "high")])
    series = charts["sensitivity-1"]["series"]
    ends = [columns for name, columns in series.items() if not name.endswith("/band")]
    n_bars = 0
    for figure in contents["sensitivity-1"]["figures"]:
        key = f"0\n{figure['nation']}\n{figure['configuration']}"
        is_shown = figure["against"] or figure["configuration"] == "today"
        if not is_shown or {name: figure[name] for name in FIGURE} != FIGURE:
            continue
        moved = [one["change"]["mean"] for one in figure["effects"] if one["change"]["mean"]]
        drawn = sorted(value for columns in ends for value in columns[key]["right"])
        assert drawn == pytest.approx(sorted(100 * (figure["mean"] + change) for change in moved))
        n_bars += len(drawn)
    assert n_bars


def test_every_choice_is_known_to_the_script(page: html.HtmlElement) -> None:
    document = page.get_element_by_id("document").text_content()
    for id_, chart in charts_of(page).items():
        options = page.xpath(f"//select[@id='{id_}-figure']/option/@value")
        assert options
        nations = ["PHL"] if id_ == "value-2" else ["JPN", "PHL"]
        keys = [f"{figure}\n{nation}" for figure in options for nation in nations]
        if "configuration" in chart["by"]:
            keys = [f"{key}\n{name}" for key in keys for name in ("today", "direct")]
        for columns in (chart["says"], *chart["series"].values()):
            assert set(columns) == set(keys)
        assert all(json.dumps(name)[1:-1] in document for name in chart["series"])
        plot = page.get_element_by_id(f"plot-{id_}")
        assert plot.get("role") == "img"
        assert len(plot.get("aria-label")) > 30
        assert plot.getnext().tag == "details"


def test_the_page_says_where_figures_come_from_and_what_they_mean(page: html.HtmlElement) -> None:
    worth = page.get_element_by_id("value").text_content()
    assert "value.json (SHA-256" in worth
    assert "configuration ‘direct’ of scenario ‘tiny’, 2 seeds (1 to 2)" in worth
    assert "Exact: from all 16 coalitions of 4 players" in worth
    assert "Sampled from 4 orders a seed" in worth
    hangs = page.get_element_by_id("sensitivity").text_content()
    assert "one assumption at a time, 2 seeds (1 to 2)" in hangs
    assert "2 trajectories on 4 levels), seed 1." in hangs
    assert hangs.count("ran other seeds (1) than the run (1 to 2)") == 1
    assert re.search(r"No effect on anything shown: .*Has no effect", hangs)
    levels = [int(one.tag[1]) for one in page.iter("h1", "h2", "h3")]
    assert all(after - before <= 1 for before, after in pairwise(levels))
    labelled = {one for label in page.iter("label") for one in label.iter("select", "input")}
    assert labelled == set(page.iter("select", "input"))
    assert len(page.xpath("//@id")) == len(set(page.xpath("//@id")))


def test_the_same_folders_make_the_same_bytes_and_none_the_page_of_the_run(again: Folders) -> None:
    first = mda_sim.draw_page(again.run, value=again.value, sensitivity=again.sensitivity).read_bytes()
    shutil.copytree(again.value, again.run / "studies" / "value")
    assert (
        mda_sim.draw_page(
            again.run, value=[again.run / "studies" / "value"], sensitivity=[again.sensitivity]
        ).read_bytes()
        == first
    )
    manifest = read_json(again.run / "manifest.json") or {}
    assert RunFolder(again.run, manifest["key"]).is_complete(manifest["scenario_digest"])
    scenario = load_scenario(again.run / "scenario.yaml", is_own=True)
    assert run(scenario, out=again.run, workers=1).shown_again
    alone = mda_sim.draw_page(again.run).read_text()
    assert "mda-sim page RUN --value FOLDER --sensitivity FOLDER" in alone
    assert 'id="studies"' not in alone
    assert "data-study" not in alone
    assert "findings" not in alone


def test_hostile_names_are_text(again: Folders, tmp_path: Path) -> None:
    out = tmp_path / "hostile"
    sensitivity(assumed(tmp_path, HOSTILE), out=out, workers=1, allow_path=True, seeds=1)
    written = mda_sim.draw_page(again.run, sensitivity=out).read_text()
    assert "\u202e" not in written
    page = html.fromstring(written)
    assert len(page.findall(".//script")) == 6
    assert page.find(".//b") is None
    shown = HOSTILE.replace("\u202e", "").replace("  ", " ")[:30]
    assert shown in page.get_element_by_id("sensitivity").text_content()
    assert shown.split()[0] in json.dumps(charts_of(page))


# What is refused


def test_roots_change_with_all_that_figures_depend_on_and_not_with_seeds(tiny: Scenario) -> None:
    roots = roots_of(tiny)
    sets = ["seed.first=7", "output.logs=false", "description=other", "metrics.primary=[]"]
    assert roots_of(load_scenario(HERE / "tiny.yaml", sets=sets)) == roots
    other = roots_of(load_scenario(HERE / "tiny.yaml", sets=["sensors.radar_shoal.antenna_height_m=90"]))
    changed = {name for name, digest in other["sections"].items() if digest != roots["sections"][name]}
    assert changed == {"sensors"}
    assert other["configurations"] == roots["configurations"]


def test_studies_of_another_scenario_are_refused_with_all_problems(again: Folders, tmp_path: Path) -> None:
    sets = ["sensors.radar_shoal.antenna_height_m=90", "configurations.direct.links.phl_jpn.delay_s=2"]
    other = load_scenario(HERE / "tiny.yaml", sets=sets, seeds=1)
    value(other, "direct", "phl_jpn", workers=1, out=tmp_path / "other", **FIGURE)
    before = {path: path.read_bytes() for path in again.run.iterdir() if path.is_file()}
    result = cli(
        again.run,
        *("--value", tmp_path / "other"),
        *("--value", tmp_path / "nowhere"),
        *("--value", again.sensitivity),
        *("--sensitivity", again.value),
        *("--sensitivity", again.morris),
        *("--sensitivity", again.morris),
    )
    assert result.exit_code == 2
    assert result.stdout == ""
    for words in (
        "another scenario than the run: 'sensors' differs",
        "another sharing than the run's under 'direct'",
        "no such folder",
        "holds no study of value",
        "holds no sensitivity analysis",
        "stands twice",
        "6 problems",
    ):
        assert words in result.stderr
    assert {path: path.read_bytes() for path in again.run.iterdir() if path.is_file()} == before


def damage(path: Path, change: Mapping[str, Any] | None) -> None:
    """Change entries of a JSON file, or cut it short."""
    text = path.read_text()
    path.write_text(text[:-20] if change is None else json.dumps({**json.loads(text), **change}))


@pytest.mark.parametrize(
    ("file", "change", "words"),
    [
        ("value/value.json", None, "not the one that the study wrote; remove the folder"),
        ("value/value.json", {"seeds": [5]}, "not the one that the study wrote"),
        ("value/manifest.json", {"complete": False}, "not finished; run 'mda-sim value' again"),
        ("sensitivity/sensitivity.json", None, "cannot be read; remove the folder"),
        ("sensitivity/sensitivity.json", {"seeds": [5]}, "not the one that the analysis wrote"),
        ("sensitivity/sensitivity.json", {"complete": False}, "not finished; run 'mda-sim sensitivity'"),
        ("run/summary.json", {"seeds": [5]}, "summary.json is not the one that the run wrote"),
        ("run/manifest.json", {"complete": False}, "the run is not finished"),
        ("run/manifest.json", {"model_sources": "other"}, "another version of the program"),
    ],
)
def test_damaged_and_unfinished_folders_are_refused(
    again: Folders, file: str, change: Mapping[str, Any] | None, words: str
) -> None:
    page = again.run / "report.html"
    page.unlink(missing_ok=True)
    damage(again.run.parent / file, change)
    result = cli(again.run, "--value", again.value, "--sensitivity", again.sensitivity)
    assert result.exit_code == 2
    assert words in result.stderr
    assert not page.exists()


def test_an_older_folder_and_a_search_for_the_next_best_are_refused(
    again: Folders, tiny: Scenario, tmp_path: Path
) -> None:
    record = again.sensitivity / "sensitivity.json"
    content = json.loads(record.read_text())
    record.write_text(json.dumps({name: part for name, part in content.items() if name != "roots"}))
    mda_sim.next_best(tiny, 1, "reform:direct", workers=1, out=tmp_path / "greedy", metric=FIGURE["metric"])
    with pytest.raises(ScenarioError) as error:
        mda_sim.draw_page(again.run, value=tmp_path / "greedy", sensitivity=again.sensitivity)
    assert "leave --greedy out" in str(error.value)
    assert "an older version wrote it" in str(error.value)


def test_the_command_line_draws_the_page(again: Folders) -> None:
    result = cli(again.run, "--value", again.value)
    assert result.exit_code == 0, result.output
    assert result.stdout.split()[0] == str(again.run / "report.html")
    page = html.fromstring((again.run / "report.html").read_text())
    assert "mda-sim sensitivity" in page.get_element_by_id("figures").text_content()
    assert page.xpath("//section[@id='value']")
    assert not page.xpath("//section[@id='sensitivity']")
