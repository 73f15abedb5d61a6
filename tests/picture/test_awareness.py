from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mda_sim.core.errors import ShapeError
from mda_sim.core.table import Table
from mda_sim.picture.awareness import awareness, history
from mda_sim.picture.receipts import RECEIPTS
from mda_sim.records import CONTACTS, REPORTS, DetectionLog, SensorCard

S = 1_000_000


def received_at(times_s: dict[int, float]) -> Table:
    rows = sorted(times_s.items())
    columns = {
        "report": [r for r, _ in rows],
        "t_received_us": [round(t * S) for _, t in rows],
        "hop": [-1] * len(rows),
    }
    return Table.of(RECEIPTS, columns)


def steps(table: Table) -> list[tuple[int, int, int]]:
    return list(zip(table["target"], table["t_received_us"] // S, table["t_observed_us"] // S, strict=True))


def test_a_contact_is_observed_dt_before_its_report_ends(log_of, card):
    log = log_of([card("a")], [("a", 300.0, 0, 40.0)], n_vessels=1, n_targets=1)
    table = awareness(log, received_at({0: 500.0}))
    assert steps(table) == [(0, 500, 260)]
    assert table["report"].tolist() == [0]
    assert table["error_m"].tolist() == [100.0]


def test_a_late_older_report_changes_nothing(log_of, card):
    held = [("a", 100.0, 0, 0.0), ("b", 200.0, 0, 0.0)]
    log = log_of([card("a"), card("b")], held, n_vessels=1, n_targets=1)
    assert steps(awareness(log, received_at({0: 900.0, 1: 300.0}))) == [(0, 300, 200)]
    assert steps(awareness(log, received_at({0: 250.0, 1: 300.0}))) == [(0, 250, 100), (0, 300, 200)]
    assert steps(awareness(log, received_at({0: 300.0, 1: 300.0}))) == [(0, 300, 200)]


def test_of_one_observation_time_the_first_received_counts_then_the_smaller_error(log_of, card):
    held = [("a", 100.0, 0, 0.0), ("b", 100.0, 0, 0.0), ("c", 100.0, 0, 0.0)]
    log = log_of(
        [card("a", error_m=900.0), card("b", error_m=5.0), card("c", error_m=5.0)],
        held,
        n_vessels=1,
        n_targets=1,
    )
    assert awareness(log, received_at({0: 150.0, 1: 160.0, 2: 170.0}))["report"].tolist() == [0]
    assert awareness(log, received_at({0: 150.0, 1: 150.0, 2: 150.0}))["report"].tolist() == [1]
    assert awareness(log, received_at({0: 150.0, 2: 140.0}))["report"].tolist() == [2]


def test_organic_keeps_only_what_the_nation_itself_saw(log_of, card):
    held = [("a", 100.0, 0, 0.0), ("b", 200.0, 0, 0.0)]
    log = log_of([card("a", "AAA"), card("b", "BBB")], held, n_vessels=1, n_targets=1)
    table = awareness(log, received_at({0: 110.0, 1: 210.0}), operator="AAA")
    assert steps(table) == [(0, 110, 100)]
    assert len(awareness(log, received_at({0: 110.0, 1: 210.0}), operator="CCC")) == 0


def test_a_bound_on_error_uncovers_the_good_observation_under_a_fresher_coarse_one(log_of, card):
    held = [("a", 100.0, 0, 0.0), ("b", 200.0, 0, 0.0)]
    log = log_of([card("a", error_m=50.0), card("b", error_m=50_000.0)], held, n_vessels=1, n_targets=1)
    late_good = received_at({0: 300.0, 1: 210.0})
    assert steps(awareness(log, late_good)) == [(0, 210, 200)]
    assert steps(awareness(log, late_good, error_max_m=10_000.0)) == [(0, 300, 100)]


def test_contacts_out_of_the_order_of_their_reports_are_sorted_by_time(log_of, card):
    held = [("a", 300.0, 0, 250.0), ("b", 280.0, 0, 0.0), ("a", 600.0, 0, 0.0), ("b", 290.0, 1, 0.0)]
    known = history(log_of([card("a"), card("b")], held, n_vessels=2, n_targets=3))
    assert known.offsets.tolist() == [0, 3, 4, 4]
    assert (known.t_observed_us // S).tolist() == [50, 280, 600, 290]


def test_no_contacts_give_an_empty_picture(log_of, card):
    log = log_of([card("a")], [], n_vessels=3, n_targets=5, empty=[("a", 300.0)])
    table = awareness(log, received_at({0: 310.0}))
    assert len(table) == 0
    assert history(log).offsets.tolist() == [0] * 6


def test_a_contact_of_an_unknown_target_is_refused(log_of, card):
    log = log_of([card("a")], [("a", 100.0, 4, 0.0)], n_vessels=1, n_targets=2)
    with pytest.raises(ShapeError, match="target 4"):
        history(log)


@st.composite
def logs(draw):
    n_sensors, n_targets = draw(st.integers(1, 3)), draw(st.integers(1, 3))
    cards = tuple(
        SensorCard(f"s{i}", "radar", "AAA", float(draw(st.integers(1, 2))), 1.0) for i in range(n_sensors)
    )
    sensor, observed, target, dt, count, received = [], [], [], [], [], {}
    for number in range(n_sensors):
        for t in sorted(draw(st.sets(st.integers(10, 20), max_size=5))):
            held = sorted(draw(st.sets(st.integers(0, n_targets - 1))))
            sensor.append(number)
            observed.append(t)
            count.append(len(held))
            target += held
            dt += [draw(st.integers(0, 4)) for _ in held]
            if draw(st.booleans()):
                received[len(sensor) - 1] = t + draw(st.integers(0, 12))
    n = len(sensor)
    columns = {
        "report": range(n),
        "sensor": sensor,
        "interval": range(n),
        "t_observed_us": observed,
        "t_ready_us": observed,
        "first": np.cumsum(count) - np.array(count, np.int64),
        "count": count,
        "n_vessels": count,
    }
    contacts = Table.of(CONTACTS, {"target": target, "dt_us": dt})
    log = DetectionLog(Table.of(REPORTS, columns), contacts, cards, n_targets, n_targets)
    hop = [-1] * len(received)
    return log, Table.of(
        RECEIPTS, {"report": list(received), "t_received_us": list(received.values()), "hop": hop}
    )


@settings(max_examples=150, deadline=None)
@given(logs())
def test_at_every_instant_the_picture_holds_the_newest_of_what_was_received(case):
    log, received = case
    table = awareness(log, received)
    assert table.is_sorted()
    when = dict(zip(received["report"].tolist(), received["t_received_us"].tolist(), strict=True))
    seen = [
        (
            int(log.contacts["target"][row]),
            when[r],
            int(log.reports["t_observed_us"][r]) - int(log.contacts["dt_us"][row]),
        )
        for r in when
        for row in range(int(log.reports["first"][r]), int(log.reports["first"][r] + log.reports["count"][r]))
    ]
    for target in range(log.n_targets):
        mine = table["target"] == target
        t_received, t_observed = table["t_received_us"][mine], table["t_observed_us"][mine]
        assert (np.diff(t_received) > 0).all()
        assert (np.diff(t_observed) > 0).all()
        for t in range(5, 36):
            newest = max((o for k, r, o in seen if k == target and r <= t), default=None)
            row = int(np.searchsorted(t_received, t, side="right")) - 1
            assert newest == (int(t_observed[row]) if row >= 0 else None)
