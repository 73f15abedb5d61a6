"""Specs of satellites: exactly one way to give an orbit, shells, stations that can and cannot be seen."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
from pydantic import ValidationError

from mda_sim.core.errors import DigestMismatch
from mda_sim.core.spec import DataFile
from mda_sim.core.time import US_PER_DAY, Timeline
from mda_sim.geo.elements import ElementsError, read_elements
from mda_sim.geo.orbits import earth_fixed, elevation_deg, on_sphere
from mda_sim.geo.sphere import EARTH_RADIUS_M, unit_vectors
from mda_sim.sensing.downlink import highest_latitude_deg
from mda_sim.sensing.satellite import SarSatellite

FILE = Path(__file__).parents[1] / "reference" / "element_sets.tle"
START = datetime(2026, 7, 12, tzinfo=UTC)
WEEK = Timeline(START, 0, 7 * US_PER_DAY, 0)
NO_ORBIT = {"operator": "XEU", "incidence_min_deg": 30.8, "incidence_max_deg": 46.0}
SUN = {"altitude_m": 692_837.0, "ltan_s": 64_800.0}
INCLINED = {"altitude_m": 550e3, "inclination_deg": 53.0, "raan_deg": 10.0}


def sar_of(**values) -> SarSatellite:
    return SarSatellite(**(NO_ORBIT | values))


def refusal(**values) -> str:
    with pytest.raises(ValidationError) as caught:
        sar_of(**values)
    (error,) = caught.value.errors()
    return error["msg"]


def test_each_way_to_give_an_orbit_is_taken_alone():
    assert len(sar_of(**SUN).orbits(START)) == 1
    assert sar_of(**INCLINED).orbits(START)[0].inclination_deg == 53.0
    assert sar_of(elements=DataFile.at(FILE)).orbits(START) == read_elements(FILE)


@pytest.mark.parametrize(
    ("values", "found"),
    [
        ({}, "none of them"),
        ({"altitude_m": 550e3}, "none of them"),
        (SUN | INCLINED, "ltan_s and inclination_deg and raan_deg"),
        ({"altitude_m": 550e3, "raan_deg": 0.0}, "raan_deg"),
        (SUN | {"inclination_deg": 98.0}, "ltan_s and inclination_deg"),
    ],
)
def test_an_orbit_in_part_or_twice_is_refused_with_what_was_found(values, found):
    message = refusal(**values)
    assert "either ltan_s (sun-synchronous) or both inclination_deg and raan_deg or elements" in message
    assert message.endswith(f"got {found}")


@pytest.mark.parametrize("values", [{"ltan_s": 0.0}, {"inclination_deg": 53.0, "raan_deg": 0.0}])
def test_an_orbit_needs_its_altitude(values):
    assert refusal(**values) == f"Value error, altitude_m is missing; expected it with {' and '.join(values)}"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("altitude_m", 550e3),
        ("ltan_s", 0.0),
        ("inclination_deg", 53.0),
        ("raan_deg", 0.0),
        ("phase_deg", 1.0),
        ("n_satellites", 2),
        ("n_planes", 2),
        ("plane_spread_deg", 180.0),
        ("phasing", 0),
    ],
)
def test_element_sets_are_the_whole_orbit(name, value):
    message = refusal(elements=DataFile.at(FILE), **{name: value})
    assert message == f"Value error, elements give the whole orbit; expected no other, got {name}"


def test_a_spec_with_elements_comes_back_from_its_own_text_and_reads_no_file():
    sar = sar_of(elements=DataFile.at(FILE))
    assert SarSatellite.model_validate(sar.model_dump()) == sar
    sar_of(elements={"path": "/no/such/file", "sha256": "0" * 64})


def test_a_file_is_read_when_orbits_are_asked_for_and_must_be_the_one_that_was_loaded(tmp_path):
    path = tmp_path / "own.tle"
    path.write_text(FILE.read_text())
    changed = sar_of(elements=DataFile.at(path))
    path.write_text("# nothing\n")
    with pytest.raises(DigestMismatch, match="was changed"):
        changed.orbits(START)
    with pytest.raises(ElementsError, match="holds no element set"):
        sar_of(elements=DataFile.at(path)).orbits(START)


def test_satellites_are_counted():
    assert sar_of(**SUN, n_satellites=6, n_planes=3).number_of_satellites == 6
    assert sar_of(elements=DataFile.at(FILE)).number_of_satellites == 7


def test_a_shell_has_its_spread_and_phasing():
    sar = sar_of(**INCLINED, n_satellites=66, n_planes=6, plane_spread_deg=180.0, phasing=2, phase_deg=5.0)
    orbits = sar.orbits(START)
    assert [one.raan_deg for one in orbits[::11]] == [10.0, 40.0, 70.0, 100.0, 130.0, 160.0]
    ahead = np.array([one.latitude_argument_deg for one in orbits[::11]])
    np.testing.assert_allclose(ahead, 5.0 + 2 * 360.0 / 66 * np.arange(6))


@pytest.mark.parametrize(("phasing", "n_planes"), [(1, 1), (0, 1), (0, 3), (2, 3)])
def test_phasing_is_below_the_number_of_planes_or_one(phasing, n_planes):
    orbits = sar_of(**SUN, n_satellites=3, n_planes=n_planes, phasing=phasing).orbits(START)
    first = [one.latitude_argument_deg % 360.0 for one in orbits[:: 3 // n_planes]]
    assert first == pytest.approx([phasing * 120.0 * plane % 360.0 for plane in range(n_planes)])


@pytest.mark.parametrize(("phasing", "n_planes"), [(2, 1), (3, 3)])
def test_another_phasing_is_refused(phasing, n_planes):
    message = refusal(**SUN, n_satellites=3, n_planes=n_planes, phasing=phasing)
    assert message.endswith(f"phasing must be less than n_planes {n_planes} (or 1), got {phasing}")


def test_an_unknown_ground_station_is_refused_at_its_field_with_the_nearest():
    with pytest.raises(ValidationError, match="no site 'gs_svalbart'; did you mean 'gs_svalbard'") as caught:
        sar_of(**SUN, ground_stations=("gs_manila", "gs_svalbart"))
    assert caught.value.errors()[0]["loc"] == ("ground_stations",)


def test_a_ground_station_that_is_never_in_sight_is_refused_with_numbers():
    message = refusal(**INCLINED, ground_stations=("gs_manila", "gs_svalbard", "gs_mcmurdo"))
    assert "gs_svalbard (latitude 78.23), gs_mcmurdo (latitude -77.839) can never receive" in message
    assert (
        "550 km with an inclination of 53.00 degrees are at 5 degrees or more up to latitude 72.4" in message
    )
    assert "gs_manila" not in message
    sar_of(**SUN, ground_stations=("gs_svalbard", "gs_mcmurdo"))
    sar_of(**INCLINED, ground_stations=("gs_kiruna",))


@pytest.mark.parametrize("elevation", [0.0, 5.0, 30.0])
@pytest.mark.parametrize("values", [SUN, INCLINED, {**INCLINED, "inclination_deg": 130.0, "altitude_m": 2e6}])
def test_satellites_are_seen_up_to_just_below_that_latitude_and_never_beyond(values, elevation):
    (orbit,) = sar_of(**values).orbits(START)
    limit_deg = highest_latitude_deg(orbit, elevation)
    position = earth_fixed(orbit, START, np.arange(0.0, 10 * 86_400.0, 20.0))[0]

    def highest_deg(lat_deg):
        moved, up = on_sphere(position), unit_vectors(lat_deg, 0.0)
        height_m = moved @ up - EARTH_RADIUS_M
        sine = height_m / np.linalg.norm(moved - EARTH_RADIUS_M * up, axis=1)
        return np.rad2deg(np.arcsin(sine)).max(), elevation_deg(position, lat_deg, 0.0).max()

    if limit_deg < 89.0:
        assert max(highest_deg(limit_deg)) < elevation
        assert max(highest_deg(-limit_deg)) < elevation
    assert min(highest_deg(min(limit_deg - 1.5, 88.0))) > elevation


def test_without_stations_products_wait_for_nothing_but_their_delay():
    ends_us = np.array([0, 5, 10**12], np.int64)
    ready_us = sar_of(**SUN, product_delay_s=90.0).ready_us(WEEK, np.zeros(3, np.int64), ends_us)
    assert (ready_us - ends_us).tolist() == [90_000_000] * 3


def test_element_sets_move_as_they_say_whenever_the_run_starts():
    sar = sar_of(elements=DataFile.at(FILE))
    other = Timeline(START + timedelta(hours=3), 0, US_PER_DAY, 0)
    for whole, part in zip(sar.tracks(WEEK), sar.tracks(other), strict=True):
        np.testing.assert_allclose(whole.position_m[180:1600], part.position_m[:1420], atol=0.05)
