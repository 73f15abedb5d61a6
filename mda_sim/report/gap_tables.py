"""What stands behind the gap split in the answer: stages, gates, and the ladder of gates and delays.

Model: per nation, for the vessels of the first endpoint, a block of the stages of ``latency`` and one of the
gates of ``policy`` (``metrics.gap_causes``); for all nations the ladder (``metrics.counterfactuals``): value,
what each rung adds, and what is still not held at the last one.

Assumptions and limits: accounting, not value. Where next: ``answer`` and ``sections`` write them,
``study.run`` the sheet ``counterfactuals.csv``.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from mda_sim.report.figures import Block, Figure, Row, main_group, metrics_of, split_age
from mda_sim.report.markdown import caveats_of, head, row_of
from mda_sim.report.text import for_csv, for_markdown
from mda_sim.report.words import (
    GAP_WORDS,
    GATE_WORDS,
    RUNG_WORDS,
    STAGE_WORDS,
    ZONES_NOTE,
    age_words,
    difference_words,
    group_words,
    metric_words,
    value_words,
)

COLUMNS: Final = (
    "configuration",
    "rung",
    "nation",
    "metric",
    "vessels",
    "zone",
    "group",
    "unit",
    "mean",
    "low",
    "high",
    "n",
    "difference",
    "difference_low",
    "difference_high",
    "difference_n",
)
"""Columns of the sheet; differences are from the rung before, and empty for shares of the split."""

LADDER_NOTE: Final = (
    "Gates open: every agreement, ceiling, accreditation and release lets everything pass; links, desks, "
    "queues and outages stay. No delays: besides, nothing but the sensor's own product takes time or is "
    "lost. Behind the first value each column is the paired difference from the one to its left; opening "
    "gates can lower a figure, where more cases saturate the same desks. Accounting, not value."
)
"""What the rungs mean."""


def cause_blocks(summary: Mapping[str, Any], nation: str) -> list[Block]:
    """The stages of what has not arrived, and the gates of what was refused, for one nation."""
    group, known = main_group(summary), metrics_of(summary, nation)
    age = age_words(split_age(summary))
    stages = {f"gap_latency_{stage}_fraction": words for stage, words in STAGE_WORDS.items()}
    gates = {f"gap_policy_{gate}_sole_fraction": f"alone: {words}" for gate, words in GATE_WORDS.items()}
    gates |= {
        "gap_policy_joint_fraction": "several gates together",
        "gap_policy_purged_fraction": "had to be destroyed",
    }
    gates |= {f"gap_policy_{gate}_any_fraction": f"with others too: {w}" for gate, w in GATE_WORDS.items()}
    blocks = []
    for words, metrics in ((GAP_WORDS["latency"], stages), (GAP_WORDS["policy"], gates)):
        rows = tuple(Row(name, Figure(m, group)) for m, name in metrics.items() if group in known.get(m, ()))
        if rows:
            heading = f"Not held within {age}, {words}: {group_words(group)}"
            blocks.append(Block(heading, rows, zeros="nothing is"))
    return blocks


def ladder_lines(summary: Mapping[str, Any], zones: Mapping[str, str]) -> Iterator[str]:
    """The ladder of gates and delays in Markdown; nothing where none was made."""
    entries = summary.get("counterfactuals", [])
    for configuration in dict.fromkeys(str(entry["configuration"]) for entry in entries):
        mine = [entry for entry in entries if entry["configuration"] == configuration]
        heading = f"What gates and delays hold back: {for_markdown(configuration)}"
        yield f"\n## {heading}\n"
        yield f"{caveats_of(summary)} {LADDER_NOTE} {ZONES_NOTE}\n"
        steps = (f"+ {words}" for words in RUNG_WORDS.values())
        yield from head(["nation", "endpoint", for_markdown(configuration), *steps], n_words=2)
        for entry in mine:
            words = f"{metric_words(entry['metric'])}: {group_words(entry['group'], zones)}"
            value = value_words({**entry["first"], "unit": entry["unit"]})
            cells = (difference_words({"unit": entry["unit"], **step}) for step in entry["steps"])
            yield row_of([for_markdown(str(entry["nation"])), for_markdown(words), value, *cells])
        yield f"\n### What is then left: {for_markdown(configuration)}\n"
        age = age_words(split_age(summary))
        yield f"Shares of vessel-time at the last rung; held: seen no more than {age} ago.\n"
        yield from head(["nation", "vessels", *GAP_WORDS.values()], n_words=2)
        for nation, group, split in _distinct(mine):
            left = (value_words({**rungs[-1], "unit": "1"}) for rungs in split.values())
            yield row_of([for_markdown(nation), for_markdown(group_words(group, zones)), *left])


def ladder_sheet(summary: Mapping[str, Any], zones: Mapping[str, str]) -> dict[str, str]:
    """The file by its name; none where no ladder was made."""
    entries = summary.get("counterfactuals", [])
    if not entries:
        return {}
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(COLUMNS)
    for entry in entries:
        unit, metric, group = str(entry["unit"]), str(entry["metric"]), str(entry["group"])
        steps = [{"difference": None}, *entry["steps"]]
        values = (entry["first"], *(step["value"] for step in entry["steps"]))
        for rung, value, step in zip(("", *RUNG_WORDS), values, steps, strict=True):
            writer.writerow(_cells(entry, rung, (metric, group, unit), zones, value, step["difference"]))
    for configuration in dict.fromkeys(str(entry["configuration"]) for entry in entries):
        mine = [entry for entry in entries if entry["configuration"] == configuration]
        for nation, group, split in _distinct(mine):
            whose = {"configuration": configuration, "nation": nation}
            for answer, rungs in split.items():
                names = (f"gap_{answer}_fraction", group, "1")
                for rung, value in zip(("", *RUNG_WORDS), rungs, strict=True):
                    writer.writerow(_cells(whose, rung, names, zones, value, None))
    return {"counterfactuals.csv": stream.getvalue()}


def _cells(
    whose: Mapping[str, Any],
    rung: str,
    names: tuple[str, str, str],
    zones: Mapping[str, str],
    value: Mapping[str, Any],
    difference: Mapping[str, Any] | None,
) -> list[str]:
    metric, group, unit = names
    kind, _, zone = group.partition("@")
    words = (whose["configuration"], rung, whose["nation"], metric, group_words(kind), zones.get(zone, zone))
    numbers = (
        entry.get(name) if entry is not None else None
        for entry in (value, difference)
        for name in ("mean", "low", "high", "n")
    )
    return [
        *(for_csv(str(word)) for word in (*words, group, unit)),
        *("" if number is None else repr(number) for number in numbers),
    ]


def _distinct(entries: Sequence[Mapping[str, Any]]) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    """Nation, group and split, once each; groups whose split was not scored are left out."""
    seen = set()
    for entry in entries:
        key = (str(entry["nation"]), str(entry["group"]))
        if key not in seen and any(rungs[-1]["n"] for rungs in entry["split"].values()):
            seen.add(key)
            yield (*key, entry["split"])
