from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mda_sim.metrics.gaps import max_gap, mean_gap_s, mean_response_s, time_average_gap

GAPS = [5.0, 10.0, 15.0]


def test_gaps_of_5_10_and_15_in_100_give_the_textbook_figures():
    assert time_average_gap(GAPS, 100.0) == 3.5
    assert mean_response_s(GAPS, 100.0) == 1.75
    assert mean_gap_s(GAPS) == 10.0
    assert max_gap(GAPS) == 15.0


def test_permanent_contact_has_no_gap_and_no_contact_waits_half_the_window():
    assert [time_average_gap([], 9.0), mean_response_s([], 9.0), mean_gap_s([]), max_gap([])] == [0.0] * 4
    assert mean_response_s([100.0], 100.0) == 50.0


@given(st.lists(st.integers(1, 50), max_size=6), st.integers(0, 100))
def test_the_mean_response_is_the_mean_wait_over_all_instants(gaps, covered):
    whole = sum(gaps) + covered
    if whole == 0:
        return
    waits = [gap - (second + 0.5) for gap in gaps for second in range(gap)]
    assert mean_response_s(gaps, whole) == pytest.approx(np.sum(waits) / whole)
