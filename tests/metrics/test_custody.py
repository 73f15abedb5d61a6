from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mda_sim.metrics.custody import custody_figures, held_time
from mda_sim.metrics.groups import groups
from mda_sim.world.presence import time_in

H = 3600.0
US_H = 3_600_000_000


def held_h(aware, scored, ages_s, n_targets=1):
    return (held_time(aware, scored, ages_s, n_targets) / US_H).tolist()


def figures_by_name(figures):
    return {(f.metric, f.group): f for f in figures}


def test_one_observation_is_held_from_receipt_until_it_is_too_old(aware_of, scored_of):
    aware = aware_of([(0, 2 * H, 1 * H)])  # observed at 1 h, received at 2 h
    assert held_h(aware, scored_of([(0, 0, 10 * H)]), [0.5 * H, 1 * H, 6 * H, 24 * H]) == [
        [0.0, 0.0, 5.0, 8.0]
    ]
    assert held_h(aware, scored_of([(0, 4 * H, 5 * H)]), [6 * H]) == [[1.0]]
    assert held_h(aware, scored_of([(0, 1 * H, 3 * H), (0, 6 * H, 8 * H)]), [6 * H]) == [[2.0]]


def test_a_fresher_observation_takes_over_at_its_receipt(aware_of, scored_of):
    aware = aware_of([(0, 0.0, 0.0), (0, 3 * H, 2.5 * H)])
    # age <= 2 h on [0, 2) by the first and [3, 4.5) by the second
    assert held_h(aware, scored_of([(0, 0, 10 * H)]), [2 * H]) == [[3.5]]


def test_an_observation_received_before_the_interval_counts_inside_it(aware_of, scored_of):
    aware = aware_of([(0, 1 * H, 0.0), (0, 2 * H, 1.5 * H)])
    assert held_h(aware, scored_of([(0, 2 * H, 4 * H)]), [1 * H]) == [[0.5]]


def test_a_vessel_never_seen_is_never_held(aware_of, scored_of, cells_of):
    scored = scored_of([(0, 0, 10 * H), (1, 0, 10 * H)])
    aware = aware_of([(1, 0.0, 0.0)])
    assert held_h(aware, scored, [1 * H, 1e6 * H], 2) == [[0.0, 0.0], [1.0, 10.0]]


def test_a_visit_between_two_receipts_belongs_to_the_right_target(aware_of, scored_of):
    aware = aware_of([(0, 0.0, 0.0), (0, 8 * H, 8 * H), (2, 0.0, 0.0)])
    scored = scored_of([(0, 0, 10 * H), (1, 0, 10 * H), (2, 0, 10 * H)])
    assert held_h(aware, scored, [1 * H], 3) == [[2.0], [0.0], [1.0]]


def test_custody_is_held_time_over_scored_time_with_its_raw_counts(aware_of, scored_of, cells_of):
    aware = aware_of([(0, 0.0, 0.0), (1, 0.0, 0.0), (1, 5 * H, 5 * H)])
    scored = scored_of([(0, 0, 10 * H), (1, 0, 6 * H)])
    parts = cells_of(2, 3)
    held = held_time(aware, scored, [1 * H], 3)
    scored_us = time_in(scored, 3)
    named = figures_by_name(
        custody_figures(
            held, 2 * held, scored_us, [1 * H], parts, groups(parts, "AAA"), zone="z", picture="organic"
        )
    )
    assert named["custody_fraction_organic_1h", "all@z"].value == pytest.approx(3 / 16)
    assert named["custody_timely_organic_1h", "all@z"].value == pytest.approx(6 / 16)
    assert named["custody_held_h_organic_1h", "broadcasting@z"].value == 2.0
    assert named["custody_fraction_organic_1h", "broadcasting@z"].n == 1
    foreign = named["custody_fraction_organic_1h", "not_broadcasting_foreign@z"]
    assert math.isnan(foreign.value)
    assert foreign.n == 0


def test_scored_time_is_reported_once_and_not_again_for_the_organic_picture(aware_of, scored_of, cells_of):
    parts, scored = cells_of(1), scored_of([(0, 0, 10 * H)])
    held, scored_us = held_time(aware_of([]), scored, [1 * H], 1), time_in(scored, 1)
    members = groups(parts, "AAA")
    whole = figures_by_name(custody_figures(held, held, scored_us, [1 * H], parts, members))
    assert whole["scored_time_h", "all"].value == 10.0
    organic = custody_figures(held, held, scored_us, [1 * H], parts, members, picture="organic")
    assert "scored_time_h" not in {figure.metric for figure in organic}


def test_no_vessels_give_undefined_shares(aware_of, scored_of, cells_of):
    parts, scored = cells_of(0), scored_of([])
    held = held_time(aware_of([]), scored, [1 * H], 0)
    figures = custody_figures(held, held, time_in(scored, 0), [1 * H], parts, groups(parts, "AAA"))
    shares = [figure.value for figure in figures if figure.unit == "1"]
    assert shares
    assert all(math.isnan(share) for share in shares)


steps = st.lists(st.tuples(st.integers(0, 2), st.integers(0, 40), st.integers(0, 15)), max_size=12)


def picture(rows, aware_of):
    """A picture from any receipts: (target, t_received, delay) rows, those that make it fresher."""
    kept = []
    for target in range(3):
        newest = -math.inf
        for received in sorted({r for k, r, _ in rows if k == target}):
            observed = max(r - d for k, r, d in rows if k == target and r == received)
            if observed > newest:
                newest = observed
                kept.append((target, float(received), float(observed)))
    return aware_of(kept)


@settings(max_examples=150)
@given(rows=steps, cuts=st.lists(st.integers(0, 45), min_size=2, max_size=6, unique=True))
def test_custody_equals_counting_seconds_and_never_falls_with_the_age_allowed(
    aware_of, scored_of, rows, cuts
):
    aware = picture(rows, aware_of)
    cuts = sorted(cuts)[: len(cuts) // 2 * 2]
    spans = [(k, float(f), float(t)) for k in range(3) for f, t in zip(cuts[::2], cuts[1::2], strict=True)]
    ages = [1.0, 4.0, 10.0]
    held = held_time(aware, scored_of(spans), ages, 3)
    count = np.zeros((3, 3))
    for k, f, t in spans:
        for second in range(int(f), int(t)):  # all times are whole seconds, so the middle of each tells it
            known = [
                second - o for target, r, o in zip(
                    aware["target"], aware["t_received_us"] / 1e6, aware["t_observed_us"] / 1e6, strict=True
                ) if target == k and r <= second
            ]  # fmt: skip
            for j, age in enumerate(ages):
                count[k, j] += bool(known) and min(known) + 0.5 < age
    assert (held / 1e6).tolist() == count.tolist()
    assert (np.diff(held, axis=1) >= 0).all()
