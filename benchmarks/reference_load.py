"""The reference load W7 and a month of it as whole processes; prints JSON.

    python benchmarks/reference_load.py w7 [--configurations 6] [--vessels 10000] [--days 7]
    python benchmarks/reference_load.py month
    python benchmarks/reference_load.py vessel_days [--vessels 5000 10000 20000 50000]

``w7`` runs one seed of the load of ``loads.py`` with so many arrangements through ``mda-sim run`` by two
workers, each with half of the arrangements: both make the world and what is sensed of it, one tells what
that took, then share, audit and score of each. ``month`` is 10,000 vessels for 30 days with two arrangements,
in one process. ``vessel_days`` runs a week of several numbers of vessels with two arrangements
and tells what a vessel-day takes, once what a run of almost nothing takes (100 vessels, a fifth of a day) is
taken off; ``spread`` is the dearest over the cheapest.
"""

from __future__ import annotations

import argparse
import json

from loads import Load
from whole_runs import measured, warm

MONTH = Load(days=30.0, configurations=2)
WEEK = Load(configurations=2)
FLEETS = (5_000, 10_000, 20_000, 50_000)
NOTHING = Load(vessels=100, days=0.2, configurations=2)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=("w7", "month", "vessel_days"))
    parser.add_argument("--configurations", type=int)
    parser.add_argument("--vessels", type=int, nargs="+")
    parser.add_argument("--days", type=float)
    options = parser.parse_args()
    warm()
    if options.what == "vessel_days":
        print(json.dumps(by_fleet(options.vessels or FLEETS, options.days or WEEK.days)))
        return
    base = MONTH if options.what == "month" else Load()
    load = Load(
        vessels=options.vessels[0] if options.vessels else base.vessels,
        days=options.days or base.days,
        configurations=options.configurations or base.configurations,
    )
    print(json.dumps(measured(load, workers=1 if options.what == "month" else 2)))


def by_fleet(fleets: list[int] | tuple[int, ...], days: float) -> dict[str, float]:
    """What a vessel-day takes in fleets of several sizes."""
    fixed = measured(NOTHING)["seconds"]
    made = {"fixed_seconds": fixed}
    for n_vessels in fleets:
        load = Load(vessels=n_vessels, days=days, configurations=WEEK.configurations)
        found = measured(load)
        made[f"seconds_{n_vessels}"] = found["seconds"]
        made[f"peak_mib_{n_vessels}"] = found["peak_mib"]
        made[f"vessel_day_us_{n_vessels}"] = (found["seconds"] - fixed) / load.vessel_days * 1e6
    costs = [made[f"vessel_day_us_{n_vessels}"] for n_vessels in fleets]
    # A small fleet in a noisy hour may take less than almost nothing did.
    return {**made, "spread": max(costs) / min(costs) if min(costs) > 0.0 else float("nan")}


if __name__ == "__main__":
    main()
