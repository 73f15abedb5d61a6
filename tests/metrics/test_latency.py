from __future__ import annotations

import math
from datetime import UTC, datetime

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mda_sim.core.table import Table
from mda_sim.core.time import NEVER_US, Timeline
from mda_sim.metrics.latency import STAGE_NAMES, kaplan_meier_quantile, latency_figures, stages
from mda_sim.picture.receipts import receipts
from mda_sim.records import (
    CONTACTS,
    HOPS,
    OUTCOMES,
    REPORTS,
    DeliveryLog,
    DetectionLog,
    Gate,
    Outcome,
    SensorCard,
)
from mda_sim.sharing.network import FeedSpec, LinkSpec, NodeSpec, SharingSpec

S = 1_000_000
TIMELINE = Timeline(datetime(2026, 3, 2, tzinfo=UTC), 100 * S, 900 * S, 500 * S)
HOP_TIMES = ("arrived", "case", "review", "reviewed", "released", "sent", "transmitted", "received")
NO_REQUEST = dict.fromkeys(("t_asked_us", "t_decided_us", "t_consented_us"), "t_released_us")


def make_log(rows):
    """Reports of (operator, t_observed_s, n_vessels), one sensor each, ready 3 s later."""
    cards = tuple(SensorCard(f"s{i}", "radar", operator, 1.0, 1.0) for i, (operator, _, _) in enumerate(rows))
    count = np.array([n for *_, n in rows], np.int64)
    columns = {
        "report": range(len(rows)),
        "sensor": range(len(rows)),
        "interval": [0] * len(rows),
        "t_observed_us": [round(t * S) for _, t, _ in rows],
        "t_ready_us": [round(t * S) + 3 * S for _, t, _ in rows],
        "first": np.cumsum(count) - count,
        "count": count,
        "n_vessels": count,
    }
    contacts = {"target": [k for n in count for k in range(n)], "dt_us": [0] * int(count.sum())}
    return DetectionLog(Table.of(REPORTS, columns), Table.of(CONTACTS, contacts), cards, 9, 9)


def make_deliveries(log, hops, outcomes, links=("first", "second")):
    """Hops of (report, link, eight times [s], is_new), outcomes of (report, outcome, t_received_s, gates)."""
    columns = {name: [0] * len(hops) for name in ("gates", "gates_at_release", "outcome")}
    columns |= {name: [-1] * len(hops) for name in ("case", "agreement", "consent")}
    columns |= {"report": [h[0] for h in hops], "link": [h[1] for h in hops], "is_new": [h[3] for h in hops]}
    columns |= {f"t_{name}_us": [round(h[2][i] * S) for h in hops] for i, name in enumerate(HOP_TIMES)}
    columns |= {name: columns[released] for name, released in NO_REQUEST.items()}
    fates = {
        "report": [o[0] for o in outcomes],
        "nation": [0] * len(outcomes),
        "t_received_us": [NEVER_US if o[2] is None else round(o[2] * S) for o in outcomes],
        "hops": [0] * len(outcomes),
        "gates": [o[3] for o in outcomes],
        "outcome": [o[1] for o in outcomes],
    }
    hops_table = Table.of(HOPS, columns, {"links": list(links)})
    return DeliveryLog(hops_table, Table.of(OUTCOMES, fates, {"nations": ["CCC"]}), log.digest())


def make_sharing(n_sensors):
    return SharingSpec(
        nodes={"a": NodeSpec(nation="AAA"), "b": NodeSpec(nation="BBB"), "c": NodeSpec(nation="CCC")},
        feeds={f"s{i}": FeedSpec(node="a", label="own", delay_s=4.0) for i in range(n_sensors)},
        links={"first": LinkSpec(sender="a", recipient="b"), "second": LinkSpec(sender="b", recipient="c")},
    )


def figures(log, deliveries):
    sharing = make_sharing(len(log.sensors))
    received = receipts(log, deliveries, sharing, "c", end_us=TIMELINE.end_us)
    found = latency_figures(log, deliveries, sharing, received, "CCC", TIMELINE)
    return {(f.metric, f.group): f for f in found}


def test_the_survivor_function_follows_the_worked_example_with_censoring():
    # at risk 6, 5, 3, 1: S = 5/6, 5/6 * 4/5 = 2/3, 2/3 * 2/3 = 4/9, 0; censored at 2 (after its event) and 4
    time, happened = [1, 2, 2, 3, 4, 5], [True, True, False, True, False, True]
    ones = [1] * 6
    assert [kaplan_meier_quantile(time, ones, happened, p) for p in (0.1, 0.3, 0.5, 0.56, 0.9)] == [
        1,
        2,
        3,
        5,
        5,
    ]


def test_a_quantile_that_the_survivors_never_reach_is_undefined():
    assert kaplan_meier_quantile([1, 2], [1, 1], [True, False], 0.5) == 1
    assert math.isnan(kaplan_meier_quantile([1, 2], [1, 1], [True, False], 0.9))
    assert math.isnan(kaplan_meier_quantile([], [], [], 0.5))


@given(
    st.lists(st.tuples(st.integers(1, 9), st.integers(0, 4), st.booleans()), max_size=8),
    st.sampled_from([0.25, 0.5, 0.9]),
)
def test_weights_stand_for_repeated_rows(rows, p):
    single = [(t, 1, e) for t, w, e in rows for _ in range(w)]
    weighed = kaplan_meier_quantile(*([row[i] for row in rows] for i in range(3)), p)
    repeated = kaplan_meier_quantile(*([row[i] for row in single] for i in range(3)), p)
    assert weighed == repeated or (math.isnan(weighed) and math.isnan(repeated))


@given(st.lists(st.integers(1, 30), min_size=1, max_size=20), st.sampled_from([0.1, 0.5, 0.9, 0.95]))
def test_without_censoring_the_quantile_is_that_of_the_sample(times, p):
    assert kaplan_meier_quantile(times, [1] * len(times), [True] * len(times), p) == np.quantile(
        times, p, method="inverted_cdf"
    )


def test_stages_of_a_relayed_report_sum_exactly_to_its_latency():
    log = make_log([("AAA", 200.0, 2)])
    hops = [
        (0, 0, (207.0, 210.0, 215.0, 222.0, 231.0, 242.0, 250.0, 255.0), 1),
        (0, 1, (255.0, 260.0, 270.0, 280.0, 290.0, 300.0, 310.0, 333.0), 1),
    ]
    deliveries = make_deliveries(log, hops, [(0, Outcome.DELIVERED, 333.0, 0)])
    sharing = make_sharing(1)
    table = stages(log, deliveries, sharing, receipts(log, deliveries, sharing, "c"))
    spent = {name: int(table[f"{name}_us"][0]) // S for name in STAGE_NAMES}
    assert spent == {
        "product": 3, "feed": 4, "case_forming": 3, "desk_wait": 5, "review": 7, "elapsed": 9,
        "consent": 0, "link_wait": 11, "transmission": 13, "relay": 78,
    }  # fmt: skip
    assert sum(int(table[f"{name}_us"][0]) for name in STAGE_NAMES) == 133 * S
    found = figures(log, deliveries)
    assert found["latency_mean_s", "all"].value == pytest.approx(133.0, rel=1e-15)
    assert found["stage_relay_mean_s", "from:AAA"].value == 78.0
    assert found["stage_relay_mean_s", "from:AAA"].n == 2


def test_a_copy_that_came_second_is_not_on_the_route():
    log = make_log([("AAA", 200.0, 1)])
    on_first = (207.0, 210.0, 215.0, 222.0, 231.0, 242.0, 250.0, 255.0)
    hops = [
        (0, 0, (207.0, 210.0, 215.0, 222.0, 231.0, 242.0, 250.0, 400.0), 0),
        (0, 1, (255.0, 260.0, 270.0, 280.0, 290.0, 300.0, 310.0, 333.0), 1),
        (0, 2, on_first, 1),
    ]
    deliveries = make_deliveries(log, hops, [(0, Outcome.DELIVERED, 333.0, 0)], ("first", "second", "third"))
    links = {**make_sharing(1).links, "third": LinkSpec(sender="a", recipient="b")}
    sharing = make_sharing(1).model_copy(update={"links": links})
    table = stages(log, deliveries, sharing, receipts(log, deliveries, sharing, "c"))
    assert table["transmission_us"].tolist() == [13 * S]


def test_means_weigh_reports_by_their_contacts_of_vessels():
    log = make_log([("AAA", 200.0, 3), ("BBB", 200.0, 1)])
    direct = (207.0, 210.0, 210.0, 210.0, 210.0, 210.0, 210.0)
    sharing_hops = [(0, 1, (*direct, 300.0), 1), (1, 1, (*direct, 500.0), 1)]
    outcomes = [(0, Outcome.DELIVERED, 300.0, 0), (1, Outcome.DELIVERED, 500.0, 0)]
    found = figures(log, make_deliveries(log, sharing_hops, outcomes))
    assert found["latency_mean_s", "all"].value == pytest.approx((3 * 100 + 300) / 4)
    assert found["latency_p50_s", "all"].value == 100.0
    assert found["latency_p90_s", "all"].value == 300.0
    assert found["latency_p50_s", "from:BBB"].value == 300.0
    assert found["latency_p50_s", "all"].n == 4


def test_reports_in_flight_are_censored_at_the_end_of_the_run():
    log = make_log([("AAA", 200.0, 1), ("AAA", 900.0, 1), ("AAA", 300.0, 2)])
    outcomes = [
        (0, Outcome.DELIVERED, 1000.0, 0),
        (1, Outcome.IN_FLIGHT, None, 0),
        (2, Outcome.IN_FLIGHT, None, 0),
    ]
    found = figures(log, make_deliveries(log, [], outcomes))
    # durations 800 (event), 600 (censored before it), 1200 twice (censored): S(800) = 2/3
    assert math.isnan(found["latency_p50_s", "all"].value)
    assert found["latency_p50_s", "all"].n == 4
    assert found["outcome_in_flight_count", "all"].value == 3.0
    assert found["outcome_in_flight_count", "all"].n == 2


def test_outcomes_and_refusals_are_counted_in_contacts_of_scored_reports():
    log = make_log(
        [("AAA", 200.0, n) for n in (1, 2, 4)] + [("BBB", 99.0, 8), ("BBB", 1000.0, 9), ("BBB", 500.0, 3)]
    )
    law, label = Gate.IN_FORCE.value, Gate.RELEASE.value
    outcomes = [
        (0, Outcome.WITHHELD, None, law | label),
        (1, Outcome.NO_ROUTE, None, label),
        (2, Outcome.NO_ROUTE, None, 0),
        (3, Outcome.WITHHELD, None, law),
        (4, Outcome.WITHHELD, None, law),
        (5, Outcome.EXPIRED, None, label),
    ]
    found = figures(log, make_deliveries(log, [], outcomes))
    counts = {name: (figure.value, figure.n) for (name, group), figure in found.items() if group == "all"}
    assert counts["outcome_withheld_count"] == (1.0, 1)
    assert counts["outcome_no_route_count"] == (6.0, 2)
    assert counts["outcome_expired_count"] == (3.0, 1)
    assert counts["gate_in_force_count"] == (1.0, 1)
    assert counts["gate_release_count"] == (3.0, 2)
    assert counts["gate_ceiling_count"] == (0.0, 0)
    assert counts["no_route_permitted_count"] == (4.0, 1)
    everything = sum(value for name, (value, _) in counts.items() if name.startswith("outcome_"))
    assert everything == 1 + 2 + 4 + 3


def test_nothing_received_leaves_latency_undefined_and_counts_zero():
    log = make_log([("AAA", 200.0, 1)])
    empty = DeliveryLog(Table.empty(HOPS), Table.empty(OUTCOMES, {"nations": ["CCC"]}), log.digest())
    found = figures(log, empty)
    assert math.isnan(found["latency_p95_s", "all"].value)
    assert math.isnan(found["latency_mean_s", "all"].value)
    assert found["outcome_delivered_count", "from:AAA"].value == 0.0
