"""How the time of a whole run grows with each of its sizes, and a cost model fitted to all runs; prints JSON.

    python benchmarks/scaling.py [--small]

One size of a middling load (2,000 vessels, 4 days, 40 radars, 30 AIS receivers, 8 satellites, 2 arrangements,
1 seed) is varied at a time: vessels, sensors, days, arrangements, seeds, workers. For each sweep the exponent
is the slope of log(seconds - fixed) over log(size), ``fixed`` being what a run of almost nothing takes; 1
means in proportion. So it is told of the whole and of each stage, whose fixed part counts as zero.
``--small`` takes two sizes of each and a tenth of the vessels, to see that it works.

Cost model: the seconds of each stage are a sum of terms with coefficients of at least 0, each in microseconds
by a unit of work, least squares of relative errors (C. L. Lawson, R. J. Hanson, "Solving Least Squares
Problems", Prentice-Hall 1974, chapter 23; scipy's ``nnls``):

    world    seeds, vessel-days
    sense    reports, contacts, vessel-days
    frame    seeds, contacts, vessel-days
    arrange  (share, audit, score) arrangements, hops, contacts x arrangements, vessel-days x arrangements
    rest     runs, units, contacts x units

Looks in range are not counted by a run; they are in proportion to contacts as long as sensors are the same.
A like model is fitted to the largest that a process was. ``error_median`` and ``error_worst`` say how far the
model's totals are from the measured ones, as shares.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
from loads import Load
from numpy.typing import NDArray
from scipy.optimize import nnls
from whole_runs import measured, warm

BASE = Load(vessels=2_000, days=4.0, configurations=2)
NOTHING = Load(vessels=50, days=0.2, configurations=2)
SWEEPS: dict[str, tuple[float, ...]] = {
    "vessels": (1_000, 2_000, 4_000, 8_000),
    "sensors": (20, 40, 80, 160),
    "days": (2, 4, 8, 16),
    "configurations": (2, 4, 8, 16),
    "seeds": (1, 2, 4),
}
WORKERS = (1, 2)
SEEDS_OF_WORKERS = 4
TERMS: dict[str, tuple[str, ...]] = {
    "world": ("seeds", "vessel_days"),
    "sense": ("reports", "contacts", "vessel_days"),
    "frame": ("seeds", "contacts", "vessel_days"),
    "arrange": ("arrangements", "hops", "contacts_arrangements", "vessel_days_arrangements"),
    "rest": ("runs", "units", "contacts_units"),
}
STAGES_OF = {"arrange": ("share", "audit", "score")}
LEAST_S = 0.05
"""Stages shorter than this count as if they took it when errors are made relative."""

Run = dict[str, float]
Floats = NDArray[np.float64]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--small", action="store_true", help="small loads, to see that it works")
    small = parser.parse_args().small
    base = replace(BASE, vessels=200, days=1.0) if small else BASE
    warm()
    fixed = run_of(NOTHING)
    made, runs = {"fixed_seconds": fixed["seconds"]}, [fixed]
    for what, sizes in SWEEPS.items():
        tried = sizes[:2] if small else sizes
        swept = [run_of(sized(base, what, size)) for size in tried]
        runs += swept
        made |= {f"{what}_{size:g}_seconds": run["seconds"] for size, run in zip(tried, swept, strict=True)}
        made |= exponents(what, tried, swept, fixed)
    load = sized(base, "seeds", SEEDS_OF_WORKERS)
    walls = {n: run_of(load, n)["seconds"] for n in WORKERS}
    made |= {f"workers_{n}_seconds": seconds for n, seconds in walls.items()}
    made["workers_speedup"] = walls[1] / walls[2]
    made |= model(runs) | memory_model(runs) | rates(runs) | {"small": float(small)}
    print(json.dumps(made))


def sized(base: Load, what: str, size: float) -> Load:
    """The middling load with one of its sizes set."""
    if what == "sensors":  # as many radars as 4 in 7, as in the load
        n_radars = round(size * 4 / 7)
        return replace(base, radars=n_radars, receivers=int(size) - n_radars)
    return replace(base, **{what: size if what == "days" else int(size)})


def run_of(load: Load, workers: int = 1) -> Run:
    """Seconds and amounts of work of one run."""
    found = measured(load, workers=workers)
    vessel_days, n = load.vessel_days * load.seeds, load.configurations
    return found | {
        "arrange_seconds": sum(found.get(f"{stage}_seconds", 0.0) for stage in STAGES_OF["arrange"]),
        "runs": 1.0,
        "seeds": float(load.seeds),
        "days": load.days,
        "vessel_days": vessel_days,
        "arrangements": float(n * load.seeds),
        "contacts_arrangements": found["contacts"] * n,
        "vessel_days_arrangements": vessel_days * n,
        "contacts_units": found["contacts"] * (n + 1),
    }


def exponents(what: str, sizes: Sequence[float], runs: Sequence[Run], fixed: Run) -> dict[str, float]:
    """Slopes of log(seconds) over log(size), of the whole and of each stage; none where a time is nothing."""
    made = {}
    for stage, key in {"whole": "seconds", **{one: f"{one}_seconds" for one in TERMS}}.items():
        off_s = fixed["seconds"] if stage == "whole" else 0.0
        seconds = [run.get(key, 0.0) - off_s for run in runs]
        if min(seconds) > 0.0:
            slope = np.polyfit(np.log(sizes), np.log(seconds), 1)[0]
            made[f"{what}_exponent_{stage}"] = float(slope)
    return made


def model(runs: Sequence[Run]) -> dict[str, float]:
    """Coefficients of all stages [us by unit of work], and how well the totals are met."""
    made, totals = {}, np.zeros(len(runs))
    for stage, terms in TERMS.items():
        seconds = np.array([max(run.get(f"{stage}_seconds", 0.0), 0.0) for run in runs])
        work = np.array([[run[term] for term in terms] for run in runs])
        coefficients = fitted(work, seconds)
        totals += work @ coefficients
        made |= {
            f"model_{stage}_{term}_us": float(one) * 1e6
            for term, one in zip(terms, coefficients, strict=True)
        }
    errors = np.abs(totals / np.array([run["seconds"] for run in runs]) - 1.0)
    return made | {"error_median": float(np.median(errors)), "error_worst": float(errors.max())}


def memory_model(runs: Sequence[Run]) -> dict[str, float]:
    """Largest that a process was: by itself, by contact and by vessel-day of one seed [bytes]."""
    work = np.array(
        [[1.0, run["contacts"] / run["seeds"], run["vessel_days"] / run["seeds"]] for run in runs]
    )
    found = fitted(work, np.array([run["peak_mib"] for run in runs])) * 2**20
    names = ("run", "contact", "vessel_day")
    return {f"memory_{name}_bytes": float(one) for name, one in zip(names, found, strict=True)}


def rates(runs: Sequence[Run]) -> dict[str, float]:
    """Amounts of work by size, of the run with most contacts a report: the densest traffic."""
    dense = max(runs, key=lambda run: run["contacts"] / run["reports"])
    return {
        "contacts_per_vessel_day": dense["contacts"] / dense["vessel_days"],
        "reports_per_day": dense["reports"] / dense["days"] / dense["seeds"],
        "hops_per_report": dense["hops"] / dense["reports"] / (dense["arrangements"] / dense["seeds"]),
    }


def fitted(work: Floats, seconds: Floats) -> Floats:
    """Coefficients of at least 0 that make relative errors least."""
    weight = 1.0 / np.maximum(seconds, LEAST_S)
    # Columns of like size, or the solver takes the small ones for nothing.
    scale = np.maximum(work.max(axis=0), 1e-300)
    found, _ = nnls(work / scale * weight[:, None], seconds * weight)
    return np.asarray(found / scale)


def predicted(coefficients: Mapping[str, float], work: Mapping[str, float]) -> dict[str, float]:
    """Seconds of each stage by the model, of amounts of work by term."""
    return {
        stage: sum(coefficients[f"model_{stage}_{term}_us"] * work[term] for term in terms) / 1e6
        for stage, terms in TERMS.items()
    }


if __name__ == "__main__":
    main()
