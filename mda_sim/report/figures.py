"""Which figures of a summary are shown to people, in which order, under which words.

Model: a nation's figures come in blocks: the primary endpoints over the whole area, the same by zone (at one
age; the files of the run have all), awareness and age, all vessels and the area, latency with the mean of
each stage, the gap split, and the raw counts. What is zero in every configuration is named in one line.

Assumptions and limits: a summary keeps configurations by name, so the order in which the scenario file lists
them is not known here: the baseline comes first, then the others by name. Where next: ``tables`` prints the
blocks, ``answer`` writes them to the run folder, ``charts`` draw some of them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from mda_sim.metrics.gap_split import window_s
from mda_sim.metrics.spec import age_label
from mda_sim.report.text import plain
from mda_sim.report.words import (
    GAP_WORDS,
    STAGE_WORDS,
    ZONES_NOTE,
    age_words,
    group_words,
    is_no_change,
    metric_words,
)

_AGE: Final = re.compile(r"^custody_fraction_([0-9.]+)(h|min|s)$")
_SECONDS: Final = {"h": 3600.0, "min": 60.0, "s": 1.0}

#: Raw counts: contacts of vessels by other parties' sensors, mean over seeds.
COUNTS: Final = (
    ("outcome_delivered_count", "received"),
    ("outcome_in_flight_count", "still on their way"),
    ("outcome_expired_count", "expired at a desk"),
    ("outcome_lost_count", "lost"),
    ("outcome_withheld_count", "withheld by a gate"),
    ("outcome_not_sent_count", "not sent by choice"),
    ("outcome_no_route_count", "without a route"),
)


#: Figures of tracks, where association is gated.
TRACK_METRICS: Final = (
    "siap_completeness",
    "siap_ambiguity",
    "siap_spuriousness",
    "siap_position_error_m",
    "siap_longest_segment_fraction",
    "siap_changes",
    "siap_tracked_h",
    "gospa_m",
    "gospa_localisation_m",
    "gospa_missed_m",
    "gospa_false_m",
)


class Figure(NamedTuple):
    """Which figure of a nation under a configuration."""

    metric: str
    group: str


class Row(NamedTuple):
    """A figure with the words that name it in its block."""

    words: str
    figure: Figure


@dataclass(frozen=True)
class Block:
    """Figures that are shown together."""

    heading: str
    rows: tuple[Row, ...]
    zeros: str = ""
    """Words before the names of rows that are zero throughout; empty if such rows are shown like others."""
    is_bare: bool = False
    """Whether values stand without their differences."""


def entry_of(
    summary: Mapping[str, Any], configuration: str, nation: str, figure: Figure
) -> Mapping[str, Any] | None:
    """The entry of one figure in a summary, or None if it has none."""
    entry: Any = summary["configurations"]
    for key in (configuration, nation, figure.metric, figure.group):
        entry = entry.get(key) if isinstance(entry, Mapping) else None
    return entry if isinstance(entry, Mapping) else None


def configurations_of(summary: Mapping[str, Any]) -> list[str]:
    """The configurations of a summary, the baseline first, then by name."""
    baseline = str(summary["baseline"])
    return [baseline, *sorted(name for name in summary["configurations"] if name != baseline)]


def nations_of(summary: Mapping[str, Any]) -> list[str]:
    """The nations that any configuration of a summary has figures of."""
    return sorted({nation for nations in summary["configurations"].values() for nation in nations})


def primary_of(summary: Mapping[str, Any]) -> list[Figure]:
    """The declared endpoints, in their order."""
    return [Figure(str(entry["metric"]), str(entry["group"])) for entry in summary["primary"]]


def main_group(summary: Mapping[str, Any]) -> str:
    """The group of vessels of the first endpoint, without its zone; all vessels without endpoints."""
    primary = primary_of(summary)
    return primary[0].group.partition("@")[0] if primary else "all"


def metrics_of(summary: Mapping[str, Any], nation: str) -> dict[str, dict[str, None]]:
    """Metrics of one nation under any configuration, each with its groups, in the summary's order."""
    found: dict[str, dict[str, None]] = {}
    for nations in summary["configurations"].values():
        for metric, groups in nations.get(nation, {}).items():
            found.setdefault(str(metric), {}).update(dict.fromkeys(groups))
    return found


def split_age(summary: Mapping[str, Any]) -> str:
    """Label of the window of the gap split, such as ``24h``: the largest custody age up to 24 h."""
    told = {
        metric
        for found in summary["configurations"].values()
        for metrics in found.values()
        for metric in metrics
    }
    ages_s = {float(match[1]) * _SECONDS[match[2]] for metric in told if (match := _AGE.match(str(metric)))}
    return age_label(window_s(sorted(ages_s)))


def unchanged(summary: Mapping[str, Any], nation: str, figures: Sequence[Figure]) -> list[str]:
    """Configurations under which every one of the figures is that of the baseline, seed by seed."""
    baseline, *others = configurations_of(summary)
    return [
        name
        for name in others
        if all(
            _is_same(entry_of(summary, name, nation, figure), entry_of(summary, baseline, nation, figure))
            for figure in figures
        )
    ]


def is_zero(summary: Mapping[str, Any], nation: str, figure: Figure, configurations: Sequence[str]) -> bool:
    """Whether a figure is zero in the mean under each of these configurations that has it, if any has."""
    entries = [entry_of(summary, name, nation, figure) for name in configurations]
    means = [entry["mean"] for entry in entries if entry is not None and entry["n"]]
    return bool(means) and all(mean == 0 for mean in means)


def blocks_of(summary: Mapping[str, Any], nation: str, zones: Mapping[str, str]) -> list[Block]:
    """The blocks of one nation, each with the figures that the summary has; ``zones`` names zones by id."""
    known = {
        Figure(metric, group) for metric, groups in metrics_of(summary, nation).items() for group in groups
    }
    shown = []
    for block in _blocks(summary, zones):
        rows = tuple(row for row in block.rows if row.figure in known)
        if rows:
            shown.append(Block(block.heading, rows, block.zeros, block.is_bare))
    return shown


def _blocks(summary: Mapping[str, Any], zones: Mapping[str, str]) -> Iterator[Block]:
    primary, group, age = primary_of(summary), main_group(summary), split_age(summary)
    kinds = dict.fromkeys(figure.group.partition("@")[0] for figure in primary)
    for kind in kinds:
        found = [figure for figure in primary if figure.group == kind]
        yield Block(f"Primary endpoints: {group_words(kind)}", _rows(found))
        yield from _by_zone(primary, kind, age, zones)
    if group != "all":
        figures = [
            Figure(f"custody_fraction_organic_{age}", group),
            Figure("awareness_fraction_24h", group),
            *(Figure(metric, group) for metric in ("age_mean_s", "age_p50_s", "age_never_fraction")),
        ]
        yield Block(f"Beside them: {group_words(group)}", _rows(figures, primary))
    figures = [
        *(Figure(f"custody_fraction_{label}", "all") for label in dict.fromkeys(("6h", age))),
        Figure(f"custody_fraction_organic_{age}", "all"),
        Figure("awareness_fraction_24h", "all"),
        *(Figure(metric, "all") for metric in ("age_mean_s", "age_p50_s", "age_never_fraction")),
        *(Figure(f"area_coverage_fraction_{label}", "all") for label in dict.fromkeys(("6h", age))),
    ]
    yield Block("All vessels, and the area", _rows(figures, primary))
    heading = (
        f"Sea lanes: longest stretch unseen in {age_words(age)}, mean; custody of silent vessels near ships"
    )
    yield Block(f"{heading}. {ZONES_NOTE}", _lanes(summary, age, primary))
    yield Block("Tracks and vessels, where tracks are built by gates", _tracks())
    names = {"p50": "median", "p90": "90th percentile", "mean": "mean, and its stages:"}
    rows = [Row(words, Figure(f"latency_{name}_s", "all")) for name, words in names.items()]
    rows += [Row(f" {name}", Figure(f"stage_{stage}_mean_s", "all")) for stage, name in STAGE_WORDS.items()]
    yield Block("Latency of foreign contacts received", tuple(rows), zeros="no time in")
    parts = (Row(name, Figure(f"gap_{part}_fraction", group)) for part, name in GAP_WORDS.items())
    heading = f"Held within {age_words(age)}, and why not: {group_words(group)}"
    yield Block(heading, tuple(parts), zeros="nothing is")
    counts = (Row(name, Figure(metric, "all")) for metric, name in COUNTS)
    heading = "Foreign contacts (counts, mean over seeds)"
    yield Block(heading, tuple(counts), zeros="none", is_bare=True)


def _by_zone(primary: Sequence[Figure], kind: str, age: str, zones: Mapping[str, str]) -> Iterator[Block]:
    """Endpoints of one group by zone, at the age of the gap split if they have it, else at their last."""
    found = [figure for figure in primary if figure.group.startswith(f"{kind}@")]
    if not found:
        return
    metrics = [figure.metric for figure in found]
    wanted = f"custody_fraction_{age}"
    metric = wanted if wanted in metrics else metrics[-1]
    rows = []
    for figure in found:
        zone = figure.group.partition("@")[2]
        if figure.metric == metric:
            rows.append(Row(plain(zones.get(zone, zone)), figure))
    yield Block(f"Primary endpoint {metric_words(metric)} by zone. {ZONES_NOTE}", tuple(rows))


def _tracks() -> tuple[Row, ...]:
    """Figures of the tracks of a picture node."""
    return tuple(Row(metric_words(metric), Figure(metric, "all")) for metric in TRACK_METRICS)


def _lanes(summary: Mapping[str, Any], age: str, but: Sequence[Figure]) -> tuple[Row, ...]:
    """Figures of each corridor at one age, which stand nowhere before."""
    metrics = {
        "longest unseen stretch": f"corridor_unobserved_mean_m_{age}",
        "silent near ships": f"corridor_custody_fraction_{age}",
    }
    groups = {
        group
        for nation in nations_of(summary)
        for group in metrics_of(summary, nation).get("corridor_lane_m", ())
    }
    rows = [
        Row(f"{plain(group.partition(':')[2].replace('_', ' '))}: {words}", Figure(metric, group))
        for group in sorted(groups)
        for words, metric in metrics.items()
    ]
    return tuple(row for row in rows if row.figure not in but)


def _rows(figures: Sequence[Figure], but: Sequence[Figure] = ()) -> tuple[Row, ...]:
    """Rows of figures that stand nowhere before; custody by own sensors stands below custody."""
    return tuple(
        Row(metric_words(figure.metric).removeprefix("custody, "), figure)
        for figure in figures
        if figure not in but
    )


def _is_same(entry: Mapping[str, Any] | None, reference: Mapping[str, Any] | None) -> bool:
    """Whether a figure is that of the baseline in every seed; two undefined ones are the same."""
    if entry is None or reference is None:
        return entry is reference
    difference = entry.get("difference")
    if entry["mean"] is None and reference["mean"] is None:
        return entry.get("n_infinite") == reference.get("n_infinite") and entry["n"] == reference["n"]
    return difference is not None and is_no_change(difference)
