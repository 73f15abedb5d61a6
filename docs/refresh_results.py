"""Take the results of a finished run into the documentation.

    .venv/bin/mda-sim run scenarios/six_arrangements.yaml --out runs/six
    .venv/bin/python docs/refresh_results.py runs/six

Copies pictures to docs/images, the primary endpoints of summary.json to docs/results, and
writes the table of the README between the markers of the scenario. A test compares the README
with those results.
"""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
README = ROOT / "README.md"
RESULTS = ROOT / "docs" / "results"
IMAGES = {
    "south_china_sea": {
        "maps/difference_6h_direct_manual_JPN.png": "difference_jpn.png",
        "charts/latency.png": "latency.png",
    },
    "six_arrangements": {
        "maps/scenario.png": "scenario.png",
        "charts/gaps.png": "six_gaps.png",
        "charts/latency.png": "six_latency.png",
    },
    "label_sensitivity": {},
}
CLASS_METRIC = "custody_fraction_24h"
"""Figure that is broken down by class."""
LEVELS = ("UNCLASSIFIED", "RESTRICTED", "CONFIDENTIAL")


def main() -> None:
    """Refresh everything from the run folder named on the command line."""
    run = Path(sys.argv[1])
    name = json.loads((run / "manifest.json").read_text())["scenario"]
    results = extract(json.loads((run / "summary.json").read_text()))
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / f"{name}.json").write_text(json.dumps(results, indent=1, sort_keys=True) + "\n")
    (ROOT / "docs" / "images").mkdir(exist_ok=True)
    for source, image in IMAGES[name].items():
        shutil.copyfile(run / source, ROOT / "docs" / "images" / image)
    README.write_text(with_block(README.read_text(), name, block(name, results)))


def extract(summary: dict[str, Any]) -> dict[str, Any]:
    """The part of a summary that the documentation quotes: its primary endpoints over the whole area."""
    wanted = [entry for entry in summary["primary"] if "@" not in entry["group"]]
    figures = {
        configuration: {
            nation: {
                entry["metric"]: metrics[entry["metric"]][entry["group"]]
                for entry in wanted
                if entry["group"] in metrics.get(entry["metric"], {})
            }
            for nation, metrics in nations.items()
        }
        for configuration, nations in summary["configurations"].items()
    }
    by_class = {
        configuration: {
            nation: {
                group.removeprefix("class:"): entry
                for group, entry in metrics[CLASS_METRIC].items()
                if group.startswith("class:") and "@" not in group
            }
            for nation, metrics in nations.items()
        }
        for configuration, nations in summary["configurations"].items()
    }
    kept = ("baseline", "caveats", "confidence_level", "label", "seeds")
    return {
        "figures": figures,
        "by_class": by_class,
        "primary": wanted,
        **{name: summary[name] for name in kept},
    }


def block(name: str, results: dict[str, Any]) -> str:
    """What stands between the markers of a scenario."""
    return TABLES.get(name, markdown)(results)


def markdown(results: dict[str, Any]) -> str:
    """The table of the README: a row for each nation and configuration."""
    metrics = [entry["metric"] for entry in results["primary"]]
    lines = [
        "| nation | configuration | " + " | ".join(map(_words, metrics)) + " |",
        "| --- | --- |" + " ---: |" * len(metrics),
    ]
    names = [results["baseline"], *sorted(set(results["figures"]) - {results["baseline"]})]
    for nation in sorted(results["figures"][results["baseline"]]):
        for name in names:
            cells = [_cell(results["figures"][name][nation].get(metric)) for metric in metrics]
            lines.append(f"| {nation} | `{name}` | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def with_classes(results: dict[str, Any]) -> str:
    """The table of the README, and below it what lies behind it for Japan: a row per class of vessels."""
    by_class = {name: nations["JPN"] for name, nations in results["by_class"].items()}
    names = [results["baseline"], *sorted(set(by_class) - {results["baseline"]})]
    lines = [
        f"| JPN, {_words(CLASS_METRIC)} of | " + " | ".join(f"`{name}`" for name in names) + " |",
        "| --- |" + " ---: |" * len(names),
    ]
    for vessel_class in sorted(by_class[results["baseline"]]):
        cells = [f"{100 * by_class[name][vessel_class]['mean']:.1f} %" for name in names]
        lines.append(f"| `{vessel_class}` | " + " | ".join(cells) + " |")
    return markdown(results) + "\n\n" + "\n".join(lines)


def by_label(results: dict[str, Any]) -> str:
    """The table of the sensitivity to a label: a column per level, rows where the level changes something."""
    figures = results["figures"]
    lines = [
        "| nation | arrangement | figure | " + " | ".join(LEVELS) + " |",
        "| --- | --- | --- |" + " ---: |" * len(LEVELS),
    ]
    unchanged = []
    arrangements = [name for name in figures if f"{name}_{LEVELS[0].lower()}" in figures]
    first = results["baseline"]
    for nation in sorted(figures[first]):
        for name in sorted(arrangements, key=lambda one: (one != first, one)):
            ids = [one if one in figures else name for one in (f"{name}_{level.lower()}" for level in LEVELS)]
            rows = {
                metric: [_cell(figures[one][nation].get(metric)) for one in ids]
                for metric in (entry["metric"] for entry in results["primary"])
            }
            if all(len(set(cells)) == 1 for cells in rows.values()):
                unchanged.append(f"{nation} under `{name}`")
                continue
            for metric, cells in rows.items():
                lines.append(f"| {nation} | `{name}` | {_words(metric)} | " + " | ".join(cells) + " |")
    if unchanged:
        lines += ["", f"The label changes nothing for: {', '.join(unchanged)}."]
    return "\n".join(lines)


TABLES: dict[str, Callable[[dict[str, Any]], str]] = {
    "label_sensitivity": by_label,
    "six_arrangements": with_classes,
}


def with_block(text: str, name: str, block: str) -> str:
    """The text with what stands between the markers of a scenario replaced."""
    begin, end = f"<!-- results of {name}: made by docs/refresh_results.py -->", f"<!-- end of {name} -->"
    head, rest = text.split(begin)
    return f"{head}{begin}\n{block}\n{end}{rest.split(end)[1]}"


def _words(metric: str) -> str:
    """A metric as a heading: ``custody_fraction_6h`` is custody 6 h."""
    return f"{metric.split('_')[0]} {metric.rsplit('_', 1)[1].replace('h', ' h')}"


def _cell(entry: dict[str, Any] | None) -> str:
    """A value in per cent, and its paired difference in percentage points with the interval."""
    if entry is None or entry["mean"] is None:
        return "-"
    value = f"{100 * entry['mean']:.1f} %"
    difference = entry.get("difference")
    if difference is None or difference["mean"] is None:
        return value
    if difference["mean"] == difference["low"] == difference["high"] == 0:
        return value
    digits = 1 if abs(difference["mean"]) >= 0.001 else 2
    ends = (difference[end] for end in ("mean", "low", "high"))
    mean, low, high = ("?" if end is None else f"{100 * end:+.{digits}f}" for end in ends)
    return f"{value} ({mean} [{low}, {high}] pp)"


if __name__ == "__main__":
    main()
