"""Every figure of a picture that falls back, to an older observation or none, where copies are destroyed."""

from __future__ import annotations

import math
from datetime import UTC, datetime

import numpy as np
import pytest

from mda_sim.core.time import Timeline
from mda_sim.metrics.age import age_figures
from mda_sim.metrics.corridors import LanePieces, longest_unobserved_m
from mda_sim.metrics.custody import held_time
from mda_sim.metrics.groups import groups
from mda_sim.metrics.incidence import visits

S = 1_000_000
DAY_S = 86_400.0


def test_custody_ends_with_the_purge_or_goes_on_with_what_is_left(aware_of, scored_of):
    """Seen at 0 and at 40; the second copy is destroyed at 60, the first at 80."""
    aware = aware_of([(0, 0.0, 0.0), (0, 40.0, 40.0), (0, 60.0, 0.0), (0, 80.0, None)])
    held_us = held_time(aware, scored_of([(0, 0.0, 200.0)]), (30.0, 70.0, 1000.0), 1)
    # within 30: [0, 30) and [40, 60); within 70: [0, 60) and [60, 70); within 1000: until all is gone
    assert (held_us[0] / S).tolist() == [50.0, 70.0, 80.0]


def test_age_is_infinite_while_nothing_is_held_and_falling_back_makes_no_peak(aware_of, scored_of, cells_of):
    aware = aware_of([(0, 0.0, 0.0), (0, 40.0, 40.0), (0, 60.0, 0.0), (0, 80.0, None), (0, 90.0, 90.0)])
    cells = cells_of(1)
    figures = age_figures(aware, scored_of([(0, 0.0, 100.0)]), 50.0, cells, groups(cells, "AAA"))
    found = {figure.metric: figure for figure in figures if figure.group == "all"}
    # ages run 0..40, 0..20, 60..80, none for 10 s, 0..10
    assert found["age_never_fraction"].value == 0.1
    assert found["age_mean_s"].value == pytest.approx((40 * 20 + 20 * 10 + 20 * 50 + 10 * 50 + 10 * 5) / 100)
    assert (found["age_peak_mean_s"].value, found["age_peak_mean_s"].n) == (40.0, 1)
    # 3 pieces under 10, 2 from 10 to 20, 1 from 20 to 40: 30 + 20 is the half
    assert found["age_p50_s"].value == pytest.approx(20.0)
    assert found["age_p90_s"].value == pytest.approx(80.0)


def test_a_quantile_beyond_the_time_that_anything_is_held_is_infinite(aware_of, scored_of, cells_of):
    cells = cells_of(1)
    aware = aware_of([(0, 0.0, 0.0), (0, 60.0, None)])
    figures = age_figures(aware, scored_of([(0, 0.0, 100.0)]), DAY_S, cells, groups(cells, "AAA"))
    found = {figure.metric: figure.value for figure in figures if figure.group == "all"}
    assert found["age_p50_s"] == pytest.approx(50.0)
    assert found["age_p90_s"] == math.inf
    assert found["age_never_fraction"] == 0.4


def test_a_vessel_whose_record_was_destroyed_is_received_anew(aware_of, scored_of):
    """It enters at 100 and returns at 300; known from before, destroyed at 250, seen again at 340."""
    timeline = Timeline(datetime(2026, 3, 2, tzinfo=UTC), 0, 1000 * S, 0)
    stays = scored_of([(0, 100.0, 200.0), (0, 300.0, 400.0)])
    kept = visits(aware_of([(0, 90.0, 80.0)]), stays, timeline, 1)
    assert (kept.lasted_us.tolist(), kept.received.tolist()) == ([0], [True])
    purged = visits(aware_of([(0, 90.0, 80.0), (0, 250.0, None), (0, 340.0, 340.0)]), stays, timeline, 1)
    assert (purged.lasted_us.tolist(), purged.received.tolist()) == ([0, 40 * S], [True, True])
    never = visits(aware_of([(0, 90.0, 80.0), (0, 250.0, None)]), stays, timeline, 1)
    assert (never.received.tolist(), never.left.tolist()) == ([True, False], [False, True])


def test_falling_back_to_an_older_observation_is_no_receipt(aware_of, scored_of):
    """What was seen on an earlier visit does not make this one received, whenever it comes up again."""
    timeline = Timeline(datetime(2026, 3, 2, tzinfo=UTC), 0, 400_000 * S, 0)
    stays = scored_of([(0, 100.0, 200.0), (0, 200_000.0, 300_000.0)])
    aware = aware_of([(0, 120.0, 120.0), (0, 150.0, 150.0), (0, 210_000.0, 120.0), (0, 220_000.0, None)])
    found = visits(aware, stays, timeline, 1)
    assert found.received.tolist() == [True, False]


def test_a_stretch_of_a_lane_is_unobserved_from_the_purge_on(aware_of):
    lane = LanePieces(np.array([1000.0, 1000.0]), np.array([0, 1]), None)
    aware = aware_of([(0, 0.0, 0.0), (0, 20.0, 20.0), (0, 40.0, 0.0), (1, 0.0, 0.0), (1, 60.0, None)])
    # piece 0 is observed within 50 s until 50, piece 1 until 50; of 100 s both are unseen in the other half
    assert longest_unobserved_m(lane, aware, 50.0, (0, 100 * S)) == (1000.0, 2000.0)
    # within 1000 s piece 0 always is, piece 1 for 60 s
    assert longest_unobserved_m(lane, aware, 1000.0, (0, 100 * S)) == (400.0, 1000.0)
