from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mda_sim.core.errors import ShapeError
from mda_sim.core.table import Table
from mda_sim.core.time import NEVER_US
from mda_sim.picture.awareness import awareness, history
from mda_sim.picture.receipts import RECEIPTS
from mda_sim.records import CONTACTS, NO_REPORT, NOTHING_US, REPORTS, DetectionLog, SensorCard

S = 1_000_000


def received_at(*rows: tuple[int, float] | tuple[int, float, float]) -> Table:
    """RECEIPTS from (part, t_received_s) or (part, t_received_s, coarsened_m) rows in order."""
    columns = {
        "part": [row[0] for row in rows],
        "t_received_us": [round(row[1] * S) for row in rows],
        "t_purged_us": [round(row[3] * S) if len(row) > 3 else NEVER_US for row in rows],
        "coarsened_m": [row[2] if len(row) > 2 else 0.0 for row in rows],
        "hop": [-1] * len(rows),
    }
    return Table.of(RECEIPTS, columns)


@pytest.fixture
def picture(deliveries_of):
    """The AWARENESS table of a log and receipts, with parts by the share class of each contact."""

    def made(log, received, share_class=None, **options):
        return awareness(log, deliveries_of(log, share_class=share_class), received, **options)

    return made


def steps(table: Table) -> list[tuple[int, int, int]]:
    return list(zip(table["target"], table["t_received_us"] // S, table["t_observed_us"] // S, strict=True))


def test_a_contact_is_observed_dt_before_its_report_ends(log_of, card, picture):
    log = log_of([card("a")], [("a", 300.0, 0, 40.0)], n_vessels=1, n_targets=1)
    table = picture(log, received_at((0, 500.0)))
    assert steps(table) == [(0, 500, 260)]
    assert table["report"].tolist() == [0]
    assert table["error_m"].tolist() == [100.0]


def test_a_late_older_report_changes_nothing(log_of, card, picture):
    held = [("a", 100.0, 0, 0.0), ("b", 200.0, 0, 0.0)]
    log = log_of([card("a"), card("b")], held, n_vessels=1, n_targets=1)
    assert steps(picture(log, received_at((0, 900.0), (1, 300.0)))) == [(0, 300, 200)]
    assert steps(picture(log, received_at((0, 250.0), (1, 300.0)))) == [(0, 250, 100), (0, 300, 200)]
    assert steps(picture(log, received_at((0, 300.0), (1, 300.0)))) == [(0, 300, 200)]


def test_of_one_observation_time_the_first_received_counts_then_the_smaller_error(log_of, card, picture):
    held = [("a", 100.0, 0, 0.0), ("b", 100.0, 0, 0.0), ("c", 100.0, 0, 0.0)]
    log = log_of(
        [card("a", error_m=900.0), card("b", error_m=5.0), card("c", error_m=5.0)],
        held,
        n_vessels=1,
        n_targets=1,
    )
    assert picture(log, received_at((0, 150.0), (1, 160.0), (2, 170.0)))["report"].tolist() == [0]
    assert picture(log, received_at((0, 150.0), (1, 150.0), (2, 150.0)))["report"].tolist() == [1]
    assert picture(log, received_at((0, 150.0), (2, 140.0)))["report"].tolist() == [2]


def test_organic_keeps_only_what_the_nation_itself_saw(log_of, card, picture):
    held = [("a", 100.0, 0, 0.0), ("b", 200.0, 0, 0.0)]
    log = log_of([card("a", "AAA"), card("b", "BBB")], held, n_vessels=1, n_targets=1)
    table = picture(log, received_at((0, 110.0), (1, 210.0)), operators={"AAA"})
    assert steps(table) == [(0, 110, 100)]
    assert len(picture(log, received_at((0, 110.0), (1, 210.0)), operators={"CCC"})) == 0


def test_a_bound_on_error_uncovers_the_good_observation_under_a_fresher_coarse_one(log_of, card, picture):
    held = [("a", 100.0, 0, 0.0), ("b", 200.0, 0, 0.0)]
    log = log_of([card("a", error_m=50.0), card("b", error_m=50_000.0)], held, n_vessels=1, n_targets=1)
    late_good = received_at((0, 300.0), (1, 210.0))
    assert steps(picture(log, late_good)) == [(0, 210, 200)]
    assert steps(picture(log, late_good, error_max_m=10_000.0)) == [(0, 300, 100)]


def test_contacts_out_of_the_order_of_their_reports_are_sorted_by_time(log_of, card):
    held = [("a", 300.0, 0, 250.0), ("b", 280.0, 0, 0.0), ("a", 600.0, 0, 0.0), ("b", 290.0, 1, 0.0)]
    known = history(log_of([card("a"), card("b")], held, n_vessels=2, n_targets=3))
    assert known.offsets.tolist() == [0, 3, 4, 4]
    assert (known.t_observed_us // S).tolist() == [50, 280, 600, 290]


def test_no_contacts_give_an_empty_picture(log_of, card, picture):
    log = log_of([card("a")], [], n_vessels=3, n_targets=5, empty=[("a", 300.0)])
    table = picture(log, received_at())
    assert len(table) == 0
    assert history(log).offsets.tolist() == [0] * 6


def test_a_contact_of_an_unknown_target_is_refused(log_of, card):
    log = log_of([card("a")], [("a", 100.0, 4, 0.0)], n_vessels=1, n_targets=2)
    with pytest.raises(ShapeError, match="target 4"):
        history(log)


def test_the_error_of_a_copy_is_that_of_the_sensor_and_of_the_sanitising_together(log_of, card, picture):
    log = log_of([card("a", error_m=3_000.0)], [("a", 100.0, 0, 0.0)], n_vessels=1, n_targets=1)
    assert picture(log, received_at((0, 150.0, 4_000.0)))["error_m"].tolist() == [5_000.0]
    assert len(picture(log, received_at((0, 150.0, 4_000.0)), error_max_m=4_999.0)) == 0
    assert len(picture(log, received_at((0, 150.0, 4_000.0)), error_max_m=5_000.0)) == 1


def test_a_precise_copy_heals_a_coarse_one_from_its_own_receipt_on(log_of, card, picture):
    log = log_of([card("a")], [("a", 100.0, 0, 0.0)], n_vessels=1, n_targets=1)
    received = received_at((0, 150.0, 20_000.0), (0, 400.0, 12_000.0), (0, 700.0, 0.0))
    whole = picture(log, received)
    assert steps(whole) == [(0, 150, 100)]
    assert whole["error_m"].tolist() == pytest.approx([math.hypot(20_000.0, 100.0)])
    accurate = picture(log, received, error_max_m=10_000.0)
    assert steps(accurate) == [(0, 700, 100)]
    assert accurate["error_m"].tolist() == [100.0]
    assert steps(picture(log, received, error_max_m=13_000.0)) == [(0, 400, 100)]


def test_a_tie_goes_to_the_smaller_error_as_received_not_as_sensed(log_of, card, picture):
    held = [("a", 100.0, 0, 0.0), ("b", 100.0, 0, 0.0)]
    log = log_of([card("a", error_m=5.0), card("b", error_m=900.0)], held, n_vessels=1, n_targets=1)
    table = picture(log, received_at((0, 150.0, 20_000.0), (1, 150.0)))
    assert (table["report"].tolist(), table["error_m"].tolist()) == ([1], [900.0])
    assert picture(log, received_at((0, 149.0, 20_000.0), (1, 150.0)))["report"].tolist() == [0]
    alike = log_of([card("a", error_m=4.0), card("b", error_m=3.0)], held, n_vessels=1, n_targets=1)
    table = picture(alike, received_at((0, 150.0, 3.0), (1, 150.0, 4.0)))
    assert (table["report"].tolist(), table["error_m"].tolist()) == ([0], [5.0])


def test_only_the_contacts_of_a_received_part_are_known(log_of, card, picture):
    held = [("a", 100.0, 0, 0.0), ("a", 100.0, 1, 10.0), ("a", 100.0, 2, 20.0), ("b", 200.0, 1, 0.0)]
    log = log_of([card("a"), card("b")], held, n_vessels=3, n_targets=3)
    table = picture(log, received_at((1, 150.0), (2, 250.0)), share_class=[1, 0, 1, 7])
    assert steps(table) == [(0, 150, 100), (1, 250, 200), (2, 150, 80)]
    assert table["report"].tolist() == [0, 1, 0]


def test_deliveries_of_another_number_of_contacts_are_refused(log_of, card, deliveries_of):
    log = log_of([card("a")], [("a", 100.0, 0, 0.0)], n_vessels=1, n_targets=1)
    other = log_of([card("a")], [("a", 100.0, 0, 0.0), ("a", 200.0, 0, 0.0)], n_vessels=1, n_targets=1)
    with pytest.raises(ShapeError, match="2 contacts"):
        awareness(log, deliveries_of(other), received_at())


@st.composite
def logs(draw):
    """A log, the share class of each contact, and the receipts of each part, less coarse each time."""
    n_sensors, n_targets = draw(st.integers(1, 3)), draw(st.integers(1, 3))
    cards = tuple(
        SensorCard(f"s{i}", "radar", "AAA", float(draw(st.integers(1, 2))), 1.0) for i in range(n_sensors)
    )
    sensor, observed, target, dt, count = [], [], [], [], []
    for number in range(n_sensors):
        for t in sorted(draw(st.sets(st.integers(10, 20), max_size=5))):
            held = sorted(draw(st.sets(st.integers(0, n_targets - 1))))
            sensor.append(number)
            observed.append(t)
            count.append(len(held))
            target += held
            dt += [draw(st.integers(0, 4)) for _ in held]
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
        "n_false": [0] * len(count),
    }
    contacts = Table.of(CONTACTS, {"target": target, "dt_us": dt, "merged": [1] * len(dt)})
    log = DetectionLog(Table.of(REPORTS, columns), contacts, cards, n_targets, n_targets)
    share_class = [draw(st.integers(0, 1)) for _ in target]
    receipts = [
        list(zip(sorted(times), sorted(coarse, reverse=True), strict=False))
        for times, coarse in (
            (draw(st.sets(st.integers(20, 32), max_size=2)), draw(st.sets(st.integers(0, 2), min_size=2)))
            for _ in target
        )
    ]
    return log, share_class, receipts


@settings(max_examples=200, deadline=None)
@given(case=logs(), error_max_m=st.sampled_from([math.inf, 2.5, 1.5]))
def test_at_every_instant_the_picture_holds_the_newest_of_what_was_received(deliveries_of, case, error_max_m):
    """And of several observations of one time the first received, then the least error, then part."""
    log, share_class, receipts = case
    deliveries = deliveries_of(log, share_class=share_class)
    rows = [(part, t * 1e-6, c) for part in range(len(deliveries.parts)) for t, c in receipts[part]]
    table = awareness(log, deliveries, received_at(*rows), error_max_m=error_max_m)
    assert table.is_sorted()
    seen = []
    report = np.repeat(log.reports["report"], log.reports["count"]).tolist()
    for row, part in enumerate(deliveries.contact_part.tolist()):
        sensor_m = log.sensors[log.reports["sensor"][report[row]]].error_m
        came = [(t, math.hypot(sensor_m, c)) for t, c in receipts[part]]
        came = [(t, error_m) for t, error_m in came if error_m <= error_max_m]
        if came:
            t_observed = int(log.reports["t_observed_us"][report[row]]) - int(log.contacts["dt_us"][row])
            seen.append((int(log.contacts["target"][row]), t_observed, *came[0], part))
    for target in range(log.n_targets):
        mine = np.flatnonzero(table["target"] == target)
        t_received, t_observed = table["t_received_us"][mine], table["t_observed_us"][mine]
        assert (np.diff(t_received) > 0).all()
        assert (np.diff(t_observed) > 0).all()
        for t in range(5, 36):
            newest = max((o for k, o, r, *_ in seen if k == target and r <= t), default=None)
            row = int(np.searchsorted(t_received, t, side="right")) - 1
            assert newest == (int(t_observed[row]) if row >= 0 else None)
        for row in mine.tolist():
            observed_us = int(table["t_observed_us"][row])
            t_us, error_m, part = min(rest for k, o, *rest in seen if (k, o) == (target, observed_us))
            assert t_us == table["t_received_us"][row]
            assert error_m == pytest.approx(table["error_m"][row], rel=1e-6)
            assert deliveries.parts["report"][part] == table["report"][row]


def test_a_purge_falls_back_to_the_newest_observation_still_held_then_to_none(log_of, card, picture):
    held = [("a", 100.0, 0, 0.0), ("b", 200.0, 0, 0.0)]
    log = log_of([card("a", error_m=7.0), card("b")], held, n_vessels=1, n_targets=1)
    table = picture(log, received_at((0, 150.0, 0.0, 900.0), (1, 250.0, 0.0, 400.0)))
    nothing_s = NOTHING_US // S
    assert steps(table) == [(0, 150, 100), (0, 250, 200), (0, 400, 100), (0, 900, nothing_s)]
    assert table["report"].tolist() == [0, 1, 0, NO_REPORT]
    assert table["error_m"][:3].tolist() == [7.0, 100.0, 7.0]
    assert math.isnan(table["error_m"][3])
    # the older one is destroyed first: nothing changes until the newer one goes
    early = picture(log, received_at((0, 150.0, 0.0, 300.0), (1, 250.0, 0.0, 400.0)))
    assert steps(early) == [(0, 150, 100), (0, 250, 200), (0, 400, nothing_s)]


def test_a_coarse_copy_that_outlives_the_precise_one_keeps_the_observation(log_of, card, picture):
    log = log_of([card("a", error_m=3.0)], [("a", 100.0, 0, 0.0)], n_vessels=1, n_targets=1)
    received = received_at((0, 150.0, 0.0, 300.0), (0, 200.0, 4.0))
    assert steps(picture(log, received)) == [(0, 150, 100), (0, 300, 100)]
    assert picture(log, received)["error_m"].tolist() == [3.0, 5.0]
    bounded = picture(log, received, error_max_m=4.0)
    assert steps(bounded) == [(0, 150, 100), (0, 300, NOTHING_US // S)]


@settings(max_examples=200, deadline=None)
@given(
    case=logs(),
    data=st.data(),
    error_max_m=st.sampled_from([math.inf, 2.5, 1.5]),
)
def test_with_purges_the_picture_holds_the_newest_of_what_is_held(deliveries_of, case, data, error_max_m):
    """At every instant; and a run without purges, of which the copies never end, holds no less."""
    log, share_class, receipts = case
    deliveries = deliveries_of(log, share_class=share_class)
    lasts = st.one_of(st.none(), st.integers(0, 9))
    copies = [
        (part, t, c, data.draw(lasts)) for part in range(len(deliveries.parts)) for t, c in receipts[part]
    ]
    ends = [t + last if last is not None else math.inf for _, t, _, last in copies]
    rows = [
        (part, t * 1e-6, c, end * 1e-6) if math.isfinite(end) else (part, t * 1e-6, c)
        for (part, t, c, _), end in zip(copies, ends, strict=True)
    ]
    table = awareness(log, deliveries, received_at(*rows), error_max_m=error_max_m)
    for_good = awareness(log, deliveries, received_at(*(row[:3] for row in rows)), error_max_m=error_max_m)
    assert table.is_sorted()
    report = np.repeat(log.reports["report"], log.reports["count"]).tolist()
    for target, t in itertools.product(range(log.n_targets), range(5, 45)):
        found = [
            int(log.reports["t_observed_us"][report[row]]) - int(log.contacts["dt_us"][row])
            for row, part in enumerate(deliveries.contact_part.tolist())
            for (copy, came, c, _), end in zip(copies, ends, strict=True)
            if log.contacts["target"][row] == target and copy == part and came <= t < end
            if math.hypot(log.sensors[log.reports["sensor"][report[row]]].error_m, c) <= error_max_m
        ]
        assert newest(table, target, t) == max(found, default=NOTHING_US)
        assert newest(table, target, t) <= newest(for_good, target, t)


def newest(table: Table, target: int, t: int) -> int:
    """The newest observation that a picture holds of a target at a time [us]."""
    rows = np.flatnonzero((table["target"] == target) & (table["t_received_us"] <= t))
    return int(table["t_observed_us"][rows[-1]]) if len(rows) else NOTHING_US


def test_what_is_held_for_good_is_the_same_however_it_is_computed(log_of, card, picture):
    """A copy of something else that is destroyed sends all through the slower path: the rest is the same."""
    held = [("a", t, k, 0.0) for t in (100.0, 200.0, 300.0) for k in (0, 1)] + [("b", 200.0, 0, 0.0)]
    log = log_of([card("a"), card("b", error_m=9.0)], [*held, ("b", 50.0, 2, 0.0)], n_vessels=3, n_targets=3)
    rows = [(0, 150.0), (1, 420.0), (2, 400.0), (4, 420.0)]
    plain = picture(log, received_at(*rows))
    forgetful = picture(log, received_at(*rows[:3], (3, 60.0, 0.0, 70.0), rows[3]))
    same = forgetful.take(forgetful["target"] < 2)
    assert len(plain) > 3
    assert all(same[name].tolist() == plain[name].tolist() for name in plain.columns)
