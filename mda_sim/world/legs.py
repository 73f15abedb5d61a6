"""Motion as great-circle legs: from waypoints to columns.

Model: on a leg the unit vector at time t is ``a cos(w dt) + b sin(w dt)`` with dt = t - t_from, ``a`` the
position and ``b`` the unit tangent (direction of motion) at t_from, both in the frame of ``geo.sphere``. A
stationary target is a leg with w = 0.

Assumptions and limits: spherical Earth; constant speed on a leg, instant turns; times are whole
microseconds, and the angular rate is made to fit them, so consecutive legs join to rounding. A leg is
shorter than half the globe.

Source: great-circle motion in vector form: K. Gade, "A Non-singular Horizontal Position Representation",
The Journal of Navigation 63(3), 2010, pp. 395-417, doi:10.1017/S0373463309990415.
Where next: ``merchant`` and ``militia`` make legs here; ``fleet`` holds them.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mda_sim.core.errors import ShapeError
from mda_sim.core.table import Column, Schema, Table
from mda_sim.core.time import US_PER_S
from mda_sim.geo.sphere import EARTH_RADIUS_M, unit_vectors

_LEAST_ARC_RAD: Final = 1e-100
"""Shortest arc that has a direction: squares of less underflow. [rad]"""

LEGS: Final = Schema(
    "legs",
    (
        Column("target", "u4", "vessel or probe"),
        Column("t_from_us", "i8", "start of the leg [us]"),
        Column("t_to_us", "i8", "end of the leg [us]"),
        Column("ax", "f8", "position at t_from, unit vector, x [1]"),
        Column("ay", "f8", "position at t_from, unit vector, y [1]"),
        Column("az", "f8", "position at t_from, unit vector, z [1]"),
        Column("bx", "f8", "direction of motion at t_from, unit vector, x [1]"),
        Column("by", "f8", "direction of motion at t_from, unit vector, y [1]"),
        Column("bz", "f8", "direction of motion at t_from, unit vector, z [1]"),
        Column("w_rad_s", "f8", "angular rate about the Earth's centre, 0 if stationary [rad/s]"),
        Column("speed_mps", "f8", "speed over the ground [m/s]"),
    ),
    sort=("target", "t_from_us"),
)
"""Great-circle legs, sorted by target and time; those of one target do not overlap. Between legs that do
not meet the target is absent."""


def legs_from_waypoints(
    lat_deg: ArrayLike,
    lon_deg: ArrayLike,
    t_start_us: ArrayLike,
    speed_mps: ArrayLike,
    target: ArrayLike = 0,
    stay_s: ArrayLike = 0.0,
) -> Table:
    """Great-circle legs through waypoints at constant speed: a LEGS table.

    ``lat_deg``, ``lon_deg`` and ``target`` have one row per waypoint, sorted by target; rows of equal
    target are one vessel. ``t_start_us`` and ``speed_mps`` are scalars or have one row per vessel, in order
    of target. ``stay_s``, a scalar or one for each waypoint, is how long the vessel lies there before it goes
    on. >= 0. Times at waypoints are rounded to microseconds. Legs of no duration are left out. ShapeError for
    shapes that do not fit, ValueError for a speed that is not positive.

    >>> legs = legs_from_waypoints([0.0, 0.0], [105.0, 106.0], 0, 5.0)
    >>> len(legs), round(float(legs["t_to_us"][0]) / 3.6e9, 2)
    (1, 6.18)
    """
    from mda_sim.world.fleet_kernels import fill_elapsed

    lat, lon, ids = _flat(lat_deg, lon_deg, target)
    same = ids[1:] == ids[:-1]
    vessel = np.concatenate([np.zeros(min(len(ids), 1), np.int64), np.cumsum(~same)])
    names = ids[np.concatenate([np.ones(min(len(ids), 1), np.bool_), ~same])]
    speed = np.broadcast_to(np.asarray(speed_mps, np.float64), names.shape)
    start_us = np.broadcast_to(np.asarray(t_start_us, np.int64), names.shape)
    if not (speed > 0).all():
        raise ValueError("speed_mps must be positive; a stationary target is made by legs_between")
    points = unit_vectors(lat, lon)
    step_s = np.zeros(len(lat))
    step_s[1:][same] = (_arc_rad(points[:-1], points[1:]) * EARTH_RADIUS_M / speed[vessel[1:]])[same]
    stays_s = np.broadcast_to(np.asarray(stay_s, np.float64), lat.shape)
    row = np.repeat(np.arange(len(lat)), np.where(stays_s > 0.0, 2, 1))
    leaves = np.concatenate([np.zeros(min(len(row), 1), np.bool_), row[1:] == row[:-1]])
    elapsed_s = np.empty(len(row))
    fill_elapsed(np.where(leaves, stays_s[row], step_s[row]), vessel[row], elapsed_s)
    t_us = start_us[vessel[row]] + np.rint(elapsed_s * US_PER_S).astype(np.int64)
    return legs_between(lat[row], lon[row], t_us, ids[row])


def legs_between(lat_deg: ArrayLike, lon_deg: ArrayLike, t_us: ArrayLike, target: ArrayLike = 0) -> Table:
    """Great-circle legs between places at given times: a LEGS table.

    All arrays have one row per waypoint, sorted by target, then time. Two equal places in a row are a stay.
    Legs of no duration are left out, and a target with one waypoint has no leg. ShapeError for times that
    run backwards or for arrays that do not fit.

    >>> legs_between([1.0, 1.0], [105.0, 105.0], [0, 3_600_000_000])["speed_mps"].tolist()
    [0.0]
    """
    lat, lon, ids = _flat(lat_deg, lon_deg, target)
    times = np.broadcast_to(np.asarray(t_us, np.int64), lat.shape)
    joined = ids[1:] == ids[:-1]
    if (np.diff(times)[joined] < 0).any() or (ids[1:] < ids[:-1]).any():
        raise ShapeError("waypoints must be sorted by target, then time")
    rows = np.flatnonzero(joined & (np.diff(times) > 0))
    points = unit_vectors(lat, lon)
    a, end = points[rows], points[rows + 1]
    arc = _arc_rad(a, end)
    arc[(lat[rows] == lat[rows + 1]) & (lon[rows] == lon[rows + 1])] = 0.0
    rate = arc / ((times[rows + 1] - times[rows]) / US_PER_S)
    return _legs_table(ids[rows], times[rows], times[rows + 1], a, _tangent(a, end, arc), rate)


def clip_legs(legs: Table, t_from_us: int, t_to_us: int) -> Table:
    """The part of each leg inside [t_from_us, t_to_us]; legs outside, or of no duration inside, are left out.

    A leg cut at its end keeps all but ``t_to_us``, so a longer run has the same legs up to the earlier end.
    """
    kept = legs.take((legs["t_to_us"] > t_from_us) & (legs["t_from_us"] < t_to_us))
    cut = kept["t_from_us"] < t_from_us
    angle = kept["w_rad_s"] * np.where(cut, (t_from_us - kept["t_from_us"]) / US_PER_S, 0.0)
    cosine, sine = np.cos(angle)[:, None], np.sin(angle)[:, None]
    a, b = _vectors(kept, "a"), _vectors(kept, "b")
    start = np.where(cut[:, None], a * cosine + b * sine, a)
    ahead = np.where(cut[:, None], b * cosine - a * sine, b)
    begin_us = np.maximum(kept["t_from_us"], t_from_us)
    end_us = np.minimum(kept["t_to_us"], t_to_us)
    return _legs_table(kept["target"], begin_us, end_us, start, ahead, kept["w_rad_s"])


def turns_deg(legs: Table) -> NDArray[np.float64]:
    """Angle by which the course changes at the start of each leg, (n_legs,), in [0, 180] [deg].

    0 where a leg does not follow another of its target at once, or where either of them is a stay.
    """
    angle = legs["w_rad_s"] * ((legs["t_to_us"] - legs["t_from_us"]) / US_PER_S)
    cosine, sine = np.cos(angle)[:, None], np.sin(angle)[:, None]
    course = _vectors(legs, "b")
    last_course = course * cosine - _vectors(legs, "a") * sine
    follows = (legs["target"][1:] == legs["target"][:-1]) & (legs["t_from_us"][1:] == legs["t_to_us"][:-1])
    follows &= (legs["w_rad_s"][1:] > 0.0) & (legs["w_rad_s"][:-1] > 0.0)
    turn_deg = np.zeros(len(legs))
    turn_deg[1:] = np.where(follows, np.rad2deg(_arc_rad(last_course[:-1], course[1:])), 0.0)
    return turn_deg


def _flat(
    lat_deg: ArrayLike, lon_deg: ArrayLike, target: ArrayLike
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.int64]]:
    lat, lon = np.atleast_1d(np.asarray(lat_deg, np.float64)), np.atleast_1d(np.asarray(lon_deg, np.float64))
    try:
        ids = np.broadcast_to(np.asarray(target, np.int64), lat.shape)
    except ValueError as error:
        raise ShapeError(f"{lat.shape} waypoints do not fit their targets {np.shape(target)}") from error
    if lat.ndim != 1 or lat.shape != lon.shape:
        raise ShapeError(f"latitudes {lat.shape} and longitudes {lon.shape} of waypoints must be equal rows")
    return lat, lon, ids


def _arc_rad(a: NDArray[np.float64], b: NDArray[np.float64]) -> NDArray[np.float64]:
    """Angle between unit vectors (n, 3), exact for short arcs: 2 asin(chord / 2)."""
    x, y, z = (b[:, k] - a[:, k] for k in range(3))
    chord = np.sqrt(x * x + y * y + z * z)
    return np.asarray(2.0 * np.arcsin(np.minimum(chord / 2.0, 1.0)), np.float64)


def _tangent(
    a: NDArray[np.float64], end: NDArray[np.float64], arc: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Unit tangent at ``a`` towards ``end``, (n, 3); where the two are one, or all but one, any tangent."""
    aside = np.zeros_like(a)
    aside[np.arange(len(a)), np.abs(a).argmin(axis=1)] = 1.0
    ahead = np.where((arc > _LEAST_ARC_RAD)[:, None], end - a, aside)
    along = ahead[:, 0] * a[:, 0] + ahead[:, 1] * a[:, 1] + ahead[:, 2] * a[:, 2]
    b = ahead - along[:, None] * a
    return np.asarray(b / np.sqrt(b[:, 0] ** 2 + b[:, 1] ** 2 + b[:, 2] ** 2)[:, None], np.float64)


def _vectors(legs: Table, letter: str) -> NDArray[np.float64]:
    return np.stack([legs[f"{letter}{axis}"] for axis in "xyz"], axis=1)


def _legs_table(
    target: NDArray[Any],
    t_from_us: NDArray[np.int64],
    t_to_us: NDArray[np.int64],
    a: NDArray[np.float64],
    b: NDArray[np.float64],
    rate: NDArray[np.float64],
) -> Table:
    columns = {"target": target, "t_from_us": t_from_us, "t_to_us": t_to_us}
    columns |= {f"a{axis}": a[:, k] for k, axis in enumerate("xyz")}
    columns |= {f"b{axis}": b[:, k] for k, axis in enumerate("xyz")}
    return Table.of(LEGS, {**columns, "w_rad_s": rate, "speed_mps": rate * EARTH_RADIUS_M})
