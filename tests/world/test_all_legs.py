"""Every leg of a month of the default run's traffic; ``make legs`` does the same for 10,000 vessels."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import numpy as np
import pytest

from mda_sim.world.lanes import Lane, LaneNetwork
from mda_sim.world.world import build_fleet

SCRIPT = Path(__file__).resolve().parents[2] / "validation" / "legs.py"


@pytest.fixture(scope="module")
def validation():
    spec = importlib.util.spec_from_file_location("validation_legs", SCRIPT)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_every_leg_of_a_month_of_two_thousand_vessels_passes(validation):
    checks = validation.all_checks(*validation.large_world(2_000, 30.0))
    assert len(checks) == 4
    for check in checks:
        assert check.checked > 10_000, check.what
        assert check.failed == 0, check.what


def test_a_lane_over_land_or_too_near_to_it_is_found(validation, world, make, land):
    over_palawan = Lane(np.array([9.0, 11.0]), np.array([118.0, 119.8]), np.array([0.0]))
    routes = {"a": make.route("singapore", "hong_kong", 20.0, both_ways=False)}
    one = type(world).model_validate({"traffic": {"container": make.merchant(routes)}})
    network = LaneNetwork({("hong_kong", "singapore"): over_palawan})
    fleet = build_fleet(one, make.area, make.timeline(), 1, land=land, lanes=network)
    on_land, near, joined, fast = validation.all_checks(one, fleet)
    assert on_land.failed == on_land.checked > 10
    assert near.failed > 0
    assert joined.failed == fast.failed == 0
