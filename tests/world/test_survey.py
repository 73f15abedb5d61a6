"""Survey ships: parallel lines to and fro, one speed, in turns."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from pydantic import ValidationError

from mda_sim.core.errors import RunError
from mda_sim.core.time import US_PER_DAY, US_PER_H
from mda_sim.core.units import KNOT_MPS
from mda_sim.geo.regions import Box, Circle, contains
from mda_sim.geo.sphere import distance_m, initial_bearing_deg
from mda_sim.world.groups import assemble
from mda_sim.world.survey import SurveyTraffic, survey_groups

BOX = Box(lat_min_deg=1, lat_max_deg=28, lon_min_deg=103, lon_max_deg=129)
BASE = {"lat_deg": 17.9, "lon_deg": 109.3}
AREA = {"kind": "box", "lat_min_deg": 7.2, "lat_max_deg": 7.7, "lon_min_deg": 109.6, "lon_max_deg": 110.2}


def area(ships=1.0, region=None, **changes):
    return {"ships": ships, "region": region or AREA, "spacing_m": 4_000.0, "course_deg": 30.0} | changes


def spec(areas, **changes):
    base = {
        "kind": "survey",
        "areas": areas,
        "length_m": {"low": 60.0, "high": 110.0},
        "flags": {"CHN": 1.0},
        "ais": {"carriage": 1.0},
    }
    return SurveyTraffic.model_validate(base | changes)


@pytest.fixture(scope="module")
def mow(make, land):
    def build(areas, days=20.0, seed=5, **changes):
        groups = survey_groups("survey", spec(areas, **changes), BOX, make.timeline(days), seed, land)
        return assemble(list(groups))

    return build


@pytest.fixture(scope="module")
def relieved(mow):
    stay = {"low": 8 * 86_400.0, "high": 12 * 86_400.0}
    return mow({"a": area(3.0, reliefs={"base": BASE, "stay_s": stay})}, days=40.0)


def test_lines_are_parallel_and_so_far_apart_and_sailed_to_and_fro(mow):
    fleet = mow({"a": area()})
    legs = fleet.legs
    start = fleet.positions(legs["target"], legs["t_from_us"])
    end = fleet.positions(legs["target"], legs["t_to_us"] - 1)
    course = initial_bearing_deg(*start, *end)
    off_deg = np.abs((course - 30.0 + 90.0) % 180.0 - 90.0)
    length_m = distance_m(*start, *end)
    lines = np.flatnonzero((off_deg < 2.0) & (length_m > 10_000.0))
    assert len(lines) > 20
    assert length_m[lines].sum() > 0.75 * length_m.sum()
    whole = [k for k in lines if 0 < k < len(legs) - 1]
    turned = [(course[b] - course[a]) % 360.0 for a, b in pairwise(whole) if b == a + 2]
    assert len(turned) > 15
    assert np.abs(np.array(turned) - 180.0).max() < 2.0
    mid = fleet.positions(legs["target"], (legs["t_from_us"] + legs["t_to_us"]) // 2)
    aside_m = distance_m(7.45, 109.9, *mid) * np.sin(
        np.radians(initial_bearing_deg(7.45, 109.9, *mid) - 30.0)
    )
    spacing = np.diff(np.unique(np.round(aside_m[lines] / 4_000.0, 2)))
    assert spacing == pytest.approx(1.0, abs=0.02)


def test_a_survey_stays_in_its_area_and_covers_it(mow):
    fleet = mow({"a": area(2.0)})
    region = Box.model_validate(AREA | {"lat_max_deg": 7.7001, "lon_max_deg": 110.2001})
    t_us = np.arange(0, 20 * 24) * US_PER_H
    for ship in (0, 1):
        lat, lon = fleet.positions(np.full(len(t_us), ship), t_us)
        assert contains(region, lat, lon).all()
        cells = set(
            zip(
                ((lat - 7.2) * 10).astype(int).tolist(),
                ((lon - 109.6) * 10).astype(int).tolist(),
                strict=True,
            )
        )
        assert len(cells) > 25  # of 30


def test_ships_keep_one_speed_of_the_class(mow):
    fleet = mow({"a": area(5.0)})
    speed = fleet.legs["speed_mps"] / KNOT_MPS
    assert speed.min() > 4 - 1e-3
    assert speed.max() < 6 + 1e-3
    for ship in range(5):
        mine = speed[fleet.legs["target"] == ship]
        assert np.ptp(mine) < 1e-2
    assert len(np.unique(np.round(speed, 2))) >= 5


def test_surveys_begin_anywhere_on_their_round(mow):
    n = 500
    region = {
        "kind": "box",
        "lat_min_deg": 14.0,
        "lat_max_deg": 14.5,
        "lon_min_deg": 115.0,
        "lon_max_deg": 115.5,
    }
    fleet = mow({"a": area(float(n), region, course_deg=0.0)}, days=1.1)
    lat, lon = fleet.positions(np.arange(n), 0)
    for share in ((lat - 14.0) / 0.5, (lon - 115.0) / 0.5):
        assert share.mean() == pytest.approx(0.5, abs=4 / np.sqrt(12 * n) + 0.01)


def test_one_ship_at_a_time_holds_each_survey(relieved):
    region = Circle(lat_deg=7.45, lon_deg=109.9, radius_m=50_000.0)
    on_lines = []
    for t_h in range(0, 40 * 24, 5):
        lat, lon = relieved.positions(np.arange(relieved.n_vessels), t_h * US_PER_H)
        on_lines.append(int(contains(region, lat, lon).sum()))
    assert min(on_lines) == 3
    assert np.mean(np.array(on_lines) == 3) > 0.85
    presence = relieved.presence()
    whole = (presence["t_from_us"] > 0) & (presence["t_to_us"] < 39 * US_PER_DAY)
    assert whole.sum() >= 3
    for side in ("t_from_us", "t_to_us"):
        lat, lon = relieved.positions(presence["target"][whole], presence[side][whole])
        assert distance_m(BASE["lat_deg"], BASE["lon_deg"], lat, lon).max() < 1.0
    speed = relieved.legs["speed_mps"] / KNOT_MPS
    assert speed.min() > 4 - 1e-2
    assert speed.max() < 12 + 1e-2


def test_no_leg_meets_land(relieved, land):
    legs = relieved.legs
    start = relieved.positions(legs["target"], legs["t_from_us"])
    end = relieved.positions(legs["target"], legs["t_to_us"] - 1)
    assert len(legs) > 100
    assert not land.crosses_great_circle(*start, *end).any()


def test_more_ships_other_areas_or_a_longer_run_change_no_ship(mow):
    t_us = np.arange(0, 20 * 24, 3) * US_PER_H
    circle = {"kind": "circle", "lat_deg": 14.0, "lon_deg": 115.0, "radius_m": 30_000.0}
    one = mow({"a": area(2.0)})
    for other in (
        mow({"a": area(5.0)}),
        mow({"a": area(2.0), "b": area(1.0, circle)}),
        mow({"a": area(2.0)}, days=31.0),
    ):
        for ship in (0, 1):
            ships = np.full(len(t_us), ship)
            assert np.array_equal(one.unit_vectors(ships, t_us), other.unit_vectors(ships, t_us))


@pytest.mark.parametrize(
    ("changes", "match"),
    [
        (
            {"region": {"kind": "circle", "lat_deg": 16.5, "lon_deg": 119.9, "radius_m": 50_000.0}},
            "open water",
        ),
        (
            {"region": {"kind": "circle", "lat_deg": 44.9, "lon_deg": 149.9, "radius_m": 50_000.0}},
            "open water",
        ),
        ({"spacing_m": 10.0}, "lines; expected at most 2,000"),
        ({"reliefs": {"base": BASE, "stay_s": {"low": 3600.0, "high": 1e6}}}, "km from its base by sea"),
    ],
)
def test_areas_on_land_too_fine_or_too_far_away_are_refused(mow, changes, match):
    with pytest.raises(RunError, match=match):
        mow({"a": area() | changes})


@pytest.mark.parametrize("changes", [{"spacing_m": 0.0}, {"course_deg": 180.0}, {"ships": -1.0}])
def test_impossible_patterns_are_refused(changes):
    with pytest.raises(ValidationError):
        spec({"a": area() | changes})
