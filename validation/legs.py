"""Check every leg of a large world, and write what was found to ``legs.md`` beside this file.

    python validation/legs.py                     # 10,000 vessels at a time, 30 days
    python validation/legs.py --vessels 1000 --days 5 --dry

The world is that of the default run with its rates and stocks multiplied (``benchmarks/world.py``). Checked
on all legs of all vessels: none meets land; those of one vessel join in space where they join in time. On all
legs of merchant ships and ferries: speeds lie in the span of the class; and none comes nearer to land than
the margin that ``world.sea_grid`` states, tried by moving pieces of the legs to all sides by up to that
margin, which shares no code with how lanes are laid. The test suite runs the same checks on a smaller world.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "validation" / "legs.md"
AT_ONCE = 100_000
DIRECTIONS = 8
SHARES = (0.5, 0.999)
"""Shares of the margin by which legs are moved; a hair less than all of it, for rounding."""
PIECES_M = (25_000.0, 2_500.0)
COAST_ERROR_M = 1_000.0
ON_LANES = ("merchant", "ferry")


class Check(NamedTuple):
    """One thing that holds for all legs, or does not."""

    what: str
    checked: int
    failed: int
    worst: str = ""


def main() -> None:
    """Make the world, check it, write the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--vessels", type=int, default=10_000, help="vessels at sea at a time")
    parser.add_argument("--days", type=float, default=30.0, help="length of the world")
    parser.add_argument("--dry", action="store_true", help="write no page")
    options = parser.parse_args()
    start = time.process_time()
    world, fleet = large_world(options.vessels, options.days)
    built_s = time.process_time() - start
    checks = all_checks(world, fleet)
    page = rendered(options.vessels, options.days, fleet, checks, built_s)
    print(page)
    if not options.dry:
        PAGE.write_text(page)
    if any(check.failed for check in checks):
        raise SystemExit(1)


def large_world(n_vessels: int, days: float) -> tuple[Any, Any]:
    """Spec of the traffic, and the fleet of about so many vessels at a time."""
    sys.path.insert(0, str(ROOT / "benchmarks"))
    from world import Builder, stock

    builder = Builder()
    return builder.world(1.0), builder.fleet(n_vessels / stock(builder.fleet(1.0, 1.0)), days)


def all_checks(world: Any, fleet: Any) -> list[Check]:
    """Every check on every leg of the vessels of a fleet."""
    from mda_sim.geo.coast import load_land
    from mda_sim.world.sea_grid import MARGIN_M

    land = load_land()
    mine = np.flatnonzero(fleet.legs["target"] < fleet.n_vessels)
    ends = leg_ends(fleet, mine)
    kinds = [world.traffic[name].kind if name in world.traffic else "" for name in fleet.classes]
    on_lanes = np.isin(np.array(kinds), ON_LANES)
    kept = on_lanes[fleet.targets["traffic_class"][fleet.legs["target"][mine]]]
    return [
        Check("no leg meets land", len(mine), int(meets(land, *ends).sum())),
        too_near(land, [part[kept] for part in ends], MARGIN_M),
        jumps(fleet, mine, ends),
        speeds(world, fleet, mine),
    ]


def leg_ends(fleet: Any, rows: Any) -> list[Any]:
    """Latitude and longitude [deg] of both ends of legs."""
    from mda_sim.geo.sphere import lat_lon

    legs = fleet.legs
    angle = legs["w_rad_s"][rows] * (legs["t_to_us"] - legs["t_from_us"])[rows] / 1e6
    a, b = (np.stack([legs[f"{letter}{axis}"][rows] for axis in "xyz"], axis=1) for letter in "ab")
    return [*lat_lon(a), *lat_lon(a * np.cos(angle)[:, None] + b * np.sin(angle)[:, None])]


def meets(land: Any, lat1: Any, lon1: Any, lat2: Any, lon2: Any) -> Any:
    """Whether each leg meets land, some legs at a time."""
    found = [np.zeros(0, np.bool_)]
    for first in range(0, len(lat1), AT_ONCE):
        part = slice(first, first + AT_ONCE)
        found.append(land.crosses_great_circle(lat1[part], lon1[part], lat2[part], lon2[part]))
    return np.concatenate(found)


def too_near(land: Any, ends: list[Any], margin_m: float) -> Check:
    """Whether land meets a leg that is moved by up to the margin, to any side; tried on pieces near land."""
    from mda_sim.geo.sphere import destination

    what = f"no leg of merchant ships and ferries comes nearer to land than {margin_m:g} m"
    pieces = np.unique(np.stack(ends, axis=1), axis=0)  # many ships sail one line where a strait is narrow
    for length_m in PIECES_M:
        pieces = cut(pieces, length_m)
        near_m = margin_m + length_m / 2 + COAST_ERROR_M
        pieces = pieces[off_land_m(land, pieces, near_m) < near_m]
    failed = np.zeros(len(pieces), np.bool_)
    for share in SHARES:
        for bearing_deg in np.arange(DIRECTIONS) * (360.0 / DIRECTIONS):
            moved = (
                destination(pieces[:, k], pieces[:, k + 1], bearing_deg, share * margin_m) for k in (0, 2)
            )
            failed |= meets(land, *(axis for place in moved for axis in place))
    return Check(what, len(ends[0]), int(failed.sum()), f"{len(pieces):,} pieces near land")


def cut(legs: Any, length_m: float) -> Any:
    """Legs (n, 4) in equal pieces of at most that length, (m, 4)."""
    from mda_sim.geo.coast_index import ragged
    from mda_sim.geo.sphere import destination, distance_m, initial_bearing_deg

    lengths_m, bearing = distance_m(*legs.T), initial_bearing_deg(*legs.T)
    count = np.maximum(np.ceil(lengths_m / length_m), 1).astype(np.int64)
    leg, nth = ragged(count)
    starts, stops = (
        destination(legs[leg, 0], legs[leg, 1], bearing[leg], lengths_m[leg] * (nth + k) / count[leg])
        for k in (0, 1)
    )
    return np.stack([*starts, *stops], axis=1)


def off_land_m(land: Any, pieces: Any, most_m: float) -> Any:
    """Distance of the middle of each piece from land, at most ``most_m``."""
    from mda_sim.geo.sphere import lat_lon, unit_vectors

    starts, stops = unit_vectors(pieces[:, 0], pieces[:, 1]), unit_vectors(pieces[:, 2], pieces[:, 3])
    return land.distance_to_coast_m(*lat_lon(starts + stops), most_m)


def jumps(fleet: Any, rows: Any, ends: list[Any]) -> Check:
    """Whether legs of one vessel that join in time join in space, to 1 m."""
    from mda_sim.geo.sphere import distance_m

    legs = fleet.legs
    target, starts, stops = (legs[name][rows] for name in ("target", "t_from_us", "t_to_us"))
    joined = np.flatnonzero((target[1:] == target[:-1]) & (starts[1:] == stops[:-1]))
    lat1, lon1, lat2, lon2 = ends
    gap_m = distance_m(lat2[joined], lon2[joined], lat1[joined + 1], lon1[joined + 1])
    worst = f"largest {gap_m.max(initial=0.0):.3f} m"
    return Check(
        "legs of a vessel that join in time join in space", len(joined), int((gap_m > 1.0).sum()), worst
    )


def speeds(world: Any, fleet: Any, rows: Any) -> Check:
    """Whether merchant ships and ferries keep to the span of their class while they move, to 1 %."""
    low, high = np.zeros(len(fleet.classes)), np.zeros(len(fleet.classes))
    for name, traffic in world.traffic.items():
        if traffic.kind in ON_LANES:
            number = fleet.classes.index(name)
            low[number], high[number] = traffic.speed_mps.low, traffic.speed_mps.high
    legs = fleet.legs
    number = fleet.targets["traffic_class"][legs["target"][rows]]
    bound = (high[number] > 0) & (legs["w_rad_s"][rows] > 0)
    speed = legs["speed_mps"][rows][bound]
    failed = (speed < 0.99 * low[number][bound]) | (speed > 1.01 * high[number][bound])
    what = "speeds of merchant ships and ferries lie in the span of their class"
    return Check(what, int(bound.sum()), int(failed.sum()))


def rendered(n_vessels: int, days: float, fleet: Any, checks: list[Check], built_s: float) -> str:
    """The page."""
    lines = [
        "# Every leg of a large world",
        "",
        "Made by `python validation/legs.py`, which says what is checked and how.",
        "",
        f"- world: about {n_vessels:,} vessels at a time, {days:g} days; {fleet.n_vessels:,} vessels in all,"
        f" {len(fleet.legs):,} legs; built in {built_s:.1f} s of processor time (with kernels and lanes)",
        "",
        "| check | checked | failed | |",
        "| --- | ---: | ---: | --- |",
        *(f"| {check.what} | {check.checked:,} | {check.failed:,} | {check.worst} |" for check in checks),
    ]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    main()
