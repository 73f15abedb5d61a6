from __future__ import annotations

import math
from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pytest

from mda_sim.core.errors import DigestMismatch, ShapeError
from mda_sim.core.table import Table
from mda_sim.core.time import NEVER_US, Timeline
from mda_sim.geo.regions import Box, Circle
from mda_sim.metrics import agreement
from mda_sim.metrics.frame import scoring_frame
from mda_sim.metrics.gap_split import Answer
from mda_sim.metrics.score_rows import ScoreRow, from_csv, to_csv
from mda_sim.metrics.scores import score_configuration
from mda_sim.metrics.spec import Endpoint, MetricsSpec, ZoneSpec
from mda_sim.records import (
    CONTACTS,
    HOPS,
    OUTCOMES,
    REPORTS,
    DeliveryLog,
    DetectionLog,
    Outcome,
    SensorCard,
)
from mda_sim.sharing.labels import LabelSpec
from mda_sim.sharing.network import FeedSpec, LinkSpec, NationSpec, NodeSpec, SharingSpec

S, H = 1_000_000, 3600.0
KNOT_MPS = 1852 / 3600
AREA = Box(lat_min_deg=5, lat_max_deg=20, lon_min_deg=110, lon_max_deg=120)
TIMELINE = Timeline(datetime(2026, 3, 2, tzinfo=UTC), round(2 * H) * S, round(20 * H) * S, round(4 * H) * S)
RADIUS_M, SPEED_MPS = 80_000.0, 12 * KNOT_MPS
CROSSING_H = 2 * RADIUS_M / SPEED_MPS / H
WEST = Circle(lat_deg=10, lon_deg=113, radius_m=RADIUS_M)
EAST = Circle(lat_deg=10, lon_deg=117, radius_m=RADIUS_M)
SPEC = MetricsSpec(
    custody_age_s=(1 * H, 6 * H),
    error_max_m=1000.0,
    zones={"west": ZoneSpec(name="West", region=WEST), "east": ZoneSpec(name="East", region=EAST)},
    primary=[
        Endpoint(metric="scored_time_h", group="class:cargo", zone="west"),
        Endpoint(metric="scored_time_h", group="class:cargo", zone="east"),
    ],
)
NATIONS = {
    "AAA": NationSpec(name="A", picture_node="a"),
    "BBB": NationSpec(name="B", picture_node="b"),
    "XCA": NationSpec(name="Provider", kind="provider"),
}
SHARING = SharingSpec(
    nodes={"a": NodeSpec(nation="AAA"), "b": NodeSpec(nation="BBB")},
    feeds={
        "a_radar": FeedSpec(node="a", label="own"),
        "b_coarse": FeedSpec(node="b", label="own"),
        "b_radar": FeedSpec(node="b", label="own"),
    },
    labels={"own": LabelSpec(classification="SECRET")},
    links={"a_to_b": LinkSpec(sender="a", recipient="b")},
)


def due_east(lat_deg, lon_deg, at_s, until_s):
    """A track along the equator-ward side: from a place at a time, moving east until another time."""
    metres_per_deg = 6371008.8 * math.radians(1) * math.cos(math.radians(lat_deg))
    return [(0.0, lat_deg, lon_deg - SPEED_MPS * at_s / metres_per_deg),
            (until_s, lat_deg, lon_deg + SPEED_MPS * (until_s - at_s) / metres_per_deg)]  # fmt: skip


@pytest.fixture(scope="module")
def fleet(fleet_of):
    """One crosses the western disc, one lies at anchor in the eastern, one is outside; two probes."""
    crosser = due_east(10.0, 113.0, 10 * H, 22 * H)
    anchored = [(0.0, 10.0, 117.0), (22 * H, 10.0, 117.0)]
    outside = [(0.0, 25.0, 117.0), (22 * H, 25.0, 117.0)]
    vessels = [
        ("cargo", "AAA", True, crosser),
        ("militia", "BBB", False, anchored),
        ("cargo", "AAA", False, outside),
    ]
    return fleet_of(vessels, [(10.0, 113.0), (10.0, 117.0)], until_s=22 * H)


def make_log(held, fleet):
    """A log of (sensor number, t_observed_s, targets) reports, ready at once; b_coarse is a poor sensor."""
    cards = (
        SensorCard("a_radar", "radar", "AAA", 100.0, 30.0, 3600.0),
        SensorCard("b_coarse", "radar", "BBB", 50_000.0, 30.0),
        SensorCard("b_radar", "radar", "BBB", 100.0, 30.0),
    )
    held = sorted(held)
    count = np.array([len(targets) for *_, targets in held], np.int64)
    t_us = [round(t * S) for _, t, _ in held]
    columns = {
        "report": range(len(held)),
        "sensor": [sensor for sensor, *_ in held],
        "interval": range(len(held)),
        "t_observed_us": t_us,
        "t_ready_us": t_us,
        "first": np.cumsum(count) - count,
        "count": count,
        "n_vessels": [sum(k < fleet.n_vessels for k in targets) for *_, targets in held],
        "n_false": [0] * len([sum(k < fleet.n_vessels for k in targets) for *_, targets in held]),
    }
    flat = [k for *_, targets in held for k in targets]
    contacts = Table.of(
        CONTACTS, {"target": flat, "dt_us": [0] * len(flat), "merged": [1] * len([0] * len(flat))}
    )
    names = {"sensors": [card.id for card in cards]}
    return DetectionLog(Table.of(REPORTS, columns, names), contacts, cards, fleet.n_vessels, fleet.n_targets)


@pytest.fixture(scope="module")
def deliveries_of(parts_of):
    """Part -> when it was delivered to b over the one link [s], or (when, how coarse [m]) of its copies."""

    def made(log, received_s, share_class=None, unsent=()):
        parts, contact_part = parts_of(log, share_class)
        copies = {part: [(t, 0.0)] if np.isscalar(t) else t for part, t in sorted(received_s.items())}
        rows = [(part, n, *copy) for part, came in copies.items() for n, copy in enumerate(came)]
        table = {c.name: [round(row[2] * S) for row in rows] for c in HOPS.columns if c.name.startswith("t_")}
        table["t_purged_us"] = [NEVER_US] * len(rows)
        zeros = ("link", "label", "gates", "gates_at_release", "is_stripped", "outcome")
        table |= {name: [0] * len(rows) for name in zeros}
        table |= {name: [-1] * len(rows) for name in ("source", "case", "agreement", "consent")}
        table |= {
            name: [row[i] for row in rows] for name, i in (("part", 0), ("copy", 1), ("coarsened_m", 3))
        }
        hops = Table.of(HOPS, {**table, "is_kept": [1] * len(rows)}, {"links": ["a_to_b"], "labels": ["own"]})
        foreign = (log.reports["sensor"][parts["report"]] == 0).astype(int).tolist()
        first_us = {part: round(min(t for t, _ in came) * S) for part, came in copies.items()}
        fates = [
            (p, nation, first_us.get(p, NEVER_US), int(p in copies), 0,
             Outcome.DELIVERED if p in copies else Outcome.NOT_SENT if p in unsent else Outcome.NO_ROUTE)
            for p, nation in enumerate(foreign)
        ]  # fmt: skip
        names = [column.name for column in OUTCOMES.columns]
        columns = {name: [fate[i] for fate in fates] for i, name in enumerate(names)}
        outcomes = Table.of(OUTCOMES, columns, {"nations": ["AAA", "BBB"]})
        return DeliveryLog(parts, contact_part, hops, outcomes, log.digest())

    return made


@pytest.fixture(scope="module")
def score(deliveries_of):
    """The scores of both nations where a_to_b has delivered some parts."""

    def made(log, fleet, received_s, spec=SPEC, **options):
        frame = scoring_frame(log, fleet, AREA, spec, TIMELINE)
        deliveries = deliveries_of(log, received_s, **options)
        return score_configuration(frame, deliveries, SHARING, NATIONS, configuration="today", seed=7)

    return made


ANSWERS = ("held", "quality", "latency", "no_link")


def by_name(scores):
    return {(row.nation, row.metric, row.group): row for row in scores.rows}


@pytest.fixture(scope="module")
def log(fleet):
    """a_radar holds all targets every hour; b_coarse the anchored ship at 12 h, b_radar the same at 11 h."""
    hourly = [(0, hour * H, [0, 1, 2, 3, 4]) for hour in range(1, 23)]
    return make_log([*hourly, (1, 12 * H, [1]), (2, 11 * H, [1])], fleet)


def test_scored_time_is_time_in_the_area_and_in_each_disc(score, log, fleet):
    found = by_name(score(log, fleet, {}))
    assert found["AAA", "scored_time_h", "all"].value == 40.0
    assert found["AAA", "scored_time_h", "class:cargo@west"].value == pytest.approx(CROSSING_H, abs=3 / H)
    assert pytest.approx(7.199, abs=5e-4) == CROSSING_H
    assert found["AAA", "scored_time_h", "class:cargo@east"].value == 0.0
    assert found["AAA", "scored_time_h", "all@east"].value == 20.0
    assert found["AAA", "scored_time_h", "all@east"].n == 1


def test_zones_tell_ais_states_apart_and_what_endpoints_name(score, log, fleet):
    groups = {row.group for row in score(log, fleet, {}).rows if row.metric == "scored_time_h"}
    assert {"all@west", "broadcasting@west", "not_broadcasting_foreign@east", "class:cargo@west"} <= groups
    whole = {group for group in groups if "@" not in group}
    assert any(group.startswith("flag:") for group in whole)
    assert not any(group.startswith("flag:") and "@" in group for group in groups)
    assert {group for group in groups if group.startswith("class:") and "@" in group} == {
        "class:cargo@west",
        "class:cargo@east",
    }


def test_custody_while_crossing_a_disc_is_the_share_of_the_crossing(score, fleet):
    """Seen once at the centre: held for one hour of the 7.2 h crossing, and for half of it at 6 h."""
    found = by_name(score(make_log([(0, 10 * H, [0])], fleet), fleet, {}))
    assert found["AAA", "custody_fraction_1h", "all@west"].value == pytest.approx(1 / CROSSING_H, rel=1e-3)
    assert found["AAA", "custody_fraction_6h", "all@west"].value == pytest.approx(0.5, rel=1e-3)
    assert found["AAA", "custody_fraction_1h", "all@east"].value == 0.0
    assert found["AAA", "custody_fraction_1h", "all"].value == pytest.approx(1 / 40)


def test_groups_partition_the_held_hours(score, log, fleet):
    found = by_name(score(log, fleet, {0: 3 * H, 5: 9 * H}))
    for nation in ("AAA", "BBB"):
        for zone in ("", "@west", "@east"):
            for metric in ("custody_held_h_1h", "custody_held_h_6h", "scored_time_h"):
                parts = [
                    found[nation, metric, group + zone].value
                    for group in ("broadcasting", "not_broadcasting")
                ]
                assert sum(parts) == pytest.approx(found[nation, metric, f"all{zone}"].value, rel=1e-12)
    assert found["BBB", "custody_held_h_6h", "all"].value > 0


def test_a_report_delivered_to_a_nation_enters_its_picture_but_not_its_organic_one(score, log, fleet):
    apart, shared = (by_name(score(log, fleet, received)) for received in ({}, {1: 3 * H}))
    metric = "custody_held_h_6h"
    assert apart["BBB", metric, "class:cargo"].value == 0.0
    assert shared["BBB", metric, "class:cargo"].value == pytest.approx(
        5.0
    )  # observed at 2 h, received at 3 h
    assert shared["BBB", "custody_held_h_organic_6h", "class:cargo"].value == 0.0
    assert shared["BBB", "latency_p50_s", "from:AAA"].value == 1 * H
    assert shared["BBB", "outcome_delivered_count", "all"].value == 3.0
    assert shared["AAA", metric, "all"] == apart["AAA", metric, "all"]


def test_sharing_never_lowers_custody_below_organic_and_more_age_never_lowers_it(score, log, fleet):
    found = by_name(score(log, fleet, {row: (row + 3) * H for row in range(0, 20, 3)}))
    shares = [key for key in found if key[1].startswith("custody_fraction_") and "organic" not in key[1]]
    for nation, metric, group in shares:
        whole = found[nation, metric, group].value
        organic = found[nation, metric.replace("fraction_", "fraction_organic_"), group].value
        assert math.isnan(whole) == math.isnan(organic)
        assert not whole < organic
        assert (
            not found[nation, "custody_fraction_6h", group].value
            < found[nation, "custody_fraction_1h", group].value
        )


def test_a_coarse_observation_is_timely_but_not_held_and_hides_nothing(score, log, fleet):
    found = by_name(score(log, fleet, {}))
    # b_radar at 11 h is good for 6 h, b_coarse at 12 h adds one hour of timeliness and takes none of custody
    assert found["BBB", "custody_held_h_6h", "class:militia"].value == 6.0
    assert found["BBB", "custody_fraction_6h", "class:militia"].value == pytest.approx(6 / 20)
    assert found["BBB", "custody_timely_6h", "class:militia"].value == pytest.approx(7 / 20)


def test_a_late_older_report_never_lowers_custody_nor_raises_age(score, log, fleet):
    apart, late = (by_name(score(log, fleet, received)) for received in ({4: 9 * H}, {4: 9 * H, 2: 9.5 * H}))
    for key, row in apart.items():
        if key[1].startswith(("custody", "age", "area_coverage")) and not math.isnan(row.value):
            assert late[key].value == row.value


def test_area_coverage_and_its_table_agree(score, log, fleet):
    scores = score(log, fleet, {})
    found, table = by_name(scores), scores.coverage
    assert table.meta["nations"] == ["AAA", "BBB"]
    assert len(table) == 2 * 2 * 2
    assert table["lat_deg"].tolist() == pytest.approx([10.0] * 8)
    assert sorted(set(np.round(table["lon_deg"], 9).tolist())) == [113.0, 117.0]
    assert table["custody_fraction"][:4].tolist() == [1.0] * 4
    assert table["custody_fraction"][4:].tolist() == [0.0] * 4
    assert found["AAA", "area_coverage_fraction_1h", "all"].value == pytest.approx(1.0)
    assert found["AAA", "area_coverage_fraction_1h", "all"].n == 2
    assert found["AAA", "area_coverage_fraction_1h", "all@west"].n == 1
    assert found["AAA", "revisit_mean_s", "all"].value == 0.0
    assert found["BBB", "revisit_mean_s", "all"].value == 20 * H
    assert found["BBB", "response_mean_s", "all"].value == 10 * H


def test_only_nations_with_a_picture_node_are_scored(score, log, fleet):
    rows = score(log, fleet, {}).rows
    assert {(row.nation, row.node) for row in rows} == {("AAA", "a"), ("BBB", "b")}
    assert {(row.configuration, row.seed) for row in rows} == {("today", 7)}
    assert len({(row.nation, row.metric, row.group) for row in rows}) == len(rows)


def test_what_comes_after_the_end_of_the_run_does_not_count(score, log, fleet):
    before, after = (by_name(score(log, fleet, received)) for received in ({}, {20: 27 * H}))
    assert after["BBB", "age_mean_s", "all"] == before["BBB", "age_mean_s", "all"]


def test_the_gap_split_adds_up_and_its_held_part_is_custody(score, log, fleet):
    found = by_name(score(log, fleet, {0: 3 * H, 1: 90 * H}))
    shares = [key for key in found if key[1] == "gap_held_fraction" and found[key].n]
    assert len(shares) > 20
    for nation, _, group in shares:
        split = [found[nation, f"gap_{answer.name.lower()}_fraction", group].value for answer in Answer]
        assert math.fsum(split) == pytest.approx(1.0, abs=1e-15)
        assert split[0] == found[nation, "custody_fraction_6h", group].value
    # b holds what a_radar saw at 1 h from 3 h to 7 h; report 1 comes too late; no link brings the rest
    assert [
        found["BBB", f"gap_{answer}_fraction", "class:cargo"].value * 20 for answer in ANSWERS
    ] == pytest.approx([4.0, 0.0, 2.0, 14.0])


@pytest.mark.parametrize(("error_max_m", "coarsened_m"), [(10_000.0, 20_000.0), (60_000.0, 100_000.0)])
def test_a_coarse_copy_is_timely_but_a_quality_gap_until_a_precise_one_comes(
    score, fleet, error_max_m, coarsened_m
):
    """Seen at 4 h, received coarse at 5 h, precise at 7 h; within the second R all sensors are."""
    log, spec = make_log([(0, 4 * H, [1])], fleet), SPEC.model_copy(update={"error_max_m": error_max_m})
    coarse = by_name(score(log, fleet, {0: [(5 * H, coarsened_m)]}, spec))
    healed = by_name(score(log, fleet, {0: [(5 * H, coarsened_m), (7 * H, 0.0)]}, spec))
    for found, held_h in ((coarse, 0.0), (healed, 3.0)):
        of_ship = {key[1]: row.value for key, row in found.items() if key[::2] == ("BBB", "class:militia")}
        assert of_ship["custody_held_h_6h"] == held_h
        assert of_ship["custody_timely_6h"] == pytest.approx(5 / 20)
        assert of_ship["age_never_fraction"] == pytest.approx(3 / 20)
        assert of_ship["gap_quality_fraction"] == pytest.approx((5 - held_h) / 20)
        assert of_ship["gap_latency_fraction"] == pytest.approx(1 / 20)
        assert found["BBB", "latency_p50_s", "all"].value == 1 * H


def test_a_filtered_part_never_arrives_and_is_a_choice_gap_of_exactly_its_contacts(score, fleet):
    """Of one report at 4 h the crossing ship passes the filter, and comes at 5 h; the anchored does not."""
    log = make_log([(0, 4 * H, [0, 1])], fleet)
    found = by_name(score(log, fleet, {1: 5 * H}, share_class=[1, 0], unsent=(0,)))
    gaps = ("held", "latency", "choice", "sensing")
    for group, hours in (("class:cargo", (5, 1, 0, 14)), ("class:militia", (0, 0, 6, 14))):
        shares = [found["BBB", f"gap_{answer}_fraction", group].value for answer in gaps]
        assert [share * 20 for share in shares] == pytest.approx(hours)
    assert found["BBB", "age_never_fraction", "class:militia"].value == 1.0
    assert found["BBB", "outcome_not_sent_count", "from:AAA"][6:] == (1.0, "count", 1)
    assert found["BBB", "outcome_delivered_count", "from:AAA"][6:] == (1.0, "count", 1)
    assert found["AAA", "gap_held_fraction", "all"].value * 40 == pytest.approx(12.0)


def test_parts_that_travel_together_give_the_figures_of_whole_reports(score, log, fleet, parts_of):
    came = {report: (report + 3) * H for report in range(0, 20, 3)}
    whole = score(log, fleet, came)
    share_class = np.arange(len(log.contacts)) % 3
    parts, _ = parts_of(log, share_class)
    assert len(parts) > 2 * len(log.reports)
    apart = {part: came[r] for part, r in enumerate(parts["report"].tolist()) if r in came}
    split = score(log, fleet, apart, share_class=share_class)
    assert [repr(row._replace(n=0)) for row in split.rows] == [repr(row._replace(n=0)) for row in whole.rows]
    assert split.coverage.digest() == whole.coverage.digest()


def test_awareness_is_of_those_who_enter(score, log, fleet):
    found = by_name(score(log, fleet, {8: 9 * H}))
    metric = "awareness_fraction_6h"
    assert [found[nation, metric, "all@west"].n for nation in ("AAA", "BBB")] == [1, 1]
    assert [found[nation, metric, "all"].n for nation in ("AAA", "BBB")] == [0, 0]
    assert found["AAA", "awareness_at_entry_fraction", "all@west"].value == 1.0
    assert found["BBB", "awareness_at_entry_fraction", "all@west"].value == 0.0
    # it enters half a crossing before 10 h, and what was seen at 9 h is there at once
    assert found["BBB", metric, "all@west"].value == 1.0
    assert found["BBB", "awareness_fraction_organic_6h", "all@west"].value == 0.0


def test_an_empty_world_is_scored_without_a_figure(score, fleet_of):
    nobody = fleet_of([], [], until_s=22 * H)
    scores = score(make_log([], nobody), nobody, {})
    assert len(scores.coverage) == 0
    assert all(math.isnan(row.value) or row.value == 0.0 for row in scores.rows)
    assert all(row.n == 0 for row in scores.rows)


def test_no_contacts_leave_every_vessel_unseen(score, fleet):
    found = by_name(score(make_log([], fleet), fleet, {}))
    assert found["AAA", "custody_fraction_6h", "all"].value == 0.0
    assert found["AAA", "age_never_fraction", "all"].value == 1.0
    assert found["AAA", "age_p50_s", "all"].value == math.inf
    assert found["AAA", "area_coverage_fraction_6h", "all"].value == 0.0


def test_scoring_twice_gives_the_same_numbers_to_the_bit(score, log, fleet):
    one, two = (score(log, fleet, {0: 3 * H}) for _ in range(2))
    assert repr(one.rows) == repr(two.rows)
    assert one.coverage.digest() == two.coverage.digest()


def test_deliveries_of_another_log_are_refused(deliveries_of, log, fleet):
    frame = scoring_frame(log, fleet, AREA, SPEC, TIMELINE)
    other = replace(deliveries_of(log, {}), sensing_digest="0")
    with pytest.raises(DigestMismatch, match="not of this detection log"):
        score_configuration(frame, other, SHARING, NATIONS, configuration="today", seed=1)


def test_a_log_of_another_fleet_is_refused(log, fleet, fleet_of):
    with pytest.raises(ShapeError, match="3 vessels among 5"):
        scoring_frame(log, fleet_of([], [], until_s=1.0), AREA, SPEC, TIMELINE)


def test_rows_survive_the_round_trip_through_csv(tmp_path):
    values = [0.1 + 0.2, math.nan, math.inf, -0.0, 1e-320, 5.0]
    rows = [
        ScoreRow("today", i, "PHL", "n", "m", "flag:CHN@z", value, "1", i) for i, value in enumerate(values)
    ]
    hostile = ["=1+1", "+x", "-x", "@x", "'=x", "'", "a,b", 'a"b', ""]
    rows += [ScoreRow(text, 1, text, text, text, text, 1.0, text, 0) for text in hostile]
    to_csv(rows, tmp_path / "scores.csv")
    back = from_csv(tmp_path / "scores.csv")
    assert repr(back) == repr(tuple(rows))


def test_no_cell_of_the_csv_starts_a_formula(tmp_path):
    to_csv(
        [ScoreRow("=cmd()", 1, "+A", "-b", "\t@c", "d\n\u202ed", -1.5, "\r=e", 1)], tmp_path / "scores.csv"
    )
    text = (tmp_path / "scores.csv").read_bytes().decode()
    assert text == (
        "configuration,seed,nation,node,metric,group,value,unit,n\n'=cmd(),1,'+A,'-b,'@c,dd,-1.5,'=e,1\n"
    )


def test_another_csv_is_refused(tmp_path):
    (tmp_path / "scores.csv").write_text("a,b\n1,2\n")
    with pytest.raises(ValueError, match="has columns"):
        from_csv(tmp_path / "scores.csv")


def test_what_was_observed_in_the_warm_up_is_held_but_its_latency_is_not_counted(score, log, fleet):
    found = by_name(score(log, fleet, {0: 3 * H}))
    assert found["BBB", "custody_held_h_6h", "class:cargo"].value == pytest.approx(4.0)
    assert found["BBB", "outcome_delivered_count", "all"].value == 0.0
    assert math.isnan(found["BBB", "latency_p50_s", "all"].value)


def score_nodes(log, fleet, deliveries, nodes, **others):
    """Scores where AAA has a second node and a provider's radar feeds AAA over a link of its own."""
    sharing = SHARING.model_copy(
        update={
            "nodes": {**SHARING.nodes, "a_two": NodeSpec(nation="AAA")},
            "feeds": {**SHARING.feeds, "a_radar": FeedSpec(node="a_two", label="own")},
            "links": {"a_to_b": LinkSpec(sender="a_two", recipient="b")},
        }
    )
    spec = SPEC.model_copy(update={"nodes": nodes, **others})
    frame = scoring_frame(log, fleet, AREA, spec, TIMELINE)
    return score_configuration(frame, deliveries, sharing, NATIONS, configuration="today", seed=7).rows


def test_other_nodes_are_scored_on_what_they_hold_where_the_scenario_asks(log, fleet, deliveries_of):
    deliveries = deliveries_of(log, {})
    rows = score_nodes(log, fleet, deliveries, "all")
    held = {row.node: row.value for row in rows if row[4:6] == ("custody_held_h_6h", "class:cargo")}
    # a_two is fed what a_radar sees of the crosser all the time; nothing leads on to the picture node
    assert held == {"a": 0.0, "a_two": 20.0, "b": 0.0}
    assert {row.nation for row in rows if row.node == "a_two"} == {"AAA"}
    told = {row.metric for row in rows if row.node == "a_two"}
    assert "holdings_feed_count" in told
    assert not any(name.startswith(("gap_", "latency_", "exposure_", "onward_")) for name in told)
    listed = score_nodes(log, fleet, deliveries, ("a_two", "b"))
    assert repr(listed) == repr(rows)  # NaN is NaN
    alone = score_nodes(log, fleet, deliveries, "picture")
    assert repr(alone) == repr(tuple(row for row in rows if row.node != "a_two"))


def test_the_licensed_picture_has_own_and_providers_observations_alone(log, fleet, deliveries_of):
    """BBB gets a_radar's first report: it is licensed if AAA is a provider, and not if it is a nation."""
    deliveries = deliveries_of(log, {0: 3 * H})
    frame = scoring_frame(
        log, fleet, AREA, SPEC.model_copy(update={"programmes": {"today": "BBB"}}), TIMELINE
    )
    held = {}
    for kind in ("nation", "provider"):
        nations = {**NATIONS, "AAA": NationSpec(name="A", kind=kind)}
        scores = score_configuration(frame, deliveries, SHARING, nations, configuration="today", seed=7)
        found = by_name(scores)
        held[kind] = [
            found["BBB", f"custody_held_h_{picture}6h", "class:cargo"].value
            for picture in ("", "licensed_", "organic_")
        ]
    assert held == {"nation": [4.0, 0.0, 0.0], "provider": [4.0, 4.0, 0.0]}
    plain = score_configuration(
        scoring_frame(log, fleet, AREA, SPEC, TIMELINE),
        deliveries,
        SHARING,
        NATIONS,
        configuration="today",
        seed=7,
    )
    assert not any("licensed" in row.metric for row in plain.rows)


def test_pairs_agree_alike_however_many_targets_are_compared_at_a_time(
    log, fleet, deliveries_of, monkeypatch
):
    deliveries, told = deliveries_of(log, {0: 3 * H}), []
    for block in (agreement.BLOCK, 1):
        monkeypatch.setattr(agreement, "BLOCK", block)
        frame = scoring_frame(log, fleet, AREA, SPEC, TIMELINE)  # one that has compared nothing
        scores = score_configuration(frame, deliveries, SHARING, NATIONS, configuration="today", seed=7)
        told.append([row for row in scores.rows if row.metric.startswith("agreement_")])
    assert any(row.metric == "agreement_both_h_6h" and row.value > 0 for row in told[0])
    assert repr(told[1]) == repr(told[0])  # NaN is NaN
