"""Backlogs and waits read off hops made by hand, against numbers counted by hand and Little's law."""

from __future__ import annotations

import math
from datetime import UTC, datetime

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mda_sim.core.table import Table
from mda_sim.core.time import NEVER_US, Timeline
from mda_sim.metrics.load import backlog_table, queue_visits, queues_table, summarise_queues
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
TIMELINE = Timeline(datetime(2026, 3, 2, tzinfo=UTC), 0, 20 * H * S, 4 * H * S)
CARDS = (SensorCard("ais", "ais", "AAA", 1.0, 1.0), SensorCard("radar", "radar", "AAA", 1.0, 1.0))
SHARING = SharingSpec.model_validate(
    {
        "nodes": {"a": {"nation": "AAA"}, "b": {"nation": "BBB"}},
        "desks": {
            "desk": {"servers": 2, "touch": {"kind": "constant", "value_s": 60.0}, "expiry_s": 3.0 * H},
            "theirs": {"touch": {"kind": "constant", "value_s": 60.0}, "expiry_s": 2.0 * H},
        },
        "consents": {
            "ask": {"kind": "on_request", "originator": "CCC", "recipient": "BBB", "desk": "theirs"},
            "given": {"kind": "standing", "originator": "CCC", "recipient": "BBB"},
        },
        "links": {
            "one": {"sender": "a", "recipient": "b", "desk": "desk"},
            "two": {"sender": "a", "recipient": "b"},
        },
    }
)
STAGES = (
    "case",
    "review",
    "reviewed",
    "released",
    "asked",
    "decided",
    "consented",
    "sent",
    "transmitted",
    "received",
)
DONE = Outcome.DELIVERED


def deliveries_of(rows):
    """Hops of (link, sensor, n_vessels, consent, outcome, gates, times by stage [h]); each its own part."""
    n = len(rows)
    table = {column.name: [0] * n for column in HOPS.columns}
    table |= {
        "part": range(n),
        "link": [("one", "two").index(row[0]) for row in rows],
        "t_purged_us": [NEVER_US] * n,
    }
    table |= {"consent": [("ask", "given", None).index(row[3]) if row[3] else -1 for row in rows]}
    table |= {"outcome": [row[4] for row in rows], "gates": [row[5] for row in rows]}
    for stage in STAGES:
        table[f"t_{stage}_us"] = [
            round(row[6][stage] * H * S) if stage in row[6] else NEVER_US for row in rows
        ]
    parts = {
        "part": range(n),
        "report": range(n),
        "share_class": [0] * n,
        "count": [1] * n,
        "n_vessels": [row[2] for row in rows],
        "n_false": [0] * n,
    }
    reports = {column.name: [0] * n for column in REPORTS.columns}
    reports |= {"report": range(n), "sensor": [row[1] for row in rows]}
    log = DetectionLog(Table.of(REPORTS, reports), Table.empty(CONTACTS), CARDS, 9, 9)
    meta = {"links": ["one", "two"], "consents": ["ask", "given"]}
    tables = Table.of(PARTS, parts), np.zeros(0, np.uint32), Table.of(HOPS, table, meta)
    return log, DeliveryLog(*tables, Table.empty(OUTCOMES), log.digest())


def queues_of(*rows):
    visits = queue_visits(*deliveries_of(rows), SHARING, TIMELINE)
    table = queues_table(visits, SHARING, TIMELINE)
    found = {
        name: {column: table[column][number] for column in table.columns if column != "queue"}
        for number, name in enumerate(table.meta["queues"])
    }
    return found, visits


def at_desk(case, review, reviewed, **others):
    return {"case": case, "review": review, "reviewed": reviewed, **others}


def test_a_case_is_counted_once_and_waits_from_its_closing_to_its_review():
    times = at_desk(1.0, 3.0, 4.0)
    found, visits = queues_of(*[("one", 1, 1, None, DONE, 0, times)] * 3)
    desk = found["desk:desk"]
    assert (desk["n"], desk["wait_mean_s"], desk["wait_max_s"]) == (1, 2.0 * H, 2.0 * H)
    assert desk["backlog_mean"] == pytest.approx(3 / 24)
    assert desk["busy_fraction"] == pytest.approx(1 / (2 * 24))
    table = backlog_table(visits, TIMELINE)
    mine = table["queue"] == table.meta["queues"].index("desk:desk")
    assert table["waiting"][mine].tolist() == [0, 1, 1, *[0] * 21]
    assert table["backlog"][mine].tolist() == [0, 1, 1, 1, *[0] * 20]


def test_categories_windows_and_links_make_cases_apart_and_ghosts_make_none():
    rows = [
        ("one", 0, 1, None, DONE, 0, at_desk(1.0, 1.0, 2.0)),
        ("one", 1, 1, None, DONE, 0, at_desk(1.0, 1.5, 2.0)),
        ("one", 1, 1, None, DONE, 0, at_desk(2.0, 2.0, 3.0)),
        ("one", 0, 0, None, DONE, 0, at_desk(3.0, 3.0, 3.0)),
        ("two", 1, 1, None, DONE, 0, at_desk(1.0, 1.0, 1.0)),
    ]
    found, _ = queues_of(*rows)
    assert found["desk:desk"]["n"] == 3
    assert found["desk:desk"]["backlog_max"] == 2


@pytest.mark.parametrize(
    ("outcome", "gates", "times"),
    [
        (Outcome.WITHHELD, 4, {}),
        (Outcome.NOT_SENT, 0, {}),
        (Outcome.NOT_SENT, 0, {"case": 1.0}),
    ],
)
def test_what_is_refused_on_arrival_or_not_sent_meets_no_desk(outcome, gates, times):
    found, _ = queues_of(("one", 1, 1, None, outcome, gates, times))
    assert found["desk:desk"]["n"] == 0
    assert math.isnan(found["desk:desk"]["wait_mean_s"])
    assert found["desk:desk"]["backlog_mean"] == 0.0


def test_what_expires_waits_until_its_limit_and_what_is_never_reached_until_the_end():
    rows = [
        ("one", 1, 1, None, Outcome.EXPIRED, 0, {"case": 1.0}),
        ("one", 1, 1, None, Outcome.IN_FLIGHT, 0, {"case": 22.0}),
    ]
    found, _ = queues_of(*rows)
    assert found["desk:desk"]["wait_mean_s"] == (3.0 + 2.0) / 2 * H
    assert found["desk:desk"]["busy_fraction"] == 0.0


def test_a_request_counts_at_the_originators_desk_in_the_backlog_alone():
    asked = at_desk(1.0, 1.0, 2.0, released=2.0, asked=2.0)
    late = at_desk(3.0, 3.0, 4.0, released=4.0, asked=4.0)
    rows = [
        ("one", 1, 1, "ask", DONE, 0, {**asked, "decided": 5.0}),
        ("one", 1, 1, "given", DONE, 0, {**asked, "decided": 2.0}),
        ("one", 1, 1, "ask", Outcome.EXPIRED, 0, late),
    ]
    found, _ = queues_of(*rows)
    theirs = found["desk:theirs"]
    assert theirs["n"] == 2
    assert theirs["backlog_mean"] == pytest.approx((3.0 + 2.0) / 24)
    assert theirs["backlog_max"] == 2
    assert math.isnan(theirs["wait_max_s"])
    # the case whose request expired there was reviewed here like any other
    assert found["desk:desk"]["n"] == 2
    assert found["desk:desk"]["busy_fraction"] == pytest.approx(2 / (2 * 24))


def test_a_link_counts_what_leaves_at_once_and_not_what_found_its_queue_full():
    base = {"case": 1.0, "review": 1.0, "reviewed": 1.0, "released": 1.0, "asked": 1.0, "decided": 1.0}
    sent = {"consented": 1.0, "sent": 3.0, "transmitted": 4.0, "received": 9.0}
    rows = [
        ("two", 1, 1, None, DONE, 0, {**base, **sent}),
        ("two", 1, 1, "given", DONE, 0, {**base, **sent}),
        ("two", 1, 1, "ask", DONE, 0, {**base, **sent, "consented": 2.0}),
        ("two", 0, 1, None, Outcome.LOST, 0, {**base, "consented": 1.0}),
        ("two", 0, 1, None, Outcome.LOST, 0, {**base, **sent, "case": 2.0}),
        ("two", 0, 1, None, Outcome.IN_FLIGHT, 0, {**base, "case": 3.0, "consented": 23.0}),
    ]
    link = queues_of(*rows)[0]["link:two"]
    assert link["n"] == 4
    assert link["wait_mean_s"] == (2.0 + 1.0 + 2.0 + 1.0) / 4 * H
    assert link["busy_fraction"] == pytest.approx(3 / 24)


QUARTERS_H = st.integers(0, 80).map(lambda quarters: quarters / 4)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.integers(0, 80).map(lambda quarters: quarters / 4),
            st.integers(0, 36).map(lambda quarters: quarters / 4),
            st.integers(0, 36).map(lambda quarters: quarters / 4),
            st.sampled_from([DONE, Outcome.IN_FLIGHT]),
        ),
        max_size=12,
        unique_by=lambda row: row[0],
    )
)
def test_littles_law_holds_exactly_in_every_queue(rows):
    """The integral of the backlog, step by step, is the sum of the times from coming to done."""
    cases = [
        (
            "one",
            1,
            1,
            None,
            outcome,
            0,
            {"case": came} if outcome else at_desk(came, came + wait, came + wait + lasts),
        )
        for came, wait, lasts, outcome in rows
    ]
    found, visits = queues_of(*cases)
    desk = visits["desk:desk"]
    table = backlog_table(visits, TIMELINE)
    mine = table["queue"] == table.meta["queues"].index("desk:desk")
    hourly = table["backlog"][mine].sum()
    spent_h = (desk.t_done_us - desk.t_came_us).sum() / (H * S)
    assert hourly == pytest.approx(spent_h, abs=1e-9)
    assert found["desk:desk"]["backlog_mean"] * 24 == pytest.approx(spent_h)
    waited_h = (desk.t_taken_us - desk.t_came_us).sum() / (H * S)
    assert table["waiting"][mine].sum() == pytest.approx(waited_h, abs=1e-9)
    assert found["desk:desk"]["backlog_max"] >= table["backlog"][mine].max(initial=0)


def test_over_seeds_means_are_means_and_the_longest_wait_is_the_longest_of_all():
    tables = []
    for wait in (1.0, 3.0):
        visits = queue_visits(
            *deliveries_of([("one", 1, 1, None, DONE, 0, at_desk(1.0, 1.0 + wait, 5.0))]), SHARING, TIMELINE
        )
        tables.append(queues_table(visits, SHARING, TIMELINE))
    found = summarise_queues(tables)
    assert list(found) == ["desk:desk"]
    assert found["desk:desk"]["wait_mean_s"] == 2.0 * H
    assert found["desk:desk"]["wait_max_s"] == 3.0 * H
