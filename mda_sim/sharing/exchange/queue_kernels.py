"""Queues, compiled: events in their order, what is known, working hours, and first-in, first-out servers.

Model: events wait in a binary heap by time and order. A first-in, first-out desk with c servers is known by
the times at which they become free (J. Kiefer, J. Wolfowitz, "On the theory of queues with many servers",
Trans. Amer. Math. Soc. 78, 1955): what comes at t is taken up at the first open moment from max(t, min free)
on. A line is such a desk with one server. Open time before t is a sum over stretches, so that working time is
added by bisection (``hours``); a line's outages are met as in ``schedules``.

Assumptions and limits: what is put into a queue comes in its order. All is int64.
Where next: ``clock_kernels`` moves pieces through them.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from mda_sim.core.jit import kernel
from mda_sim.core.time import NEVER_US, US_PER_S
from mda_sim.sharing.exchange.layout import EMPTY, N_EVENTS, N_KNOWN, State

Rows = NDArray[Any]


@kernel
def push(state: State, t_us: int, order: int, piece: int) -> None:
    """Have a piece reach a stage at ``t_us``; ``order`` is that among events of one microsecond."""
    events, i = state.events, state.counts[N_EVENTS]
    state.counts[N_EVENTS] = i + 1
    while i > 0:
        above = (i - 1) // 2
        t_above_us = events[above]["t_us"]
        if t_above_us < t_us or (t_above_us == t_us and events[above]["order"] < order):
            break
        _move(events, above, i)
        i = above
    events[i]["t_us"] = t_us
    events[i]["order"] = order
    events[i]["piece"] = piece


@kernel
def pop(state: State) -> None:
    """Drop the first event."""
    events, n = state.events, state.counts[N_EVENTS] - 1
    state.counts[N_EVENTS] = n
    t_us, order, i = events[n]["t_us"], events[n]["order"], 0
    while 2 * i + 1 < n:
        below = 2 * i + 1
        if below + 1 < n and _is_before(events, below + 1, below):
            below += 1
        t_below_us = events[below]["t_us"]
        if t_us < t_below_us or (t_us == t_below_us and order < events[below]["order"]):
            break
        _move(events, below, i)
        i = below
    _move(events, n, i)


@kernel
def _is_before(events: Rows, one: int, other: int) -> bool:
    if events[one]["t_us"] != events[other]["t_us"]:
        return bool(events[one]["t_us"] < events[other]["t_us"])
    return bool(events[one]["order"] < events[other]["order"])


@kernel
def _move(events: Rows, source: int, target: int) -> None:
    events[target]["t_us"] = events[source]["t_us"]
    events[target]["order"] = events[source]["order"]
    events[target]["piece"] = events[source]["piece"]


@kernel
def place_of(keys: NDArray[np.int64], tag: int, a: int, b: int, c: int, d: int, e: int) -> int:
    """Where a key stands among ``keys``, or the free place where it would."""
    mask = keys.shape[0] - 1
    mixed = tag * 31 + (a & 0x7FFFFFFF)
    for part in (b, c, d, e):
        mixed = (mixed * 1000003 + ((part ^ (part >> 31)) & 0x7FFFFFFF)) & 0xFFFFFFFFFF
    i = (mixed ^ (mixed >> 15) ^ (mixed >> 27)) & mask
    while keys[i, 0] != EMPTY and not (
        keys[i, 0] == tag
        and keys[i, 1] == a
        and keys[i, 2] == b
        and keys[i, 3] == c
        and keys[i, 4] == d
        and keys[i, 5] == e
    ):
        i = (i + 1) & mask
    return int(i)


@kernel
def learn(state: State, tag: int, a: int, b: int, c: int, d: int, e: int, value: int) -> None:
    """Write down what is known about a key."""
    keys = state.known
    i = place_of(keys, tag, a, b, c, d, e)
    if keys[i, 0] == EMPTY:
        state.counts[N_KNOWN] += 1
    keys[i, 0], keys[i, 1], keys[i, 2] = tag, a, b
    keys[i, 3], keys[i, 4], keys[i, 5] = c, d, e
    state.known_value[i] = value


@kernel
def relearn(
    old: NDArray[np.int64], old_value: NDArray[np.int64], keys: NDArray[np.int64], value: NDArray[np.int64]
) -> None:
    """Write all that is known into new, larger places."""
    for j in range(old.shape[0]):
        if old[j, 0] != EMPTY:
            i = place_of(keys, old[j, 0], old[j, 1], old[j, 2], old[j, 3], old[j, 4], old[j, 5])
            keys[i] = old[j]
            value[i] = old_value[j]


@kernel
def after(rows: Rows, start: int, n: int, t_us: int) -> int:
    """How many of ``n`` rows from ``start`` on, sorted by ``from_us``, have that at or before ``t_us``."""
    low, high = 0, n
    while low < high:
        middle = (low + high) // 2
        if rows[start + middle]["from_us"] <= t_us:
            low = middle + 1
        else:
            high = middle
    return low


@kernel
def next_open(spans: Rows, start: int, n: int, t_us: int) -> int:
    """First open moment from ``t_us`` on; NEVER_US if there is none."""
    i = after(spans, start, n, t_us)
    if i and t_us < spans[start + i - 1]["to_us"]:
        return t_us
    return spans[start + i]["from_us"] if i < n else NEVER_US


@kernel
def add_working(spans: Rows, start: int, n: int, t_us: int, work_us: int) -> int:
    """Earliest moment by which ``work_us`` of open time has passed since ``t_us``; else NEVER_US."""
    if work_us <= 0:
        return t_us
    i = after(spans, start, n, t_us)
    if i and t_us + work_us <= spans[start + i - 1]["to_us"]:
        return t_us + work_us
    if n == 0:
        return NEVER_US
    target = work_us
    if i:
        span = spans[start + i - 1]
        target += span["before_us"] + min(t_us, span["to_us"]) - span["from_us"]
    last = spans[start + n - 1]
    if target > last["before_us"] + last["to_us"] - last["from_us"]:
        return NEVER_US
    low, high = 0, n
    while low < high:
        middle = (low + high) // 2
        if spans[start + middle]["before_us"] < target:
            low = middle + 1
        else:
            high = middle
    span = spans[start + low - 1]
    return int(span["from_us"] + target - span["before_us"])


@kernel
def occupy(free_us: NDArray[np.int64], start: int, n: int, until_us: int) -> None:
    """Keep the server that is free first busy until ``until_us``; the times are a heap."""
    i = 0
    while 2 * i + 1 < n:
        below = 2 * i + 1
        if below + 1 < n and free_us[start + below + 1] < free_us[start + below]:
            below += 1
        if until_us <= free_us[start + below]:
            break
        free_us[start + i] = free_us[start + below]
        i = below
    free_us[start + i] = until_us


@kernel
def tick_from(period_us: int, phase_us: int, t_us: int) -> int:
    """First of the times phase + n period from ``t_us`` on."""
    return t_us + (phase_us - t_us) % period_us


@kernel
def is_full(line: Any, pieces: Rows, t_us: int) -> bool:
    """Whether as many pieces as a line allows came before ``t_us`` and are not yet being sent."""
    while line["n_waiting"] and pieces[line["first_waiting"]]["sent_us"] <= t_us:
        line["first_waiting"] = pieces[line["first_waiting"]]["next_waiting"]
        line["n_waiting"] -= 1
    return bool(line["n_waiting"] >= line["limit"])


@kernel
def lasting(line: Any, n_bytes: int) -> int:
    """Time from first to last bit, as ``to_us`` rounds it."""
    exact_us = 8.0 * n_bytes / line["bits_per_s"] * US_PER_S
    return NEVER_US if exact_us >= NEVER_US else int(np.rint(exact_us))


@kernel
def may_begin(down: Rows, start: int, n: int, t_us: int, lasting_us: int) -> int:
    """First moment from ``t_us`` on at which [begin, begin + lasting) and begin meet no outage."""
    if n == 0:
        return t_us
    i = after(down, start, n, t_us)
    begin_us = max(t_us, down[start + i - 1]["to_us"]) if i else t_us
    while i < n and down[start + i]["from_us"] < begin_us + lasting_us:
        begin_us = down[start + i]["to_us"]
        i += 1
    return begin_us


@kernel
def put_on_line(state: State, line: Any, number: int, t_us: int, n_bytes: int) -> bool:
    """Settle the transmission of a piece that may leave at ``t_us``; False if it is lost in a full queue."""
    pieces = state.pieces
    if line["limit"] >= 0 and is_full(line, pieces, t_us):
        return False
    may_leave_us = t_us
    if line["period_us"]:
        may_leave_us = tick_from(line["period_us"], line["phase_us"], t_us) + line["asking_us"]
    lasting_us = lasting(line, n_bytes)
    sent_us = may_begin(
        state.down, line["down"], line["n_down"], max(may_leave_us, line["free_us"]), lasting_us
    )
    transmitted_us = min(sent_us + lasting_us, NEVER_US)
    pieces[number]["sent_us"], pieces[number]["transmitted_us"] = sent_us, transmitted_us
    if n_bytes:
        line["free_us"] = transmitted_us
        if line["limit"] >= 0:
            if line["n_waiting"]:
                pieces[line["last_waiting"]]["next_waiting"] = number
            else:
                line["first_waiting"] = number
            line["last_waiting"] = number
            line["n_waiting"] += 1
    return True
