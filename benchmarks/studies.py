"""Studies of many units: workers, overhead a unit, a Dask cluster, memory, what is left behind; prints JSON.

    python benchmarks/studies.py [speed] [cluster] [memory] [value] [--small]

A unit is the sensing of one seed, or one arrangement on it. All runs go through the command line, each in a
process of its own, on loads of ``loads.py``; kernels are compiled before.

speed    200 units of half a second or more (8 seeds, 24 arrangements) by one process and by two, the median
         of three each. Overhead a unit: the seconds of the whole times workers, less the seconds of stages,
         over units: start, writing, gathering and waiting are in it. Overhead of a further unit: what half as
         many units have is taken off, so that the start is not in it.
cluster  the same units by a Dask scheduler and two workers with one thread each, started here on this machine
         as docs/studies.md tells users to, and ended afterwards; needs ``distributed``, and
         ``mda-sim run --cluster``.
memory   the largest that the main process and a worker were in studies of 100 and of 1,000 small units by two
         processes, files open at the end of the larger one, and processes left behind by any run here.
value    ``mda-sim value``: all 64 coalitions of six links on one sensing log, over one run of their
         arrangement (share, audit, score).

``--small`` makes all of it in a minute or so, to see that it works.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import watched
from loads import Load, write
from whole_runs import COMMAND, measured, stage_seconds, warm

N_WORKERS, WAIT_S = 2, 60.0

#: Environment of the workers of a cluster, as ``docs/studies.md`` has it: they keep memory that they free.
KEEPS_MEMORY = {"MALLOC_TRIM_THRESHOLD_": "67108864", "MALLOC_MMAP_THRESHOLD_": "33554432"}


@dataclass(frozen=True)
class Sizes:
    """Loads of the studies, and how often each is run."""

    speed: Load
    half: Load
    """Half the units of ``speed``."""
    hundred: Load
    thousand: Load
    value: Load
    repeats: int = 3


FULL = Sizes(
    speed=Load(vessels=6_000, days=2.0, configurations=24, seeds=8),
    half=Load(vessels=6_000, days=2.0, configurations=24, seeds=4),
    hundred=Load(vessels=100, days=0.5, configurations=9, seeds=10),
    thousand=Load(vessels=100, days=0.5, configurations=9, seeds=100),
    value=Load(vessels=2_500, days=7.0, configurations=6),
)
SMALL = Sizes(
    speed=Load(vessels=100, days=0.5, configurations=3, seeds=2),
    half=Load(vessels=100, days=0.5, configurations=3, seeds=1),
    hundred=Load(vessels=50, days=0.25, configurations=3, seeds=2),
    thousand=Load(vessels=50, days=0.25, configurations=3, seeds=3),
    value=Load(vessels=100, days=0.5, configurations=6),
    repeats=1,
)

Made = dict[str, Any]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=[*PARTS, []], nargs="*", help="parts; all without any")
    parser.add_argument("--small", action="store_true", help="small loads, to see that it works")
    options = parser.parse_args()
    sizes = SMALL if options.small else FULL
    warm()
    made: Made = {"notes": []}
    for name in options.what or PARTS:
        found = PARTS[name](sizes)
        made["notes"] += found.pop("notes", [])
        made |= found
    print(json.dumps(made))


def speed(sizes: Sizes) -> Made:
    """Wall-clock by one process and by two, and overhead a unit."""
    runs = {n: [measured(sizes.speed, workers=n) for _ in range(sizes.repeats)] for n in (1, N_WORKERS)}
    made: Made = {"units": runs[1][0]["units"]}
    for n, some in runs.items():
        half = [measured(sizes.half, workers=n) for _ in range(sizes.repeats)]
        made[f"further_ms_{n}"] = further_ms(some, half)
        made[f"seconds_{n}"] = [run["seconds"] for run in some]
        made[f"overhead_ms_{n}"] = [run["overhead_ms"] for run in some]
        made[f"strays_{n}"] = max(run["strays"] for run in some)
    one, two = (statistics.median(made[f"seconds_{n}"]) for n in (1, N_WORKERS))
    stages_s = [run["seconds"] - run["rest_seconds"] for run in runs[1]]
    return made | {"unit_seconds": statistics.median(stages_s) / made["units"], "speedup": one / two}


def further_ms(whole: list[dict[str, Any]], half: list[dict[str, Any]]) -> list[float]:
    """Overhead of each unit that some studies have beyond others, pair by pair [ms]."""
    return [
        (many["overhead_ms"] * many["units"] - few["overhead_ms"] * few["units"])
        / (many["units"] - few["units"])
        for many, few in zip(whole, half, strict=True)
    ]


def cluster(sizes: Sizes) -> Made:
    """The same by a Dask cluster on this machine."""
    reason = no_cluster()
    if reason:
        return {"notes": [f"Dask left out: {reason}"]}
    runs, half, workers_mib = [], [], []
    with dask_cluster() as (address, processes):
        for _ in range(sizes.repeats):
            runs.append(measured(sizes.speed, workers=N_WORKERS, cluster=address))
            half.append(measured(sizes.half, workers=N_WORKERS, cluster=address))
        workers_mib = [
            max(watched.memory_mib(pid, "VmHWM") for pid in watched.tree(one.pid)) for one in processes[1:]
        ]
        files = max(watched.n_open_files(pid) for one in processes for pid in watched.tree(one.pid))
    left = [pid for one in processes for pid in watched.of_session(one.pid)]
    return {
        "cluster_seconds": [run["seconds"] for run in runs],
        "cluster_overhead_ms": [run["overhead_ms"] for run in runs],
        "cluster_further_ms": further_ms(runs, half),
        "cluster_main_mib": max(run["main_mib"] for run in runs),
        "cluster_worker_mib": max(workers_mib),
        "cluster_open_files": files,
        "cluster_strays": len(left) + max(run["strays"] for run in runs),
    }


def no_cluster() -> str:
    """Why the cluster cannot be tried; empty if it can."""
    if importlib.util.find_spec("distributed") is None:
        return "there is no distributed here; install it with pip install distributed"
    words = subprocess.run([*COMMAND, "run", "--help"], check=True, capture_output=True, text=True).stdout
    return "" if "--cluster" in words else "this version of mda-sim run has no --cluster"


@contextmanager
def dask_cluster() -> Iterator[tuple[str, list[subprocess.Popen[bytes]]]]:
    """Address of a scheduler with two workers of one thread, and these processes, scheduler first."""
    processes: list[subprocess.Popen[bytes]] = []
    with tempfile.TemporaryDirectory() as folder:
        told = Path(folder) / "scheduler.json"

        def start(*words: str) -> None:
            with (Path(folder) / f"log_{len(processes)}").open("wb") as log:
                processes.append(
                    subprocess.Popen(
                        [sys.executable, "-m", "dask", *words],
                        stdout=log,
                        stderr=log,
                        cwd=folder,
                        env={**os.environ, **KEEPS_MEMORY},
                        start_new_session=True,
                    )
                )

        try:
            start(
                "scheduler",
                "--host",
                "127.0.0.1",
                "--port",
                "0",
                "--no-dashboard",
                "--scheduler-file",
                str(told),
            )
            address = str(_waited(lambda: json.loads(told.read_text())["address"]))
            for _ in range(N_WORKERS):
                start("worker", address, "--nthreads", "1", "--no-dashboard", "--local-directory", folder)
            _waited(lambda: _has_workers(address))
            yield address, processes
        finally:
            for process in reversed(processes):
                _end(process)


def _has_workers(address: str) -> bool:
    """True once all workers have come; OSError before."""
    from distributed import Client

    with Client(address, timeout=WAIT_S) as client:
        if len(client.scheduler_info()["workers"]) < N_WORKERS:
            raise OSError("workers are still on their way")
    return True


def _waited(work: Callable[[], Any]) -> Any:
    """What ``work`` gives once it does; TimeoutError after a minute of OSError or half-written files."""
    until_s = time.monotonic() + WAIT_S
    while time.monotonic() < until_s:
        try:
            return work()
        except (OSError, ValueError):
            time.sleep(0.2)
    raise TimeoutError("the Dask cluster did not come up within a minute")


def _end(process: subprocess.Popen[bytes]) -> None:
    """Ask a process to end; end it after ten seconds, with all of its session."""
    process.send_signal(signal.SIGINT)
    try:
        process.wait(timeout=10.0)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def memory(sizes: Sizes) -> Made:
    """Memory with few units and with many, open files and processes left behind."""
    few = measured(sizes.hundred, workers=N_WORKERS)
    many = measured(sizes.thousand, workers=N_WORKERS)
    return {
        "few_units": few["units"],
        "many_units": many["units"],
        "few_main_mib": few["main_mib"],
        "few_worker_mib": few["worker_mib"],
        "many_main_mib": many["main_mib"],
        "many_worker_mib": many["worker_mib"],
        "few_open_files": few["open_files"],
        "many_open_files": many["open_files"],
        "many_small_unit_ms": N_WORKERS * many["seconds"] / many["units"] * 1e3,
        "strays": few["strays"] + many["strays"],
    }


def value(sizes: Sizes) -> Made:
    """All coalitions of six links over one run of their arrangement."""
    with tempfile.TemporaryDirectory() as folder:
        path = write(sizes.value, Path(folder))
        out = Path(folder) / "run"
        arrangement = ["--configurations", "by_guard"]
        watched.run([*COMMAND, "run", str(path), "--quiet", *arrangement, "--out", str(out)])
        units = json.loads((out / "manifest.json").read_text())["units"]
        unit = next(iter(units.values()))
        once = {stage: cost["seconds"] for stage, cost in unit["sharing"]["by_guard"]["costs"].items()}
        sharing_s = sum(once[stage] for stage in ("share", "audit", "score"))
        before = stage_seconds({"": {"sensing": unit["sensing"]}})
        asked = ["--configuration", "by_guard", "--players", "links", "--workers", "1", "--quiet"]
        found = watched.run([*COMMAND, "value", str(path), *asked, "--out", f"{folder}/value"])
    played_s = found.seconds - sum(before.values())
    return {
        "value_seconds": found.seconds,
        "value_sharing_seconds": sharing_s,
        "value_over_one": played_s / sharing_s,
        "value_coalition_seconds": played_s / 64,
        "value_peak_mib": max(found.main_mib, found.worker_mib),
    }


PARTS: dict[str, Callable[[Sizes], Made]] = {
    "speed": speed,
    "cluster": cluster,
    "memory": memory,
    "value": value,
}


if __name__ == "__main__":
    main()
