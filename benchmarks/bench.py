"""Measure mda_sim, and write benchmarks/results.md.

    make bench
    python benchmarks/bench.py --only moving --tatc-python PATH

``PATH`` is an interpreter that has TAT-C (``tatc_access.py`` says how to get one); without it, that
comparison is left out. Times are given as measured and divided by the yardstick of the same run
(``yardstick.py``), so that a slow hour is not a regression. Stages are those of one seed of the default run
in one process, kernels compiled; the whole run is a process of its own, timed from outside. Bars are the
project's own.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import NamedTuple

from world import median_s, position_costs_ns
from yardstick import yardstick

ROOT = Path(__file__).resolve().parent.parent
SCENARIO = ROOT / "scenarios" / "six_arrangements.yaml"
RESULTS = ROOT / "benchmarks" / "results.md"


class Figure(NamedTuple):
    """One line of the results."""

    what: str
    value: float
    unit: str
    bar: float | None = None
    """Most that it may be, after division by the yardstick if it is a time."""


def main() -> None:
    """Measure everything and write the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--skip-run", action="store_true", help="leave out the whole run")
    parser.add_argument("--only", choices=sorted(PARTS), help="one part; other lines of the page stay")
    parser.add_argument("--tatc-python", type=Path, help="interpreter that has TAT-C, for 'moving'")
    options = parser.parse_args()
    parts = (
        [options.only] if options.only else [name for name in PARTS if name != "run" or not options.skip_run]
    )
    before = yardstick()
    figures = [figure for name in parts for figure in PARTS[name]()]
    if options.tatc_python and "moving" in parts:
        figures += tatc(options.tatc_python)
    measure = statistics.mean((before, yardstick()))
    page = render(figures, measure)
    if options.only:
        page = replaced(RESULTS.read_text(), page)
    RESULTS.write_text(page)
    print(page)


def replaced(old: str, new: str) -> str:
    """The old page with the lines of the new one in place of those that measure the same; the rest last."""
    lines = {line.split("|")[1]: line for line in new.splitlines() if line.startswith("| ")}
    kept = [
        lines.pop(line.split("|")[1], line) if line.startswith("| ") else line for line in old.splitlines()
    ]
    return "\n".join([*kept, *lines.values()]) + "\n"


def made_by(script: str, *arguments: str) -> dict[str, float]:
    """The numbers that a script of this folder prints, run in a process of its own."""
    command = [sys.executable, str(ROOT / "benchmarks" / script), *arguments]
    made = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    return {str(key): float(value) for key, value in made.items() if not isinstance(value, str)}


def worlds() -> list[Figure]:
    """Large worlds, each made in a process of its own (``world.py``), and positions in the second."""
    figures = []
    for n_vessels in (1_000, 10_000, 50_000):
        made = made_by("world.py", str(n_vessels))
        name = f"world of {n_vessels:,} vessels, 30 days"
        bar_s = 20.0 if n_vessels == 10_000 else None
        figures += [
            Figure(name, made["seconds"], "s", bar_s),
            Figure(f"{name}: a vessel-day", made["seconds"] / made["vessel_days"] * 1e6, "us"),
            Figure(f"{name}: vessels at a time", made["vessels"], ""),
            Figure(f"{name}: legs and vessels", made["table_mib"], "MiB"),
            Figure(f"{name}: largest the process was", made["peak_mib"], "MiB"),
        ]
        if n_vessels == 10_000:
            figures += [
                Figure(f"{name}: position as a unit vector", made["unit_ns"], "ns", 60.0),
                Figure(f"{name}: position as latitude and longitude", made["lat_lon_ns"], "ns", 120.0),
            ]
    return figures


def recording() -> list[Figure]:
    """A recording of a million rows, made in a process of its own (``recording.py``)."""
    made = made_by("recording.py")
    name = "recording of 1,000,000 rows"
    return [
        Figure(f"{name}: read, cleaned, made tracks", made["seconds"], "s", 20.0),
        Figure(f"{name}: rows used", made["used"], ""),
        Figure(f"{name}: legs", made["legs"], ""),
        Figure(f"{name}: largest the process was", made["peak_mib"], "MiB"),
    ]


def sensing() -> list[Figure]:
    """Radars and AIS receivers over fleets of several sizes, each in its own process (``sensing.py``)."""
    figures = []
    for n_vessels in (1_000, 2_000, 5_000, 10_000, 20_000, 50_000):
        made = made_by("sensing.py", str(n_vessels))
        name = f"40 radars and 30 AIS receivers, {n_vessels:,} vessels, 7 days"
        has_bar = n_vessels == 10_000
        figures += [
            Figure(name, made["seconds"], "s", 3.0 if has_bar else None),
            Figure(f"{name}: radar looks in range", made["radar_looks"], ""),
            Figure(f"{name}: a radar look in range", made["radar_look_ns"], "ns", 100.0 if has_bar else None),
        ]
        if has_bar:
            figures += [
                Figure(f"{name}: an AIS look in range", made["ais_look_ns"], "ns"),
                Figure(f"{name}: contacts", made["contacts"], ""),
                Figure(f"{name}: largest the process was", made["peak_mib"], "MiB", 1024.0),
            ]
    made = made_by("sensing.py", "10000", "--weather")
    name = "the same, 10,000 vessels, under a seasonal climate"
    figures += [
        Figure(name, made["seconds"], "s"),
        Figure(f"{name}: a radar look in range", made["radar_look_ns"], "ns"),
    ]
    return figures + stone_soup()


def stone_soup() -> list[Figure]:
    """Stone Soup's radars on a small load, beside ours on the same (``stone_soup.py``)."""
    made = made_by("stone_soup.py")
    name = f"40 radars, 50 ships, 20 minutes (Stone Soup {version('stonesoup')})"
    return [
        Figure(f"{name}: a pair in an interval, Stone Soup", made["stone_soup_pair_us"], "us"),
        Figure(f"{name}: a pair in an interval, mda_sim", made["pair_us"], "us"),
        Figure(f"{name}: Stone Soup over mda_sim", made["ratio"], "times"),
        Figure(f"{name}: a pair in reach, Stone Soup", made["stone_soup_look_us"], "us"),
        Figure(f"{name}: a pair in reach, mda_sim", made["look_us"], "us"),
        Figure(f"{name}: share of pairs seen by either that both saw", made["seen_by_both"], ""),
    ]


def moving() -> list[Figure]:
    """Satellites and aircraft over the reference load, each load in its own process (``moving.py``)."""
    radar = made_by("moving.py", "10000", "--load", "sar")
    everything = made_by("moving.py", "10000", "--load", "all")
    name = "40 radars, 30 AIS receivers, 8 radar satellites, 10,000 vessels, 7 days"
    more = "the same, 60 AIS satellites, 10 aircraft, 1,024 probes"
    aircraft = f"{more}: aircraft alone"
    return [
        Figure(name, radar["seconds"], "s", 6.0),
        Figure(f"{name}: largest the process was", radar["peak_mib"], "MiB", 1024.0),
        Figure(f"{name}: contacts", radar["contacts"], ""),
        Figure(f"{name}: radar satellites alone", radar["sar_seconds"], "s"),
        Figure(f"{name}: images", radar["sar_images"], ""),
        Figure(f"{name}: vessels in images", radar["sar_looks"], ""),
        Figure(f"{name}: a vessel in an image", radar["sar_look_us"], "us", 5.0),
        Figure(f"{name}: a vessel tried for an image", radar["sar_tested_ns"], "ns"),
        Figure(more, everything["seconds"], "s", 15.0),
        Figure(f"{more}: largest the process was", everything["peak_mib"], "MiB", 1536.0),
        Figure(f"{more}: contacts", everything["contacts"], ""),
        Figure(f"{more}: AIS satellites alone", everything["ais_satellite_seconds"], "s"),
        Figure(f"{more}: passes of AIS satellites", everything["ais_satellite_passes"], ""),
        Figure(f"{more}: vessels in view in passes", everything["ais_satellite_looks"], ""),
        Figure(f"{more}: a vessel in view in a pass", everything["ais_satellite_look_ns"], "ns", 150.0),
        Figure(f"{aircraft}, radars", everything["radars_aboard_seconds"], "s"),
        Figure(f"{aircraft}, contacts of radars", everything["radars_aboard_contacts"], ""),
        Figure(f"{aircraft}, AIS receivers", everything["ais_aboard_seconds"], "s"),
        Figure(f"{aircraft}, contacts of AIS receivers", everything["ais_aboard_contacts"], ""),
        Figure(f"{aircraft}, reports of each", everything["radars_aboard_reports"], ""),
    ]


def tatc(python: Path) -> list[Figure]:
    """Windows of satellites over points by TAT-C and by this program (``tatc_access.py``)."""
    asked = [str(python), "-c", "import tatc; print(tatc.__version__)"]
    its_version = subprocess.run(asked, check=True, capture_output=True, text=True).stdout.strip()
    made = made_by("tatc_access.py", "--tatc-python", str(python))
    name = f"{made['points']:,.0f} points, 8 satellites, 7 days (TAT-C {its_version})"
    return [
        Figure(f"{name}: all windows, TAT-C", made["tatc_seconds"], "s"),
        Figure(f"{name}: all windows, mda_sim", made["seconds"], "s"),
        Figure(f"{name}: TAT-C over mda_sim", made["ratio"], "times"),
        Figure(f"{name}: windows, TAT-C", made["tatc_windows"], ""),
        Figure(f"{name}: windows, mda_sim", made["windows"], ""),
        Figure(f"{name}: share of windows of either that both have", made["agree"], ""),
        # Differences of simulated times, so not divided by the yardstick: milliseconds.
        Figure(f"{name}: ends apart, median", made["apart_median_s"] * 1e3, "ms"),
        Figure(f"{name}: ends apart, 99 of 100", made["apart_99_s"] * 1e3, "ms"),
        Figure(
            f"{name}: ends apart, most of windows of 5 min or more", made["apart_most_long_s"] * 1e3, "ms"
        ),
        Figure(f"{name}: longest window of one side alone", made["longest_of_one_side_s"] * 1e3, "ms"),
    ]


def sharing() -> list[Figure]:
    """The exchange on the reference network (``sharing.py``), then beside other programs (``beside.py``)."""
    figures = []
    made = {days: made_by("sharing.py", "--days", str(days)) for days in (10, 30)}
    live = made_by("sharing.py", "--live")
    loads = {
        "60 sensors, 12 nodes, 10 days": made[10],
        "60 sensors, 12 nodes, 30 days": made[30],
        "the same, 30 days, desks and links with all they can have": live,
    }
    for name, load in loads.items():
        is_long = load["reports"] == made[30]["reports"]
        figures += [
            Figure(f"{name}: an arrangement", load["seconds"], "s", 30.0 if is_long else None),
            Figure(f"{name}: cases on links", load["cases"], ""),
            Figure(f"{name}: SimPy events a case on a link", load["events_a_case"], "", 3.0),
            Figure(f"{name}: a case on a link", load["us_a_case"], "us", 12.0),
            Figure(f"{name}: a part on a link", load["us_a_row"], "us"),
            Figure(f"{name}: tables", load["table_mib"], "MiB"),
            Figure(f"{name}: memory beside tables", load["beside_mib"], "MiB"),
        ]
    return figures + beside()


def beside() -> list[Figure]:
    """Small networks by Ciw and by Stone Soup's architecture module, and by this program."""
    made = made_by("beside.py")
    tandem = f"two desks in a row, 20,000 cases (Ciw {version('ciw')})"
    star = f"eight sensor nodes, two others (Stone Soup {version('stonesoup')})"
    return [
        Figure(f"{tandem}: mean time, mda_sim (theory 24,000 s)", made["mean_s"] / 3600, "h"),
        Figure(f"{tandem}: mean time, Ciw", made["ciw_mean_s"] / 3600, "h"),
        Figure(f"{tandem}: means apart, in standard errors", made["apart_in_errors"], "", 4.0),
        Figure(
            f"{tandem}: constant services, times farthest apart", made["constant_farthest_s"] * 1e3, "ms", 1.0
        ),
        Figure(f"{tandem}: a case, mda_sim", made["customer_us"], "us"),
        Figure(f"{tandem}: a case, Ciw", made["ciw_customer_us"], "us"),
        Figure(f"{tandem}: a case, constant services, mda_sim", made["constant_customer_us"], "us"),
        Figure(f"{tandem}: a case, constant services, Ciw", made["constant_ciw_customer_us"], "us"),
        Figure(f"{star}: latencies farthest apart", made["stone_soup_farthest_s"] * 1e3, "ms", 1.0),
        Figure(f"{star}: a message, mda_sim", made["message_us"], "us"),
        Figure(f"{star}: a message, Stone Soup", made["stone_soup_message_us"], "us"),
        Figure(f"{star}: Stone Soup over mda_sim", made["stone_soup_ratio"], "times"),
    ]


def stages() -> list[Figure]:
    """Stages of one seed, and costs per unit of work."""
    from mda_sim import pipeline
    from mda_sim.scenario import load_scenario

    scenario = load_scenario(SCENARIO, seeds=1)
    seed = scenario.seeds[0]
    figures = [Figure("read and check the scenario", median_s(lambda: load_scenario(SCENARIO)), "s")]
    fleet = pipeline.build_world(scenario, seed)
    figures.append(
        Figure("world of one seed", median_s(lambda: pipeline.build_world(scenario, seed), 3), "s")
    )
    log = pipeline.sense(scenario, fleet, seed)
    figures.append(
        Figure("sensing of one seed", median_s(lambda: pipeline.sense(scenario, fleet, seed), 3), "s")
    )
    figures.append(Figure("contacts made", len(log.contacts), ""))
    unit_ns, lat_lon_ns = position_costs_ns(fleet)
    figures += [
        Figure("position as a unit vector", unit_ns, "ns", 60.0),
        Figure("position as latitude and longitude", lat_lon_ns, "ns", 120.0),
    ]
    frame = pipeline.build_frame(scenario, fleet, log)
    figures.append(
        Figure(
            "frame for scoring one seed", median_s(lambda: pipeline.build_frame(scenario, fleet, log), 3), "s"
        )
    )
    for name in scenario.arrangements:

        def exchange(name=name):  # type: ignore[no-untyped-def]
            return pipeline.share_with_stats(scenario, fleet, log, name, seed)

        deliveries, stats = exchange()
        seconds = median_s(exchange, 3)
        figures += [
            Figure(f"exchange, {name}", seconds, "s"),
            Figure(f"exchange, {name}: SimPy events a case", stats.simpy_events / stats.cases, "", 3.0),
            Figure(f"exchange, {name}: a hop row", seconds / stats.hops_rows * 1e6, "us"),
            Figure(
                f"audit, {name}",
                median_s(lambda d=deliveries, n=name: pipeline.audit(scenario, fleet, log, d, n, seed), 3),
                "s",
            ),
            Figure(
                f"scores, {name}",
                median_s(lambda d=deliveries, n=name: scored_anew(scenario, frame, d, n, seed), 3),
                "s",
            ),
        ]
    return figures


def scored_anew(scenario, frame, deliveries, name, seed):  # type: ignore[no-untyped-def]
    """The scores of one configuration, with nothing taken over from another."""
    from mda_sim import pipeline

    frame.scored_pictures.clear()
    return pipeline.score(scenario, frame, deliveries, name, seed)


def whole_run() -> list[Figure]:
    """The default run as a user runs it, kernels and lanes already there, and its largest process."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "mda_sim", "run", str(SCENARIO), "--quiet", "--out"]
        subprocess.run([*command, f"{folder}/warm", "--seeds", "1"], check=True)
        start = time.perf_counter()
        subprocess.run([*command, f"{folder}/run"], check=True)
        seconds = time.perf_counter() - start
        manifest = json.loads((Path(folder) / "run" / "manifest.json").read_text())
    peak_mib = max(_peaks(manifest["units"]))
    return [
        Figure("whole run: 21 days, 6 configurations, 10 seeds", seconds, "s", 240.0),
        Figure("whole run: largest process", peak_mib, "MiB", 2048.0),
    ]


def _peaks(node):  # type: ignore[no-untyped-def]
    if isinstance(node, dict):
        if "peak_mib" in node:
            yield node["peak_mib"]
        for child in node.values():
            yield from _peaks(child)


PARTS: dict[str, Callable[[], list[Figure]]] = {
    "stages": stages,
    "worlds": worlds,
    "recording": recording,
    "sensing": sensing,
    "moving": moving,
    "sharing": sharing,
    "run": whole_run,
}


def render(figures: list[Figure], measure: float) -> str:
    """The page: machine, versions, figures."""
    names = ("mda-sim", "numpy", "numba", "scipy", "shapely", "simpy", "pyarrow")
    versions = ", ".join(f"{name} {version(name)}" for name in names)
    lines = [
        "# Benchmark results",
        "",
        "Made by `make bench`. Times are wall-clock; the column after them divides by the yardstick, the",
        "time of a fixed kernel in the same run over its time where the bars were set",
        "(`benchmarks/yardstick.py`). Lines that were measured alone have a yardstick of their own. Trust",
        "ratios.",
        "",
        f"- machine: {platform.machine()}, {os.cpu_count()} processors, {platform.system()}, "
        f"Python {platform.python_version()}",
        f"- versions: {versions}",
        f"- yardstick: {measure:.2f}",
        "",
        "| what | measured | in yardsticks | bar |",
        "| --- | ---: | ---: | ---: |",
    ]
    for figure in figures:
        is_time = figure.unit in ("s", "us", "ns")
        scaled = figure.value / measure if is_time else figure.value
        bar = (
            "" if figure.bar is None else f"{figure.bar:,.4g} ({'met' if scaled <= figure.bar else 'missed'})"
        )
        shown = f"{scaled:,.4g}" if is_time else ""
        lines.append(f"| {figure.what} | {figure.value:,.4g} {figure.unit} | {shown} | {bar} |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    main()
