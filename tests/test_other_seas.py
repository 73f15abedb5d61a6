"""Nothing is hard-wired to one sea: a scenario on a coast of its own runs, and keeps to that coast."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

import numpy as np
import pytest

from mda_sim.geo.regions import bounds
from mda_sim.pipeline import Replicate, run_seed
from mda_sim.scenario import Scenario, load_scenario

SCENARIOS = Path(__file__).parents[1] / "scenarios"
SEAS = ("english_channel", "luzon_strait")
AGES = ("1h", "6h", "24h")
ROUNDING_M = 1e-3
BRIEFLY = ("warmup_h=3", "duration_h=6", "drain_h=3", "world.probes.spacing_deg=0.5")


@lru_cache(maxsize=2)
def run(name: str) -> tuple[Scenario, Replicate]:
    scenario = load_scenario(SCENARIOS / f"{name}.yaml", sets=BRIEFLY)
    return scenario, run_seed(scenario, 1, ("today",))


@pytest.mark.parametrize("name", SEAS)
def test_its_vessels_sail_and_none_is_on_its_land_or_off_its_map(name: str) -> None:
    scenario, replicate = run(name)
    fleet, land = replicate.fleet, scenario.spec.world.land()
    assert fleet.n_vessels > 100
    times_us = np.arange(0, scenario.timeline.score_to_us, 1_800_000_000)
    vessel, at = (grid.ravel() for grid in np.meshgrid(np.arange(fleet.n_vessels), times_us))
    lat, lon = fleet.positions(vessel, at)
    present = ~np.isnan(lat)
    lat, lon = lat[present], lon[present]
    assert land.covers(lat, lon).all()
    assert not land.crosses(lat, lon, lat, lon).any()


@pytest.mark.parametrize("name", SEAS)
def test_its_sensors_see_and_its_zones_and_corridors_are_scored(name: str) -> None:
    scenario, replicate = run(name)
    assert len(replicate.log.contacts) > 1000
    rows = replicate.arranged["today"].scores.rows
    groups = {row.group for row in rows}
    assert {f"all@{zone}" for zone in scenario.spec.metrics.zones} <= groups
    for corridor in scenario.spec.metrics.corridors:
        of_lane = {row.metric: row for row in rows if row.group == f"corridor:{corridor}"}
        lane_m = of_lane["corridor_lane_m"].value
        assert 300_000 < lane_m < 700_000
        for age in AGES:
            mean_m = of_lane[f"corridor_unobserved_mean_m_{age}"].value
            greatest_m = of_lane[f"corridor_unobserved_max_m_{age}"].value
            assert 0 <= mean_m <= greatest_m + ROUNDING_M
            assert greatest_m <= lane_m + ROUNDING_M
        # Who looks back longer has seen no less.
        day_m, quarter_m, hour_m = (of_lane[f"corridor_unobserved_mean_m_{tau}"].value for tau in AGES[::-1])
        assert day_m <= quarter_m + ROUNDING_M
        assert quarter_m <= hour_m + ROUNDING_M


def test_a_coast_of_its_own_is_far_from_the_shipped_one() -> None:
    from mda_sim.geo.coast import load_land

    scenario, _ = run("english_channel")
    west, south, east, north = bounds(scenario.spec.area)
    assert west < 0 < east  # on either side of the Greenwich meridian
    assert not load_land().covers(south, west)
    assert not load_land().covers(north, east)
