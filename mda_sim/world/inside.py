"""When targets are inside a region.

Model: legs are sampled, and entries and exits between two samples are bisected. Two closed forms save most
samples and change none: on a leg the cosine of the distance to a point c is a.c cos(wt) + b.c sin(wt) =
m cos(wt - f), so the leg is within reach r of it where |wt - f| <= acos(cos(r) / m), and outside a cap of
that reach there is nothing of a region that lies in the cap; and a leg of which a whole surrounding cap lies
in the region never leaves it.

Assumptions and limits: a visit or an absence that is shorter than the step between samples can be missed.
Source: elementary. Where next: ``ais_use`` and ``follower`` of the world, the frame of metrics.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from mda_sim.core.table import Table
from mda_sim.core.time import US_PER_S
from mda_sim.geo.regions import Box, Region, bounds, contains
from mda_sim.geo.sphere import EARTH_RADIUS_M, distance_m, lat_lon, unit_vectors
from mda_sim.world.fleet import Fleet
from mda_sim.world.presence import joined

_SAMPLES_AT_ONCE: Final = 500_000

_MARGIN_M: Final = 1000.0
"""What caps are larger than they need be: far more than rounding."""

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]


class _Sampled(NamedTuple):
    """Legs and the steps at which they are sampled, each (n,)."""

    target: Ints
    begin_us: Ints
    """Where step 0 is."""
    lasts_us: Ints
    steps: Ints
    """The number of the step that lies ``lasts_us`` later."""
    first: Ints
    """First step sampled: 0, or one that is outside."""
    last: Ints
    """Last step sampled: ``steps``, or one that is outside."""


def inside_intervals(fleet: Fleet, region: Region, t0_us: int, t1_us: int, step_s: float = 600.0) -> Table:
    """When each target is inside a region, within [t0_us, t1_us]: a PRESENCE table, sorted by target and
    time.

    Each leg is sampled at most ``step_s`` apart, and entries and exits are then bisected to 1 s, both ends
    of an interval lying inside: a visit or an absence that is shorter than the step can be missed.
    ValueError unless ``step_s`` is at least 1 and t0_us <= t1_us.
    """
    if not step_s >= 1.0 or t1_us < t0_us:
        raise ValueError(f"expected step_s >= 1 and t0_us <= t1_us, got {step_s}, {t0_us}, {t1_us}")
    sampled = _samples(fleet.legs, region, t0_us, t1_us, step_s)
    block = (np.cumsum(sampled.last - sampled.first + 1) - 1) // _SAMPLES_AT_ONCE
    pieces = [np.empty((3, 0), np.int64)]
    for chosen in np.split(np.arange(len(block)), np.flatnonzero(np.diff(block)) + 1):
        pieces.append(_inside_legs(fleet, region, _Sampled(*(column[chosen] for column in sampled))))
    return joined(*np.concatenate(pieces, axis=1))


def _samples(legs: Table, region: Region, t0_us: int, t1_us: int, step_s: float) -> _Sampled:
    """The steps of legs that say when they are in the region; legs that cannot reach it have none."""
    legs = legs.take(_may_reach(legs, region) & (legs["t_to_us"] > t0_us) & (legs["t_from_us"] < t1_us))
    begin_us = np.maximum(legs["t_from_us"], t0_us)
    lasts_us = np.minimum(legs["t_to_us"], t1_us) - begin_us
    steps = np.ceil(lasts_us / (step_s * US_PER_S)).astype(np.int64)
    steps[(legs["w_rad_s"] == 0.0) | _stays_inside(legs, region)] = 1
    first, last = _steps_near(legs, region, begin_us, lasts_us, steps)
    near = np.flatnonzero(first <= last)
    columns = (legs["target"].astype(np.int64), begin_us, lasts_us, steps, first, last)
    return _Sampled(*(column[near] for column in columns))


def _may_reach(legs: Table, region: Region) -> NDArray[np.bool_]:
    """Legs whose great circle comes within a cap around the region; of the others nothing has to be known."""
    centre, reach = _cap(region)
    return np.asarray(_nearness(legs, centre)[2] >= math.cos(min(reach, math.pi)), np.bool_)


def _nearness(legs: Table, centre: Floats) -> tuple[Floats, Floats, Floats]:
    """a.c, b.c and the most that the cosine of the distance to a centre c comes to, each (n,)."""
    ac, bc = (sum(legs[f"{v}{k}"] * c for k, c in zip("xyz", centre, strict=True)) for v in "ab")
    # A leg that does not move keeps its distance, whatever its b is.
    return ac, bc, np.where(legs["w_rad_s"] > 0.0, np.hypot(ac, bc), ac)


def _stays_inside(legs: Table, region: Region) -> NDArray[np.bool_]:
    """Legs with a cap around their middle that holds them and lies in the region; found for boxes only."""
    if not isinstance(region, Box):
        return np.zeros(len(legs), np.bool_)
    half = legs["w_rad_s"] * (legs["t_to_us"] - legs["t_from_us"]) / (2.0 * US_PER_S)
    x, y, z = (legs[f"a{k}"] * np.cos(half) + legs[f"b{k}"] * np.sin(half) for k in "xyz")
    middle = lat_lon(np.stack([x, y, z], axis=1))
    return region.holds_around(*middle, half * EARTH_RADIUS_M + _MARGIN_M)


def _steps_near(
    legs: Table, region: Region, begin_us: Ints, lasts_us: Ints, steps: Ints
) -> tuple[Ints, Ints]:
    """First and last step of each leg that may reach the region to be sampled: beyond them it is outside a
    cap around the region.

    The first is above the last where the whole leg is outside.
    """
    centre, reach = _cap(region)
    ac, bc, largest = _nearness(legs, centre)
    rate = legs["w_rad_s"] / US_PER_S
    within = np.arccos(np.clip(math.cos(min(reach, math.pi)) / largest, -1.0, 1.0))
    begin, arc = rate * (begin_us - legs["t_from_us"]), rate * lasts_us
    middle = begin + arc / 2.0
    nearest = np.arctan2(bc, ac)
    nearest += 2.0 * math.pi * np.round((middle - nearest) / (2.0 * math.pi))
    per_radian = steps / np.where(arc > 0.0, arc, np.inf)
    first = np.floor((nearest - within - begin) * per_radian).astype(np.int64) - 1
    last = np.ceil((nearest + within - begin) * per_radian).astype(np.int64) + 1
    # Beyond half a turn, a leg may come within reach twice.
    is_whole = (rate == 0.0) | (arc > math.pi) | (reach > math.pi / 2.0)
    first = np.where(is_whole, 0, np.maximum(first, 0))
    last = np.where(is_whole, steps, np.minimum(last, steps))
    return first, last


def _cap(region: Region) -> tuple[NDArray[np.float64], float]:
    """Centre, a unit vector (3,), and radius [rad] of a cap that holds the region's bounding box."""
    lon_min, lat_min, lon_max, lat_max = bounds(region)
    centre = (lat_min + lat_max) / 2, (lon_min + lon_max) / 2
    lats, lons = np.linspace(lat_min, lat_max, 33), np.linspace(lon_min, lon_max, 33)
    rim_m = max(distance_m(*centre, lats, lon).max() for lon in (lon_min, lon_max))
    rim_m = max(rim_m, *(distance_m(*centre, lat, lons).max() for lat in (lat_min, lat_max)))
    return unit_vectors(*centre), (1.02 * rim_m + _MARGIN_M) / EARTH_RADIUS_M


def _inside_legs(fleet: Fleet, region: Region, legs: _Sampled) -> Ints:
    """Target, entry and exit (3, n) of each stretch of a leg that is inside, in order."""

    def is_inside(ids: Ints, t_us: Ints) -> NDArray[np.bool_]:
        return contains(region, *fleet.positions(ids, t_us))

    target, begin_us, lasts_us, steps, first, last = legs
    counts = last - first + 1
    leg = np.repeat(np.arange(len(target)), counts)
    step = np.arange(len(leg)) - (np.cumsum(counts) - counts - first)[leg]
    t_us = begin_us[leg] + (lasts_us[leg] * (step / steps[leg])).astype(np.int64)
    inside = is_inside(target[leg], t_us)
    is_first, is_last = step == 0, step == steps[leg]
    before, after = np.roll(inside, 1), np.roll(inside, -1)
    entry = np.flatnonzero(inside & (is_first | ~before))
    leave = np.flatnonzero(inside & (is_last | ~after))
    outside_before = np.where(is_first[entry], t_us[entry], t_us[entry - 1])
    outside_after = np.where(is_last[leave], t_us[leave], t_us[np.minimum(leave + 1, len(leg) - 1)])
    ids = target[leg[entry]]
    entry_us = _bisect(is_inside, ids, outside_before, t_us[entry])
    leave_us = _bisect(is_inside, ids, outside_after, t_us[leave])
    return np.stack([ids, entry_us, leave_us])


def _bisect(
    is_inside: Callable[[Ints, Ints], NDArray[np.bool_]], ids: Ints, outside_us: Ints, inside_us: Ints
) -> Ints:
    """A time inside, at most 1 s from one outside, between the two; ``inside_us`` where both are equal."""
    found_us = inside_us.copy()
    apart = np.flatnonzero(inside_us != outside_us)
    ids, outside_us, inside_us = ids[apart], outside_us[apart], inside_us[apart]
    while len(ids) and np.abs(inside_us - outside_us).max() > US_PER_S:
        middle_us = (inside_us + outside_us) // 2
        inside = is_inside(ids, middle_us)
        inside_us, outside_us = (
            np.where(inside, middle_us, inside_us),
            np.where(inside, outside_us, middle_us),
        )
    found_us[apart] = inside_us
    return found_us
