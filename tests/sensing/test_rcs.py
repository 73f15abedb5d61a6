"""Radar cross-sections against the figures of the facts."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mda_sim.sensing.rcs import (
    ASPECT_CLASSES,
    RCS_CAP_M2,
    TRAWLER_DISPLACEMENT_T,
    TRAWLER_LENGTH_M,
    aspect_factor_db,
    displacement_t,
    median_rcs_m2,
)
from mda_sim.world.hull import Hull


@pytest.mark.parametrize(
    ("thousand_t", "m2", "dbsm"), [(0.55, 2.1e3, 33), (2, 1.4e4, 41), (5, 5.6e4, 48), (12, 2.1e5, 53)]
)
def test_steel_ships_have_those_of_the_facts(thousand_t, m2, dbsm):
    length_m = TRAWLER_LENGTH_M * (thousand_t * 1000.0 / TRAWLER_DISPLACEMENT_T) ** (1 / 3)
    found = float(median_rcs_m2(length_m, Hull.STEEL, 9.4e9))
    assert found == pytest.approx(m2, rel=0.03)
    # The facts give decibels of the rounded area: 1.4e4 m2 is 41.46 dBsm, 14,260 m2 is 41.54.
    assert 10 * math.log10(found) == pytest.approx(dbsm, abs=0.55)


@pytest.mark.parametrize("length_m", [31.0, 35.0, 40.0])
def test_steel_trawlers_lie_in_the_span_of_the_facts(length_m):
    # One of 30 m falls short of it by 0.3 dB: see validation/sensing.md.
    assert 200.0 <= float(median_rcs_m2(length_m, Hull.STEEL, 9.4e9)) <= 1000.0


@pytest.mark.parametrize(("aspect_deg", "measured_m2"), [(0, 130), (60, 179), (90, 1790), (180, 130 + 666)])
def test_a_measured_fishery_training_ship_is_met_within_7_db(aspect_deg, measured_m2):
    # Matsuno et al. 2004: 41.96 m; 10 dB less than abeam at 30 degrees from it, 666 m2 between stern and bow.
    median_m2 = float(median_rcs_m2(41.96, Hull.STEEL, 9.4e9))
    found_db = 10 * math.log10(median_m2) + float(aspect_factor_db(aspect_deg))
    assert found_db == pytest.approx(10 * math.log10(measured_m2), abs=7.0)


def test_from_ahead_is_less_than_half_of_abeam():
    # Measured on a small glass-fibre boat: Yamada et al. 2015.
    assert float(aspect_factor_db(0.0)) < float(aspect_factor_db(90.0)) - 10 * math.log10(2.0)


@pytest.mark.parametrize(("length_m", "least", "most"), [(8, 1, 5), (10, 5, 50), (17, 5, 50), (25, 5, 50)])
def test_wooden_boats_lie_in_the_spans_of_the_facts(length_m, least, most):
    assert least - 1e-9 <= float(median_rcs_m2(length_m, Hull.WOOD, 9.4e9)) <= most + 1e-9


def test_a_very_large_ship_is_capped_at_60_dbsm():
    assert median_rcs_m2([330.0, 400.0], Hull.STEEL, 9.4e9).tolist() == [1e6, 1e6]
    assert RCS_CAP_M2 == 1e6


@given(length_m=st.floats(2, 400), more=st.floats(1.0, 3.0))
def test_a_longer_vessel_or_one_of_steel_never_returns_less(length_m, more):
    for hull in Hull:
        assert median_rcs_m2(length_m * more, hull, 9.4e9) >= median_rcs_m2(length_m, hull, 9.4e9)
    assert median_rcs_m2(length_m, Hull.STEEL, 9.4e9) >= median_rcs_m2(length_m, Hull.WOOD, 9.4e9)


def test_the_median_aspect_leaves_the_formula_as_it_is():
    assert float(np.median(aspect_factor_db(np.linspace(0.0, 360.0, 36_001)))) == 0.0
    assert [one.upto_deg for one in ASPECT_CLASSES] == sorted(one.upto_deg for one in ASPECT_CLASSES)


@given(aspect_deg=st.floats(-720, 720))
def test_port_and_starboard_bow_and_stern_are_alike(aspect_deg):
    for other in (-aspect_deg, aspect_deg + 360.0):
        folded = abs((aspect_deg + 90.0) % 180.0 - 90.0)
        if min(abs(folded - 30.0), abs(folded - 60.0)) > 1e-6:
            assert aspect_factor_db(aspect_deg) == aspect_factor_db(other)


def test_displacement_goes_with_the_cube_of_length():
    assert float(displacement_t(102.0) / displacement_t(51.0)) == pytest.approx(8.0)
