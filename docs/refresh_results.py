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
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
README = ROOT / "README.md"
RESULTS = ROOT / "docs" / "results"
IMAGES = {
    "south_china_sea": {
        "maps/scenario.png": "scenario.png",
        "maps/difference_6h_direct_manual_JPN.png": "difference_jpn.png",
        "charts/latency.png": "latency.png",
    },
    "six_arrangements": {
        "charts/gaps.png": "six_gaps.png",
        "charts/latency.png": "six_latency.png",
    },
}


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
    README.write_text(with_block(README.read_text(), name, markdown(results)))


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
    kept = ("baseline", "caveats", "confidence_level", "label", "seeds")
    return {"figures": figures, "primary": wanted, **{name: summary[name] for name in kept}}


def markdown(results: dict[str, Any]) -> str:
    """The table of the README."""
    metrics = [entry["metric"] for entry in results["primary"]]
    ages = [metric.rsplit("_", 1)[1].replace("h", " h") for metric in metrics]
    lines = [
        "| nation | configuration | " + " | ".join(f"custody {age}" for age in ages) + " |",
        "| --- | --- |" + " ---: |" * len(ages),
    ]
    names = [results["baseline"], *sorted(set(results["figures"]) - {results["baseline"]})]
    for nation in sorted(results["figures"][results["baseline"]]):
        for name in names:
            cells = [_cell(results["figures"][name][nation][metric]) for metric in metrics]
            lines.append(f"| {nation} | `{name}` | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def with_block(text: str, name: str, block: str) -> str:
    """The text with what stands between the markers of a scenario replaced."""
    begin, end = f"<!-- results of {name}: made by docs/refresh_results.py -->", f"<!-- end of {name} -->"
    head, rest = text.split(begin)
    return f"{head}{begin}\n{block}\n{end}{rest.split(end)[1]}"


def _cell(entry: dict[str, Any]) -> str:
    """A value in per cent, and its paired difference in percentage points with the interval."""
    value = f"{100 * entry['mean']:.1f} %"
    difference = entry.get("difference")
    if difference is None or difference["mean"] == difference["low"] == difference["high"] == 0:
        return value
    digits = 1 if abs(difference["mean"]) >= 0.001 else 2
    mean, low, high = (f"{100 * difference[end]:+.{digits}f}" for end in ("mean", "low", "high"))
    return f"{value} ({mean} [{low}, {high}] pp)"


if __name__ == "__main__":
    main()
