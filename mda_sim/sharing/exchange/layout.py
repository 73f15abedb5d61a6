"""Layout: what the clock works on, as rows of integers.

Model: everything that moves or is moved through is a row of a table and known by its number: a piece (a case,
or a request about one), a bundle (copies in one case that gates treat alike), an offer of a relayed copy, a
lane (the cases of one link and category), a line, a desk, an entry (what becomes of a kind of copy on a
link), a step (what the gates answer about it from a moment on). Tables are numpy's, with named fields, so
that compiled loops and plain Python read and write the same rows. Those that grow have room to spare; how
much of each is in use is among ``counts``.

Assumptions and limits: times are int64 microseconds, and ``NEVER_US`` where something has not come yet; -1
stands for none. Where next: ``build`` lays the tables out, ``clock_kernels`` works on them.
"""

from __future__ import annotations

from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from mda_sim.core.time import NEVER_US
from mda_sim.records import Gate

Rows = NDArray[Any]
"""Rows with named fields."""


def _fields(*names: str) -> np.dtype[Any]:
    return np.dtype([(name, np.int64) for name in names])


EVENT: Final = _fields("t_us", "order", "piece")
"""What happens when; ``order`` is that of events at one microsecond: the stage, then the place in it."""

PIECE: Final = _fields(
    "lane", "way", "window", "request_of", "first", "last", "n_bytes", "came_us", "begin_us", "reviewed_us",
    "released_us", "consented_us", "sent_us", "transmitted_us", "received_us", "next_waiting",
    "touch_us", "delay_us", "extra_delay_us", "is_unwilling", "is_expired", "is_lost",
)  # fmt: skip
"""A case, or a request about the case ``request_of``; its bundles are a chain from ``first`` to ``last``.

``touch_us``, ``delay_us`` and ``extra_delay_us`` are drawn before the run where feeds bring something.
"""

BUNDLE: Final = _fields(
    "entry", "source", "depth", "start", "n_rows", "n_bytes", "purged_us", "case", "request", "next",
    "next_asked", "agreement", "consent", "until_us", "gates_again", "was_asked", "has_left", "gone_us",
    "kept_start", "n_kept",
)  # fmt: skip
"""Copies of ``n_rows`` rows from ``start`` on, offered as ``entry`` says and brought by bundle ``source``.

``purged_us``: when the sender must destroy them; ``gone_us``: when the recipient must. ``agreement``,
``consent``, ``until_us`` and ``gates_again`` are what was found when gates were last asked again.
"""

OFFER: Final = _fields(
    "link", "form", "t_arrived_us", "gates", "agreement", "consent", "depth", "source", "bundle", "window",
    "start", "n_rows",
)  # fmt: skip
"""One offer of relayed copies; ``bundle`` may be ``REFUSED`` or ``FILTERED``."""

ENTRY: Final = _fields(
    "lane", "form", "kind", "held_back_us", "steps", "end", "steps_named", "end_named", "named_until_us",
)  # fmt: skip
"""What becomes of copies of one kind on one link: the form and kind as which they are offered, and where the
gates' answers about those stand, also while a consent for the recipient holds that came with them."""

STEP: Final = _fields("from_us", "gates", "legal", "agreement", "release", "consent", "until_us")
"""Answers of the gates from a moment on, as in ``policy.Steps``."""

LANE: Final = _fields(
    "rank", "turn", "link", "sender", "recipient", "is_abroad", "window_us", "way", "willing",
    "willing_unit_us", "fed_from", "fed_to",
)  # fmt: skip
"""``fed_from`` to ``fed_to``: the pieces that feeds bring something to, in the order of their windows."""

WAY: Final = _fields(
    "desk", "touch", "delay", "extra_delay", "lost", "can_be_lost", "granted", "unit_us", "consent"
)
"""What befalls the pieces of a lane: cases, or requests for one consent. Draws are known by their streams."""

STREAM: Final = np.dtype(
    [("is_constant", np.int64), ("value", np.int64), ("probability", np.float64), ("key", np.uint64)]
    + [(name, np.uint64) for name in ("link", "category", "consent")]
)
"""What is drawn by a number: a chance, by its key and address, or a time, which Python draws."""

LINE: Final = np.dtype(
    [("bits_per_s", np.float64)]
    + [
        (name, np.int64)
        for name in (
            "delay_us", "free_us", "period_us", "phase_us", "asking_us", "limit", "first_waiting",
            "last_waiting", "n_waiting", "down", "n_down",
        )
    ]
)  # fmt: skip
"""A link: ``period_us`` 0 without a pattern of times, ``bits_per_s`` infinite without a bandwidth."""

DESK: Final = _fields(
    "is_live", "expiry_us", "elapsed_works", "period_us", "phase_us", "spans", "n_spans", "free", "n_servers"
)

SPAN: Final = _fields("from_us", "to_us", "before_us")
"""A stretch of time, and how much open time lies before it."""

LAPSE: Final = _fields("from_us", "until_us")
"""Until when a consent that is granted from a moment on holds; -1: not at all."""

# Places in ``State.counts``: first how much of each table is in use.
N_EVENTS: Final = 0
N_PIECES: Final = 1
N_BUNDLES: Final = 2
N_OFFERS: Final = 3
N_ROWS: Final = 4
N_KNOWN: Final = 5
N_RECEIPTS: Final = 6
N_ENTRIES: Final = 7
N_STEPS: Final = 8
N_DRAWS: Final = 9
CURSOR: Final = 10
"""How many bundles of the piece in delivery have been received."""
N_CASES: Final = 11
N_CONSENTS: Final = 12
END_US: Final = 13
N_PLACES: Final = 14
N_WINDOWS: Final = 15
N_WAYS: Final = 16
ARRIVED: Final = 17
"""The piece that has come to a live desk."""
N_KINDS: Final = 18
COUNTS: Final = 19


class State(NamedTuple):
    """All that the clock works on."""

    counts: NDArray[np.int64]
    events: Rows
    """A heap."""
    pieces: Rows
    bundles: Rows
    offers: Rows
    rows: NDArray[np.int64]
    """Rows of the intake, of bundles, offers and receipts."""
    receipts: NDArray[np.int64]
    """Bundles in the order in which they were received."""
    known: NDArray[np.int64]
    """Keys of what Python has answered so far, six integers each; the first is ``EMPTY`` in free places."""
    known_value: NDArray[np.int64]
    question: NDArray[np.int64]
    """The key of what Python is to answer."""
    entries: Rows
    steps: Rows
    lanes: Rows
    ways: Rows
    streams: Rows
    draws: NDArray[np.int64]
    lines: Rows
    down: Rows
    desks: Rows
    spans: Rows
    free_us: NDArray[np.int64]
    """When each server of each desk becomes free, a heap a desk."""
    outgoing: NDArray[np.int64]
    """Links that leave each node, one node after another."""
    outgoing_from: NDArray[np.int64]
    """Where those of each node begin, and where the last one's end."""
    recipients: NDArray[np.int64]
    purges_us: NDArray[np.int64]
    """Moments at which agreements have what is held under them destroyed, a link and agreement at a time."""
    purges_from: NDArray[np.int64]
    """Where those of link x (number of agreements) + agreement begin, and where the last one's end."""
    retention_us: NDArray[np.int64]
    is_on_request: NDArray[np.int64]
    """Whether each consent is given on request."""
    lapses: Rows
    """For each consent, one after another."""
    lapses_from: NDArray[np.int64]
    validity_us: NDArray[np.int64]
    filter_bits: NDArray[np.uint64]
    """Bits of the share class that a part must have to pass the filter of each link."""
    form_of_kind: NDArray[np.int64]
    held: NDArray[np.int32]
    """Number of the set of copies that each node holds of each row (N, F)."""
    share_class: NDArray[np.uint64]
    n_bytes: NDArray[np.int64]


EMPTY: Final = -1

# Questions that the clock asks of Python, as the first integer of a key.
AS_OFFERED: Final = 0
"""The entry of (link, kind), -1 if the link is never offered that."""
AS_HELD: Final = 1
"""The kind as which a recipient holds what came by (link, kind, agreement, end of its consent, purge)."""
AS_KEPT: Final = 2
"""What a copy of a kind makes of a set (set, kind): twice the new set, plus 1 if it is kept."""
DRAWN: Final = 3
"""The time that a stream draws for a number, by (stream, number)."""
ASKED_BY: Final = 4
"""The way of requests for a consent, by (lane, consent)."""
OPENED: Final = 5
"""The piece of an open window, by (lane, window); known to the clock itself."""
DRAWN_FROM: Final = 6
"""Where the times of a block of numbers begin, by (stream, block); told where single ones were asked for."""

BLOCK: Final = 128
"""Numbers whose draws are made together."""

# What the clock returns with.
DONE: Final = 0
QUESTION: Final = 1
ROOM: Final = 2
"""Some table is nearly full."""
LIVE: Final = 3
"""A piece has come to a desk with a live queue."""

# Stages, in the order in which they are passed at one microsecond.
CLOSING: Final = 0
CASE_CHOICE: Final = 1
"""A live desk that no consent asks takes up what waits: cases only, and all of this moment have come."""
RELEASE: Final = 2
ASKING: Final = 3
CHOICE: Final = 4
"""A live desk that consents ask takes up what waits."""
ANSWER: Final = 5
DELIVERY: Final = 6

MUST_DESTROY: Final = int(Gate.RELEASE)
"""What a copy fails that must be destroyed by now."""
NO_CONSENT: Final = -1
"""In place of a consent's index: none is needed."""
REFUSED: Final = -1
"""In place of a bundle's number: the gates did not let it into a case."""
FILTERED: Final = -2
"""In place of a bundle's number: the sender's filter stopped it before the gates."""
BY_FEED: Final = -1
"""In place of the number of the bundle that brought a copy: the sensor's feed did."""


def new_rows(n: int, kind: np.dtype[Any], **values: NDArray[np.int64] | int) -> Rows:
    """Rows of a kind with these values; times have not come yet, all else is 0."""
    blank = np.zeros((), kind)
    for name in kind.names or ():
        if kind in (PIECE, BUNDLE) and name.endswith("_us"):
            blank[name] = NEVER_US
    rows = np.empty(n, kind)
    words_of(rows)[:] = words_of(blank.reshape(1))
    for name, value in values.items():
        rows[name] = value
    return rows


def with_spare(rows: Rows, spare: int) -> Rows:
    """The rows, and behind them so many new ones."""
    if rows.dtype.names is None:
        return np.concatenate([rows, np.zeros(spare, rows.dtype)])
    made = np.empty(len(rows) + spare, rows.dtype)
    words = words_of(made)
    words[: len(rows)] = words_of(rows)
    words[len(rows) :] = words_of(new_rows(1, rows.dtype))
    return made


def words_of(rows: Rows) -> NDArray[np.int64]:
    """The same memory as a matrix, (n, n_fields): numpy copies that ten times as fast as named fields."""
    return rows.view(np.int64).reshape(len(rows), rows.dtype.itemsize // 8)


class Seen(NamedTuple):
    """What a live desk sees of a piece that comes to it."""

    number: int
    desk: int
    came_us: int
    is_request: int
    turn: int
    window: int
    consent: int
    link: int
    n_bytes: int
    touch: int
    """Stream of its touch time."""
    touch_us: int
    """NEVER_US where it is not drawn yet."""
    delay: int
    delay_us: int
