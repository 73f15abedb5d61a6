"""The engine: cases move through desks and over links, as bundles, in the order of their moments.

Model: a first-in, first-out desk and a line have times known beforehand, and gates are tables over time. So
between two moments at which people must choose, all that happens is arithmetic on the log, and is done in
one stretch by a compiled clock (``clock_kernels``). SimPy keeps the clock of the choices: a desk with a live
queue takes up what waits at moments that nobody knows beforehand. The compiled clock runs up to the next of
them, or until something comes to a desk that chooses, or until it must ask about a kind of copy or draw that
it has not met before (``answers``). Events at one microsecond run in the order of the stages in ``layout``,
then by link, category, window and consent: nothing depends on the order of insertion.

Assumptions and limits: see the package's docstring, which fixes the meaning of every row, and
``docs/adr/0026``. An engine that does all of it event by event, in plain Python, is in ``tests/reference``;
both make the same tables.
Source: SimPy 4 (Team SimPy), events scheduled with explicit priorities.
Where next: ``books`` reads the tables of an engine that has run.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import simpy
from simpy.events import EventPriority

from mda_sim.core.time import NEVER_US, Timeline
from mda_sim.sharing.consents import ConsentOnRequest
from mda_sim.sharing.exchange import layout
from mda_sim.sharing.exchange.answers import Answers
from mda_sim.sharing.exchange.build import Setting, build
from mda_sim.sharing.exchange.desk import LiveDesk
from mda_sim.sharing.exchange.fed import FedOffers
from mda_sim.sharing.exchange.intake import Intake, Topology
from mda_sim.sharing.exchange.layout import Seen, with_spare
from mda_sim.sharing.forms import Forms
from mda_sim.sharing.network import SharingSpec
from mda_sim.sharing.policy import Policy

_GROWING: Final = {
    "events": layout.N_EVENTS,
    "pieces": layout.N_PIECES,
    "bundles": layout.N_BUNDLES,
    "offers": layout.N_OFFERS,
    "rows": layout.N_ROWS,
    "receipts": layout.N_RECEIPTS,
}
"""Tables of which the clock may need more, with the place of their use among the counts."""


class Wake(simpy.Event):
    """The next moment at which a live desk can take up what waits."""

    _ok = True
    _value = None

    def __init__(self, number: int, desk: LiveDesk, order: int) -> None:
        self.number = number
        """Number of the desk."""
        self.desk = desk
        self.order = order
        """Among the events of one microsecond."""
        self.t_us = NEVER_US
        """When it is, if it is on the clock."""


class Engine:
    """One run of the exchange; ``run`` may be called once."""

    def __init__(
        self, sharing: SharingSpec, topology: Topology, intake: Intake, timeline: Timeline, seed: int
    ) -> None:
        from mda_sim.sharing.exchange.state_kernels import by_reference

        self.sharing = sharing
        self.topology = topology
        self.intake = intake
        self.end_us = timeline.end_us
        self.policy = Policy(sharing, timeline)
        self.forms = Forms.of(sharing, intake.fed(topology))
        self.n_events = 0
        """Events that SimPy has processed: moments at which live desks chose."""
        self.answers = Answers(sharing, topology, self.forms, self.policy, seed)
        built = build(Setting(sharing, topology, intake, timeline, seed), self.answers)
        self.state, self._fed = built.state, built.fed
        self._clocked = by_reference(self.state)
        """The state, as the clock is given it."""
        self._env = simpy.Environment()
        asked = {c.desk for c in sharing.consents.values() if isinstance(c, ConsentOnRequest)}
        n_places = int(self.state.counts[layout.N_PLACES])
        self._priorities = [sharing.links[link].priority for link in topology.links]
        self._wakes = {}
        for number, desk in built.live.items():
            stage = layout.CHOICE if self.answers.desks[number] in asked else layout.CASE_CHOICE
            self._wakes[number] = Wake(number, desk, stage * n_places + number)
        self._drawn: dict[tuple[int, int], int] = {}
        """Times that were drawn for live desks, by stream and number; each is asked for once."""

    @property
    def fed_offers(self) -> list[FedOffers]:
        """Offers of what feeds bring."""
        return self._fed.offers

    @property
    def n_cases(self) -> int:
        """Cases formed."""
        return int(self.state.counts[layout.N_CASES])

    def used(self, table: str) -> Any:
        """The rows of a table of the state that are in use."""
        return getattr(self.state, table)[: self.state.counts[_GROWING[table]]]

    def run(self) -> None:
        """Put every fed part through the network, until nothing more can happen before the end."""
        from mda_sim.sharing.exchange.lookup_kernels import expect

        for lane in np.flatnonzero(self.state.lanes["fed_from"] < self.state.lanes["fed_to"]).tolist():
            first, window_us = self.state.lanes[lane]["fed_from"], self.state.lanes[lane]["window_us"]
            expect(self._clocked, first, layout.CLOSING, (self.state.pieces[first]["window"] + 1) * window_us)
        while True:
            wake = min(self._wakes.values(), key=lambda wake: (wake.t_us, wake.order), default=None)
            if self._advance(wake):
                continue
            if wake is None or wake.t_us == NEVER_US:
                break
            self._env.step()
        for wake in self._wakes.values():
            for piece in wake.desk.drain():
                self._pass_over(piece, wake.desk)

    def _advance(self, wake: Wake | None) -> bool:
        """Let the clock run until the desk that wakes next; whether it stopped before that."""
        from mda_sim.sharing.exchange.clock_kernels import advance

        until = (NEVER_US, 0) if wake is None else (wake.t_us, wake.order)
        while True:
            code = advance(self._clocked, *until)
            if code == layout.QUESTION:
                self._answer(*self.state.question.tolist())
            elif code == layout.ROOM:
                self._make_room(int(self.state.question[0]))
            elif code == layout.LIVE:
                self._queue(int(self.state.counts[layout.ARRIVED]))
                return True
            else:
                return False

    # ---- what the clock asks for

    def _answer(self, tag: int, a: int, b: int, c: int, d: int, e: int) -> None:
        """Tell the clock what it asked."""
        from mda_sim.sharing.exchange.queue_kernels import learn

        if tag == layout.AS_OFFERED:
            value = self.answers.entry(a, b)
        elif tag == layout.AS_HELD:
            value = self.answers.held(a, b, c, d, e)
        elif tag == layout.AS_KEPT:
            value = self.answers.kept(a, b)
        elif tag == layout.DRAWN:
            first, times_us = self.answers.times_from(a, b)
            value = int(times_us[0])
            if len(times_us) > 1:
                tag, b, value = (
                    layout.DRAWN_FROM,
                    first // layout.BLOCK,
                    int(self.state.counts[layout.N_DRAWS]),
                )
                self._append("draws", layout.N_DRAWS, times_us)
        else:
            lane = self.state.lanes[a]
            category = next(key[1] for key, number in self.answers.lanes.items() if number == a)
            value = self.answers.request_way(int(lane["link"]), category, int(lane["window_us"]), b)
            self._replace(ways=self.answers.rows_of_ways(), streams=self.answers.rows_of_streams())
        self._tell_kinds()
        if 4 * int(self.state.counts[layout.N_KNOWN]) >= len(self.state.known):
            self._make_room_for_knowledge()
        learn(self._clocked, tag, a, b, c, d, e, value)

    def _tell_kinds(self) -> None:
        """Hand the clock the kinds, entries and steps that an answer has brought up."""
        counts, kinds = self.state.counts, self.answers.holdings.kinds
        if len(kinds) > self.state.counts[layout.N_KINDS]:
            new = np.array([kind.form for kind in kinds[int(counts[layout.N_KINDS]) :]], np.int64)
            self._append("form_of_kind", layout.N_KINDS, new)
        if len(self.answers.entries) > counts[layout.N_ENTRIES]:
            new_entries = self.answers.rows_of_entries(int(counts[layout.N_ENTRIES]))
            self._append("entries", layout.N_ENTRIES, new_entries)
        if self.answers.n_steps > counts[layout.N_STEPS]:
            self._append("steps", layout.N_STEPS, self.answers.rows_of_steps(int(counts[layout.N_STEPS])))

    def _append(self, table: str, count: int, rows: Any) -> None:
        """Add rows to a table of the state."""
        old, used = getattr(self.state, table), int(self.state.counts[count])
        if used + len(rows) > len(old):
            self._enlarge(table, 2 * (used + len(rows)))
        getattr(self.state, table)[used : used + len(rows)] = rows
        self.state.counts[count] += len(rows)

    def _make_room(self, n_rows: int) -> None:
        """Enlarge what is more than half full; ``n_rows`` rows more are needed at least."""
        for table, count in _GROWING.items():
            needed = 2 * int(self.state.counts[count]) + (n_rows if table == "rows" else 0)
            if needed + 2 * (len(self.topology.links) + len(self.sharing.consents)) + 64 > len(
                getattr(self.state, table)
            ):
                self._enlarge(table, 2 * needed + 256)
        if 4 * int(self.state.counts[layout.N_KNOWN]) >= len(self.state.known):
            self._make_room_for_knowledge()

    def _enlarge(self, table: str, n: int) -> None:
        """Give a table of the state ``n`` rows."""
        old = getattr(self.state, table)
        self._replace(**{table: with_spare(old, n - len(old))})

    def _make_room_for_knowledge(self) -> None:
        """Four times as many places for what is known."""
        from mda_sim.sharing.exchange.queue_kernels import relearn

        old, old_value = self.state.known, self.state.known_value
        keys, value = np.full((4 * len(old), 6), layout.EMPTY, np.int64), np.zeros(4 * len(old), np.int64)
        relearn(old, old_value, keys, value)
        self._replace(known=keys, known_value=value)

    def _replace(self, **tables: Any) -> None:
        """Give the state other tables."""
        from mda_sim.sharing.exchange.state_kernels import by_reference

        self.state = self.state._replace(**tables)
        self._clocked = by_reference(self.state)

    # ---- live desks

    def _queue(self, number: int) -> None:
        """Let a piece wait at its live desk."""
        from mda_sim.sharing.exchange.clock_kernels import seen

        piece = Seen(*seen(self._clocked, number))
        wake = self._wakes[piece.desk]
        wake.desk.put(piece, self._priorities[piece.link])
        self._wake(wake, piece.came_us)

    def _wake(self, wake: Wake, now: int) -> None:
        """Have a live desk choose as soon as it can, if anything waits there."""
        if wake.t_us == NEVER_US and wake.desk.has_waiting():
            t_us = wake.desk.chance(now)
            if t_us <= self.end_us:
                wake.t_us = t_us
                wake.callbacks = [self._choose]
                self._env.schedule(wake, EventPriority(wake.order), t_us - int(self._env.now))

    def _choose(self, wake: Wake) -> None:
        """A live desk takes up what waits, as many as it can.

        It stops where that itself may bring more to a desk at this very moment, and goes on after that.
        """
        now, desk = wake.t_us, wake.desk
        self.n_events += 1
        wake.t_us = NEVER_US
        desk.forget(now)
        while desk.has_waiting() and desk.chance(now) == now:
            if self._take_up(desk.take(), desk, now) == now:
                break
        self._wake(wake, now)

    def _take_up(self, piece: Seen, desk: LiveDesk, now: int) -> int:
        """Review a piece from now on, or pass it over if that is too late; when it is done [us]."""
        from mda_sim.sharing.exchange.clock_kernels import note_review

        if now > piece.came_us + desk.expiry_us:
            self._pass_over(piece, desk)
            return NEVER_US
        reviewed_us = desk.hours.add_working(now, self._timed(piece.touch, piece.window, piece.touch_us))
        if piece.n_bytes:
            desk.occupy(reviewed_us)
        delay_us = self._timed(piece.delay, piece.window, piece.delay_us)
        finish = desk.answered if piece.is_request else desk.released
        done_us = finish(reviewed_us, delay_us)
        while not note_review(self._clocked, piece.number, now, reviewed_us, done_us):
            self._make_room(0)
        return done_us

    def _timed(self, stream: int, number: int, drawn_us: int) -> int:
        """A time, perhaps drawn before [us]."""
        value = self.answers.streams[stream].value if drawn_us == NEVER_US else drawn_us
        if value is not None:
            return value
        if (stream, number) not in self._drawn:
            first, times_us = self.answers.times_from(stream, number)
            self._drawn |= {(stream, first + i): t_us for i, t_us in enumerate(times_us.tolist())}
        return self._drawn.pop((stream, number))

    def _pass_over(self, piece: Seen, desk: LiveDesk) -> None:
        """Leave out what waited too long; within the run, it has expired."""
        is_expired = piece.came_us + desk.expiry_us <= self.end_us
        self.state.pieces["is_expired"][piece.number] = is_expired
