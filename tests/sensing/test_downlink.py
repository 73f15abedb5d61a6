"""Contacts with ground stations second by second, closed forms of their waits, and what can never happen."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mda_sim.core.errors import RunError
from mda_sim.core.spec import DataFile
from mda_sim.core.time import US_PER_DAY, US_PER_S, Timeline
from mda_sim.data import catalogue
from mda_sim.geo.orbits import earth_fixed, on_sphere
from mda_sim.geo.sphere import EARTH_RADIUS_M, unit_vectors
from mda_sim.sensing.satellite import SarSatellite

FILE = Path(__file__).parents[1] / "reference" / "element_sets.tle"
START = datetime(2026, 7, 12, tzinfo=UTC)
DAY_S = 86_400


def days_of(days: float) -> Timeline:
    return Timeline(START, 0, round(days * US_PER_DAY), 0)


def sar_of(**changes) -> SarSatellite:
    values = {
        "operator": "XEU",
        "altitude_m": 692_837.0,
        "ltan_s": 64_800.0,
        "incidence_min_deg": 30.8,
        "incidence_max_deg": 46.0,
        "product_delay_s": 0.0,
    }
    return SarSatellite(**(values | changes))


INCLINED = {"ltan_s": None, "inclination_deg": 53.0, "raan_deg": 10.0, "altitude_m": 525e3}


def waits_s(sar: SarSatellite, timeline: Timeline, ends_s, satellite=0) -> np.ndarray:
    ends_us = np.round(np.asarray(ends_s, np.float64) * US_PER_S).astype(np.int64)
    ready_us = sar.ready_us(timeline, np.broadcast_to(satellite, ends_us.shape).astype(np.int64), ends_us)
    return (ready_us - ends_us) / US_PER_S


def elevations_deg(orbit, t_s, station: str) -> np.ndarray:
    """Elevation over a station on the sphere, straight from SGP4."""
    return over(on_sphere(earth_fixed(orbit, START, t_s)[0]), station)


def over(place, station: str) -> np.ndarray:
    """Elevation of points on the sphere over a station."""
    site = catalogue.site(station)
    up = unit_vectors(site.lat_deg, site.lon_deg)
    height_m = place @ up - EARTH_RADIUS_M
    return np.rad2deg(np.arcsin(height_m / np.linalg.norm(place - EARTH_RADIUS_M * up, axis=1)))


@pytest.mark.parametrize(
    ("orbit", "stations", "least_deg", "lasting_s"),
    [
        ({}, ("gs_svalbard",), 5.0, 60.0),
        ({}, ("gs_manila", "gs_troll"), 10.0, 300.0),
        (INCLINED, ("gs_manila", "gs_guam", "gs_hatoyama"), 5.0, 60.0),
        (INCLINED, ("gs_manila", "gs_davao"), 40.0, 100.0),
        (INCLINED, ("gs_south_point",), 0.0, 1.0),
    ],
)
def test_products_wait_for_the_first_second_of_a_long_enough_contact(orbit, stations, least_deg, lasting_s):
    sar = sar_of(**orbit, ground_stations=stations, station_elevation_deg=least_deg, downlink_s=lasting_s)
    ends_s = np.random.default_rng(4).integers(0, DAY_S, 300)
    found_s = waits_s(sar, days_of(1), ends_s)
    t_s = np.arange(0.0, 2.5 * DAY_S)
    place = on_sphere(earth_fixed(sar.orbits(START)[0], START, t_s)[0])
    first = np.full(len(ends_s), np.inf)
    for station in stations:
        is_up = over(place, station) >= least_deg
        # How many seconds from each one on it stays up.
        stops = np.append(np.flatnonzero(~is_up), len(t_s))
        left_s = stops[np.searchsorted(stops, np.arange(len(t_s)))] - t_s
        good = np.append(np.flatnonzero(is_up & (left_s >= lasting_s)), np.inf)
        first = np.minimum(first, good[np.searchsorted(good, ends_s)])
    expected_s = first - ends_s + lasting_s
    # Whole seconds are up to one late; a contact that is just long enough may be too short for them.
    late_s = expected_s - found_s
    assert ((late_s > -1e-6) & (late_s < 1.0)).mean() > 0.99
    assert found_s.min() >= lasting_s
    assert len(np.unique(found_s)) > 50


def test_a_contact_begins_where_the_elevation_is_the_least_one():
    sar = sar_of(ground_stations=("gs_svalbard",), downlink_s=60.0)
    ends_s = np.arange(0.0, 2 * DAY_S, 500.0)
    starts_s = ends_s + waits_s(sar, days_of(2), ends_s) - 60.0
    at_rise = elevations_deg(sar.orbits(START)[0], starts_s[starts_s > ends_s + 1e-3], "gs_svalbard")
    assert len(at_rise) > 200
    np.testing.assert_allclose(at_rise, 5.0, atol=1e-3)


def test_svalbard_hears_a_sun_synchronous_satellite_in_every_revolution():
    """Data complete at a random instant wait for 0 in a contact and for half of a gap of g, in the mean: so
    the mean wait is the sum of g^2 / 2 over the time.
    """
    sar = sar_of(ground_stations=("gs_svalbard",), downlink_s=1.0)
    t_s = np.arange(0.0, 12 * DAY_S, 5.0)
    is_up = elevations_deg(sar.orbits(START)[0], t_s, "gs_svalbard") >= 5.0
    change = np.flatnonzero(np.diff(is_up.astype(int)))
    rises, sets = t_s[change[is_up[change + 1]]], t_s[change[is_up[change]]]
    assert np.diff(rises).max() < 1.1 * 12 * DAY_S / 175  # never a revolution without a contact
    gaps = rises[rises > sets[0]][: len(sets) - 1] - sets[:-1]
    expected_s = (gaps**2).sum() / 2.0 / (sets[-1] - sets[0])
    ends_s = np.random.default_rng(11).uniform(sets[0], sets[-1], 20_000)
    found_s = waits_s(sar, days_of(12), ends_s) - 1.0
    four_errors = 4 * found_s.std() / np.sqrt(len(found_s))
    assert abs(found_s.mean() - expected_s) < four_errors
    assert abs(1.05 * found_s.mean() - expected_s) > four_errors  # a bias of 5 % would be seen
    # Closed form if every contact were alike: (T - c)^2 / 2 T.
    period_s = 12 * DAY_S / 175
    contact_s = period_s * is_up.mean()
    assert found_s.mean() == pytest.approx((period_s - contact_s) ** 2 / 2.0 / period_s, rel=0.05)


STATIONS = ("gs_svalbard", "gs_troll", "gs_manila", "gs_kiruna", "gs_guam", "gs_mcmurdo")


@settings(max_examples=20)
@given(
    own=st.lists(st.sampled_from(STATIONS), min_size=1, max_size=3, unique=True),
    more=st.sampled_from(STATIONS),
    lasting_s=st.floats(1, 200),
    least_deg=st.floats(0, 20),
    seed=st.integers(0, 99),
)
def test_more_stations_shorter_contacts_and_lower_elevations_never_delay(
    own, more, lasting_s, least_deg, seed
):
    ends_s = np.random.default_rng(seed).uniform(0, DAY_S, 40)
    values = {"downlink_s": lasting_s, "station_elevation_deg": least_deg, "ground_stations": tuple(own)}
    found_s = waits_s(sar_of(**values), days_of(1), ends_s)
    assert (found_s >= lasting_s - 1e-6).all()
    tolerance_s = 1.0 + 1e-6
    for better in (
        {"ground_stations": (*own, more)},
        {"downlink_s": max(lasting_s / 2, 1.0)},
        {"station_elevation_deg": least_deg / 2},
    ):
        changed_s = waits_s(sar_of(**(values | better)), days_of(1), ends_s)
        assert (changed_s <= found_s + (0.0 if "ground_stations" in better else tolerance_s)).all()


def test_the_order_of_stations_and_of_data_does_not_matter():
    ends_s = np.random.default_rng(2).uniform(0, 3 * DAY_S, 200)
    satellite = np.random.default_rng(3).integers(0, 4, 200)
    sar = sar_of(n_satellites=4, n_planes=2, ground_stations=STATIONS)
    other = sar_of(n_satellites=4, n_planes=2, ground_stations=STATIONS[::-1])
    found_s = waits_s(sar, days_of(3), ends_s, satellite)
    assert waits_s(other, days_of(3), ends_s, satellite).tolist() == found_s.tolist()
    back_s = waits_s(sar, days_of(3), ends_s[::-1], satellite[::-1])
    assert back_s[::-1].tolist() == found_s.tolist()
    one_s = np.array([waits_s(sar, days_of(3), ends_s[[i]], satellite[i])[0] for i in range(20)])
    assert one_s.tolist() == found_s[:20].tolist()


def test_data_of_one_satellite_are_received_in_the_order_in_which_they_are_complete():
    ends_s = np.sort(np.random.default_rng(5).uniform(0, 3 * DAY_S, 500))
    sar = sar_of(**INCLINED, ground_stations=("gs_manila", "gs_matera"))
    ready_s = ends_s + waits_s(sar, days_of(3), ends_s)
    assert all(before <= after + 1e-6 for before, after in pairwise(ready_s))


def test_the_length_of_the_run_changes_no_product_and_none_is_lost_at_its_end():
    ends_s = np.linspace(0, DAY_S, 300)
    sar = sar_of(**INCLINED, ground_stations=("gs_hatoyama",), product_delay_s=1000.0)
    short_s, long_s = (waits_s(sar, days_of(days), ends_s) for days in (1, 5))
    assert short_s.tolist() == long_s.tolist()
    assert short_s.max() > 6 * 3600  # some wait past the end of the run
    assert short_s.min() == 1060.0


def test_a_product_takes_its_delay_after_the_contact():
    ends_s = np.linspace(0, DAY_S, 100)
    plain, late = (sar_of(ground_stations=("gs_svalbard",), product_delay_s=d) for d in (0.0, 4321.5))
    difference_s = waits_s(late, days_of(1), ends_s) - waits_s(plain, days_of(1), ends_s)
    np.testing.assert_allclose(difference_s, 4321.5)


def test_element_sets_are_received_too():
    sar = sar_of(altitude_m=None, ltan_s=None, elements=DataFile.at(FILE), ground_stations=("gs_svalbard",))
    satellite = np.arange(7)[[0, 1, 4, 5]]  # the four that come near the pole
    timeline = days_of(1)
    found_s = waits_s(sar, timeline, np.full(4, 3600.0), satellite)
    for own, wait_s in zip(satellite, found_s, strict=True):
        t_s = np.arange(3600.0, 3600.0 + wait_s - 60.0 - 2.0)
        after = elevations_deg(
            sar.orbits(START)[own], np.arange(1.0, 60.0) + 3600.0 + wait_s - 60.0, "gs_svalbard"
        )
        assert (after >= 5.0).all()
        up = elevations_deg(sar.orbits(START)[own], t_s, "gs_svalbard") >= 5.0
        assert not up.any() or np.convolve(up, np.ones(60), "valid").max() < 60


def test_data_that_no_station_receives_are_an_error_that_says_whose_and_from_when():
    # The Hubble telescope, at 28.5 degrees, never comes near Svalbard.
    sar = sar_of(altitude_m=None, ltan_s=None, elements=DataFile.at(FILE), ground_stations=("gs_svalbard",))
    with pytest.raises(
        RunError, match=r"XEU's sar_satellite \(gs_svalbard\) sees satellite 3 for 60 s"
    ) as caught:
        waits_s(sar, days_of(1), [7200.0], 3)
    assert "from 2026-07-12 02:00 UTC" in str(caught.value)
    with pytest.raises(RunError, match="sees satellite 0 for 3600 s at 5 degrees or more"):
        waits_s(sar_of(ground_stations=("gs_svalbard",), downlink_s=3600.0), days_of(1), [0.0])


def test_no_data_are_no_products():
    assert waits_s(sar_of(ground_stations=("gs_svalbard",)), days_of(1), []).tolist() == []
