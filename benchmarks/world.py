"""Make one large world and say what it took, as JSON.

    python benchmarks/world.py 10000 [--days 30]

The world is that of the default run with every rate and stock multiplied until about so many vessels are at
sea at a time. Kernels are compiled and lanes read before the clock starts.
"""

from __future__ import annotations

import argparse
import json
import statistics
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from mda_sim.meter import peak_memory_bytes

SCENARIO = Path(__file__).resolve().parent.parent / "scenarios" / "six_arrangements.yaml"
COUNTS = frozenset({"per_day", "stock", "vessels", "boats", "hulls", "ships"})
"""Keys of traffic that say how many there are: a number, or a mapping of numbers."""
DAY_US = 86_400_000_000


def main() -> None:
    """Make the world and print what it took."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("vessels", type=int, help="vessels at sea at a time")
    parser.add_argument("--days", type=float, default=30.0, help="length of the world")
    options = parser.parse_args()
    print(json.dumps(measured(options.vessels, options.days)))


def measured(n_vessels: int, days: float) -> dict[str, float]:
    """Seconds, vessel-days, memory and cost of positions of a world."""
    builder = Builder()
    small = builder.fleet(1.0, 1.0)
    factor = n_vessels / stock(small)
    start = time.perf_counter()
    fleet = builder.fleet(factor, days)
    seconds = time.perf_counter() - start
    peak_mib = peak_memory_bytes() / 2**20
    columns = [*fleet.legs.columns.values(), *fleet.targets.columns.values()]
    unit_ns, lat_lon_ns = position_costs_ns(fleet)
    return {
        "seconds": seconds,
        "vessel_days": stock(fleet) * days,
        "vessels": stock(fleet),
        "table_mib": sum(column.nbytes for column in columns) / 2**20,
        "peak_mib": peak_mib,
        "unit_ns": unit_ns,
        "lat_lon_ns": lat_lon_ns,
    }


class Builder:
    """Builds the world of the default run, given a factor of its traffic and its days."""

    def __init__(self) -> None:
        from mda_sim.scenario import load_scenario

        self.spec = load_scenario(SCENARIO).spec

    def world(self, factor: float) -> Any:
        """The spec of the world with its traffic multiplied."""
        from mda_sim.world.world import WorldSpec

        tree = self.spec.world.model_dump(mode="json")
        return WorldSpec.model_validate({**tree, "traffic": multiplied(tree["traffic"], factor)})

    def fleet(self, factor: float, days: float) -> Any:
        """The fleet of that world."""
        from mda_sim.core.time import Timeline
        from mda_sim.world.world import build_fleet

        timeline = Timeline(self.spec.start, 0, int(days * DAY_US), 0)
        return build_fleet(self.world(factor), self.spec.area, timeline, 1)


def multiplied(traffic: Any, factor: float, *, counts: bool = False) -> Any:
    """A tree of traffic with its rates and stocks multiplied; whole numbers stay whole, and at least 1.

    What comes less than once in ten days stays as it is: one ship is made for it, and cannot come more often.
    """
    if isinstance(traffic, dict):
        return {key: multiplied(one, factor, counts=counts or key in COUNTS) for key, one in traffic.items()}
    if not counts or (isinstance(traffic, float) and traffic < 0.1):
        return traffic
    return max(round(traffic * factor), 1) if isinstance(traffic, int) else traffic * factor


def stock(fleet: Any) -> float:
    """Mean number of vessels at sea at a time."""
    present = fleet.presence()
    mine = present["target"] < fleet.n_vessels
    lasts_us = (present["t_to_us"] - present["t_from_us"])[mine]
    return float(lasts_us.sum() / (fleet.legs["t_to_us"].max() - fleet.legs["t_from_us"].min()))


def median_s(work: Callable[[], object], repeats: int = 5) -> float:
    """Median wall-clock time of a piece of work, after one run that does not count."""
    return statistics.median(samples_s(work, repeats))


def samples_s(work: Callable[[], object], repeats: int = 5) -> list[float]:
    """Wall-clock times of a piece of work, after one run that does not count."""
    work()
    seconds = []
    for _ in range(repeats):
        start = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - start)
    return seconds


def position_costs_ns(fleet) -> tuple[float, float]:  # type: ignore[no-untyped-def]
    """Cost of a position as a unit vector, and as latitude and longitude, in vessel-major batches."""
    rows = 2_000_000
    each = rows // fleet.n_vessels
    first = fleet.targets["first_leg"][: fleet.n_vessels].astype(np.int64)
    last = first + fleet.targets["n_legs"][: fleet.n_vessels] - 1
    starts, ends = fleet.legs["t_from_us"][first], fleet.legs["t_to_us"][last]
    targets = np.repeat(np.arange(fleet.n_vessels), each)
    share = np.tile(np.linspace(0.0, 1.0, each), fleet.n_vessels)
    t_us = (starts[targets] + share * (ends[targets] - starts[targets])).astype(np.int64)
    unit = median_s(lambda: fleet.unit_vectors(targets, t_us)) / len(targets) * 1e9
    lat_lon = median_s(lambda: fleet.positions(targets, t_us)) / len(targets) * 1e9
    return unit, lat_lon


if __name__ == "__main__":
    main()
