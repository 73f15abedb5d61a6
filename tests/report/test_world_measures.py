"""Measures of a world, on hand-made fleets whose counts are known."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from mda_sim.core.errors import RunError
from mda_sim.core.time import US_PER_DAY, US_PER_H
from mda_sim.core.units import KNOT_MPS
from mda_sim.data import catalogue
from mda_sim.data.published import PublishedFigure, count_line, published_figures
from mda_sim.report.world_counts import ALL, AREA, WORLD, counts, noon_words
from mda_sim.report.world_measures import (
    MEASURES,
    SimulatedWorld,
    agrees,
    measured,
    needs_sensing,
    why_not,
)
from mda_sim.report.world_snapshots import MOST_LOOKED_AT, instants, snapshots
from mda_sim.scenario import load_scenario_text
from mda_sim.world.broadcasts import for_life
from mda_sim.world.fleet import AisClass
from mda_sim.world.groups import Group, assemble
from mda_sim.world.legs import legs_between, legs_from_waypoints

TINY = (Path(__file__).parent.parent / "study" / "tiny.yaml").read_text()
SHOAL = (15.183, 117.767)
"""Scarborough Shoal in the catalogue."""
OPEN_SEA = (17.0, 118.5)


def scenario(**changes):
    """Two scored days, 2026-03-03 to 2026-03-05, in an area that reaches to the Luzon Strait."""
    text = TINY.replace("warmup_d: 0.1", "warmup_d: 1").replace("duration_d: 0.5", "duration_d: 2")
    text = text.replace(
        "lat_max_deg: 16, lon_min_deg: 117, lon_max_deg: 121",
        "lat_max_deg: 22, lon_min_deg: 117, lon_max_deg: 123",
    )
    for old, new in changes.items():
        text = text.replace(old, new)
    return load_scenario_text(text)


def group(stream, legs, broadcasting=True, length_m=100.0, ais=AisClass.CLASS_A):
    n = len(np.unique(legs["target"]))
    return Group(
        traffic_class=stream.partition("/")[0],
        stream=stream,
        index=np.arange(n),
        flag=["PHL"] * n,
        length_m=np.full(n, length_m),
        ais=np.full(n, ais, np.uint8),
        legs=legs,
        broadcasts=for_life(np.full(n, broadcasting), legs),
    )


def staying(place, from_h, to_h, n=1):
    """Ships that lie at a place from one hour of the run to another."""
    times = np.tile((np.array([from_h, to_h]) * US_PER_H).astype(np.int64), n)
    return legs_between(np.full(2 * n, place[0]), np.full(2 * n, place[1]), times, np.repeat(np.arange(n), 2))


def world(*groups):
    return SimulatedWorld(scenario(), assemble(groups), 1)


def figure(measure, **changes):
    base = PublishedFigure(
        "figure",
        "what",
        measure,
        (),
        (),
        (),
        math.nan,
        (),
        1.0,
        math.nan,
        math.nan,
        "1",
        "input",
        "how",
        "us",
        "high",
    )
    return replace(base, **changes)


def near_shoal(measure, **changes):
    return figure(measure, where=("scarborough_shoal",), radius_m=5000.0, **changes)


def test_counts_at_a_feature_are_time_means_of_the_scored_time():
    there = world(
        group("militia/a", staying(SHOAL, 0, 72, n=3)),  # all of it
        group("guard/a", staying(SHOAL, 23.5, 35.5)),  # twelve of forty-eight hours
        group("guard/b", staying(OPEN_SEA, 0, 72)),
    )
    assert measured(near_shoal("mean_count", who=("kind:militia",)), there) == 3.0
    assert measured(near_shoal("mean_count", who=("guard",)), there) == pytest.approx(0.25)
    assert measured(near_shoal("mean_count"), there) == pytest.approx(3.25)
    assert measured(near_shoal("ship_days_per_year", who=("guard",)), there) == pytest.approx(
        0.25 * 365, abs=8
    )
    assert measured(near_shoal("largest_count"), there) == 4.0
    assert measured(near_shoal("median_count"), there) == 3.0
    assert measured(figure("mean_count", who=("guard/*",)), there) == pytest.approx(1.25)


def test_days_with_a_ship_count_once_however_long_it_stays():
    first_day_only = world(group("guard/a", staying(SHOAL, 30, 33)), group("guard/b", staying(SHOAL, 31, 40)))
    both = world(group("guard/a", staying(SHOAL, 40, 50)))
    never = world(group("guard/a", staying(OPEN_SEA, 0, 72)))
    shares = [measured(near_shoal("share_of_days"), one) for one in (first_day_only, both, never)]
    assert shares == [0.5, 1.0, 0.0]


def test_shares_of_places_and_of_silence_are_shares_of_vessel_time():
    there = world(
        group("militia/a", staying(SHOAL, 0, 72, n=3), broadcasting=False),
        group("militia/b", staying((9.917, 115.533), 0, 72), broadcasting=True),
    )
    both = ("mischief_reef", "scarborough_shoal")
    assert measured(near_shoal("share_at", of=both), there) == pytest.approx(0.75)
    assert measured(figure("silent_share", where=both, radius_m=5000.0), there) == pytest.approx(0.75)
    assert measured(figure("silent_share"), there) == 1.0  # Mischief lies outside the area
    assert math.isnan(measured(near_shoal("silent_share", who=("nobody",)), there))


def test_transits_count_both_ways_within_the_scored_time_only():
    lat, lon = [20.5, 20.5], [120.0, 122.0]
    there = world(
        group("cargo/east", legs_between(lat, lon, [30 * US_PER_H, 40 * US_PER_H])),
        group("cargo/west", legs_between(lat, lon[::-1], [50 * US_PER_H, 60 * US_PER_H])),
        group("guard/east", legs_between(lat, lon, [30 * US_PER_H, 40 * US_PER_H])),
        group("cargo/early", legs_between(lat, lon, [0, 10 * US_PER_H])),
    )
    line = ("luzon_strait",)
    assert measured(figure("transits_per_day", where=line), there) == 1.5
    assert measured(figure("transits_per_day", where=line, who=("cargo",)), there) == 1.0
    share = figure("share_of_transits", where=line, who=("guard",), of=("cargo", "guard"))
    assert measured(share, there) == pytest.approx(1 / 3)


def test_the_median_speed_weighs_time_under_way():
    slow = legs_from_waypoints([15.0, 15.0], [117.0, 121.0], US_PER_DAY, 4 * KNOT_MPS)
    fast = legs_from_waypoints([17.0, 17.0], [118.0, 118.2], US_PER_DAY, 20 * KNOT_MPS)
    at_rest = staying(SHOAL, 0, 72, n=9)
    there = world(group("cargo/a", slow), group("cargo/b", fast), group("cargo/c", at_rest))
    assert measured(figure("median_speed_kn"), there) == pytest.approx(4.0, rel=1e-6)
    lengths = world(
        group("cargo/a", staying(SHOAL, 0, 72, n=3), length_m=90.0), group("cargo/b", slow, length_m=300.0)
    )
    assert measured(figure("median_length_m"), lengths) == 90.0


def test_contacts_match_ais_exactly_if_the_ships_send_their_place():
    sensor = ("sar_sentinel_1",)
    shares = []
    for broadcasting, ais in ((True, AisClass.CLASS_A), (True, AisClass.CLASS_B), (False, AisClass.CLASS_A)):
        ships = group("cargo/a", staying(OPEN_SEA, 0, 72, n=200), broadcasting, 300.0, ais)
        there = world(ships, group("cargo/away", staying((23.0, 118.0), 0, 72, n=50)))
        images = there.images("sar_sentinel_1")
        assert len(images.target) > 0, "the test needs an image of the ships"
        assert len(images.target) <= 200 * images.n_images
        assert images.t_us.min() >= there.timeline.score_from_us
        assert measured(figure("contacts_per_day", of=sensor), there) == len(images.target) / 2
        assert measured(figure("images_per_day", of=sensor), there) == images.n_images / 2
        shares.append(
            (
                measured(figure("matched_share", of=sensor), there),
                measured(figure("matched_share_class_a", of=sensor), there),
            )
        )
    assert shares == [(1.0, 1.0), (1.0, 0.0), (0.0, 0.0)]


def test_a_figure_without_its_vessels_or_its_place_does_not_apply():
    there = world(group("militia/a", staying(SHOAL, 0, 72)))
    assert why_not(near_shoal("mean_count", who=("kind:militia",)), there) == ""
    assert "no such vessels" in why_not(near_shoal("mean_count", who=("kind:fishing",)), there)
    far = figure("mean_count", where=("luconia_shoals",), radius_m=5000.0)
    assert "outside" in why_not(far, there)
    assert "outside" in why_not(figure("silent_share", sea=("luconia_shoals",)), there)
    assert why_not(figure("silent_share", sea=("scarborough_shoal",)), there) == ""
    assert "outside" in why_not(figure("transits_per_day", where=("singapore_strait",)), there)


@pytest.mark.parametrize(
    ("low", "high", "value", "simulated", "expected"),
    [
        (math.nan, math.nan, 100.0, (109.0,), True),
        (math.nan, math.nan, 100.0, (111.0,), False),
        (math.nan, math.nan, 100.0, (130.0, 95.0, 165.0), True),
        (math.nan, math.nan, 100.0, (130.0, 125.0, 135.0), False),
        (10.0, 20.0, math.nan, (20.5,), False),
        (10.0, 20.0, 15.0, (20.5, 19.5, 21.5), True),
        (math.nan, 20.0, math.nan, (3.0,), True),
        (10.0, math.nan, math.nan, (3.0, 2.0, 4.0), False),
    ],
)
def test_agreement_is_lying_within_bounds_or_near_the_number(low, high, value, simulated, expected):
    assert agrees(figure("mean_count", low=low, high=high, value=value), *simulated) is expected


def test_counts_by_class_add_up_in_every_zone_and_noon_is_local():
    there = world(
        group("militia/a", staying(SHOAL, 0, 72, n=3), broadcasting=False),
        group("militia/b", staying(OPEN_SEA, 24, 36, n=2)),
        group("militia/c", staying((22.1, 118.0), 0, 72)),  # in the buffer
    )
    found = {(count.traffic_class, count.zone): count for count in counts(there)}
    assert noon_words(there) == "04:00 UTC"  # 120 E is eight hours ahead
    assert found[ALL, WORLD].n_vessels == 6
    assert found[ALL, AREA].n_vessels == 5
    assert found[ALL, "shoal"].mean == 3.0
    assert found[ALL, AREA].at_noon == 4.0  # five on the first day, three on the second
    assert found[ALL, "shoal"].broadcasting == 0.0
    for zone in (WORLD, AREA, "shoal"):
        assert found["militia", zone].mean == found[ALL, zone].mean


def test_the_instants_are_whole_hours_of_the_scored_time_and_grow_apart_in_large_worlds():
    there = world(group("militia/a", staying(SHOAL, 0, 72)))
    at = there.snapshots
    assert (at.step_h, len(at.t_us)) == (1, 48)
    assert at.t_us[0] == there.timeline.score_from_us
    assert (at.t_us < there.timeline.score_to_us).all()
    assert instants(MOST_LOOKED_AT // 30, there.timeline)[0] == 2


def test_a_scored_time_without_a_whole_hour_is_refused():
    short = scenario(**{"warmup_d: 1": "warmup_h: 0.1", "duration_d: 2": "duration_h: 0.5"})
    fleet = assemble([group("militia/a", staying(SHOAL, 0, 72))])
    with pytest.raises(RunError, match="whole hour"):
        snapshots(fleet, short.timeline)


def test_every_published_figure_can_be_measured_and_says_what_it_is():
    published = published_figures()
    for one in published.values():
        assert one.measure in MEASURES, one.id
        assert one.method, one.id
        numbers = [number for number in (one.low, one.value, one.high) if not math.isnan(number)]
        assert numbers == sorted(numbers), one.id
        assert one.unit != "1" or all(0 <= number <= 1 for number in numbers), one.id
        assert all(catalogue.feature(name) for name in one.sea), one.id
        assert math.isnan(one.radius_m) or one.radius_m > 0, one.id
        if one.measure in ("transits_per_day", "share_of_transits"):
            assert count_line(one.where[0]), one.id
        else:
            assert all(catalogue.feature(name) for name in one.where), one.id
        if needs_sensing(one):
            assert catalogue.sensor_type(one.of[0]).kind == "sar_satellite", one.id
    assert sum(one.tag == "held-out" for one in published.values()) >= 3


def test_parts_of_published_totals_add_up():
    published = published_figures()
    shares = [one.value for one in published.values() if one.measure == "share_of_transits"]
    assert sum(shares) == pytest.approx(1.0, abs=5e-4)
    sites = published["ccg_six_sites"].where
    ship_days = [published[f"ccg_{site}"].value for site in sites]
    assert sum(ship_days) == published["ccg_six_sites"].value == 2183
