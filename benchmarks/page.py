"""The results as they are kept (``results.json``) and as they are read (``results.md``).

Each part keeps its own yardstick, machine and versions, so that a part that was measured alone is true beside
the others. ``baseline.json`` has each line of the last published run as a multiple of the yardstick, or as it
is if it is no time; the column "against the last" divides by it.
"""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Iterator, Mapping
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from figures import Figure, Measured, Part

PACKAGES = ("mda-sim", "numpy", "numba", "scipy", "shapely", "simpy", "pyarrow", "distributed")
GREW_SHOWN = 8
GREW_LEAST = 1.1
HEAD = """# Benchmark results

Made by `make bench` (`benchmarks/bench.py`); a table for each part, medians, and the least and most of
repeats. Times are wall-clock. *In yardsticks* divides by the time of a fixed kernel in the same run over its
time where the bars were set (`benchmarks/yardstick.py`): absolute times move by half from hour to hour, so
trust ratios.
*Bar* is the most that the median in yardsticks, or the median where it is no time, may be. *Against the last*
divides by the same line of the last published run (`benchmarks/baseline.json`): above 1 is more.
Other programs stand beside as ratios, without bars.
"""

Stored = dict[str, Any]


def stored(measured: Measured, yardstick: float) -> Stored:
    """A part as it is kept."""
    return {
        "yardstick": round(yardstick, 4),
        "machine": f"{platform.machine()}, {os.cpu_count()} processors, {platform.system()}",
        "versions": {"python": platform.python_version(), **_versions()},
        "notes": measured.notes,
        "figures": [
            {
                "what": one.what,
                "values": [float(f"{value:.5g}") for value in one.values],
                "unit": one.unit,
                "bar": one.bar,
                "simulated": one.simulated,
            }
            for one in measured.figures
        ],
        "numbers": {name: [float(f"{v:.6g}") for v in values] for name, values in measured.numbers.items()},
    }


def _versions() -> dict[str, str]:
    found = {}
    for name in PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


def read(path: Path) -> dict[str, Any]:
    """A JSON file; nothing if there is none."""
    return json.loads(path.read_text()) if path.exists() else {}


def write(path: Path, content: Mapping[str, Any]) -> None:
    """Write a JSON file, one key a line where that is short."""
    path.write_text(json.dumps(content, indent=1) + "\n")


def baseline_of(results: Mapping[str, Stored]) -> dict[str, dict[str, float]]:
    """Each line of all parts in yardsticks."""
    return {
        name: {one.what: float(f"{_ratio(one, part['yardstick']):.5g}") for one in _figures(part)}
        for name, part in results.items()
    }


def render(
    results: Mapping[str, Stored], baseline: Mapping[str, Mapping[str, float]], parts: Mapping[str, Part]
) -> str:
    """The page, parts in their order."""
    lines = [HEAD]
    lines += _grown(results, baseline)
    for name, part in parts.items():
        if name in results:
            lines += _section(results[name], baseline.get(name, {}), part)
    return "\n".join(lines).rstrip() + "\n"


def _section(found: Stored, last: Mapping[str, float], part: Part) -> Iterator[str]:
    versions = ", ".join(f"{name} {number}" for name, number in found["versions"].items())
    yield f"## {part.title}\n"
    yield f"{part.about}\n"
    yield f"- machine: {found['machine']}; yardstick {found['yardstick']:.2f}"
    yield f"- versions: {versions}"
    yield from (f"- {note}" for note in found["notes"])
    yield "\n| what | median | spread | in yardsticks | bar | against the last |"
    yield "| --- | ---: | ---: | ---: | ---: | ---: |"
    for one in _figures(found):
        ratio = _ratio(one, found["yardstick"])
        cells = [
            one.what,
            f"{one.median:,.4g} {one.unit}".rstrip(),
            _spread(one),
            f"{ratio:,.4g}" if one.is_timed else "",
            "" if one.bar is None else f"{one.bar:,.4g} ({'met' if ratio <= one.bar else 'missed'})",
            f"{ratio / last[one.what]:.2f}" if last.get(one.what) else "",
        ]
        yield "| " + " | ".join(cells) + " |"
    yield ""


def _grown(results: Mapping[str, Stored], baseline: Mapping[str, Mapping[str, float]]) -> Iterator[str]:
    """The timed lines that grew most, for whoever looks for regressions, and bars that are missed."""
    grown, missed = [], []
    for name, part in results.items():
        for one in _figures(part):
            ratio, last = _ratio(one, part["yardstick"]), baseline.get(name, {}).get(one.what)
            if last and one.is_timed and ratio / last > GREW_LEAST:
                grown.append((ratio / last, one.what))
            if one.bar is not None and ratio > one.bar:
                missed.append(f"{one.what} ({ratio:,.4g} of {one.bar:,.4g})")
    grown.sort(reverse=True)
    shown = "; ".join(f"{what} ({times:.2f})" for times, what in grown[:GREW_SHOWN])
    yield f"- bars missed: {'; '.join(missed) or 'none'}"
    yield f"- times more than {GREW_LEAST:g} of the last: {len(grown)}{f', most: {shown}' if grown else ''}\n"


def _figures(part: Stored) -> list[Figure]:
    return [
        Figure(one["what"], tuple(one["values"]), one["unit"], one["bar"], one["simulated"])
        for one in part["figures"]
    ]


def _ratio(one: Figure, yardstick: float) -> float:
    """The median in yardsticks, or as it is."""
    return one.median / yardstick if one.is_timed else one.median


def _spread(one: Figure) -> str:
    if len(one.values) == 1 or min(one.values) == max(one.values):
        return ""
    return f"{min(one.values):,.4g} - {max(one.values):,.4g}"
