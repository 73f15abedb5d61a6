"""Storms and the waves that winds raise, against closed forms and published values."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from mda_sim.core.time import US_PER_DAY, US_PER_H
from mda_sim.core.units import KNOT_MPS
from mda_sim.geo.sphere import destination
from mda_sim.world.environment_spec import StormSpec
from mda_sim.world.environment_storm import (
    AIR_DENSITY_KG_PER_M3,
    Storm,
    gradient_wind_mps,
    largest_wind_mps,
    storm_rain_mm_per_hour,
)
from mda_sim.world.environment_waves import combined_height_m, wind_sea_height_m

DAY_S = 86_400.0


def storm(lat=15.0, lon=120.0, start_us=0, **changes):
    """A storm that stands still for two days."""
    point = {"lat_deg": lat, "lon_deg": lon, "central_pressure_pa": 94_000, "max_wind_radius_m": 40_000}
    track = changes.pop("track", [point | {"at_s": 0}, point | {"at_s": 2 * DAY_S}])
    return Storm(StormSpec.model_validate({"track": track} | changes), start_us)


def around(one, radius_m, bearing_deg, lat=15.0, lon=120.0):
    """What a storm does at distances and bearings from a place, after a day."""
    bearing = np.atleast_1d(np.asarray(bearing_deg, np.float64))
    at_lat, at_lon = destination(lat, lon, bearing, np.asarray(radius_m, np.float64))
    return one.at(np.full(np.shape(at_lat), US_PER_DAY, np.int64), at_lat, at_lon)


def test_without_rotation_the_largest_wind_is_hollands_and_blows_at_the_stated_radius():
    r = np.linspace(1e3, 300e3, 29_901)
    wind = gradient_wind_mps(r, 7000.0, 40e3, 1.5, 0.0)
    assert r[wind.argmax()] == 40e3
    assert wind.max() == pytest.approx(math.sqrt(1.5 * 7000 / (AIR_DENSITY_KG_PER_M3 * math.e)), rel=1e-12)
    assert wind.max() == pytest.approx(float(largest_wind_mps(7000.0, 1.5)), rel=1e-12)


@given(
    r_m=st.floats(1e3, 1e6),
    deficit_pa=st.floats(100, 12_000),
    radius_m=st.floats(5e3, 3e5),
    b=st.floats(1, 2.5),
    lat=st.floats(-60, 60),
)
def test_the_wind_balances_the_pressure_gradient(r_m, deficit_pa, radius_m, b, lat):
    """V^2 / r + f V = (dp/dr) / rho, with p = p_c + D exp(-(R/r)^B): the definition of the gradient wind."""
    wind = float(gradient_wind_mps(r_m, deficit_pa, radius_m, b, lat))
    x = (radius_m / r_m) ** b
    gradient = deficit_pa * math.exp(-x) * b * x / r_m
    f = 2 * 7.292115e-5 * abs(math.sin(math.radians(lat)))
    assert wind >= 0
    assert wind * wind / r_m + f * wind == pytest.approx(
        gradient / AIR_DENSITY_KG_PER_M3, rel=1e-6, abs=1e-12
    )


def test_the_centre_is_calm():
    assert float(gradient_wind_mps(0.0, 7000.0, 40e3, 1.5, 15.0)) == 0.0


@pytest.mark.parametrize(("bearing", "blows_from"), [(90, 180), (0, 90), (270, 0), (180, 270)])
def test_it_turns_counter_clockwise_in_the_north_and_clockwise_in_the_south(bearing, blows_from):
    """East of a northern centre the wind blows from the south; in the south the other way round."""
    north = around(storm(inflow_deg=0), 50e3, bearing)
    south = around(storm(lat=-15.0, inflow_deg=0), 50e3, bearing, lat=-15.0)
    assert (north.wind_from_deg[0] - blows_from + 180) % 360 - 180 == pytest.approx(0, abs=0.5)
    assert (south.wind_from_deg[0] - blows_from) % 360 == pytest.approx(180, abs=0.5)


@pytest.mark.parametrize("lat", [15.0, -15.0])
def test_friction_turns_the_wind_inwards(lat):
    """The part of the wind towards the centre is sin(inflow) of it, all around."""
    bearing = np.arange(0, 360, 30)
    sky = around(storm(lat=lat, inflow_deg=20), np.full(12, 80e3), bearing, lat=lat)
    inwards = np.cos(np.deg2rad(sky.wind_from_deg - bearing))
    assert np.allclose(inwards, math.sin(math.radians(20)), atol=0.01)


def test_a_storm_moves_and_changes_between_its_waypoints_and_is_absent_before_and_after():
    first = {"at_s": DAY_S, "lat_deg": 0.0, "lon_deg": 120.0, "central_pressure_pa": 98_000}
    last = {"at_s": 2 * DAY_S, "lat_deg": 0.0, "lon_deg": 124.0, "central_pressure_pa": 94_000}
    track = [point | {"max_wind_radius_m": 40_000} for point in (first, last)]
    one = storm(track=track, start_us=US_PER_H, surface_factor=1.0, ambient_pressure_pa=101_000.0)
    half = int(1.5 * US_PER_DAY) + US_PER_H
    lat, lon = destination(0.0, 122.0, 0.0, 40e3)  # at the radius of maximum wind of the half-way centre
    t = np.array([half, US_PER_DAY + US_PER_H - 1, 2 * US_PER_DAY + US_PER_H + 1])
    sky = one.at(t, np.full(3, lat), np.full(3, lon))
    assert sky.wind_mps[0] == pytest.approx(float(largest_wind_mps(5000.0, 1.5)), rel=1e-6)
    assert sky.wind_mps[1:].tolist() == [0, 0]
    assert sky.rain_mm_per_hour[1:].tolist() == [0, 0]
    assert not sky.overcast[1:].any()


def test_rain_follows_the_published_profile_of_r_cliper():
    """At 68 kn the normalised wind is 2: T0 = 6.82, Tm = 8.00 inch a day, r_m = 38 km, r_e = 118 km."""
    rate = storm_rain_mm_per_hour([0.0, 19e3, 38e3, 156e3], 68 * KNOT_MPS) * 24 / 25.4
    assert rate == pytest.approx([6.82, 7.41, 8.00, 8.00 / math.e], rel=1e-9)
    assert storm_rain_mm_per_hour([0.0, 501e3], [0.0, 68 * KNOT_MPS]).tolist() == [0, 0]


def test_the_sky_is_overcast_within_the_stated_radius_only():
    sky = around(storm(cloud_radius_m=300_000.0), [299e3, 301e3], [90.0, 90.0])
    assert sky.overcast.tolist() == [True, False]


def test_a_track_must_run_forward_and_its_pressure_lie_below_the_ambient_one():
    point = {"lat_deg": 0.0, "lon_deg": 0.0, "max_wind_radius_m": 40_000}
    with pytest.raises(ValidationError, match="at_s of point 1 must be later than 10 s, got 10 s"):
        StormSpec.model_validate({"track": [point | {"at_s": 10, "central_pressure_pa": 95_000}] * 2})
    low = [point | {"at_s": t, "central_pressure_pa": 102_000} for t in (0, 1)]
    with pytest.raises(ValidationError, match="central_pressure_pa of point 0 must be below"):
        StormSpec.model_validate({"track": low})


@pytest.mark.parametrize(("wind", "height"), [(5.0, 0.56), (10.0, 2.2), (15.0, 5.0), (20.0, 9.0)])
def test_fully_developed_seas_are_those_of_pierson_and_moskowitz(wind, height):
    """Read off H = 2 sqrt(alpha / beta) U_19.5^2 / g with U_19.5 = 1.026 U_10: 0.2202 U_10^2 / g."""
    exact = 2 * math.sqrt(0.0081 / 0.74) * (1.026 * wind) ** 2 / 9.81
    assert float(wind_sea_height_m(wind, 1e8)) == pytest.approx(exact, rel=0.003)
    assert float(wind_sea_height_m(wind, 1e8)) == pytest.approx(height, rel=0.02)


def test_a_fetch_of_200_km_holds_a_wind_of_15_mps_to_the_worked_example():
    """g F / U^2 = 8720, so g H / U^2 = 0.0016 sqrt(8720) = 0.149, H = 3.417 m (public worked example)."""
    assert float(wind_sea_height_m(15.0, 200e3)) == pytest.approx(3.417, rel=0.005)


@given(wind=st.floats(0, 80), more=st.floats(0, 20), fetch=st.floats(1e3, 2e6), longer=st.floats(0, 2e6))
def test_more_wind_or_more_fetch_never_lowers_the_sea(wind, more, fetch, longer):
    base = float(wind_sea_height_m(wind, fetch))
    assert float(wind_sea_height_m(wind + more, fetch)) >= base
    assert float(wind_sea_height_m(wind, fetch + longer)) >= base


def test_energies_of_wind_sea_and_swell_add():
    sea, swell = np.array([0.0, 1.2, 3.0]), np.array([0.7, 0.9, 4.0])
    assert combined_height_m(sea, swell) ** 2 == pytest.approx(sea**2 + swell**2)
