"""What lies abroad, whose pictures reports arrive in, and by which way, from tables made by hand."""

from __future__ import annotations

import math
from datetime import UTC, datetime

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mda_sim.core.table import Table
from mda_sim.core.time import NEVER_US, Timeline
from mda_sim.metrics.exposure import exposed, exposure_figures, exposure_table
from mda_sim.metrics.holdings import holdings_figures
from mda_sim.metrics.reach import reach_figures
from mda_sim.picture.receipts import RECEIPTS
from mda_sim.records import (
    CONTACTS,
    HOPS,
    OUTCOMES,
    PARTS,
    REPORTS,
    DeliveryLog,
    DetectionLog,
    Outcome,
    SensorCard,
)
from mda_sim.sharing.network import SharingSpec

S, H = 1_000_000, 3600
TIMELINE = Timeline(datetime(2026, 3, 2, tzinfo=UTC), 10 * H * S, 20 * H * S, 10 * H * S)
CARDS = (SensorCard("a_radar", "radar", "AAA", 1.0, 1.0), SensorCard("b_radar", "radar", "BBB", 1.0, 1.0))
LINKS = {
    "a_inside": {"sender": "a", "recipient": "a_two"},
    "a_to_b": {"sender": "a", "recipient": "b"},
    "a_to_c": {"sender": "a", "recipient": "c"},
}
SHARING = {
    "nodes": {
        "a": {"nation": "AAA"},
        "a_two": {"nation": "AAA"},
        "b": {"nation": "BBB"},
        "c": {"nation": "CCC"},
    },
    "labels": {"low": {"classification": "RESTRICTED"}, "high": {"classification": "SECRET"}},
    "feeds": {"a_radar": {"node": "a", "label": "high"}, "b_radar": {"node": "b", "label": "low"}},
    "links": LINKS,
}
LABELS = ("low", "high", "high+low")


def arrangement(**others):
    return SharingSpec.model_validate({**SHARING, **others})


def tables(parts, hops=(), outcomes=()):
    """Parts of (sensor, n_vessels, t_observed_h), hops of (part, link, label, from_h, until_h, ...)."""
    n = len(parts)
    reports = {column.name: [0] * n for column in REPORTS.columns}
    t_us = [round(row[2] * H * S) for row in parts]
    reports |= {
        "report": range(n),
        "sensor": [row[0] for row in parts],
        "t_observed_us": t_us,
        "t_ready_us": t_us,
    }
    log = DetectionLog(Table.of(REPORTS, reports), Table.empty(CONTACTS), CARDS, 99, 99)
    vessels = [row[1] for row in parts]
    table = {
        "part": range(n),
        "report": range(n),
        "share_class": [0] * n,
        "count": [9] * n,
        "n_vessels": vessels,
    }
    split = Table.of(PARTS, {**table, "n_false": [0] * n})
    columns = {column.name: [0] * len(hops) for column in HOPS.columns} | {"is_kept": [1] * len(hops)}
    columns |= {
        "part": [hop[0] for hop in hops],
        "link": [sorted(LINKS).index(hop[1]) for hop in hops],
        "copy": range(len(hops)),
        "label": [LABELS.index(hop[2]) for hop in hops],
        "t_received_us": [round(hop[3] * H * S) for hop in hops],
        "t_purged_us": [NEVER_US if hop[4] is None else round(hop[4] * H * S) for hop in hops],
    }
    for name in ("is_stripped", "outcome", "is_kept"):
        columns[name] = [
            hop[5].get(name, columns[name][0]) if len(hop) > 5 else columns[name][0] for hop in hops
        ]
    fates = {column.name: [0] * len(outcomes) for column in OUTCOMES.columns}
    fates |= {name: [row[i] for row in outcomes] for i, name in enumerate(("part", "nation", "outcome"))}
    return log, DeliveryLog(
        split,
        np.zeros(0, np.uint32),
        Table.of(HOPS, columns, {"links": sorted(LINKS), "labels": list(LABELS)}),
        Table.of(OUTCOMES, fates, {"nations": ["AAA", "BBB", "CCC"]}),
        log.digest(),
    )


def exposure_of(parts, hops, nation="AAA", **others):
    found = exposed(*tables(parts, hops), arrangement(**others))
    figures = exposure_figures(found, nation, TIMELINE)
    return {(f.metric.removeprefix("exposure_"), f.group): f for f in figures}, exposure_table(
        found, TIMELINE
    )


def counts(figures, metric="count"):
    return {group: f.value for (name, group), f in figures.items() if name == metric and f.value}


def test_contacts_held_abroad_count_once_a_node_by_label_and_not_at_home():
    parts = [(0, 5, 1.0), (0, 2, 2.0), (1, 7, 3.0)]
    hops = [
        (0, "a_inside", "high", 4.0, None),
        (0, "a_to_b", "high", 5.0, None),
        (0, "a_to_c", "low", 5.0, None, {"is_stripped": 1}),
        (1, "a_to_b", "high+low", 6.0, None),
        (1, "a_to_c", "low", 6.0, None, {"outcome": Outcome.IN_FLIGHT}),
        (1, "a_to_c", "low", 6.0, None, {"is_kept": 0}),
        (2, "a_to_b", "low", 6.0, None),
    ]
    found, table = exposure_of(parts, hops)
    assert counts(found) == {
        "all": 12.0,
        "stripped": 5.0,
        "level:RESTRICTED": 5.0,
        "level:SECRET": 7.0,
        "node:b": 7.0,
        "node:c": 5.0,
    }
    assert found["count", "all"].n == 3
    assert table["contacts"][table["t_us"] == TIMELINE.end_us].sum() == 12


def test_what_was_destroyed_is_exposed_no_longer():
    """Held from 5 h to 15 h, and from 20 h on; scored from 10 h to 30 h; midnight is at 24 h."""
    hops = [(0, "a_to_b", "high", 5.0, 15.0), (1, "a_to_b", "high", 20.0, None)]
    found, table = exposure_of([(0, 4, 1.0), (0, 3, 1.0)], hops)
    assert found["count", "all"].value == 3.0
    assert found["mean_count", "all"].value == pytest.approx(4 * 5 / 20 + 3 * 10 / 20)
    rows = list(zip(table["t_us"] // (H * S), table["contacts"], strict=True))
    assert rows == [(24, 3), (40, 3)]


def test_of_two_copies_at_one_node_the_one_that_tells_most_counts_until_it_is_destroyed():
    hops = [
        (0, "a_to_b", "low", 10.0, None, {"is_stripped": 1}),
        (0, "a_to_b", "high", 12.0, 20.0, {"is_stripped": 1}),
        (0, "a_to_b", "high", 14.0, 18.0),
    ]
    found, _ = exposure_of([(0, 1, 1.0)], hops)
    assert counts(found) == {"all": 1.0, "stripped": 1.0, "level:RESTRICTED": 1.0, "node:b": 1.0}
    share = {group: value * 20 for group, value in counts(found, "mean_count").items()}
    assert share["all"] == pytest.approx(20.0)
    assert share["level:SECRET"] == pytest.approx(8.0)
    assert share["stripped"] == pytest.approx(2.0 + 2.0 + 2.0 + 10.0)


def test_a_sharing_group_exposes_from_the_moment_the_product_is_ready():
    found, _ = exposure_of([(0, 6, 25.0), (1, 1, 1.0)], [], groups={"pool": {"nodes": ["a", "a_two", "c"]}})
    assert counts(found) == {"all": 6.0, "level:SECRET": 6.0, "node:c": 6.0}
    assert found["mean_count", "all"].value == pytest.approx(6 * 5 / 20)


@settings(max_examples=80, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.integers(0, 3),
            st.sampled_from(["a_to_b", "a_to_c", "a_inside"]),
            st.sampled_from(["low", "high"]),
            st.integers(0, 30),
            st.one_of(st.none(), st.integers(0, 12)),
            st.integers(0, 1),
        ),
        max_size=10,
    )
)
def test_levels_and_nodes_add_up_and_a_purge_never_exposes_more(rows):
    parts = [(0, 1 + k, 0.0) for k in range(4)]
    hops = [
        (part, link, label, t, None if last is None else t + last, {"is_stripped": stripped})
        for part, link, label, t, last, stripped in rows
    ]
    found, _ = exposure_of(parts, hops)
    for_good, _ = exposure_of(parts, [(*hop[:4], None, hop[5]) for hop in hops])
    for metric in ("count", "mean_count"):
        shown = counts(found, metric)
        for kind in ("level:", "node:"):
            total = math.fsum(value for group, value in shown.items() if group.startswith(kind))
            assert total == pytest.approx(shown.get("all", 0.0))
        assert shown.get("all", 0.0) <= counts(for_good, metric).get("all", 0.0) + 1e-9
    brute = sum(
        parts[part][1]
        for part in range(4)
        for link in ("a_to_b", "a_to_c")
        if any(hop[:2] == (part, link) and (hop[4] is None or hop[4] > 40) for hop in hops)
    )
    assert found["count", "all"].value == brute


def test_reach_counts_contacts_that_arrived_anywhere_once():
    parts = [(0, 5, 12.0), (0, 3, 13.0), (0, 2, 14.0), (0, 9, 5.0), (1, 4, 12.0)]
    delivered, withheld = Outcome.DELIVERED, Outcome.WITHHELD
    outcomes = [
        *((0, nation, delivered) for nation in (1, 2)),
        (1, 1, delivered),
        (1, 2, withheld),
        *((2, nation, withheld) for nation in (1, 2)),
        *((3, nation, delivered) for nation in (1, 2)),  # before the scored time
        (4, 0, delivered),
    ]
    figures = reach_figures(*tables(parts, (), outcomes), "AAA", TIMELINE)
    found = {(f.metric, f.group): (f.value, f.n) for f in figures}
    assert found == {
        ("onward_fraction", "all"): (8 / 10, 3),
        ("onward_fraction", "to:BBB"): (8 / 10, 3),
        ("onward_fraction", "to:CCC"): (5 / 10, 3),
        ("onward_nations_count", "all"): (2.0, 3),
    }
    nothing = reach_figures(*tables(parts, (), outcomes), "CCC", TIMELINE)
    assert {(f.metric, f.group): f.n for f in nothing}["onward_fraction", "all"] == 0


def test_holdings_tell_feeds_links_and_groups_apart_by_the_first_receipt():
    parts = [(0, 5, 12.0), (0, 3, 13.0), (1, 2, 14.0), (1, 9, 5.0), (1, 1, 15.0)]
    rows = [
        (0, 12, None, -1),
        (1, 13, None, -2),
        (1, 14, None, 0),
        (2, 15, 20, 1),
        (2, 16, 18, 2),
        (3, 16, 17, 3),
    ]
    columns = {
        "part": [row[0] for row in rows],
        "t_received_us": [row[1] * H * S for row in rows],
        "t_purged_us": [NEVER_US if row[2] is None else row[2] * H * S for row in rows],
        "coarsened_m": [0.0] * len(rows),
        "hop": [row[3] for row in rows],
    }
    figures = holdings_figures(*tables(parts), Table.of(RECEIPTS, columns), TIMELINE)
    assert {f.metric.split("_")[1]: (f.value, f.n) for f in figures} == {
        "feed": (5.0, 1),
        "link": (2.0, 1),
        "group": (3.0, 1),
        "purged": (2.0, 1),
    }
