"""Passes, sorties and revisit as tables.

Model: rows are plain data; CSV files and JSON hold every number in SI units and every instant in UTC, the
terminal the main ones. What is not a number is empty in the files and a dash on the terminal.

Where next: ``moving_look`` makes the rows, ``study.show_moving`` writes the files.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from mda_sim.report.revisit import RevisitRow
from mda_sim.report.show_tables import aligned
from mda_sim.report.sortie_charts import OUTCOME_WORDS
from mda_sim.report.words import DASH
from mda_sim.world.sorties import SortieOutcome

_LATITUDES_SHOWN_DEG = (0.0, 15.0, 30.0)


@dataclass(frozen=True)
class PassRow:
    """One pass over the area."""

    sensor: str
    category: str
    operator: str
    satellite: int
    """Number of the satellite, from 0."""
    name: str
    """Its name, where element sets give one."""
    number: int
    """Number of the pass since the scenario's start."""
    heading: str
    """'north' or 'south'."""
    side: str
    """'right' or 'left' of the track; empty for both or none."""
    start: str
    """First instant over the area, UTC."""
    end: str
    """Last instant, UTC."""
    worked: str
    """'yes' or 'no', in this seed."""
    ready: str
    """When the product exists, UTC; empty for a pass that is not worked."""


@dataclass(frozen=True)
class SortieRow:
    """One planned sortie."""

    platform: str
    number: int
    hull: float
    """Number of the hull, from 1; nan for a sortie that is not flown."""
    outcome: str
    """What became of it, in words."""
    leaves: str
    on_station: str
    off_station: str
    back: str
    """These instants in UTC, as planned for one that is not flown."""
    hours_on_station: float
    """Time on station [h]; 0 for one that is not flown."""


def pass_lines(rows: Sequence[PassRow], day: str) -> Iterator[str]:
    """How many passes of each sensor are worked in the day, for the terminal."""
    yield f"Passes over the area that begin in {day}"
    shown: list[tuple[str, ...]] = [("", "category", "passes", "worked", "first worked", "last worked")]
    for sensor in dict.fromkeys(row.sensor for row in rows):
        own = [row for row in rows if row.sensor == sensor]
        times = [row.start[11:16] for row in own if row.worked == "yes"] or [DASH]
        shown.append((sensor, own[0].category, f"{len(own)}", f"{_n_worked(own)}", times[0], times[-1]))
    yield from aligned(shown) if rows else ["  none"]


def sortie_lines(rows: Sequence[SortieRow], week: str) -> Iterator[str]:
    """What became of the sorties of each platform, for the terminal."""
    yield f"Sorties in {week}"
    words = list(OUTCOME_WORDS.values())
    shown: list[tuple[str, ...]] = [("", "planned", *words, "hours on station, whole sorties")]
    for platform in dict.fromkeys(row.platform for row in rows):
        own = [row for row in rows if row.platform == platform]
        counts = [sum(row.outcome == word for row in own) for word in words]
        hours = sum(row.hours_on_station for row in own)
        shown.append((platform, f"{len(own)}", *(f"{n}" if n else DASH for n in counts), f"{hours:.1f}"))
    yield from aligned(shown) if rows else ["  none"]


def revisit_lines(rows: Sequence[RevisitRow], days: int) -> Iterator[str]:
    """Mean and longest gap at a few latitudes, for the terminal."""
    yield f"Gaps between accesses over {days} days, mean / longest [h]"
    ends = [f"{lat:g}" for lat in _LATITUDES_SHOWN_DEG]
    shown: list[tuple[str, ...]] = [("", "passes", "satellites", *(f"at {end} N" for end in ends))]
    for sensor, category, passes in dict.fromkeys((row.sensor, row.category, row.passes) for row in rows):
        own = {
            row.lat_deg: row
            for row in rows
            if (row.sensor, row.category, row.passes) == (sensor, category, passes)
        }
        name = sensor or f"all of category {category}"
        gaps = [own[lat] for lat in _LATITUDES_SHOWN_DEG]
        cells = [f"{row.mean_gap_s / 3600:.1f} / {row.longest_gap_s / 3600:.1f}" for row in gaps]
        shown.append((name, passes, f"{gaps[0].n_satellites}", *cells))
    yield from aligned(shown) if rows else ["  no satellites"]


def outcome_words(outcome: int) -> str:
    """What became of a sortie, in words.

    >>> outcome_words(2)
    'weather'
    """
    return OUTCOME_WORDS[SortieOutcome(outcome)]


def _n_worked(rows: Sequence[PassRow]) -> int:
    return sum(row.worked == "yes" for row in rows)
