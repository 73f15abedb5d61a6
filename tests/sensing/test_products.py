"""What contacts say: errors like their ellipses, what was broadcast, and nothing true of false contacts."""

from __future__ import annotations

import math

import numpy as np
import pytest

from mda_sim.core.table import Table
from mda_sim.core.time import US_PER_S
from mda_sim.geo.sphere import distance_m, initial_bearing_deg
from mda_sim.records import CONTACTS, NO_TARGET, REPORTS, DetectionLog
from mda_sim.sensing.error_axes import ErrorAxes
from mda_sim.sensing.products import products
from mda_sim.sensing.satellite import SarSatellite
from mda_sim.sensing.sensors import cards
from mda_sim.sensing.sweep import sense
from mda_sim.world.broadcasts import AisState, broadcasts_of

SEED = 41


def made(build, fleet, sensors, hours=24.0, seed=SEED):
    log = sense(fleet, sensors, build.timeline(hours), seed, land=None)
    return log, products(log, fleet, sensors, seed)


def errors(table, rows=slice(None)):
    """Error of each product along the major axis of its ellipse and across it, in units of the half axes."""
    lat, lon = table["true_lat_deg"][rows], table["true_lon_deg"][rows]
    shown = table["lat_deg"][rows], table["lon_deg"][rows]
    off = np.deg2rad(initial_bearing_deg(lat, lon, *shown) - table["orientation_deg"][rows])
    error_m = distance_m(lat, lon, *shown)
    return error_m * np.cos(off) / table["semi_major_m"][rows], error_m * np.sin(off) / table["semi_minor_m"][
        rows
    ]


def held_for_sure(build, **changes):
    return build.radar(power_w=1e8, antenna_height_m=500.0, azimuth_beamwidth_deg=0.3, **changes)


def test_errors_of_a_radar_fill_its_ellipse(build):
    # 60 targets apart in range and bearing, 48 h of five minutes each: over 30,000 errors.
    paths = build.parked(np.linspace(10e3, 70e3, 60), np.linspace(0.0, 350.0, 60), hours=48.0)
    _, table = made(build, build.fleet(paths), {"r": held_for_sure(build)}, hours=48.0)
    major, minor = errors(table)
    n = len(major)
    assert n > 30_000
    band = 4.0 * 2.0 / math.sqrt(n)  # of the mean of a chi-square of two degrees of freedom
    squared = major**2 + minor**2
    assert band < 0.05 * 2.0
    assert abs(squared.mean() - 2.0) < band
    assert abs((1.05 * squared).mean() - 2.0) > band
    assert abs((squared < 2.0 * math.log(2.0)).mean() - 0.5) < 4.0 * 0.5 / math.sqrt(n)  # its median
    for part in (major, minor):
        assert abs(part.mean()) < 4.0 / math.sqrt(n)
        assert abs((part**2).mean() - 1.0) < 4.0 * math.sqrt(2.0 / n)
    assert abs((major * minor).mean()) < 4.0 / math.sqrt(n)


def test_the_error_across_the_line_of_sight_grows_with_range_and_that_along_it_does_not(build):
    radar = held_for_sure(build, range_error_m=25.0, azimuth_error_deg=0.3)
    paths = build.parked(np.array([2e3, 20e3, 40e3]), 90.0, hours=1.0)
    _, table = made(build, build.fleet(paths), {"r": radar}, hours=1.0)
    near, middle, far = (np.flatnonzero(table["target"] == k) for k in range(3))
    across_m = math.radians(0.3) * np.array([2e3, 20e3, 40e3])
    assert table["semi_minor_m"][near] == pytest.approx(across_m[0], rel=0.05)
    assert table["semi_major_m"][near] == pytest.approx(25.0)
    assert table["semi_major_m"][middle] == pytest.approx(across_m[1], rel=0.01)
    assert table["semi_major_m"][far] == pytest.approx(across_m[2], rel=0.01)
    assert table["semi_minor_m"][far] == pytest.approx(25.0)
    # East of the radar the line of sight runs east and west: near by the long axis does, far out the short.
    assert np.abs(table["orientation_deg"][near] - 90.0).max() < 3.0
    assert (np.abs((table["orientation_deg"][far] + 90.0) % 180.0 - 90.0) < 1.0).all()


def test_a_radar_tells_neither_length_nor_identity(build):
    _, table = made(
        build, build.fleet(build.parked(np.array([20e3]))), {"r": held_for_sure(build)}, hours=2.0
    )
    assert len(table) > 10
    assert np.isnan(table["length_m"]).all()
    assert not table["mmsi"].any()
    assert not table["is_ais"].any()


def test_ais_says_what_was_broadcast_even_if_it_is_false(build):
    # For six hours the truth, then a place 20 km to the north, then silence.
    hour_us = 3600 * US_PER_S
    sent = broadcasts_of(
        np.zeros(3, np.int64),
        np.array([0, 6, 12]) * hour_us,
        [AisState.TRUE, AisState.FALSE_POSITION, AisState.SILENT],
        offset_north_m=[0.0, 20e3, 0.0],
    )
    fleet = build.fleet(build.parked(np.array([20e3])), broadcasts=sent, length_m=[87.0])
    _, table = made(build, fleet, {"a": build.ais(p_decode=0.9, position_error_m=10.0)})
    is_false = table["t_us"] >= 6 * hour_us
    error_m = distance_m(*(table[name] for name in ("lat_deg", "lon_deg", "true_lat_deg", "true_lon_deg")))
    assert 60 < is_false.sum() < len(table) - 60
    assert table["t_us"].max() < 12 * hour_us
    assert error_m[~is_false].max() < 60.0
    assert np.abs(error_m[is_false] - 20e3).max() < 60.0
    assert (table["mmsi"] == sent["mmsi"][0]).all()
    assert (table["length_m"] == 87.0).all()
    assert table["is_ais"].all()


def test_half_of_the_errors_of_a_circle_are_within_its_circular_error_probable(build):
    _, table = made(
        build,
        build.fleet(build.parked(np.linspace(10e3, 20e3, 20))),
        {"a": build.ais(p_decode=0.9, position_error_m=10.0)},
    )
    error_m = distance_m(*(table[name] for name in ("lat_deg", "lon_deg", "true_lat_deg", "true_lon_deg")))
    cep_m = math.sqrt(2.0 * math.log(2.0)) * 10.0 / math.sqrt(2.0)
    assert abs((error_m < cep_m).mean() - 0.5) < 4.0 * 0.5 / math.sqrt(len(error_m))
    assert math.sqrt((error_m**2).mean()) == pytest.approx(10.0, rel=0.05)
    assert (table["semi_major_m"] == table["semi_minor_m"]).all()


def satellite(**changes):
    values = {
        "operator": "XEU",
        "altitude_m": 693e3,
        "ltan_s": 64800.0,
        "incidence_min_deg": 30.0,
        "incidence_max_deg": 45.0,
    }
    return SarSatellite(**(values | changes))


def image_log(fleet, sensors, n):
    """A log of ``n`` images by hand, each of all targets."""
    k = np.arange(n)
    columns = {
        "report": k,
        "sensor": np.zeros(n),
        "interval": k,
        "t_observed_us": (k + 1) * US_PER_S,
        "t_ready_us": (k + 1) * US_PER_S,
        "first": k * fleet.n_targets,
        "count": np.full(n, fleet.n_targets),
        "n_vessels": np.full(n, fleet.n_vessels),
        "n_false": np.zeros(n),
    }
    contacts = {
        "target": np.tile(np.arange(fleet.n_targets), n),
        "dt_us": np.zeros(n * fleet.n_targets),
        "merged": np.ones(n * fleet.n_targets),
    }
    reports = Table.of(REPORTS, columns, {"sensors": sorted(sensors)})
    return DetectionLog(
        reports, Table.of(CONTACTS, contacts), cards(sensors), fleet.n_vessels, fleet.n_targets
    )


def test_a_satellite_tells_lengths_with_the_stated_error_and_no_identity(build):
    fleet = build.fleet(build.parked(np.array([20e3, 30e3])), length_m=[40.0, 300.0])
    sensors = {"s": satellite(length_error_fraction=0.15, position_error_m=300.0)}
    table = products(image_log(fleet, sensors, 10_000), fleet, sensors, SEED)
    for target, true_m in enumerate([40.0, 300.0]):
        log_ratio = np.log(table["length_m"][table["target"] == target] / true_m)
        assert abs(log_ratio.mean()) < 4.0 * 0.15 / math.sqrt(10_000)
        assert log_ratio.std() == pytest.approx(0.15, rel=4.0 / math.sqrt(2.0 * 10_000))
    major, minor = errors(table)
    assert abs((major**2 + minor**2).mean() - 2.0) < 4.0 * 2.0 / math.sqrt(20_000)
    assert not table["mmsi"].any()


def test_nothing_is_true_of_a_false_contact(build):
    radar = held_for_sure(build, false_contacts_per_hour=30.0)
    log, table = made(build, build.fleet(build.parked(np.array([20e3]))), {"r": radar})
    false = np.flatnonzero(table["target"] == NO_TARGET)
    assert len(false) == log.reports["n_false"].sum() > 500
    assert np.isnan(table["true_lat_deg"][false]).all()
    assert np.isnan(table["length_m"][false]).all()
    places = set(zip(table["lat_deg"][false], table["lon_deg"][false], strict=True))
    assert len(places) == len(false)
    range_m = distance_m(14.0, 120.0, table["lat_deg"][false], table["lon_deg"][false])
    assert range_m.max() <= radar.max_range_m
    assert (table["semi_minor_m"][false] > 0.0).all()


def test_products_of_a_contact_do_not_depend_on_other_vessels_sensors_or_false_contacts(build):
    paths = build.parked(np.array([20e3, 30e3]), np.array([80.0, 100.0]))
    more = [*paths, *build.parked(np.array([25e3]), 45.0)]
    _, few = made(build, build.fleet(paths), {"r": held_for_sure(build)})
    sensors = {"a": build.ais(), "r": held_for_sure(build, false_contacts_per_hour=10.0)}
    log, many = made(build, build.fleet(more), sensors)
    of_radar = log.reports["sensor"][many["report"]] == 1
    rows = np.flatnonzero(of_radar & (many["target"] < 2))
    for name in ("target", "t_us", "lat_deg", "lon_deg", "semi_major_m"):
        assert (many[name][rows] == few[name]).all(), name


def test_the_longer_axis_of_an_ellipse_is_named_first_and_points_within_half_a_turn():
    axes = ErrorAxes(np.array([1.0, 3.0, 1.0]), np.array([2.0, 2.0, 2.0]), np.array([10.0, 350.0, 270.0]))
    major, minor, orientation = axes.ellipse()
    assert major.tolist() == [2.0, 3.0, 2.0]
    assert minor.tolist() == [1.0, 2.0, 1.0]
    assert orientation.tolist() == [100.0, 170.0, 0.0]
