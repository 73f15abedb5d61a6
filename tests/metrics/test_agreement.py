"""Agreement of two pictures against hand cases and the product form of independent ones."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mda_sim.core.table import Table
from mda_sim.metrics.agreement import shared_time
from mda_sim.metrics.custody import held_time
from mda_sim.records import AWARENESS

S = 1_000_000


def picture(rows):
    """AWARENESS from (target, received s, observed s, report) rows in order."""
    columns = {
        "target": [row[0] for row in rows],
        "t_received_us": [round(row[1] * S) for row in rows],
        "t_observed_us": [round(row[2] * S) for row in rows],
        "error_m": [1.0] * len(rows),
        "report": [row[3] for row in rows],
    }
    return Table.of(AWARENESS, columns)


@pytest.fixture
def shared(cells_of, scored_of):
    """Seconds in which both, the first alone, the second alone, both with one report, hold; by vessel."""

    def made(first, second, intervals, age_s, n_vessels=1):
        ages_us = np.array([round(age_s * S)])
        found = shared_time(first, second, scored_of(intervals), ages_us, cells_of(n_vessels))
        return (found[:, 0] / S).tolist()

    return made


def test_the_time_is_told_apart_by_who_holds(shared):
    # age 100 s: the first holds [10, 100) and [300, 400), the second [50, 150)
    first = picture([(0, 10.0, 0.0, 7), (0, 300.0, 300.0, 8)])
    second = picture([(0, 50.0, 50.0, 9)])
    assert shared(first, second, [(0, 0, 1000)], 100.0) == [[50.0, 140.0, 50.0, 0.0]]
    assert shared(second, first, [(0, 0, 1000)], 100.0) == [[50.0, 50.0, 140.0, 0.0]]


def test_one_report_is_common_only_while_it_is_the_newest_of_both(shared):
    first = picture([(0, 10.0, 0.0, 7), (0, 40.0, 35.0, 8)])
    second = picture([(0, 20.0, 0.0, 7)])
    # both hold [20, 100), report 7 is the newest of both in [20, 40)
    assert shared(first, second, [(0, 0, 1000)], 100.0) == [[80.0, 45.0, 0.0, 20.0]]


def test_a_picture_agrees_with_itself_and_not_with_an_empty_one(shared):
    one, none = picture([(0, 10.0, 0.0, 7), (0, 200.0, 150.0, 8)]), picture([])
    assert shared(one, one, [(0, 0, 1000)], 100.0) == [[140.0, 0.0, 0.0, 140.0]]
    assert shared(one, none, [(0, 0, 1000)], 100.0) == [[0.0, 140.0, 0.0, 0.0]]
    assert shared(none, none, [(0, 0, 1000)], 100.0) == [[0.0] * 4]


def test_independent_pictures_agree_by_the_product_of_their_shares(shared):
    """Poisson sightings at rates a and b, good for d: both (1 - e^-ad)(1 - e^-bd), neither e^-(a+b)d."""
    rng, end_s, age_s = np.random.default_rng(20261127), 3_000_000.0, 300.0
    shares = []
    pictures = []
    for mean_s in (400.0, 800.0):
        seen_s = np.cumsum(rng.exponential(mean_s, round(1.2 * end_s / mean_s)))
        pictures.append(picture([(0, float(t), float(t), n) for n, t in enumerate(seen_s[seen_s < end_s])]))
        shares.append(1 - math.exp(-age_s / mean_s))
    scored_s = end_s - 1000.0
    both, first, second, _ = np.array(shared(*pictures, [(0, 1000.0, end_s)], age_s)[0]) / scored_s
    a, b = shares
    # of about 3,750 sightings at the slower rate: 1 / sqrt(3750) = 1.6 %, of which 4 errors are allowed
    for found, expected in ((both, a * b), (first, a * (1 - b)), (second, b * (1 - a))):
        assert found == pytest.approx(expected, abs=4 * 0.016 * expected)
    assert 1 - both - first - second == pytest.approx((1 - a) * (1 - b), rel=0.06)


steps = st.lists(st.tuples(st.integers(0, 40), st.integers(1, 60), st.integers(0, 3)), max_size=12)


def made(found):
    """A picture of one vessel from delays, times between observations and reports."""
    t, rows = 0, []
    for delay, later, report in found:
        t += later
        received = max([t + delay] + ([rows[-1][1] + 1] if rows else []))
        rows.append((0, received, t, report))
    return picture(rows)


@settings(max_examples=80, deadline=None)
@given(steps, steps, st.integers(1, 200))
def test_what_both_and_one_alone_hold_is_what_each_holds(one, other, age_s):
    from tests.metrics.conftest import make_cells, make_scored

    first, second = made(one), made(other)
    scored = make_scored([(0, 5, 200), (0, 230, 500)])
    ages_us = np.array([age_s * S])
    both, mine, theirs, same = shared_time(first, second, scored, ages_us, make_cells(1))[0, 0].tolist()
    assert both + mine == held_time(first, scored, [age_s], 1)[0, 0]
    assert both + theirs == held_time(second, scored, [age_s], 1)[0, 0]
    assert 0 <= same <= both
    swapped = shared_time(second, first, scored, ages_us, make_cells(1))[0, 0].tolist()
    assert swapped == [both, theirs, mine, same]
