"""Sections of the answer about all nations, the sheets beside them and the chart of backlogs, by content."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pytest

from mda_sim.core.table import Table
from mda_sim.core.time import US_PER_H, Timeline
from mda_sim.metrics.exposure import EXPOSURE
from mda_sim.metrics.load import BACKLOG
from mda_sim.report.answer import answer
from mda_sim.report.figures import split_age
from mda_sim.report.load_charts import DESKS_SHOWN, backlog_chart, backlogs
from mda_sim.report.sheets import exposure_sheet, sheets
from mda_sim.report.tables import summary_text

HOSTILE = "<b>|x"


def change(mean: float | None, half: float = 0.01) -> dict[str, Any]:
    ends = {"low": None, "high": None} if mean is None else {"low": mean - half, "high": mean + half}
    return {"mean": mean, **ends, "n": 2}


@pytest.fixture
def told(summary: dict[str, Any]) -> dict[str, Any]:
    """A summary with every section."""
    programme = {
        "host": "BBB",
        "gain": change(0.25),
        "contribution": change(0.03),
        "onward_nations": {"mean": 1.5},
        "onward_fraction": {"mean": 0.4},
        "custody": {
            "AAA": {"dark": change(0.11)},
            "BBB": {"dark": change(0.22), "dark@strait": change(0.33)},
        },
    }
    summary["programmes"] = {
        "metric": "custody_fraction_6h",
        "group": "dark",
        "programmes": {"direct": programme},
    }
    steps = [{"from": "today", "to": "direct", "difference": change(0.07)}]
    first = {"mean": 0.25, "n": 2}
    summary["ladder"] = [
        {
            "nation": "AAA",
            "metric": "custody_fraction_6h",
            "group": "all",
            "unit": "1",
            "first": first,
            "steps": steps,
        }
    ]
    node = {"custody_fraction_6h": {"not_broadcasting_foreign": {"mean": 0.125, "n": 2, "unit": "1"}}}
    entry = {"low": None, "high": None, "n_infinite": 0}
    for figure in node["custody_fraction_6h"].values():
        figure.update(entry)
    summary["nodes"] = {
        "baseline": "today",
        "nations": {"coast": "AAA"},
        "configurations": {"today": {"coast": node}, "direct": {"coast": node}},
    }
    for name, mean in (("today", 0.0), ("direct", 70.0)):
        count = {"mean": mean, "low": mean, "high": mean, "n": 2, "unit": "count"}
        groups = {"all": count, "level:SECRET": count, "node:b": count, "stripped": {**count, "mean": 0.0}}
        summary["configurations"][name]["AAA"]["exposure_count"] = groups
        summary["configurations"][name]["AAA"]["exposure_mean_count"] = groups
    queue = {
        "n": 12.0,
        "wait_mean_s": 7200.0,
        "wait_max_s": 10_800.0,
        "backlog_mean": 1.25,
        "backlog_max": 5.0,
        "busy_fraction": 0.4,
        "bytes": 2_500_000.0,
    }
    summary["queues"] = {
        "today": {},
        "direct": {"desk:release": queue, "link:one": {**queue, "wait_mean_s": None}},
    }
    return summary


def section(text: str, heading: str) -> list[list[str]]:
    """The cells of the table under the first heading that begins so."""
    lines = text.splitlines()
    start = next(i for i, line in enumerate(lines) if line.startswith(f"## {heading}"))
    rows = []
    for line in lines[start + 1 :]:
        if line.startswith("## "):
            break
        if line.startswith("|"):
            rows.append([cell.strip() for cell in line.strip("|").split("|")])
    return rows


def test_programmes_are_told_in_the_answer_and_at_the_end_of_a_run(told: dict[str, Any]) -> None:
    text = answer(told, {"strait": "The Strait"})
    head, _, row = section(text, "Programmes: custody 6 h")
    assert head[2:4] == ["gain of the host", "contribution to each other nation"]
    assert row == ["direct", "BBB", "+25.0 pp [+24.0, +26.0]", "+3.0 pp [+2.0, +4.0]", "1.5", "40.0 %"]
    where = section(text[text.index("what changes where") - 80 :], "Programmes: custody 6 h, dark: what")
    assert where[0] == ["programme", "nation", "area", "The Strait"]
    assert where[2][:3] == ["direct", "AAA", "+11.0 pp [+10.0, +12.0]"]
    assert where[2][3] == "–"
    assert where[3][3].startswith("+33.0 pp")
    printed = summary_text(told, {}, 160)
    line = next(line for line in printed.splitlines() if "+25.0 pp [+24.0, +26.0]" in line)
    assert "BBB" in line
    assert "40.0 %" in line


def test_the_ladder_shows_the_first_value_and_what_each_step_adds(told: dict[str, Any]) -> None:
    head, _, row = section(answer(told, {}), "Ladder")
    assert head == ["nation", "endpoint", "today", "+ direct"]
    assert row[0] == "AAA"
    assert row[2:] == ["25.0 %", "+7.0 pp [+6.0, +8.0]"]


def test_nodes_stand_in_a_table_and_a_sheet_of_their_own(told: dict[str, Any]) -> None:
    rows = section(answer(told, {}), "Nodes")
    assert [row[:3] for row in rows[2:]] == [["coast", "AAA", "today"], ["coast", "AAA", "direct"]]
    assert rows[2][3] == "12.5 %"
    found = list(csv.DictReader(io.StringIO(sheets(told, {})["nodes.csv"])))
    assert {(row["node"], row["nation"], row["mean"]) for row in found} == {("coast", "AAA", "0.125")}


def test_exposure_leaves_out_what_is_zero(told: dict[str, Any]) -> None:
    rows = section(answer(told, {}), "Exposure")[2:]
    assert [row[:4] for row in rows] == [
        ["AAA", "direct", "all", "70"],
        ["AAA", "direct", "as SECRET", "70"],
        ["AAA", "direct", "at b", "70"],
    ]


def test_desks_and_links_are_told_with_waits_and_backlogs(told: dict[str, Any]) -> None:
    rows = section(answer(told, {}), "Desks and links")[2:]
    assert rows[0] == ["direct", "desk release", "12", "2.00 h", "3.00 h", "1.25", "5", "40.0 %", "–"]
    assert rows[1][3] == "–"
    found = list(csv.DictReader(io.StringIO(sheets(told, {})["load.csv"])))
    assert [(row["kind"], row["id"], row["wait_mean_s"]) for row in found] == [
        ("desk", "release", "7200.0"),
        ("link", "one", ""),
    ]


def test_pictures_are_told_by_nation_and_pairs_by_configuration(told: dict[str, Any]) -> None:
    entry = {"mean": 0.25, "low": None, "high": None, "n": 2, "unit": "1"}
    for nations in told["configurations"].values():
        for part in ("both", "first_only", "second_only", "neither"):
            groups = ("with:BBB", "with:BBB:broadcasting", "with:BBB:not_broadcasting", "with:BBB@strait")
            nations["AAA"][f"agreement_{part}_fraction_{split_age(told)}"] = dict.fromkeys(groups, entry)
        for metric in ("not_matched_fraction_6h", "area_seen_fraction", "findable_fraction"):
            groups = ("all", "not_broadcasting", "not_broadcasting_foreign", "not_broadcasting@strait")
            nations["AAA"][metric] = dict.fromkeys(groups, entry)
    text = answer(told, {})
    pairs = [row[:4] for row in section(text, "Agreement of pictures")[2:]]
    assert pairs == [
        ["AAA, BBB", words, name, "25.0 %"]
        for words in ("all vessels", "not broadcasting")
        for name in ("today", "direct")
    ]
    assert section(text, "Silent vessels")[2][:3] == ["AAA", "today", "25.0 %"]
    assert section(text, "Coverage of the sea")[2][:3] == ["AAA", "today", "25.0 %"]
    assert "Not matched to AIS is not the same as illegal." in text
    assert sheets(told, {})["agreement.csv"].count("not broadcasting") == 8


def test_a_summary_without_them_has_no_such_sections(summary: dict[str, Any]) -> None:
    text = answer(summary, {})
    assert not any(
        f"## {heading}" in text for heading in ("Programmes", "Ladder", "Nodes", "Exposure", "Desks")
    )
    assert "nodes.csv" not in sheets(summary, {})
    assert "load.csv" not in sheets(summary, {})


def test_names_are_escaped_in_every_section(told: dict[str, Any]) -> None:
    told["programmes"]["programmes"][HOSTILE] = told["programmes"]["programmes"]["direct"]
    told["queues"]["direct"][f"desk:{HOSTILE}"] = told["queues"]["direct"]["desk:release"]
    told["nodes"]["nations"][HOSTILE] = "AAA"
    told["nodes"]["configurations"]["today"][HOSTILE] = told["nodes"]["configurations"]["today"]["coast"]
    text = answer(told, {})
    assert "<b>" not in text
    assert all(
        line.count("|") - line.count(r"\|") == 10 for line in text.splitlines() if "2.00 h | 3.00 h" in line
    )


def test_exposure_over_time_is_the_mean_over_seeds_counting_seeds_without_any() -> None:
    meta = {"parties": ["AAA", "BBB"], "nodes": ["a", "b"], "levels": ["LOW", "HIGH"]}
    columns = {"t_us": [24 * US_PER_H], "origin": [0], "node": [1], "level": [1], "is_stripped": [1]}
    held = Table.of(EXPOSURE, {**columns, "contacts": [6], "parts": [2]}, meta)
    text = exposure_sheet({"direct": [held, Table.empty(EXPOSURE, meta)], "today": []})["exposure.csv"]
    (row,) = csv.DictReader(io.StringIO(text))
    assert (row["t_h"], row["origin"], row["node"], row["level"]) == ("24.0", "AAA", "b", "HIGH")
    assert (row["is_stripped"], row["contacts"], row["parts"]) == ("yes", "3.0", "1.0")
    assert exposure_sheet({"today": [Table.empty(EXPOSURE, meta)]}) == {}


def backlog(queues: list[str], counts: list[list[int]]) -> Table:
    n = len(counts[0])
    columns = {
        "queue": np.repeat(np.arange(len(queues)), n),
        "t_us": np.tile(np.arange(n) * US_PER_H, len(queues)),
        "waiting": np.zeros(n * len(queues)),
        "backlog": np.concatenate(counts),
        "in_service": np.zeros(n * len(queues)),
    }
    return Table.of(BACKLOG, columns, {"queues": queues})


def test_the_chart_shows_the_desks_with_the_largest_backlog_mean_over_seeds() -> None:
    names = [f"desk:d{i}" for i in range(DESKS_SHOWN + 1)] + ["link:l"]
    counts = [[i, 2 * i, i] for i in range(DESKS_SHOWN + 1)] + [[99, 99, 99]]
    more = [[3 * value for value in row] for row in counts]
    found = {
        "today": [backlog(names, counts), backlog(names, more)],
        "direct": [backlog(names[:1], counts[:1])] * 2,
    }
    lines = backlogs(found)
    assert list(lines) == [f"d{i}" for i in reversed(range(DESKS_SHOWN + 1))]
    assert lines["d2"]["today"].tolist() == [4.0, 8.0, 4.0]
    timeline = Timeline(datetime(2026, 3, 2, tzinfo=UTC), 0, 2 * US_PER_H, 0)
    figure = backlog_chart(found, timeline)
    titles = [axes.get_title(loc="left") for axes in figure.axes]
    assert titles == [f"d{i}" for i in range(DESKS_SHOWN, 0, -1)]
    drawn = figure.axes[0].lines[0]
    assert np.asarray(drawn.get_ydata()).tolist() == [8.0, 16.0, 8.0]
    assert (np.asarray(drawn.get_xdata()) * 24).tolist() == pytest.approx([0.5, 1.5, 2.5])
