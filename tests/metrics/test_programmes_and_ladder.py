"""Programmes and the ladder, from score rows made by hand."""

from __future__ import annotations

import pytest

from mda_sim.geo.regions import Box
from mda_sim.metrics.compare import summarise, t_quantile, values_by_key
from mda_sim.metrics.ladder import ladder
from mda_sim.metrics.programmes import programmes
from mda_sim.metrics.score_rows import ScoreRow
from mda_sim.metrics.spec import Endpoint, MetricsSpec, ZoneSpec

ZONE = ZoneSpec(name="Strait", region=Box(lat_min_deg=0, lat_max_deg=1, lon_min_deg=0, lon_max_deg=1))
SPEC = MetricsSpec(
    zones={"strait": ZONE},
    primary=[Endpoint(metric="awareness_fraction_24h"), Endpoint(metric="custody_fraction_6h", group="dark")],
    programmes={"help": "HHH"},
    programme_focus=["AAA"],
    ladder=["today", "law", "help"],
)


def row(configuration, seed, nation, metric, value, group="dark", node="n"):
    return ScoreRow(configuration, seed, nation, node, metric, group, value, "1", 1)


def rows_of(metric, by_configuration, group="dark"):
    """Rows of one metric: configuration -> nation -> value of each seed."""
    return [
        row(name, seed, nation, metric, value, group)
        for name, nations in by_configuration.items()
        for nation, values in nations.items()
        for seed, value in enumerate(values)
    ]


CUSTODY = {
    "today": {"AAA": [0.5, 0.7], "BBB": [0.2, 0.2], "HHH": [0.1, 0.2]},
    "law": {"AAA": [0.5, 0.8], "BBB": [0.2, 0.2], "HHH": [0.1, 0.2]},
    "help": {"AAA": [0.6, 0.9], "BBB": [0.2, 0.3], "HHH": [0.5, 0.8]},
}
ROWS = [
    *rows_of("custody_fraction_6h", CUSTODY),
    *rows_of("custody_fraction_licensed_6h", {"today": {"HHH": [0.1, 0.2]}, "help": {"HHH": [0.3, 0.4]}}),
    *rows_of(
        "custody_fraction_6h", {"today": {"HHH": [0.0, 0.0]}, "help": {"HHH": [0.2, 0.2]}}, "dark@strait"
    ),
    *rows_of("onward_nations_count", {"help": {"HHH": [1.0, 2.0]}}, "all"),
    *rows_of("onward_fraction", {"help": {"HHH": [0.25, 0.75]}}, "all"),
]


def told():
    return programmes(values_by_key(ROWS), SPEC, "today")


def test_the_first_custody_endpoint_says_which_custody_is_meant():
    assert (told()["metric"], told()["group"]) == ("custody_fraction_6h", "dark")
    default = programmes(values_by_key(ROWS), MetricsSpec(), "today")
    assert (default["metric"], default["group"]) == ("custody_fraction_24h", "all")


def test_gain_is_custody_beyond_own_and_licensed_under_the_same_programme():
    gain = told()["programmes"]["help"]["gain"]
    assert gain["mean"] == pytest.approx((0.2 + 0.4) / 2)
    half = t_quantile(1) * 0.1  # two values 0.2 apart: s = 0.1 sqrt(2), over sqrt(2)
    assert gain["high"] == pytest.approx(0.3 + half)


def test_contribution_is_the_mean_change_of_the_others_seed_by_seed():
    contribution = told()["programmes"]["help"]["contribution"]
    assert contribution["mean"] == pytest.approx(((0.1 + 0.0) / 2 + (0.2 + 0.1) / 2) / 2)
    assert contribution["n"] == 2


def test_reach_and_changes_by_zone_are_of_host_and_focus():
    found = told()["programmes"]["help"]
    assert (found["host"], found["onward_nations"]["mean"], found["onward_fraction"]["mean"]) == (
        "HHH",
        1.5,
        0.5,
    )
    assert list(found["custody"]) == ["AAA", "HHH"]
    assert found["custody"]["HHH"]["dark"]["mean"] == pytest.approx(0.5)
    assert found["custody"]["HHH"]["dark@strait"]["mean"] == pytest.approx(0.2)
    assert found["custody"]["AAA"]["dark"]["mean"] == pytest.approx(0.15)


def test_steps_of_the_ladder_add_up_to_the_last_rung_less_the_first():
    rungs = ladder(values_by_key(ROWS), {row.metric: row.unit for row in ROWS}, SPEC.ladder, SPEC.primary)
    by_nation = {rung["nation"]: rung for rung in rungs}
    assert list(by_nation) == ["AAA", "BBB", "HHH"]  # awareness has no rows, so no rungs
    steps = by_nation["AAA"]["steps"]
    assert [(step["from"], step["to"]) for step in steps] == [("today", "law"), ("law", "help")]
    assert [step["difference"]["mean"] for step in steps] == pytest.approx([0.05, 0.1])
    assert by_nation["AAA"]["first"]["mean"] == pytest.approx(0.6)
    total = sum(step["difference"]["mean"] for step in by_nation["HHH"]["steps"])
    assert total == pytest.approx(0.65 - 0.15)


def test_rows_of_other_nodes_stand_apart_from_those_of_nations():
    other = [
        row("today", 0, "AAA", "custody_fraction_6h", 0.3, node="coast"),
        row("help", 0, "AAA", "custody_fraction_6h", 0.4, node="coast"),
    ]
    plain = summarise(ROWS, "today", picture_nodes={"AAA": "n", "BBB": "n", "HHH": "n"})
    both = summarise([*ROWS, *other], "today", picture_nodes={"AAA": "n", "BBB": "n", "HHH": "n"})
    assert both["configurations"] == plain["configurations"]
    assert "nodes" not in plain
    assert both["nodes"]["nations"] == {"coast": "AAA"}
    entry = both["nodes"]["configurations"]["help"]["coast"]["custody_fraction_6h"]["dark"]
    assert entry["difference"]["mean"] == pytest.approx(0.1)
    with pytest.raises(ValueError, match="two values"):
        summarise([*ROWS, *other], "today")
