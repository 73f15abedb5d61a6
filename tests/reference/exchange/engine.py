"""The engine: cases move through desks and over links in SimPy, as bundles, never one report at a time.

Model: SimPy keeps the clock and the order of events. One tick closes all cases whose windows end at one
moment; a case has an event of its own when it is released, and another when it is delivered to a node that
passes it on; a request has one when its desk is asked, and one when the answer comes. Because a first-in,
first-out desk and a line have times known beforehand, a review is settled when the case closes or the request
is made, and a transmission when the piece is released. A desk with a live queue has one event more for each
moment at which it takes up what waits. Events at one microsecond run in the order of the constants below,
then by link, category, window and consent: nothing depends on the order of insertion.

Assumptions and limits: see the package's docstring, which fixes the meaning of every row.
Source: SimPy 4 (Team SimPy), events scheduled with explicit priorities.
Where next: ``offering`` decides what is offered, ``books`` reads the journal.
"""

from __future__ import annotations

from typing import Final

import simpy
from simpy.events import EventCallbacks, EventPriority

from mda_sim.core.time import NEVER_US, Timeline
from mda_sim.sharing.consents import ConsentOnRequest
from mda_sim.sharing.exchange.intake import Intake, Topology
from mda_sim.sharing.forms import Forms
from mda_sim.sharing.network import SharingSpec
from mda_sim.sharing.policy import Policy
from tests.reference.exchange.cases import NO_CONSENT, Bundle, Case, Piece, Request, Tick, Wake
from tests.reference.exchange.desk import Desk, FifoDesk, LiveDesk
from tests.reference.exchange.journal import Journal
from tests.reference.exchange.lanes import FedCases, Lane, build_desks, build_lanes, request_way
from tests.reference.exchange.offering import MUST_DESTROY, Offering
from tests.reference.exchange.service import Lot

CLOSING: Final = 0
CASE_CHOICE: Final = 1
"""A live desk that no consent asks takes up what waits: cases only, and all of this moment have come."""
RELEASE: Final = 2
ASKING: Final = 3
CHOICE: Final = 4
"""A live desk that consents ask takes up what waits."""
ANSWER: Final = 5
DELIVERY: Final = 6


class Engine:
    """One run of the exchange; ``run`` may be called once."""

    def __init__(
        self, sharing: SharingSpec, topology: Topology, intake: Intake, timeline: Timeline, seed: int
    ) -> None:
        self.sharing = sharing
        self.topology = topology
        self.intake = intake
        self.end_us = timeline.end_us
        self.policy = Policy(sharing, timeline)
        self.journal = Journal()
        self.n_events = self.n_cases = self.n_pieces = 0
        self._seed = seed
        self._env = simpy.Environment()
        self._stages: dict[int, EventCallbacks] = {
            CLOSING: [self._close_windows],
            CASE_CHOICE: [self._choose],
            RELEASE: [self._release],
            ASKING: [self._ask],
            CHOICE: [self._choose],
            ANSWER: [self._answer],
            DELIVERY: [self._deliver],
        }
        self._desks = build_desks(sharing, timeline)
        self._consents = [sharing.consents[id_] for id_ in sorted(sharing.consents)]
        asked = {c.desk for c in self._consents if isinstance(c, ConsentOnRequest) and c.desk is not None}
        self._wakes = {
            id(desk): Wake(desk, place, CHOICE if id_ in asked else CASE_CHOICE)
            for place, (id_, desk) in enumerate(self._desks.items())
            if isinstance(desk, LiveDesk)
        }
        categories = sorted({profile.category for profile in intake.profiles})
        self._lanes = build_lanes(sharing, topology.links, categories, self._desks, seed, timeline)
        lane = next(iter(self._lanes), None)
        in_lanes = 0 if lane is None else len(self._lanes) * lane.n_windows * lane.n_ways
        self._n_places = 1 + max(in_lanes, len(self._desks))
        """More than the place of any event among those of its stage."""
        self._ticks: dict[int, Tick] = {}
        self.offering = Offering(
            sharing, topology, intake, self.policy, self._lanes, self.journal, self._expect, self.end_us
        )

    @property
    def forms(self) -> Forms:
        """All forms in which reports can travel."""
        return self.offering.forms

    def run(self) -> None:
        """Put every fed part through the network, until nothing more can happen before the end."""
        for lane, loads in self.offering.offer_fed():
            lane.fed = FedCases(loads, lane.way.times)
            self._expect(lane, int(lane.fed.windows[0]))
        self._env.run()
        self.offering.finish()
        for wake in self._wakes.values():
            for piece in wake.desk.drain():
                self._pass_over(piece)

    def _schedule(self, t_us: int, kind: int, event: Piece | Tick | Wake, place: int) -> None:
        """Have SimPy call the stage ``kind`` with the event at ``t_us``, unless the run ends before."""
        if t_us <= self.end_us:
            event.callbacks = self._stages[kind]
            self._env.schedule(event, EventPriority(kind * self._n_places + place), t_us - int(self._env.now))
            self.n_events += 1

    def _expect(self, lane: Lane, window: int) -> None:
        """See to it that a window of a lane is closed, unless the run ends before."""
        t_us = (window + 1) * lane.window_us
        if t_us in self._ticks:
            self._ticks[t_us].turns.add(lane.turn)
        elif t_us <= self.end_us:
            tick = self._ticks[t_us] = Tick(lane.turn)
            self._schedule(t_us, CLOSING, tick, 0)

    def _close_windows(self, tick: Tick) -> None:
        """Some windows end: their cases are handed on, in the order of the lanes' turns."""
        now = int(self._env.now)
        del self._ticks[now]
        for turn in sorted(tick.turns):
            lane = self._lanes[turn]
            window = now // lane.window_us - 1
            bundles = lane.open.pop(window, [])
            if lane.fed is not None:
                fed, following = lane.fed.take(window)
                bundles += fed
                if fed and following is not None:
                    self._expect(lane, following)
            self._close(Case(lane, window, self._number(), lane.way, bundles), now)

    def _number(self) -> int:
        """A number for a new piece."""
        self.n_pieces += 1
        return self.n_pieces - 1

    def _close(self, case: Case, now: int) -> None:
        """Hand a case to the desk, if it shall be sent."""
        self.n_cases += 1
        lane = case.lane
        for bundle in case.bundles:
            self.journal.case_of.add((bundle.number, case.number))
        case.came_us = now
        if not lane.willing.is_certain and not self._is_willing(case):
            self._note(case, is_unwilling=True)
        elif lane.way.desk is None:
            self._note(case, now, now)
            self._release(case)
        else:
            self._queue(case, lane.way.desk, now)

    @staticmethod
    def _is_willing(case: Case) -> bool:
        """Whether the sender wants to send a case."""
        lane = case.lane
        return lane.willing.of(case.window * lane.window_us // lane.willing_unit_us)

    def _queue(self, piece: Case | Request, desk: Desk, now: int) -> None:
        """Let a piece wait for its review, which a first-in, first-out desk settles at once."""
        if isinstance(desk, FifoDesk):
            self._take_up(piece, desk, desk.begin(now))
        elif isinstance(desk, LiveDesk):
            self._note(piece)
            desk.put(piece, now)
            self._wake(self._wakes[id(desk)], now)

    def _take_up(self, piece: Case | Request, desk: Desk, begin_us: int) -> int:
        """Review a piece from ``begin_us`` on, or pass it over if that is too late; when it is done [us]."""
        if begin_us > piece.came_us + desk.expiry_us:
            self._pass_over(piece)
            return NEVER_US
        touch_us, delay_us = piece.way.times.of(piece.window)
        reviewed_us = desk.reviewed(begin_us, touch_us)
        if piece.n_bytes:
            desk.occupy(reviewed_us)
        self._note(piece, begin_us, reviewed_us)
        if isinstance(piece, Request):
            kind, done_us = ANSWER, desk.answered(reviewed_us, delay_us)
        else:
            kind, done_us = RELEASE, desk.released(reviewed_us, delay_us)
        self._schedule(done_us, kind, piece, piece.place(piece.lane.rank))
        return done_us

    def _pass_over(self, piece: Case | Request) -> None:
        """Leave out what waited too long; within the run, it has expired."""
        assert piece.way.desk is not None
        self._note(piece, is_expired=piece.came_us + piece.way.desk.expiry_us <= self.end_us)

    def _wake(self, wake: Wake, now: int) -> None:
        """Have a live desk choose as soon as it can, if anything waits there."""
        if not wake.is_set and wake.desk.has_waiting():
            t_us = wake.desk.chance(now)
            wake.is_set = t_us <= self.end_us
            self._schedule(t_us, wake.kind, wake, wake.place)

    def _choose(self, wake: Wake) -> None:
        """A live desk takes up what waits, as many as it can.

        It stops where that itself may bring more to a desk at this very moment, and goes on after that.
        """
        now, desk = int(self._env.now), wake.desk
        wake.is_set = False
        desk.forget(now)
        while desk.has_waiting() and desk.chance(now) == now:
            if self._take_up(desk.take(), desk, now) == now:
                break
        self._wake(wake, now)

    def _release(self, case: Case) -> None:
        """Ask law and release again; what may leave does, and for what needs a consent it is asked for."""
        now = int(self._env.now)
        if case.is_settled:
            self._send(case, case.bundles, now, now)
            return
        leaving: list[Bundle] = []
        asking: dict[int, list[Bundle]] = {}
        for bundle in case.bundles:
            gates = 0 if bundle.is_settled else self._ask_again(bundle, case.lane, now)
            is_asking = self._must_ask(bundle.consent)
            if is_asking and not gates:
                asking.setdefault(bundle.consent, []).append(bundle)
            elif not gates:
                leaving.append(bundle)
        self._send(case, leaving, now, now)
        for consent, bundles in asking.items():
            self._request(case, consent, bundles, now)

    def _ask_again(self, bundle: Bundle, lane: Lane, now: int) -> int:
        """The legal gates and the release gate that a bundle fails when it is released."""
        steps = self.offering.steps_of(lane, bundle.copy, now)
        i = steps.index(now)
        gates = steps.legal[i] | steps.release[i]
        if now >= bundle.copy.purged_us:
            gates |= MUST_DESTROY
        bundle.rest_on(steps, i)
        leaves = not gates and not self._must_ask(bundle.consent)
        self.journal.checks.add((bundle.number, gates, bundle.agreement, bundle.consent, leaves))
        return gates

    def _must_ask(self, consent: int) -> bool:
        """Whether a consent does not stand, but is given on request."""
        return consent != NO_CONSENT and isinstance(self._consents[consent], ConsentOnRequest)

    def _request(self, case: Case, consent: int, bundles: list[Bundle], now: int) -> None:
        """Ask for one consent for what needs it of a case."""
        lane = case.lane
        if consent not in lane.requests:
            lot = Lot(
                self._seed,
                self.topology.links[lane.link],
                lane.category,
                sorted(self.sharing.consents)[consent],
            )
            lane.requests[consent] = request_way(self.sharing, lane, lot, consent, self._desks)
        request = Request(lane, case.window, self._number(), lane.requests[consent], bundles)
        request.came_us = now
        for bundle in bundles:
            self.journal.request_of.add((bundle.number, request.number))
        self._schedule(now, ASKING, request, request.place(lane.turn))

    def _ask(self, request: Request) -> None:
        """Hand a request to the originator's desk; without one, only the answer's delay passes."""
        now, desk = int(self._env.now), request.way.desk
        if desk is not None:
            self._queue(request, desk, now)
            return
        self._note(request, now, now)
        answered_us = now + request.way.times.of(request.window)[1]
        self._schedule(answered_us, ANSWER, request, request.place(request.lane.rank))

    def _answer(self, request: Request) -> None:
        """The originator answers: what was granted, and the law still lets pass, leaves."""
        now, lane, way = int(self._env.now), request.lane, request.way
        is_granted = way.granted.of(request.window * lane.window_us // way.unit_us)
        granted_until_us = self.policy.granted_until_us(way.consent, now)
        leaving = []
        for bundle in request.bundles:
            steps = self.offering.steps_of(lane, bundle.copy, now)
            i = steps.index(now)
            gates = steps.legal[i]
            if not is_granted or now >= bundle.copy.purged_us:
                gates |= MUST_DESTROY
            bundle.agreement = steps.agreements[i]
            bundle.until_us = min(bundle.until_us, granted_until_us)
            self.journal.checks.add((bundle.number, gates, bundle.agreement, bundle.consent, not gates))
            if not gates:
                leaving.append(bundle)
        self.journal.answers.add((request.number, now))
        self._send(request, leaving, now, NEVER_US)

    def _send(self, piece: Case | Request, leaving: list[Bundle], now: int, released_us: int) -> None:
        """Settle the transmission of what leaves in one piece."""
        if not leaving:
            if released_us != NEVER_US:
                self.journal.leaving.add((piece.number, released_us, NEVER_US, NEVER_US, NEVER_US, False))
            return
        lane, way = piece.lane, piece.way
        n_bytes = piece.n_bytes if leaving is piece.bundles else sum(bundle.n_bytes for bundle in leaving)
        slot = lane.line.put(now, n_bytes)
        sent_us, transmitted_us = (NEVER_US, NEVER_US) if slot is None else slot
        is_lost = slot is None or (
            way.can_be_lost and transmitted_us <= self.end_us and way.lost.of(piece.window)
        )
        received_us = NEVER_US
        if not is_lost:
            received_us = transmitted_us + lane.line.delay_us + way.extra_delay.of(piece.window)
            received_us = min(received_us, NEVER_US)
        self.journal.leaving.add((piece.number, released_us, sent_us, transmitted_us, received_us, is_lost))
        if received_us <= self.end_us:
            piece.leaving = leaving
            if lane.is_passed_on:
                self._schedule(received_us, DELIVERY, piece, piece.place(lane.rank))
            else:
                self.offering.receive_last(piece, received_us, piece.place(lane.rank))

    def _deliver(self, piece: Piece) -> None:
        """A piece has come to a node that may pass it on."""
        self.offering.receive(piece, int(self._env.now))

    def _note(
        self,
        piece: Case | Request,
        begin_us: int = NEVER_US,
        reviewed_us: int = NEVER_US,
        *,
        is_unwilling: bool = False,
        is_expired: bool = False,
    ) -> None:
        """Write down how far a piece has come."""
        number, n_bytes, came_us = piece.number, piece.n_bytes, piece.came_us
        if isinstance(piece, Request):
            self.journal.requests.add((number, piece.consent, n_bytes, came_us, reviewed_us, is_expired))
        else:
            self.journal.cases.add(
                (number, piece.lane.link, n_bytes, came_us, begin_us, reviewed_us, is_unwilling, is_expired)
            )
