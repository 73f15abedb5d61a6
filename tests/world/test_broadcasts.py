"""What is broadcast beside the truth: states, identities, positions sent, and gaps in a track."""

from __future__ import annotations

import numpy as np
import pytest

from mda_sim.core.errors import ShapeError
from mda_sim.core.table import Table
from mda_sim.core.time import US_PER_H, US_PER_S
from mda_sim.geo.regions import Box
from mda_sim.geo.sphere import destination, distance_m, initial_bearing_deg
from mda_sim.world.broadcasts import BROADCASTS, MADE_UP, AisState, broadcasts_of, for_life
from mda_sim.world.fleet import Fleet, legs_between
from mda_sim.world.groups import Group, assemble
from mda_sim.world.inside import inside_intervals
from mda_sim.world.presence import time_in

H = US_PER_H
NORTHWARD = legs_between([10.0, 12.0], [115.0, 115.0], [0, 10 * H])
"""One vessel that sails north for ten hours."""


def fleet_of(legs, broadcasts=None):
    return assemble([group_of(legs, broadcasts)])


def group_of(legs, broadcasts=None, stream="cargo/a", bound_for=()):
    n = len(np.unique(legs["target"]))
    return Group(
        traffic_class="cargo",
        stream=stream,
        index=np.arange(n),
        flag=["PHL"] * n,
        length_m=np.full(n, 100.0),
        ais=np.ones(n, np.uint8),
        legs=legs,
        broadcasts=for_life(np.ones(n), legs) if broadcasts is None else broadcasts,
        bound_for=bound_for,
    )


def in_rows(table):
    return list(zip(*(table[name].tolist() for name in ("target", "t_from_us", "t_to_us")), strict=True))


def test_a_state_holds_from_its_row_until_the_next():
    sent = broadcasts_of(0, [0, 2 * H, 5 * H], [AisState.TRUE, AisState.SILENT, AisState.FALSE_POSITION])
    fleet = fleet_of(NORTHWARD, sent)
    times = [0, 2 * H - 1, 2 * H, 5 * H - 1, 5 * H, 10 * H]
    assert fleet.ais_states(0, times).tolist() == [1, 1, 0, 0, 2, 2]
    assert in_rows(fleet.in_state(AisState.SILENT)) == [(0, 2 * H, 5 * H)]
    assert in_rows(fleet.in_state(AisState.TRUE, AisState.FALSE_POSITION)) == [
        (0, 0, 2 * H),
        (0, 5 * H, 10 * H),
    ]


def test_states_share_out_all_the_time_that_a_vessel_is_present():
    rng = np.random.Generator(np.random.PCG64(8))
    legs = legs_between(
        rng.uniform(5, 15, 60),
        rng.uniform(108, 118, 60),
        np.tile(np.arange(6), 10) * H,
        np.repeat(np.arange(10), 6),
    )
    t_us = np.sort(rng.choice(np.arange(1, 5 * 3600), (10, 4)), axis=1) * US_PER_S
    t_us[:, 0] = 0
    state = rng.integers(0, 3, (10, 4))
    fleet = fleet_of(legs, broadcasts_of(np.repeat(np.arange(10), 4), t_us.ravel(), state.ravel()))
    parts = sum(time_in(fleet.in_state(one), 10) for one in AisState)
    assert np.array_equal(parts, time_in(fleet.presence(), 10))
    assert np.array_equal(parts, np.full(10, 5 * H))


def test_a_vessel_that_sends_the_truth_sends_where_it_is_and_a_silent_one_nothing():
    sent = broadcasts_of(0, [0, 5 * H], [AisState.TRUE, AisState.SILENT])
    fleet = fleet_of(NORTHWARD, sent)
    truth = fleet.positions(0, [H, 6 * H])
    lat, lon = fleet.broadcast_positions(0, [H, 6 * H])
    assert (lat[0], lon[0]) == (truth[0][0], truth[1][0])
    assert np.isnan([lat[1], lon[1]]).all()


def test_an_offset_vessel_sails_beside_itself():
    sent = broadcasts_of(0, 0, AisState.FALSE_POSITION, offset_east_m=[3000.0], offset_north_m=4000.0)
    fleet = fleet_of(NORTHWARD, sent)
    times = np.arange(11) * H
    truth, said = fleet.positions(0, times), fleet.broadcast_positions(0, times)
    assert distance_m(*truth, *said) == pytest.approx(np.full(11, 5000.0), abs=1e-6)
    assert initial_bearing_deg(*truth, *said) == pytest.approx(
        np.full(11, np.rad2deg(np.arctan2(3, 4))), abs=1e-6
    )


def test_a_circling_vessel_goes_round_its_place_clockwise_once_in_its_period():
    sent = broadcasts_of(
        0,
        0,
        AisState.FALSE_POSITION,
        offset_north_m=[2000.0],
        place_lat_deg=20.0,
        place_lon_deg=118.0,
        period_s=3600.0,
    )
    fleet = fleet_of(NORTHWARD, sent)
    lat, lon = fleet.broadcast_positions(0, np.arange(5) * H // 4)
    wanted = destination(20.0, 118.0, [0.0, 90.0, 180.0, 270.0, 0.0], 2000.0)
    assert distance_m(lat, lon, *wanted).max() < 0.01


def test_made_up_identities_are_each_targets_own_in_any_fleet_and_given_ones_stay():
    two = legs_between([5.0, 6.0] * 2, [110.0] * 4, [0, H] * 2, [0, 0, 1, 1])
    given = group_of(two, broadcasts_of([0, 1], 0, 1, mmsi=[548_000_001, 548_000_002]), "cargo/a")
    shared = group_of(two, broadcasts_of([0, 1], 0, 1, mmsi=MADE_UP), "cargo/b")
    own = group_of(two, None, "cargo/c")
    fleet = assemble([own, given, shared])
    assert fleet.broadcasts["mmsi"].tolist() == [
        548_000_001,
        548_000_002,
        MADE_UP + 2,
        MADE_UP + 2,
        MADE_UP + 4,
        MADE_UP + 5,
    ]


def test_destinations_are_named_and_unknown_ones_are_none():
    two = legs_between([5.0, 6.0] * 2, [110.0] * 4, [0, H] * 2, [0, 0, 1, 1])
    fleet = assemble([group_of(two, None, "cargo/a", ["PHL", ""]), group_of(two, None, "cargo/b")])
    assert fleet.destinations == ("PHL",)
    assert fleet.targets["bound_for"].tolist() == [0, -1, -1, -1]


def test_in_a_gap_a_vessel_is_absent_and_its_place_unknown():
    legs = legs_between([10.0, 11.0, 12.0, 13.0], [115.0] * 4, [0, 2 * H, 5 * H, 7 * H]).take([0, 2])
    fleet = fleet_of(legs)
    lat, _ = fleet.positions(0, [H, 2 * H, 2 * H + 1, 5 * H - 1, 5 * H, 8 * H])
    assert np.isfinite(lat).tolist() == [True, True, False, False, True, False]
    assert np.isnan(fleet.broadcast_positions(0, 3 * H)[0]).all()
    assert in_rows(fleet.presence()) == [(0, 0, 2 * H), (0, 5 * H, 7 * H)]
    box = Box(lat_min_deg=9, lat_max_deg=14, lon_min_deg=114, lon_max_deg=116)
    assert in_rows(inside_intervals(fleet, box, 0, 10 * H)) == in_rows(fleet.presence())


def test_broadcasts_that_do_not_fit_are_refused():
    fleet = fleet_of(NORTHWARD)

    def with_rows(*rows):
        return Fleet(fleet.targets, fleet.legs, broadcasts_of(*np.transpose(rows)), 1)

    assert with_rows((0, -5, 1), (0, 3, 0)).n_vessels == 1
    with pytest.raises(ShapeError, match="no later than its first leg"):
        with_rows((0, 1, 1))
    with pytest.raises(ShapeError, match="rise in time"):
        with_rows((0, 0, 1), (0, 0, 0))
    with pytest.raises(ShapeError, match="at least one row for each"):
        with_rows((1, 0, 1))
    with pytest.raises(ShapeError, match="a state of AisState"):
        with_rows((0, 0, 3))
    with pytest.raises(ShapeError, match="an identity unless silent"):
        Fleet(fleet.targets, fleet.legs, broadcasts_of(0, [0], 1, mmsi=0), 1)
    with pytest.raises(ShapeError, match="a BROADCASTS table"):
        Fleet(fleet.targets, fleet.legs, fleet.legs, 1)
    with pytest.raises(ShapeError, match="legs of each of 2"):
        for_life([True, False], NORTHWARD)


def test_the_digest_sees_what_is_broadcast():
    silent = broadcasts_of(0, [0], AisState.SILENT)
    assert fleet_of(NORTHWARD).digest() != fleet_of(NORTHWARD, silent).digest()
    assert isinstance(silent, Table)
    assert silent.schema == BROADCASTS
