"""How often satellites come by a place, by its latitude: what orbits and swaths allow, whatever is sensed.

Model: points on a few latitudes, each at several longitudes, over ``REVISIT_DAYS`` days from the scenario's
start. An imager has access to a point at the instant at which the point is abeam (the satellite's velocity
over the ground is square to the line of sight) on a side that it looks to and within its limits of
incidence; a listener while the satellite is at least ``elevation_min_deg`` high, and near enough. What lies
between accesses are gaps, with the figures of ``metrics.gaps``: an event waits for the mean response; the
ends of the days count as accesses, so that a gap cut by them is a lower bound. **All passes** counts each
access; **worked** those in passes that the duty of the seed has worked, as if every pass were over the area.

Assumptions and limits: geometry alone. Light, cloud, length and chance decide what an access is worth; tasks,
the longest image and the day from which a sensor operates are left out, and a satellite that may look to
either side has both. Instants of rise and set lie on straight lines between samples ``STEP_S`` apart: within
about 1 s. The longest gap is that of the worst longitude sampled.

Source: J. R. Wertz, W. J. Larson (eds), "Space Mission Analysis and Design", 3rd ed., 1999, section 7.2
(figures of merit of coverage). Where next: ``moving_look`` makes the table, ``revisit_charts`` draws it.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from mda_sim.core.rng import address, draw_uniform, stream_key
from mda_sim.core.time import US_PER_DAY
from mda_sim.geo.orbits import Track, track
from mda_sim.geo.sphere import EARTH_RADIUS_M, unit_vectors
from mda_sim.metrics.gaps import max_gap, mean_gap_s, mean_response_s, time_average_gap
from mda_sim.sensing.orbiting import PASSES_PER_SATELLITE

if TYPE_CHECKING:
    from datetime import datetime

    from mda_sim.sensing.orbiting import OrbitingSensor

Floats = NDArray[np.float64]

REVISIT_DAYS: Final = 12
"""Days over which accesses are counted: the longest repeat cycle of common radar satellites [d]."""
LATITUDES_DEG: Final = tuple(float(lat) for lat in range(-60, 61, 5))
"""Latitudes of the points, 60 S to 60 N [deg]."""
N_LONGITUDES: Final = 8
"""Points on each latitude, evenly around it."""
STEP_S: Final = 20.0
"""Time between samples of the satellites' motion [s]."""

_ROUNDS: Final = 4  # of the search for the instant abeam, which is almost a straight line
_MARGIN_RAD: Final = 0.03  # further than a satellite moves over the ground in a step


class Reach(NamedTuple):
    """What a sensor has in reach of a satellite: a swath, or all from which it is high enough."""

    limits_deg: tuple[tuple[float, float], ...]
    """Limits of incidence of an imager, positive to the right; empty for a listener."""
    elevation_min_deg: float = math.nan
    """Least elevation at which a listener hears; nan for an imager."""
    max_range_m: float = math.inf
    """Longest distance along the ground from below the satellite at which a listener hears [m]."""


class Accesses(NamedTuple):
    """When one sensor has access to points, (n,) each."""

    point: NDArray[np.int64]
    """Number of the point."""
    number: NDArray[np.int64]
    """Number of the pass, as in the address of its draws."""
    t_from_s: Floats
    """First instant after the start [s]."""
    t_to_s: Floats
    """Last instant; the first, for an image [s]."""


@dataclass(frozen=True)
class RevisitRow:
    """How often one latitude is accessed by one sensor, or by all of a category."""

    sensor: str
    """Id of the sensor; empty for all of a category together."""
    category: str
    passes: str
    """'all', or 'worked'."""
    n_satellites: int
    """Satellites of the sensor, or sum of those of all: one that serves two sensors counts for each."""
    lat_deg: float
    accesses_per_day: float
    """Mean over the points of the latitude [1/d]."""
    mean_gap_s: float
    """Mean revisit: sum of gaps over their number, of all points [s]."""
    longest_gap_s: float
    """Longest gap of any of the points [s]."""
    mean_response_s: float
    """Mean wait from a random instant to the next access [s]."""
    time_average_gap_s: float
    """Length of the gap found at a random instant [s]."""


def reach_of(sensor: OrbitingSensor) -> Reach:
    """What a satellite has in reach; ValueError for a kind that tells neither swath nor elevation."""
    elevation_deg = getattr(sensor, "elevation_min_deg", None)
    if elevation_deg is not None:
        max_range_m = getattr(sensor, "max_range_m", None)
        return Reach((), float(elevation_deg), math.inf if max_range_m is None else float(max_range_m))
    return Reach(signed_limits_deg(sensor))


def signed_limits_deg(sensor: OrbitingSensor) -> tuple[tuple[float, float], ...]:
    """Limits of incidence across the track, positive to the right, of each swath of an imager [deg].

    ValueError for a sensor without limits of incidence.
    """
    far_deg = getattr(sensor, "incidence_max_deg", None)
    if far_deg is None:
        raise ValueError(f"a sensor of category '{sensor.category}' tells no limits of incidence")
    side = getattr(sensor, "look_side", None)
    if side is None:
        return ((-float(far_deg), float(far_deg)),)
    right = float(getattr(sensor, "incidence_min_deg", 0.0)), float(far_deg)
    left = -right[1], -right[0]
    return {"right": (right,), "left": (left,), "both": (right, left)}[side]


def points() -> tuple[Floats, Floats]:
    """Latitude and longitude of the points, one latitude after the other, (n,) each [deg]."""
    lon_deg = -180.0 + 360.0 / N_LONGITUDES * np.arange(N_LONGITUDES)
    return np.repeat(LATITUDES_DEG, N_LONGITUDES), np.tile(lon_deg, len(LATITUDES_DEG))


def accesses(
    sensor: OrbitingSensor, epoch: datetime, lat_deg: Floats, lon_deg: Floats, days: int
) -> Accesses:
    """Accesses of one sensor's satellites to points within ``days`` days from the epoch, sorted."""
    reach = reach_of(sensor)
    places = unit_vectors(lat_deg, lon_deg)
    parts = [
        _of_satellite(satellite, track(orbit, epoch, days * US_PER_DAY), reach, places, days * 86400.0)
        for satellite, orbit in enumerate(sensor.orbits(epoch))
    ]
    return joined(parts)


def worked(sensor: OrbitingSensor, sensor_id: str, seed: int, found: Accesses) -> Accesses:
    """The accesses in passes that the draws of a seed let the sensor work."""
    key = stream_key(seed, f"sense.{sensor.category}.pass")
    return _those(found, draw_uniform(key, 0, 0, address(sensor_id), found.number) < sensor.duty)


def joined(parts: Iterable[Accesses]) -> Accesses:
    """The accesses of several satellites or sensors, by point and time."""
    columns = [np.concatenate(column) for column in zip(*parts, strict=True)]
    whole = Accesses(*columns)
    return _those(whole, np.lexsort((whole.t_to_s, whole.t_from_s, whole.point)))


def gaps_s(t_from_s: Floats, t_to_s: Floats, whole_s: float) -> Floats:
    """Gaps between accesses, in order of their beginnings, within [0, whole_s] [s].

    >>> gaps_s(np.array([5.0, 20.0, 25.0]), np.array([10.0, 40.0, 30.0]), 55.0).tolist()
    [5.0, 10.0, 15.0]
    """
    begins = np.append(np.clip(t_from_s, 0.0, whole_s), whole_s)
    ends = np.maximum.accumulate(np.append(0.0, np.clip(t_to_s, 0.0, whole_s)))
    gap = begins - ends
    return np.asarray(gap[gap > 0.0], np.float64)


def revisit_rows(
    sensor_id: str, category: str, passes: str, n_satellites: int, found: Accesses, days: int
) -> list[RevisitRow]:
    """The figures of each latitude of ``points``; ``found`` are accesses to them, by point and time."""
    bounds = np.searchsorted(found.point, np.arange(len(LATITUDES_DEG) * N_LONGITUDES + 1))
    whole_s = days * 86400.0
    by_point = [
        gaps_s(found.t_from_s[a:b], found.t_to_s[a:b], whole_s)
        for a, b in zip(bounds[:-1].tolist(), bounds[1:].tolist(), strict=True)
    ]
    rows = []
    for row, lat_deg in enumerate(LATITUDES_DEG):
        first = row * N_LONGITUDES
        gaps = np.concatenate(by_point[first : first + N_LONGITUDES])
        n = int(bounds[first + N_LONGITUDES] - bounds[first])
        all_s = whole_s * N_LONGITUDES
        rows.append(
            RevisitRow(
                sensor_id,
                category,
                passes,
                n_satellites,
                lat_deg,
                n / (N_LONGITUDES * days),
                mean_gap_s(gaps),
                max_gap(gaps),
                mean_response_s(gaps, all_s),
                time_average_gap(gaps, all_s),
            )
        )
    return rows


def _of_satellite(satellite: int, own: Track, reach: Reach, places: Floats, until_s: float) -> Accesses:
    """The accesses of one satellite, whatever their order."""
    t_s = np.arange(0.0, until_s + STEP_S / 2.0, STEP_S)
    position_m, velocity_mps = moved(own, t_s)
    is_north = velocity_mps[:, 2] >= 0.0
    passes = np.concatenate([[0], np.cumsum(is_north[1:] != is_north[:-1])])
    numbers = satellite * PASSES_PER_SATELLITE + passes.astype(np.int64)
    radius_m = np.sqrt(scalar(position_m, position_m))
    far_rad = _far_rad(reach, float(radius_m.max())) + _MARGIN_RAD
    unit, sat_lat = position_m / radius_m[:, None], np.arcsin(position_m[:, 2] / radius_m)
    parts = []
    for point, place in enumerate(places):
        # A satellite is never nearer to a point than their latitudes are apart: most steps are gone at once.
        near = np.flatnonzero(np.abs(sat_lat[:-1] - math.asin(place[2])) <= far_rad)
        steps = near[scalar(unit[near], place) >= math.cos(far_rad)]
        if reach.limits_deg:
            times = _abeam_s(place, own, t_s, position_m, velocity_mps, steps)
            times = times[_is_in_swath(place, own, times, reach)]
            at = numbers[np.minimum((times / STEP_S).astype(np.int64), len(numbers) - 1)]
            parts.append(Accesses(np.full(len(times), point), at, times, times))
        else:
            rises, t_from_s, t_to_s = _in_view_s(place, t_s, position_m, steps, reach)
            parts.append(Accesses(np.full(len(rises), point), numbers[rises], t_from_s, t_to_s))
    return joined(parts)


def _in_view_s(
    place: Floats, t_s: Floats, position_m: Floats, steps: NDArray[np.int64], reach: Reach
) -> tuple[NDArray[np.int64], Floats, Floats]:
    """The steps in which a satellite rises for a point, and when it rises and sets [s]; (n,) each."""
    here, then = (_excess(place, position_m[at], reach) for at in (steps, steps + 1))
    rising, setting = (here < 0.0) & (then >= 0.0), (here >= 0.0) & (then < 0.0)
    crosses_s = t_s[steps] + STEP_S * here / np.where(here == then, 1.0, here - then)
    rises, t_from_s, t_to_s = steps[rising], crosses_s[rising], crosses_s[setting]
    if len(steps) and steps[0] == 0 and here[0] >= 0.0:
        rises, t_from_s = np.append(0, rises), np.append(0.0, t_from_s)
    if len(t_to_s) < len(t_from_s):
        t_to_s = np.append(t_to_s, t_s[-1])
    return rises, t_from_s, t_to_s


def _abeam_s(
    place: Floats, own: Track, t_s: Floats, position_m: Floats, velocity_mps: Floats, steps: NDArray[np.int64]
) -> Floats:
    """Instants at which a point is abeam of a satellite, within some steps on its side of the Earth [s]."""

    def ahead(at_m: Floats, at_mps: Floats) -> Floats:
        """Positive before the point is abeam."""
        return EARTH_RADIUS_M * scalar(at_mps, place) - scalar(at_mps, at_m)

    here, then = (ahead(position_m[at], velocity_mps[at]) for at in (steps, steps + 1))
    is_between = (here > 0.0) & (then <= 0.0)
    low, low_ahead, high_ahead = t_s[steps[is_between]], here[is_between], then[is_between]
    high = low + STEP_S
    found = low
    for _ in range(_ROUNDS):
        found = low + (high - low) * low_ahead / (low_ahead - high_ahead)
        now = ahead(*moved(own, found))
        is_before = now > 0.0
        low, low_ahead = np.where(is_before, found, low), np.where(is_before, now, low_ahead)
        high, high_ahead = np.where(is_before, high, found), np.where(is_before, high_ahead, now)
    return found


def _is_in_swath(place: Floats, own: Track, t_s: Floats, reach: Reach) -> NDArray[np.bool_]:
    """Whether a point that is abeam at some instants is then within the limits of incidence."""
    position_m, velocity_mps = moved(own, t_s)
    line_m = position_m - EARTH_RADIUS_M * place
    slant_m = np.sqrt(scalar(line_m, line_m))
    incidence_deg = np.rad2deg(np.arccos(np.clip(scalar(line_m, place) / slant_m, -1.0, 1.0)))
    right = np.cross(velocity_mps, position_m)
    signed_deg = np.where(scalar(right, place) >= 0.0, incidence_deg, -incidence_deg)
    is_in = np.zeros(len(t_s), np.bool_)
    for low_deg, high_deg in reach.limits_deg:
        is_in |= (signed_deg >= low_deg) & (signed_deg <= high_deg)
    return is_in


def _excess(place: Floats, position_m: Floats, reach: Reach) -> Floats:
    """How far a satellite is above what a listener needs, seen from a point: the sine of its elevation over
    the least, or what the angle at the Earth's centre leaves of the longest one, whichever is less; (n,).
    """
    line_m = position_m - EARTH_RADIUS_M * place
    slant_m = np.sqrt(scalar(line_m, line_m))
    above = scalar(line_m, place) / slant_m - math.sin(math.radians(reach.elevation_min_deg))
    if math.isinf(reach.max_range_m):
        return np.asarray(above, np.float64)
    radius_m = np.sqrt(scalar(position_m, position_m))
    arc = np.arccos(np.clip(scalar(position_m, place) / radius_m, -1.0, 1.0))
    return np.asarray(np.minimum(above, reach.max_range_m / EARTH_RADIUS_M - arc), np.float64)


def _far_rad(reach: Reach, radius_m: float) -> float:
    """Angle at the Earth's centre to the farthest point in reach."""
    if reach.limits_deg:
        incidence = math.radians(max(abs(end) for pair in reach.limits_deg for end in pair))
    else:
        incidence = math.pi / 2.0 - math.radians(reach.elevation_min_deg)
    return incidence - math.asin(EARTH_RADIUS_M / radius_m * math.sin(incidence))


def moved(own: Track, t_s: Floats) -> tuple[Floats, Floats]:
    """Position [m] and velocity [m/s] of a satellite at instants, (n, 3) each: cubics between its knots."""
    step = own.step_s
    k = np.clip((t_s / step).astype(np.int64), 0, len(own.position_m) - 2)
    u = (t_s / step - k)[:, None]
    a, b = own.position_m[k], own.position_m[k + 1]
    p, q = own.velocity_mps[k] * step, own.velocity_mps[k + 1] * step
    c2, c3 = 3.0 * (b - a) - 2.0 * p - q, 2.0 * (a - b) + p + q
    return a + u * (p + u * (c2 + u * c3)), (p + u * (2.0 * c2 + 3.0 * u * c3)) / step


def scalar(one: Floats, other: Floats) -> Floats:
    """Scalar products of rows of vectors, or of rows with one vector, (n,)."""
    return np.asarray(
        one[..., 0] * other[..., 0] + one[..., 1] * other[..., 1] + one[..., 2] * other[..., 2], np.float64
    )


def _those(found: Accesses, which: NDArray[np.generic]) -> Accesses:
    return Accesses(*(column[which] for column in found))
