"""Vessels in one resolution cell, and contacts of nobody."""

from __future__ import annotations

import math

import numpy as np
import pytest

from mda_sim.core.rng import address
from mda_sim.geo.sphere import distance_m
from mda_sim.records import NO_TARGET
from mda_sim.sensing.false_contacts import false_counts, false_places
from mda_sim.sensing.sweep import sense

SEED = 31


def test_vessels_rafted_in_one_cell_are_one_contact_that_says_so(build):
    # Three side by side, one a cell deeper, one a beam aside; the second of the raft is the largest.
    fleet = build.fleet(
        build.parked(
            np.array([30_010.0, 30_015.0, 30_020.0, 30_200.0, 30_015.0]), np.array([90, 90, 90, 90, 95.0])
        ),
        length_m=[50.0, 60.0, 40.0, 50.0, 50.0],
    )
    log = sense(fleet, {"r": build.radar(power_w=1e6)}, build.timeline(6), SEED, land=None)
    stands_for = {int(t): set() for t in range(5)}
    for target, merged in zip(log.contacts["target"], log.contacts["merged"], strict=True):
        stands_for[int(target)].add(int(merged))
    assert stands_for == {0: set(), 1: {3}, 2: set(), 3: {1}, 4: {1}}


def test_a_smaller_one_is_shown_where_the_larger_is_not_seen(build):
    # Each is held or not by its own draw; the cell shows the larger of those that are.
    radar = build.radar_with(0.5, 42e3)
    pair = build.parked(np.array([42_010.0, 42_015.0]))
    alone = [
        sense(build.fleet([one], index=[k]), {"r": radar}, build.timeline(24), SEED, land=None)
        for k, one in enumerate(pair)
    ]
    both = sense(build.fleet(pair), {"r": radar}, build.timeline(24), SEED, land=None)
    seen = [{k for _, k, _, _ in build.rows(log)} for log in alone]
    shown = {(k, target) for _, k, target, _ in build.rows(both)}
    assert shown == {(k, 0) for k in seen[0]} | {(k, 1) for k in seen[1] - seen[0]}
    assert seen[0] & seen[1]
    assert seen[1] - seen[0]


def test_probes_neither_merge_nor_are_merged(build):
    paths = build.parked(np.full(4, 30_010.0))
    log = sense(
        build.fleet(paths, probes=3), {"r": build.radar(power_w=1e6)}, build.timeline(2), SEED, land=None
    )
    assert set(log.contacts["target"].tolist()) == {0, 1, 2, 3}
    assert set(log.contacts["merged"].tolist()) == {1}


def test_an_ais_receiver_tells_rafted_vessels_apart(build):
    fleet = build.fleet(build.parked(np.full(3, 20e3)))
    log = sense(fleet, {"a": build.ais(p_decode=1.0)}, build.timeline(2), SEED, land=None)
    assert set(log.contacts["target"].tolist()) == {0, 1, 2}


def test_false_contacts_come_at_the_stated_rate(build):
    rate, hours = 6.0, 500.0
    radar = build.radar(false_contacts_per_hour=rate)
    log = sense(
        build.fleet(build.parked(np.array([90e3]))), {"r": radar}, build.timeline(hours), SEED, land=None
    )
    n = int(log.reports["n_false"].sum())
    covered_h = len(log.reports) * 300.0 / 3600.0
    assert n == (log.contacts["target"] == NO_TARGET).sum()
    assert abs(n - rate * covered_h) < 4 * math.sqrt(rate * covered_h)
    assert abs(n - 1.1 * rate * covered_h) > 4 * math.sqrt(rate * covered_h)
    counts = np.bincount(log.reports["n_false"])
    assert counts[0] / len(log.reports) == pytest.approx(math.exp(-0.5), abs=0.03)


def test_false_contacts_change_no_other_and_are_last_in_their_report(build):
    fleet = build.fleet(build.parked(np.linspace(20e3, 60e3, 20)), probes=5)
    half_day, false_ones = build.timeline(12), build.radar(false_contacts_per_hour=20.0)
    plain = sense(fleet, {"r": build.radar()}, half_day, SEED, land=None)
    false = sense(fleet, {"r": false_ones}, half_day, SEED, land=None)
    rows = [row for row in build.rows(false) if row[2] != NO_TARGET]
    assert rows == build.rows(plain)
    assert (false.reports["count"] == plain.reports["count"] + false.reports["n_false"]).all()
    assert (false.reports["n_vessels"] == plain.reports["n_vessels"]).all()
    for first, count, n_false in zip(*(false.reports[c] for c in ("first", "count", "n_false")), strict=True):
        targets = false.contacts["target"][first : first + count]
        assert (targets[count - n_false :] == NO_TARGET).all()
        assert (np.diff(targets[: count - n_false].astype(np.int64)) > 0).all()


def test_false_contacts_lie_evenly_over_the_area_in_range():
    interval = np.arange(20_000)
    lat, lon = false_places(14.0, 120.0, 80e3, address("r"), interval, np.zeros(20_000, np.int64), SEED)
    share = (distance_m(14.0, 120.0, lat, lon) / 80e3) ** 2
    assert share.max() <= 1.0
    assert abs(share.mean() - 0.5) < 4 / math.sqrt(12 * 20_000)
    assert abs((lat > 14.0).mean() - 0.5) < 4 * 0.5 / math.sqrt(20_000)


def test_no_rate_no_draws():
    assert false_counts(0.0, 1, np.arange(5), SEED).tolist() == [0] * 5
