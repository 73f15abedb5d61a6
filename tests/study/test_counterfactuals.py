"""A run with a ladder of gates and delays keeps it apart from its configurations."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest

from mda_sim.core.table import read_parquet
from mda_sim.metrics.gap_split import Answer
from mda_sim.metrics.probe_gaps import PROBE_GAPS
from mda_sim.metrics.score_rows import from_csv
from mda_sim.report.gallery import GAP_MAPS_MAX
from mda_sim.scenario import load_scenario
from mda_sim.study.run import run
from mda_sim.study.view import open_gallery

TINY = Path(__file__).parent / "tiny.yaml"


@pytest.fixture(scope="module")
def laddered(tmp_path_factory):
    scenario = load_scenario(
        TINY, sets=["output.maps=false", "metrics.counterfactuals=[direct]", "seed.count=1"]
    )
    return run(scenario, out=tmp_path_factory.mktemp("ladder") / "out", workers=1)


def test_the_ladder_stands_in_summary_answer_and_tables_and_nowhere_else(laddered):
    told = laddered.summary["counterfactuals"]
    assert {entry["configuration"] for entry in told} == {"direct"}
    assert {entry["nation"] for entry in told} == {"JPN", "PHL"}
    answer = (laddered.folder / "answer.md").read_text()
    assert "## What gates and delays hold back: direct" in answer
    sheet = (laddered.folder / "tables" / "counterfactuals.csv").read_text()
    rows = list(csv.DictReader(io.StringIO(sheet)))
    assert {row["rung"] for row in rows} == {"", "gates_open", "no_delays"}
    assert "." not in "".join(laddered.summary["configurations"])
    assert {row.configuration for row in from_csv(laddered.folder / "scores.csv")} == {"direct", "today"}


def test_the_rows_of_the_ladder_are_of_the_unit_and_the_steps_add_up(laddered):
    unit = laddered.folder / "seeds" / "1" / "sharing"
    assert not (unit / "today" / "counterfactuals.csv").exists()
    rows = {
        (r.configuration, r.nation, r.metric, r.group): r.value
        for r in from_csv(unit / "direct" / "counterfactuals.csv")
    }
    for entry in laddered.summary["counterfactuals"]:
        last = entry["first"]["mean"] + sum(step["difference"]["mean"] for step in entry["steps"])
        key = ("direct.no_delays", entry["nation"], entry["metric"], entry["group"])
        assert last == pytest.approx(rows[key], abs=1e-12)
        for i in range(3):
            assert sum(rungs[i]["mean"] for rungs in entry["split"].values()) == pytest.approx(1.0)
        assert entry["split"]["policy"][1]["mean"] == 0


def test_a_baseline_without_links_has_no_ladder(finished):
    assert finished.summary["counterfactuals"] == []
    assert not (finished.folder / "tables" / "counterfactuals.csv").exists()
    assert "charts/counterfactuals.png" not in open_gallery(finished.folder).names()


def test_probes_have_their_split_in_every_unit_and_a_map(laddered):
    table = read_parquet(
        PROBE_GAPS, laddered.folder / "seeds" / "1" / "sharing" / "direct" / "probe_gaps.parquet"
    )
    times = sum(table[f"{answer.name.lower()}_us"] for answer in Answer)
    assert len(table)
    assert set(times.tolist()) == {43_200_000_000}  # half a day is scored, and a probe is always there
    gallery = open_gallery(laddered.folder)
    maps = [name for name in gallery.names() if name.startswith("maps/gaps_24h_")]
    assert len(maps) == 4 <= GAP_MAPS_MAX
    assert "charts/counterfactuals.png" in gallery.names()
    for name in (maps[0], "charts/gap_causes.png", "charts/counterfactuals.png"):
        assert gallery.figure(name).axes
