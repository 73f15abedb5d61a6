"""A look at the sensors of a scenario: which tables, charts and maps there are, and how each is made.

Model: the sensors that were named, or all. Tables are always made, curves and link budgets for sensors that
were named, maps where coverage is asked for: one for each category of sensors ashore that can hold the
reference target (the probe, or one class of traffic), and one of all together where there are several.

Assumptions and limits: those of ``sensor_curves`` and ``sensor_coverage``. A sensor counts whatever the date
from which it operates. Where next: ``study.show_sensors`` writes it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from mda_sim.core.errors import ScenarioError
from mda_sim.report.crowd_charts import crowd_chart
from mda_sim.report.look_ids import unknown_ids
from mda_sim.report.maps import Caption
from mda_sim.report.scene import scene_of
from mda_sim.report.sensor_charts import length_chart, range_chart
from mda_sim.report.sensor_coverage import Floats, SeaCells, area_km2, covered, sea_cells, together
from mda_sim.report.sensor_curves import (
    LEVELS,
    NOTHING,
    Curve,
    RangedSensor,
    Reach,
    curves,
    held_to,
    horizon_to_m,
    length_curve,
    link_budget,
    reach_m,
    shows,
)
from mda_sim.report.sensor_examples import CALM_WORDS, examples, skies
from mda_sim.report.sensor_maps import cover_map
from mda_sim.report.sensor_rows import kind_of, platform_row, satellite_row, sensor_row
from mda_sim.report.sensor_tables import (
    CURVE_NOTE,
    BudgetRow,
    CoverRow,
    PlatformRow,
    RangeRow,
    SatelliteRow,
    SensorRow,
    budget_rows,
)
from mda_sim.report.show_tables import class_words
from mda_sim.report.words import CATEGORY_WORDS
from mda_sim.sensing.ais_satellite import AisSatellite
from mda_sim.sensing.example import CALM
from mda_sim.sensing.orbiting import OrbitingSensor
from mda_sim.sensing.radar import RadarSet
from mda_sim.sensing.sensor import FixedSensor
from mda_sim.world.fleet import PROBE, AisClass

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from mda_sim.report.scene import Scene
    from mda_sim.scenario import Scenario
    from mda_sim.sensing.sensor import SensorBase

TOGETHER = "all"
"""Name of the map of all sensors together."""

CROWD_NOTE = (
    "Of a vessel that sends all the time, straight below the pass; half of the ships in the footprint are "
    "under way and half at anchor, all with sets of class A (assumption). What a run has on the air is the "
    "traffic of the scenario, and the background outside it."
)
"""What the reader of a chart of an AIS satellite must know."""
_WORK_WORDS = {"rf": "pass"}
_IN_ORBIT_NOTES = {
    "sar": "In an image that holds the vessel, clear of weather; which passes are imaged is another matter.",
    "optical": "In an image that holds the vessel below the satellite, by day and with no cloud over it; "
    "which passes are imaged is another matter.",
    "night_light": "In an image of the night that holds the vessel, with no cloud over it, if it works under "
    "bright lights; others are never held.",
    "rf": "In a pass that has the vessel in view; which passes are listened to is another matter.",
}
_NAMED_MOST = 6  # sensors that are named in a note
_AIS_WORDS = {
    AisClass.NONE: "none",
    AisClass.CLASS_A: "A",
    AisClass.CLASS_B: "B",
    AisClass.CLASS_B_SO: "B SO",
}


@dataclass(frozen=True, eq=False)
class Cover:
    """What sensors of one category, or all of them, cover."""

    name: str
    """Category, or ``TOGETHER``."""
    sensors: Sequence[str]
    """Ids of the sensors."""
    p: Floats
    """Probability of a contact of the reference target in each cell, nan on land."""


class SensorLook:
    """The tables and pictures of some sensors; ScenarioError for ids that the scenario does not have."""

    def __init__(
        self, scenario: Scenario, sensor_ids: Sequence[str] = (), class_id: str | None = None
    ) -> None:
        self.scenario = scenario
        self.examples = examples(scenario)
        self.skies = skies(scenario)
        known = scenario.spec.sensors
        problems = [*unknown_ids("--sensor", "sensor", sensor_ids, known)]
        problems += unknown_ids("--class", "class", [class_id] if class_id is not None else [], self.examples)
        if problems:
            raise ScenarioError(problems)
        self.named = tuple(sorted(set(sensor_ids)))
        self.reference = PROBE if class_id is None else class_id
        chosen = self.named or tuple(known)
        self.sensors: dict[str, SensorBase] = {name: known[name] for name in chosen}

    @cached_property
    def ashore(self) -> dict[str, FixedSensor]:
        """The sensors at a place."""
        return {name: one for name, one in self.sensors.items() if isinstance(one, FixedSensor)}

    @cached_property
    def satellites(self) -> dict[str, OrbitingSensor]:
        """The sensors in orbit."""
        return {name: one for name, one in self.sensors.items() if isinstance(one, OrbitingSensor)}

    @cached_property
    def ranged(self) -> dict[str, RangedSensor]:
        """The sensors that hold targets to some range: at a place or aboard a platform."""
        return {name: one for name, one in self.sensors.items() if isinstance(one, RangedSensor)}

    @cached_property
    def sensor_rows(self) -> list[SensorRow]:
        """The sensors at a place or aboard, and how far they hold the reference target."""
        target = self.examples[self.reference]
        return [sensor_row(name, one, target) for name, one in self.ranged.items()]

    @cached_property
    def satellite_rows(self) -> list[SatelliteRow]:
        """The satellites, and how long a vessel must be."""
        target, epoch = self.examples[self.reference], self.scenario.timeline.start
        return [satellite_row(name, one, target, epoch) for name, one in self.satellites.items()]

    @cached_property
    def platform_rows(self) -> list[PlatformRow]:
        """The platforms that carry the sensors; all of them if no sensor was named."""
        rows = []
        for name, platform in self.scenario.spec.platforms.items():
            aboard = [key for key, one in self.ranged.items() if getattr(one, "platform", None) == name]
            if aboard or not self.named:
                rows.append(platform_row(name, platform, aboard))
        return rows

    @cached_property
    def range_rows(self) -> list[RangeRow]:
        """How far each class is held; in all weathers for named sensors, calm and dry for the others."""
        return [row for name in self.sensors for row in self._ranges(name)]

    @cached_property
    def budget_rows(self) -> list[BudgetRow]:
        """Link budgets of the named radars: the reference target at the horizon or the instrumented range."""
        target = self.examples[self.reference]
        rows = []
        for name in self.named:
            sensor = self.sensors[name]
            if isinstance(sensor, RadarSet):
                range_m = min(horizon_to_m(sensor, target), sensor.max_range_m)
                rows += budget_rows(name, self.reference, range_m, link_budget(sensor, target, range_m))
        return rows

    def curves(self, sensor_id: str) -> list[Curve]:
        """Probability against range of one sensor at a place or aboard; empty for another."""
        sensor = self.ranged.get(sensor_id)
        return [] if sensor is None else curves(sensor, self.examples, self.skies)

    def chart(self, sensor_id: str) -> Figure:
        """The chart of one sensor."""
        sensor = self.sensors[sensor_id]
        title = f"{sensor_id}: probability of a contact"
        words = kind_words(sensor)
        if isinstance(sensor, RangedSensor):
            return self._range_chart(title, words, sensor_id, sensor)
        if isinstance(sensor, AisSatellite):
            subtitle = f"{words}, operated by {sensor.operator}; one pass overhead"
            return crowd_chart(title, subtitle, sensor, [CROWD_NOTE, self._source])
        lengths_m, p = length_curve(sensor, self.examples[self.reference])
        classes = {
            name: (one.length_m, float(sensor.p_by_range(0.0, one, CALM)))
            for name, one in self.examples.items()
        }
        subtitle = f"{words}, operated by {sensor.operator}; one {_WORK_WORDS.get(sensor.category, 'image')}"
        note = _IN_ORBIT_NOTES.get(sensor.category, _IN_ORBIT_NOTES["sar"])
        return length_chart(title, subtitle, lengths_m, p, classes, [note, self._source])

    @cached_property
    def covers(self) -> list[Cover]:
        """What the sensors ashore cover, by category; those that hold the target nowhere are left out."""
        parts = self._covered
        by_category: dict[str, list[str]] = {}
        for name, one in self.ashore.items():
            if (parts[name] >= NOTHING).any():
                by_category.setdefault(one.category, []).append(name)
        found = [
            Cover(category, names, together((parts[name] for name in names), self._cells))
            for category, names in sorted(by_category.items())
        ]
        if len(found) > 1:
            names = [name for one in found for name in one.sensors]
            found.append(Cover(TOGETHER, names, together((parts[name] for name in names), self._cells)))
        return found

    @cached_property
    def cover_rows(self) -> list[CoverRow]:
        """Areas covered by each sensor ashore, and by it and those before it together."""
        rows, cells = [], self._cells
        so_far = together((), cells)
        for name, one in self.ashore.items():
            own = self._covered[name]
            so_far = together((so_far, own), cells)
            areas = [area_km2(p, cells, level) for p in (own, so_far) for level in LEVELS]
            rows.append(CoverRow(name, one.category, one.operator, self.reference, *areas))
        return rows

    @cached_property
    def cover_notes(self) -> list[str]:
        """What the reader of maps must know of what is not on them."""
        notes = []
        if self.satellites:
            notes.append(
                f"Satellites cover nothing all the time and are left out: {', '.join(self.satellites)}."
            )
        aboard = [name for name in self.ranged if name not in self.ashore]
        if aboard:
            notes.append(f"Aboard platforms, which move, and left out: {', '.join(aboard)}.")
        on_maps = {name for cover in self.covers for name in cover.sensors}
        blind: dict[str, list[str]] = {}
        for name, one in self.ashore.items():
            if name not in on_maps:
                blind.setdefault(CATEGORY_WORDS.get(one.category, one.category), []).append(name)
        for words, names in sorted(blind.items()):
            which = ", ".join(names) if len(names) <= _NAMED_MOST else f"{len(names)} of them"
            notes.append(f"Hold no {class_words(self.reference)} anywhere in the area: {words}, {which}.")
        return notes

    def cover_cells(self, cover: Cover) -> Iterable[tuple[float, float, float]]:
        """Latitude, longitude and probability of each cell in which it is at least ``NOTHING``."""
        cells = self._cells
        rows, columns = (cover.p >= NOTHING).nonzero()
        return zip(
            cells.lat_deg[rows].tolist(),
            cells.lon_deg[columns].tolist(),
            cover.p[rows, columns].tolist(),
            strict=True,
        )

    def cover_map(self, cover: Cover) -> Figure:
        """The map of what some sensors cover."""
        marks = [mark for mark in self._scene.sensors if mark.id in cover.sensors]
        what = "all sensors ashore" if cover.name == TOGETHER else CATEGORY_WORDS.get(cover.name, cover.name)
        half, most = (area_km2(cover.p, self._cells, level) for level in LEVELS)
        title = f"Coverage: {what}" if cover.name == TOGETHER else f"Coverage: {what} ({len(marks)})"
        subtitle = (
            f"{class_words(self.reference)}, {self.examples[self.reference].length_m:g} m: "
            f"P of at least 0.5 on {half:,.0f} km2 of the area, 0.9 on {most:,.0f} km2"
        )
        note = (
            "Colour: probability that at least one sensor has a contact with the target, if it lies in the "
            "cell, in one reporting interval of its own: 1 - prod(1 - p). Calm and dry, standard atmosphere, "
            "before the persistent term; land shadows radars. Under 0.01 nothing is drawn. Cells with their "
            "middle on land have none."
        )
        return cover_map(
            self._scene, self._cells, cover.p, marks, Caption(title, subtitle, self._source), note
        )

    @cached_property
    def _cells(self) -> SeaCells:
        return sea_cells(*self._scene.extent[:4], self.scenario.spec.world.land())

    @cached_property
    def _covered(self) -> dict[str, Floats]:
        """Probability of each sensor ashore in each cell."""
        target, land = self.examples[self.reference], self.scenario.spec.world.land()
        return {name: covered(one, target, self._cells, land) for name, one in self.ashore.items()}

    @cached_property
    def _scene(self) -> Scene:
        return scene_of(self.scenario)

    @property
    def _source(self) -> str:
        return f"Scenario '{self.scenario.name}' ({self.scenario.digest()[:8]}); mda_sim."

    def _ranges(self, sensor_id: str) -> Iterator[RangeRow]:
        sensor = self.sensors[sensor_id]
        has_range = isinstance(sensor, RangedSensor)
        shown = self.skies if sensor_id in self.named and has_range else {CALM_WORDS: CALM}
        nan = float("nan")
        for sky_name, sky in shown.items():
            for name, one in self.examples.items():
                reach = (
                    held_to(sensor, one, sky) if isinstance(sensor, RangedSensor) else Reach(nan, nan, nan)
                )
                yield RangeRow(
                    sensor=sensor_id,
                    weather=sky_name,
                    target=name,
                    length_m=one.length_m,
                    height_m=one.height_m,
                    hull=one.hull.name.lower(),
                    ais=_AIS_WORDS[one.ais],
                    held_to_p50_m=reach.p50_m,
                    held_to_p90_m=reach.p90_m,
                    gap_m=reach.gap_m,
                    p_image=nan if has_range else float(sensor.p_by_range(0.0, one, sky)),
                )

    def _range_chart(self, title: str, words: str, sensor_id: str, sensor: RangedSensor) -> Figure:
        target = self.examples[self.reference]
        interval = f"in one reporting interval of {sensor.reports_every_s:g} s"
        subtitle = f"{words}, operated by {sensor.operator}; {interval}"
        marks = {f"horizon to {class_words(self.reference)}": horizon_to_m(sensor, target)}
        longest_m = getattr(sensor, "max_range_m", None)
        if longest_m is not None:
            marks |= {"instrumented range": float(longest_m)}
        note = CURVE_NOTE
        slow = [name for name, one in self.examples.items() if not shows(sensor, one)]
        if slow and isinstance(sensor, RadarSet):
            subtitle += f"; as if faster than {sensor.min_radial_speed_mps:g} m/s along the ray"
            whole = "no class here is" if len(slow) == len(self.examples) else "not every class is"
            note += f" It shows nothing slower, and {whole} that fast: see tables/ranges.csv."
        if sensor.category == "ais":
            note += " Of vessels that broadcast."
        if any(reach_m(sensor, one, CALM) < 0 for one in self.examples.values()):
            note += " Classes at zero carry no set."
        drawn = self.curves(sensor_id)
        same = [sky for sky in self.skies if sky not in {curve.sky for curve in drawn}]
        if same:
            note += f" The same as calm within 0.01: {', '.join(same)}."
        return range_chart(title, subtitle, drawn, self.examples, marks, [note, self._source])


def kind_words(sensor: SensorBase) -> str:
    """Kind of a sensor, for people.

    >>> from types import SimpleNamespace
    >>> kind_words(SimpleNamespace(kind="ais_satellite", category="ais"))
    'AIS satellite'
    """
    words = kind_of(sensor).split("_")
    return " ".join(word.upper() if word in ("ais", "sar", "rf") else word for word in words)
