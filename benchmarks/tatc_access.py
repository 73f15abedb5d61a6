"""When points are in view of satellites, by TAT-C and by this program; prints JSON.

    python benchmarks/tatc_access.py --tatc-python PATH [--points 32] [--days 7]

TAT-C (Trade-space Analysis Tool for Constellations, https://pypi.org/project/tatc) is no dependency of this
project. It wants an environment of its own:

    python -m venv tatc-venv && tatc-venv/bin/pip install tatc==3.6.0
    python benchmarks/tatc_access.py --tatc-python tatc-venv/bin/python

Eight satellites in eight planes at 700 km, sun-synchronous, given to both as the same two-line element sets;
a grid of points over the area of the reference load; a week. A window is the time that a satellite is above
the horizon of a point. TAT-C is asked for all points and satellites at once (``collect_observations``, a
field of regard of 180 degrees), which it says is its fast way. This program does what an AIS satellite's
sweep does: tracks, passes over the area, views of each point (``footprint``). Both are compiled before, both
use one process; setting up specs and reading files is in neither time.

Both take orbits from SGP4. TAT-C has the ellipsoid and the local vertical, and refines ends to a millisecond;
this program has a sphere, and a cubic between knots two minutes apart. So windows differ by seconds, most
where a satellite just comes above the horizon, and the shortest can be of one side only. A window of one
side agrees with one of the other that it overlaps, of the same point and satellite. Those that begin or end
outside the week are left out on both sides (a pass that is not whole makes no report here).
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from sensing import AREA
from sgp4.exporter import export_tle

from mda_sim.core.spec import DataFile
from mda_sim.core.time import US_PER_DAY, US_PER_S, Timeline
from mda_sim.geo.elements import checksum
from mda_sim.geo.orbits import (
    CircularOrbit,
    constellation,
    satellite_record,
    sun_synchronous_inclination_deg,
    track,
)
from mda_sim.sensing.footprint import views_of
from mda_sim.sensing.looks import Setting
from mda_sim.sensing.rf_satellite import RfSatellite
from mda_sim.sensing.windows import leg_columns
from mda_sim.world.broadcasts import for_life
from mda_sim.world.fleet import AisClass, Fleet, legs_between
from mda_sim.world.groups import Group, assemble

START = datetime(2026, 3, 2, tzinfo=UTC)
N_SATELLITES, ALTITUDE_M = 8, 700e3
MARGIN_S = 30 * 60.0
"""What windows keep from both ends of the time, so that those cut there count on neither side. [s]"""
LONG_S = 300.0
"""Windows at least as long are no glimpses: the satellite crosses the horizon steeply. [s]"""
REPEATS = 3

Floats = NDArray[np.float64]


def main() -> None:
    """Find the windows by both, compare and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--tatc-python", type=Path, required=True, help="interpreter that has TAT-C")
    parser.add_argument("--points", type=int, default=32, help="points along each side of the grid")
    parser.add_argument("--days", type=float, default=7.0, help="length of the time")
    options = parser.parse_args()
    print(json.dumps(measured(options.tatc_python, options.points, options.days)))


def measured(tatc_python: Path, n_aside: int, days: float) -> dict[str, float | str]:
    """Seconds of both, their ratio, and how the windows agree."""
    lines = element_sets()
    lat, lon = (grid.ravel() for grid in np.meshgrid(*grid_deg(n_aside), indexing="ij"))
    timeline = Timeline(START, 0, round(days * US_PER_DAY), 0)
    mine_s, mine = ours(lines, lat, lon, timeline)
    theirs_s, theirs, its_version = tatc(tatc_python, lines, lat, lon, days)
    lasts_s = days * 86_400.0
    return {
        "tatc_version": its_version,
        "points": len(lat),
        "tatc_seconds": theirs_s,
        "seconds": mine_s,
        "ratio": theirs_s / mine_s,
        **compared(inside(mine, lasts_s), inside(theirs, lasts_s)),
    }


def element_sets() -> list[tuple[str, str]]:
    """Both lines of each satellite."""
    first = CircularOrbit(ALTITUDE_M, sun_synchronous_inclination_deg(ALTITUDE_M), 0.0, 0.0)
    made = []
    for row, orbit in enumerate(constellation(first, N_SATELLITES, N_SATELLITES, 360.0, 1)):
        one, two = export_tle(satellite_record(orbit, START))
        launched = f"{one[:9]}26001A  {one[17:]}"  # TAT-C wants a designator
        made.append((numbered(launched, 90_001 + row), numbered(two, 90_001 + row)))
    return made


def numbered(line: str, number: int) -> str:
    """A line of an element set with a catalogue number, and its check digit."""
    text = f"{line[:2]}{number:05d}{line[7:68]}"
    return text + str(checksum(text))


def grid_deg(n_aside: int) -> tuple[Floats, Floats]:
    """Latitudes and longitudes of points, each in the middle of its part of the area [deg]."""
    share = (np.arange(n_aside) + 0.5) / n_aside
    south, west = AREA.lat_min_deg, AREA.lon_min_deg
    return south + share * (AREA.lat_max_deg - south), west + share * (AREA.lon_max_deg - west)


def ours(
    lines: list[tuple[str, str]], lat_deg: Floats, lon_deg: Floats, timeline: Timeline
) -> tuple[float, Floats]:
    """Seconds, and windows (n, 4): satellite, point, first and last instant [s]."""
    fleet = points_of(lat_deg, lon_deg, timeline)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "shell.tle"
        file.write_text("\n".join(line for pair in lines for line in pair) + "\n")
        listener = RfSatellite.model_validate({"operator": "NAT", "elements": DataFile.at(file)})
        find(listener, fleet, timeline)
        seconds, found = [], np.empty((0, 4))
        for _ in range(REPEATS):
            track.cache_clear()
            began = time.perf_counter()
            found = find(listener, fleet, timeline)
            seconds.append(time.perf_counter() - began)
    return statistics.median(seconds), found


def find(listener: RfSatellite, fleet: Fleet, timeline: Timeline) -> Floats:
    """What is in view, as ``ours``: the way that a sweep takes, without its draws."""
    from mda_sim.sensing.lanes_kernels import LANES, board, find_views, no_lanes

    tracks = listener.tracks(timeline)
    works = listener.works("listener", Setting(fleet, timeline, 1, None, AREA), tracks)
    views = views_of(listener, tracks, works)
    satellite = works["satellite"][views.order]
    legs, out, found = leg_columns(fleet), np.empty((LANES, 3), np.int64), []
    for first in range(0, fleet.n_targets, LANES):
        lanes = no_lanes()
        for point in range(first, min(first + LANES, fleet.n_targets)):
            board(lanes, point - first, legs, np.int64(point), np.int64(point + 1))
        for work in range(len(works)):
            rows = out[: find_views(views, work, legs, lanes, out)]
            columns = [np.full(len(rows), satellite[work]), first + rows[:, 0]]
            found.append(np.stack([*columns, rows[:, 1] / US_PER_S, rows[:, 2] / US_PER_S], axis=1))
    return np.concatenate(found)


def points_of(lat_deg: Floats, lon_deg: Floats, timeline: Timeline) -> Fleet:
    """Points as vessels at rest."""
    n = len(lat_deg)
    t_us = np.tile(np.array([0, timeline.score_to_us]), n)
    legs = legs_between(np.repeat(lat_deg, 2), np.repeat(lon_deg, 2), t_us, np.repeat(np.arange(n), 2))
    group = Group(
        traffic_class="point",
        stream="point",
        index=np.arange(n),
        flag=[""] * n,
        length_m=np.full(n, 50.0),
        ais=np.full(n, AisClass.NONE, np.uint8),
        legs=legs,
        broadcasts=for_life(np.zeros(n, np.bool_), legs),
    )
    return assemble([group])


def tatc(
    python: Path, lines: list[tuple[str, str]], lat_deg: Floats, lon_deg: Floats, days: float
) -> tuple[float, Floats, str]:
    """Seconds, windows as ``ours`` and version of TAT-C, run by the interpreter that has it."""
    load = {
        "start": START.isoformat(),
        "lasts_s": days * 86_400.0,
        "element_sets": lines,
        "points": list(zip(lat_deg.tolist(), lon_deg.tolist(), strict=True)),
    }
    with tempfile.TemporaryDirectory() as folder:
        files = Path(folder) / "load.json", Path(folder) / "windows.json"
        files[0].write_text(json.dumps(load))
        script = Path(__file__).with_name("tatc_side.py")
        # Its environment is its own: nothing of ours may be found in its place.
        environment = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
        subprocess.run([str(python), str(script), *map(str, files)], check=True, env=environment)
        made = json.loads(files[1].read_text())
    return made["seconds"], np.array(made["windows"]).reshape(-1, 4), made["version"]


def inside(windows: Floats, lasts_s: float) -> Floats:
    """Those windows whose middle is ``MARGIN_S`` or more from both ends of the time."""
    middle = (windows[:, 2] + windows[:, 3]) / 2.0
    return windows[(middle >= MARGIN_S) & (middle <= lasts_s - MARGIN_S)]


def compared(mine: Floats, theirs: Floats) -> dict[str, float]:
    """How many windows overlap one of the other side, how far their ends are apart, how long others are."""
    pairs = [(row, other) for row, other in enumerate(matched(mine, theirs)) if other >= 0]
    own, other = np.array(pairs, np.int64).reshape(-1, 2).T
    apart_s = np.abs(mine[own, 2:] - theirs[other, 2:])
    lonely = [np.delete(mine, own, axis=0), np.delete(theirs, other, axis=0)]
    lasts_s = np.concatenate([[0.0], *(one[:, 3] - one[:, 2] for one in lonely)])
    is_long = (theirs[other, 3] - theirs[other, 2]) >= LONG_S
    return {
        "windows": len(mine),
        "tatc_windows": len(theirs),
        "matched": len(pairs),
        "agree": len(pairs) / (len(mine) + len(theirs) - len(pairs)),
        "apart_median_s": float(np.median(apart_s)),
        "apart_99_s": float(np.quantile(apart_s, 0.99)),
        "apart_most_s": float(apart_s.max()),
        "apart_most_long_s": float(apart_s[is_long].max()),
        "longest_of_one_side_s": float(lasts_s.max()),
    }


def matched(mine: Floats, theirs: Floats) -> list[int]:
    """For each window of ours the row of the one of the same satellite and point that it overlaps, or -1."""
    rows: dict[tuple[float, float], list[int]] = {}
    for row, (satellite, point, *_) in enumerate(theirs.tolist()):
        rows.setdefault((satellite, point), []).append(row)
    found = []
    for satellite, point, first, last in mine.tolist():
        near = rows.get((satellite, point), [])
        meets = [row for row in near if theirs[row, 2] <= last and theirs[row, 3] >= first]
        found.append(meets[0] if meets else -1)
    return found


if __name__ == "__main__":
    main()
