"""Crossings of a line: hand-made tracks whose crossings are known, and what holds for any track."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mda_sim.core.time import US_PER_H
from mda_sim.data.published import CountLine, count_lines
from mda_sim.geo.sphere import distance_m, lat_lon, unit_vectors
from mda_sim.report.world_crossings import crossings
from mda_sim.world.legs import legs_between, legs_from_waypoints


def line(lat1, lon1, lat2, lon2):
    return CountLine("line", "A line", lat1, lon1, lat2, lon2, "made up", "assumption")


MERIDIAN = line(-5.0, 110.0, 5.0, 110.0)
"""Runs north: left of it is the west."""


def test_a_ship_on_the_equator_crosses_a_meridian_when_it_has_gone_half_way():
    legs = legs_between([0.0, 0.0], [109.0, 111.0], [0, 10 * US_PER_H])
    found = crossings(legs, MERIDIAN)
    assert found["t_us"].tolist() == [pytest.approx(5 * US_PER_H, abs=2)]
    assert found["to_left"].tolist() == [-1]
    back = crossings(legs_between([0.0, 0.0], [111.0, 109.0], [0, 10 * US_PER_H]), MERIDIAN)
    assert back["to_left"].tolist() == [1]


@pytest.mark.parametrize(("lat_deg", "expected"), [(4.99, 1), (5.01, 0), (-4.99, 1), (-5.01, 0)])
def test_only_the_arc_counts_not_the_whole_great_circle(lat_deg, expected):
    legs = legs_between([lat_deg, lat_deg], [109.99, 110.01], [0, US_PER_H])
    assert len(crossings(legs, MERIDIAN)) == expected


def test_ships_that_do_not_move_or_stay_on_one_side_do_not_cross():
    still = legs_between([0.0, 0.0], [110.0, 110.0], [0, US_PER_H])
    aside = legs_from_waypoints([0.0, 2.0, -2.0], [108.0, 109.9, 109.9], 0, 5.0)
    assert len(crossings(still, MERIDIAN)) == 0
    assert len(crossings(aside, MERIDIAN)) == 0


def test_a_waypoint_on_the_line_counts_once_if_the_ship_goes_through_and_evenly_if_it_turns_back():
    hours = [0, US_PER_H, 2 * US_PER_H]
    through = crossings(legs_between([0.0, 0.0, 0.0], [109.0, 110.0, 111.0], hours), MERIDIAN)
    assert through["t_us"].tolist() == [pytest.approx(US_PER_H, abs=2)]
    for first in (109.0, 111.0):
        turned = crossings(legs_between([0.0, 0.0, 0.0], [first, 110.0, first], hours), MERIDIAN)
        assert turned["to_left"].sum() == 0


def test_a_jump_over_the_line_between_two_legs_does_not_count():
    one = legs_between([0.0, 0.0, 0.0, 0.0], [108.0, 109.0, 111.0, 112.0], np.array([0, 1, 2, 3]) * US_PER_H)
    assert len(crossings(one, MERIDIAN)) == 1
    assert len(crossings(one.take([0, 2]), MERIDIAN)) == 0


def test_adjoining_lines_share_no_ship():
    south, north = line(-5.0, 110.0, 0.0, 110.0), line(0.0, 110.0, 5.0, 110.0)
    lat = np.linspace(-4.0, 4.0, 16)
    legs = legs_between(
        np.repeat(lat, 2),
        np.tile([109.0, 111.0], len(lat)),
        np.tile([0, US_PER_H], len(lat)),
        np.repeat(np.arange(len(lat)), 2),
    )
    parts = [crossings(legs, part)["target"].tolist() for part in (south, north)]
    assert sorted(parts[0] + parts[1]) == list(range(len(lat)))


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.floats(-20, 20), st.floats(95, 125)), min_size=2, max_size=8, unique=True))
def test_crossings_lie_on_the_line_and_net_crossings_are_the_change_of_side(track):
    lat, lon = np.array(track).T
    legs = legs_between(lat, lon, np.arange(len(lat)) * 10 * US_PER_H)
    found = crossings(legs, line(-80.0, 110.0, 80.0, 110.0))
    side = np.where(lon[[0, -1]] < 110.0, 1, -1)
    if not np.isclose(lon, 110.0, atol=1e-6).any():
        assert 2 * found["to_left"].sum() == side[1] - side[0]
    for t_us in found["t_us"]:
        leg = np.flatnonzero(legs["t_from_us"] <= t_us)[-1]
        angle = legs["w_rad_s"][leg] * (t_us - legs["t_from_us"][leg]) / 1e6
        at = [legs[f"a{k}"][leg] * np.cos(angle) + legs[f"b{k}"][leg] * np.sin(angle) for k in "xyz"]
        assert lat_lon(at)[1] == pytest.approx(110.0, abs=1e-6)


def test_a_line_of_no_length_is_refused():
    legs = legs_between([0.0, 0.0], [109.0, 111.0], [0, US_PER_H])
    with pytest.raises(ValueError, match="one place"):
        crossings(legs, line(1.0, 110.0, 1.0, 110.0))


def test_the_count_lines_of_the_catalogue_end_on_land():
    from mda_sim.geo.coast import load_land

    for row in count_lines().values():
        ends = [(row.lat1_deg, row.lon1_deg), (row.lat2_deg, row.lon2_deg)]
        assert load_land().is_land([lat for lat, _ in ends], [lon for _, lon in ends]).all(), row.id
        assert distance_m(*ends[0], *ends[1]) < 500_000
        assert np.isfinite(unit_vectors(*ends[0])).all()
