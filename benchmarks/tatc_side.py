"""Access of points by satellites with TAT-C; run by an interpreter that has it (see ``tatc_access.py``).

    path/to/python benchmarks/tatc_side.py LOAD.json WINDOWS.json

Reads element sets, points and the time span; writes the windows and the seconds that they took, without
imports and after a small load that compiles what TAT-C compiles.
"""

from __future__ import annotations

import json
import sys
import time
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any


def main(load_file: str, windows_file: str) -> None:
    """Find the windows and write them."""
    from shapely.geometry import Point
    from tatc import __version__
    from tatc.analysis import collect_observations
    from tatc.schemas import Instrument, Satellite, TwoLineElements

    load: dict[str, Any] = json.loads(Path(load_file).read_text())
    start = datetime.fromisoformat(load["start"])
    end = start + timedelta(seconds=load["lasts_s"])
    cone = Instrument(name="horizon", field_of_regard=180.0)
    satellites = [
        Satellite(name=str(row), orbit=TwoLineElements(tle=tuple(lines)), instruments=[cone])
        for row, lines in enumerate(load["element_sets"])
    ]
    points = [Point(lon, lat) for lat, lon in load["points"]]
    collect_observations(points[:2], satellites[0], start, start + timedelta(days=1))
    began = time.perf_counter()
    found = collect_observations(points, satellites, start, end)
    seconds = time.perf_counter() - began
    number = {(point.x, point.y): row for row, point in enumerate(points)}
    windows = [
        [int(name), number[where.x, where.y], (first - start).total_seconds(), (last - start).total_seconds()]
        for name, where, first, last in zip(
            found["satellite"], found.geometry, found["start"], found["end"], strict=True
        )
    ]
    made = {"seconds": seconds, "version": __version__, "windows": windows}
    Path(windows_file).write_text(json.dumps(made))


if __name__ == "__main__":
    main(*sys.argv[1:])
