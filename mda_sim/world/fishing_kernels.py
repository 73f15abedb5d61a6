"""The trips of trawlers: out along a passage, tow after tow inside the ground, home; compiled.

Model: as ``fishing``. Every draw is one Philox block addressed by (stream, vessel, attempt, step), where the
step of a tow is trip * 4096 + tow, so what a vessel does depends on the vessel, the ground and the class
alone. Called by ``fishing``.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from mda_sim.core.jit import kernel
from mda_sim.core.rng_kernels import philox, uniform
from mda_sim.geo.sphere import EARTH_RADIUS_M
from mda_sim.geo.sphere_kernels import arc_m
from mda_sim.world.room_kernels import is_in_sight, leg_is_clear

ATTEMPTS = 32
TOWS_PER_TRIP = 4096
_TWO_PI = 2.0 * math.pi

Floats = NDArray[np.float64]


class Ground(NamedTuple):
    """A ground and the way to it, as the kernels take it."""

    way_lat: Floats
    """Latitude of the waypoints from the base to the door, (w,); empty without a base. [deg]"""
    way_lon: Floats
    """Longitude of the waypoints, (w,). [deg]"""
    way_m: Floats
    """Distance of each from the base, (w,). [m]"""
    door: tuple[float, float, float]
    """Unit vector of the door, the last waypoint."""
    clear_m: Floats
    """Sight lines of the door, (wedges,). [m]"""
    cell_lat: Floats
    """Latitude of the centres of the cells in which trips begin, (c,). [deg]"""
    cell_lon: Floats
    """Longitude of these centres, (c,). [deg]"""
    cell_share: Floats
    """Cumulative share of their area, (c,)."""
    south_deg: float
    """Southern edge of the grid of room. [deg]"""
    west_deg: float
    """Western edge of that grid. [deg]"""
    cell_deg: float
    """Side of its cells. [deg]"""
    room_m: Floats
    """Clear distance around every point of each cell, (rows, columns). [m]"""


class Draws(NamedTuple):
    """The keys of all draws of one class in one replicate, and the address of the stream."""

    stream: np.uint64
    cell: np.uint64
    within: np.uint64
    tow: np.uint64
    course: np.uint64


@kernel
def pair(key: np.uint64, stream: np.uint64, vessel: int, attempt: int, step: int) -> tuple[float, float]:
    """Two independent uniforms in (0, 1) of one address."""
    w0, w1, w2, w3 = philox(stream, np.uint64(vessel), np.uint64(attempt), np.uint64(step), key)
    return uniform(w0, w1), uniform(w2, w3)


@kernel
def spot(draws: Draws, ground: Ground, vessel: int, trip: int) -> tuple[float, float, float]:
    """Where the fishing of a trip begins: uniform over the cells, in sight of the door."""
    last = ground.cell_share.shape[0] - 1
    x, y, z = 0.0, 0.0, 1.0
    for attempt in range(ATTEMPTS + 1):
        u, _ = pair(draws.cell, draws.stream, vessel, attempt, trip)
        cell = min(np.searchsorted(ground.cell_share, u), last)
        u, v = pair(draws.within, draws.stream, vessel, attempt, trip)
        if attempt == ATTEMPTS:
            u, v = 0.5, 0.5
        lat = math.radians(ground.cell_lat[cell] + (u - 0.5) * ground.cell_deg)
        lon = math.radians(ground.cell_lon[cell] + (v - 0.5) * ground.cell_deg)
        x, y, z = math.cos(lat) * math.cos(lon), math.cos(lat) * math.sin(lon), math.sin(lat)
        dx, dy, dz = ground.door
        if ground.way_m.shape[0] == 0 or is_in_sight(dx, dy, dz, x, y, z, ground.clear_m):
            break
    return x, y, z


@kernel
def towed(
    draws: Draws,
    ground: Ground,
    tow_s: tuple[float, float],
    tow_mps: tuple[float, float],
    vessel: int,
    step: int,
    x: float,
    y: float,
    z: float,
) -> tuple[float, float, float, float, bool]:
    """End of a tow from a point, its duration [s], and whether a clear course was found."""
    lasts_s = 0.0
    for attempt in range(ATTEMPTS):
        u, v = pair(draws.tow, draws.stream, vessel, attempt, step)
        lasts_s = tow_s[0] + u * (tow_s[1] - tow_s[0])
        length_m = lasts_s * (tow_mps[0] + v * (tow_mps[1] - tow_mps[0]))
        u, _ = pair(draws.course, draws.stream, vessel, attempt, step)
        north, east = math.cos(_TWO_PI * u), math.sin(_TWO_PI * u)
        side = math.sqrt(x * x + y * y)
        bx = (-z * x * north - y * east) / side
        by = (-z * y * north + x * east) / side
        bz = side * north
        grid = ground.south_deg, ground.west_deg, ground.cell_deg
        if not leg_is_clear(x, y, z, bx, by, bz, length_m, grid, ground.room_m):
            continue
        c, s = math.cos(length_m / EARTH_RADIUS_M), math.sin(length_m / EARTH_RADIUS_M)
        to_x, to_y, to_z = x * c + bx * s, y * c + by * s, z * c + bz * s
        dx, dy, dz = ground.door
        if ground.way_m.shape[0] == 0 or is_in_sight(dx, dy, dz, to_x, to_y, to_z, ground.clear_m):
            return to_x, to_y, to_z, lasts_s, True
    return x, y, z, lasts_s, False


@kernel
def fill_trips(
    draws: Draws,
    ground: Ground,
    tow_s: tuple[float, float],
    tow_mps: tuple[float, float],
    leaves_s: Floats,
    period_s: Floats,
    at_sea_s: Floats,
    steam_mps: Floats,
    end_s: float,
    out: Floats,
    vessels: NDArray[np.int64],
    trips: NDArray[np.int64],
) -> int:
    """Waypoints of all vessels in order, as rows of ``out`` (latitude, longitude [deg], time [s]),
    ``vessels`` and ``trips`` (numbered through all vessels); returns how many, or -1 if there are too few
    rows.

    ``leaves_s`` (v,): when trip 0 leaves the base; the next one leaves ``period_s`` later and ``at_sea_s`` of
    that are spent at sea. Without a base a vessel is on the ground from ``leaves_s`` on.
    """
    n_way = ground.way_m.shape[0]
    dx, dy, dz = ground.door
    n = 0
    voyage = 0
    for k in range(leaves_s.shape[0]):
        trip = 0
        while leaves_s[k] + trip * period_s[k] < end_s:
            begins = n
            now_s = leaves_s[k] + trip * period_s[k]
            back_s = now_s + at_sea_s[k]
            if n + n_way + 1 > out.shape[0]:
                return -1
            for i in range(n_way):
                out[n, 0], out[n, 1] = ground.way_lat[i], ground.way_lon[i]
                out[n, 2], vessels[n] = now_s + ground.way_m[i] / steam_mps[k], k
                n += 1
            x, y, z = spot(draws, ground, k, trip)
            if n_way > 0:
                now_s += (ground.way_m[n_way - 1] + arc_m(dx, dy, dz, x, y, z)) / steam_mps[k]
            out[n, 0], out[n, 1] = math.degrees(math.asin(z)), math.degrees(math.atan2(y, x))
            out[n, 2], vessels[n] = now_s, k
            n += 1
            tow = 0
            home_s = 0.0
            if n_way > 0:
                home_s = (ground.way_m[n_way - 1] + arc_m(dx, dy, dz, x, y, z)) / steam_mps[k]
            while now_s < end_s:
                to_x, to_y, to_z, lasts_s, moves = towed(
                    draws, ground, tow_s, tow_mps, k, trip * TOWS_PER_TRIP + tow, x, y, z
                )
                if n_way > 0:
                    next_s = (ground.way_m[n_way - 1] + arc_m(dx, dy, dz, to_x, to_y, to_z)) / steam_mps[k]
                    if now_s + lasts_s + next_s > back_s:
                        break
                    home_s = next_s
                if n + 1 > out.shape[0]:
                    return -1
                now_s += lasts_s
                out[n, 0], out[n, 1], out[n, 2], vessels[n] = out[n - 1, 0], out[n - 1, 1], now_s, k
                if moves:
                    x, y, z = to_x, to_y, to_z
                    out[n, 0], out[n, 1] = math.degrees(math.asin(z)), math.degrees(math.atan2(y, x))
                n += 1
                tow += 1
            if n_way == 0:
                trips[begins:n] = voyage
                voyage += 1
                break
            if n + n_way + 1 > out.shape[0]:
                return -1
            out[n, 0], out[n, 1], out[n, 2], vessels[n] = out[n - 1, 0], out[n - 1, 1], back_s - home_s, k
            n += 1
            for i in range(n_way - 1, -1, -1):
                out[n, 0], out[n, 1] = ground.way_lat[i], ground.way_lon[i]
                out[n, 2], vessels[n] = back_s - ground.way_m[i] / steam_mps[k], k
                n += 1
            trips[begins:n] = voyage
            voyage += 1
            trip += 1
    return n
