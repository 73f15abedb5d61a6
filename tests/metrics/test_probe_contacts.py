"""Accesses and N-asset coverage of probes: hand cases, the textbook's gaps, binomial sensors."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mda_sim.core.table import Table
from mda_sim.core.time import NEVER_US
from mda_sim.metrics.coverage import Probes, gap_figures, probe_gaps
from mda_sim.metrics.probe_contacts import access_figures, accesses, probe_contacts
from mda_sim.picture.awareness import history
from mda_sim.picture.receipts import RECEIPTS
from mda_sim.records import CONTACTS, HOPS, OUTCOMES, PARTS, REPORTS, DeliveryLog, DetectionLog, SensorCard

S = 1_000_000


def log_of(rows, n_targets=1, intervals_s=(10.0, 0.0, 0.0, 0.0), errors_m=(1.0, 1.0, 1.0, 1.0)):
    """Reports from (sensor, t_observed s, probes) rows, sorted by sensor; all targets are probes."""
    rows = sorted(rows, key=lambda row: row[:2])
    count = np.array([len(row[2]) for row in rows], np.int64)
    t_us = [round(row[1] * S) for row in rows]
    columns = {
        "report": range(len(rows)),
        "sensor": [row[0] for row in rows],
        "interval": range(len(rows)),
        "t_observed_us": t_us,
        "t_ready_us": t_us,
        "first": np.cumsum(count) - count,
        "count": count,
        "n_vessels": [0] * len(rows),
        "n_false": [0] * len(rows),
    }
    held = [k for row in rows for k in row[2]]
    contacts = Table.of(CONTACTS, {"target": held, "dt_us": [0] * len(held), "merged": [1] * len(held)})
    cards = tuple(
        SensorCard(f"s{i}", "radar", "AAA", errors_m[i], 1.0, intervals_s[i]) for i in range(len(intervals_s))
    )
    return DetectionLog(Table.of(REPORTS, columns), contacts, cards, 0, n_targets)


def received_of(n_parts, came_s=None, purged_s=None, coarsened_m=None):
    parts = [p for p in range(n_parts) if came_s is None or came_s[p] is not None]
    columns = {
        "part": parts,
        "t_received_us": [0 if came_s is None else round(came_s[p] * S) for p in parts],
        "t_purged_us": [NEVER_US if purged_s is None else round(purged_s[p] * S) for p in parts],
        "coarsened_m": [0.0 if coarsened_m is None else coarsened_m[p] for p in parts],
        "hop": [0] * len(parts),
    }
    return Table.of(RECEIPTS, columns)


def whole(log):
    """Every report one part."""
    n = len(log.reports)
    columns = {name: log.reports[name] for name in ("report", "count", "n_vessels", "n_false")}
    parts = Table.of(PARTS, {**columns, "part": range(n), "share_class": [0] * n}, {"filters": []})
    of_contact = np.repeat(np.arange(n, dtype=np.uint32), log.reports["count"])
    empty = Table.empty(HOPS, {"links": []}), Table.empty(OUTCOMES)
    return DeliveryLog(parts, of_contact, *empty, log.digest())


def found_of(log, received, ages_s, from_s, to_s, error_max_m=10.0):
    deliveries, contacts = whole(log), history(log)
    window = round(from_s * S), round(to_s * S)
    return accesses(
        log,
        deliveries,
        contacts.by_part(deliveries),
        probe_contacts(log, contacts, 0),
        received,
        ages_s,
        error_max_m,
        *window,
    )


def test_reports_of_one_sensor_that_meet_are_one_access_and_two_sensors_make_two():
    # a watch of 10 s: [0, 30] in three reports, [40, 50]; an image at 20 s and one at 60 s
    rows = [(0, t, [0]) for t in (10.0, 20.0, 30.0, 50.0)] + [(1, 20.0, [0]), (1, 60.0, [0])]
    log = log_of(rows)
    found = found_of(log, received_of(6), [5.0], 0.0, 100.0)
    assert found.count.tolist() == [4]
    assert found.sum_us.tolist() == [40 * S]
    assert found.longest_us.tolist() == [30 * S]
    assert found.first_us.tolist() == [0]


def test_accesses_are_cut_at_the_edges_and_what_did_not_come_is_no_access():
    rows = [(0, t, [0]) for t in (10.0, 20.0, 30.0, 60.0)]
    log = log_of(rows)
    found = found_of(log, received_of(4, came_s=[0, 0, 0, None]), [5.0], 15.0, 25.0)
    assert (found.count.tolist(), found.sum_us.tolist()) == ([1], [10 * S])
    # it ends at the beginning of the window, another begins at its end: no access
    found = found_of(log, received_of(4), [5.0], 30.0, 50.0)
    assert (found.count.tolist(), found.first_us.tolist()) == ([0], [NEVER_US])


def test_at_least_n_sensors_hold_while_their_own_observations_are_young():
    # age 50 s: sensor 1 holds [100, 150) and [120, 170), sensor 2 [130, 180), sensor 3 [140, 190) from 160 on
    rows = [(1, 100.0, [0]), (1, 120.0, [0]), (2, 130.0, [0]), (3, 140.0, [0])]
    log = log_of(rows)
    received = received_of(4, came_s=[100, 120, 130, 160])
    found = found_of(log, received, [50.0], 0.0, 1000.0)
    # union of all: [100, 190); two or more: [130, 170) and [170, 180) by 2 and 3; three: [160, 170)
    assert (found.held_us[0, 0] / S).tolist() == [90.0, 50.0, 10.0]


def test_one_sensor_counts_once_however_often_it_looks_and_coarse_copies_do_not_count():
    rows = [(1, t, [0]) for t in (100.0, 110.0, 120.0)] + [(2, 115.0, [0])]
    log = log_of(rows, errors_m=(1.0, 1.0, 8.0, 1.0))
    fine = found_of(log, received_of(4), [50.0], 0.0, 1000.0)
    # received at 0 s by construction, so that each holds from the beginning of the window
    assert (fine.held_us[0, 0] / S).tolist() == [170.0, 165.0, 0.0]
    coarse = found_of(log, received_of(4, coarsened_m=[0, 0, 0, 9.0]), [50.0], 0.0, 1000.0)
    assert (coarse.held_us[0, 0] / S).tolist() == [170.0, 0.0, 0.0]


def test_a_destroyed_copy_holds_no_longer_and_may_leave_an_older_one():
    rows = [(1, 100.0, [0]), (1, 120.0, [0])]
    received = received_of(2, came_s=[100, 120], purged_s=[1000, 130])
    found = found_of(log_of(rows), received, [50.0], 0.0, 1000.0)
    assert (found.held_us[0, 0] / S).tolist() == [50.0, 0.0, 0.0]
    received = received_of(2, came_s=[100, 160], purged_s=[140, 165])
    found = found_of(log_of(rows), received, [50.0], 0.0, 1000.0)
    assert (found.held_us[0, 0] / S).tolist() == [45.0, 0.0, 0.0]


def test_figures_weigh_by_area_and_count_beside():
    log = log_of([(0, 10.0, [0]), (0, 20.0, [0, 1]), (0, 60.0, [0])], n_targets=2)
    found = found_of(log, received_of(3), [5.0, 15.0], 0.0, 100.0)
    probes = Probes(0, np.array([60.0, 0.0]), np.array([110.0, 110.0]))  # weights 0.5 and 1
    by = {
        f.metric: (f.value, f.n)
        for f in access_figures(found, np.array([100, 100]) * S, probes, [5.0, 15.0], 0, 100 * S)
    }
    assert by["area_seen_fraction_5s"] == (pytest.approx(0.5 / 1.5), 2)
    assert by["area_seen_fraction_15s"] == (pytest.approx(1.0), 2)
    assert by["area_seen_fraction"] == (pytest.approx(1.0), 2)
    assert by["access_count"] == (3.0, 2)
    assert by["access_mean_count"] == (pytest.approx((0.5 * 2 + 1) / 1.5), 2)
    assert by["access_duration_mean_s"] == (pytest.approx((0.5 * 30 + 10) / (0.5 * 2 + 1)), 3)
    assert by["access_duration_max_s"] == (20.0, 3)
    assert by["area_held_by_2_fraction_5s"] == (0.0, 2)


def test_without_probes_or_accesses_figures_are_undefined():
    log = log_of([], n_targets=1)
    found = found_of(log, received_of(0), [5.0], 0.0, 100.0)
    probes = Probes(0, np.array([60.0]), np.array([110.0]))
    by = {
        f.metric: f.value for f in access_figures(found, np.array([0]), probes, [5.0], 0, 100 * S, zone="z")
    }
    assert by["access_count"] == 0.0
    assert all(math.isnan(value) for name, value in by.items() if name != "access_count")


def test_the_textbook_gaps_give_its_figures_of_merit():
    """Gaps of 5, 10 and 15 in 100: time average gap 3.5, mean response 1.75, mean gap 10, longest 15."""
    # contact [5, 20], [30, 85] by a watch of 5 s: gaps [0, 5), (20, 30), (85, 100]
    rows = [(0, float(t), [0]) for t in (*range(10, 21, 5), *range(35, 86, 5))]
    log = log_of(rows, intervals_s=(5.0, 0.0, 0.0, 0.0))
    deliveries, contacts = whole(log), history(log)
    gaps = probe_gaps(log, deliveries, contacts.by_part(deliveries), received_of(len(rows)), 0, 0, 100 * S)
    probes = Probes(0, np.array([0.0]), np.array([110.0]))
    by = {f.metric: f.value for f in gap_figures(gaps, np.array([100 * S]), probes)}
    assert by["time_average_gap_s"] == pytest.approx(3.5)
    assert by["response_mean_s"] == pytest.approx(1.75)
    assert (by["revisit_mean_s"], by["revisit_max_s"]) == (10.0, 15.0)
    assert by["area_contact_mean_fraction"] == pytest.approx(0.7)


def test_contact_at_full_hours_gives_the_least_and_most_covered():
    # an hour's watch ending at 1 h and 3 h of the first of two probes, an image of the other at 2 h
    hour = 3600.0
    rows = [(0, 1 * hour, [0]), (0, 3 * hour, [0]), (1, 2 * hour, [1])]
    log = log_of(rows, n_targets=2, intervals_s=(hour, 0.0, 0.0, 0.0))
    deliveries, contacts = whole(log), history(log)
    window = 0, round(5 * hour) * S
    gaps = probe_gaps(log, deliveries, contacts.by_part(deliveries), received_of(3), 0, *window)
    assert gaps.in_contact.tolist() == [[True, True, True, True, False], [False, False, True, False, False]]
    probes = Probes(0, np.array([60.0, 0.0]), np.array([110.0, 110.0]))
    by = {f.metric: f.value for f in gap_figures(gaps, np.full(2, window[1]), probes)}
    assert by["area_contact_min_fraction"] == 0.0
    assert by["area_contact_max_fraction"] == pytest.approx(1.0)
    assert by["area_contact_mean_fraction"] == pytest.approx(0.5 * (2 / 5) / 1.5)


def test_looks_every_p_seconds_give_a_mean_response_of_half_of_p():
    period, n = 50.0, 200
    log = log_of([(1, period * i, [0]) for i in range(n + 1)])
    deliveries, contacts = whole(log), history(log)
    gaps = probe_gaps(
        log, deliveries, contacts.by_part(deliveries), received_of(n + 1), 0, 0, round(period * n) * S
    )
    assert gaps.mean_response_s[0] == pytest.approx(period / 2)
    assert gaps.max_gap_s[0] == period


def test_independent_poisson_sensors_hold_by_the_binomial_law():
    """Three sensors at one rate r, each good for d: P(N >= n) binomial in p = 1 - exp(-r d)."""
    rng, mean_s, age_s, end_s = np.random.default_rng(20261129), 400.0, 200.0, 1_000_000.0
    rows = []
    for sensor in (1, 2, 3):
        seen_s = np.cumsum(rng.exponential(mean_s, round(1.2 * end_s / mean_s)))
        rows += [(sensor, float(t), [0]) for t in seen_s[seen_s < end_s]]
    log = log_of(rows)
    came_s = (log.reports["t_observed_us"] / S).tolist()
    found = found_of(log, received_of(len(rows), came_s=came_s), [age_s], 1000.0, end_s)
    share = found.held_us[0, 0] / ((end_s - 1000.0) * S)
    p = 1 - math.exp(-age_s / mean_s)
    at_least = [1 - (1 - p) ** 3, 3 * p**2 * (1 - p) + p**3, p**3]
    # 2,500 sightings a sensor: about 2 % each on p, and n times that on p ** n
    assert share.tolist() == pytest.approx(at_least, rel=0.08)


events = st.lists(
    st.tuples(st.integers(1, 3), st.integers(0, 100), st.integers(0, 40), st.integers(0, 120)), max_size=14
)


@settings(max_examples=60, deadline=None)
@given(events, st.integers(1, 60))
def test_more_sensors_never_hold_longer_and_all_is_what_a_grid_counts(found, age_s):
    """Against a count at every half second; purges may come before or after the age runs out."""
    seen = {(sensor, t): (t + delay, t + delay + keeps) for sensor, t, delay, keeps in found}
    rows = [(sensor, float(t), [0]) for sensor, t in sorted(seen)]
    log = log_of(rows)
    spans = [seen[key] for key in sorted(seen)]
    received = received_of(len(rows), came_s=[a for a, _ in spans], purged_s=[b for _, b in spans])
    held_s = found_of(log, received, [float(age_s)], 10.0, 110.0).held_us[0, 0] / S
    assert (np.diff(held_s) <= 0).all()
    grid = np.arange(10, 110) + 0.5
    holding = np.zeros((4, len(grid)), bool)
    for (sensor, t, _), (a, b) in zip(rows, spans, strict=True):
        holding[sensor] |= (grid >= a) & (grid < min(t + age_s, b))
    counts = holding.sum(axis=0)
    assert held_s.tolist() == [float((counts >= n).sum()) for n in (1, 2, 3)]
