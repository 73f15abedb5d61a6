"""The tracker's loop over scans, compiled; what it does is told in ``tracks``."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from mda_sim.core.jit import kernel
from mda_sim.picture.assignment_kernels import assign
from mda_sim.picture.motion_kernels import N_STATE, correct, from_plane, plane, start, step
from mda_sim.picture.track_book_kernels import (
    LIVE,
    TRACKS,
    Book,
    Rules,
    error_m,
    first_in,
    is_far,
    is_over,
    live_bearer,
    new_book,
    open_track,
    put_state,
    state_near,
    sweep,
    window,
)

_US = 1e-6
_HOUR_US = 3_600_000_000


class Scans(NamedTuple):
    """Scans in order of receipt, (n_scans,), ``first`` with one more; their contacts, (n,)."""

    first: NDArray[np.int64]
    t_received_us: NDArray[np.int64]
    report: NDArray[np.int64]
    is_image: NDArray[np.bool_]
    t_us: NDArray[np.int64]
    lat_deg: NDArray[np.float64]
    lon_deg: NDArray[np.float64]
    covariance_m2: NDArray[np.float64]
    """East-east, east-north, north-north, (n, 3)."""
    identity: NDArray[np.int64]
    """Dense number of the identity, -1 for none."""


class Joined(NamedTuple):
    """What became of contacts, (n,), and what was shown at snapshots, (n_shown,)."""

    track: NDArray[np.int64]
    moved: NDArray[np.bool_]
    snapshot: NDArray[np.int64]
    shown: NDArray[np.int64]
    place: NDArray[np.float64]
    """Latitude, longitude [deg], error [m], (n_shown, 3)."""
    n_tracks: int


@kernel
def build(scans: Scans, n_identities: int, snapshot_us: NDArray[np.int64], rules: Rules) -> Joined:
    """Run every scan, and show the picture at every snapshot after all that was received by then."""
    n, n_scans = scans.t_us.size, scans.t_received_us.size
    book = new_book(n, n_identities)
    track_of, moved = np.full(n, -1, np.int64), np.zeros(n, np.bool_)
    snapshot, shown, place = np.empty(1024, np.int64), np.empty(1024, np.int64), np.empty((1024, 3))
    pair_row, pair_track, pair_cost = np.empty(1024, np.int64), np.empty(1024, np.int64), np.empty(1024)
    n_shown, nth, swept_us, largest_m = 0, 0, np.int64(0), 0.0
    for scan in range(n_scans + 1):
        while nth < snapshot_us.size and (scan == n_scans or snapshot_us[nth] < scans.t_received_us[scan]):
            sweep(book, rules, snapshot_us[nth])
            while n_shown + book.total[LIVE] > snapshot.size:
                snapshot, shown = _longer(snapshot), _longer(shown)
                place = np.concatenate((place, np.empty_like(place)))
            n_new = _show(book, rules, snapshot_us[nth], shown[n_shown:], place[n_shown:])
            snapshot[n_shown : n_shown + n_new] = nth
            n_shown += n_new
            nth += 1
        if scan == n_scans:
            break
        now_us, report = scans.t_received_us[scan], scans.report[scan]
        if now_us > swept_us + _HOUR_US:
            sweep(book, rules, now_us)
            swept_us = now_us
        lo, hi = scans.first[scan], scans.first[scan + 1]
        for i in range(lo, hi):
            k = live_bearer(book, rules, scans.identity[i], now_us)
            track_of[i] = k
            if k >= 0:
                book.last_report[k] = report
        n_pairs = 0
        for i in range(lo, hi):
            if track_of[i] >= 0:
                continue
            while True:
                found = _gate(book, rules, scans, scan, i, largest_m, pair_track, pair_cost, n_pairs)
                if found <= pair_track.size:
                    break
                pair_row, pair_track, pair_cost = _longer(pair_row), _longer(pair_track), _longer(pair_cost)
            pair_row[n_pairs:found] = i - lo
            n_pairs = found
        if n_pairs > 0:
            _solve(pair_row[:n_pairs], pair_track[:n_pairs], pair_cost[:n_pairs], hi - lo, track_of[lo:hi])
        for i in range(lo, hi):
            track_of[i], moved[i] = _join(book, rules, scans, scan, i, track_of[i])
            if moved[i]:
                largest_m = max(largest_m, book.spread_m[track_of[i]])
    return Joined(track_of, moved, snapshot[:n_shown], shown[:n_shown], place[:n_shown], book.total[TRACKS])


@kernel
def _gate(
    book: Book,
    rules: Rules,
    scans: Scans,
    scan: int,
    i: int,
    largest_m: float,
    pair_track: NDArray[np.int64],
    pair_cost: NDArray[np.float64],
    n_pairs: int,
) -> int:
    """Write the tracks that contact i may join, with their costs, from ``n_pairs`` on.

    Returns the number of pairs then, which is past the end of the arrays if they are too short.
    """
    now_us, t_us = scans.t_received_us[scan], scans.t_us[i]
    lat_deg, lon_deg = scans.lat_deg[i], scans.lon_deg[i]
    rxx, rxy, ryy = scans.covariance_m2[i]
    own_m = error_m(rxx, rxy, ryy)
    work = np.empty(N_STATE)
    gap_us = max(min(t_us - (now_us - rules.drop_after_us), rules.longest_us), now_us - t_us)
    radius_m = rules.vmax_mps * gap_us * _US + rules.reach * (largest_m + own_m)
    row_lo, row_hi, column_lo, n_columns = window(lat_deg, lon_deg, radius_m)
    for grid_row in range(row_lo, row_hi + 1):
        for column in range(column_lo, column_lo + n_columns):
            k = first_in(book, grid_row, column)
            while k >= 0:
                this, k = k, book.after[k]
                gap_us = t_us - book.at_us[book.newest[this]]
                if gap_us > rules.longest_us:
                    continue
                room_m = rules.vmax_mps * abs(gap_us) * _US + rules.reach * (book.spread_m[this] + own_m)
                if (
                    is_far(book, this, lat_deg, lon_deg, room_m)
                    or book.last_report[this] == scans.report[scan]
                    or (scans.identity[i] >= 0 and book.name[this] >= 0)
                    or is_over(book, rules, this, now_us)
                ):
                    continue
                row = state_near(book, this, t_us)
                cost = _cost(book, rules, row, t_us, lat_deg, lon_deg, rxx, rxy, ryy, own_m, work)
                if cost < rules.new_cost:
                    if n_pairs < pair_track.size:
                        pair_track[n_pairs], pair_cost[n_pairs] = this, cost - rules.new_cost
                    n_pairs += 1
    return n_pairs


@kernel
def _cost(
    book: Book,
    rules: Rules,
    row: int,
    t_us: int,
    lat_deg: float,
    lon_deg: float,
    rxx: float,
    rxy: float,
    ryy: float,
    own_m: float,
    work: NDArray[np.float64],
) -> float:
    """Twice the negative logarithm of the density of a contact given a state; infinite outside the gate."""
    state, dt_s = book.state[row], (t_us - book.at_us[row]) * _US
    zx, zy = plane(book.lat_deg[row], book.lon_deg[row], lat_deg, lon_deg)
    room_m = rules.vmax_mps * abs(dt_s) + rules.reach * (error_m(state[2], state[3], state[4]) + own_m)
    if zx * zx + zy * zy > room_m * room_m:
        return np.inf
    g = step(state, dt_s, rules.sigma_mps, rules.tau_s, work)
    distance2, det = _mahalanobis2(work, zx - g * state[0], zy - g * state[1], rxx, rxy, ryy)
    return distance2 + math.log(4.0 * math.pi * math.pi * det) if distance2 <= rules.gate else np.inf


@kernel
def _mahalanobis2(
    state: NDArray[np.float64], x: float, y: float, rxx: float, rxy: float, ryy: float
) -> tuple[float, float]:
    """Squared Mahalanobis distance of a contact x east and y north of a state, and the determinant."""
    sxx, sxy, syy = state[2] + rxx, state[3] + rxy, state[4] + ryy
    det = sxx * syy - sxy * sxy
    return (syy * x * x - 2.0 * sxy * x * y + sxx * y * y) / det, det


@kernel
def _join(book: Book, rules: Rules, scans: Scans, scan: int, i: int, k: int) -> tuple[int, bool]:
    """Lay contact i to track k, or to a new one (-1); return the track, and whether the contact moved it.

    A contact that is older than the newest of the track counts for it, but does not move it. One that came
    too late for a track of its own starts none.
    """
    t_us, lat_deg, lon_deg = scans.t_us[i], scans.lat_deg[i], scans.lon_deg[i]
    rxx, rxy, ryy = scans.covariance_m2[i]
    now_us, identity = scans.t_received_us[scan], scans.identity[i]
    bearer = live_bearer(book, rules, identity, now_us)
    if bearer >= 0:  # also where a contact before it in this scan has just given a track this identity
        k = bearer
    state = np.empty(N_STATE)
    moves = True
    if k < 0:
        if now_us - t_us > rules.drop_after_us:
            return -1, False
        k = open_track(book)
        start(rules.sigma_mps, rxx, rxy, ryy, state)
        put_state(book, k, t_us, lat_deg, lon_deg, state)
    elif t_us >= book.at_us[book.newest[k]]:
        row = book.newest[k]
        old = book.state[row]
        g = step(old, (t_us - book.at_us[row]) * _US, rules.sigma_mps, rules.tau_s, state)
        x, y = g * old[0], g * old[1]
        zx, zy = plane(book.lat_deg[row], book.lon_deg[row], lat_deg, lon_deg)
        if _mahalanobis2(state, zx - x, zy - y, rxx, rxy, ryy)[0] <= rules.gate:
            dx, dy = correct(state, zx - x, zy - y, rxx, rxy, ryy)
            lat_deg, lon_deg = from_plane(book.lat_deg[row], book.lon_deg[row], x + dx, y + dy)
        else:  # only by its identity: what was broadcast is believed, and the track begins anew there
            start(rules.sigma_mps, rxx, rxy, ryy, state)
        put_state(book, k, t_us, lat_deg, lon_deg, state)
    else:
        moves = False
    book.held[k] += 1
    book.last_report[k] = scans.report[scan]
    if identity >= 0:
        book.name[k] = identity
        book.bearer[identity] = k
    if identity >= 0 or scans.is_image[scan] or book.held[k] >= rules.confirm_contacts:
        book.is_shown[k] = True
    return k, moves


@kernel
def _show(book: Book, rules: Rules, at_us: int, shown: NDArray[np.int64], place: NDArray[np.float64]) -> int:
    """Write the tracks of the picture, and where they are thought to be; return their number."""
    work = np.empty(N_STATE)
    n = 0
    for i in range(book.total[LIVE]):
        k = book.live[i]
        if not book.is_shown[k]:
            continue
        row = book.newest[k]
        old = book.state[row]
        g = step(old, (at_us - book.at_us[row]) * _US, rules.sigma_mps, rules.tau_s, work)
        lat_deg, lon_deg = from_plane(book.lat_deg[row], book.lon_deg[row], g * old[0], g * old[1])
        shown[n] = k
        place[n, 0], place[n, 1], place[n, 2] = lat_deg, lon_deg, error_m(work[2], work[3], work[4])
        n += 1
    return n


@kernel
def _solve(
    pair_row: NDArray[np.int64],
    pair_track: NDArray[np.int64],
    pair_cost: NDArray[np.float64],
    n_rows: int,
    track_of: NDArray[np.int64],
) -> None:
    """Write the best track of each contact of a scan that has pairs; clusters are solved one by one."""
    column, n_tracks = _numbered(pair_track)
    root = np.arange(n_rows + n_tracks)
    for p in range(pair_row.size):
        a, b = _root(root, pair_row[p]), _root(root, n_rows + column[p])
        root[max(a, b)] = min(a, b)
    cluster = np.empty(pair_row.size, np.int64)
    for p in range(pair_row.size):
        cluster[p] = _root(root, pair_row[p])
    by_cluster = np.argsort(cluster, kind="mergesort")
    lo = 0
    while lo < by_cluster.size:
        hi = lo + 1
        while hi < by_cluster.size and cluster[by_cluster[hi]] == cluster[by_cluster[lo]]:
            hi += 1
        pairs = by_cluster[lo:hi]
        row_at, n_in = _numbered(pair_row[pairs])
        track_at, m_in = _numbered(pair_track[pairs])
        cost = np.full((n_in, m_in), np.inf)
        row, track = np.empty(n_in, np.int64), np.empty(m_in, np.int64)
        for nth in range(pairs.size):
            cost[row_at[nth], track_at[nth]] = pair_cost[pairs[nth]]
            row[row_at[nth]], track[track_at[nth]] = pair_row[pairs[nth]], pair_track[pairs[nth]]
        chosen = np.empty(n_in, np.int64)
        assign(cost, chosen)
        for nth in range(n_in):
            if chosen[nth] >= 0:
                track_of[row[nth]] = track[chosen[nth]]
        lo = hi


@kernel
def _numbered(values: NDArray[np.int64]) -> tuple[NDArray[np.int64], int]:
    """Dense numbers of values in their order, and how many there are."""
    order = np.argsort(values, kind="mergesort")
    number = np.empty(values.size, np.int64)
    n = 0
    for nth in range(order.size):
        n += nth > 0 and values[order[nth]] != values[order[nth - 1]]
        number[order[nth]] = n
    return number, n + 1


@kernel
def _root(root: NDArray[np.int64], i: int) -> int:
    while root[i] != i:
        root[i] = root[root[i]]
        i = root[i]
    return int(i)


@kernel
def _longer(array: NDArray[Any]) -> NDArray[Any]:
    longer = np.empty(2 * array.size, array.dtype)
    longer[: array.size] = array
    return longer
