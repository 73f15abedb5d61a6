"""Read a recording of a million rows and say what it took, as JSON.

    python benchmarks/recording.py [--rows 1000000]

Invented ships wander through the sea for five days, in the columns of the MarineCadastre archive and in
order of time; one row in fifty is repeated. The time is that from the file to legs, kernels compiled and the
coast read before; the cache of recordings plays no part.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from mda_sim.meter import peak_memory_bytes

START = datetime(2026, 3, 2, tzinfo=UTC)
DAYS = 5
REST = "11.7,90.0,511.0,SHIP {},IMO1234567,CALL,70,0,120,20,7.1,70,A\n"
FIXES_OF_A_SHIP = 1000
HEADER = (
    "MMSI,BaseDateTime,LAT,LON,SOG,COG,Heading,VesselName,IMO,CallSign,VesselType,Status,Length,Width,Draft,Cargo,"
    "TransceiverClass\n"
)


def main() -> None:
    """Read the recording and print what it took."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000, help="rows of the recording")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        small, large = Path(folder) / "small.csv", Path(folder) / "large.csv"
        write(small, 5_000)
        write(large, options.rows)
        made(small)
        print(json.dumps(made(large)))


def made(path: Path) -> dict[str, float]:
    """Seconds, rows used, legs and memory of one recording."""
    from mda_sim.core.spec import DataFile
    from mda_sim.core.time import US_PER_DAY, Timeline
    from mda_sim.geo.coast import load_land
    from mda_sim.geo.regions import Box
    from mda_sim.world.recorded.recording import make_recording
    from mda_sim.world.recorded.spec import RecordedAisTraffic

    box = Box(lat_min_deg=2, lat_max_deg=26, lon_min_deg=104, lon_max_deg=128)
    spec = RecordedAisTraffic(kind="recorded_ais", file=DataFile.at(path))
    timeline = Timeline(START, 0, DAYS * US_PER_DAY, 0)
    begun_s = time.perf_counter()
    recording = make_recording(spec, box, timeline, load_land())
    return {
        "seconds": time.perf_counter() - begun_s,
        "used": int(recording.rules["rows"][0]),
        "legs": len(recording.legs),
        "peak_mib": peak_memory_bytes() / 2**20,
    }


def write(path: Path, n_rows: int) -> None:
    """Write a recording of ``n_rows`` rows."""
    rng = np.random.default_rng(1)
    n_ships = max(n_rows // FIXES_OF_A_SHIP, 1)
    shape = (n_ships, n_rows // n_ships)
    t_s = np.sort(rng.integers(0, DAYS * 86_400, shape), axis=1)
    course = rng.uniform(0, 2 * np.pi, (n_ships, 1)) + np.cumsum(rng.normal(0, 0.05, shape), axis=1)
    step_deg = 6.0 * np.diff(t_s, axis=1, prepend=0) / 111_195
    lat = rng.uniform(8, 20, (n_ships, 1)) + np.cumsum(step_deg * np.cos(course), axis=1)
    lon = rng.uniform(109, 120, (n_ships, 1)) + np.cumsum(step_deg * np.sin(course), axis=1)
    mmsi = np.broadcast_to(548_000_001 + np.arange(n_ships)[:, None], shape)
    order = np.argsort(t_s.ravel(), kind="stable")
    order[::50] = order[np.maximum(np.arange(0, len(order), 50) - 1, 0)]
    when = (np.datetime64(START.replace(tzinfo=None), "s") + t_s.ravel()[order]).astype(str)
    columns = zip(mmsi.ravel()[order], when, lat.ravel()[order], lon.ravel()[order], strict=True)
    with path.open("w", encoding="ascii") as stream:
        stream.write(HEADER)
        stream.writelines(
            f"{ship},{at},{north:.5f},{east:.5f},{REST.format(ship)}" for ship, at, north, east in columns
        )


if __name__ == "__main__":
    main()
