"""Events in the answer: custody before, during and after each, and what events at a given rate would cost.

Model: per nation and event, for every primary endpoint of custody: its value in the phases of the event, the
time in custody since it began, the time to recover and the time in custody lost (``metrics.phases``), as
blocks of the answer; then custody in the long run if such events came at a rate
(``metrics.suspension_rate``), from means over seeds. Where a configuration is that of the baseline but for
the event, so that both have the same custody before it in every seed, the loss is the paired difference of
the time in custody since it began, and custody without events is the baseline's over all scored time;
elsewhere both are measured against what was before the event.

Assumptions and limits: those of the two modules. Means over seeds stand for expectations. Measured against
before, seeds in which the scored time ended before recovery are left out, and n tells how many remain.
Where next: ``answer`` writes the blocks, ``study.run`` the sheet ``suspension_rates.csv``.
"""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Iterator, Mapping
from typing import Any, Final, NamedTuple

from mda_sim.metrics.phases import PHASES
from mda_sim.metrics.suspension_rate import RATES_PER_YEAR, long_run_custody
from mda_sim.report.figures import (
    Block,
    Figure,
    Row,
    configurations_of,
    entry_of,
    metrics_of,
    nations_of,
    primary_of,
)
from mda_sim.report.markdown import caveats_of, head, row_of
from mda_sim.report.text import for_csv, for_markdown
from mda_sim.report.words import (
    DASH,
    ZONES_NOTE,
    age_words,
    event_words,
    group_words,
    is_no_change,
)

CUSTODY: Final = "custody_fraction_"
_SCORED: Final = "event_scored_s."

RATES_NOTE: Final = (
    "In the long run, for events that begin at a constant rate while none is in progress, are alike and "
    "independent, and from which custody has recovered before the next. Rates are not known: none was found "
    "in public sources. All endpoints are in `tables/suspension_rates.csv`."
)
"""What the tables of rates mean."""

RATES_COLUMNS: Final = (
    "nation",
    "configuration",
    "event",
    "custody_age",
    "vessels",
    "zone",
    "group",
    "rate_per_year",
    "custody_without_events",
    "lost_s_per_event",
    "lost_against",
    "event_lasts_s",
    "custody_in_the_long_run",
    "n",
)


class Loss(NamedTuple):
    """What one event of a kind costs one group of vessels."""

    without: float
    """Custody without events, mean over seeds."""
    lost_s: float
    """Time in custody that one event costs, mean over seeds [s]."""
    against: str
    """What it is measured against: 'baseline', seed by seed, or 'before'."""
    lasts_s: float
    """How long one lasts within the scored time, mean over seeds [s]."""
    n: int
    """Seeds that it stands on."""


class RateRow(NamedTuple):
    """Custody in the long run of one group under events of one kind at one rate."""

    nation: str
    configuration: str
    event: str
    label: str
    """Custody age."""
    group: str
    loss: Loss
    rate_per_year: float
    custody: float
    """Custody in the long run."""


def events_of(summary: Mapping[str, Any]) -> list[str]:
    """Ids of the events that a summary has figures of, sorted."""
    metrics = (metric for nation in nations_of(summary) for metric in metrics_of(summary, nation))
    return sorted({m.removeprefix(_SCORED) for m in metrics if m.startswith(_SCORED)})


def event_blocks(summary: Mapping[str, Any], zones: Mapping[str, str]) -> Iterator[Block]:
    """For each event the primary endpoints of custody, before, during and after it."""
    for event in events_of(summary):
        rows = []
        for label, group in _endpoints(summary):
            about = f"custody {age_words(label)}, {group_words(group, zones)}"
            rows += [
                Row(f"{about}: {phase}", Figure(f"custody_{phase}_{label}.{event}", group))
                for phase in PHASES
            ]
            rows += [
                Row(
                    f"{about}: time in it since the beginning",
                    Figure(f"custody_since_{label}_s.{event}", group),
                ),
                Row(f"{about}: time to recover", Figure(f"recovery_{label}_s.{event}", group)),
                Row(
                    f"{about}: time in it lost, against before",
                    Figure(f"custody_lost_{label}_s.{event}", group),
                ),
            ]
        yield Block(f"Before, during and after {event_words(event)}", tuple(rows))


def rate_rows(summary: Mapping[str, Any]) -> Iterator[RateRow]:
    """Custody in the long run of every nation, configuration with an event, endpoint and rate."""
    for nation in nations_of(summary):
        for event in events_of(summary):
            for name in configurations_of(summary):
                for label, group in _endpoints(summary, with_zones=True):
                    loss = _loss(summary, name, nation, event, label, group)
                    if loss is None:
                        continue
                    for rate in RATES_PER_YEAR:
                        custody = long_run_custody(loss.without, loss.lost_s, loss.lasts_s, rate)
                        yield RateRow(nation, name, event, label, group, loss, rate, custody)


def rate_lines(summary: Mapping[str, Any], nation: str, zones: Mapping[str, str]) -> Iterator[str]:
    """A Markdown table for each event: custody of the first endpoint in the long run, by rate."""
    found = [row for row in rate_rows(summary) if row.nation == nation]
    for event in dict.fromkeys(row.event for row in found):
        these = [row for row in found if row.event == event]
        label, group = these[0].label, these[0].group
        shown = {
            (row.configuration, row.rate_per_year): row
            for row in these
            if (row.label, row.group) == (label, group)
        }
        names = list(dict.fromkeys(name for name, _ in shown))
        about = f"custody {age_words(label)}, {group_words(group, zones)}, if {event_words(event)} came"
        yield f"\n### {for_markdown(nation)}: {for_markdown(about)} at a rate\n"
        yield f"{caveats_of(summary)} {ZONES_NOTE} {RATES_NOTE}\n"
        yield from head(["events a year", *(for_markdown(name) for name in names)])
        yield row_of(["none", *(_percent(shown[name, RATES_PER_YEAR[0]].loss.without) for name in names)])
        for rate in RATES_PER_YEAR:
            yield row_of([f"{rate:g}", *(_percent(shown[name, rate].custody) for name in names)])


def rate_sheet(summary: Mapping[str, Any], zones: Mapping[str, str]) -> dict[str, str]:
    """The text of ``suspension_rates.csv`` under its name; nothing without events."""
    rows = list(rate_rows(summary))
    if not rows:
        return {}
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(RATES_COLUMNS)
    for row in rows:
        kind, _, zone = row.group.partition("@")
        loss, where = row.loss, (group_words(kind), zones.get(zone, zone), row.group)
        named = map(for_csv, (row.nation, row.configuration, row.event, row.label, *where))
        values = (repr(row.rate_per_year), _number(loss.without), _number(loss.lost_s), loss.against)
        writer.writerow([*named, *values, _number(loss.lasts_s), _number(row.custody), loss.n])
    return {"suspension_rates.csv": stream.getvalue()}


def _loss(
    summary: Mapping[str, Any], name: str, nation: str, event: str, label: str, group: str
) -> Loss | None:
    """What an event costs a configuration that has it; None for one that has not."""
    baseline = str(summary["baseline"])

    def of(metric: str, configuration: str = name, group: str = group) -> Mapping[str, Any]:
        return entry_of(summary, configuration, nation, Figure(metric, group)) or {}

    lost, before = of(f"custody_lost_{label}_s.{event}"), of(f"custody_before_{label}.{event}")
    if not lost or not before:
        return None
    lasts_s = _mean(of(f"{_SCORED}{event}", group="all"))
    since, without = of(f"custody_since_{label}_s.{event}"), of(f"{CUSTODY}{label}", baseline)
    is_paired = not of(f"custody_lost_{label}_s.{event}", baseline) and is_no_change(
        before.get("difference", {"mean": None})
    )
    if is_paired and since.get("difference", {}).get("mean") is not None:
        difference = since["difference"]
        return Loss(_mean(without), -float(difference["mean"]), "baseline", lasts_s, int(difference["n"]))
    return Loss(_mean(before), _mean(lost), "before", lasts_s, int(lost["n"]))


def _endpoints(summary: Mapping[str, Any], *, with_zones: bool = False) -> list[tuple[str, str]]:
    """Custody age and group of the primary endpoints of custody; those of zones if there are no others."""
    found = [
        (figure.metric.removeprefix(CUSTODY), figure.group)
        for figure in primary_of(summary)
        if figure.metric.startswith(CUSTODY) and "organic" not in figure.metric
    ]
    whole = [(label, group) for label, group in found if "@" not in group]
    return found if with_zones or not whole else whole


def _mean(entry: Mapping[str, Any]) -> float:
    """The mean of an entry; NaN if it is undefined, or there is none."""
    return math.nan if entry.get("mean") is None else float(entry["mean"])


def _number(value: float) -> str:
    return "" if math.isnan(value) else repr(value)


def _percent(share: float) -> str:
    return DASH if math.isnan(share) else f"{100 * share:.2f} %"
