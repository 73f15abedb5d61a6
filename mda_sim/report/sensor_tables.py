"""Sensors as tables: who operates them, how far each class of vessel is held, link budgets, areas covered.

Model: rows are plain data; CSV files and JSON hold every number in SI units, the terminal the main ones in
kilometres. What is not a number is empty in the files and a dash on the terminal.

Where next: ``sensor_look`` makes the rows, ``study.show_sensors`` writes the files.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, fields
from typing import Any, Final

from mda_sim.report.sensor_curves import SUM, Curve
from mda_sim.report.show_tables import aligned, class_words, csv_text
from mda_sim.report.words import DASH, ZONES_NOTE
from mda_sim.sensing.range_equation import Term

CURVE_NOTE: Final = "One reporting interval, before the persistent term; land left out."
"""What all probabilities against range have in common."""


@dataclass(frozen=True)
class Operated:
    """Who has a sensor."""

    sensor: str
    kind: str
    operator: str
    supplier: str
    programme: str
    operating_from: str
    """Instant in UTC; empty for always."""
    type: str


@dataclass(frozen=True)
class SensorRow(Operated):
    """A sensor at a place or aboard a platform."""

    site: str
    lat_deg: float
    lon_deg: float
    antenna_height_m: float
    horizon_m: float
    """Line of sight to the reference target [m]."""
    max_range_m: float
    interval_s: float
    min_radial_speed_mps: float
    """Slower along the line of sight is not shown; 0 for a sensor that shows what lies still [m/s]."""
    held_to_p50_m: float
    """Farthest range at which the reference target is held with probability 0.5, calm and dry [m]."""
    held_to_p90_m: float
    """The same for 0.9 [m]."""
    platform: str
    """What carries it; empty for a sensor at a place, whose position stands before."""


@dataclass(frozen=True)
class SatelliteRow(Operated):
    """A constellation."""

    category: str
    n_satellites: int
    n_planes: int
    """0 for satellites of element sets."""
    altitude_m: float
    """Mean semi-major axis minus equatorial radius, mean over the satellites [m]."""
    inclination_deg: float
    across_m: float
    """Width of a swath on the ground, or of the footprint of a listener [m]."""
    resolution_m: float
    duty: float
    n_tasks: int
    """Areas that are worked instead of the scenario's; 0 for the whole of that."""
    longest_image_s: float
    """Longest time worked in one pass; nan for no limit [s]."""
    product_delay_s: float
    """From the data on the ground to the product [s]."""
    ground_stations: str
    """Stations that data wait for; empty if ``product_delay_s`` holds all."""
    held_from_p50_m: float
    """Shortest length that is held in an image, or in a pass overhead, with probability 0.5, clear of weather
    (for cameras of the kind that works at night, and receivers of AIS, length makes no difference: nan) [m].
    """
    held_from_p90_m: float
    """The same for 0.9 [m]."""


@dataclass(frozen=True)
class PlatformRow:
    """Hulls of one type at one base."""

    platform: str
    type: str
    medium: str
    base: str
    """Site or port of the catalogue; empty if the position was given."""
    lat_deg: float
    lon_deg: float
    n_hulls: int
    cruise_mps: float
    search_mps: float
    height_m: float
    endurance_s: float
    turn_round_s: float
    pattern: str
    to_area_m: float
    """Great circle from the base to the middle of the search region [m]."""
    sorties_per_week: int
    """As the calendar plans them."""
    serviceability: float
    sensors: str
    """Sensors aboard."""


@dataclass(frozen=True)
class RangeRow:
    """How far one sensor holds one class."""

    sensor: str
    weather: str
    target: str
    """Class of traffic, or the probe."""
    length_m: float
    height_m: float
    hull: str
    ais: str
    held_to_p50_m: float
    held_to_p90_m: float
    gap_m: float
    """How much of the way to ``held_to_p50_m`` has less than 0.5 [m]."""
    p_image: float
    """Probability in one image, or one pass overhead, of a satellite, for which there is no range; nan for
    other sensors. At best: no cloud, by day for a camera, at night and under bright lights for one that sees
    those, with no more on the air than the background."""


@dataclass(frozen=True)
class BudgetRow:
    """One line of a link budget."""

    sensor: str
    target: str
    range_m: float
    term: str
    value_db: float


@dataclass(frozen=True)
class CoverRow:
    """What one sensor covers of the area, and what it and those above it in the table cover together."""

    sensor: str
    category: str
    operator: str
    target: str
    area_p50_km2: float
    area_p90_km2: float
    together_p50_km2: float
    together_p90_km2: float


def budget_rows(sensor: str, target: str, range_m: float, terms: Sequence[Term]) -> list[BudgetRow]:
    """A link budget as rows."""
    return [BudgetRow(sensor, target, range_m, term.name, term.value_db) for term in terms]


def rows_csv(kind: type[Any], rows: Sequence[Any]) -> str:
    """Rows of one kind of dataclass as a CSV text; a head without rows if there are none."""
    names = [field.name for field in fields(kind)]
    cells: list[list[str | float]] = [[getattr(row, name) for name in names] for row in rows]
    return csv_text(names, cells)


def rows_plain(rows: Sequence[Any]) -> list[dict[str, Any]]:
    """Rows as JSON holds them: nan is None."""
    return [{key: _plain(value) for key, value in asdict(row).items()} for row in rows]


def curves_csv(curves: Sequence[Curve]) -> str:
    """Curves of one sensor as a CSV text: a row for each range of each sky, a column for each class."""
    skies = list(dict.fromkeys(curve.sky for curve in curves))
    by_sky = {sky: [curve for curve in curves if curve.sky == sky] for sky in skies}
    names = [curve.target for curve in by_sky[skies[0]]] if skies else []
    rows: list[list[str | float]] = [
        [sky, range_m, *(float(curve.p[number]) for curve in here)]
        for sky, here in by_sky.items()
        for number, range_m in enumerate(here[0].range_m.tolist())
    ]
    return csv_text(("weather", "range_m", *(f"p_{name}" for name in names)), rows)


def sensor_lines(
    ashore: Sequence[SensorRow],
    satellites: Sequence[SatelliteRow],
    platforms: Sequence[PlatformRow],
    reference: str,
) -> Iterator[str]:
    """Who operates the sensors and how far they see, for the terminal."""
    everyone: list[Operated] = [*ashore, *satellites]
    yield "Sensors"
    rows: list[tuple[str, ...]] = [("", "kind", "operator", "supplier", "programme", "from", "type", "site")]
    for row in everyone:
        site = (row.site or row.platform) if isinstance(row, SensorRow) else ""
        words = (row.kind, row.operator, row.supplier, row.programme, row.operating_from[:10], row.type, site)
        rows.append((row.sensor, *(word or DASH for word in words)))
    yield from aligned(rows)
    if ashore:
        yield ""
        yield f"How far they hold {class_words(reference)}, calm and dry, in one interval [km]"
        rows = [("", "antenna [m]", "interval [s]", "instrumented", "horizon", "P = 0.5", "P = 0.9")]
        for one in ashore:
            ranges = (one.max_range_m, one.horizon_m, one.held_to_p50_m, one.held_to_p90_m)
            heads = (f"{one.antenna_height_m:g}", f"{one.interval_s:g}")
            rows.append((one.sensor, *heads, *(_km(value) for value in ranges)))
        yield from aligned(rows)
        slow = [one for one in ashore if one.min_radial_speed_mps > 0]
        for one in slow:
            yield f"  {one.sensor} shows nothing slower than {one.min_radial_speed_mps:g} m/s along the ray."
    if satellites:
        yield ""
        yield "Shortest vessel that satellites hold in an image or a pass overhead, in clear weather [m]"
        rows = [("", "satellites", "altitude [km]", "across [km]", "passes worked", "P = 0.5", "P = 0.9")]
        for each in satellites:
            numbers = (each.altitude_m / 1000, each.across_m / 1000)
            lengths = (each.held_from_p50_m, each.held_from_p90_m)
            rows.append(
                (
                    each.sensor,
                    f"{each.n_satellites}",
                    *(_number(value) for value in numbers),
                    f"{100 * each.duty:.0f} %",
                    *(_number(value) for value in lengths),
                )
            )
        yield from aligned(rows)
    if platforms:
        yield ""
        yield "Platforms"
        rows = [("", "type", "base", "hulls", "sorties a week", "to area [km]", "endurance [h]", "sensors")]
        for one_of in platforms:
            columns = (
                f"{one_of.n_hulls}",
                f"{one_of.sorties_per_week}",
                _number(one_of.to_area_m / 1000),
                f"{one_of.endurance_s / 3600:.1f}",
            )
            aboard = f"{len(one_of.sensors.split())}"
            rows.append((one_of.platform, one_of.type or DASH, one_of.base or DASH, *columns, aboard))
        yield from aligned(rows)


def range_lines(ranges: Sequence[RangeRow]) -> Iterator[str]:
    """How far named sensors hold each class in each weather, for the terminal."""
    for sensor in dict.fromkeys(row.sensor for row in ranges):
        own = [row for row in ranges if row.sensor == sensor]
        skies = list(dict.fromkeys(row.weather for row in own))
        yield ""
        if not math.isnan(own[0].p_image):
            yield f"{sensor}: probability of a contact in one image, or one pass overhead, at best"
            shown = [(class_words(row.target), f"{row.length_m:.0f}", f"{row.p_image:.2f}") for row in own]
            yield from aligned([("", "length [m]", "P"), *shown])
            continue
        yield f"{sensor}: farthest range with P = 0.5 / 0.9 [km]"
        found = {(row.target, row.weather): row for row in own}
        same = [sky for sky in skies[1:] if _is_same([row for row in own if row.weather in (skies[0], sky)])]
        skies = [sky for sky in skies if sky not in same]
        rows: list[tuple[str, ...]] = [("", "length [m]", "hull", "AIS", *skies)]
        for row in (row for row in own if row.weather == skies[0]):
            cells = [found[row.target, sky] for sky in skies]
            spans = [
                f"{_km(cell.held_to_p50_m)} / {_km(cell.held_to_p90_m)}{'*' if cell.gap_m else ' '}"
                for cell in cells
            ]
            rows.append((class_words(row.target), f"{row.length_m:.0f}", row.hull, row.ais, *spans))
        yield from aligned(rows)
        if any(row.gap_m for row in own):
            yield "  * with a gap nearer in, where sea or rain hides it: see the chart"
        if same:
            yield f"  the same in {', '.join(same)}"


def budget_lines(budgets: Sequence[BudgetRow]) -> Iterator[str]:
    """Link budgets for the terminal."""
    for sensor in dict.fromkeys(row.sensor for row in budgets):
        own = [row for row in budgets if row.sensor == sensor]
        yield ""
        yield f"{sensor}: link budget, {class_words(own[0].target)} at {_km(own[0].range_m)} km [dB]"
        for row in own:
            if row.term == SUM:
                yield "  " + "-" * 50
            yield f"  {row.term:<42}{row.value_db:>z8.1f}"


def cover_lines(rows: Sequence[CoverRow], notes: Sequence[str]) -> Iterator[str]:
    """Areas covered, for the terminal."""
    yield ""
    rows = [row for row in rows if row.area_p50_km2 > 0]
    if rows:
        yield f"Area in which {class_words(rows[0].target)} is held in one interval, calm and dry [km2]"
    shown: list[tuple[str, ...]] = [
        ("", "operator", "P >= 0.5", "P >= 0.9", "0.5, with those above", "0.9, with those above")
    ]
    for row in rows:
        areas = (row.area_p50_km2, row.area_p90_km2, row.together_p50_km2, row.together_p90_km2)
        shown.append((row.sensor, row.operator, *(f"{area:,.0f}" for area in areas)))
    yield from aligned(shown) if rows else ["No sensor holds the reference target anywhere in the area."]
    yield from notes
    yield ZONES_NOTE


def _is_same(rows: Sequence[RangeRow]) -> bool:
    """Whether two weathers, in equal order of classes, have the same ranges."""
    half = len(rows) // 2
    reaches = [(_km(row.held_to_p50_m), _km(row.held_to_p90_m), row.gap_m) for row in rows]
    return reaches[:half] == reaches[half:]


def _plain(value: Any) -> Any:
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _km(range_m: float) -> str:
    return DASH if math.isnan(range_m) else f"{range_m / 1000:.1f}"


def _number(value: float) -> str:
    return DASH if math.isnan(value) else f"{value:.0f}"
