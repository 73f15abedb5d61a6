"""What is on the air by cells and hours: counted by hand, conserved, and blind to what does not send."""

from __future__ import annotations

import math

import numpy as np
import pytest

from mda_sim.core.time import US_PER_H, US_PER_S
from mda_sim.geo.regions import Box, area_m2
from mda_sim.geo.sphere import EARTH_RADIUS_M, unit_vectors
from mda_sim.sensing.ais import reporting_interval_s
from mda_sim.sensing.looks import Setting
from mda_sim.sensing.message_grid import message_grid
from mda_sim.sensing.message_grid_kernels import heard
from mda_sim.world.broadcasts import AisState, broadcasts_of

BOX = Box(lat_min_deg=10, lat_max_deg=16, lon_min_deg=116, lon_max_deg=124)
ANCHORED = 1 / 180 + 2 / 360
HOURS = 4


def still(*places, hours=HOURS):
    return [[(0.0, lat, lon), (hours * 3600.0, lat, lon)] for lat, lon in places]


def all_slots(grid):
    return float((grid.slots_per_s * grid.step_us / US_PER_S).sum())


def test_a_ship_counts_in_its_own_cell_and_hour(build):
    fleet = build.fleet(still((12.3, 118.7), (12.4, 118.9), (15.9, 123.9)))
    grid = message_grid(fleet, HOURS * US_PER_H, BOX, 1.0)
    assert grid.slots_per_s.shape == (HOURS, 6 * 8)
    expected = np.zeros(48)
    expected[2 * 8 + 2] = 2 * ANCHORED
    expected[47] = ANCHORED
    assert grid.slots_per_s == pytest.approx(np.tile(expected, (HOURS, 1)), rel=1e-9)
    assert grid.middle[2 * 8 + 2] == pytest.approx(unit_vectors(12.5, 118.5))


def test_slots_under_way_are_those_of_the_speed_and_move_with_the_ship(build):
    speed_mps = 10.0 * 1852 / 3600
    fleet = build.fleet([build.sailing(0.0, speed_mps * 3600 * HOURS, speed_mps)])
    grid = message_grid(fleet, HOURS * US_PER_H, BOX, 0.5)
    rate = 1 / float(reporting_interval_s(1, speed_mps)) + 2 / 360
    assert grid.slots_per_s.sum(axis=1) == pytest.approx(rate, rel=1e-6)
    for hour in range(HOURS):
        lat, lon = fleet.positions(0, (2 * hour + 1) * US_PER_H // 2)
        cell = int((lat[0] - 10) // 0.5) * 16 + int((lon[0] - 116) // 0.5)
        assert grid.slots_per_s[hour, cell] == pytest.approx(rate, rel=1e-6)


def test_silence_probes_and_hulls_without_a_set_send_nothing(build):
    half = HOURS * US_PER_H // 2 + 7 * US_PER_S
    sent = broadcasts_of(
        [0, 0, 1, 2, 3],
        [0, half, 0, 0, 0],
        [AisState.TRUE, AisState.SILENT, AisState.FALSE_POSITION, AisState.SILENT, AisState.TRUE],
        offset_east_m=[0, 0, 5e5, 0, 0],
    )
    fleet = build.fleet(still(*[(12.5, 118.5)] * 4), probes=1, broadcasts=sent, ais=[1, 1, 1, 1])
    grid = message_grid(fleet, HOURS * US_PER_H, BOX)
    # The second ship is counted where it is, not where it says it is.
    assert np.flatnonzero(grid.slots_per_s.sum(axis=0)).tolist() == [2 * 8 + 2]
    wanted = ANCHORED * (half + HOURS * US_PER_H) / US_PER_S
    assert all_slots(grid) == pytest.approx(wanted, abs=3e-6)


def test_nothing_is_lost_whatever_the_cells(build):
    rng = np.random.default_rng(8)
    starts, ends = rng.uniform([9, 115], [17, 125], (2, 60, 2))
    times = np.sort(rng.uniform(0, HOURS * 3600, (60, 2)), axis=1)
    paths = [
        [(float(t[0]), *a.tolist()), (float(t[1]), *b.tolist())]
        for t, a, b in zip(times, starts, ends, strict=True)
    ]
    fleet = build.fleet(paths, ais=rng.integers(0, 4, 60))
    legs, ais = fleet.legs, fleet.targets["ais"]
    lasts_s = (legs["t_to_us"] - legs["t_from_us"]) / US_PER_S
    every = reporting_interval_s(ais, legs["speed_mps"])
    wanted = float((lasts_s * np.where(ais > 0, 1 / every + 2 / 360, 0.0)).sum())
    for box, cell_deg in ((BOX, 0.5), (BOX, 1.0), (BOX, 7.0), (None, 1.0)):
        assert all_slots(message_grid(fleet, HOURS * US_PER_H, box, cell_deg)) == pytest.approx(
            wanted, rel=1e-9
        )


def test_the_last_step_may_be_shorter(build):
    fleet = build.fleet(still((12.5, 118.5)))
    grid = message_grid(fleet, US_PER_H + US_PER_H // 4, BOX)
    assert grid.slots_per_s.sum(axis=1) == pytest.approx([ANCHORED, ANCHORED], rel=1e-8)


@pytest.mark.parametrize("cell_deg", [0.5, 1.0, 0.7])
def test_cells_fill_the_box(build, cell_deg):
    grid = message_grid(build.fleet(still((12.5, 118.5))), US_PER_H, BOX, cell_deg)
    assert float(grid.area_m2.sum()) == pytest.approx(area_m2(BOX), rel=1e-9)


def test_what_is_heard_is_what_lies_within_reach(build):
    rng = np.random.default_rng(3)
    lat, lon = rng.uniform(10, 16, 400), rng.uniform(116, 124, 400)
    fleet = build.fleet(still(*zip(lat.tolist(), lon.tolist(), strict=True), hours=1), ais=np.full(400, 2))
    grid = message_grid(fleet, US_PER_H, BOX, 0.25)
    here = unit_vectors(13.0, 120.0)
    cosine = unit_vectors(lat, lon) @ here
    for reach_m in (100e3, 250e3, 400e3):
        limit = math.cos(reach_m / EARTH_RADIUS_M)
        slots, area = heard(grid, 0, *here.tolist(), limit)
        assert slots == pytest.approx((cosine >= limit).sum() * ANCHORED, rel=0.12)
        if reach_m == 250e3:  # whole within the box, and many cells across
            assert area == pytest.approx(2 * np.pi * EARTH_RADIUS_M**2 * (1 - limit), rel=0.02)
    assert heard(grid, 0, *here.tolist(), -1.0)[0] == pytest.approx(400 * ANCHORED, rel=1e-9)


def test_all_receivers_of_a_replicate_share_one_grid(build):
    fleet, timeline = build.fleet(still((12.5, 118.5))), build.timeline(1)
    setting = Setting(fleet, timeline, 1, None, BOX)
    assert setting.messages is setting.messages
    alone = message_grid(fleet, timeline.score_to_us, BOX)
    assert (setting.messages.slots_per_s == alone.slots_per_s).all()
    assert Setting(fleet, timeline, 1, None, BOX).messages is not setting.messages


def test_times_and_cells_are_above_nothing(build):
    fleet = build.fleet(still((12.5, 118.5)))
    for until_us, cell_deg in ((0, 1.0), (US_PER_H, 0.0), (US_PER_H, math.nan)):
        with pytest.raises(ValueError, match="expected a time and a cell above 0"):
            message_grid(fleet, until_us, BOX, cell_deg)
