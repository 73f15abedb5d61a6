"""Worlds shared by the tests of this room."""

from __future__ import annotations

from datetime import UTC, datetime
from types import SimpleNamespace

import numpy as np
import pytest
import shapely

from mda_sim.core.time import US_PER_DAY, Timeline
from mda_sim.core.units import KNOT_MPS
from mda_sim.geo.coast import Land, load_land
from mda_sim.geo.regions import Box
from mda_sim.world.world import WorldSpec, build_fleet, lanes_of

AREA = Box(lat_min_deg=3, lat_max_deg=26, lon_min_deg=105, lon_max_deg=127)


def timeline(days=3.0):
    start = datetime(2026, 3, 2, tzinfo=UTC)
    return Timeline(start, US_PER_DAY, int((days - 1) * US_PER_DAY), US_PER_DAY)


def route(origin, destination, per_day, both_ways=True):
    return {"origin": origin, "destination": destination, "per_day": per_day, "both_ways": both_ways}


def merchant(routes, **changes):
    base = {
        "kind": "merchant",
        "routes": routes,
        "length_m": {"low": 150.0, "high": 400.0},
        "speed_mps": {"low": 11 * KNOT_MPS, "high": 18 * KNOT_MPS},
        "lane_width_m": 12_000.0,
        "flags": {"PAN": 0.5, "LBR": 0.3, "HKG": 0.2},
        "ais": {"carriage": 1.0, "transponder": "class_a", "off_fraction": 0.1},
    }
    return base | changes


def militia(stock, **changes):
    base = {
        "kind": "militia",
        "stock": stock,
        "length_m": {"low": 45.0, "high": 65.0},
        "flags": {"CHN": 1.0},
        "ais": {"carriage": 0.15},
    }
    return base | changes


def world_tree():
    return {
        "probes": {"spacing_deg": 1.0},
        "traffic": {
            "container": merchant(
                {
                    "singapore_hong_kong": route("singapore", "hong_kong", 20),
                    "hong_kong_manila": route("hong_kong", "manila", 8),
                    "vung_tau_kaohsiung": route("vung_tau", "kaohsiung", 8),
                }
            ),
            "tanker": merchant(
                {
                    "klang_busan": route("port_klang", "busan", 20),
                    "singapore_tokyo": route("singapore", "tokyo_bay", 20),
                    "makassar_pacific": route("makassar_strait", "philippine_sea", 6),
                    "lombok_china": {
                        **route("lombok_makassar", "pearl_river", 4),
                        "via": ["sibutu_passage", "mindoro_strait"],
                    },
                },
                speed_mps={"low": 11 * KNOT_MPS, "high": 14 * KNOT_MPS},
                anchorage={"share": 0.4, "median_s": 20_000.0, "p95_s": 90_000.0},
            ),
            "coaster": merchant(
                {
                    "palawan_manila": route("puerto_princesa", "manila", 5),
                    "manila_kaohsiung": route("manila", "kaohsiung", 5),
                    "cebu_zamboanga": route("cebu", "zamboanga", 5),
                },
                length_m={"low": 60.0, "high": 120.0},
                ais={"carriage": 0.8, "transponder": "class_b"},
            ),
            "ferry": {
                "kind": "ferry",
                "routes": {"strait": {"origin": "batangas", "destination": "calapan", "per_day": 12.0}},
                "length_m": {"low": 40.0, "high": 90.0},
                "speed_mps": {"low": 12 * KNOT_MPS, "high": 16 * KNOT_MPS},
                "flags": {"PHL": 1.0},
                "ais": {"carriage": 1.0},
            },
            "militia": militia({"thitu_island": 18.4, "mischief_reef": 70.0, "scarborough_shoal": 12.0}),
        },
    }


@pytest.fixture(scope="session")
def make():
    """Builders of small specs, as plain data."""
    return SimpleNamespace(
        area=AREA, timeline=timeline, route=route, merchant=merchant, militia=militia, tree=world_tree
    )


@pytest.fixture(scope="session")
def land():
    return load_land()


@pytest.fixture(scope="session")
def world():
    return WorldSpec.model_validate(world_tree())


@pytest.fixture(scope="session")
def lanes(world, land):
    """Lanes of the world and two more that some tests add to it."""
    tree = world_tree()
    tree["traffic"]["more"] = merchant(
        {"a": route("batangas", "puerto_princesa", 1), "b": route("bintulu", "kaohsiung", 1)}
    )
    return lanes_of(WorldSpec.model_validate(tree), land)


@pytest.fixture(scope="session")
def fleet(world, land, lanes):
    return build_fleet(world, AREA, timeline(), 11, land=land, lanes=lanes)


@pytest.fixture(scope="session")
def island():
    """A square island in an empty sea, and a lagoon enclosed by a ring of land."""
    square = shapely.box(133, 4, 135, 6)
    ring = shapely.box(137, 7, 139, 9).difference(shapely.box(137.5, 7.5, 138.5, 8.5))
    return Land(np.array([square, ring], dtype=object), {}, (128.0, 0.0, 142.0, 10.0), "island")
