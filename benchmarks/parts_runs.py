"""Parts of the benchmarks: whole runs, how they grow, and studies of many units."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from figures import Figure, Measured, Numbers, Options, figure, made_by
from parts_stages import SCENARIO
from reference_load import FLEETS
from scaling import SWEEPS, TERMS, WORKERS

W7_BARS_S = {6: 15.0, 100: 60.0}
MONTH_BAR_S, MONTH_BAR_MIB = 40.0, 1536.0
VESSEL_DAY_SPREAD = 1.2
"""Dearest vessel-day over the cheapest: within 20 %."""
TOLD = ("world", "sense", "frame", "share", "audit", "score", "rest")


def whole_run(how: Options) -> Measured:
    """The default run as a user runs it, kernels and lanes already there, and its largest process."""
    seconds, peak_mib = [], []
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "mda_sim", "run", str(SCENARIO), "--quiet", "--out"]
        subprocess.run([*command, f"{folder}/warm", "--seeds", "1"], check=True, stdout=subprocess.DEVNULL)
        start = time.perf_counter()
        subprocess.run([*command, f"{folder}/run"], check=True, stdout=subprocess.DEVNULL)
        seconds.append(time.perf_counter() - start)
        manifest = json.loads((Path(folder) / "run" / "manifest.json").read_text())
    peak_mib.append(max(_peaks(manifest["units"])))
    return Measured(
        [
            figure("whole run: 21 days, 6 configurations, 10 seeds", seconds, "s", 90.0),
            figure("whole run: largest process", peak_mib, "MiB", 2048.0),
        ]
    )


def _peaks(node: Any) -> Iterator[float]:
    if isinstance(node, dict):
        if "peak_mib" in node:
            yield node["peak_mib"]
        for child in node.values():
            yield from _peaks(child)


def reference(how: Options) -> Measured:
    """The reference load with 6 and with 100 arrangements, a month of it, and what a vessel-day takes."""
    small = ("--vessels", "200", "--days", "1") if how.small else ()
    figures = []
    for n, bar in W7_BARS_S.items():
        count = min(n, 8) if how.small else n
        made = made_by("reference_load.py", "w7", "--configurations", str(count), *small, repeats=how.repeats)
        name = f"{'200 vessels, 1 day' if how.small else '10,000 vessels, 7 days'}, {count} arrangements"
        figures += _whole(name, made, None if how.small else bar, None)
    made = made_by("reference_load.py", "month", *small, repeats=how.repeats)
    name = "200 vessels, 1 day, 2 arrangements" if how.small else "10,000 vessels, 30 days, 2 arrangements"
    figures += _whole(name, made, *((None, None) if how.small else (MONTH_BAR_S, MONTH_BAR_MIB)))
    return Measured(figures + _vessel_days(how))


def _whole(name: str, made: Numbers, bar_s: float | None, bar_mib: float | None) -> list[Figure]:
    return [
        figure(name, made["seconds"], "s", bar_s),
        *(figure(f"{name}: {one}", made[f"{one}_seconds"], "s") for one in TOLD),
        figure(f"{name}: contacts", made["contacts"]),
        figure(f"{name}: hops", made["hops"]),
        figure(f"{name}: largest the process was", made["peak_mib"], "MiB", bar_mib),
    ]


def _vessel_days(how: Options) -> list[Figure]:
    """What a vessel-day takes in fleets of several sizes, a run of almost nothing taken off."""
    fleets = (200, 400) if how.small else FLEETS
    sizes = ["--vessels", *map(str, fleets), *(("--days", "1") if how.small else ())]
    made = made_by("reference_load.py", "vessel_days", *sizes, repeats=how.repeats)
    days = "1 day" if how.small else "7 days"
    figures = [figure("a run of almost nothing (100 vessels, 5 h)", made["fixed_seconds"], "s")]
    for n in fleets:
        name = f"{n:,} vessels, {days}, 2 arrangements"
        figures += [
            figure(f"{name}: whole", made[f"seconds_{n}"], "s"),
            figure(f"{name}: a vessel-day", made[f"vessel_day_us_{n}"], "us"),
            figure(f"{name}: largest", made[f"peak_mib_{n}"], "MiB"),
        ]
    spread = figure(
        "a vessel-day, dearest over cheapest",
        made["spread"],
        "times",
        None if how.small else VESSEL_DAY_SPREAD,
    )
    return [*figures, spread]


def scaling(how: Options) -> Measured:
    """How a run grows with each size, and the cost model."""
    made = made_by("scaling.py", *(("--small",) if how.small else ()))
    figures = [figure("a run of almost nothing", made["fixed_seconds"], "s")]
    for what in SWEEPS:
        sizes = [name.split("_")[1] for name in made if name.startswith(f"{what}_") and "seconds" in name]
        figures += [
            figure(f"{what}: {float(size):,g}", made[f"{what}_{size}_seconds"], "s") for size in sizes
        ]
        figures += [
            figure(f"{what}: exponent of {stage}", made[f"{what}_exponent_{stage}"])
            for stage in ("whole", *TERMS)
            if f"{what}_exponent_{stage}" in made
        ]
    figures += [figure(f"workers: {n}, 4 seeds", made[f"workers_{n}_seconds"], "s") for n in WORKERS]
    figures.append(figure("workers: 1 over 2", made["workers_speedup"], "times"))
    for stage, terms in TERMS.items():
        figures += [
            figure(f"model, {stage}: {_words(term)}", made[f"model_{stage}_{term}_us"], "us")
            for term in terms
        ]
    figures += [
        figure("model: off by, median of runs", [100 * one for one in made["error_median"]], "%"),
        figure("model: off by, most", [100 * one for one in made["error_worst"]], "%"),
    ]
    return Measured(figures, numbers=made)


def _words(term: str) -> str:
    """A term of the model: ``contacts_arrangements`` is a contact x arrangement."""
    *factors, last = term.replace("vessel_days", "vessel-days").split("_")
    return f"each of {' x '.join([*factors, last])}"


def studies(how: Options) -> Measured:
    """Many units by workers and by a cluster, memory, what is left behind, coalitions."""
    notes: list[str] = []
    made = made_by("studies.py", *(("--small",) if how.small else ()), notes=notes)
    units = f"{made['units'][0]:,.0f} units"
    few, many = (f"{made[f'{one}_units'][0]:,.0f} small units, 2 workers" for one in ("few", "many"))
    figures = [
        figure(f"{units}: stages of a unit", made["unit_seconds"], "s"),
        figure(f"{units}, 1 worker", made["seconds_1"], "s"),
        figure(f"{units}, 2 workers", made["seconds_2"], "s"),
        figure(f"{units}: 1 worker over 2", made["speedup"], "times"),
        figure(f"{units}, 1 worker: overhead a unit", made["overhead_ms_1"], "ms"),
        figure(f"{units}, 2 workers: overhead a unit", made["overhead_ms_2"], "ms"),
        figure(f"{units}, 1 worker: overhead of a further unit", made["further_ms_1"], "ms"),
        figure(f"{units}, 2 workers: overhead of a further unit", made["further_ms_2"], "ms"),
    ]
    if "cluster_seconds" in made:
        dask = f"{units}, Dask with 2 workers"
        figures += [
            figure(dask, made["cluster_seconds"], "s"),
            figure(f"{dask}: overhead a unit", made["cluster_overhead_ms"], "ms"),
            figure(f"{dask}: overhead of a further unit", made["cluster_further_ms"], "ms"),
            figure(f"{dask}: main process", made["cluster_main_mib"], "MiB"),
            figure(f"{dask}: largest worker", made["cluster_worker_mib"], "MiB"),
            figure(f"{dask}: open files of one process afterwards", made["cluster_open_files"]),
            figure(f"{dask}: processes left behind", made["cluster_strays"], "", 0.0),
        ]
    for name, key in ((few, "few"), (many, "many")):
        figures += [
            figure(f"{name}: main process", made[f"{key}_main_mib"], "MiB"),
            figure(f"{name}: largest worker", made[f"{key}_worker_mib"], "MiB"),
            figure(f"{name}: most open files of one process", made[f"{key}_open_files"]),
        ]
    left = [sum(some) for some in zip(made["strays"], made["strays_1"], made["strays_2"], strict=True)]
    return Measured(
        [
            *figures,
            figure(f"{many}: processor time a unit", made["many_small_unit_ms"], "ms"),
            figure("all runs: processes left behind", left, "", 0.0),
            figure("64 coalitions of 6 links: whole", made["value_seconds"], "s"),
            figure(
                "64 coalitions of 6 links: one run of their arrangement", made["value_sharing_seconds"], "s"
            ),
            figure("64 coalitions of 6 links: all over one", made["value_over_one"], "times"),
            figure("64 coalitions of 6 links: largest the process was", made["value_peak_mib"], "MiB"),
        ],
        notes,
        made,
    )
