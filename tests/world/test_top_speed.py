"""The greatest speed of each class."""

from __future__ import annotations

import numpy as np
import pytest

from mda_sim.world.top_speed import top_speed_mps
from mda_sim.world.world import WorldSpec, build_fleet
from tests.world.conftest import AREA, merchant, route, timeline


def test_no_vessel_of_a_class_is_ever_faster_and_one_is_as_fast():
    spec = WorldSpec.model_validate(
        {
            "buffer_m": 200e3,
            "probes": {"spacing_deg": 4.0},
            "traffic": {"cargo": merchant({"lane": route("singapore", "hong_kong", 6.0)})},
        }
    )
    fleet = build_fleet(spec, AREA, timeline(), 1)
    top = top_speed_mps(fleet)
    vessels = np.arange(fleet.n_vessels)
    fastest = 0.0
    for vessel in vessels:
        first = fleet.targets["first_leg"][vessel]
        legs = slice(first, first + fleet.targets["n_legs"][vessel])
        fastest = max(fastest, float(fleet.legs["speed_mps"][legs].max()))
    assert top[fleet.classes.index("cargo")] == pytest.approx(fastest)
    assert top[fleet.classes.index("probe")] == 0.0
    assert 5.0 < fastest < 12.0  # knots from 11 to 18 were asked for, give or take what lanes take
