"""Orbits against closed forms, the published repeat of Sentinel-1, and Skyfield."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mda_sim.core.errors import RunError
from mda_sim.geo.orbits import (
    CircularOrbit,
    constellation,
    earth_fixed,
    geodetic,
    gmst_rad,
    node_drift_deg_per_day,
    on_sphere,
    raan_of_local_time_deg,
    satellite_record,
    sun_synchronous_inclination_deg,
    track,
)
from mda_sim.geo.orbits_kernels import motion
from mda_sim.geo.sphere import EARTH_RADIUS_M, lat_lon

EPOCH = datetime(2026, 11, 2, 6, 30, tzinfo=UTC)
DAY_S = 86400.0
US_PER_DAY = 86_400_000_000


def sentinel_1(altitude_m: float = 692_837.0) -> CircularOrbit:
    inclination_deg = sun_synchronous_inclination_deg(altitude_m)
    return CircularOrbit(altitude_m, inclination_deg, raan_of_local_time_deg(18.0, EPOCH), 0.0)


def turn(angle_deg):
    """An angle brought to [-180, 180)."""
    return (np.asarray(angle_deg) + 180.0) % 360.0 - 180.0


@pytest.mark.parametrize(("altitude_m", "inclination_deg"), [(550e3, 97.59), (693e3, 98.16)])
def test_a_sun_synchronous_orbit_has_the_inclination_of_the_j2_formula(altitude_m, inclination_deg):
    assert sun_synchronous_inclination_deg(altitude_m) == pytest.approx(inclination_deg, abs=0.005)


@given(altitude_m=st.floats(160e3, 5900e3))
def test_the_node_of_a_sun_synchronous_orbit_follows_the_mean_sun(altitude_m):
    drift = node_drift_deg_per_day(altitude_m, sun_synchronous_inclination_deg(altitude_m))
    assert drift == pytest.approx(360.0 / 365.2422, rel=1e-12)
    assert drift == pytest.approx(0.9856, abs=5e-5)


def test_the_node_moves_by_sgp4_as_by_the_first_order_of_j2():
    record = satellite_record(sentinel_1(), EPOCH)
    assert math.degrees(record.nodedot) * 1440.0 == pytest.approx(0.9856, rel=0.004)


def test_no_orbit_above_six_thousand_kilometres_is_sun_synchronous():
    with pytest.raises(ValueError, match="no sun-synchronous"):
        sun_synchronous_inclination_deg(6100e3)


def test_sentinel_1_makes_175_revolutions_in_12_days_and_comes_back_to_its_track():
    own = track(sentinel_1(), EPOCH, 13 * US_PER_DAY)
    z, north = own.position_m[:, 2], own.velocity_mps[:, 2] > 0
    crossings = np.flatnonzero((z[1:] >= 0) & (z[:-1] < 0) & north[1:])
    revolution = (own.step_s * (crossings[1:] - crossings[:-1])).mean()
    assert 12 * DAY_S / revolution == pytest.approx(175.0, abs=0.05)
    after = int(12 * DAY_S / own.step_s)
    lat, lon = lat_lon(own.position_m[[10, 10 + after]])
    assert abs(lat[1] - lat[0]) < 0.05
    assert abs(turn(lon[1] - lon[0])) < 0.05  # tracks of one day are 24.7 degrees apart


def test_mean_local_time_at_the_ascending_node_is_the_one_asked_for():
    orbit = sentinel_1()
    t_s = np.arange(-5.0, 5.0, 0.01) + 0.0
    position, _ = earth_fixed(orbit, EPOCH, t_s)
    node = int(np.abs(position[:, 2]).argmin())
    _, lon = lat_lon(position[node])
    moment = EPOCH + timedelta(seconds=float(t_s[node]))
    ut_h = moment.hour + moment.minute / 60.0 + moment.second / 3600.0
    assert (ut_h + float(lon) / 15.0) % 24.0 == pytest.approx(18.0, abs=0.01)


@pytest.fixture(scope="module")
def skyfield_scale():
    from skyfield.api import load

    return load.timescale(builtin=True)


@pytest.mark.parametrize(
    "orbit",
    [sentinel_1(), CircularOrbit(525e3, 53.0, 40.0, 200.0), CircularOrbit(160e3, 97.0, 300.0, 10.0)],
    ids=["sentinel_1", "mid_inclination", "lowest"],
)
def test_the_point_below_a_satellite_is_that_of_skyfield(orbit, skyfield_scale):
    from skyfield.api import EarthSatellite, wgs84

    t_s = np.linspace(0.0, 12 * DAY_S, 300)
    times = skyfield_scale.from_datetimes([EPOCH + timedelta(seconds=float(t)) for t in t_s])
    place = EarthSatellite.from_satrec(satellite_record(orbit, EPOCH), skyfield_scale).at(times)
    below = wgs84.geographic_position_of(place)
    lat, lon, height_m = geodetic(earth_fixed(orbit, EPOCH, t_s)[0])
    assert np.abs(lat - below.latitude.degrees).max() < 0.01
    assert np.abs(turn(lon - below.longitude.degrees)).max() < 0.01
    # The rest of the way, 1,000 times finer: only UT1 - UTC turns the longitude.
    assert np.abs(lat - below.latitude.degrees).max() < 1e-5
    assert np.abs(height_m - below.elevation.m).max() < 1.0
    assert np.ptp(turn(lon - below.longitude.degrees)) < 1e-4


def test_sidereal_time_is_that_of_the_sgp4_package():
    from sgp4.propagation import gstime

    for days in (0.0, 0.25, 1234.567, -9000.1):
        found = float(gmst_rad(EPOCH, days * DAY_S))
        julian_days = 2451545.0 + (EPOCH - datetime(2000, 1, 1, 12, tzinfo=UTC)) / timedelta(days=1) + days
        assert math.remainder(found - gstime(julian_days), 2 * math.pi) == pytest.approx(0.0, abs=1e-8)


def test_velocity_is_the_rate_of_change_of_position():
    t_s = np.linspace(0.0, DAY_S, 50)
    ahead, behind = (earth_fixed(sentinel_1(), EPOCH, t_s + dt)[0] for dt in (0.05, -0.05))
    velocity = earth_fixed(sentinel_1(), EPOCH, t_s)[1]
    assert np.abs((ahead - behind) / 0.1 - velocity).max() < 0.05  # as far as SGP4 agrees with itself


@given(lat=st.floats(-89.9, 89.9), lon=st.floats(-179.9, 179.9), height_m=st.floats(0, 2e6))
def test_geodetic_coordinates_are_those_of_proj(lat, lon, height_m):
    from pyproj import Transformer

    to_earth_fixed = Transformer.from_crs("EPSG:4979", "EPSG:4978", always_xy=True)
    found = geodetic(np.array([to_earth_fixed.transform(lon, lat, height_m)]))
    assert found[0][0] == pytest.approx(lat, abs=1e-9)
    assert found[1][0] == pytest.approx(lon, abs=1e-9)
    assert found[2][0] == pytest.approx(height_m, abs=1e-3)


def test_on_the_sphere_a_satellite_keeps_its_coordinates_and_height():
    position, _ = earth_fixed(sentinel_1(), EPOCH, np.linspace(0, 6000, 40))
    lat, lon, height_m = geodetic(position)
    moved = on_sphere(position)
    np.testing.assert_allclose(lat_lon(moved), (lat, lon), atol=1e-9)
    np.testing.assert_allclose(np.linalg.norm(moved, axis=1) - EARTH_RADIUS_M, height_m, atol=1e-6)


def test_between_knots_the_track_is_within_a_metre_of_sgp4():
    for altitude_m in (160e3, 692_837.0, 2000e3):
        orbit = sentinel_1(altitude_m)
        own = track(orbit, EPOCH, US_PER_DAY)
        t_s = np.random.default_rng(3).uniform(0.0, DAY_S, 300)
        found = np.array([motion(own, float(t)) for t in t_s])
        exact = on_sphere(earth_fixed(orbit, EPOCH, t_s)[0])
        ahead, behind = (on_sphere(earth_fixed(orbit, EPOCH, t_s + dt)[0]) for dt in (0.05, -0.05))
        assert np.abs(found[:, :3] - exact).max() < 1.0
        assert np.abs(found[:, 3:] - (ahead - behind) / 0.1).max() < 0.1


def test_a_longer_track_begins_with_the_same_knots():
    short, long = (track(sentinel_1(), EPOCH, days * US_PER_DAY + 1) for days in (1, 2))
    n = len(short.position_m)
    assert n == 1442
    assert short.position_m.tobytes() == long.position_m[:n].tobytes()
    assert short.velocity_mps.tobytes() == long.velocity_mps[:n].tobytes()


def test_satellites_of_a_constellation_are_evenly_apart():
    first = CircularOrbit(570e3, 97.7, 350.0, 300.0)
    orbits = constellation(first, 12, 3)
    assert orbits[0] == first
    assert [orbit.raan_deg for orbit in orbits[::4]] == [350.0, 110.0, 230.0]
    in_plane = [orbit.latitude_argument_deg for orbit in orbits[:4]]
    assert turn(np.diff(in_plane)).tolist() == [90.0, 90.0, 90.0]
    across = [orbit.latitude_argument_deg for orbit in orbits[::4]]
    assert turn(np.diff(across)).tolist() == [30.0, 30.0]
    assert constellation(first, 1) == (first,)


@pytest.mark.parametrize(("n_satellites", "n_planes"), [(0, 1), (4, 0), (5, 2), (2, 4)])
def test_planes_that_do_not_share_the_satellites_out_are_refused(n_satellites, n_planes):
    with pytest.raises(ValueError, match="expected the same number"):
        constellation(CircularOrbit(570e3, 97.7, 0.0, 0.0), n_satellites, n_planes)


def test_an_orbit_below_the_ground_is_refused_by_name():
    with pytest.raises(RunError, match="altitude_m=-200000"):
        earth_fixed(CircularOrbit(-200e3, 97.0, 0.0, 0.0), EPOCH, [0.0])
