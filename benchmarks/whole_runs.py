"""Runs of the reference load as a user runs them, each a process of its own, and what their stages took.

``measured`` writes the scenario of a load, runs ``mda-sim run`` on it in a new folder, and reads the
manifest.
Kernels are compiled and lanes laid by a small load before (``warm``). Stage seconds are those that the run
itself tells, summed over units; ``rest`` is what the whole took beyond them: start, reading the scenario,
writing, gathering. With more than one worker stages overlap, and the rest is what is left of workers times
wall.
"""

from __future__ import annotations

import json
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import watched
from loads import Load, write

COMMAND = (sys.executable, "-m", "mda_sim")
ONCE = frozenset({"frame"})
"""Stages of a seed that each of its units tells again."""


def warm() -> None:
    """Compile all kernels and lay the lanes of the reference load."""
    with tempfile.TemporaryDirectory() as folder:
        path = write(Load(vessels=100, days=0.5), Path(folder))
        watched.run([*COMMAND, "run", str(path), "--quiet", "--out", f"{folder}/run"])


def measured(load: Load, *, workers: int = 1, cluster: str = "") -> dict[str, float]:
    """What a run of a load took: seconds by stage, work done, memory, files, strays.

    ``cluster`` is the address of a Dask scheduler whose ``workers`` do the work.
    """
    crew = ["--cluster", cluster] if cluster else ["--workers", str(workers)]
    with tempfile.TemporaryDirectory() as folder:
        path = write(load, Path(folder))
        out = Path(folder) / "run"
        found = watched.run([*COMMAND, "run", str(path), "--quiet", "--out", str(out), *crew])
        manifest = json.loads((out / "manifest.json").read_text())
    return of_run(found, manifest, workers)


def of_run(found: watched.Watched, manifest: Mapping[str, Any], workers: int) -> dict[str, float]:
    """The numbers of one run."""
    stages = stage_seconds(manifest["units"])
    sensing = [unit["sensing"] for unit in manifest["units"].values()]
    sharing = [one for unit in manifest["units"].values() for one in unit["sharing"].values()]
    n_units = len(sensing) + len(sharing)
    rest_s = workers * found.seconds - sum(stages.values())
    return {
        "seconds": found.seconds,
        **{f"{stage}_seconds": seconds for stage, seconds in stages.items()},
        "rest_seconds": rest_s,
        "overhead_ms": rest_s / n_units * 1e3,
        "units": n_units,
        "workers": workers,
        "vessels": sum(one["n_vessels"] for one in sensing),
        "reports": sum(one["n_reports"] for one in sensing),
        "contacts": sum(one["n_contacts"] for one in sensing),
        "hops": sum(one["n_hops"] for one in sharing),
        "main_mib": found.main_mib,
        "worker_mib": found.worker_mib,
        "peak_mib": max(found.main_mib, found.worker_mib),
        "together_mib": found.together_mib,
        "open_files": found.open_files,
        "open_files_late": found.open_files_late,
        "strays": len(found.strays),
    }


def stage_seconds(units: Mapping[str, Any]) -> dict[str, float]:
    """Seconds by stage, summed over units; what a seed does once is counted once."""
    total: Counter[str] = Counter()
    for unit in units.values():
        for place, stage, seconds in _costs(unit, ()):
            if stage not in ONCE or place == _first(unit, stage):
                total[stage] += seconds
    return dict(total)


def _costs(node: Any, place: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], str, float]]:
    """Every cost below a node of the manifest with where it stands."""
    if not isinstance(node, dict):
        return
    for key, child in node.items():
        if key == "costs":
            yield from ((place, stage, cost["seconds"]) for stage, cost in child.items())
        else:
            yield from _costs(child, (*place, key))


def _first(unit: Any, stage: str) -> tuple[str, ...] | None:
    """The first place of a seed that tells a stage."""
    return next((place for place, name, _ in _costs(unit, ()) if name == stage), None)
