"""A run with events: what its units record, and that figures over time add up to those over all time."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from mda_sim.core.table import read_parquet
from mda_sim.core.time import US_PER_H
from mda_sim.metrics.over_time import OVER_TIME
from mda_sim.metrics.score_rows import from_csv
from mda_sim.report.gallery import Gallery
from mda_sim.scenario import load_scenario
from mda_sim.study.run import Study, run
from mda_sim.study.view import open_gallery

TINY = Path(__file__).parent / "tiny.yaml"
EVENTS = """
format: 1
name: tiny_events
extends: tiny.yaml
seed: {first: 1, count: 1}
configurations:
  direct:
    events:
      crisis:
        kind: suspension
        agreements: [jpn_phl]
        begins: {kind: random, from_h: 2, to_h: 6}
        lasts: {kind: constant, value_h: 3}
      later: {kind: link_cut, links: [jpn_phl], begins: {kind: after, time_d: 90}}
output: {maps: false}
"""


@pytest.fixture(scope="module")
def eventful(tmp_path_factory: pytest.TempPathFactory) -> Study:
    """Two configurations, one of which has two events; the second comes after the run."""
    folder = tmp_path_factory.mktemp("events")
    (folder / "tiny.yaml").write_text(TINY.read_text(encoding="utf-8"), encoding="utf-8")
    (folder / "events.yaml").write_text(EVENTS, encoding="utf-8")
    return run(load_scenario(folder / "events.yaml"), out=folder / "out", workers=1)


def unit(study: Study, configuration: str) -> Path:
    return study.folder / "seeds/1/sharing" / configuration


def test_units_record_when_each_event_came(eventful: Study) -> None:
    record = json.loads((unit(eventful, "direct") / "unit.json").read_text())
    crisis, later = record["events"]
    assert (crisis["id"], crisis["kind"], crisis["affects"]) == (
        "crisis",
        "suspension",
        ["agreements.jpn_phl"],
    )
    assert crisis["end_us"] - crisis["begin_us"] == 3 * US_PER_H
    score_from_us = round(2.4 * US_PER_H)
    assert 2 * US_PER_H <= crisis["begin_us"] - score_from_us <= 6 * US_PER_H
    assert crisis["begin_utc"].startswith("2026-03-02T")
    assert (later["begin_us"], later["end_us"], later["begin_utc"]) == (None, None, None)
    manifest = json.loads((eventful.folder / "manifest.json").read_text())
    assert manifest["units"]["1"]["sharing"]["direct"]["events"] == record["events"]
    assert manifest["units"]["1"]["sharing"]["today"]["events"] == []


def test_hours_add_up_to_the_custody_of_all_time(eventful: Study) -> None:
    for configuration in ("today", "direct"):
        table = read_parquet(OVER_TIME, unit(eventful, configuration) / "over_time.parquet")
        scores = {
            (row.nation, row.metric, row.group): row.value
            for row in from_csv(unit(eventful, configuration) / "scores.csv")
        }
        for number, nation in enumerate(table.meta["nations"]):
            for place, group in enumerate(table.meta["groups"]):
                rows = (table["nation"] == number) & (table["group"] == place)
                of_6h = rows & (table["age"] == list(table.meta["ages_s"]).index(6 * 3600.0))
                held_h = table["held_us"][of_6h].sum() / US_PER_H
                assert held_h == pytest.approx(scores[nation, "custody_held_h_6h", group])
                scored_h = table["scored_us"][of_6h].sum() / US_PER_H
                assert scored_h == pytest.approx(scores[nation, "scored_time_h", group])


def test_the_configuration_without_the_event_is_measured_in_its_phases(eventful: Study) -> None:
    """Before the event both are the same; what is lost in it is a fall against that configuration."""
    today, direct = (
        {
            row.metric: row.value
            for row in from_csv(unit(eventful, name) / "scores.csv")
            if (row.nation, row.group) == ("PHL", "all") and row.metric.endswith(".crisis")
        }
        for name in ("today", "direct")
    )
    assert set(direct) - set(today) == {
        f"{stem}_{age}_s.crisis"
        for stem in ("recovery", "custody_lost")
        for age in ("1h", "6h", "24h", "72h")
    }
    assert today["event_scored_s.crisis"] == direct["event_scored_s.crisis"] == 3 * 3600.0


def test_charts_are_of_events_that_come(eventful: Study) -> None:
    gallery: Gallery = open_gallery(eventful.folder)
    over_time = [name for name in gallery.names() if "event" in name or "over_time" in name]
    assert over_time == ["charts/custody_over_time.png", "charts/event_crisis.png"]
    assert len(gallery.figure("charts/event_crisis.png").axes) == 2


def test_the_answer_and_the_tables_tell_of_the_event(eventful: Study) -> None:
    text = (eventful.folder / "answer.md").read_text(encoding="utf-8")
    assert 'Before, during and after the event "crisis"' in text
    assert (eventful.folder / "tables/suspension_rates.csv").exists()
    assert (eventful.folder / "tables/events.csv").exists()
