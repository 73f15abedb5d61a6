"""Density: vessel-hours are neither lost nor made."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mda_sim.core.time import US_PER_H
from mda_sim.report.world_density import CELLS_ACROSS, grid_over, vessel_hours
from mda_sim.world.legs import legs_between

GRID = grid_over(0.0, 10.0, 105.0, 120.0)


def test_a_ship_at_constant_speed_leaves_equal_time_in_equal_cells():
    legs = legs_between([5.01, 5.01], [105.0, 115.0], [0, 40 * US_PER_H])
    grid = grid_over(0.0, 10.0, 105.0, 120.0)
    inside, outside = vessel_hours(legs, grid, np.zeros(1, np.int64), 1, 0, 40 * US_PER_H)
    by_column = inside[0].sum(axis=0)
    width = grid.lon_edges_deg[1] - grid.lon_edges_deg[0]
    columns = round(10.0 / width)
    assert by_column[:columns] == pytest.approx(40.0 / columns, rel=0.1)
    assert by_column[columns + 1 :].sum() + outside[0] == pytest.approx(0.0, abs=0.1)


def test_a_ship_at_rest_is_in_one_cell_and_ships_left_out_are_in_none():
    legs = legs_between([5.1, 5.1, 7.0, 7.0], [110.1] * 4, [0, US_PER_H] * 2, [0, 0, 1, 1])
    inside, outside = vessel_hours(legs, GRID, np.array([0, -1]), 1, 0, 2 * US_PER_H)
    assert sorted(inside.ravel())[-2:] == [0.0, pytest.approx(1.0)]
    assert outside.tolist() == [0.0]


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.tuples(st.floats(-5, 15), st.floats(100, 125)), min_size=4, max_size=20),
    st.integers(0, 40),
    st.integers(1, 60),
)
def test_all_vessel_hours_are_in_a_cell_or_outside(places, first_h, lasts_h):
    lat, lon = np.array(places).T
    target = np.arange(len(lat)) // 4
    t_us = (np.arange(len(lat)) % 4) * 13 * US_PER_H
    legs = legs_between(lat, lon, t_us, target)
    if not len(legs):
        return
    begin_us, end_us = first_h * US_PER_H, (first_h + lasts_h) * US_PER_H
    group = np.arange(target[-1] + 1) % 2
    inside, outside = vessel_hours(legs, GRID, group, 2, begin_us, end_us)
    overlap_us = np.minimum(legs["t_to_us"], end_us) - np.maximum(legs["t_from_us"], begin_us)
    for number in (0, 1):
        own = overlap_us[(group[legs["target"]] == number) & (overlap_us > 0)]
        assert inside[number].sum() + outside[number] == pytest.approx(own.sum() / US_PER_H, abs=1e-9)


@pytest.mark.parametrize("span_deg", [0.3, 3.0, 22.0, 60.0])
def test_a_grid_covers_its_box_with_cells_of_one_size(span_deg):
    grid = grid_over(3.0, 3.0 + span_deg / 2, 105.0, 105.0 + span_deg)
    assert grid.shape[1] <= CELLS_ACROSS + 1
    assert np.diff(grid.lon_edges_deg) == pytest.approx(np.diff(grid.lon_edges_deg)[0])
    assert grid.lon_edges_deg[0] <= 105.0 + 1e-9
    assert grid.lon_edges_deg[-1] >= 105.0 + span_deg - 1e-9
    assert grid.lat_edges_deg[0] <= 3.0 + 1e-9
    assert grid.lat_edges_deg[-1] >= 3.0 + span_deg / 2 - 1e-9
