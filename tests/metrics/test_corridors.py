"""Corridors: stretches against their definition, times near ships against a closed form."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from mda_sim.core.time import US_PER_S
from mda_sim.geo.regions import Point
from mda_sim.geo.sphere import destination
from mda_sim.metrics.corridors import (
    PIECE_M,
    LanePieces,
    corridor_figures,
    lane_pieces,
    longest_unobserved_m,
)
from mda_sim.metrics.near_ships import STEP_S, time_near_ships
from mda_sim.metrics.spec import CorridorSpec
from mda_sim.world.fleet import Fleet
from mda_sim.world.inside import inside_intervals

WINDOW = (0, 100 * US_PER_S)
EQUATOR = CorridorSpec(
    name="Along the equator",
    waypoints=(Point(lat_deg=0, lon_deg=100), Point(lat_deg=0, lon_deg=110)),
    half_width_m=10_000,
    bound_for="AAA",
)


def pieces(probe, length_m=1000.0):
    return LanePieces(np.full(len(probe), length_m), np.array(probe, np.int64), None)


def longest_by_definition(lane, picture, age_s, t_s):
    """The longest run of pieces whose probe's picture is older than ``age_s`` at ``t_s``."""
    longest = run = 0.0
    for probe, length_m in zip(lane.probe.tolist(), lane.piece_m.tolist(), strict=True):
        seen = [o for k, r, o in picture if k == probe and r <= t_s]
        unseen = probe >= 0 and not (seen and t_s - max(seen) < age_s)
        run = run + length_m if unseen else 0.0
        longest = max(longest, run)
    return longest


def test_a_lane_that_nobody_saw_is_one_stretch_and_one_always_seen_has_none(aware_of):
    lane = pieces([0, 0, 1, 1, 2])
    assert longest_unobserved_m(lane, aware_of([]), 10, WINDOW) == (5000.0, 5000.0)
    seen = aware_of([(k, t, t) for k in range(3) for t in range(0, 100, 10)])
    assert longest_unobserved_m(lane, seen, 10, WINDOW) == (0.0, 0.0)


def test_a_look_at_the_middle_halves_the_stretch_while_it_is_fresh(aware_of):
    lane = pieces([0, 0, 0, 0, 1, 1, 2, 2, 2, 2])
    mean_m, greatest_m = longest_unobserved_m(lane, aware_of([(1, 12, 10)]), 20, WINDOW)
    assert greatest_m == 10_000
    assert mean_m == pytest.approx((18 * 4_000 + 82 * 10_000) / 100)  # known from 12, fresh until 30


def test_a_piece_without_a_probe_ends_a_stretch(aware_of):
    lane = pieces([0, 0, 0, -1, 1, 1])
    assert longest_unobserved_m(lane, aware_of([]), 10, WINDOW) == (3000.0, 3000.0)
    mean_m, greatest_m = longest_unobserved_m(pieces([-1, -1]), aware_of([]), 10, WINDOW)
    assert math.isnan(mean_m)
    assert math.isnan(greatest_m)


@st.composite
def pictures(draw):
    """Rows (target, received, observed), each observation newer than those received before it."""
    rows = []
    for probe in range(3):
        received = sorted(draw(st.sets(st.integers(0, 99), max_size=6)))
        newest = -60
        for t in received:
            if newest < t:
                newest = draw(st.integers(newest + 1, t))
                rows.append((probe, t, newest))
    return rows


@settings(max_examples=60, deadline=None)
@given(pictures(), st.lists(st.integers(-1, 2), min_size=1, max_size=8), st.integers(1, 60))
def test_stretches_are_those_of_the_definition(aware_of, picture, probe, age_s):
    lane = pieces(probe)
    if max(probe) < 0:
        return
    # Everything happens at whole seconds, so the sum over seconds is the integral.
    each = [longest_by_definition(lane, picture, age_s, t) for t in range(100)]
    mean_m, greatest_m = longest_unobserved_m(lane, aware_of(picture), age_s, WINDOW)
    assert mean_m == pytest.approx(np.mean(each))
    assert greatest_m == max(each)


def with_destinations(fleet, bound_for):
    """The fleet with the nation that each vessel is bound for, '' for none."""
    names = sorted({nation for nation in bound_for if nation})
    column = [names.index(nation) if nation else -1 for nation in bound_for]
    column += [-1] * (fleet.n_targets - len(column))
    meta = {**fleet.targets.meta, "destinations": names, "probe_spacing_deg": 0.5}
    targets = type(fleet.targets).of(
        fleet.targets.schema, {**fleet.targets.columns, "bound_for": column}, meta
    )
    return Fleet(targets, fleet.legs, fleet.broadcasts, fleet.n_vessels)


def whole(fleet, until_s):
    """All time of all targets near the equator."""
    return inside_intervals(fleet, EQUATOR.region(400_000.0), 0, until_s * US_PER_S)


def sailing(from_lon, to_lon, until_s, lat=0.0):
    return [(0, lat, from_lon), (until_s, lat, to_lon)]


UNTIL_S = 100_000
SPEED_MPS = math.radians(5.0) * 6371008.8 / UNTIL_S  # along the equator from 102 to 107 E


def crossing(fleet_of, off_m, bound=("AAA", "")):
    lat, lon = destination(0.0, 104.5, 0.0, off_m)
    anchored = [(0, float(lat), float(lon)), (UNTIL_S, float(lat), float(lon))]
    vessels = [
        ("cargo", "CCC", True, sailing(102, 107, UNTIL_S)),
        ("fishing", "CCC", False, anchored),
    ]
    return with_destinations(fleet_of(vessels, until_s=UNTIL_S), bound)


@pytest.mark.parametrize("off_m", [0.0, 15_000.0, 30_000.0])
def test_a_ship_that_passes_is_near_for_the_length_of_a_chord(fleet_of, off_m):
    fleet = crossing(fleet_of, off_m)
    near = time_near_ships(fleet, EQUATOR, whole(fleet, UNTIL_S), 0, UNTIL_S * US_PER_S)
    assert set(near["target"].tolist()) == {1}
    chord_s = 2 * math.sqrt(EQUATOR.near_m**2 - off_m**2) / SPEED_MPS
    found_s = (near["t_to_us"] - near["t_from_us"]).sum() / US_PER_S
    assert found_s == pytest.approx(chord_s, abs=STEP_S)
    assert len(near) == 1


@pytest.mark.parametrize(
    ("bound", "off_m"), [(("BBB", ""), 0.0), (("", ""), 0.0), (("AAA", ""), 40_000.0), (("", "AAA"), 0.0)]
)
def test_a_ship_bound_elsewhere_or_far_away_and_the_vessel_itself_do_not_count(fleet_of, bound, off_m):
    fleet = crossing(fleet_of, off_m, bound)
    assert not len(time_near_ships(fleet, EQUATOR, whole(fleet, UNTIL_S), 0, UNTIL_S * US_PER_S))


def test_only_silent_vessels_near_ships_inside_the_corridor_count(fleet_of):
    beside = 11_000.0 / 6371008.8 * 180 / math.pi  # just off the corridor
    vessels = [
        ("cargo", "CCC", True, sailing(102, 107, UNTIL_S, lat=beside)),
        ("fishing", "CCC", False, sailing(104, 104.1, UNTIL_S)),
    ]
    fleet = with_destinations(fleet_of(vessels, until_s=UNTIL_S), ("AAA", ""))
    assert not len(time_near_ships(fleet, EQUATOR, whole(fleet, UNTIL_S), 0, UNTIL_S * US_PER_S))
    wider = EQUATOR.model_copy(update={"half_width_m": 12_000.0})
    assert len(time_near_ships(fleet, wider, whole(fleet, UNTIL_S), 0, UNTIL_S * US_PER_S))
    talking = [vessels[0], ("fishing", "CCC", True, vessels[1][3])]
    fleet = with_destinations(fleet_of(talking, until_s=UNTIL_S), ("AAA", ""))
    assert not len(time_near_ships(fleet, wider, whole(fleet, UNTIL_S), 0, UNTIL_S * US_PER_S))


def test_time_outside_the_scored_area_does_not_count(fleet_of):
    fleet = crossing(fleet_of, 0.0)
    half = whole(fleet, UNTIL_S // 2)  # the ship passes at half time
    near = time_near_ships(fleet, EQUATOR, half, 0, UNTIL_S * US_PER_S)
    full = time_near_ships(fleet, EQUATOR, whole(fleet, UNTIL_S), 0, UNTIL_S * US_PER_S)
    assert near["t_to_us"].max() <= UNTIL_S // 2 * US_PER_S
    assert (
        0.4 < (near["t_to_us"] - near["t_from_us"]).sum() / (full["t_to_us"] - full["t_from_us"]).sum() < 0.6
    )


def test_each_piece_has_the_nearest_probe_within_one_spacing(fleet_of):
    probes = [(0.25, 100.25), (0.25, 100.75), (-0.25, 105.25)]
    fleet = with_destinations(fleet_of([], probes, until_s=UNTIL_S), ())
    lane = lane_pieces(fleet, {"equator": EQUATOR}, whole(fleet, UNTIL_S), 0, UNTIL_S * US_PER_S)["equator"]
    assert lane.piece_m.sum() == pytest.approx(math.radians(10) * 6371008.8)
    assert lane.piece_m.max() <= PIECE_M
    lon = 100 + 10 * (np.cumsum(lane.piece_m) - lane.piece_m / 2) / lane.piece_m.sum()
    assert (lane.probe[lon < 100.49] == 0).all()
    assert (lane.probe[(lon > 100.51) & (lon < 101.15)] == 1).all()
    assert (lane.probe[(lon > 101.3) & (lon < 104.7)] == -1).all()
    assert (lane.probe[(lon > 104.9) & (lon < 105.6)] == 2).all()


def test_custody_near_ships_is_the_share_of_the_time_near_them(fleet_of, aware_of):
    fleet = crossing(fleet_of, 0.0)
    window = (0, UNTIL_S * US_PER_S)
    lanes = lane_pieces(fleet, {"equator": EQUATOR}, whole(fleet, UNTIL_S), *window)
    (near,) = (lanes["equator"].near.columns[name].tolist() for name in ("t_from_us",))
    start_s = near[0] / US_PER_S
    aware = aware_of([(1, start_s + 1000, start_s + 400)])
    found = {
        figure.metric: figure
        for figure in corridor_figures(lanes, aware, aware, (3600.0,), window, fleet.n_targets)
    }
    assert {figure.group for figure in found.values()} == {"corridor:equator"}
    near_h = found["corridor_near_h"].value
    assert found["corridor_held_h_1h"].value == pytest.approx(3000 / 3600)  # from receipt to age 3600 s
    assert found["corridor_custody_fraction_1h"].value == pytest.approx(3000 / 3600 / near_h)
    assert found["corridor_custody_fraction_1h"].n == 1
    assert math.isnan(found["corridor_unobserved_mean_m_1h"].value)  # there are no probes
    assert found["corridor_lane_m"].value == 0


def test_without_a_destination_custody_near_ships_is_not_measured(fleet_of, aware_of):
    fleet = crossing(fleet_of, 0.0)
    corridor = EQUATOR.model_copy(update={"bound_for": None})
    window = (0, UNTIL_S * US_PER_S)
    lanes = lane_pieces(fleet, {"equator": corridor}, whole(fleet, UNTIL_S), *window)
    figures = corridor_figures(lanes, aware_of([]), aware_of([]), (3600.0,), window, fleet.n_targets)
    assert not {figure.metric for figure in figures} & {"corridor_near_h", "corridor_custody_fraction_1h"}


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"name": "x"}, "either lane or waypoints"),
        ({"name": "x", "lane": "bashy"}, "did you mean 'bashi'"),
        ({"name": "x", "lane": "bashi", "near_m": 0}, "greater than or equal to 1"),
        ({"name": "x", "lane": "bashi", "bound_for": "jp"}, "string_pattern_mismatch"),
    ],
)
def test_a_corridor_that_makes_no_sense_is_refused(wrong, says):
    with pytest.raises(ValidationError, match=says):
        CorridorSpec.model_validate(wrong)
