"""The clock, compiled: pieces move from stage to stage, in the order of their moments.

Model: discrete events. A case closes, is released, is delivered; a request is handed on, answered, delivered.
A review at a first-in, first-out desk is settled when the case closes or the request is made, a transmission
when the piece leaves. What only Python knows (what the rules say about a kind of copy, what is drawn) is
looked up among what it has answered; if it has not been asked yet, the clock returns with the question
before it has changed anything about the piece at hand, and goes on with that piece when it is called again.

Assumptions and limits: the package's docstring fixes the meaning of every row. A desk with a live queue is
not settled here: the clock returns with what comes to it.
Where next: ``receipt_kernels`` is the last stage, ``engine`` answers questions and keeps live queues.
"""

from __future__ import annotations

from typing import Any

from mda_sim.core.jit import kernel
from mda_sim.core.time import NEVER_US
from mda_sim.sharing.exchange.layout import (
    ANSWER,
    ARRIVED,
    ASKED_BY,
    ASKING,
    CLOSING,
    DELIVERY,
    DONE,
    END_US,
    LIVE,
    MUST_DESTROY,
    N_CASES,
    N_CONSENTS,
    N_EVENTS,
    N_PIECES,
    N_PLACES,
    NO_CONSENT,
    QUESTION,
    RELEASE,
    ROOM,
    State,
)
from mda_sim.sharing.exchange.lookup_kernels import UNKNOWN, expect, is_so, is_timed, known, step_at, timed
from mda_sim.sharing.exchange.queue_kernels import (
    add_working,
    after,
    next_open,
    occupy,
    pop,
    put_on_line,
    tick_from,
)
from mda_sim.sharing.exchange.receipt_kernels import receive


@kernel
def can_leave(state: State, piece: Any, way: Any) -> bool:
    """Whether the times of a transmission are known."""
    return is_timed(state, way["extra_delay"], piece["window"], piece["extra_delay_us"])


@kernel
def can_be_reviewed(state: State, piece: Any, way: Any) -> bool:
    """Whether the times of a review are known."""
    window = piece["window"]
    return is_timed(state, way["touch"], window, piece["touch_us"]) and is_timed(
        state, way["delay"], window, piece["delay_us"]
    )


@kernel
def advance(state: State, until_us: int, until_order: int) -> int:
    """Let happen what comes before an event at ``until_us``; what it returns with."""
    counts, events = state.counts, state.events
    while counts[N_EVENTS]:
        now, order, number = events[0]["t_us"], events[0]["order"], events[0]["piece"]
        if now > until_us or (now == until_us and order > until_order):
            break
        if _is_crowded(state):
            return ROOM
        stage = order // counts[N_PLACES]
        if stage == CLOSING:
            code = close(state, number, now)
        elif stage == RELEASE:
            code = release(state, number, now)
        elif stage == ASKING:
            code = ask(state, number, now)
        elif stage == ANSWER:
            code = answer(state, number, now)
        else:
            code = receive(state, number, now)
        if code in (QUESTION, ROOM):
            return code
        pop(state)
        if code == LIVE:
            counts[ARRIVED] = number
            return LIVE
    return DONE


@kernel
def _is_crowded(state: State) -> bool:
    """Whether there may be too little room for the events and requests that one event can bring."""
    counts, n = state.counts, state.counts[N_CONSENTS] + 4
    state.question[0] = 0
    return bool(counts[N_EVENTS] + n >= len(state.events) or counts[N_PIECES] + n >= len(state.pieces))


@kernel
def close(state: State, number: int, now: int) -> int:
    """A window ends: its case is handed to the desk, if it shall be sent."""
    piece = state.pieces[number]
    lane = state.lanes[piece["lane"]]
    way, window = state.ways[lane["way"]], piece["window"]
    decided = window * lane["window_us"] // lane["willing_unit_us"]
    code = DONE
    if not is_so(state, lane["willing"], decided):
        piece["is_unwilling"] = 1
    elif way["desk"] < 0:
        code = release(state, number, now)
        if code != DONE:
            return code
        piece["begin_us"] = piece["reviewed_us"] = now
    elif state.desks[way["desk"]]["is_live"]:
        code = LIVE
    else:
        if not can_be_reviewed(state, piece, way):
            return QUESTION
        take_up(state, number, now)
    piece["came_us"] = now
    state.counts[N_CASES] += 1
    if lane["fed_from"] <= number < lane["fed_to"] - 1:
        following = state.pieces[number + 1]["window"]
        expect(state, number + 1, CLOSING, (following + 1) * lane["window_us"])
    return code


@kernel
def take_up(state: State, number: int, now: int) -> None:
    """Settle the review, by a first-in, first-out desk, of what has come now."""
    piece = state.pieces[number]
    way = state.ways[piece["way"]]
    desk, free_us = state.desks[way["desk"]], state.free_us
    spans, first, n_spans = state.spans, desk["spans"], desk["n_spans"]
    begin_us = next_open(spans, first, n_spans, max(now, free_us[desk["free"]]))
    if begin_us > now + desk["expiry_us"]:
        piece["is_expired"] = now + desk["expiry_us"] <= state.counts[END_US]
        return
    touch_us = timed(state, way["touch"], piece["window"], piece["touch_us"])
    reviewed_us = add_working(spans, first, n_spans, begin_us, touch_us)
    if piece["n_bytes"]:
        occupy(free_us, desk["free"], desk["n_servers"], reviewed_us)
    piece["begin_us"], piece["reviewed_us"] = begin_us, reviewed_us
    delay_us = timed(state, way["delay"], piece["window"], piece["delay_us"])
    if desk["elapsed_works"]:
        done_us = add_working(spans, first, n_spans, reviewed_us, delay_us)
    else:
        done_us = reviewed_us + delay_us
    if way["consent"] != NO_CONSENT:
        expect(state, number, ANSWER, done_us)
    else:
        if desk["period_us"]:
            done_us = tick_from(desk["period_us"], desk["phase_us"], done_us)
        expect(state, number, RELEASE, done_us)


@kernel
def must_ask(state: State, consent: int) -> bool:
    """Whether a consent does not stand, but is given on request."""
    return consent != NO_CONSENT and state.is_on_request[consent] == 1


@kernel
def gates_again(state: State, bundle: Any, step: Any, now: int) -> int:
    """The legal gates and the release gate that a bundle fails when it is released."""
    must_destroy = MUST_DESTROY if now >= bundle["purged_us"] else 0
    return int(step["legal"] | step["release"] | must_destroy)


@kernel
def release(state: State, number: int, now: int) -> int:
    """Ask law and release again; what may leave does, and for what needs a consent it is asked for."""
    counts, steps, piece = state.counts, state.steps, state.pieces[number]
    way = state.ways[piece["way"]]
    leaves = asks = False
    i = piece["first"]
    while i >= 0:
        bundle = state.bundles[i]
        step = steps[step_at(state, state.entries[bundle["entry"]], now)]
        if not gates_again(state, bundle, step, now):
            if not must_ask(state, step["consent"]):
                leaves = True
            elif known(state, ASKED_BY, piece["lane"], step["consent"], 0, 0, 0) == UNKNOWN:
                return QUESTION
            else:
                asks = True
        i = bundle["next"]
    if leaves and not can_leave(state, piece, way):
        return QUESTION
    piece["released_us"], n_bytes, first_request = now, 0, counts[N_PIECES]
    i = piece["first"]
    while i >= 0:
        bundle = state.bundles[i]
        step = steps[step_at(state, state.entries[bundle["entry"]], now)]
        gates = gates_again(state, bundle, step, now)
        bundle["agreement"], bundle["consent"] = step["agreement"], step["consent"]
        bundle["until_us"], bundle["gates_again"], bundle["was_asked"] = step["until_us"], gates, 1
        is_asking = must_ask(state, step["consent"])
        bundle["has_left"] = not gates and not is_asking
        if bundle["has_left"]:
            n_bytes += bundle["n_bytes"]
        elif not gates:
            _join_request(state, number, i, first_request)
        i = bundle["next"]
    if leaves:
        send(state, number, now, n_bytes)
    if asks:
        for request in range(first_request, counts[N_PIECES]):
            expect(state, request, ASKING, now)
    return DONE


@kernel
def _join_request(state: State, case: int, number: int, first_request: int) -> None:
    """Have a bundle of a case ask for its consent, in one request with all that asks for the same."""
    counts, bundle = state.counts, state.bundles[number]
    lane = state.pieces[case]["lane"]
    way = known(state, ASKED_BY, lane, bundle["consent"], 0, 0, 0)
    request = first_request
    while request < counts[N_PIECES] and state.pieces[request]["way"] != way:
        request += 1
    piece = state.pieces[request]
    if request == counts[N_PIECES]:
        counts[N_PIECES] += 1
        piece["lane"], piece["way"], piece["window"] = lane, way, state.pieces[case]["window"]
        piece["request_of"], piece["first"], piece["n_bytes"] = case, number, 0
    else:
        state.bundles[piece["last"]]["next_asked"] = number
    piece["last"] = number
    piece["n_bytes"] += bundle["n_bytes"]
    bundle["request"], bundle["next_asked"] = request, -1


@kernel
def ask(state: State, number: int, now: int) -> int:
    """Hand a request to the originator's desk; without one, only the answer's delay passes."""
    piece = state.pieces[number]
    way = state.ways[piece["way"]]
    if way["desk"] >= 0 and state.desks[way["desk"]]["is_live"]:
        piece["came_us"] = now
        return LIVE
    if not can_be_reviewed(state, piece, way):
        return QUESTION
    piece["came_us"] = now
    if way["desk"] >= 0:
        take_up(state, number, now)
    else:
        piece["begin_us"] = piece["reviewed_us"] = now
        expect(state, number, ANSWER, now + timed(state, way["delay"], piece["window"], piece["delay_us"]))
    return DONE


@kernel
def answer(state: State, number: int, now: int) -> int:
    """The originator answers: what was granted, and the law still lets pass, leaves."""
    piece = state.pieces[number]
    way, lane = state.ways[piece["way"]], state.lanes[piece["lane"]]
    decided = piece["window"] * lane["window_us"] // way["unit_us"]
    if not can_leave(state, piece, way):
        return QUESTION
    is_granted = is_so(state, way["granted"], decided)
    until_us, n_bytes, leaves = _granted_until(state, way["consent"], now), 0, False
    i = piece["first"]
    while i >= 0:
        bundle = state.bundles[i]
        step = state.steps[step_at(state, state.entries[bundle["entry"]], now)]
        gates = step["legal"]
        if not is_granted or now >= bundle["purged_us"]:
            gates |= MUST_DESTROY
        bundle["agreement"], bundle["gates_again"] = step["agreement"], gates
        bundle["until_us"] = min(bundle["until_us"], until_us)
        bundle["has_left"] = gates == 0
        if gates == 0:
            n_bytes += bundle["n_bytes"]
            leaves = True
        i = bundle["next_asked"]
    piece["consented_us"] = now
    if leaves:
        send(state, number, now, n_bytes)
    return DONE


@kernel
def _granted_until(state: State, consent: int, now: int) -> int:
    """Until when a consent on request stays with a copy if the answer is back now."""
    first, end = state.lapses_from[consent], state.lapses_from[consent + 1]
    until_us = state.lapses[first + after(state.lapses, first, end - first, now) - 1]["until_us"]
    return int(min(now if until_us < 0 else until_us, now + state.validity_us[consent]))


@kernel
def send(state: State, number: int, now: int, n_bytes: int) -> None:
    """Settle the transmission of what leaves in one piece."""
    piece = state.pieces[number]
    way, lane = state.ways[piece["way"]], state.lanes[piece["lane"]]
    line = state.lines[lane["link"]]
    if not put_on_line(state, line, number, now, n_bytes):
        piece["is_lost"] = 1
        return
    transmitted_us = piece["transmitted_us"]
    if way["can_be_lost"] and transmitted_us <= state.counts[END_US]:
        piece["is_lost"] = is_so(state, way["lost"], piece["window"])
    if not piece["is_lost"]:
        extra_us = timed(state, way["extra_delay"], piece["window"], piece["extra_delay_us"])
        piece["received_us"] = min(transmitted_us + line["delay_us"] + extra_us, NEVER_US)
        expect(state, number, DELIVERY, piece["received_us"])


@kernel
def seen(state: State, number: int) -> tuple[int, ...]:
    """What a live desk sees of a piece, as the fields of ``Seen``."""
    piece = state.pieces[number]
    way, lane = state.ways[piece["way"]], state.lanes[piece["lane"]]
    is_request = 1 if piece["request_of"] >= 0 else 0
    return (
        number, way["desk"], piece["came_us"], is_request, lane["turn"], piece["window"], way["consent"],
        lane["link"], piece["n_bytes"], way["touch"], piece["touch_us"], way["delay"], piece["delay_us"],
    )  # fmt: skip


@kernel
def note_review(state: State, number: int, begin_us: int, reviewed_us: int, done_us: int) -> bool:
    """Write down the review of a piece by a live desk, and expect what comes of it; False without room."""
    if _is_crowded(state):
        return False
    piece = state.pieces[number]
    piece["begin_us"], piece["reviewed_us"] = begin_us, reviewed_us
    expect(state, number, ANSWER if piece["request_of"] >= 0 else RELEASE, done_us)
    return True
