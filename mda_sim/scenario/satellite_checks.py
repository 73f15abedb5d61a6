"""Checks of satellites: their files of element sets, and whether and how often they can be over the area.

Model: a file of element sets is read as soon as the specs are sound; each of its problems is reported at its
own line, and what ``geo.elements.check_run`` says of epochs and orbits at the sensor that names the file.
Legal but doubtful are satellites that never come near enough to the area (the highest latitude under a
circular orbit plus the reach of the swath or footprint), tasks outside the area and its traffic buffer, and
ground stations out of sight. A note says where the scored time is shorter than the cycle after which the
ground track of a plane of satellites comes back.

Assumptions and limits: the reach is that of the limit of incidence or elevation, or the horizon if a kind
states neither. Cycles are looked for among whole days up to ``CYCLE_MAX_DAYS``, as the first after which a
satellite has made a whole number of revolutions to within ``CYCLE_TOLERANCE`` of one; those of element sets
are not looked for.

Source: nodal period and drift of the node to the first order of J2: D. A. Vallado, Fundamentals of
Astrodynamics and Applications, 4th edition, 2013, sections 9.6 and 11.4. Where next: ``load.py`` asks these.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

from mda_sim.core.errors import DigestMismatch, Problem
from mda_sim.core.time import Timeline
from mda_sim.data import catalogue
from mda_sim.geo.elements import ElementsError, check_run, sets_of
from mda_sim.geo.orbits import (
    EQUATORIAL_RADIUS_M,
    GRAVITY_M3_PER_S2,
    J2,
    CircularOrbit,
    node_drift_deg_per_day,
)
from mda_sim.geo.regions import Region, bounds, widened
from mda_sim.geo.sphere import EARTH_RADIUS_M
from mda_sim.scenario.findings import Findings
from mda_sim.scenario.schema import ScenarioSpec
from mda_sim.scenario.tree import MapNode, Mark, find
from mda_sim.sensing.orbiting import OrbitingSensor

if TYPE_CHECKING:
    from mda_sim.core.spec import DataFile

CYCLE_MAX_DAYS: Final = 40
"""Longest cycle of a ground track that is looked for. [d]"""
CYCLE_TOLERANCE: Final = 0.02
"""Part of a revolution within which a number of them is whole: half a degree of longitude."""

_EARTH_TURN_DEG_PER_DAY: Final = 360.98564737  # sidereal
_DAY_S: Final = 86_400.0
_CYCLES_TOLD: Final = 6


def satellites(spec: ScenarioSpec) -> Mapping[str, OrbitingSensor]:
    """The sensors in orbit, by id."""
    return {name: one for name, one in spec.sensors.items() if isinstance(one, OrbitingSensor)}


def number_of_satellites(sensor: OrbitingSensor) -> int:
    """How many satellites it has; 0 where its file of element sets cannot be read."""
    if sensor.elements is None:
        return sensor.n_satellites
    try:
        return len(sets_of(sensor.elements))
    except (ElementsError, DigestMismatch, OSError):
        return 0


def check_elements(spec: ScenarioSpec, timeline: Timeline, tree: MapNode, findings: Findings) -> None:
    """Note what is wrong with files of element sets, at their lines, and with their orbits in this run."""
    for name, sensor in satellites(spec).items():
        if sensor.elements is None:
            continue
        spot = find(tree, ("sensors", name, "elements"))
        file = Path(sensor.elements.path).name
        try:
            sets = sets_of(sensor.elements)
        except ElementsError as wrong:
            _note_problems(wrong.problems, sensor.elements, spot.mark, spot.path, findings)
            continue
        except (DigestMismatch, OSError) as wrong:
            findings.error(spot.mark, spot.path, str(wrong))
            continue
        for problem in check_run(sets, timeline.start, timeline.datetime_at(timeline.score_to_us), file):
            note = findings.error if problem.severity == "error" else findings.warn
            note(spot.mark, spot.path, f"{file}: {problem.message}")


def doubt_satellites(spec: ScenarioSpec, timeline: Timeline, tree: MapNode, findings: Findings) -> None:
    """Warn of satellites that see nothing, and note those whose cycle is longer than the scored time."""
    lives = widened(spec.area, spec.world.buffer_m)
    for name, sensor in satellites(spec).items():
        orbits = [one for one in sensor.orbits(timeline.start) if isinstance(one, CircularOrbit)]
        areas: list[Region] = [*(task.area for task in sensor.tasks.values())] or [spec.area]
        if orbits and not any(_comes_near(sensor, orbits[0], area) for area in areas):
            _warn(name, "", _never_near(sensor, orbits[0], areas), tree, findings)
        for task_id, task in sensor.tasks.items():
            if not _overlap(bounds(task.area), bounds(lives)):
                message = "the task lies outside the area and its traffic buffer, where nothing is at sea"
                _warn(name, f"tasks.{task_id}", message, tree, findings)
        for number, station in enumerate(sensor.ground_stations):
            row = catalogue.sites().get(station)
            if row is not None and row.kind != "ground_station":
                message = f"the site {station!r} is no ground station but of kind {row.kind!r}"
                _warn(name, f"ground_stations.{number}", message, tree, findings)
    _short_of_a_cycle(spec, timeline, tree, findings)


def cycle_days(orbit: CircularOrbit) -> int | None:
    """Days after which the ground track of a circular orbit comes back; None if after more than 40.

    >>> cycle_days(CircularOrbit(692_837.0, 98.18, 0.0, 0.0))
    12
    """
    per_day = revolutions_per_day(orbit)
    for days in range(1, CYCLE_MAX_DAYS + 1):
        turns = per_day * days
        if abs(turns - round(turns)) <= CYCLE_TOLERANCE:
            return days
    return None


def revolutions_per_day(orbit: CircularOrbit) -> float:
    """Nodal revolutions while the Earth turns once relative to the orbit's plane (first order of J2)."""
    semi_major_m = EQUATORIAL_RADIUS_M + orbit.altitude_m
    motion_rad_s = math.sqrt(GRAVITY_M3_PER_S2 / semi_major_m**3)
    inclination = math.radians(orbit.inclination_deg)
    bulge = 1.5 * J2 * (EQUATORIAL_RADIUS_M / semi_major_m) ** 2
    nodal_rad_s = motion_rad_s * (1.0 + bulge * (4.0 * math.cos(inclination) ** 2 - 1.0))
    drift = node_drift_deg_per_day(orbit.altitude_m, orbit.inclination_deg)
    day_s = 360.0 / (_EARTH_TURN_DEG_PER_DAY - drift) * _DAY_S
    return nodal_rad_s * day_s / (2.0 * math.pi)


def highest_latitude_deg(sensor: OrbitingSensor, orbit: CircularOrbit) -> float:
    """Highest latitude that swath or footprint reach from a circular orbit, 90 if it holds a pole [deg]."""
    turn_deg = min(orbit.inclination_deg, 180.0 - orbit.inclination_deg)
    return min(turn_deg + math.degrees(_reach_rad(sensor, orbit.altitude_m)), 90.0)


def _note_problems(
    problems: tuple[Problem, ...], elements: DataFile, mark: Mark, key: str, findings: Findings
) -> None:
    """The problems of a file of element sets, each at its line of that file, under the key that names it."""
    file = Path(elements.path).name
    findings.add_file(file, Path(elements.path).read_bytes().decode("utf-8-sig", errors="replace"))
    for problem in problems:
        if problem.line:
            findings.error(Mark(file, problem.line, problem.column), key, problem.message)
        else:
            findings.error(mark, key, f"{file} {problem.message}")


def _reach_rad(sensor: OrbitingSensor, altitude_m: float) -> float:
    """Angle at the Earth's centre from below a satellite to the edge of what it sees."""
    incidence_deg = getattr(sensor, "incidence_max_deg", None)
    if incidence_deg is None:
        incidence_deg = 90.0 - getattr(sensor, "elevation_min_deg", 0.0)
    incidence = math.radians(incidence_deg)
    return incidence - math.asin(EARTH_RADIUS_M / (EARTH_RADIUS_M + altitude_m) * math.sin(incidence))


def _comes_near(sensor: OrbitingSensor, orbit: CircularOrbit, area: Region) -> bool:
    return _least_latitude_deg(area) <= highest_latitude_deg(sensor, orbit)


def _least_latitude_deg(area: Region) -> float:
    _, south, _, north = bounds(area)
    return max(south, -north, 0.0)


def _never_near(sensor: OrbitingSensor, orbit: CircularOrbit, areas: Sequence[Region]) -> str:
    nearest = min(_least_latitude_deg(area) for area in areas)
    return (
        f"it never sees the area: with an inclination of {orbit.inclination_deg:g} degrees its view ends at "
        f"latitude {highest_latitude_deg(sensor, orbit):.1f}, and the area begins at {nearest:.1f}"
    )


def _overlap(one: tuple[float, ...], other: tuple[float, ...]) -> bool:
    """Whether two boxes (west, south, east, north) have a point in common."""
    return one[0] <= other[2] and other[0] <= one[2] and one[1] <= other[3] and other[1] <= one[3]


def _short_of_a_cycle(spec: ScenarioSpec, timeline: Timeline, tree: MapNode, findings: Findings) -> None:
    """Note the satellites of one plane whose ground track comes back after more than the scored time."""
    scored_d = spec.duration_s / _DAY_S
    cycles = dict(_cycles(spec, timeline))
    longer = {name: days for name, days in cycles.items() if days > scored_d}
    if longer:
        spot = find(tree, ("duration_s",))
        named = ", ".join(f"{name} ({days} d)" for name, days in sorted(longer.items())[:_CYCLES_TOLD])
        more = f" and {len(longer) - _CYCLES_TOLD} more" if len(longer) > _CYCLES_TOLD else ""
        message = (
            f"the scored time of {scored_d:g} d is shorter than the cycle after which the ground track comes "
            f"back of {named}{more}: which passes it holds depends on the start"
        )
        findings.remark(spot.mark, spot.path, message)


def _cycles(spec: ScenarioSpec, timeline: Timeline) -> Iterator[tuple[str, int]]:
    for name, sensor in satellites(spec).items():
        first = sensor.orbits(timeline.start)[0]
        days = cycle_days(first) if isinstance(first, CircularOrbit) and sensor.n_planes == 1 else None
        if days is not None:
            yield name, days


def _warn(name: str, below: str, message: str, tree: MapNode, findings: Findings) -> None:
    steps = tuple(int(step) if step.isdigit() else step for step in below.split(".") if step)
    spot = find(tree, ("sensors", name, *steps))
    findings.warn(spot.mark, spot.path, message)
