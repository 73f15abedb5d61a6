"""Trips: the way of a sortie, from leaving the base to being back, by the time since it left.

Model: out to the first point of the search pattern at ``cruise_mps``, round after round of it at
``search_mps``, and home at ``cruise_mps`` from where it then is, so as to be back when its endurance is up.
Nothing on the way is drawn, so all sorties of a platform go the same way. Aircraft take great circles and
turn for home to the second. A ship goes by sea: out by the passage to the pattern (``passages``), whose
waypoints lie at least ``KEEP_OFF_M`` off the coast and are joined by passages round what land there is
between them; home straight to the first waypoint of the passage out that it has a clear way to, else back
along the pattern. It looks for its way home every ``STEP_M`` of the pattern and turns at the last such place
from which it is back in time.

Assumptions and limits: no wind or current; a ship is back up to the time of two steps early. Between base and
area, and within it, aircraft cross land and borders freely.

Source: elementary. Where next: ``sorties`` repeats the trip by the calendar.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from mda_sim.core.errors import RunError
from mda_sim.core.time import US_PER_S
from mda_sim.geo.coast import OffTheMap
from mda_sim.geo.sphere import destination, distance_m, initial_bearing_deg
from mda_sim.world.passages import LatLon, passage
from mda_sim.world.platforms import PlatformSpec
from mda_sim.world.search_patterns import search_pattern

if TYPE_CHECKING:
    from mda_sim.geo.coast import Land

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Ints = NDArray[np.int64]

KEEP_OFF_M: Final = 2_000.0
"""How far off the coast the waypoints of a ship's pattern lie at least (an assumption). [m]"""
STEP_M: Final = 5_000.0
"""Distance along the pattern at which the way home is looked for. [m]"""
MOST_LEGS: Final = 100_000
"""Most legs of one sortie."""
_BISECTIONS: Final = 40
_KM_M = 1000.0
_H_S = 3600.0


class Way(NamedTuple):
    """Waypoints in order, great circles between them."""

    lat_deg: Floats
    """Latitude of each, (n,)."""
    lon_deg: Floats
    """Longitude of each, (n,)."""

    def along_m(self) -> Floats:
        """Distance of each waypoint from the first, (n,) [m]."""
        legs_m = distance_m(self.lat_deg[:-1], self.lon_deg[:-1], self.lat_deg[1:], self.lon_deg[1:])
        return np.append(0.0, np.cumsum(legs_m))

    def back(self) -> Way:
        """The same way from its end to its beginning."""
        return Way(self.lat_deg[::-1], self.lon_deg[::-1])

    def then(self, other: Way) -> Way:
        """This way, and on by one that begins where it ends."""
        return Way(np.append(self.lat_deg, other.lat_deg[1:]), np.append(self.lon_deg, other.lon_deg[1:]))

    def at(self, m: Floats) -> tuple[Floats, Floats]:
        """Latitude and longitude at distances from the first waypoint, within the way [deg]."""
        along_m = self.along_m()
        leg = np.clip(np.searchsorted(along_m, m, side="right") - 1, 0, len(along_m) - 2)
        lat, lon = self.lat_deg[leg], self.lon_deg[leg]
        bearing = initial_bearing_deg(lat, lon, self.lat_deg[leg + 1], self.lon_deg[leg + 1])
        return destination(lat, lon, bearing, m - along_m[leg])

    def until(self, m: float) -> Way:
        """The part of the way before a distance from its first waypoint, and the place there."""
        lat, lon = self.at(np.array([m]))
        kept = int(np.searchsorted(self.along_m(), m))
        return Way(np.append(self.lat_deg[:kept], lat), np.append(self.lon_deg[:kept], lon))


@dataclass(frozen=True)
class Trip:
    """What every sortie of a platform does. Times are since it left its base."""

    lat_deg: Floats
    """Latitude of each waypoint from the base and back to it, (n,)."""
    lon_deg: Floats
    """Longitude of each, (n,)."""
    t_us: Ints
    """When it is there, from 0 on, (n,). [us]"""
    on_station_us: int
    """When its search begins. [us]"""
    off_station_us: int
    """When it turns for home. [us]"""
    back_us: int
    """When it is back, at most its endurance. [us]"""


class _Routes(NamedTuple):
    """The ways of one platform."""

    out: Way
    """From the base to the first point of the pattern."""
    round: Way
    """One round of the pattern, from its first point to its first point."""
    home: Callable[[float], Way]
    """The way home from a place on the round, by its distance from the first point."""


def plan_trip(name: str, spec: PlatformSpec, land: Land | None) -> Trip:
    """The trip of all sorties of one platform; RunError, with the reason, if there is none.

    ``land``: what ships go round; None for none.
    """
    try:
        routes = _by_air(spec) if spec.medium == "air" or land is None else _by_sea(spec, land)
        return _timed(spec, routes)
    except (RunError, OffTheMap) as error:
        raise RunError(f"platform '{name}': {error}") from error


def reach_problem(spec: PlatformSpec) -> str:
    """Why no sortie can search its area, land left out of account; empty if sorties can."""
    try:
        routes = _by_air(spec)
    except RunError as error:
        return str(error)
    return _out_of_reach(spec, float(routes.out.along_m()[-1]))


def _out_of_reach(spec: PlatformSpec, out_m: float) -> str:
    there_and_back_s = 2 * out_m / spec.cruise_mps
    if there_and_back_s < spec.endurance_s:
        return ""
    return (
        f"its search begins {out_m / _KM_M:,.0f} km from its base, {there_and_back_s / _H_S:.1f} h there and"
        f" back at {spec.cruise_mps:g} m/s, which leaves no time to search in its endurance of"
        f" {spec.endurance_s / _H_S:.1f} h"
    )


def _by_air(spec: PlatformSpec) -> _Routes:
    """Great circles."""
    pattern = search_pattern(spec.search)
    base = spec.base.place
    once = Way(pattern.lat_deg, pattern.lon_deg)
    first = float(once.lat_deg[0]), float(once.lon_deg[0])
    back = once.back() if pattern.goes_back else _leg((once.lat_deg[-1], once.lon_deg[-1]), first)
    whole = once.then(back)

    def home(m: float) -> Way:
        lat, lon = whole.at(np.array([m]))
        return _leg((float(lat[0]), float(lon[0])), base)

    return _Routes(_leg(base, first), whole, home)


def _by_sea(spec: PlatformSpec, land: Land) -> _Routes:
    """Passages round the land."""

    def at_sea(lat: Floats, lon: Floats) -> Bools:
        good = land.covers(lat, lon)
        good[good] = ~land.is_land(lat[good], lon[good])
        good[good] = land.distance_to_coast_m(lat[good], lon[good], 2 * KEEP_OFF_M) >= KEEP_OFF_M
        return good

    base = spec.base.place
    if not bool(land.covers(*base)) or bool(land.crosses(*base, *base)):
        raise RunError(
            f"its base at latitude {base[0]:g}, longitude {base[1]:g} must be a point at sea on the map, off"
            " the coast, for ships to leave from"
        )
    pattern = search_pattern(spec.search, at_sea)
    points = list(zip(pattern.lat_deg.tolist(), pattern.lon_deg.tolist(), strict=True))
    out = _passage(base, points[0], land)
    reason = _out_of_reach(spec, float(out.along_m()[-1]))
    if reason:
        raise RunError(reason)
    once = _passages(points, land)
    whole = once.then(once.back() if pattern.goes_back else _passage(points[-1], points[0], land))

    def home(m: float) -> Way:
        lat, lon = whole.at(np.array([m]))
        place = float(lat[0]), float(lon[0])
        clear = np.flatnonzero(~land.crosses_great_circle(*place, out.lat_deg, out.lon_deg))
        if len(clear):
            before_m = out.along_m()[clear]
            nearest = int(
                clear[(before_m + distance_m(*place, out.lat_deg[clear], out.lon_deg[clear])).argmin()]
            )
            rest = Way(out.lat_deg[: nearest + 1], out.lon_deg[: nearest + 1]).back()
            return _leg(place, (rest.lat_deg[0], rest.lon_deg[0])).then(rest)
        to_come = whole.back().until(float(whole.along_m()[-1]) - m).back()
        done = whole.until(m).back()
        shorter = min(done, to_come, key=lambda way: float(way.along_m()[-1]))
        return shorter.then(out.back())

    return _Routes(out, whole, home)


def _leg(start: tuple[float, float], end: tuple[float, float]) -> Way:
    return Way(np.array([start[0], end[0]]), np.array([start[1], end[1]]))


def _passage(start: LatLon, end: LatLon, land: Land) -> Way:
    way = passage(start, end, land)
    return Way(way.lat_deg, way.lon_deg)


def _passages(points: list[LatLon], land: Land) -> Way:
    """The way through points, round the land where it is between two of them."""
    lat, lon = np.array(points).T
    blocked = land.crosses_great_circle(lat[:-1], lon[:-1], lat[1:], lon[1:])
    way = Way(lat[:1], lon[:1])
    for k in range(len(points) - 1):
        leg = _passage(points[k], points[k + 1], land) if blocked[k] else _leg(points[k], points[k + 1])
        way = way.then(leg)
    return way


def _timed(spec: PlatformSpec, routes: _Routes) -> Trip:
    """The trip by its routes; RunError if it leaves no time to search or has too many legs."""
    out_m = float(routes.out.along_m()[-1])
    reason = _out_of_reach(spec, out_m)
    if reason:
        raise RunError(reason)
    searched_m, home = _turns_home(spec, routes, out_m / spec.cruise_mps)
    round_m = routes.round.along_m()
    rounds, rest_m = divmod(searched_m, float(round_m[-1]))
    if (rounds + 1) * len(round_m) > MOST_LEGS:
        raise RunError(
            f"its search would have more than {MOST_LEGS:,} legs in one sortie: make the region larger or"
            " endurance_s shorter"
        )
    search = Way(routes.round.lat_deg[:1], routes.round.lon_deg[:1])
    lap = Way(routes.round.lat_deg[1:], routes.round.lon_deg[1:])
    last = routes.round.until(rest_m)
    n = int(rounds)
    search = Way(
        np.concatenate([search.lat_deg, np.tile(lap.lat_deg, n), last.lat_deg[1:]]),
        np.concatenate([search.lon_deg, np.tile(lap.lon_deg, n), last.lon_deg[1:]]),
    )
    on_s = out_m / spec.cruise_mps
    off_s = on_s + searched_m / spec.search_mps
    rounds_m = (np.arange(n)[:, None] * round_m[-1] + round_m[1:]).ravel()
    last_m = n * round_m[-1] + last.along_m()[1:]
    searched_s = on_s + np.concatenate([[0.0], rounds_m, last_m]) / spec.search_mps
    parts_s = (routes.out.along_m() / spec.cruise_mps, searched_s, off_s + home.along_m() / spec.cruise_mps)
    parts_us = [np.floor(part * US_PER_S).astype(np.int64) for part in parts_s]
    whole = routes.out.then(search).then(home)
    return Trip(
        whole.lat_deg,
        whole.lon_deg,
        np.concatenate([parts_us[0], parts_us[1][1:], parts_us[2][1:]]),
        int(parts_us[0][-1]),
        int(parts_us[1][-1]),
        int(parts_us[2][-1]),
    )


def _turns_home(spec: PlatformSpec, routes: _Routes, on_s: float) -> tuple[float, Way]:
    """How far it searches before it turns for home, and the way home from there."""
    left_s = spec.endurance_s - on_s
    round_m = float(routes.round.along_m()[-1])
    base = spec.base.place

    def spare_s(searched_m: float) -> float:
        home_m = float(routes.home(searched_m % round_m).along_m()[-1])
        return left_s - searched_m / spec.search_mps - home_m / spec.cruise_mps

    steps_m = np.arange(int(left_s * spec.search_mps / STEP_M) + 1).astype(np.float64) * STEP_M
    # No way home is shorter than the great circle: of the steps from which even that is too long, none is
    # looked at.
    away_m = distance_m(*base, *routes.round.at(np.mod(steps_m, round_m)))
    in_time = np.flatnonzero(steps_m / spec.search_mps + away_m / spec.cruise_mps <= left_s)
    step = int(in_time[-1]) if len(in_time) else 0
    while step > 0 and spare_s(steps_m[step]) < 0.0:
        step -= 1
    turns_m = float(steps_m[step])
    if spec.medium == "air":
        turns_m = _last_in_time(turns_m, turns_m + STEP_M, spare_s)
    return turns_m, routes.home(turns_m % round_m)


def _last_in_time(good_m: float, late_m: float, spare_s: Callable[[float], float]) -> float:
    """The last distance with time to spare between one that has it and one that has not."""
    for _ in range(_BISECTIONS):
        half_m = (good_m + late_m) / 2
        if spare_s(half_m) >= 0.0:
            good_m = half_m
        else:
            late_m = half_m
    return good_m
