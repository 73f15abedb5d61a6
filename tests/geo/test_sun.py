"""The Sun: almanac values and closed forms."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from mda_sim.geo.orbits import gmst_rad
from mda_sim.geo.sun import sun_direction_rad, sun_elevation_deg

DAY_S = np.arange(0, 86400, 10.0)

# Instants of equinoxes and solstices to the minute, as almanacs print them (general knowledge).
SEASONS = [
    (datetime(2024, 3, 20, 3, 6, tzinfo=UTC), 0.0),
    (datetime(2024, 6, 20, 20, 51, tzinfo=UTC), 90.0),
    (datetime(2024, 9, 22, 12, 44, tzinfo=UTC), 180.0),
    (datetime(2024, 12, 21, 9, 20, tzinfo=UTC), 270.0),
    (datetime(2026, 3, 20, 14, 46, tzinfo=UTC), 0.0),
    (datetime(2026, 6, 21, 8, 24, tzinfo=UTC), 90.0),
    (datetime(2026, 9, 23, 0, 5, tzinfo=UTC), 180.0),
    (datetime(2026, 12, 21, 20, 50, tzinfo=UTC), 270.0),
]


@pytest.mark.parametrize(("moment", "longitude_deg"), SEASONS)
def test_the_seasons_begin_when_almanacs_say(moment, longitude_deg):
    ascension, declination = (float(x) for x in sun_direction_rad(moment, 0.0))
    obliquity = np.deg2rad(23.4365)
    assert np.sin(declination) == pytest.approx(
        np.sin(obliquity) * np.sin(np.deg2rad(longitude_deg)), abs=np.deg2rad(0.01)
    )
    # Along the ecliptic the Sun takes 15 minutes for 0.01 degrees.
    off = (np.rad2deg(ascension) - longitude_deg + 180.0) % 360.0 - 180.0
    assert abs(off) < 0.012


def test_the_worked_example_of_vallado():
    # Example 5-1: 2 April 2006, 0 h: the Sun at (0.9771945, 0.1924424, 0.0834308) AU (at second hand).
    ascension, declination = sun_direction_rad(datetime(2006, 4, 2, tzinfo=UTC), 0.0)
    place = np.array([0.9771945, 0.1924424, 0.0834308])
    place /= np.linalg.norm(place)
    assert float(ascension) == pytest.approx(np.arctan2(place[1], place[0]), abs=2e-5)
    assert float(declination) == pytest.approx(np.arcsin(place[2]), abs=2e-5)


@pytest.mark.parametrize(
    ("day", "minutes"),
    [((2026, 2, 11), -14.2), ((2026, 5, 14), 3.7), ((2026, 7, 26), -6.5), ((2026, 11, 3), 16.4)],
)
def test_the_equation_of_time_has_its_known_extremes(day, minutes):
    # Sundial minus clock: at Greenwich the Sun is highest that much before 12 h.
    height_deg = sun_elevation_deg(datetime(*day, tzinfo=UTC), DAY_S, 20.0, 0.0)
    assert (43200.0 - DAY_S[np.argmax(height_deg)]) / 60.0 == pytest.approx(minutes, abs=0.25)


# Declination of the Sun and longitude below it [deg], from pyerfa 2.0.1.5 (IAU SOFA: epv00 for the motion of
# the Earth, aberration by its velocity, pnm06a for precession and nutation, gst06a for its turn; UT1 = UTC).
STANDARD_DEG = [
    ("2000-01-01T12:00", -23.032, 0.821),
    ("2026-02-11T12:00", -13.927, 3.544),
    ("2026-03-20T14:46", 0.000, -39.649),
    ("2026-06-21T08:00", 23.438, 60.445),
    ("2026-09-05T00:00", 6.883, 179.716),
    ("2026-11-03T12:00", -15.151, -4.112),
    ("2026-12-21T20:50", -23.437, -132.938),
    ("2040-07-15T06:30", 21.409, 84.018),
]


@pytest.mark.parametrize(("when", "declination_deg", "lon_deg"), STANDARD_DEG)
def test_the_sun_is_where_the_standards_of_astronomy_have_it(when, declination_deg, lon_deg):
    moment = datetime.fromisoformat(when).replace(tzinfo=UTC)
    ascension, declination = sun_direction_rad(moment, 0.0)
    below_deg = np.rad2deg(ascension - gmst_rad(moment, 0.0))
    assert float(np.rad2deg(declination)) == pytest.approx(declination_deg, abs=0.01)
    assert abs((float(below_deg) - lon_deg + 180.0) % 360.0 - 180.0) < 0.015
    assert float(sun_elevation_deg(moment, 0.0, declination_deg, lon_deg)) > 90.0 - 0.018


@pytest.mark.parametrize("lat_deg", [-60.0, -10.0, 15.0, 50.0])
@pytest.mark.parametrize("month", [1, 4, 8, 11])
def test_height_at_noon_and_the_length_of_the_day_follow_from_the_declination(lat_deg, month):
    start = datetime(2026, month, 15, tzinfo=UTC)
    height_deg = sun_elevation_deg(start, DAY_S, lat_deg, 115.0)
    declination = float(np.rad2deg(sun_direction_rad(start, 43200.0)[1]))
    assert height_deg.max() == pytest.approx(90.0 - abs(lat_deg - declination), abs=0.15)
    half = np.arccos(-np.tan(np.deg2rad(lat_deg)) * np.tan(np.deg2rad(declination)))
    assert (height_deg > 0).mean() == pytest.approx(half / np.pi, abs=0.004)


def test_polar_night_and_midnight_sun():
    june, december = datetime(2026, 6, 21, tzinfo=UTC), datetime(2026, 12, 21, tzinfo=UTC)
    assert sun_elevation_deg(june, DAY_S, 80.0, 0.0).min() > 13.0
    assert sun_elevation_deg(december, DAY_S, 80.0, 0.0).max() < -13.0
    assert sun_elevation_deg(december, DAY_S, -80.0, 0.0).min() > 13.0


def test_opposite_places_have_opposite_heights():
    rng = np.random.default_rng(2)
    lat, lon = np.rad2deg(np.arcsin(rng.uniform(-1, 1, 500))), rng.uniform(-180, 180, 500)
    t_s, start = rng.uniform(0, 3e7, 500), datetime(2026, 1, 1, tzinfo=UTC)
    here = sun_elevation_deg(start, t_s, lat, lon)
    there = sun_elevation_deg(start, t_s, -lat, lon + 180.0)
    assert np.abs(here + there).max() < 1e-9
    assert abs((here > 0).mean() - 0.5) < 4 * 0.5 / np.sqrt(500)
    # The same instant told from another epoch.
    later = sun_elevation_deg(start + timedelta(days=3), t_s - 3 * 86400, lat, lon)
    assert np.abs(here - later).max() < 1e-6
