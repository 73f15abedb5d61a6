"""Findable time against hand cases, the law of Poisson sightings, and what a larger radius may do."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mda_sim.core.table import Table
from mda_sim.metrics.findable import findable_figures, findable_time, searches
from mda_sim.metrics.groups import groups
from mda_sim.records import AWARENESS, NOTHING_US

S = 1_000_000


def picture(rows):
    """AWARENESS from (target, received s, observed s or None, error m) rows in order."""
    columns = {
        "target": [row[0] for row in rows],
        "t_received_us": [round(row[1] * S) for row in rows],
        "t_observed_us": [NOTHING_US if row[2] is None else round(row[2] * S) for row in rows],
        "error_m": [math.nan if row[2] is None else row[3] for row in rows],
        "report": range(len(rows)),
    }
    return Table.of(AWARENESS, columns)


def seconds(pictures, scored, speeds, radius_m, *, is_lasting=True):
    found = searches(pictures, np.array(speeds), radius_m, is_lasting=is_lasting, n_subjects=len(speeds))
    return (findable_time(found, scored, len(speeds)) / S).tolist()


def test_a_vessel_is_findable_until_its_error_has_grown_to_the_radius(scored_of):
    # seen at 100 s within 200 m, received at 110 s; 10 m/s and 1,200 m: findable until 100 + 100 s
    rows = [(0, 110.0, 100.0, 200.0), (1, 110.0, 100.0, 200.0), (2, 110.0, 100.0, 2000.0)]
    scored = scored_of([(0, 0, 1000), (1, 0, 1000), (2, 0, 1000)])
    # the second kind does not move: findable for good; the third error is over the radius: never
    assert seconds([picture(rows)], scored, [10.0, 0.0, 10.0], 1200.0) == [90.0, 890.0, 0.0]


def test_a_coarse_newer_observation_does_not_hide_a_good_older_one(scored_of):
    rows = [(0, 0.0, 0.0, 0.0), (0, 10.0, 10.0, 900.0)]
    # good until 100 s; the coarse one would end at 20 s
    assert seconds([picture(rows)], scored_of([(0, 0, 200)]), [10.0], 1000.0) == [100.0]
    # where copies are destroyed only the newest still held is asked
    assert seconds([picture(rows)], scored_of([(0, 0, 200)]), [10.0], 1000.0, is_lasting=False) == [20.0]


def test_what_is_destroyed_is_no_longer_findable(scored_of):
    rows = [(0, 0.0, 0.0, 0.0), (0, 30.0, None, 0.0), (0, 50.0, 50.0, 500.0)]
    assert seconds([picture(rows)], scored_of([(0, 0, 500)]), [10.0], 1000.0, is_lasting=False) == [80.0]


def test_two_pictures_count_together(scored_of):
    fine, wide = picture([(0, 20.0, 0.0, 0.0)]), picture([(0, 5.0, 5.0, 600.0), (1, 0.0, 0.0, 0.0)])
    # wide: [5, 45); fine: [20, 100)
    scored = scored_of([(0, 0, 200), (1, 0, 200)])
    assert seconds([fine, wide], scored, [10.0, 10.0], 1000.0) == [95.0, 100.0]


def test_shares_by_group_have_their_hours_beside_them(cells_of):
    cells = cells_of(4)
    members = groups(cells, "BBB")
    time_us, scored_us = np.array([1, 2, 0, 4]) * 3600 * S, np.array([4, 4, 4, 4]) * 3600 * S
    found = findable_figures(time_us, scored_us, cells, members, zone="z", picture="organic")
    by = {(f.metric, f.group): (f.value, f.unit, f.n) for f in found}
    assert by["findable_fraction_organic", "all@z"] == (7 / 16, "1", 4)
    assert by["findable_h_organic", "broadcasting@z"] == (6.0, "h", 2)
    none = findable_figures(time_us * 0, scored_us * 0, cells, members)
    assert all(math.isnan(f.value) for f in none if f.metric == "findable_fraction")


def test_poisson_sightings_leave_the_share_one_minus_exp(scored_of):
    """At rate r, each good for d seconds: the share findable is 1 - exp(-r d), by renewal theory."""
    rate, lasts_s, end_s = 1 / 500.0, 400.0, 2_000_000.0
    rng = np.random.default_rng(20261126)
    seen_s = np.cumsum(rng.exponential(1 / rate, round(1.2 * rate * end_s)))
    seen_s = seen_s[seen_s < end_s]
    # error 100 m, 10 m/s, radius 4,100 m: 400 s
    rows = [(0, float(t), float(t), 100.0) for t in seen_s]
    share = seconds([picture(rows)], scored_of([(0, 1000.0, end_s)]), [10.0], 4100.0)[0] / (end_s - 1000.0)
    # batch means over stretches of 10,000 s
    expected = 1 - math.exp(-rate * lasts_s)
    gaps = np.diff(seen_s)
    assert abs(share - expected) < 4 * np.std(np.minimum(gaps, lasts_s)) / len(gaps) ** 0.5 * rate * 1.5
    assert share == pytest.approx(expected, rel=0.03)


sightings = st.lists(
    st.tuples(st.integers(0, 1), st.integers(0, 50), st.integers(0, 900), st.integers(0, 3000)), max_size=12
)


def freshest(rows):
    """A picture that keeps, by receipt, what is newer than all before it."""
    kept, newest = [], {}
    for target, delay, seen, error in sorted(rows, key=lambda r: (r[0], r[1] + r[2], -r[2])):
        if seen > newest.get(target, -1):
            newest[target] = seen
            kept.append((target, float(seen + delay), float(seen), float(error)))
    by_time = {}
    for row in kept:
        by_time[row[0], row[1]] = row
    return picture(list(by_time.values()))


@settings(max_examples=60, deadline=None)
@given(sightings, st.integers(0, 2500), st.integers(0, 2500))
def test_a_larger_radius_never_makes_less_findable(rows, radius_m, more_m):
    from tests.metrics.conftest import make_scored

    scored = make_scored([(0, 100, 1000), (1, 0, 500), (1, 600, 1000)])
    wide = freshest(rows)
    small, large = (
        seconds([freshest([r for r in rows if r[3] <= bound]), wide], scored, [5.0, 0.0], float(bound))
        for bound in (radius_m, radius_m + more_m)
    )
    assert all(a <= b for a, b in zip(small, large, strict=True))
    assert all(0 <= share <= 900 for share in large)
