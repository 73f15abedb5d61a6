"""What the way over the sea does: horizon, sea reflection, duct, rain and what the sea returns."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mda_sim.geo.sphere import EARTH_RADIUS_M
from mda_sim.sensing.clutter import grazing_deg, sea_cell_m2, sea_sigma0_db, sea_state_of
from mda_sim.sensing.horizon import horizon_m
from mda_sim.sensing.propagation import duct_loss_db_per_km, low_target_range_m
from mda_sim.sensing.rain import rain_coefficients, rain_db_per_km, rain_reflectivity_per_m

POLARIZATIONS = ("horizontal", "vertical")


@given(k=st.floats(0.6, 5.0), h=st.floats(1, 1000))
def test_the_horizon_is_where_a_straight_ray_over_an_earth_of_k_radii_touches_it(k, h):
    # Exact for a circle: sqrt((kR + h)^2 - (kR)^2); the sum of roots leaves out h^2.
    radius_m = k * EARTH_RADIUS_M
    exact_m = math.sqrt((radius_m + h) ** 2 - radius_m**2)
    assert float(horizon_m(h, 0.0, k)) == pytest.approx(exact_m, rel=1e-3)


@given(h=st.floats(1, 1000), k=st.floats(0.6, 3), more=st.floats(1.01, 2))
def test_more_refraction_or_height_never_brings_the_horizon_nearer(h, k, more):
    assert horizon_m(h, 8.0, k * more) > horizon_m(h, 8.0, k)
    assert horizon_m(h * more, 8.0, k) > horizon_m(h, 8.0, k)


def test_the_reflection_cancels_from_where_the_two_rays_say():
    # F^2 = 4 sin^2(2 pi h1 h2 / (lambda R)) against its limit (R_t / R)^2 far beyond R_t.
    wavelength_m = 299792458.0 / 1.3e9
    far_m = 50.0 * float(low_target_range_m(30.0, 4.0, 1.3e9))
    exact = (4.0 * math.sin(2.0 * math.pi * 30.0 * 4.0 / (wavelength_m * far_m)) ** 2) ** 2
    assert (float(low_target_range_m(30.0, 4.0, 1.3e9)) / far_m) ** 4 == pytest.approx(exact, rel=1e-3)


def test_a_duct_carries_what_is_short_enough():
    assert duct_loss_db_per_km(9.4e9, 13.0) < math.inf
    assert duct_loss_db_per_km(9.0e9, 10.0) < math.inf
    assert duct_loss_db_per_km(3.0e9, 10.0) == math.inf
    assert duct_loss_db_per_km(3.2e9, 20.0) < math.inf
    assert duct_loss_db_per_km(9.4e9, 0.0) == math.inf


@pytest.mark.parametrize(
    ("ghz", "k_h", "alpha_h", "k_v", "alpha_v"),
    [
        # ITU-R P.838-3 as the package itur 0.4.0 computes it, on a level path.
        (1, 2.58927e-05, 0.969074, 3.07974e-05, 0.859221),
        (10, 0.012167, 1.25710, 0.011292, 1.21565),
        (20, 0.0916427, 1.05678, 0.0961112, 0.98469),
        (100, 1.36711, 0.68145, 1.36805, 0.676541),
    ],
)
def test_rain_has_the_coefficients_of_p_838(ghz, k_h, alpha_h, k_v, alpha_v):
    for polarization, k, alpha in zip(POLARIZATIONS, (k_h, k_v), (alpha_h, alpha_v), strict=True):
        found_k, found_alpha = rain_coefficients(ghz * 1e9, polarization)
        assert float(found_k) == pytest.approx(k, rel=1e-4)
        assert float(found_alpha) == pytest.approx(alpha, rel=1e-4)


@given(rain=st.floats(0, 150), more=st.floats(1.0, 3.0), ghz=st.floats(1, 35))
def test_more_rain_never_takes_or_returns_less(rain, more, ghz):
    for polarization in POLARIZATIONS:
        less = rain_db_per_km(ghz * 1e9, rain, polarization)
        assert rain_db_per_km(ghz * 1e9, rain * more, polarization) >= less >= 0.0
    assert rain_reflectivity_per_m(ghz * 1e9, rain * more) >= rain_reflectivity_per_m(ghz * 1e9, rain)


def test_rain_returns_with_the_fourth_power_of_frequency_and_the_power_1_6_of_rate():
    one, both = rain_reflectivity_per_m(5e9, 4.0), rain_reflectivity_per_m(10e9, 8.0)
    assert float(both / one) == pytest.approx(16.0 * 2.0**1.6)


@given(state=st.floats(0, 5), more=st.floats(0.01, 1), angle=st.floats(0.1, 2), ghz=st.floats(1, 10))
@settings(max_examples=100)
def test_a_calmer_sea_and_one_seen_at_a_smaller_angle_return_less(state, more, angle, ghz):
    for polarization in POLARIZATIONS:
        calm = sea_sigma0_db(ghz * 1e9, angle, state, polarization)
        assert sea_sigma0_db(ghz * 1e9, angle, state + more, polarization) > calm
        assert sea_sigma0_db(ghz * 1e9, angle * 0.5, state, polarization) < calm


def test_the_sea_returns_nothing_from_the_horizon_on():
    beyond_m = float(horizon_m(100.0, 0.0))
    assert grazing_deg(100.0, [beyond_m * 1.001, 2 * beyond_m]).tolist() == [0.0, 0.0]
    assert sea_sigma0_db(9.4e9, 0.0, 5.0, "horizontal") == -np.inf


def test_a_cell_of_sea_is_as_wide_as_the_beam_and_as_deep_as_the_pulse():
    assert float(sea_cell_m2(10e3, 180.0 / math.pi * 0.01, 75.0, 0.0)) == pytest.approx(100.0 * 75.0)


def test_sea_states_rise_with_the_waves():
    heights_m = np.linspace(0.0, 14.0, 500)
    assert (np.diff(sea_state_of(heights_m)) > 0).all()
    # Bounds of the classes of the WMO's code table 3700, in metres, lie between the numbers of two states.
    for state, bound_m in enumerate((0.1, 0.5, 1.25, 2.5, 4.0, 6.0, 9.0), start=1):
        assert state < float(sea_state_of(bound_m)) < state + 1
