"""Maps, charts and tables of what stands behind the gap split."""

from __future__ import annotations

import csv
import io
import math

import numpy as np
import pytest
from matplotlib.colors import to_hex

from mda_sim.core.errors import ShapeError
from mda_sim.core.table import Table
from mda_sim.metrics.coverage import Probes
from mda_sim.metrics.gap_causes import CAUSE_METRICS
from mda_sim.metrics.gap_split import Answer
from mda_sim.metrics.probe_gaps import PROBE_GAPS, probe_gap_table
from mda_sim.report.charts import GAP_PARTS
from mda_sim.report.gap_charts import GATE_PARTS, causes_chart, ladder_chart
from mda_sim.report.gap_maps import gap_map
from mda_sim.report.gap_tables import COLUMNS, cause_blocks, ladder_lines, ladder_sheet
from mda_sim.report.grids import answer_mesh, gap_shares
from mda_sim.report.maps import Caption
from mda_sim.report.words import GAP_WORDS, metric_words

LAT_DEG, LON_DEG = np.array([14.25, 14.25, 14.75]), np.array([118.25, 118.75, 118.25])
ZONES: dict[str, str] = {}


def probe_gaps(times):
    """A table of AAA's three probes; ``times`` has hours by probe and answer."""
    times_us = np.array(times, np.int64) * 3_600_000_000
    answer_us = {"AAA": np.vstack([np.zeros((2, len(Answer)), np.int64), times_us])}
    return probe_gap_table(answer_us, Probes(2, LAT_DEG, LON_DEG))


def hours(**answers):
    return [answers.get(answer.name.lower(), 0) for answer in Answer]


TIMES = [hours(held=3, policy=7), hours(latency=4, no_link=3, sensing=3), hours(held=5, sensing=5)]


def test_the_table_of_probes_has_a_row_each_whose_times_sum_to_its_scored_time():
    table = probe_gaps(TIMES)
    assert table["target"].tolist() == [2, 3, 4]
    assert table["policy_us"].tolist() == [7 * 3_600_000_000, 0, 0]
    whole = sum(table[f"{answer.name.lower()}_us"] for answer in Answer)
    assert whole.tolist() == [10 * 3_600_000_000] * 3
    assert len(probe_gap_table({}, Probes(0, LAT_DEG, LON_DEG))) == 0


def test_a_cell_shows_the_answer_that_takes_most_of_the_time_of_equal_ones_the_first():
    mesh = answer_mesh(gap_shares([probe_gaps(TIMES)], "AAA"), 0.5)
    assert mesh.values[0].tolist() == [Answer.POLICY, Answer.LATENCY]
    assert mesh.values[1, 0] == Answer.HELD
    assert math.isnan(mesh.values[1, 1])
    assert mesh.is_hatched.tolist() == [[False, True], [False, False]]


def test_shares_are_means_over_seeds_and_undefined_without_scored_time():
    other = probe_gaps([hours(held=10), hours(), hours(sensing=1)])
    found = gap_shares([probe_gaps(TIMES), other], "AAA")
    assert found.share[0, Answer.HELD] == pytest.approx((0.3 + 1.0) / 2)
    assert found.share[2, Answer.SENSING] == pytest.approx((0.5 + 1.0) / 2)
    assert np.isnan(found.share[1]).all()
    assert np.isnan(answer_mesh(found, 0.5).values[0, 1])


def test_tables_that_do_not_fit_are_refused():
    with pytest.raises(KeyError, match="no nation 'BBB'"):
        gap_shares([probe_gaps(TIMES)], "BBB")
    with pytest.raises(ShapeError, match="no table"):
        gap_shares([], "AAA")
    moved = {name: probe_gaps(TIMES)[name] for name in probe_gaps(TIMES).columns}
    elsewhere = Table.of(PROBE_GAPS, {**moved, "lat_deg": LAT_DEG + 1}, {"nations": ["AAA"]})
    with pytest.raises(ShapeError, match="different places"):
        gap_shares([probe_gaps(TIMES), elsewhere], "AAA")


def test_the_key_of_the_map_names_the_answers_that_it_shows_and_no_others(scene):
    mesh = answer_mesh(gap_shares([probe_gaps(TIMES)], "AAA"), 0.5)
    figure = gap_map(scene, mesh, scene.sensors, "AAA", Caption("Title", "sub", "source"), "24 h")
    words = {text.get_text() for text in figure.legends[0].get_texts()}
    assert words & set(GAP_WORDS.values()) == {"held", "not yet arrived", "refused by a rule"}
    assert "less than half of the time" in words
    (cells,) = (part for part in figure.axes[0].collections if part.get_array() is not None)
    shown = cells.to_rgba(np.arange(len(GAP_PARTS)))
    assert [to_hex(colour) for colour in shown] == [colour.lower() for _, _, colour in GAP_PARTS]


def entry(mean):
    return {"mean": mean, "low": None, "high": None, "n": 1, "unit": "1"}


def summary_of(shares):
    """One nation under two configurations; shares by metric, the second has none."""
    found = {metric: {"all": entry(share)} for metric, share in shares.items()}
    return {
        "baseline": "today", "seeds": [1], "caveats": ["simulation only"], "warnings": [], "primary": [],
        "configurations": {
            "today": {"AAA": {**found, "custody_fraction_24h": {"all": entry(0.5)}}},
            "other": {"AAA": {metric: {"all": entry(0.0)} for metric in found}},
        },
    }  # fmt: skip


SHARES = dict.fromkeys(CAUSE_METRICS, 0.0) | {
    "gap_latency_review_fraction": 0.05,
    "gap_latency_desk_wait_fraction": 0.1,
    "gap_policy_ceiling_sole_fraction": 0.2,
    "gap_policy_joint_fraction": 0.02,
}


def lengths(axes):
    """Length of each bar by the words of its part."""
    return {part.get_label(): [bar.get_width() for bar in part] for part in axes.containers}


def test_the_chart_of_causes_has_bars_of_the_shares_and_hatches_what_is_joint():
    figure = causes_chart(summary_of(SHARES), ["AAA"], "all", ZONES)
    waits, gates = figure.axes
    assert lengths(waits) == {
        "wait for the desk": pytest.approx([10.0, 0.0]),
        "review": pytest.approx([5.0, 0.0]),
    }
    assert lengths(gates) == {
        "above its ceiling": pytest.approx([20.0, 0.0]),
        "several of them together": pytest.approx([2.0, 0.0]),
    }
    assert [bar.get_hatch() or "" for part in gates.containers for bar in part[:1]] == ["", "/////"]
    assert waits.get_xlim() == gates.get_xlim()
    assert {part for part, *_ in GATE_PARTS} >= {"in_force_sole", "joint", "purged"}


def test_a_run_in_which_nothing_waits_and_nothing_is_refused_has_an_empty_chart():
    figure = causes_chart(summary_of(dict.fromkeys(CAUSE_METRICS, 0.0)), ["AAA"], "all", ZONES)
    assert all(not axes.containers for axes in figure.axes)


def rung(mean):
    return {"mean": mean, "low": None, "high": None, "n": 1}


def laddered(configuration="today", nation="AAA"):
    split = {part: [rung(0.0)] * 3 for part in GAP_WORDS}
    split |= {
        "held": [rung(0.2), rung(0.5), rung(0.6)],
        "policy": [rung(0.4), rung(0.0), rung(0.0)],
        "sensing": [rung(0.4)] * 3,
        "latency": [rung(0.0), rung(0.1), rung(0.0)],
    }
    return {
        "configuration": configuration, "nation": nation, "metric": "custody_fraction_24h", "group": "all",
        "unit": "1", "first": rung(0.2), "split": split,
        "steps": [
            {"from": "x", "to": "x.gates_open", "difference": rung(0.3), "value": rung(0.5)},
            {"from": "x.gates_open", "to": "x.no_delays", "difference": rung(0.1), "value": rung(0.6)},
        ],
    }  # fmt: skip


def test_the_chart_of_the_ladder_has_the_whole_split_at_every_rung():
    summary = {**summary_of(SHARES), "counterfactuals": [laddered(), laddered(nation="BBB")]}
    figure = ladder_chart(summary, ["AAA"], "all", ZONES)
    (axes,) = figure.axes
    found = lengths(axes)
    assert found["held"] == pytest.approx([20.0, 50.0, 60.0])
    assert found["refused by a rule"] == pytest.approx([40.0, 0.0, 0.0])
    assert np.sum(list(found.values()), axis=0).tolist() == pytest.approx([100.0] * 3)
    assert [t.get_text() for t in axes.get_yticklabels()] == ["today", "+ gates open", "+ no delays besides"]


def test_the_answer_tells_each_step_and_what_is_left():
    summary = {**summary_of(SHARES), "counterfactuals": [laddered()]}
    text = "\n".join(ladder_lines(summary, ZONES))
    assert "## What gates and delays hold back: today" in text
    assert "| AAA | custody 24 h: all vessels | 20.0 % | +30.0 pp | +10.0 pp |" in text
    assert "| AAA | all vessels | 60.0 % | 0.0 % | 0.0 % | 0.0 % | 0.0 % | 0.0 % | 0.0 % | 40.0 % |" in text
    assert "Accounting, not value" in text
    assert not list(ladder_lines(summary_of(SHARES), ZONES))


def test_the_sheet_of_the_ladder_reads_back_as_the_summary_has_it():
    sheet = ladder_sheet({**summary_of(SHARES), "counterfactuals": [laddered()]}, ZONES)
    rows = list(csv.DictReader(io.StringIO(sheet["counterfactuals.csv"])))
    assert tuple(rows[0]) == COLUMNS
    told = [r for r in rows if r["metric"] == "custody_fraction_24h"]
    assert [(r["rung"], r["mean"], r["difference"]) for r in told] == [
        ("", "0.2", ""),
        ("gates_open", "0.5", "0.3"),
        ("no_delays", "0.6", "0.1"),
    ]
    split = [r for r in rows if r["metric"] == "gap_policy_fraction"]
    assert [(r["rung"], r["mean"]) for r in split] == [
        ("", "0.4"),
        ("gates_open", "0.0"),
        ("no_delays", "0.0"),
    ]
    assert not ladder_sheet(summary_of(SHARES), ZONES)


def test_the_answer_of_a_nation_has_stages_and_gates_that_the_summary_knows():
    waits, gates = cause_blocks(summary_of(SHARES), "AAA")
    assert waits.heading == "Not held within 24 h, not yet arrived: all vessels"
    assert len(waits.rows) + len(gates.rows) == len(CAUSE_METRICS)
    assert not cause_blocks(summary_of({}), "AAA")


def test_every_figure_of_causes_has_words_of_its_own():
    words = [metric_words(metric) for metric in CAUSE_METRICS]
    assert len(set(words)) == len(words)
    assert not any("_" in text or text.startswith("gap ") for text in words)
    assert metric_words("gap_latency_desk_wait_fraction") == "not yet arrived: wait for the desk"
    assert metric_words("gap_policy_in_force_any_fraction") == (
        "refused by a rule, alone or with others: no agreement in force"
    )
    assert metric_words("gap_policy_fraction") == "not held: refused by a rule"
