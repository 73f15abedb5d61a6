"""What the clock looks up, compiled: answers of Python, draws, gates' answers at a moment, places in a queue.

Model: Python answers each question once, and what it said is kept under its key. Times are drawn by Python,
one by one or in blocks of neighbouring numbers; chances here, from the same words (``core.rng_kernels``). The
answers of the gates about an entry are steps in time, found by bisection.

Assumptions and limits: those of ``layout``. Where next: ``clock_kernels``, ``receipt_kernels``.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from mda_sim.core.jit import kernel
from mda_sim.core.rng_kernels import philox, uniform
from mda_sim.core.time import NEVER_US
from mda_sim.sharing.exchange.layout import (
    ASKING,
    BLOCK,
    CLOSING,
    DRAWN,
    DRAWN_FROM,
    EMPTY,
    END_US,
    N_PLACES,
    N_WAYS,
    N_WINDOWS,
    State,
)
from mda_sim.sharing.exchange.queue_kernels import after, place_of, push

UNKNOWN = -2
"""In place of what Python has yet to answer."""


@kernel
def place(state: State, piece: Any, order_of_lane: int) -> int:
    """What orders a piece among those that reach one stage at one microsecond."""
    counts, consent = state.counts, state.ways[piece["way"]]["consent"]
    return int((order_of_lane * counts[N_WINDOWS] + piece["window"]) * counts[N_WAYS] + consent + 1)


@kernel
def expect(state: State, number: int, stage: int, t_us: int) -> None:
    """Have a piece reach a stage at ``t_us``, unless the run ends before."""
    if t_us <= state.counts[END_US]:
        piece = state.pieces[number]
        lane = state.lanes[piece["lane"]]
        if stage == CLOSING:
            in_stage = lane["turn"]
        elif stage == ASKING:
            in_stage = place(state, piece, lane["turn"])
        else:
            in_stage = place(state, piece, lane["rank"])
        push(state, t_us, stage * state.counts[N_PLACES] + in_stage, number)


@kernel
def known(state: State, tag: int, a: int, b: int, c: int, d: int, e: int) -> int:
    """What Python has answered; ``UNKNOWN`` if it is to be asked, with the question put down."""
    i = place_of(state.known, tag, a, b, c, d, e)
    if state.known[i, 0] != EMPTY:
        return int(state.known_value[i])
    question = state.question
    question[0], question[1], question[2], question[3], question[4], question[5] = tag, a, b, c, d, e
    return UNKNOWN


@kernel
def is_timed(state: State, stream: int, number: int, drawn_us: int) -> bool:
    """Whether a time is known, perhaps because it was drawn before; if not, it is to be asked for."""
    if drawn_us != NEVER_US or state.streams[stream]["is_constant"]:
        return True
    if state.known[place_of(state.known, DRAWN_FROM, stream, number // BLOCK, 0, 0, 0), 0] != EMPTY:
        return True
    return known(state, DRAWN, stream, number, 0, 0, 0) != UNKNOWN


@kernel
def timed(state: State, stream: int, number: int, drawn_us: int) -> int:
    """A time that is known."""
    if drawn_us != NEVER_US:
        return drawn_us
    if state.streams[stream]["is_constant"]:
        return int(state.streams[stream]["value"])
    i = place_of(state.known, DRAWN_FROM, stream, number // BLOCK, 0, 0, 0)
    if state.known[i, 0] != EMPTY:
        return int(state.draws[state.known_value[i] + number % BLOCK])
    return known(state, DRAWN, stream, number, 0, 0, 0)


@kernel
def is_so(state: State, stream: int, number: int) -> bool:
    """Whether something is so, by chance: U < probability."""
    one = state.streams[stream]
    if one["is_constant"]:
        return bool(one["value"])
    words = philox(one["link"], one["category"], one["consent"], np.uint64(number), one["key"])
    return bool(uniform(words[0], words[1]) < one["probability"])


@kernel
def step_at(state: State, entry: Any, t_us: int) -> int:
    """The step of the gates' answers about an entry that holds at ``t_us``."""
    first, end = entry["steps"], entry["end"]
    if t_us < entry["named_until_us"]:
        first, end = entry["steps_named"], entry["end_named"]
    if end - first == 1:
        return int(first)
    return int(first + after(state.steps, first, end - first, t_us) - 1)
