"""A world as tables: counts by class and zone, and published figures beside simulated ones.

Model: CSV files hold every number as it is; on the terminal stand the main ones. Shares are printed in per
cent. What is not a number is empty in the files and a dash on the terminal.

Assumptions and limits: one replicate has luck of its own; ``validation/world.md`` repeats the comparison
over seeds. Where next: ``study.show`` writes the files, the command line prints the lines.
"""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Final

from mda_sim.data.published import TAGS, PublishedFigure, published_figures
from mda_sim.report.text import for_csv, plain
from mda_sim.report.words import DASH, ZONES_NOTE
from mda_sim.report.world_counts import ALL, AREA, WORLD, Count
from mda_sim.report.world_measures import agrees, measured, needs_sensing, why_not

if TYPE_CHECKING:
    from mda_sim.report.world_measures import SimulatedWorld

UNMATCHED_NOTE: Final = "A vessel that is not broadcasting, or not matched to AIS, is no more than that."
"""What stands wherever vessels are told apart by AIS."""

_WORDS_MAX: Final = 58
_COUNT_COLUMNS: Final = ("class", "kind", "zone", "at_noon", "mean", "broadcasting_share", "n_vessels")
_PUBLISHED_COLUMNS: Final = (
    "id",
    "name",
    "tag",
    "unit",
    "published",
    "published_low",
    "published_high",
    "simulated",
    "agrees",
    "note",
    "method",
    "source",
    "confidence",
)


@dataclass(frozen=True)
class Compared:
    """A published figure beside the simulated one."""

    figure: PublishedFigure
    value: float
    """The figure in the simulated world; nan if it was not measured."""
    note: str
    """Why it was not measured; empty if it was."""


def compare(world: SimulatedWorld, *, with_sensing: bool) -> list[Compared]:
    """Every published figure beside the world; those that ask for sensing only ``with_sensing``."""
    compared = []
    for figure in published_figures().values():
        note = why_not(figure, world)
        if not note and needs_sensing(figure) and not with_sensing:
            note = "asks what satellites hold; only the world was made"
        compared.append(Compared(figure, math.nan if note else measured(figure, world), note))
    return compared


def counts_csv(found: Sequence[Count]) -> str:
    """The counts as a CSV text."""
    return csv_text(
        _COUNT_COLUMNS,
        (
            (c.traffic_class, c.kind, c.zone, c.at_noon, c.mean, c.broadcasting, float(c.n_vessels))
            for c in found
        ),
    )


def published_csv(compared: Sequence[Compared]) -> str:
    """The comparison as a CSV text."""
    rows = []
    for one in compared:
        figure = one.figure
        verdict = "" if math.isnan(one.value) else "yes" if agrees(figure, one.value) else "no"
        numbers = (figure.value, figure.low, figure.high, one.value)
        words = (verdict, one.note, figure.method, figure.source, figure.confidence)
        rows.append((figure.id, figure.name, figure.tag, figure.unit, *numbers, *words))
    return csv_text(_PUBLISHED_COLUMNS, rows)


def as_plain_data(found: Sequence[Count], compared: Sequence[Compared]) -> dict[str, list[dict[str, Any]]]:
    """Counts and comparison as JSON holds them: NaN is None."""
    counts = [{key: _plain(value) for key, value in asdict(count).items()} for count in found]
    published = [
        {
            "id": one.figure.id,
            "tag": one.figure.tag,
            "unit": one.figure.unit,
            "published": _plain(one.figure.value),
            "published_low": _plain(one.figure.low),
            "published_high": _plain(one.figure.high),
            "simulated": _plain(one.value),
            "note": one.note,
        }
        for one in compared
    ]
    return {"counts": counts, "published": published}


def summary_lines(
    found: Sequence[Count], compared: Sequence[Compared], zones: Mapping[str, str], noon: str
) -> Iterator[str]:
    """What the terminal shows of a world; ``noon`` says which instants count as noon."""
    in_world = [count for count in found if count.zone == WORLD]
    in_area = {count.traffic_class: count for count in found if count.zone == AREA}
    yield f"Vessels by class: at local noon ({noon}), and time means"
    rows: list[tuple[str, ...]] = [("", "noon, with buffer", "noon, area", "mean, area", "broadcasting")]
    for count in sorted(in_world, key=lambda count: (count.kind, count.traffic_class)):
        here = in_area[count.traffic_class]
        numbers = (
            _number(count.at_noon),
            _number(here.at_noon),
            _number(here.mean),
            _share(here.broadcasting),
        )
        rows.append((class_words(count.traffic_class), *numbers))
    yield from aligned(rows)
    yield ""
    yield "Vessels by zone: time means"
    rows = [("", "mean", "broadcasting", "different vessels")]
    for count in found:
        if count.traffic_class == ALL and count.zone not in (WORLD, AREA):
            words = (_number(count.mean), _share(count.broadcasting), f"{count.n_vessels:,}")
            rows.append((zones[count.zone], *words))
    yield from aligned(rows) if len(rows) > 1 else ["  the scenario scores no zones"]
    yield ""
    yield "Published figures beside this replicate"
    rows = [("", "published", "here", "unit", "tag", "")]
    shown = sorted((one for one in compared if not one.note), key=lambda one: -TAGS.index(one.figure.tag))
    for one in shown:
        figure, value = one.figure, one.value
        both = (published_words(figure), value_words(figure, value), unit_words(figure))
        mark = "" if math.isnan(value) or agrees(figure, value) else "differs"
        rows.append((figure.name, *both, figure.tag, mark))
    yield from aligned(rows) if shown else ["  none applies to this world"]
    asks = sum(needs_sensing(one.figure) for one in compared if one.note)
    left_out = len(compared) - len(shown)
    yield f"Not compared: {left_out} figures, {asks} of them about satellites (tables/published.csv)."
    yield f"{ZONES_NOTE} {UNMATCHED_NOTE}"


def class_words(traffic_class: str) -> str:
    """A class of traffic, or a kind, for people."""
    return "all vessels" if traffic_class == ALL else plain(traffic_class.replace("_", " "))


def published_words(figure: PublishedFigure) -> str:
    """The published number, or its bounds, for people.

    >>> published_words(published_figures()["fishing_silent"])
    '74.0 [72.0, 76.0]'
    """
    low, high = (value_words(figure, end) for end in (figure.low, figure.high))
    if math.isnan(figure.low) and math.isnan(figure.high):
        return value_words(figure, figure.value)
    if math.isnan(figure.low):
        span = f"at most {high}"
    elif math.isnan(figure.high):
        span = f"at least {low}"
    else:
        span = f"[{low}, {high}]"
    return span if math.isnan(figure.value) else f"{value_words(figure, figure.value)} {span}"


def value_words(figure: PublishedFigure, value: float) -> str:
    """A value in the unit of ``unit_words``, with as many digits as say something."""
    if math.isnan(value):
        return DASH
    if figure.unit == "1":
        return f"{100 * value:.1f}"
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.1f}"


def unit_words(figure: PublishedFigure) -> str:
    """The unit in which ``value_words`` gives a figure."""
    return "%" if figure.unit == "1" else figure.unit


def _plain(value: Any) -> Any:
    return None if isinstance(value, float) and math.isnan(value) else value


def csv_text(columns: Sequence[str], rows: Iterable[Sequence[str | float]]) -> str:
    """A CSV text: numbers to ten digits, nothing for nan, words made harmless."""
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(columns)
    for row in rows:
        writer.writerow([_cell(value) for value in row])
    return stream.getvalue()


def _cell(value: str | float) -> str:
    if isinstance(value, str):
        return for_csv(value, 600)
    return "" if math.isnan(value) else f"{value:.10g}"


def _number(value: float) -> str:
    return DASH if math.isnan(value) else f"{value:,.0f}" if value >= 10 else f"{value:.1f}"


def _share(value: float) -> str:
    return DASH if math.isnan(value) else f"{100 * value:.0f} %"


def aligned(rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """Rows in columns, the first to the left, the others to the right, two spaces apart."""
    from rich.cells import cell_len, set_cell_size

    texts = [[plain(cell) for cell in row] for row in rows]
    texts = [[_cut(row[0]), *row[1:]] for row in texts]
    wide = [max(cell_len(row[column]) for row in texts) for column in range(len(texts[0]))]
    for row in texts:
        first = "  " + set_cell_size(row[0], wide[0])
        rest = (" " * (wide[k] - cell_len(row[k])) + row[k] for k in range(1, len(row)))
        yield "  ".join((first, *rest)).rstrip()


def _cut(text: str) -> str:
    return text if len(text) <= _WORDS_MAX else text[: _WORDS_MAX - 1] + "…"
