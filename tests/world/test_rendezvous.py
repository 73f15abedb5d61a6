"""Rendezvous: pairs meet, lie alongside, part, and are dark meanwhile."""

from __future__ import annotations

import numpy as np
import pytest

from mda_sim.core.errors import RunError
from mda_sim.core.time import US_PER_DAY, US_PER_H, US_PER_S
from mda_sim.core.units import KNOT_MPS
from mda_sim.data import catalogue
from mda_sim.geo.regions import Box, Circle, contains
from mda_sim.geo.sphere import distance_m
from mda_sim.world.broadcasts import AisState, first_rows, rows_at
from mda_sim.world.groups import assemble
from mda_sim.world.rendezvous import RendezvousTraffic, rendezvous_groups

BOX = Box(lat_min_deg=0, lat_max_deg=28, lon_min_deg=100, lon_max_deg=129)
REGION = {"kind": "circle", "lat_deg": 6.0, "lon_deg": 110.0, "radius_m": 30_000.0}
MEETING = {
    "region": REGION,
    "per_day": 2.0,
    "first": {"origin": {"port": "singapore"}, "destination": {"port": "singapore"}},
    "second": {"origin": {"port": "vung_tau"}, "destination": {"port": "singapore"}},
}


def spec(meetings, **changes):
    base = {
        "kind": "rendezvous",
        "meetings": meetings,
        "speed_mps": {"low": 10 * KNOT_MPS, "high": 14 * KNOT_MPS},
        "length_m": {"low": 180.0, "high": 330.0},
        "flags": {"PAN": 0.5, "CMR": 0.5},
        "ais": {"carriage": 1.0},
    }
    return RendezvousTraffic.model_validate(base | changes)


@pytest.fixture(scope="module")
def meet(make, land):
    def build(meetings, days=20.0, seed=5, **changes):
        groups = rendezvous_groups("sts", spec(meetings, **changes), BOX, make.timeline(days), seed, land)
        return assemble(list(groups))

    return build


@pytest.fixture(scope="module")
def fleet(meet):
    return meet({"a": MEETING})


def pairs(fleet):
    """Rows of both ships of each meeting of which both were there for all of it."""
    presence = fleet.presence()
    whole = (presence["t_from_us"] > 0) & (presence["t_to_us"] < fleet.legs["t_to_us"].max())
    row = {int(k): n for n, k in enumerate(fleet.targets["index"]) if whole[n]}
    return [(row[k], row[k + 1]) for k in sorted(row) if k % 2 == 0 and k + 1 in row]


def lying(fleet, ship):
    """When a ship lies still."""
    legs = fleet.legs.take(fleet.legs["target"] == ship)
    still = legs["w_rad_s"] == 0.0
    assert still.sum() == 1
    return int(legs["t_from_us"][still][0]), int(legs["t_to_us"][still][0])


def test_two_ships_lie_alongside_for_the_stated_time_in_the_region(fleet):
    met = pairs(fleet)
    assert len(met) > 20
    region = Circle.model_validate(REGION)
    for first, second in met:
        (waits_us, parts_us), (begins_us, ends_us) = lying(fleet, first), lying(fleet, second)
        assert abs(parts_us - ends_us) <= 1
        assert 12 * US_PER_H - 1 <= ends_us - begins_us <= 48 * US_PER_H + 1
        assert 1 * US_PER_H - 1 <= begins_us - waits_us <= 24 * US_PER_H + 1
        place = fleet.positions([first, second], (begins_us + ends_us) // 2)
        assert distance_m(place[0][0], place[1][0], place[0][1], place[1][1]) == pytest.approx(60.0, abs=0.01)
        assert contains(region, place[0][:1], place[1][:1]).all()
        apart = fleet.positions([first, second], begins_us - US_PER_H)
        assert distance_m(apart[0][0], apart[1][0], apart[0][1], apart[1][1]) > 15_000.0


def test_ships_come_from_their_origin_and_go_to_their_destination(fleet):
    singapore, vung_tau = (catalogue.port(name) for name in ("singapore", "vung_tau"))
    presence = fleet.presence()
    for first, second in pairs(fleet):
        for ship, side, port in (
            (first, "t_from_us", singapore),
            (first, "t_to_us", singapore),
            (second, "t_from_us", vung_tau),
            (second, "t_to_us", singapore),
        ):
            lat, lon = fleet.positions(ship, presence[side][ship])
            assert distance_m(port.lat_deg, port.lon_deg, lat, lon).max() < 1.0
    moving = fleet.legs["speed_mps"][fleet.legs["w_rad_s"] > 0] / KNOT_MPS
    assert moving.min() > 10 - 1e-3
    assert moving.max() < 14 + 1e-3


def test_both_are_dark_from_their_approach_to_their_parting_and_send_before_and_after(fleet):
    begins = first_rows(fleet.broadcasts, fleet.n_targets)

    def state(ship, t_us):
        row = rows_at(fleet.broadcasts, begins, np.array([ship]), np.array([t_us], dtype=np.int64))
        return fleet.broadcasts["state"][row[0]]

    presence = fleet.presence()
    for met in pairs(fleet):
        for ship in met:
            reaches_us, parts_us = lying(fleet, ship)
            for t_us in (
                reaches_us - US_PER_H + US_PER_S,
                (reaches_us + parts_us) // 2,
                parts_us + US_PER_H - US_PER_S,
            ):
                assert state(ship, t_us) == AisState.SILENT
            early_us = max(int(presence["t_from_us"][ship]), reaches_us - 6 * US_PER_H - US_PER_S)
            late_us = min(int(presence["t_to_us"][ship]), parts_us + 6 * US_PER_H + US_PER_S)
            assert state(ship, early_us) == AisState.TRUE
            assert state(ship, late_us) == AisState.TRUE


@pytest.mark.parametrize("share", [0.0, 0.4])
def test_the_share_of_meetings_that_go_dark_is_as_given(meet, share):
    fleet = meet({"a": MEETING | {"per_day": 40.0}}, goes_dark=share)
    met = pairs(fleet)
    broadcasts = fleet.broadcasts
    dark = {int(t) for t in broadcasts["target"][broadcasts["state"] == AisState.SILENT]}
    both = np.array([(first in dark, second in dark) for first, second in met])
    assert (both[:, 0] == both[:, 1]).all()
    assert len(met) > 400
    assert both[:, 0].mean() == pytest.approx(share, abs=4 * np.sqrt(share * (1 - share) / len(met)))


def test_as_many_meet_a_day_as_given_from_the_start(meet):
    """One meeting begins in every interval: over T days the count is within 1 of rate times T."""
    fleet = meet({"a": MEETING | {"per_day": 10.0}}, days=20.0)
    second = np.flatnonzero(fleet.targets["index"] % 2 == 1)
    legs = fleet.legs.take(np.isin(fleet.legs["target"], second) & (fleet.legs["w_rad_s"] == 0.0))
    begins_us = legs["t_from_us"][legs["t_from_us"] > 0]
    for from_d, to_d in ((0, 20), (0, 3), (10, 15)):
        count = ((begins_us > from_d * US_PER_DAY) & (begins_us <= to_d * US_PER_DAY)).sum()
        assert abs(count - 10.0 * (to_d - from_d)) <= 1 + (from_d == 0)


def test_points_are_uniform_in_the_region(meet):
    fleet = meet({"a": MEETING | {"per_day": 60.0}}, days=20.0)
    still = fleet.legs.take(
        (fleet.legs["w_rad_s"] == 0.0) & (fleet.targets["index"][fleet.legs["target"]] % 2 == 0)
    )
    lat, lon = fleet.positions(still["target"], still["t_to_us"] - 1)
    share = (distance_m(6.0, 110.0, lat, lon) / 30_000.0) ** 2
    assert len(share) > 1000
    assert share.max() <= 1.0
    assert share.mean() == pytest.approx(0.5, abs=4 / np.sqrt(12 * len(share)))
    assert (lon > 110.0).mean() == pytest.approx(0.5, abs=2 / np.sqrt(len(share)))


def test_no_leg_meets_land(fleet, land):
    legs = fleet.legs
    start = fleet.positions(legs["target"], legs["t_from_us"])
    end = fleet.positions(legs["target"], legs["t_to_us"] - 1)
    assert len(legs) > 200
    assert not land.crosses_great_circle(*start, *end).any()


def test_other_places_or_a_longer_run_change_no_ship(meet):
    t_us = np.arange(0, 20 * 24, 3) * US_PER_H
    elsewhere = MEETING | {"region": REGION | {"lat_deg": 6.2}}
    one = meet({"a": MEETING})
    for other in (meet({"a": MEETING, "b": elsewhere}), meet({"a": MEETING}, days=27.0)):
        for row, index in enumerate(one.targets["index"]):
            (match,) = np.flatnonzero((other.targets["index"] == index) & (other.targets["stream"] == 0))
            ours, theirs = (
                f.unit_vectors(np.full(len(t_us), k), t_us) for f, k in ((one, row), (other, match))
            )
            assert np.array_equal(ours, theirs, equal_nan=True)


def test_a_region_with_land_and_no_meetings(meet):
    with pytest.raises(RunError, match="open water"):
        meet(
            {
                "a": MEETING
                | {"region": {"kind": "circle", "lat_deg": 13.8, "lon_deg": 120.1, "radius_m": 40_000.0}}
            }
        )
    assert meet({"a": MEETING | {"per_day": 0.0}}).n_vessels == 0
