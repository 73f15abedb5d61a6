"""Followers: at their distance on the track of another vessel, and nowhere else."""

from __future__ import annotations

import numpy as np
import pytest
from pydantic import ValidationError

from mda_sim.core.time import US_PER_H
from mda_sim.data import catalogue
from mda_sim.geo.regions import Box, Circle, contains
from mda_sim.geo.sphere import distance_m
from mda_sim.world.follower import FollowerTraffic
from mda_sim.world.world import WorldSpec, build_fleet

COMMON = {"length_m": {"low": 40.0, "high": 90.0}, "flags": {"PHL": 1.0}, "ais": {"carriage": 1.0}}
PLACE = catalogue.feature("second_thomas_shoal")
NEAR = {"kind": "circle", "lat_deg": PLACE.lat_deg, "lon_deg": PLACE.lon_deg, "radius_m": 60_000.0}
AREA = Box(lat_min_deg=3, lat_max_deg=26, lon_min_deg=105, lon_max_deg=127)


def traffic(tasks, hulls=0.2):
    return {
        "resupply": {
            "kind": "patrol",
            "stations": {
                "shoal": {
                    "hulls": hulls,
                    "feature": "second_thomas_shoal",
                    "base": {"port": "puerto_princesa"},
                }
            },
            "stay_s": {"low": 0.5 * 86_400.0, "high": 1.0 * 86_400.0},
            "on_station": 0.1,
            **COMMON,
        },
        "guard": {"kind": "follower", "tasks": tasks, **COMMON},
    }


def task(**changes):
    return {"follows": "resupply/shoal", "distance_m": {"low": 1_000.0, "high": 3_000.0}} | changes


@pytest.fixture(scope="module")
def follow(make, land):
    def build(tree, days=30.0):
        world = WorldSpec.model_validate({"traffic": tree})
        return build_fleet(world, AREA, make.timeline(days), 11, land=land)

    return build


@pytest.fixture(scope="module")
def fleet(follow):
    tasks = {
        "escort": task(ships_each=2),
        "shadow": task(distance_m={"low": 3_000.0, "high": 8_000.0}, within=NEAR),
    }
    return follow(traffic(tasks))


def rows_of(fleet, stream):
    return np.flatnonzero(fleet.targets["stream"] == fleet.streams.index(stream))


def led(fleet, stream):
    """Followers of a stream and the vessel that each follows."""
    leaders = {int(fleet.targets["index"][k]): k for k in rows_of(fleet, "resupply/shoal")}
    return [(k, leaders[int(fleet.targets["index"][k]) // 8]) for k in rows_of(fleet, stream)]


def test_a_follower_is_never_farther_than_its_distance_and_that_far_on_a_straight_course(fleet):
    t_us = np.arange(0, 30 * 24 * 60, 7) * (US_PER_H // 60)
    pairs = led(fleet, "guard/escort")
    assert len(pairs) >= 2
    for ship, leader in pairs:
        mine, theirs = (fleet.positions(np.full(len(t_us), k), t_us) for k in (ship, leader))
        assert np.array_equal(np.isnan(mine[0]), np.isnan(theirs[0]))
        apart = distance_m(*mine, *theirs)
        apart = apart[np.isfinite(apart)]
        assert len(apart) > 200
        assert 1_000 < apart.max() < 3_001
        assert np.median(apart) > 700
        assert (np.abs(apart - apart.max()) < 1.0).mean() > 0.05


def test_a_follower_sails_where_the_vessel_was_when_it_had_sailed_so_much_less(fleet):
    """Asked of the leader's own track: the follower is where the leader was, a constant distance ago."""
    t_us = np.arange(0, 30 * 24 * 60) * (US_PER_H // 60)
    for ship, leader in led(fleet, "guard/escort"):
        mine, theirs = (fleet.positions(np.full(len(t_us), k), t_us) for k in (ship, leader))
        present = np.flatnonzero(np.isfinite(theirs[0]))
        for stretch in np.split(present, np.flatnonzero(np.diff(present) > 1) + 1):
            lat, lon = theirs[0][stretch], theirs[1][stretch]
            gone_m = np.append(0.0, np.cumsum(distance_m(lat[:-1], lon[:-1], lat[1:], lon[1:])))
            for nth in range(30, len(stretch), 97):
                lately = np.flatnonzero(gone_m[: nth + 1] >= gone_m[nth] - 4_000.0)
                here = mine[0][stretch[nth]], mine[1][stretch[nth]]
                # Half of what 25 kn makes in the minute between two points of the track.
                assert distance_m(*here, lat[lately], lon[lately]).min() < 400.0


def test_a_follower_has_the_speed_of_the_vessel_it_follows(fleet):
    t_us = np.arange(0, 30 * 24) * US_PER_H + 1_234_567
    for ship, leader in led(fleet, "guard/escort"):
        mine, theirs = (
            [fleet.positions(np.full(len(t_us), k), t) for t in (t_us, t_us + 1_000_000)]
            for k in (ship, leader)
        )
        speeds = [distance_m(*before, *after) for before, after in (mine, theirs)]
        here = np.isfinite(speeds[0]) & np.isfinite(speeds[1])
        same = np.abs(speeds[0][here] - speeds[1][here]) < 0.05
        assert same.mean() > 0.95  # but where one turns within the second, or waits at an end


def test_a_shadow_is_there_only_while_the_vessel_is_in_its_region(fleet):
    region = Circle.model_validate(NEAR)
    t_us = np.arange(0, 30 * 24 * 4) * (US_PER_H // 4)
    pairs = led(fleet, "guard/shadow")
    assert pairs
    for ship, leader in pairs:
        mine, theirs = (fleet.positions(np.full(len(t_us), k), t_us) for k in (ship, leader))
        present = np.isfinite(mine[0])
        on_the_rim = np.abs(distance_m(PLACE.lat_deg, PLACE.lon_deg, *theirs) - 60_000.0) < 20.0
        assert np.array_equal(present[~on_the_rim], contains(region, *theirs)[~on_the_rim])
        assert present.any()
        assert (
            distance_m(mine[0][present], mine[1][present], theirs[0][present], theirs[1][present]).max()
            < 8_001
        )


def test_no_leg_meets_land_and_tracks_are_continuous(fleet, land):
    legs = fleet.legs
    start = fleet.positions(legs["target"], legs["t_from_us"])
    end = fleet.positions(legs["target"], legs["t_to_us"] - 1)
    assert not land.crosses_great_circle(*start, *end).any()
    joined = (legs["target"][1:] == legs["target"][:-1]) & (legs["t_from_us"][1:] == legs["t_to_us"][:-1])
    gap_m = distance_m(end[0][:-1], end[1][:-1], start[0][1:], start[1][1:])
    assert gap_m[joined].max() < 0.05


def test_resizing_the_followed_class_or_other_tasks_changes_no_follower(follow):
    def tracks(tree):
        fleet = follow(tree)
        t_us = np.arange(0, 30 * 24) * US_PER_H
        return {
            (fleet.streams[fleet.targets["stream"][k]], int(fleet.targets["index"][k])): fleet.unit_vectors(
                np.full(len(t_us), k), t_us
            ).tobytes()
            for k in range(fleet.n_vessels)
        }

    few = tracks(traffic({"a": task(share=0.6)}, hulls=0.2))
    many = tracks(traffic({"a": task(share=0.6), "b": task()}, hulls=0.6))
    assert any(stream == "guard/a" for stream, _ in few)
    assert few.items() <= many.items()


def test_the_share_that_is_followed_is_as_given(follow):
    tree = traffic({"a": task(share=0.3)}, hulls=40.0)
    fleet = follow(tree, days=2.0)
    n = len(rows_of(fleet, "resupply/shoal"))
    followed = len({int(k) // 8 for k in fleet.targets["index"][rows_of(fleet, "guard/a")]})
    assert n > 60
    assert followed / n == pytest.approx(0.3, abs=4 * np.sqrt(0.21 / n))


def test_a_longer_run_changes_no_follower(follow):
    t_us = np.arange(0, 20 * 24) * US_PER_H
    short, long = (follow(traffic({"a": task(share=0.7)}), days=days) for days in (20.0, 26.0))
    for row in rows_of(short, "guard/a"):
        index = short.targets["index"][row]
        (match,) = [k for k in rows_of(long, "guard/a") if long.targets["index"][k] == index]
        ours, theirs = (f.positions(np.full(len(t_us), k), t_us) for f, k in ((short, row), (long, match)))
        assert np.array_equal(np.isnan(ours[0]), np.isnan(theirs[0]))
        assert np.nanmax(distance_m(*ours, *theirs)) < 1e-3


def test_a_stream_without_vessels_has_no_followers(follow):
    fleet = follow(traffic({"a": task(), "b": task(within=NEAR)}, hulls=0.0))
    assert fleet.n_vessels == 0


@pytest.mark.parametrize(
    ("follows", "match"),
    [("resupply/shoals", "did you mean 'resupply/shoal'"), ("guard/a", "no class of traffic has")],
)
def test_following_what_is_not_there_is_refused(follow, follows, match):
    with pytest.raises(KeyError, match=match):
        follow(traffic({"a": task(follows=follows)}))


@pytest.mark.parametrize(
    "changes",
    [
        {"ships_each": 0},
        {"ships_each": 9},
        {"share": 1.2},
        {"follows": "resupply"},
        {"distance_m": {"low": 0.0, "high": 1.0}},
    ],
)
def test_impossible_tasks_are_refused(changes):
    with pytest.raises(ValidationError):
        FollowerTraffic.model_validate({"kind": "follower", "tasks": {"a": task(**changes)}, **COMMON})
