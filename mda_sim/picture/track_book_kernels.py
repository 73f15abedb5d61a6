"""What a tracker holds: its tracks, their states, and where they lie, compiled.

Model: the corrected states of a track form a chain, newest first. Live tracks lie in a grid of one degree by
their newest position, each cell a doubly linked list. Nothing is taken out but from the grid and the list of
live tracks.

Where next: ``tracks_kernels`` runs scans on it.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from mda_sim.core.jit import kernel
from mda_sim.picture.motion_kernels import N_STATE

_ROWS = 180
_COLUMNS = 360
_NO_CELL = -1
_M_PER_DEG = 111_195.0  # of latitude, on the sphere of ``geo.sphere``

STATES = 0
TRACKS = 1
LIVE = 2


class Rules(NamedTuple):
    """The rules of gating, in the units of the kernels."""

    gate: float
    """Greatest squared Mahalanobis distance."""
    reach: float
    """Its root: the gate in sigmas."""
    new_cost: float
    """Cost from which a contact is rather that of a vessel without a track."""
    vmax_mps: float
    sigma_mps: float
    tau_s: float
    longest_us: int
    """Time from which a prediction is too vague for any contact to be denser than a new one."""
    confirm_contacts: int
    confirm_within_us: int
    drop_after_us: int


class Book(NamedTuple):
    """Tracks by number, states by row, totals by ``STATES``, ``TRACKS`` and ``LIVE``."""

    at_us: NDArray[np.int64]
    """When each state is of."""
    lat_deg: NDArray[np.float64]
    lon_deg: NDArray[np.float64]
    state: NDArray[np.float64]
    """As ``motion_kernels`` has it, (n, N_STATE)."""
    before: NDArray[np.int64]
    """The state before each, -1 for none."""
    newest: NDArray[np.int64]
    """Newest state of each track."""
    held: NDArray[np.int64]
    """Contacts of each track."""
    is_shown: NDArray[np.bool_]
    """Whether it is part of the picture."""
    last_report: NDArray[np.int64]
    """Report of its last contact."""
    name: NDArray[np.int64]
    """Identity of each track, -1 for none."""
    spread_m: NDArray[np.float64]
    """Largest error that it ever had."""
    cell: NDArray[np.int64]
    after: NDArray[np.int64]
    ahead: NDArray[np.int64]
    head: NDArray[np.int64]
    """First track of each cell."""
    live: NDArray[np.int64]
    bearer: NDArray[np.int64]
    """Live track of each identity, -1 for none."""
    total: NDArray[np.int64]


@kernel
def new_book(n: int, n_identities: int) -> Book:
    """An empty book for up to ``n`` contacts."""
    return Book(
        np.empty(n, np.int64),
        np.empty(n),
        np.empty(n),
        np.empty((n, N_STATE)),
        np.empty(n, np.int64),
        np.full(n, -1, np.int64),
        np.zeros(n, np.int64),
        np.zeros(n, np.bool_),
        np.full(n, -1, np.int64),
        np.full(n, -1, np.int64),
        np.zeros(n),
        np.full(n, _NO_CELL, np.int64),
        np.full(n, -1, np.int64),
        np.full(n, -1, np.int64),
        np.full(_ROWS * _COLUMNS, -1, np.int64),
        np.empty(n, np.int64),
        np.full(n_identities, -1, np.int64),
        np.zeros(3, np.int64),
    )


@kernel
def is_over(book: Book, rules: Rules, k: int, now_us: int) -> bool:
    """Whether the time of track k is over."""
    limit_us = rules.drop_after_us if book.is_shown[k] else rules.confirm_within_us
    return bool(now_us - book.at_us[book.newest[k]] > limit_us)


@kernel
def live_bearer(book: Book, rules: Rules, identity: int, now_us: int) -> int:
    """The live track of an identity, -1 for none."""
    if identity < 0:
        return -1
    k = book.bearer[identity]
    return int(k) if k >= 0 and not is_over(book, rules, k, now_us) else -1


@kernel
def sweep(book: Book, rules: Rules, now_us: int) -> None:
    """Drop the tracks whose time is over."""
    kept = 0
    for i in range(book.total[LIVE]):
        k = book.live[i]
        if is_over(book, rules, k, now_us):
            _move(book, k, _NO_CELL)
            if book.name[k] >= 0 and book.bearer[book.name[k]] == k:
                book.bearer[book.name[k]] = -1
        else:
            book.live[kept] = k
            kept += 1
    book.total[LIVE] = kept


@kernel
def open_track(book: Book) -> int:
    """The number of a new track, which has no state yet."""
    k = book.total[TRACKS]
    book.live[book.total[LIVE]] = k
    book.total[TRACKS] += 1
    book.total[LIVE] += 1
    return int(k)


@kernel
def put_state(
    book: Book, k: int, t_us: int, lat_deg: float, lon_deg: float, state: NDArray[np.float64]
) -> None:
    """Make this the newest state of track k."""
    row = book.total[STATES]
    book.total[STATES] += 1
    book.at_us[row], book.lat_deg[row], book.lon_deg[row] = t_us, lat_deg, lon_deg
    book.state[row] = state
    book.before[row] = book.newest[k]
    book.newest[k] = row
    book.spread_m[k] = max(book.spread_m[k], error_m(state[2], state[3], state[4]))
    _move(book, k, _cell_at(lat_deg, lon_deg))


@kernel
def state_near(book: Book, k: int, t_us: int) -> int:
    """The state of track k that is nearest in time; of two as near, the older."""
    row = book.newest[k]
    while book.before[row] >= 0 and abs(book.at_us[book.before[row]] - t_us) <= abs(book.at_us[row] - t_us):
        row = book.before[row]
    return int(row)


@kernel
def window(lat_deg: float, lon_deg: float, radius_m: float) -> tuple[int, int, int, int]:
    """First and last row, first column and number of columns of the cells within a radius of a point."""
    high_deg = radius_m / _M_PER_DEG
    row_lo = max(0, math.floor(lat_deg - high_deg + 90.0))
    row_hi = min(_ROWS - 1, math.floor(lat_deg + high_deg + 90.0))
    # a cap of this radius spans asin(sin r / cos lat) of longitude on either side, or all if it has a pole
    ratio = math.sin(min(math.radians(high_deg), 0.5 * math.pi)) / max(1e-9, math.cos(math.radians(lat_deg)))
    if high_deg >= 90.0 - abs(lat_deg) or ratio >= 1.0:
        return row_lo, row_hi, 0, _COLUMNS
    wide_deg = math.degrees(math.asin(ratio))
    column_lo = math.floor(lon_deg - wide_deg + 180.0)
    n_columns = math.floor(lon_deg + wide_deg + 180.0) - column_lo + 1
    return row_lo, row_hi, column_lo, min(n_columns, _COLUMNS)


@kernel
def first_in(book: Book, row: int, column: int) -> int:
    """The first track in a cell of the grid, -1 for none; columns wrap around. The next is ``after`` it."""
    return int(book.head[row * _COLUMNS + column % _COLUMNS])


@kernel
def is_far(book: Book, k: int, lat_deg: float, lon_deg: float, by_m: float) -> bool:
    """Whether the newest position of track k differs by more than that in latitude or longitude alone.

    A cheap test that may say no where the distance is larger, as it does across the date line.
    """
    row = book.newest[k]
    if abs(lat_deg - book.lat_deg[row]) * _M_PER_DEG > by_m:
        return True
    off_deg = abs(lon_deg - book.lon_deg[row])
    if off_deg > 90.0:
        return False
    # sin(d / 2R) >= sin(dlon / 2) cos(lat) of the larger latitude, and sin(x) >= 0.9 x up to 45 degrees
    wide = math.cos(math.radians(max(abs(lat_deg), abs(book.lat_deg[row]))))
    return bool(0.9 * off_deg * wide * _M_PER_DEG > by_m)


@kernel
def error_m(xx: float, xy: float, yy: float) -> float:
    """The longer half axis of the ellipse of one sigma of a covariance [m]."""
    return math.sqrt(0.5 * (xx + yy) + math.sqrt(0.25 * (xx - yy) * (xx - yy) + xy * xy))


@kernel
def _cell_at(lat_deg: float, lon_deg: float) -> int:
    row = min(_ROWS - 1, max(0, math.floor(lat_deg + 90.0)))
    return row * _COLUMNS + math.floor(lon_deg + 180.0) % _COLUMNS


@kernel
def _move(book: Book, k: int, to: int) -> None:
    """Put a track into a cell, out of the one that it is in."""
    if book.cell[k] == to:
        return
    after, ahead = book.after[k], book.ahead[k]
    if book.cell[k] != _NO_CELL:
        if ahead >= 0:
            book.after[ahead] = after
        else:
            book.head[book.cell[k]] = after
        if after >= 0:
            book.ahead[after] = ahead
    book.cell[k] = to
    if to != _NO_CELL:
        book.ahead[k], book.after[k] = -1, book.head[to]
        if book.head[to] >= 0:
            book.ahead[book.head[to]] = k
        book.head[to] = k
