"""A look at sensors: tables, charts and maps of what they can hold in a folder; nothing is simulated.

    show.json  tables/sensors.csv satellites.csv ranges.csv platforms.csv (if any)  and, as asked for:
    charts/<sensor>.png  tables/curve_<sensor>.csv  tables/budget.csv
    maps/coverage_<category>.png  tables/coverage.csv  tables/cells_<category>.csv

Model: no draw is made, so a scenario has one look for each choice of sensors and target, the same bytes each
time. ``show.json`` is written last; it names the scenario and every file.

Assumptions and limits: those of ``report.sensor_look``. Where next: the command line calls ``show_sensors``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mda_sim.study.folder import write_text
from mda_sim.study.look_folder import claim, clear, finish

if TYPE_CHECKING:
    from mda_sim.report.sensor_look import SensorLook
    from mda_sim.scenario import Scenario


@dataclass(frozen=True)
class ShownSensors:
    """A look at sensors, written."""

    look: SensorLook
    """What was looked at."""
    with_coverage: bool
    """Whether maps were made."""
    folder: Path

    def lines(self) -> Iterator[str]:
        """What the terminal shows of it."""
        from mda_sim.report.sensor_tables import budget_lines, cover_lines, range_lines, sensor_lines

        look = self.look
        yield f"{look.scenario.name}  digest {look.scenario.digest()[:8]}"
        yield from sensor_lines(look.sensor_rows, look.satellite_rows, look.platform_rows, look.reference)
        if look.named:
            yield from range_lines(look.range_rows)
            yield from budget_lines(look.budget_rows)
        if self.with_coverage:
            yield from cover_lines(look.cover_rows, look.cover_notes)

    def plain_data(self) -> dict[str, Any]:
        """The tables as JSON holds them."""
        from mda_sim.report.sensor_tables import rows_plain

        look = self.look
        return {
            "folder": str(self.folder),
            "scenario": look.scenario.name,
            "target": look.reference,
            "sensors": rows_plain(look.sensor_rows),
            "satellites": rows_plain(look.satellite_rows),
            "platforms": rows_plain(look.platform_rows),
            "ranges": rows_plain(look.range_rows),
            "budget": rows_plain(look.budget_rows),
            "coverage": rows_plain(look.cover_rows) if self.with_coverage else [],
        }


def default_folder(scenario: Scenario) -> Path:
    """``runs/<name>-<digest8>-sensors``, below the working directory."""
    return Path("runs") / f"{scenario.name}-{scenario.digest()[:8]}-sensors"


def show_sensors(
    scenario: Scenario,
    sensor_ids: Sequence[str] = (),
    *,
    coverage: bool = False,
    class_id: str | None = None,
    out: Path | str | None = None,
    overrides: Sequence[str] = (),
    watch: Callable[[str], None] | None = None,
) -> ShownSensors:
    """Write what sensors (all, unless some are named) can hold: tables, curves of the named, and coverage.

    ``class_id`` is the class of traffic that coverage is for, the probe if None. ``overrides`` are the texts
    of ``--set`` and are only recorded; ``watch`` is told what begins. ScenarioError for an id that the
    scenario does not have, RunError if the folder holds something else.
    """
    from mda_sim.report.sensor_look import SensorLook
    from mda_sim.report.sensor_tables import (
        BudgetRow,
        PlatformRow,
        RangeRow,
        SatelliteRow,
        SensorRow,
        rows_csv,
    )

    look = SensorLook(scenario, sensor_ids, class_id)
    folder = Path(out) if out is not None else default_folder(scenario)
    head = {"look": "sensors", "scenario": scenario.name, "scenario_digest": scenario.digest()}
    claim(folder, {key: head[key] for key in ("look", "scenario_digest")}, "sensors")
    tell = watch if watch is not None else _nobody
    tell("tables")
    clear(folder)
    tables = folder / "tables"
    write_text(tables / "sensors.csv", rows_csv(SensorRow, look.sensor_rows))
    write_text(tables / "satellites.csv", rows_csv(SatelliteRow, look.satellite_rows))
    if look.platform_rows:
        write_text(tables / "platforms.csv", rows_csv(PlatformRow, look.platform_rows))
    write_text(tables / "ranges.csv", rows_csv(RangeRow, look.range_rows))
    if look.budget_rows:
        write_text(tables / "budget.csv", rows_csv(BudgetRow, look.budget_rows))
    _draw_named(look, folder, tell)
    if coverage:
        _draw_coverage(look, folder, tell)
    finish(folder, head, overrides, {"sensors": list(look.sensors), "target": look.reference})
    return ShownSensors(look, coverage, folder)


def _draw_named(look: SensorLook, folder: Path, tell: Callable[[str], None]) -> None:
    """A chart for each sensor that was named, and its curves."""
    from mda_sim.report.sensor_tables import curves_csv
    from mda_sim.report.style import save

    for name in look.named:
        tell(f"charts/{name}.png")
        save(look.chart(name), folder / "charts" / f"{name}.png")
        found = look.curves(name)
        if found:
            write_text(folder / "tables" / f"curve_{name}.csv", curves_csv(found))


def _draw_coverage(look: SensorLook, folder: Path, tell: Callable[[str], None]) -> None:
    """A map for each category, and its cells."""
    from mda_sim.report.sensor_tables import CoverRow, rows_csv
    from mda_sim.report.show_tables import csv_text
    from mda_sim.report.style import save

    write_text(folder / "tables" / "coverage.csv", rows_csv(CoverRow, look.cover_rows))
    for cover in look.covers:
        tell(f"maps/coverage_{cover.name}.png")
        save(look.cover_map(cover), folder / "maps" / f"coverage_{cover.name}.png")
        cells = csv_text(("lat_deg", "lon_deg", "p"), look.cover_cells(cover))
        write_text(folder / "tables" / f"cells_{cover.name}.csv", cells)


def _nobody(what: str) -> None:
    """Watches nothing."""
