"""What AIS receivers hold when ships fall silent, garble their messages, turn, or send false positions."""

from __future__ import annotations

import math

import numpy as np
import pytest

from mda_sim.core.time import US_PER_S
from mda_sim.sensing.sweep import sense
from mda_sim.world.broadcasts import AisState, broadcasts_of

SEED = 20260302
S = US_PER_S


def times_held(log):
    """Target and instant [us] of each contact."""
    end_us = np.repeat(log.reports["t_observed_us"], log.reports["count"])
    return log.contacts["target"], end_us - log.contacts["dt_us"].astype(np.int64)


def test_a_ship_is_held_only_while_it_broadcasts_and_up_to_the_instant_it_falls_silent(build):
    n = 200
    off_us, on_us = 5000 * S, 9000 * S
    sent = broadcasts_of(
        np.repeat(np.arange(n), 3), np.tile([0, off_us, on_us], n), np.tile([1, AisState.SILENT, 1], n)
    )
    fleet = build.fleet([build.sailing(10e3, 60e3, 4.0)] * n, broadcasts=sent)
    log = sense(fleet, {"a": build.ais(p_decode=1.0, max_range_m=39e3)}, build.timeline(4), SEED, land=None)
    target, t_us = times_held(log)
    assert not ((t_us >= off_us) & (t_us < on_us)).any()
    assert (fleet.ais_states(target, t_us) == AisState.TRUE).all()
    assert len(np.unique(target)) == n
    assert (np.bincount(target[t_us == off_us - 1], minlength=n) == 1).all()
    until_us = round(29e3 / 4.0) * S  # from 10 to 39 km
    lasts_us = off_us + max(until_us - on_us, 0)
    assert len(target) / n == pytest.approx(lasts_us / (300 * S), abs=2)


def test_radars_hold_ships_whatever_they_broadcast(build):
    paths = build.parked(np.full(6, 20e3), np.arange(6) * 60.0, hours=6.0)
    radar = {"r": build.radar_with(0.5, 20e3)}
    logs = {
        sense(
            build.fleet(paths, broadcasts=broadcasts_of(np.arange(6), 0, state)),
            radar,
            build.timeline(6),
            SEED,
            land=None,
        ).digest()
        for state in AisState
    }
    assert len(logs) == 1


def test_garbled_messages_count_as_not_sent(build):
    n = 600
    garbled = np.where(np.arange(2 * n) < n, 0.0, 0.75)
    sent = broadcasts_of(np.arange(2 * n), 0, AisState.TRUE, garbled_fraction=garbled)
    fleet = build.fleet([build.sailing(10e3, 20e3, 5.0)] * (2 * n), broadcasts=sent)
    log = sense(fleet, {"a": build.ais(p_decode=0.04)}, build.timeline(0.5), SEED, land=None)
    looks = n * len(log.reports)
    held = np.bincount(log.contacts["target"], minlength=2 * n).reshape(2, n).sum(axis=1)
    p = 1 - (1 - np.array([0.04, 0.01])) ** 30.0
    assert (np.abs(held / looks - p) < 4 * np.sqrt(p * (1 - p) / looks)).all()


def test_a_false_position_is_heard_as_often_as_a_true_one(build):
    paths = [build.sailing(10e3, 20e3, 5.0)] * 50
    states = (AisState.TRUE, AisState.FALSE_POSITION)
    logs = {
        sense(
            build.fleet(paths, broadcasts=broadcasts_of(np.arange(50), 0, state, offset_east_m=5e4)),
            {"a": build.ais(p_decode=0.05)},
            build.timeline(0.5),
            SEED,
            land=None,
        ).digest()
        for state in states
    }
    assert len(logs) == 1


def test_turns_are_heard_more_often(build):
    # Legs of 240 s with right turns of 90 degrees between them: 200 s of each at 3 1/3 s, 40 s at 10 s.
    n, speed_mps = 400, 5.0
    side = 240.0 * speed_mps / 111_195.0
    square = [(0, 0), (side, 0), (side, side), (0, side)]
    path = [
        (240.0 * k, 14.1 + square[k % 4][0], 120.1 + square[k % 4][1] / math.cos(math.radians(14.1)))
        for k in range(13)
    ]
    straight = build.sailing(10e3, 25e3, speed_mps)
    fleet = build.fleet([path] * n + [straight] * n)
    log = sense(
        fleet, {"a": build.ais(p_decode=0.01, interval_s=240.0)}, build.timeline(0.8), SEED, land=None
    )
    looks = n * (len(log.reports) - 1)
    first = log.reports["t_observed_us"] >= 480 * S  # the first leg begins without a turn
    rows = np.repeat(first, log.reports["count"])
    looks = n * int(first.sum())
    held = np.bincount(log.contacts["target"][rows], minlength=2 * n).reshape(2, n).sum(axis=1)
    p = 1 - (1 - 0.01) ** np.array([200.0 / (10 / 3) + 4.0, 24.0])
    assert (np.abs(held / looks - p) < 4 * np.sqrt(p * (1 - p) / looks)).all()
