"""Ferries: the timetable, the hulls that it needs, and where they lie."""

from __future__ import annotations

import math

import numpy as np
import pytest

from mda_sim.core.units import KNOT_MPS
from mda_sim.geo.regions import Box
from mda_sim.world.ferries import FerryTraffic, ferry_groups, hulls_of
from mda_sim.world.lanes import Lane, LaneNetwork

BOX = Box(lat_min_deg=0, lat_max_deg=10, lon_min_deg=128, lon_max_deg=140)
LANE = Lane(np.array([5.0, 5.2, 5.0]), np.array([130.0, 130.5, 131.0]), np.full(2, 4e4))
NETWORK = LaneNetwork({("isle", "town"): LANE}, {"isle": "XAA", "town": "XAA"})
HOUR_US = 3_600_000_000


def ferries(per_day=6.0, **changes):
    base = {
        "kind": "ferry",
        "routes": {"line": {"origin": "town", "destination": "isle", "per_day": per_day}},
        "length_m": {"low": 40.0, "high": 90.0},
        "speed_mps": {"low": 12 * KNOT_MPS, "high": 16 * KNOT_MPS},
        "flags": {"PHL": 1.0},
        "ais": {"carriage": 1.0},
    }
    return FerryTraffic.model_validate(base | changes)


def sailed(make, traffic, days=4.0, seed=3):
    (group,) = ferry_groups("ferry", traffic, NETWORK, BOX, make.timeline(days), seed)
    return group


def departures(group, lon_deg):
    """Times [us] at which a hull leaves the port at that longitude."""
    legs = group.legs
    lon = np.degrees(np.arctan2(legs["ay"], legs["ax"]))
    return np.sort(legs["t_from_us"][(np.abs(lon - lon_deg) < 1e-6) & (legs["w_rad_s"] > 0)])


@pytest.mark.parametrize("per_day", [0.7, 6.0, 24.0])
def test_departures_from_both_ports_are_evenly_spaced(make, per_day):
    group = sailed(make, ferries(per_day), days=12.0)
    for lon_deg in (130.0, 131.0):
        left_us = departures(group, lon_deg)
        left_us = left_us[left_us > 0]
        assert len(left_us) >= 12 * per_day - 2
        assert np.abs(np.diff(left_us) - 24 / per_day * HOUR_US).max() <= 2


def test_a_line_has_the_fewest_hulls_that_its_timetable_allows(make):
    traffic = ferries(6.0)
    slowest_h = LANE.length_m / (12 * KNOT_MPS) / 3600
    fewest = math.ceil(2 * (slowest_h + 1.0) / 4.0)
    assert hulls_of(traffic, 6.0, LANE) == fewest == len(sailed(make, traffic).index)
    assert hulls_of(traffic, 0.1, LANE) == 1


def test_a_hull_in_port_is_not_at_sea_and_stays_at_least_the_turnround(make):
    group = sailed(make, ferries(24.0, turnround_s=5400.0))
    legs = group.legs
    hull, starts, ends = legs["target"], legs["t_from_us"], legs["t_to_us"]
    assert (legs["w_rad_s"] > 0).all()
    in_port_us = (starts[1:] - ends[:-1])[hull[1:] == hull[:-1]]
    in_port_us = in_port_us[in_port_us > 0]
    assert len(in_port_us) > 50
    assert in_port_us.min() >= 5400 * 1_000_000 - 1
    lon_deg = np.degrees(np.arctan2(legs["ay"], legs["ax"]))[1:][(starts[1:] > ends[:-1])]
    assert np.abs(np.abs(lon_deg - 130.5) - 0.5).max() < 1e-6


def test_hulls_keep_their_speed_within_the_span_and_their_side_within_the_lane(make):
    group = sailed(make, ferries(24.0))
    moving = group.legs["w_rad_s"] > 0
    speed = group.legs["speed_mps"][moving] / KNOT_MPS
    assert speed.min() > 12 - 1e-3
    assert speed.max() < 16 + 1e-3
    lat = np.degrees(np.arcsin(group.legs["az"][group.legs["t_from_us"] > 0]))
    half_way = np.abs(lat - 5.2) < 0.1
    assert half_way.sum() > 100
    assert np.abs(lat[half_way] - 5.2).max() * 111_195 < 760


def test_another_rate_keeps_each_hull(make):
    few, many = sailed(make, ferries(6.0)), sailed(make, ferries(24.0))
    assert len(few.index) < len(many.index)
    assert np.array_equal(few.length_m, many.length_m[: len(few.index)])


def test_a_line_to_its_own_port_is_refused():
    with pytest.raises(ValueError, match="two ports"):
        ferries(routes={"line": {"origin": "town", "destination": "town", "per_day": 1.0}})
