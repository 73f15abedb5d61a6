"""Orbits against closed forms, the published repeat of Sentinel-1, and Skyfield."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mda_sim.core.errors import RunError
from mda_sim.geo.elements import read_elements
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


def places_in_the_sky(orbits) -> np.ndarray:
    """Directions to the satellites from the Earth's centre, (n, 3): closed form of circular orbits."""
    node, along, tilt = np.deg2rad(
        [(one.raan_deg, one.latitude_argument_deg, one.inclination_deg) for one in orbits]
    ).T
    return np.stack(
        [
            np.cos(node) * np.cos(along) - np.sin(node) * np.cos(tilt) * np.sin(along),
            np.sin(node) * np.cos(along) + np.cos(node) * np.cos(tilt) * np.sin(along),
            np.sin(tilt) * np.sin(along),
        ],
        axis=-1,
    )


@pytest.mark.parametrize(
    ("n_satellites", "n_planes", "phasing", "plane_step_deg", "slot_step_deg", "ahead_deg"),
    [
        (24, 3, 1, 120.0, 45.0, 15.0),  # Galileo, 56 degrees: 24/3/1
        (24, 6, 2, 60.0, 90.0, 30.0),
        (5, 5, 1, 72.0, 0.0, 72.0),  # the least that Walker found to cover the globe: 5/5/1
        (12, 3, 0, 120.0, 90.0, 0.0),
    ],
)
def test_a_delta_pattern_is_walkers(
    n_satellites, n_planes, phasing, plane_step_deg, slot_step_deg, ahead_deg
):
    first = CircularOrbit(570e3, 56.0, 10.0, 20.0)
    orbits = constellation(first, n_satellites, n_planes, 360.0, phasing)
    per_plane = n_satellites // n_planes
    planes, slots = np.divmod(np.arange(n_satellites), per_plane)
    nodes = [one.raan_deg for one in orbits]
    along = [one.latitude_argument_deg for one in orbits]
    np.testing.assert_allclose(turn(nodes - (10.0 + plane_step_deg * planes)), 0.0, atol=1e-9)
    expected = 20.0 + slot_step_deg * slots + ahead_deg * planes
    np.testing.assert_allclose(turn(along - expected), 0.0, atol=1e-9)
    # The last plane stands to the first as any plane to the one before: so the pattern has no seam.
    if n_planes > 1:
        seam_deg = along[0] - along[(n_planes - 1) * per_plane] - ahead_deg
        assert abs(math.remainder(seam_deg, 360.0 / per_plane)) < 1e-9


@given(
    n_planes=st.integers(1, 6),
    per_plane=st.integers(1, 6),
    phasing=st.integers(0, 5),
    inclination_deg=st.floats(20, 160),
)
def test_a_delta_pattern_looks_the_same_from_each_of_its_satellites(
    n_planes, per_plane, phasing, inclination_deg
):
    first = CircularOrbit(570e3, inclination_deg, 0.0, 0.0)
    orbits = constellation(first, n_planes * per_plane, n_planes, 360.0, phasing % n_planes)

    # Turned back by its own node and moved back along its own orbit, each sees the others where the first
    # sees them: pairs of (node, argument of latitude) relative to it, modulo whole turns.
    def seen_from(one):
        rows = {
            (
                round(((o.raan_deg - one.raan_deg) % 360.0) * 1e6) % 360_000_000,
                round(((o.latitude_argument_deg - one.latitude_argument_deg) % 360.0) * 1e6) % 360_000_000,
            )
            for o in orbits
        }
        return sorted(rows)

    expected = np.array(seen_from(orbits[0]))
    for one in orbits:
        assert np.abs(np.array(seen_from(one)) - expected).max() <= 1


def test_the_star_pattern_of_iridium_has_planes_over_half_the_globe():
    first = CircularOrbit(780e3, 86.4, 0.0, 0.0)
    orbits = constellation(first, 66, 6, 180.0, 2)
    nodes = sorted({round(one.raan_deg, 9) for one in orbits})
    assert nodes == [0.0, 30.0, 60.0, 90.0, 120.0, 150.0]
    in_plane = [one.latitude_argument_deg for one in orbits[:11]]
    np.testing.assert_allclose(turn(np.diff(in_plane)), 360.0 / 11)
    # Neighbours fly side by side but at the seam, where the last plane comes down beside the first going up.
    north = np.cos(np.deg2rad([one.latitude_argument_deg for one in orbits])) > 0
    x, y, _ = places_in_the_sky(orbits).T
    lon = np.rad2deg(np.arctan2(y, x))
    low = np.abs([math.sin(math.radians(one.latitude_argument_deg)) for one in orbits]) < 0.5
    assert ((lon[low & north] + 3.0) % 360.0 < 156.0).all()
    assert ((lon[low & ~north] + 183.0) % 360.0 < 156.0).all()


def test_all_satellites_of_a_pattern_are_apart():
    for n, planes, spread, phasing in ((66, 6, 180.0, 2), (24, 3, 360.0, 1), (5, 5, 360.0, 1)):
        where = places_in_the_sky(constellation(CircularOrbit(780e3, 86.4, 0, 0), n, planes, spread, phasing))
        cosines = where @ where.T - 2.0 * np.eye(n)
        assert np.rad2deg(np.arccos(cosines.max())) > 3.0


@pytest.mark.parametrize("name", ["Sentinel-1C", "Sentinel-2A", "LANDSAT 8", "NOAA 20"])
def test_real_sun_synchronous_satellites_have_the_inclination_of_their_altitude(name):
    sets = read_elements(Path(__file__).parents[1] / "reference" / "element_sets.tle")
    (own,) = [one for one in sets if one.name == name]
    record = satellite_record(own, own.epoch)
    altitude_m = (record.a - 1.0) * record.radiusearthkm * 1000.0
    expected = sun_synchronous_inclination_deg(altitude_m)
    # Satellites are kept near their local time, not on it: 0.1 degrees let it drift by 16 minutes a year. A
    # drift of the node that were off by 5 % would be 0.4 degrees of inclination.
    assert math.degrees(record.inclo) == pytest.approx(expected, abs=0.1)


@pytest.mark.parametrize(
    ("altitude_km", "inclination_deg"),
    [
        (693.0, 98.18),
        (705.0, 98.2),
        (829.0, 98.7),
        (600.0, 97.74),
        (628.0, 97.9),
        (619.6, 97.86),
        (514.0, 97.44),
    ],
    ids=["Sentinel-1", "Landsat 8", "NOAA-20", "RCM", "ALOS-2", "COSMO-SkyMed 2", "TerraSAR-X"],
)
def test_satellites_of_the_catalogue_have_the_inclination_of_their_altitude(altitude_km, inclination_deg):
    assert sun_synchronous_inclination_deg(altitude_km * 1000.0) == pytest.approx(inclination_deg, abs=0.06)


@pytest.mark.parametrize(("n_satellites", "n_planes"), [(0, 1), (4, 0), (5, 2), (2, 4)])
def test_planes_that_do_not_share_the_satellites_out_are_refused(n_satellites, n_planes):
    with pytest.raises(ValueError, match="expected the same number"):
        constellation(CircularOrbit(570e3, 97.7, 0.0, 0.0), n_satellites, n_planes)


def test_an_orbit_below_the_ground_is_refused_by_name():
    with pytest.raises(RunError, match="altitude_m=-200000"):
        earth_fixed(CircularOrbit(-200e3, 97.0, 0.0, 0.0), EPOCH, [0.0])


def test_the_velocity_of_a_track_is_the_rate_at_which_its_point_moves_on_the_sphere():
    own = track(sentinel_1(), EPOCH, 3 * 3_600_000_000)
    t_s = 60.0 * np.arange(len(own.position_m))
    fixed, velocity = earth_fixed(sentinel_1(), EPOCH, t_s)
    step_s = 0.05  # along the satellite's own straight line, so that only the map to the sphere is judged
    rate = (on_sphere(fixed + step_s * velocity) - on_sphere(fixed - step_s * velocity)) / (2 * step_s)
    assert np.abs(own.velocity_mps - rate).max() < 1e-5
    assert np.abs(own.velocity_mps - velocity).max() > 1.0  # it is not that over the ellipsoid
