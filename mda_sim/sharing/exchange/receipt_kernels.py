"""Receipts, compiled: what comes to a node is kept if it is of use, and offered to the links that leave.

Model: where a piece crossed a border the law is asked once more. Then each of its bundles is held as Python
says, row by row: what a copy of its kind makes of the set of copies that the node holds of a row was worked
out once (``holdings``). What is kept is offered to every link that leaves, but for those to nodes at which
the copy has been; what the sender's filter and the gates let pass joins the case of its window.

Assumptions and limits: a bundle is received whole, once all that must be known about it is known; the clock
remembers how many bundles of a piece it has received.
Where next: ``clock_kernels`` closes the cases.
"""

from __future__ import annotations

from typing import Any

from mda_sim.core.jit import kernel
from mda_sim.core.time import NEVER_US
from mda_sim.sharing.exchange.layout import (
    AS_HELD,
    AS_KEPT,
    AS_OFFERED,
    CLOSING,
    CURSOR,
    DONE,
    EMPTY,
    FILTERED,
    MUST_DESTROY,
    N_BUNDLES,
    N_EVENTS,
    N_KNOWN,
    N_OFFERS,
    N_PIECES,
    N_RECEIPTS,
    N_ROWS,
    NO_CONSENT,
    OPENED,
    QUESTION,
    REFUSED,
    ROOM,
    State,
)
from mda_sim.sharing.exchange.lookup_kernels import UNKNOWN, expect, known, step_at
from mda_sim.sharing.exchange.queue_kernels import learn, place_of


@kernel
def receive(state: State, number: int, now: int) -> int:
    """A piece has come to its recipient, who keeps what is of use, and offers it on."""
    counts, piece = state.counts, state.pieces[number]
    is_request = piece["request_of"] >= 0
    place, i = 0, piece["first"]
    while i >= 0:
        bundle = state.bundles[i]
        if bundle["has_left"] and (is_request or bundle["request"] < 0):
            if place >= counts[CURSOR]:
                code = receive_bundle(state, i, now)
                if code != DONE:
                    return code
                counts[CURSOR] += 1
            place += 1
        i = bundle["next_asked"] if is_request else bundle["next"]
    counts[CURSOR] = 0
    return DONE


@kernel
def receive_bundle(state: State, number: int, now: int) -> int:
    """One bundle comes to its recipient."""
    bundle = state.bundles[number]
    entry = state.entries[bundle["entry"]]
    lane = state.lanes[entry["lane"]]
    link, node = lane["link"], lane["recipient"]
    kind, gone_us, agreement = entry["kind"], bundle["purged_us"], bundle["agreement"]
    if lane["is_abroad"]:
        step = state.steps[step_at(state, entry, now)]
        agreement = step["agreement"]
        if step["legal"]:
            bundle["agreement"], bundle["was_asked"], bundle["gates_again"] = agreement, 1, step["legal"]
            return DONE
        until_us = -1 if bundle["consent"] == NO_CONSENT else bundle["until_us"]
        purge_us = _next_purge(state, link, agreement, now)
        kind = known(state, AS_HELD, link, kind, agreement, until_us, purge_us)
        if kind == UNKNOWN:
            return QUESTION
        gone_us = min(purge_us, now + state.retention_us[agreement], NEVER_US)
    n_kept = _count_kept(state, bundle, node, kind)
    if n_kept == UNKNOWN:
        return QUESTION
    first, end = state.outgoing_from[node], state.outgoing_from[node + 1]
    if not _has_room(state, n_kept, end - first):
        return ROOM
    if n_kept:
        for i in range(first, end):
            onward = state.outgoing[i]
            is_new = not _has_been(state, number, state.recipients[onward])
            if is_new and known(state, AS_OFFERED, onward, kind, 0, 0, 0) == UNKNOWN:
                return QUESTION
    if lane["is_abroad"]:
        bundle["agreement"], bundle["was_asked"] = agreement, 1
    bundle["gone_us"] = gone_us
    _keep(state, number, node, kind)
    if n_kept:
        for i in range(first, end):
            onward = state.outgoing[i]
            if not _has_been(state, number, state.recipients[onward]):
                offered = known(state, AS_OFFERED, onward, kind, 0, 0, 0)
                if offered >= 0:
                    _offer(state, number, onward, offered, kind, now)
    return DONE


@kernel
def _next_purge(state: State, link: int, agreement: int, now: int) -> int:
    """The next moment from now on at which the recipient must destroy what came under an agreement."""
    i = link * len(state.retention_us) + agreement
    for j in range(state.purges_from[i], state.purges_from[i + 1]):
        if state.purges_us[j] >= now:
            return int(state.purges_us[j])
    return NEVER_US


@kernel
def _count_kept(state: State, bundle: Any, node: int, kind: int) -> int:
    """How many of a bundle's rows a node would keep; ``UNKNOWN`` if a question is to be asked first."""
    n_kept, last, change = 0, -1, 0
    for i in range(bundle["start"], bundle["start"] + bundle["n_rows"]):
        before = int(state.held[node, state.rows[i]])
        if before != last:
            change = known(state, AS_KEPT, before, kind, 0, 0, 0)
            if change == UNKNOWN:
                return UNKNOWN
            last = before
        n_kept += change & 1
    return n_kept


@kernel
def _keep(state: State, number: int, node: int, kind: int) -> None:
    """Receive a bundle about which all is known; the rows that are kept are written down."""
    counts, bundle = state.counts, state.bundles[number]
    state.receipts[counts[N_RECEIPTS]] = number
    counts[N_RECEIPTS] += 1
    bundle["kept_start"] = counts[N_ROWS]
    last, change = -1, 0
    for i in range(bundle["start"], bundle["start"] + bundle["n_rows"]):
        row = state.rows[i]
        before = int(state.held[node, row])
        if before != last:
            change, last = known(state, AS_KEPT, before, kind, 0, 0, 0), before
        if change & 1:
            state.held[node, row] = change >> 1
            state.rows[counts[N_ROWS]] = row
            counts[N_ROWS] += 1
    bundle["n_kept"] = counts[N_ROWS] - bundle["kept_start"]


@kernel
def _has_been(state: State, number: int, node: int) -> bool:
    """Whether the copies of a bundle that has arrived have been at a node."""
    while number >= 0:
        bundle = state.bundles[number]
        lane = state.lanes[state.entries[bundle["entry"]]["lane"]]
        if node == lane["sender"] or node == lane["recipient"]:
            return True
        number = bundle["source"]
    return False


@kernel
def _has_room(state: State, n_rows: int, n_links: int) -> bool:
    """Whether every table has room for offers of so many rows to so many links."""
    counts, n = state.counts, 2 * n_links + 2
    state.question[0] = n_rows * (n_links + 1)
    return bool(
        counts[N_ROWS] + state.question[0] < len(state.rows)
        and counts[N_OFFERS] + n < len(state.offers)
        and counts[N_BUNDLES] + n < len(state.bundles)
        and counts[N_PIECES] + n < len(state.pieces)
        and counts[N_RECEIPTS] + n < len(state.receipts)
        and counts[N_EVENTS] + n < len(state.events)
        and 2 * (counts[N_KNOWN] + n) < len(state.known)
    )


@kernel
def _offer(state: State, source: int, link: int, number: int, kind: int, now: int) -> None:
    """Offer to one link the rows of a bundle that its sender has just kept."""
    counts, brought = state.counts, state.bundles[source]
    entry, bits = state.entries[number], state.filter_bits[link]
    lane = state.lanes[entry["lane"]]
    start, n_rows = brought["kept_start"], brought["n_kept"]
    if bits:
        start = counts[N_ROWS]
        for passing in (True, False):
            for i in range(brought["kept_start"], brought["kept_start"] + brought["n_kept"]):
                if ((state.share_class[state.rows[i]] & bits) == bits) == passing:
                    state.rows[counts[N_ROWS]] = state.rows[i]
                    counts[N_ROWS] += 1
            if passing:
                n_rows = counts[N_ROWS] - start
        if n_rows < brought["n_kept"]:
            offer = state.offers[
                _new_offer(state, source, link, now, start + n_rows, brought["n_kept"] - n_rows)
            ]
            offer["form"], offer["bundle"] = state.form_of_kind[kind], FILTERED
    if n_rows == 0:
        return
    step = state.steps[step_at(state, entry, now)]
    gates = step["gates"] | (MUST_DESTROY if now >= brought["gone_us"] else 0)
    offer = state.offers[_new_offer(state, source, link, now, start, n_rows)]
    offer["form"], offer["bundle"], offer["gates"] = entry["form"], REFUSED, gates
    offer["agreement"], offer["consent"] = step["agreement"], step["consent"]
    if not gates:
        window = (now + entry["held_back_us"]) // lane["window_us"]
        offer["bundle"] = _new_bundle(state, source, number, start, n_rows)
        _join(state, _open_piece(state, entry["lane"], window), offer["bundle"])
        if state.ways[lane["way"]]["desk"] >= 0:
            offer["window"] = window


@kernel
def _new_offer(state: State, source: int, link: int, now: int, start: int, n_rows: int) -> int:
    """A new offer, as of rows that the sender's filter stopped; its number."""
    number = state.counts[N_OFFERS]
    state.counts[N_OFFERS] = number + 1
    offer = state.offers[number]
    offer["link"], offer["t_arrived_us"], offer["gates"] = link, now, 0
    offer["agreement"], offer["consent"], offer["window"] = -1, NO_CONSENT, -1
    offer["source"], offer["depth"] = source, state.bundles[source]["depth"] + 1
    offer["start"], offer["n_rows"] = start, n_rows
    return int(number)


@kernel
def _new_bundle(state: State, source: int, entry: int, start: int, n_rows: int) -> int:
    """A bundle of rows that another one brought; its number."""
    number, brought = state.counts[N_BUNDLES], state.bundles[source]
    state.counts[N_BUNDLES] = number + 1
    bundle = state.bundles[number]
    n_bytes = 0
    for i in range(start, start + n_rows):
        n_bytes += state.n_bytes[state.rows[i]]
    bundle["entry"], bundle["source"], bundle["depth"] = entry, source, brought["depth"] + 1
    bundle["start"], bundle["n_rows"], bundle["n_bytes"] = start, n_rows, n_bytes
    bundle["purged_us"], bundle["request"], bundle["consent"] = brought["gone_us"], -1, NO_CONSENT
    bundle["until_us"], bundle["gone_us"], bundle["has_left"] = NEVER_US, NEVER_US, 1
    return int(number)


@kernel
def _join(state: State, number: int, joining: int) -> None:
    """Put a bundle into the case of a piece."""
    piece, bundle = state.pieces[number], state.bundles[joining]
    if piece["first"] < 0:
        piece["first"] = joining
    else:
        state.bundles[piece["last"]]["next"] = joining
    piece["last"] = joining
    piece["n_bytes"] += bundle["n_bytes"]
    bundle["case"], bundle["next"] = number, -1


@kernel
def _open_piece(state: State, number: int, window: int) -> int:
    """The piece of a window of a lane that has not ended; a new one if nothing has come into it yet."""
    lane = state.lanes[number]
    low, high = lane["fed_from"], lane["fed_to"]
    while low < high:
        middle = (low + high) // 2
        if state.pieces[middle]["window"] < window:
            low = middle + 1
        else:
            high = middle
    if low < lane["fed_to"] and state.pieces[low]["window"] == window:
        return int(low)
    i = place_of(state.known, OPENED, number, window, 0, 0, 0)
    if state.known[i, 0] != EMPTY:
        return int(state.known_value[i])
    found = state.counts[N_PIECES]
    state.counts[N_PIECES] = found + 1
    piece = state.pieces[found]
    piece["lane"], piece["way"], piece["window"], piece["request_of"] = number, lane["way"], window, -1
    piece["first"] = -1
    learn(state, OPENED, number, window, 0, 0, 0, found)
    expect(state, found, CLOSING, (window + 1) * lane["window_us"])
    return int(found)
