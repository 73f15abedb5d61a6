"""The page of a run: its numbers are those of the summary, its names are text, its parts can be reached."""

from __future__ import annotations

import base64
import json
import re
import shutil
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from bokeh.plotting import figure
from lxml import html

from mda_sim.core.table import read_parquet
from mda_sim.metrics.coverage import COVERAGE
from mda_sim.report.page.packing import NO_SHARE, SHARE_STEPS
from mda_sim.scenario import load_scenario
from mda_sim.study.folder import RunFolder
from mda_sim.study.paging import write_page
from mda_sim.study.run import Study, run

TINY = Path(__file__).parent / "tiny.yaml"
HOSTILE = "</script><script>alert(1)</script> <b>&amp; \u202e'\"` <!-- {{ 7*7 }} ${x} ]]>"


def page_of(folder: Path) -> html.HtmlElement:
    scenario = load_scenario(folder / "scenario.yaml")
    return html.fromstring(write_page(scenario, RunFolder(folder, "")).read_text())


def data_of(page: html.HtmlElement, id_: str = "data") -> Any:
    return json.loads(page.get_element_by_id(id_).text_content())


@pytest.fixture(scope="module")
def folder(finished: Study, tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("paged") / "run"
    shutil.copytree(finished.folder, place)
    return place


@pytest.fixture(scope="module")
def page(folder: Path) -> html.HtmlElement:
    return page_of(folder)


# Structure


def test_it_can_be_read_without_seeing_or_pointing(page: html.HtmlElement) -> None:
    assert page.get("lang") == "en"
    assert len(page.findall(".//h1")) == len(page.findall(".//main")) == 1
    levels = [int(one.tag[1]) for one in page.iter("h1", "h2", "h3")]
    assert all(after - before <= 1 for before, after in pairwise(levels))
    for plot in page.find_class("plot"):
        assert plot.get("role") == "img"
        assert len(plot.get("aria-label")) > 30
    labelled = {one for label in page.iter("label") for one in label.iter("select", "input")}
    assert labelled == set(page.iter("select", "input"))
    for table in page.iter("table"):
        assert table.find("caption").text_content().strip()
        assert all(head.get("scope") == "col" for head in table.find("thead").iter("th"))


def test_every_chart_has_its_numbers_beside_it(page: html.HtmlElement) -> None:
    for plot in page.find_class("plot"):
        if plot.get("id") in ("plot-map", "plot-backlog"):  # their figures stand in other tables, as they say
            continue
        details = plot.getnext()
        assert details.tag == "details"
        assert details.find_class("n")


def test_nothing_is_fetched(page: html.HtmlElement) -> None:
    policy = page.xpath("//meta[@http-equiv='Content-Security-Policy']/@content")[0]
    rules = dict(rule.strip().split(" ", 1) for rule in policy.split(";"))
    assert rules["default-src"] == "'none'"
    assert "unsafe-eval" not in policy
    assert "http" not in policy
    assert not page.xpath("//@src | //link | //iframe | //img | //object")
    assert all(link.startswith("#") for link in page.xpath("//@href"))


def test_every_option_of_a_control_is_known_to_the_script(page: html.HtmlElement) -> None:
    data = data_of(page)
    names = page.xpath("//select[@id='configuration']/option/@value")
    nations = page.xpath("//select[@id='nation']/option/@value")
    assert (names, nations) == (["today", "direct"], ["JPN", "PHL"])
    assert set(data["layers"]["share"]) == set(data["moves"]["held"]) == set(names)
    assert set(data["layers"]["difference"]) == set(names) - {data["baseline"]}
    for one in data["charts"]:
        assert set(one["columns"]) == set(nations if one["by"] == "nation" else names)
    assert len(data["moves"]["clocks"]) == int(page.get_element_by_id("frame").get("max")) + 1
    sources = {one["source"] for one in data["charts"]} | {"cells", "noise", "vessels", "held"}
    text = page.get_element_by_id("document").text_content()
    assert all(json.dumps(name)[1:-1] in text for name in sources)


# Numbers


def test_every_number_is_one_of_the_summary(page: html.HtmlElement, folder: Path) -> None:
    summary = json.loads((folder / "summary.json").read_text())
    spans = page.find_class("n")
    assert len(spans) > 200
    for span in spans:
        if span.get("data-path"):
            entry: Any = summary
            for step in json.loads(span.get("data-path")):
                entry = entry[step]
            told = entry["mean"] if isinstance(entry, dict) else entry
            assert json.loads(span.get("data-mean")) == told
            continue
        entry = summary["configurations"]
        for key in ("configuration", "nation", "metric", "group"):
            entry = entry.get(span.get(f"data-{key}"), {})
        of = entry.get("difference", {}) if span.get("data-what") == "difference" else entry
        for end in ("mean", "low", "high"):
            assert json.loads(span.get(f"data-{end}")) == of.get(end)
        shown = re.match(r"[-+−]?([0-9.]+) (%|pp)", span.text_content())
        if shown and span.get("data-what") != "interval":
            assert float(shown[1]) == pytest.approx(100 * abs(of["mean"]), abs=0.051)


def test_tables_hold_nothing_but_such_numbers(page: html.HtmlElement) -> None:
    tables = [table for table in page.iter("table") if table.find(".//td[@class='words']") is None]
    assert tables
    for cell in (cell for table in tables for cell in table.iter("td")):
        (span,) = cell
        assert span.get("class") == "n"
        assert not (cell.text or "").strip()


def test_custody_by_age_has_intervals(page: html.HtmlElement) -> None:
    custody = page.get_element_by_id("plot-custody").getnext()
    known = [span for span in custody.find_class("n") if json.loads(span.get("data-low")) is not None]
    assert known
    assert all(re.search(r"\[.+ %, .+ %\]$", span.text_content()) for span in known)


def test_the_ladder_is_told_nation_by_nation(tmp_path: Path) -> None:
    sets = ["output.maps=false", "metrics.counterfactuals=[direct]"]
    folder = run(load_scenario(TINY, sets=sets, seeds=1), out=tmp_path / "out", workers=1).folder
    page, summary = page_of(folder), json.loads((folder / "summary.json").read_text())
    ladders = page.xpath("//details[summary='The ladder, nation by nation']/details")
    assert [one.find("summary").text_content() for one in ladders] == ["Japan", "Philippines"]
    for nation, ladder in zip(("JPN", "PHL"), ladders, strict=True):
        told = [
            (json.loads(span.get("data-path"))[1], json.loads(span.get("data-mean")))
            for span in ladder.xpath(".//tbody/tr/td[1]/span")
        ]
        own = [
            (number, entry["first"]["mean"])
            for number, entry in enumerate(summary["counterfactuals"])
            if entry["nation"] == nation
        ]
        assert sorted(told) == own


def test_cells_are_the_mean_of_the_coverage_tables(page: html.HtmlElement, folder: Path) -> None:
    layers = data_of(page)["layers"]["share"]
    for name in ("today", "direct"):
        tables = [
            read_parquet(COVERAGE, folder / f"seeds/{seed}/sharing/{name}/coverage.parquet")
            for seed in (1, 2)
        ]
        for number, nation in enumerate(tables[0].meta["nations"]):
            rows = (tables[0]["nation"] == number) & (tables[0]["tau_s"] == 21600.0)
            mean = np.mean([table["custody_fraction"][rows] for table in tables], axis=0)
            told = np.frombuffer(base64.b64decode(layers[name][nation]), np.uint8)
            assert ((told == NO_SHARE) == np.isnan(mean)).all()
            assert np.nanmax(np.abs(told / SHARE_STEPS - mean)) <= 1 / SHARE_STEPS
            assert ((told > 0) == (mean > 0)).all()


# Bytes and text


def test_the_same_run_makes_the_same_bytes(folder: Path) -> None:
    scenario = load_scenario(folder / "scenario.yaml")
    first = write_page(scenario, RunFolder(folder, "")).read_bytes()
    figure().line([1, 2], [3, 4])  # takes ids from Bokeh's counter
    assert write_page(scenario, RunFolder(folder, "")).read_bytes() == first
    assert len(first) < 8e6


def test_hostile_names_are_text(tmp_path: Path) -> None:
    text = TINY.read_text()
    for name in ("Philippines", "Around the shoal", "A tiny scenario."):
        text = text.replace(name, json.dumps(HOSTILE))
    (tmp_path / "hostile.yaml").write_text(text)
    scenario = load_scenario(tmp_path / "hostile.yaml", seeds=1)
    folder = run(scenario, out=tmp_path / "out", workers=1).folder
    written = (folder / "report.html").read_text()
    assert "\u202e" not in written
    page = html.fromstring(written)
    scripts = page.findall(".//script")
    assert len(scripts) == 4
    assert not [one for one in scripts if (one.text or "").strip().startswith("alert")]
    assert page.find(".//b") is None
    shown = HOSTILE.replace("\u202e", "").replace("  ", " ")
    option = page.xpath("//select[@id='nation']/option[@value='PHL']")[0]
    assert " ".join(option.text_content().split()) == " ".join(shown.split())
    assert shown.split(" <b>")[0] in page.get_element_by_id("question").text_content()
    data_of(page)
    data_of(page, "document")


def test_without_logs_the_page_says_what_it_does_not_show(folder: Path, tmp_path: Path) -> None:
    shutil.copytree(folder, tmp_path / "run")
    for log in (tmp_path / "run/seeds/1").rglob("contacts.parquet"):
        log.unlink()
    page = page_of(tmp_path / "run")
    assert data_of(page)["moves"] is None
    assert "frame" not in page.xpath("//@id")
    assert "keeps no logs" in page.get_element_by_id("map").text_content()
