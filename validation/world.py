"""Put simulated worlds beside published figures, and write the table to ``world.md`` beside this file.

The worlds of a scenario (not its sharing) are made for several seeds. Every published figure of
``mda_sim/data/published_world.csv`` that applies is measured in each, as the column ``method`` says; the
mean over seeds and its 95 % interval (Student's t) stand beside the published number. Radar satellites look
at each world, for the figures about satellite detections; nothing else is sensed.

    python validation/world.py                         # twenty seeds of scenarios/six_arrangements.yaml
    python validation/world.py --seeds 2 --dry         # print only

Not part of the test suite.
"""

from __future__ import annotations

import argparse
import math
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from mda_sim.data.published import TAGS, PublishedFigure, published_figures
from mda_sim.metrics.compare import interval
from mda_sim.pipeline import build_world
from mda_sim.report.show_tables import (
    UNMATCHED_NOTE,
    class_words,
    compare,
    published_words,
    unit_words,
    value_words,
)
from mda_sim.report.text import for_markdown
from mda_sim.report.words import DASH, ZONES_NOTE
from mda_sim.report.world_counts import AREA, Count, counts, noon_words
from mda_sim.report.world_measures import TOLERANCE, SimulatedWorld, agrees
from mda_sim.scenario import Scenario, load_scenario

RESULTS = Path(__file__).with_name("world.md")
SCENARIO = Path(__file__).parent.parent / "scenarios" / "six_arrangements.yaml"
SEEDS = 20

TAG_WORDS = {
    "held-out": "Held out: nothing in the scenario was set from these; a miss stays a miss",
    "calibrated": "Calibrated: something was set so that these come out",
    "input": "Input: the scenario states these, so agreement says that the program does what the file says",
}
AT_FEATURES = "militia_features"


class Gathered:
    """What the worlds of all seeds gave."""

    def __init__(self, scenario: Scenario) -> None:
        self.scenario = scenario
        self.seeds: list[int] = []
        self.values: dict[str, list[float]] = {}
        self.notes: dict[str, str] = {}
        self.counts: list[list[Count]] = []
        self.at_features: dict[str, list[float]] = {}
        self.noon = ""
        self.seconds = 0.0

    def add(self, seed: int) -> None:
        """Make and measure the world of one seed."""
        began = time.process_time()
        world = SimulatedWorld(self.scenario, build_world(self.scenario, seed), seed)
        for one in compare(world, with_sensing=True):
            self.values.setdefault(one.figure.id, []).append(one.value)
            if one.note:
                self.notes[one.figure.id] = one.note
        figure = published_figures()[AT_FEATURES]
        chosen = world.vessels(figure.who)[world.snapshots.target]
        for name in figure.where:
            near = world.near((name,), figure.radius_m) & chosen
            mean = float(near.sum()) / len(world.snapshots.t_us)
            self.at_features.setdefault(name, []).append(mean)
        self.counts.append([count for count in counts(world) if count.zone == AREA])
        self.noon = noon_words(world)
        self.seeds.append(seed)
        self.seconds += time.process_time() - began


def lines(found: Gathered) -> Iterator[str]:
    """The page, line by line."""
    scenario = found.scenario
    days = scenario.timeline.duration_us / 86_400e6
    yield "# Simulated worlds beside published figures"
    yield ""
    yield from _paragraph(
        f"Written by `validation/world.py` from scenario `{scenario.name}` (digest {scenario.digest()[:8]}): "
        f"{len(found.seeds)} seeds ({found.seeds[0]} to {found.seeds[-1]}), {days:g} scored days each, "
        f"{found.seconds:,.0f} s of processor time. Simulated: mean over seeds [95 % interval, Student's t]; "
        "the interval is about the luck of the seeds, not about the assumptions. Agreement: with published "
        "bounds, some of the interval lies within them; with a single number, it lies in the interval or the "
        f"mean within {100 * TOLERANCE:g} % of it. {ZONES_NOTE} {UNMATCHED_NOTE}"
    )
    yield from _summary(found)
    for tag in ("held-out", "calibrated", "input"):
        yield from _section(found, tag)
    yield from _left_out(found)
    yield from _by_feature(found)
    yield from _by_class(found)
    yield from _methods(found)


def _summary(found: Gathered) -> Iterator[str]:
    """How many figures of each tag agree."""
    yield "| tag | figures compared | agree | miss |"
    yield "| --- | ---: | ---: | ---: |"
    for tag in TAGS:
        verdicts = [_verdict(found, figure) for figure in _compared(found, tag)]
        missed = sum(verdict != "agrees" for verdict in verdicts)
        yield f"| {tag} | {len(verdicts)} | {len(verdicts) - missed} | {missed} |"
    yield ""


def _section(found: Gathered, tag: str) -> Iterator[str]:
    yield f"## {TAG_WORDS[tag]}"
    yield ""
    yield "| figure | published | simulated | unit | verdict | confidence |"
    yield "| --- | ---: | ---: | --- | --- | --- |"
    for figure in _compared(found, tag):
        simulated = _interval_words(figure, found.values[figure.id])
        verdict = _verdict(found, figure)
        shown = verdict if verdict == "agrees" else f"**{verdict}**"
        yield (
            f"| {for_markdown(figure.name)} | {published_words(figure)} | {simulated} | {unit_words(figure)} "
            f"| {shown} | {figure.confidence} |"
        )
    yield ""


def _left_out(found: Gathered) -> Iterator[str]:
    rows = [figure for figure in published_figures().values() if figure.id in found.notes]
    if rows:
        yield "## Not compared"
        yield ""
        for figure in rows:
            yield f"- {for_markdown(figure.name)}: {found.notes[figure.id]}."
        yield ""


def _by_feature(found: Gathered) -> Iterator[str]:
    figure = published_figures()[AT_FEATURES]
    yield "## Militia a day by feature"
    yield ""
    yield from _paragraph(
        f"Time mean within {figure.radius_m / 1000:g} km of each feature. Published numbers exist for the "
        "sum, for Thitu, and for Mischief and Whitsun together (above); the split of the rest is an "
        "assumption of the scenario."
    )
    yield "| feature | simulated vessels |"
    yield "| --- | ---: |"
    for name, values in sorted(found.at_features.items(), key=lambda item: -sum(item[1])):
        yield f"| {class_words(name)} | {_interval_words(figure, values)} |"
    yield ""


def _by_class(found: Gathered) -> Iterator[str]:
    yield "## Vessels in the area by class"
    yield ""
    yield f"Means over seeds; local noon is {found.noon}."
    yield ""
    yield "| class | at noon | at a time | broadcasting |"
    yield "| --- | ---: | ---: | ---: |"
    for rows in zip(*found.counts, strict=True):
        noon, mean = (_mean([getattr(row, name) for row in rows]) for name in ("at_noon", "mean"))
        share = _mean([row.broadcasting for row in rows])
        shown = DASH if math.isnan(share) else f"{100 * share:.0f} %"
        yield f"| {class_words(rows[0].traffic_class)} | {noon:,.1f} | {mean:,.1f} | {shown} |"
    yield ""


def _methods(found: Gathered) -> Iterator[str]:
    yield "## How each is measured, and where it was read"
    yield ""
    for figure in published_figures().values():
        if figure.id not in found.notes:
            method, source = for_markdown(figure.method, 400), for_markdown(figure.source, 600)
            yield f"- {for_markdown(figure.name)}: {method}. {source}"


def _compared(found: Gathered, tag: str) -> list[PublishedFigure]:
    figures = published_figures().values()
    return [figure for figure in figures if figure.tag == tag and figure.id not in found.notes]


def _verdict(found: Gathered, figure: PublishedFigure) -> str:
    entry = interval(found.values[figure.id])
    mean, low, high = (math.nan if entry[key] is None else entry[key] for key in ("mean", "low", "high"))
    return "agrees" if agrees(figure, mean, low, high) else "miss"


def _interval_words(figure: PublishedFigure, values: Sequence[float]) -> str:
    entry = interval(values)
    mean, low, high = (math.nan if entry[key] is None else entry[key] for key in ("mean", "low", "high"))
    shown = value_words(figure, mean)
    return shown if math.isnan(low) else f"{shown} [{value_words(figure, low)}, {value_words(figure, high)}]"


def _mean(values: Sequence[float]) -> float:
    mean = interval(values)["mean"]
    return math.nan if mean is None else float(mean)


def _paragraph(text: str) -> Iterator[str]:
    import textwrap

    yield from textwrap.wrap(text, 120)
    yield ""


def main() -> int:
    """Measure all seeds, print the page, and write it unless told not to."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("scenario", nargs="?", type=Path, default=SCENARIO)
    parser.add_argument("--seeds", type=int, default=SEEDS, metavar="N")
    parser.add_argument("--dry", action="store_true", help="write nothing")
    options = parser.parse_args()
    found = Gathered(load_scenario(options.scenario, seeds=options.seeds))
    for seed in found.scenario.seeds:
        found.add(seed)
        print(f"seed {seed}: {found.seconds:.0f} s of processor time", file=sys.stderr, flush=True)
    text = "\n".join(lines(found)).rstrip() + "\n"
    print(text)
    if not options.dry:
        RESULTS.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
