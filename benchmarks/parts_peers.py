"""Part of the benchmarks: other programs on the same loads, in the same run.

The plain program and the one with each scan in numpy (``peers.py``), SimPy alone (``simpy_floor.py``), Stone
Soup's radars (``stone_soup.py``), Ciw and Stone Soup's architecture (``beside.py``), and TAT-C where there is
an interpreter that has it (``tatc_access.py``).
"""

from __future__ import annotations

import subprocess
from importlib.metadata import version

from figures import Figure, Measured, Options, figure, made_by, scaled


def peers(how: Options) -> Measured:
    """All of them but TAT-C."""
    return Measured([*plain(how), *simpy_alone(how), *stone_soup(how), *beside(how)])


def plain(how: Options) -> list[Figure]:
    """What a user would write, beside this program."""
    sizes = ("60", "4", "6") if how.small else ("500", "8", "24")
    made = made_by("peers.py", *sizes, repeats=how.repeats)
    name = f"{sizes[1]} radars, {sizes[0]} ships, {sizes[2]} h"
    programs = {"plain_": "plain program", "per_scan_": "numpy a scan", "": "mda_sim"}
    units = {"pair": "a pair in an interval", "look": "a look in reach", "message": "a message"}
    figures = [
        figure(f"{name}: pairs in intervals", made["pairs"]),
        figure(f"{name}: looks in reach", made["looks"]),
        figure(f"{name}: messages", made["messages"]),
    ]
    for unit, words in units.items():
        if unit == "message":  # both plain programs send messages alike
            programs.pop("per_scan_")
        figures += [
            figure(f"{name}: {words}, {title}", made[f"{program}{unit}_us"], "us")
            for program, title in programs.items()
        ]
        figures += [
            figure(f"{name}: {words}, {title} over mda_sim", made[f"{program}ratio_{unit}"], "times")
            for program, title in programs.items()
            if program
        ]
    return figures


def simpy_alone(how: Options) -> list[Figure]:
    """What SimPy takes by itself."""
    made = made_by("simpy_floor.py", "2000" if how.small else "20000", repeats=how.repeats)
    name = f"SimPy {version('simpy')} alone"
    return [
        figure(f"{name}: an event", made["event_us"], "us"),
        figure(f"{name}: a message over 3 hops, by Resource", made["resource_us"], "us"),
        figure(f"{name}: a message over 3 hops, by callbacks", made["callback_us"], "us"),
        figure(f"{name}: the same without events, in Python", made["closed_us"], "us"),
    ]


def stone_soup(how: Options) -> list[Figure]:
    """Stone Soup's radars on a small load, beside ours on the same (``stone_soup.py``)."""
    made = made_by("stone_soup.py", repeats=how.repeats)
    name = f"40 radars, 50 ships, 20 minutes (Stone Soup {version('stonesoup')})"
    return [
        figure(f"{name}: a pair in an interval, Stone Soup", made["stone_soup_pair_us"], "us"),
        figure(f"{name}: a pair in an interval, mda_sim", made["pair_us"], "us"),
        figure(f"{name}: Stone Soup over mda_sim", made["ratio"], "times"),
        figure(f"{name}: a pair in reach, Stone Soup", made["stone_soup_look_us"], "us"),
        figure(f"{name}: a pair in reach, mda_sim", made["look_us"], "us"),
        figure(f"{name}: share of pairs seen by either that both saw", made["seen_by_both"]),
    ]


def beside(how: Options) -> list[Figure]:
    """Small networks by Ciw and by Stone Soup's architecture module, and by this program (``beside.py``)."""
    made = made_by("beside.py", repeats=how.repeats)
    tandem = f"two desks in a row, 20,000 cases (Ciw {version('ciw')})"
    star = f"eight sensor nodes, two others (Stone Soup {version('stonesoup')})"
    constant = f"{tandem}: a case, constant services"
    return [
        figure(f"{tandem}: mean time, mda_sim (theory 24,000 s)", scaled(made, "mean_s", 1 / 3600), "h"),
        figure(f"{tandem}: mean time, Ciw", scaled(made, "ciw_mean_s", 1 / 3600), "h"),
        figure(f"{tandem}: means apart, in standard errors", made["apart_in_errors"], "", 4.0),
        figure(
            f"{tandem}: constant services, times farthest apart",
            scaled(made, "constant_farthest_s", 1e3),
            "ms",
            1.0,
            simulated=True,
        ),
        figure(f"{tandem}: a case, mda_sim", made["customer_us"], "us"),
        figure(f"{tandem}: a case, Ciw", made["ciw_customer_us"], "us"),
        figure(f"{tandem}: a case, Ciw over mda_sim", made["ciw_ratio"], "times"),
        figure(f"{constant}, mda_sim", made["constant_customer_us"], "us"),
        figure(f"{constant}, Ciw", made["constant_ciw_customer_us"], "us"),
        figure(f"{constant}, Ciw over mda_sim", made["constant_ciw_ratio"], "times"),
        figure(
            f"{star}: latencies farthest apart",
            scaled(made, "stone_soup_farthest_s", 1e3),
            "ms",
            1.0,
            simulated=True,
        ),
        figure(f"{star}: a message, mda_sim", made["message_us"], "us"),
        figure(f"{star}: a message, Stone Soup", made["stone_soup_message_us"], "us"),
        figure(f"{star}: Stone Soup over mda_sim", made["stone_soup_ratio"], "times"),
    ]


def tatc(how: Options) -> Measured:
    """Windows of satellites over points by TAT-C and by this program (``tatc_access.py``)."""
    python = how.tatc_python
    if python is None:
        raise ValueError("name an interpreter that has TAT-C with --tatc-python")
    asked = [str(python), "-c", "import tatc; print(tatc.__version__)"]
    its_version = subprocess.run(asked, check=True, capture_output=True, text=True).stdout.strip()
    points = ("--points", "4", "--days", "1") if how.small else ()
    made = made_by("tatc_access.py", "--tatc-python", str(python), *points)
    name = f"{made['points'][0]:,.0f} points, 8 satellites, 7 days (TAT-C {its_version})"
    apart = {
        "ends apart, median": "apart_median_s",
        "ends apart, 99 of 100": "apart_99_s",
        "ends apart, most of windows of 5 min or more": "apart_most_long_s",
        "longest window of one side alone": "longest_of_one_side_s",
    }
    figures = [
        figure(f"{name}: all windows, TAT-C", made["tatc_seconds"], "s"),
        figure(f"{name}: all windows, mda_sim", made["seconds"], "s"),
        figure(f"{name}: TAT-C over mda_sim", made["ratio"], "times"),
        figure(f"{name}: windows, TAT-C", made["tatc_windows"]),
        figure(f"{name}: windows, mda_sim", made["windows"]),
        figure(f"{name}: share of windows of either that both have", made["agree"]),
        *(
            figure(f"{name}: {words}", scaled(made, key, 1e3), "ms", simulated=True)
            for words, key in apart.items()
        ),
    ]
    return Measured(figures)
