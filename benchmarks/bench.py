"""Measure mda_sim, and write benchmarks/results.md.

    make bench
    python benchmarks/bench.py --only tatc --tatc-python PATH
    python benchmarks/bench.py --publish

``--only`` measures one part and leaves the others as they are. ``PATH`` is an interpreter that has TAT-C
(``tatc_access.py`` says how to get one); without it, that comparison is left out. ``--small`` makes small
loads, to see that everything works, and writes nowhere unless ``--out`` names a folder. ``--publish`` makes
what is in results.json the last published run, which later runs are compared with (``baseline.json``).

Times are given as measured and divided by the yardstick of the same part (``yardstick.py``), so that a slow
hour is not a regression. Bars are the project's own. Parts are in ``parts_*.py``, the page in ``page.py``.
Expect an hour for all parts.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
from pathlib import Path

import page
from figures import FOLDER, Options, Part
from parts_peers import peers, tatc
from parts_runs import reference, scaling, studies, whole_run
from parts_sensing import moving, sensing
from parts_sharing import sharing
from parts_stages import recording, stages, worlds
from yardstick import yardstick

PARTS: dict[str, Part] = {
    "stages": Part(
        "Stages of the default run",
        "One seed of `scenarios/six_arrangements.yaml` in one process, kernels compiled.",
        stages,
    ),
    "run": Part(
        "The default run",
        "As a user runs it, kernels and lanes already there, timed from outside.",
        whole_run,
    ),
    "reference": Part(
        "The reference load",
        "Whole processes through `mda-sim run` (`reference_load.py`): 105-130 E, 0-30 N; 40 coastal radars, "
        "30 AIS receivers, 8 radar satellites, three nations, one seed. 6 and 100 arrangements: two workers, "
        "of which one tells of world, sensing and frame; others: one process. *Rest* is what its processes "
        "did or waited besides: start, the other worker's world and sensing, reading, writing, gathering.",
        reference,
    ),
    "scaling": Part(
        "How it grows",
        "One size at a time (`scaling.py`), from 2,000 vessels, 4 days, 70 sensors, 2 arrangements, 1 seed. "
        "An exponent of 1 is in proportion. Coefficients make the cost model of `docs/scale.md`.",
        scaling,
    ),
    "studies": Part(
        "Studies of many units",
        "Workers, a Dask cluster on this machine, memory, what is left behind, coalitions (`studies.py`).",
        studies,
    ),
    "peers": Part(
        "Other programs side by side",
        "The same loads by other programs in the same run, as ratios, without bars. What each does besides "
        "differs: `peers.py`, `stone_soup.py` and `beside.py` say how. "
        "`tests/test_peers.py` asserts that the plain programs make the same contacts and deliveries.",
        peers,
    ),
    "tatc": Part(
        "TAT-C side by side",
        "With an interpreter that has it (`--tatc-python`, `tatc_access.py`).",
        tatc,
    ),
    "worlds": Part(
        "Large worlds", "Made in a process each (`world.py`), and positions in the second.", worlds
    ),
    "recording": Part("A recording", "Of a million rows (`recording.py`).", recording),
    "sensing": Part(
        "Radars and AIS receivers", "Fleets of several sizes in a process each (`sensing.py`).", sensing
    ),
    "moving": Part("Satellites and aircraft", "Over the reference load (`moving.py`).", moving),
    "sharing": Part("The exchange", "On the reference network (`sharing.py`).", sharing),
}


def main() -> None:
    """Measure, keep and write the page."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--only", choices=sorted(PARTS), nargs="+", help="these parts; others stay")
    parser.add_argument("--skip-run", action="store_true", help="leave out the default run")
    parser.add_argument("--repeats", type=int, default=3, help="how often a script is run; default 3")
    parser.add_argument("--small", action="store_true", help="small loads, to see that it works")
    parser.add_argument("--tatc-python", type=Path, help="interpreter that has TAT-C, for 'tatc'")
    parser.add_argument("--out", type=Path, help="folder for results.md and results.json")
    parser.add_argument("--publish", action="store_true", help="compare later runs with results.json")
    options = parser.parse_args()
    if options.tatc_python is None and "tatc" in (options.only or ()):
        parser.error("part 'tatc' needs --tatc-python")
    folder = options.out or FOLDER
    results = page.read(folder / "results.json")
    if options.publish:
        page.write(FOLDER / "baseline.json", page.baseline_of(results))
        _write_page(folder, results)
        return
    left_out = ({"run"} if options.skip_run else set()) | ({"tatc"} if options.tatc_python is None else set())
    names = [name for name in options.only or PARTS if name not in left_out]
    how = Options(options.repeats, options.small, options.tatc_python)
    for name in names:
        results[name] = measured(name, how)
        if options.small and options.out is None:
            print(page.render({name: results[name]}, {}, PARTS))
        else:
            # After each part, so that a run that is broken off keeps what it has.
            folder.mkdir(parents=True, exist_ok=True)
            page.write(folder / "results.json", results)
            _write_page(folder, results)


def measured(name: str, how: Options) -> page.Stored:
    """One part, with the yardstick before and after it."""
    print(f"{time.strftime('%H:%M:%S')} {name}", file=sys.stderr, flush=True)
    before = yardstick()
    found = PARTS[name].measure(how)
    return page.stored(found, statistics.mean((before, yardstick())))


def _write_page(folder: Path, results: dict[str, page.Stored]) -> None:
    baseline = page.read(FOLDER / "baseline.json")
    (folder / "results.md").write_text(page.render(results, baseline, PARTS))


if __name__ == "__main__":
    main()
