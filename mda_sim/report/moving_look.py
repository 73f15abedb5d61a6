"""A look at sensors that move, in one seed: passes of a day, sorties of a week, revisit by latitude.

Model: the sensors that were named, or all. Passes and sorties are those that a run of that seed has; revisit
is geometry over ``revisit.REVISIT_DAYS`` days, with the passes that the duty of the seed works beside all.

Assumptions and limits: those of ``passes``, ``revisit`` and ``world.sorties``. A week that the scored time
does not hold whole ends with it. Where next: ``study.show_moving`` writes it.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, time, timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from mda_sim.core.errors import Problem, ScenarioError
from mda_sim.core.time import US_PER_DAY, US_PER_H
from mda_sim.geo.regions import widened
from mda_sim.report.look_ids import unknown_ids
from mda_sim.report.maps import Caption
from mda_sim.report.moving_tables import PassRow, SortieRow, outcome_words
from mda_sim.report.pass_maps import pass_map
from mda_sim.report.passes import SIDES, Pass, passes_of
from mda_sim.report.revisit import (
    N_LONGITUDES,
    REVISIT_DAYS,
    Accesses,
    RevisitRow,
    accesses,
    joined,
    points,
    revisit_rows,
    worked,
)
from mda_sim.report.revisit_charts import revisit_chart
from mda_sim.report.scene import REFERENCE_HEIGHT_M, outline, scene_of
from mda_sim.report.show_maps import tracks_of
from mda_sim.report.sortie_charts import Strip, strip_chart
from mda_sim.report.sortie_maps import PlatformTracks, sortie_map
from mda_sim.report.words import ORBIT_WORDS
from mda_sim.sensing.horizon import EARTH_FACTOR, horizon_m
from mda_sim.sensing.mobile import MobileSensor
from mda_sim.sensing.orbiting import OrbitingSensor
from mda_sim.world.search_patterns import middle_of
from mda_sim.world.sorties import SortieOutcome

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from mda_sim.report.scene import Scene
    from mda_sim.scenario import Scenario
    from mda_sim.sensing.sensor import SensorBase
    from mda_sim.world.sorties import Carrier

WEEK_DAYS: Final = 7
"""Days of sorties that are shown."""


class MovingLook:
    """The tables and pictures of what moves; ScenarioError for an unknown sensor or a day without sensing."""

    def __init__(
        self, scenario: Scenario, sensor_ids: Sequence[str], seed: int, day: int | datetime | None = None
    ) -> None:
        self.scenario = scenario
        self.seed = seed
        known = scenario.spec.sensors
        problems = [*unknown_ids("--sensor", "sensor", sensor_ids, known)]
        from_us, reason = _begins_us(scenario, day)
        if reason:
            problems.append(Problem("--day", 0, 0, "", reason))
        if problems:
            raise ScenarioError(problems)
        self._from_us = from_us
        chosen = sorted(set(sensor_ids)) or list(known)
        self.sensors: dict[str, SensorBase] = {name: known[name] for name in chosen}

    @cached_property
    def satellites(self) -> dict[str, OrbitingSensor]:
        """The sensors in orbit."""
        return {name: one for name, one in self.sensors.items() if isinstance(one, OrbitingSensor)}

    @cached_property
    def platform_ids(self) -> list[str]:
        """The platforms that carry the sensors; all platforms if no sensor was named."""
        spec = self.scenario.spec
        if len(self.sensors) == len(spec.sensors):
            return list(spec.platforms)
        aboard = {one.platform for one in self.sensors.values() if isinstance(one, MobileSensor)}
        return [name for name in spec.platforms if name in aboard]

    @property
    def day_words(self) -> str:
        """The day of the passes, in words."""
        return f"{self._utc(self._from_us)} to {self._utc(self._day_us[1])} UTC"

    @property
    def week_words(self) -> str:
        """The time of the sorties, in words."""
        return f"{self._utc(self._from_us)} to {self._utc(self._week_us[1])} UTC"

    @cached_property
    def passes(self) -> list[Pass]:
        """The passes of the day, sensor by sensor."""
        spec = self.scenario.spec
        area = widened(spec.area, spec.world.buffer_m)
        return [
            one
            for name, sensor in self.satellites.items()
            for one in passes_of(name, sensor, area, self.scenario.timeline, self.seed, self._day_us)
        ]

    @cached_property
    def pass_rows(self) -> list[PassRow]:
        """The passes as a table."""
        return [
            PassRow(
                one.sensor,
                one.category,
                self.sensors[one.sensor].operator,
                one.satellite,
                one.name,
                one.number,
                "north" if one.is_north else "south",
                SIDES[one.side],
                self._instant(one.t_from_us),
                self._instant(one.t_to_us),
                "yes" if one.is_worked else "no",
                self._instant(one.t_ready_us) if one.is_worked else "",
            )
            for one in self.passes
        ]

    @property
    def pass_categories(self) -> list[str]:
        """The categories that have a map of passes."""
        return sorted({one.category for one in self.passes})

    def pass_map(self, category: str) -> Figure:
        """The map of the passes of one category."""
        own = [one for one in self.passes if one.category == category]
        n_worked = sum(one.is_worked for one in own)
        title = f"Passes of a day: {ORBIT_WORDS.get(category, category)}"
        subtitle = f"{self.day_words}; {n_worked} of {len(own)} are worked in seed {self.seed}"
        return pass_map(
            self._scene,
            own,
            Caption(title, subtitle, self._source),
            lambda t_us: self.scenario.timeline.datetime_at(t_us).strftime("%H:%M"),
        )

    @cached_property
    def carriers(self) -> dict[str, Carrier]:
        """What the platforms do, by id."""
        from mda_sim.pipeline import carriers_of

        every = carriers_of(self.scenario, self.seed)
        return {name: every[name] for name in self.platform_ids}

    @cached_property
    def sortie_rows(self) -> list[SortieRow]:
        """The sorties that are away, or planned to be, at some time of the week."""
        return [self._sortie_row(name, one) for name in self.carriers for one in self._of_week(name)]

    def sortie_map(self) -> Figure:
        """The map of the week's sorties."""
        rows = self.sortie_rows
        flown = sum(row.outcome == outcome_words(SortieOutcome.FLOWN) for row in rows)
        subtitle = (
            f"{self.week_words}; {flown} of {len(rows)} planned are flown or sailed in seed {self.seed}"
        )
        platforms = [self._platform(name) for name in self.carriers]
        return sortie_map(
            self._scene, platforms, Caption(f"Sorties of {self._span_words}", subtitle, self._source)
        )

    def strip_chart(self) -> Figure:
        """The strip chart of the week's hulls."""
        at = self.scenario.timeline.datetime_at
        strips = [
            Strip(
                name,
                int(one["hull"]) if one["outcome"] == SortieOutcome.FLOWN else -1,
                SortieOutcome(int(one["outcome"])),
                *(at(int(one[f"{what}_us"])) for what in ("leaves", "on_station", "off_station", "back")),
            )
            for name in self.carriers
            for one in self._of_week(name)
            if one["outcome"] == SortieOutcome.FLOWN or one["leaves_us"] >= self._from_us
        ]
        begin, end = (at(t_us) for t_us in self._week_us)
        subtitle = f"{self.week_words}; seed {self.seed}; hulls that stay at home are left out"
        note = f"One strip for each hull; sorties are planned, not sent after what is seen. {self._source}"
        return strip_chart(f"Hulls of platforms over {self._span_words}", subtitle, strips, begin, end, note)

    @cached_property
    def revisit_rows(self) -> list[RevisitRow]:
        """Revisit by latitude: of each sensor, then of all of its category where there are several."""
        rows: list[RevisitRow] = []
        for category in sorted({one.category for one in self.satellites.values()}):
            own = {name: one for name, one in self.satellites.items() if one.category == category}
            found = {name: self._accesses(one) for name, one in own.items()}
            parts = {name: worked(own[name], name, self.seed, every) for name, every in found.items()}
            counts = {name: len(one.orbits(self.scenario.timeline.start)) for name, one in own.items()}
            for name, one in own.items():
                rows += revisit_rows(name, category, "all", counts[name], found[name], REVISIT_DAYS)
                if one.duty < 1.0:
                    rows += revisit_rows(name, category, "worked", counts[name], parts[name], REVISIT_DAYS)
            if len(own) > 1:
                n = sum(counts.values())
                rows += revisit_rows("", category, "all", n, joined(found.values()), REVISIT_DAYS)
                if any(one.duty < 1.0 for one in own.values()):
                    rows += revisit_rows("", category, "worked", n, joined(parts.values()), REVISIT_DAYS)
        return rows

    def revisit_chart(self) -> Figure:
        """The chart of revisit by latitude."""
        start = self._utc(0)[:10]
        span = f"{REVISIT_DAYS} days from {start}"
        subtitle = f"gaps between accesses of a point in {span}; duty as in seed {self.seed}"
        note = (
            f"Mean and longest over {N_LONGITUDES} longitudes of each latitude. An access is a point in the "
            "swath, or a satellite high enough above it: geometry alone, whatever light, cloud, size and "
            "chance make of it. Tasks, the longest image and starts of service are left out; a satellite "
            "that may look to either side has both. The ends of the days count as accesses, so gaps that "
            f"they cut are lower bounds, and {24 * REVISIT_DAYS} h is not once. {self._source}"
        )
        return revisit_chart("Revisit by latitude", subtitle, self.revisit_rows, note)

    def _accesses(self, sensor: OrbitingSensor) -> Accesses:
        return accesses(sensor, self.scenario.timeline.start, *points(), REVISIT_DAYS)

    def _platform(self, name: str) -> PlatformTracks:
        """What the map shows of a platform."""
        spec, carrier = self.scenario.spec, self.carriers[name]
        platform = spec.platforms[name]
        radars = [
            min(
                float(getattr(one, "max_range_m", np.inf)),
                float(
                    horizon_m(
                        one.antenna_height_m,
                        REFERENCE_HEIGHT_M,
                        getattr(one, "refraction_factor", EARTH_FACTOR),
                    )
                ),
            )
            for one in self.sensors.values()
            if isinstance(one, MobileSensor) and one.platform == name and one.category == "radar"
        ]
        return PlatformTracks(
            name,
            platform.medium,
            platform.base.place,
            outline(name, platform.search.region, spec.area),
            middle_of(platform.search.region),
            max(radars, default=float("nan")),
            tracks_of(name, carrier.legs, np.ones(len(carrier.sorties), np.bool_), *self._week_us),
        )

    def _sortie_row(self, name: str, one: np.void) -> SortieRow:
        """One sortie of a platform as a row."""
        is_flown = one["outcome"] == SortieOutcome.FLOWN
        on_station_us = int(one["off_station_us"]) - int(one["on_station_us"])
        return SortieRow(
            platform=name,
            number=int(one["number"]),
            hull=float(one["hull"]) + 1.0 if is_flown else float("nan"),
            outcome=outcome_words(int(one["outcome"])),
            leaves=self._instant(one["leaves_us"]),
            on_station=self._instant(one["on_station_us"]),
            off_station=self._instant(one["off_station_us"]),
            back=self._instant(one["back_us"]),
            hours_on_station=on_station_us / US_PER_H if is_flown else 0.0,
        )

    def _of_week(self, name: str) -> NDArray[np.void]:
        """The sorties of a platform that touch the week."""
        sorties = self.carriers[name].sorties
        begin_us, end_us = self._week_us
        return sorties[(sorties["leaves_us"] < end_us) & (sorties["back_us"] > begin_us)]

    @property
    def _day_us(self) -> tuple[int, int]:
        return self._from_us, min(self._from_us + US_PER_DAY, self.scenario.timeline.score_to_us)

    @property
    def _week_us(self) -> tuple[int, int]:
        return self._from_us, min(self._from_us + WEEK_DAYS * US_PER_DAY, self.scenario.timeline.score_to_us)

    @property
    def _span_words(self) -> str:
        """How long the sorties are shown, in words: a week, or what of it is scored."""
        days = (self._week_us[1] - self._from_us) / US_PER_DAY
        return "a week" if days == WEEK_DAYS else f"{days:g} days"

    def _utc(self, t_us: int) -> str:
        return self.scenario.timeline.datetime_at(t_us).strftime("%Y-%m-%d %H:%M")

    def _instant(self, t_us: int) -> str:
        """An instant to the second, for tables."""
        return self.scenario.timeline.datetime_at(t_us).strftime("%Y-%m-%dT%H:%M:%SZ")

    @cached_property
    def _scene(self) -> Scene:
        return scene_of(self.scenario)

    @property
    def _source(self) -> str:
        return f"Scenario '{self.scenario.name}' ({self.scenario.digest()[:8]}), seed {self.seed}; mda_sim."


def _begins_us(scenario: Scenario, day: int | datetime | None) -> tuple[int, str]:
    """When the day begins that was asked for (a scored day from 1, or a date; the first scored one if None),
    and why there is no such day; empty if there is.
    """
    timeline = scenario.timeline
    n_days = -(-(timeline.score_to_us - timeline.score_from_us) // US_PER_DAY)
    if isinstance(day, datetime):
        begins_us = timeline.us_at(datetime.combine(day.date(), time(), UTC))
        if begins_us + US_PER_DAY <= 0 or begins_us >= timeline.score_to_us:
            last = timeline.datetime_at(timeline.score_to_us) - timedelta(microseconds=1)
            span = f"{timeline.datetime_at(0):%Y-%m-%d} to {last:%Y-%m-%d}"
            return 0, f"nothing is sensed on {day:%Y-%m-%d}; expected a day from {span}"
        return max(begins_us, 0), ""
    number = 1 if day is None else day
    if not 1 <= number <= n_days:
        return 0, f"there is no scored day {number}; expected 1 to {n_days}"
    return timeline.score_from_us + (number - 1) * US_PER_DAY, ""
