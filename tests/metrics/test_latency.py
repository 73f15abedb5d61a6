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
        "n_false": [0] * len(count),
    }
    contacts = {
        "target": [k for n in count for k in range(n)],
        "dt_us": [0] * int(count.sum()),
        "merged": [1] * len([0] * int(count.sum())),
    }
    return DetectionLog(Table.of(REPORTS, columns), Table.of(CONTACTS, contacts), cards, 9, 9)


@pytest.fixture(scope="module")
def deliveries_of(parts_of):
    """Hops of (part, link, eight times [s], source, coarsened_m), outcomes of (part, outcome, t_s, gates)."""

    def made(log, hops, outcomes, links=("first", "second"), share_class=None):
        hops = [(*hop, 0.0) if len(hop) == 4 else hop for hop in hops]
        columns = {name: [0] * len(hops) for name in ("label", "gates", "gates_at_release", "outcome")}
        columns |= {name: [-1] * len(hops) for name in ("case", "agreement", "consent")}
        columns |= {"is_stripped": [0] * len(hops), "t_purged_us": [NEVER_US] * len(hops)}
        columns |= {name: [hop[i] for hop in hops] for i, name in enumerate(("part", "link"))}
        columns |= {"source": [hop[3] for hop in hops], "coarsened_m": [hop[4] for hop in hops]}
        columns |= {"copy": [sum(other[:2] == hop[:2] for other in hops[:i]) for i, hop in enumerate(hops)]}
        columns |= {f"t_{name}_us": [round(h[2][i] * S) for h in hops] for i, name in enumerate(HOP_TIMES)}
        columns |= {name: columns[released] for name, released in NO_REQUEST.items()}
        fates = {
            "part": [o[0] for o in outcomes],
            "nation": [0] * len(outcomes),
            "t_received_us": [NEVER_US if o[2] is None else round(o[2] * S) for o in outcomes],
            "hops": [0] * len(outcomes),
            "gates": [o[3] for o in outcomes],
            "outcome": [o[1] for o in outcomes],
        }
        tables = (
            Table.of(HOPS, {**columns, "is_kept": [1] * len(hops)}, {"links": list(links)}),
            Table.of(OUTCOMES, fates, {"nations": ["CCC"]}),
        )
        return DeliveryLog(*parts_of(log, share_class), *tables, log.digest())

    return made


def make_sharing(n_sensors):
    return SharingSpec(
        nodes={"a": NodeSpec(nation="AAA"), "b": NodeSpec(nation="BBB"), "c": NodeSpec(nation="CCC")},
        feeds={f"s{i}": FeedSpec(node="a", label="own", delay_s=4.0) for i in range(n_sensors)},
        links={"first": LinkSpec(sender="a", recipient="b"), "second": LinkSpec(sender="b", recipient="c")},
    )


def figures(log, deliveries):
    sharing = make_sharing(len(log.sensors))
    received = receipts(log, deliveries, sharing, "c", end_us=TIMELINE.end_us)
    found = latency_figures(log, deliveries, received, "CCC", TIMELINE)
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


def test_stages_of_a_relayed_part_sum_exactly_to_its_latency(deliveries_of):
    log = make_log([("AAA", 200.0, 2)])
    hops = [
        (0, 0, (207.0, 210.0, 215.0, 222.0, 231.0, 242.0, 250.0, 255.0), -1),
        (0, 1, (255.0, 260.0, 270.0, 280.0, 290.0, 300.0, 310.0, 333.0), 0),
    ]
    deliveries = deliveries_of(log, hops, [(0, Outcome.DELIVERED, 333.0, 0)])
    sharing = make_sharing(1)
    table = stages(log, deliveries, receipts(log, deliveries, sharing, "c"))
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


def test_the_route_is_that_of_the_copy_that_came(deliveries_of):
    log = make_log([("AAA", 200.0, 1)])
    on_first = (207.0, 210.0, 215.0, 222.0, 231.0, 242.0, 250.0, 255.0)
    hops = [
        (0, 0, (207.0, 210.0, 215.0, 222.0, 231.0, 242.0, 250.0, 400.0), -1),
        (0, 1, (255.0, 260.0, 270.0, 280.0, 290.0, 300.0, 310.0, 333.0), 2),
        (0, 2, on_first, -1),
    ]
    deliveries = deliveries_of(log, hops, [(0, Outcome.DELIVERED, 333.0, 0)], ("first", "second", "third"))
    links = {**make_sharing(1).links, "third": LinkSpec(sender="a", recipient="b")}
    sharing = make_sharing(1).model_copy(update={"links": links})
    table = stages(log, deliveries, receipts(log, deliveries, sharing, "c"))
    assert table["transmission_us"].tolist() == [13 * S]


def test_means_weigh_parts_by_their_contacts_of_vessels(deliveries_of):
    log = make_log([("AAA", 200.0, 3), ("BBB", 200.0, 1)])
    direct = (207.0, 210.0, 210.0, 210.0, 210.0, 210.0, 210.0)
    sharing_hops = [(0, 1, (*direct, 300.0), -1), (1, 1, (*direct, 500.0), -1)]
    outcomes = [(0, Outcome.DELIVERED, 300.0, 0), (1, Outcome.DELIVERED, 500.0, 0)]
    found = figures(log, deliveries_of(log, sharing_hops, outcomes))
    assert found["latency_mean_s", "all"].value == pytest.approx((3 * 100 + 300) / 4)
    assert found["latency_p50_s", "all"].value == 100.0
    assert found["latency_p90_s", "all"].value == 300.0
    assert found["latency_p50_s", "from:BBB"].value == 300.0
    assert found["latency_p50_s", "all"].n == 4


def test_parts_in_flight_are_censored_at_the_end_of_the_run(deliveries_of):
    log = make_log([("AAA", 200.0, 1), ("AAA", 900.0, 1), ("AAA", 300.0, 2)])
    outcomes = [
        (0, Outcome.DELIVERED, 1000.0, 0),
        (1, Outcome.IN_FLIGHT, None, 0),
        (2, Outcome.IN_FLIGHT, None, 0),
    ]
    found = figures(log, deliveries_of(log, [], outcomes))
    # durations 800 (event), 600 (censored before it), 1200 twice (censored): S(800) = 2/3
    assert math.isnan(found["latency_p50_s", "all"].value)
    assert found["latency_p50_s", "all"].n == 4
    assert found["outcome_in_flight_count", "all"].value == 3.0
    assert found["outcome_in_flight_count", "all"].n == 2


def test_outcomes_and_refusals_are_counted_in_contacts_of_scored_parts(deliveries_of):
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
    found = figures(log, deliveries_of(log, [], outcomes))
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


def test_nothing_received_leaves_latency_undefined_and_counts_zero(deliveries_of):
    log = make_log([("AAA", 200.0, 1)])
    found = figures(log, deliveries_of(log, [], []))
    assert math.isnan(found["latency_p95_s", "all"].value)
    assert math.isnan(found["latency_mean_s", "all"].value)
    assert found["outcome_delivered_count", "from:AAA"].value == 0.0


def test_the_time_for_which_a_sanitised_copy_is_held_back_is_in_case_forming(deliveries_of):
    log = make_log([("AAA", 200.0, 1)])
    # it comes to its sender at 207 s, is held back for 100 s and reviewed with the case that closes at 310 s
    hops = [(0, 1, (207.0, 310.0, 310.0, 312.0, 312.0, 312.0, 312.0, 313.0), -1, 20e3)]
    deliveries = deliveries_of(log, hops, [(0, Outcome.DELIVERED, 313.0, 0)])
    table = stages(log, deliveries, receipts(log, deliveries, make_sharing(1), "c"))
    spent = {name: int(table[f"{name}_us"][0]) // S for name in STAGE_NAMES if table[f"{name}_us"][0]}
    assert spent == {"product": 3, "feed": 4, "case_forming": 103, "review": 2, "transmission": 1}


def test_latency_is_that_of_the_first_copy_however_coarse(deliveries_of):
    """Through b it comes at 250 s and 20 km coarse, straight from a at 400 s and precise."""
    log = make_log([("AAA", 200.0, 1)])
    at_b, coarse = (207.0, *[220.0] * 7), (220.0, *[240.0] * 6, 250.0)
    hops = [(0, 0, at_b, -1, 20e3), (0, 1, coarse, 0, 20e3), (0, 2, (207.0, *[390.0] * 6, 400.0), -1)]
    deliveries = deliveries_of(log, hops, [(0, Outcome.DELIVERED, 250.0, 0)], ("first", "second", "third"))
    links = {**make_sharing(1).links, "third": LinkSpec(sender="a", recipient="c")}
    sharing = make_sharing(1).model_copy(update={"links": links})
    received = receipts(log, deliveries, sharing, "c")
    assert received["t_received_us"].tolist() == [250 * S, 400 * S]
    table = stages(log, deliveries, received)
    assert table["part"].tolist() == [0]
    assert sum(int(table[f"{name}_us"][0]) for name in STAGE_NAMES) == 50 * S
    assert table["relay_us"].tolist() == [30 * S]
    found = {f.metric: f.value for f in latency_figures(log, deliveries, received, "CCC", TIMELINE)}
    assert found["latency_p50_s"] == found["latency_mean_s"] == 50.0
    assert found["outcome_delivered_count"] == 1.0


def test_a_filtered_part_is_counted_with_exactly_its_contacts(deliveries_of):
    """Of a report on five vessels two may not pass: three come after 100 s, two are not sent."""
    log = make_log([("AAA", 200.0, 5)])
    share_class = [1, 0, 1, 0, 1]
    came = (207.0, *[290.0] * 6, 300.0)
    fates = [(0, Outcome.NOT_SENT, None, 0), (1, Outcome.DELIVERED, 300.0, 0)]
    deliveries = deliveries_of(log, [(1, 1, came, -1)], fates, share_class=share_class)
    found = figures(log, deliveries)
    assert found["outcome_not_sent_count", "all"][2:] == (2.0, "count", 1)
    assert found["outcome_delivered_count", "from:AAA"][2:] == (3.0, "count", 1)
    assert (found["latency_p95_s", "all"].value, found["latency_p95_s", "all"].n) == (100.0, 3)
    assert found["latency_mean_s", "all"].n == 3
