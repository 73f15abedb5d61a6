"""Looks of a radar aboard a platform, compiled; the model is in ``mobile_radar``.

The instants of one meeting are worked out in one loop, with the places of hull and target at each; an
interval is judged by those at its start and end, and by its middle where hull and target come far in it.
Where the probability of a scan moves, it is judged scan by scan, as for radars ashore (``radar_kernels``).
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from mda_sim.core.jit import kernel
from mda_sim.geo.sphere import EARTH_RADIUS_M
from mda_sim.geo.sphere_kernels import position
from mda_sim.sensing.looks import Held
from mda_sim.sensing.m_of_n_kernels import p_at_least_by_scan
from mda_sim.sensing.mobile_kernels import hull_when, leg_when, slant_of
from mda_sim.sensing.mobile_signal_kernels import (
    Hull,
    Room,
    at_middles,
    at_parts,
    at_reports,
    fill_snr,
    room_for,
)
from mda_sim.sensing.radar_kernels import (
    MOST_GROUPS,
    P_STEP,
    Draws,
    cell_of,
    is_held,
    persistent,
)
from mda_sim.sensing.radar_signal_kernels import (
    RadarFacts,
    Tables,
    Target,
    TargetFacts,
    cubic,
    p_scan_of,
)
from mda_sim.sensing.windows import Legs, Whole

_US_PER_H = 3_600_000_000
_LAST_SEEN_US = 1000


class Shore(NamedTuple):
    """Land that blocks, as cells; see ``geo.coast.Land.raster``."""

    cells: NDArray[np.bool_]
    """True for land: rows from the south, columns from the west; none of them if land does not block."""
    south_deg: float
    west_deg: float
    cell_deg: float
    near_m: float
    """Land nearer than this to the radar does not block. [m]"""


@kernel
def look_mobile_radar(
    meetings: NDArray[np.void],
    legs: Legs,
    end_leg: NDArray[np.int64],
    hull: Hull,
    targets: TargetFacts,
    reach_m: NDArray[np.float64],
    radar: RadarFacts,
    tables: Tables,
    shore: Shore,
    draws: Draws,
    out: Held,
) -> int:
    """Look at the target of each meeting in each of its reports; return the number of rows in ``out``.

    ``end_leg`` is one past the last leg of each target, ``reach_m`` the longest range at which it is shown.
    """
    n_most = 1
    for m in range(meetings.shape[0]):
        n_most = max(n_most, meetings[m]["stop"] - meetings[m]["first"])
    room, middles, spare = room_for(n_most + 1), room_for(n_most), room_for(MOST_GROUPS + 1)
    edges, p_by_scan = np.empty(MOST_GROUPS + 1), np.empty(radar.n_scans)
    interval_us, half_snr = hull.interval_us, radar.half_snr
    scan, some, column = tables.scan, tables.some, tables.column
    n_held, before, of_hour, boost = 0, np.int64(-1), np.int64(-1), 1.0
    for m in range(meetings.shape[0]):
        number, leg, first = meetings[m]["target"], meetings[m]["leg"], meetings[m]["first"]
        end, reach = end_leg[number], reach_m[number]
        target = Target(
            targets.snr_at_1_m[number],
            targets.horizon_m[number],
            targets.low_m[number],
            np.uint64(targets.address[number]),
            np.uint64(targets.in_stream[number]),
        )
        if number != before:
            before, of_hour = number, np.int64(-1)
        at_reports(first, meetings[m]["stop"], hull, room)
        fill_snr(meetings[m]["stop"] - first + 1, leg, end, legs, hull, reach, target, radar, tables, room)
        n_near = at_middles(first, meetings[m]["stop"], legs, hull, reach, room, middles)
        fill_snr(n_near, leg, end, legs, hull, reach, target, radar, tables, middles)
        near = 0
        for k in range(first, meetings[m]["stop"]):
            at = k - first
            end_m, from_snr, end_snr = (
                room.range_m[at + 1],
                room.snr[at],
                room.snr[at + 1],
            )
            start_leg, end_us = room.leg[at], hull.end_us[k]
            start_us = end_us - interval_us
            is_near = near < n_near and middles.report[near] == k
            if is_near:
                near += 1
            elif max(from_snr, end_snr) < 0.0:
                continue
            hour = end_us // _US_PER_H
            if hour != of_hour:
                of_hour, boost = hour, persistent(target, draws, hour, radar.fluctuation_sigma_db)
            if not is_near and min(from_snr, end_snr) * boost >= radar.snr_sure:
                p = 1.0
            else:
                p_from = p_scan_of(from_snr * boost, half_snr, scan)
                p_to = p_scan_of(end_snr * boost, half_snr, scan)
                p_scan, lowest, highest = 0.5 * (p_from + p_to), min(p_from, p_to), max(p_from, p_to)
                if is_near:
                    p_middle = p_scan_of(middles.snr[near - 1] * boost, half_snr, scan)
                    p_scan = (p_from + p_middle + p_to) / 3.0
                    lowest, highest = min(lowest, p_middle), max(highest, p_middle)
                if highest <= hull.p_none:
                    continue
                if highest - lowest > P_STEP:
                    p = _p_split(
                        start_us, start_leg, end, legs, k, hull, boost, reach, target, radar, tables, spare,
                        edges, p_by_scan,
                    )  # fmt: skip
                else:
                    p = 1.0 if p_scan >= radar.p_sure else cubic(some, p_scan)
            if not is_held(p, target, draws, hull.interval[k], radar):
                continue
            last_us, range_m, ray = end_us, end_m, room.ray[at + 1]
            if not end_m <= reach:
                last_us = _last_us(start_us, end_us, start_leg, end, legs, k, hull, reach)
                at_parts(last_us, 0, 0, MOST_GROUPS + 1, k, hull, spare)
                fill_snr(1, start_leg, end, legs, hull, reach, target, radar, tables, spare)
                range_m, ray = spare.range_m[0], spare.ray[0]
            if shore.cells.shape[0]:
                last_leg = leg_when(legs, start_leg, end, last_us)
                if _is_hidden(legs, last_leg, last_us, range_m, k, hull, shore):
                    continue
            out[n_held]["interval"] = k
            out[n_held]["target"] = number
            out[n_held]["dt_us"] = end_us - last_us
            out[n_held]["cell"] = cell_of(range_m, column[ray], radar)
            n_held += 1
    return n_held


@kernel
def _p_split(
    start_us: Whole,
    leg: Whole,
    end: Whole,
    legs: Legs,
    k: int,
    hull: Hull,
    boost: float,
    reach_m: float,
    target: Target,
    radar: RadarFacts,
    tables: Tables,
    spare: Room,
    edges: NDArray[np.float64],
    p_by_scan: NDArray[np.float64],
) -> float:
    """Probability of an interval, scan by scan: equal groups, halved until none moves by more than P_STEP."""
    n_groups, every = 4, MOST_GROUPS // 4
    begin, step = 0, every
    while True:
        n = at_parts(start_us, hull.interval_us, begin, step, k, hull, spare)
        fill_snr(n, leg, end, legs, hull, reach_m, target, radar, tables, spare)
        for i in range(n):
            edges[begin + i * step] = p_scan_of(spare.snr[i] * boost, radar.half_snr, tables.scan)
        moved = 0.0
        for i in range(0, MOST_GROUPS, every):
            moved = max(moved, abs(edges[i + every] - edges[i]))
        if n_groups == MOST_GROUPS or moved <= P_STEP:
            break
        # Half of the next edges are known.
        n_groups, begin, step, every = 2 * n_groups, every // 2, every, every // 2
    for scan in range(radar.n_scans):
        edge = scan * n_groups // radar.n_scans * every
        p_by_scan[scan] = 0.5 * (edges[edge] + edges[edge + every])
    return p_at_least_by_scan(radar.min_scans, p_by_scan)


@kernel
def _last_us(
    start_us: Whole, end_us: Whole, leg: Whole, end: Whole, legs: Legs, k: int, hull: Hull, reach_m: float
) -> Whole:
    """When a target that is out of reach at the end of an interval was last in reach, to a millisecond.

    The interval's start if it is in reach at none of the instants at which it is looked for. Those are tried
    from the last one on, and then the time between two of them is halved.
    """
    n, inside, outside, i = MOST_GROUPS, start_us, end_us, MOST_GROUPS - 1
    leg_from_us, leg_to_us, w_rad_s = legs.t_from_us, legs.t_to_us, legs.w_rad_s
    ax, ay, az, bx, by, bz = legs.ax, legs.ay, legs.az, legs.bx, legs.by, legs.bz
    own = hull.legs
    own_from_us, own_to_us, own_w = own.t_from_us, own.t_to_us, own.w_rad_s
    own_ax, own_ay, own_az, own_bx, own_by, own_bz = own.ax, own.ay, own.az, own.bx, own.by, own.bz
    while i >= 0 or outside - inside > _LAST_SEEN_US:
        t_us = start_us + hull.interval_us * i // n if i >= 0 else (inside + outside) // 2
        on, at = hull.leg[k], leg
        while on + 1 < own_from_us.shape[0] and own_to_us[on] < t_us:
            on += 1
        while at + 1 < end and leg_from_us[at + 1] <= t_us:
            at += 1
        is_inside = False
        if leg_from_us[at] <= t_us <= leg_to_us[at]:
            angle = own_w[on] * ((t_us - own_from_us[on]) * 1e-6)
            c, s = math.cos(angle), math.sin(angle)
            x, y, z = (
                own_ax[on] * c + own_bx[on] * s,
                own_ay[on] * c + own_by[on] * s,
                own_az[on] * c + own_bz[on] * s,
            )
            angle = w_rad_s[at] * ((t_us - leg_from_us[at]) * 1e-6)
            c, s = math.cos(angle), math.sin(angle)
            dx, dy, dz = ax[at] * c + bx[at] * s - x, ay[at] * c + by[at] * s - y, az[at] * c + bz[at] * s - z
            chord = math.sqrt(dx * dx + dy * dy + dz * dz)
            is_inside = max(slant_of(chord, hull.height_m), 1.0) <= reach_m
        if is_inside:
            inside, i = t_us, -1
        else:
            outside, i = t_us, i - 1
            if i == -1:
                return start_us
    return inside


@kernel
def _is_hidden(legs: Legs, leg: Whole, t_us: Whole, range_m: float, k: int, hull: Hull, shore: Shore) -> bool:
    """Whether a cell of land lies between a hull and a target on a leg, on the line straight in degrees.

    Not counted: land within ``near_m`` of the hull, and within a cell's side of the target.
    """
    hx, hy, hz = hull_when(hull.legs, hull.leg[k], t_us)
    x, y, z = position(
        legs.ax[leg],
        legs.ay[leg],
        legs.az[leg],
        legs.bx[leg],
        legs.by[leg],
        legs.bz[leg],
        legs.w_rad_s[leg],
        (t_us - legs.t_from_us[leg]) * 1e-6,
    )
    lat, lon = math.degrees(math.asin(min(max(hz, -1.0), 1.0))), math.degrees(math.atan2(hy, hx))
    d_lat = math.degrees(math.asin(min(max(z, -1.0), 1.0))) - lat
    d_lon = math.degrees(math.atan2(y, x)) - lon
    side_m = math.radians(shore.cell_deg) * EARTH_RADIUS_M
    n = int(2.0 * range_m / side_m)
    n_rows, n_columns = shore.cells.shape
    for i in range(1, n - 1):
        share = i / n
        if share * range_m <= shore.near_m or (1.0 - share) * range_m <= side_m:
            continue
        row = math.floor((lat + share * d_lat - shore.south_deg) / shore.cell_deg)
        column = math.floor((lon + share * d_lon - shore.west_deg) / shore.cell_deg)
        if 0 <= row < n_rows and 0 <= column < n_columns and shore.cells[row, column]:
            return True
    return False
