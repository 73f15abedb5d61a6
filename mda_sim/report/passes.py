"""The passes of satellites over the area in one day, and which of them are worked in one seed.

Model: a satellite passes over the area while its swath, or its footprint, touches it; the swath is where the
rays at right angles to its motion meet the sphere between the limits of incidence, the footprint all that has
the satellite at ``elevation_min_deg`` or more and near enough. First and last instants are found by steps of
``STEP_S`` and narrowed to 0.1 s. Which candidates are worked is what the run does with them
(``sensing.tasking``), and so is when products exist (``OrbitingSensor.ready_us``).

Assumptions and limits: the passes that begin in the day, whole ones within the run, and none that begins
before a sensor operates. A pass that touches a corner of the area for less than a step can be missed.
Where next: ``moving_look`` makes the table, ``pass_maps`` draws them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from mda_sim.core.time import US_PER_S, Timeline
from mda_sim.geo.regions import Box
from mda_sim.geo.sphere import EARTH_RADIUS_M, destination, lat_lon, unit_vectors
from mda_sim.report.revisit import Floats, Reach, moved, reach_of, scalar
from mda_sim.sensing.tasking import CANDIDATE, choose

if TYPE_CHECKING:
    from mda_sim.geo.orbits import Track
    from mda_sim.sensing.orbiting import OrbitingSensor

STEP_S: Final = 5.0
"""Steps in which passes are looked for [s]."""
SIDES: Final = {1: "right", -1: "left", 0: ""}
"""What the sides of an image are called."""

_MARGIN_S: Final = 3600.0  # no pass over an area is longer
_NARROWED_S: Final = 0.1
_ACROSS_M: Final = 25_000.0  # between points across a swath
_RIM_POINTS: Final = 65
_CIRCLE_POINTS: Final = 121
_OUTLINE_STEP_S: Final = 10.0


@dataclass(frozen=True, eq=False)
class Pass:
    """One pass of a satellite over the area, or one image of it."""

    sensor: str
    category: str
    satellite: int
    """Number of the satellite, from 0."""
    name: str
    """Its name and catalogue number, where element sets give them."""
    number: int
    """Number of the pass since the scenario's start."""
    side: int
    """1 right, -1 left of the track; 0 for both or none."""
    is_north: bool
    """Whether the satellite flies north."""
    t_from_us: int
    t_to_us: int
    is_worked: bool
    t_ready_us: int
    """When the product exists; -1 if the pass is not worked. [us]"""
    track: tuple[Floats, Floats]
    """Latitude and longitude of the point below the satellite, (n,) each [deg]."""
    outline: tuple[Floats, Floats]
    """Corners of the swath, or of the footprint at the middle of the pass, (n,) each [deg]."""


def passes_of(
    sensor_id: str,
    sensor: OrbitingSensor,
    area: Box,
    timeline: Timeline,
    seed: int,
    day_us: tuple[int, int],
) -> list[Pass]:
    """The passes of one sensor over its areas that begin within ``day_us``, in order of time."""
    reach, tracks = reach_of(sensor), sensor.tracks(timeline)
    areas = [task.area for task in sensor.tasks.values()] or [area]
    rows = [
        (satellite, number, task, side, t_from_us, t_to_us)
        for satellite, own in enumerate(tracks)
        for task, one in enumerate(areas)
        for side, limits in sides_of(sensor, reach)
        for number, t_from_us, t_to_us in _over(own, limits, reach, one, timeline, day_us)
    ]
    from_us = 0 if sensor.from_utc is None else timeline.us_at(sensor.from_utc)
    candidates = np.array([row for row in rows if row[4] >= from_us], CANDIDATE)
    works = choose(sensor, sensor_id, candidates, seed)
    names = [str(getattr(orbit, "title", "")) for orbit in sensor.orbits(timeline.start)]
    ready_us = sensor.ready_us(timeline, works["satellite"], works["t_to_us"])
    found = [
        (int(w["satellite"]), int(w["number"]), int(w["side"]), int(w["t_from_us"]), int(w["t_to_us"]), ready)
        for w, ready in zip(works, ready_us.tolist(), strict=True)
    ]
    found += [(*row, -1) for row in _left(candidates, works)]
    limits_of = dict(sides_of(sensor, reach))
    passes = []
    for satellite, number, side, t_from_us, t_to_us, ready in found:
        if day_us[0] <= t_from_us < day_us[1]:
            own = tracks[satellite]
            below, is_north = _ground(own, t_from_us, t_to_us)
            passes.append(
                Pass(
                    sensor_id,
                    sensor.category,
                    satellite,
                    names[satellite],
                    number,
                    side,
                    is_north,
                    t_from_us,
                    t_to_us,
                    ready >= 0,
                    ready,
                    below,
                    _outline(own, limits_of[side], reach, t_from_us, t_to_us),
                )
            )
    return sorted(passes, key=lambda one: (one.t_from_us, one.satellite, one.number, one.side))


def sides_of(sensor: OrbitingSensor, reach: Reach) -> list[tuple[int, tuple[float, float]]]:
    """The sides that a sensor may work, each with its limits of incidence [deg]; (0, nan) for a listener."""
    if not reach.limits_deg:
        return [(0, (np.nan, np.nan))]
    if getattr(sensor, "look_side", None) is None:
        return [(0, reach.limits_deg[0])]
    return [(1 if limits[1] > 0 else -1, limits) for limits in reach.limits_deg]


def footprint_rad(reach: Reach, radius_m: Floats) -> Floats:
    """Angle at the Earth's centre from below a satellite to the edge of what it hears, same shape."""
    elevation = np.deg2rad(reach.elevation_min_deg)
    by_height = np.arccos(np.clip(EARTH_RADIUS_M / radius_m * np.cos(elevation), -1.0, 1.0)) - elevation
    return np.asarray(np.minimum(by_height, reach.max_range_m / EARTH_RADIUS_M), np.float64)


def _over(
    own: Track,
    limits_deg: tuple[float, float],
    reach: Reach,
    area: Box,
    timeline: Timeline,
    day_us: tuple[int, int],
) -> Iterator[tuple[int, int, int]]:
    """Number, first and last instant [us] of the passes in which one side of a satellite has an area."""
    last_s = timeline.score_to_us / US_PER_S
    begin_s = max(0.0, day_us[0] / US_PER_S - _MARGIN_S)
    t_s = np.arange(begin_s, min(last_s, day_us[1] / US_PER_S + _MARGIN_S) + STEP_S / 2.0, STEP_S)
    t_s = t_s[_is_near(own, t_s, limits_deg, reach, area)]
    t_s = t_s[_touches(own, t_s, limits_deg, reach, area)]
    numbers = _numbers(own, t_s)
    for number in np.unique(numbers).tolist():
        here_s = t_s[numbers == number]
        ends = []
        for end_s, step_s in ((float(here_s[0]), -STEP_S), (float(here_s[-1]), STEP_S)):
            inside_s, outside_s = end_s, end_s + step_s
            while abs(outside_s - inside_s) > _NARROWED_S:
                middle = np.array([(inside_s + outside_s) / 2.0])
                is_in = (
                    _touches(own, middle, limits_deg, reach, area)[0] and _numbers(own, middle)[0] == number
                )
                inside_s, outside_s = (float(middle[0]), outside_s) if is_in else (inside_s, float(middle[0]))
            ends.append(inside_s)
        # Passes that are cut by the start or the end of the run are no passes.
        if (begin_s > 0.0 or ends[0] > STEP_S) and ends[1] <= last_s - _NARROWED_S:
            yield number, round(ends[0] * US_PER_S), round(ends[1] * US_PER_S)


def _is_near(
    own: Track, t_s: Floats, limits_deg: tuple[float, float], reach: Reach, area: Box
) -> NDArray[np.bool_]:
    """Whether a satellite may reach an area at instants: all that is farther is left out at once."""
    position_m, _ = moved(own, t_s)
    radius_m = np.sqrt(scalar(position_m, position_m))
    far_rad = float(np.abs(_edges_rad(limits_deg, reach, radius_m)).max(initial=0.0))
    middle = unit_vectors(
        (area.lat_min_deg + area.lat_max_deg) / 2, (area.lon_min_deg + area.lon_max_deg) / 2
    )
    rim = _rim(area)
    rim_rad = float(np.arccos(np.clip(scalar(rim, middle), -1.0, 1.0)).max())
    return np.asarray(scalar(position_m, middle) / radius_m >= np.cos(min(far_rad + 1.05 * rim_rad, np.pi)))


def _touches(
    own: Track, t_s: Floats, limits_deg: tuple[float, float], reach: Reach, area: Box
) -> NDArray[np.bool_]:
    """Whether the swath or footprint of a satellite touches an area at instants, (n,)."""
    position_m, velocity_mps = moved(own, t_s)
    radius_m = np.sqrt(scalar(position_m, position_m))
    up = position_m / radius_m[:, None]
    edges = _edges_rad(limits_deg, reach, radius_m)
    if reach.limits_deg:
        widest_m = EARTH_RADIUS_M * float((edges[:, 1] - edges[:, 0]).max(initial=0.0))
        share = np.linspace(0.0, 1.0, 2 + int(widest_m / _ACROSS_M))
        arcs = edges[:, :1] + (edges[:, 1:] - edges[:, :1]) * share
        inside = _inside(_swath_points(position_m, velocity_mps, arcs), area)
        return np.asarray(inside.any(axis=1), np.bool_)
    cosine = np.cos(edges[:, 1])
    rim = _rim(area)
    best = np.full(len(t_s), -1.0)
    for point in rim:
        best = np.maximum(best, scalar(up, point))
    return np.asarray((best >= cosine) | _inside(up[:, None, :], area)[:, 0])


def _edges_rad(limits_deg: tuple[float, float], reach: Reach, radius_m: Floats) -> Floats:
    """Angles at the Earth's centre from below a satellite to both edges across its track, (n, 2)."""
    if not reach.limits_deg:
        far = footprint_rad(reach, radius_m)
        return np.stack([-far, far], axis=1)
    incidence = np.deg2rad(np.array(limits_deg))
    nadir = np.arcsin(EARTH_RADIUS_M / radius_m[:, None] * np.sin(incidence))
    return np.asarray(incidence - nadir, np.float64)


def _swath_points(position_m: Floats, velocity_mps: Floats, arcs_rad: Floats) -> Floats:
    """Unit vectors (n, m, 3) of the ground abeam at angles (n, m) to the right of a satellite."""
    radius_m = np.sqrt(scalar(position_m, position_m))[:, None]
    up = position_m / radius_m
    climb = scalar(velocity_mps, up)[:, None]
    level = velocity_mps - climb * up
    speed = np.sqrt(scalar(level, level))[:, None]
    ahead, right = level / speed, np.cross(level / speed, up)
    # Zero Doppler puts the point ahead by this much where the satellite climbs.
    forward = climb / speed * (radius_m / EARTH_RADIUS_M - np.cos(arcs_rad))
    points = (
        up[:, None, :] * np.cos(arcs_rad)[..., None]
        + right[:, None, :] * np.sin(arcs_rad)[..., None]
        + ahead[:, None, :] * forward[..., None]
    )
    return points / np.sqrt(scalar(points, points))[..., None]


def _inside(unit: Floats, area: Box) -> NDArray[np.bool_]:
    """Whether points are in a box, shape without the last axis."""
    lat, lon = lat_lon(unit)
    is_in = (lat >= area.lat_min_deg) & (lat <= area.lat_max_deg)
    return np.asarray(is_in & (lon >= area.lon_min_deg) & (lon <= area.lon_max_deg))


def _rim(area: Box) -> Floats:
    """Unit vectors of points along the edge of a box, (n, 3)."""
    lat = np.linspace(area.lat_min_deg, area.lat_max_deg, _RIM_POINTS)
    lon = np.linspace(area.lon_min_deg, area.lon_max_deg, _RIM_POINTS)
    south, north = np.full(_RIM_POINTS, lat[0]), np.full(_RIM_POINTS, lat[-1])
    west, east = np.full(_RIM_POINTS, lon[0]), np.full(_RIM_POINTS, lon[-1])
    return unit_vectors(np.concatenate([south, north, lat, lat]), np.concatenate([lon, lon, west, east]))


def _numbers(own: Track, t_s: Floats) -> NDArray[np.int64]:
    """Number of the pass at instants: one more after each turn of latitude since the start."""
    at_knots = own.velocity_mps[:, 2] >= 0.0
    turns = np.concatenate([[0], np.cumsum(at_knots[1:] != at_knots[:-1])]).astype(np.int64)
    k = np.minimum((t_s / own.step_s).astype(np.int64), len(turns) - 1)
    return np.asarray(turns[k] + ((moved(own, t_s)[1][:, 2] >= 0.0) != at_knots[k]), np.int64)


def _left(candidates: NDArray[np.void], works: NDArray[np.void]) -> Iterator[tuple[int, int, int, int, int]]:
    """Satellite, number, side, first and last instant of what could have been worked and was not."""
    done = {(int(w["satellite"]), int(w["number"]), int(w["side"])) for w in works}
    spans: dict[tuple[int, int, int], tuple[int, int]] = {}
    for row in candidates:
        key = int(row["satellite"]), int(row["number"]), int(row["side"])
        if key not in done:
            first, last = spans.get(key, (int(row["t_from_us"]), int(row["t_to_us"])))
            spans[key] = min(first, int(row["t_from_us"])), max(last, int(row["t_to_us"]))
    for key, span in spans.items():
        yield (*key, *span)


def _ground(own: Track, t_from_us: int, t_to_us: int) -> tuple[tuple[Floats, Floats], bool]:
    """The points below a satellite during a pass, and whether it flies north."""
    position_m, velocity_mps = moved(own, _times(t_from_us, t_to_us))
    return lat_lon(position_m), bool(velocity_mps[:, 2].mean() >= 0.0)


def _outline(
    own: Track, limits_deg: tuple[float, float], reach: Reach, t_from_us: int, t_to_us: int
) -> tuple[Floats, Floats]:
    """Corners of the swath of a pass, or of the footprint at its middle, the first one again at the end."""
    if not reach.limits_deg:
        middle_s = np.array([(t_from_us + t_to_us) / 2 / US_PER_S])
        position_m, _ = moved(own, middle_s)
        lat, lon = lat_lon(position_m)
        far_m = EARTH_RADIUS_M * float(footprint_rad(reach, np.sqrt(scalar(position_m, position_m)))[0])
        rim = destination(float(lat[0]), float(lon[0]), np.linspace(0.0, 360.0, _CIRCLE_POINTS), far_m)
        return rim[0], rim[1]
    position_m, velocity_mps = moved(own, _times(t_from_us, t_to_us))
    edges = _edges_rad(limits_deg, reach, np.sqrt(scalar(position_m, position_m)))
    points = _swath_points(position_m, velocity_mps, edges)
    return lat_lon(np.concatenate([points[:, 0], points[::-1, 1], points[:1, 0]]))


def _times(t_from_us: int, t_to_us: int) -> Floats:
    """Instants of a pass, ends included, for drawing it [s]."""
    first, last = t_from_us / US_PER_S, t_to_us / US_PER_S
    return np.linspace(first, last, 2 + int((last - first) / _OUTLINE_STEP_S))
