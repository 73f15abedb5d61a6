"""The engine: cases move through desks and over links in SimPy, as bundles, never one report at a time.

Model: SimPy keeps the clock and the order of three kinds of event, at most one of each for a case and hop:
a case closes, is released, is delivered; and of two more for a request: its desk is asked, the answer
comes. Because desks and links serve first in, first out with times known beforehand, a review is settled
when the case closes or the request is made, and a transmission when the piece is released. Deliveries are
events only where the receiving node can pass the reports on. Events at one microsecond run in the order
closing, release, asking, answer, delivery, then link id, category, window, consent: nothing depends on the
order of insertion.

Assumptions and limits: see the package's docstring, which fixes the meaning of every row.
Source: SimPy 4 (Team SimPy), events scheduled with explicit priorities. Where next: ``books`` reads ``Run``.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import simpy
from numpy.typing import NDArray
from simpy.events import EventCallbacks, EventPriority

from mda_sim.core.time import NEVER_US, Timeline, to_us
from mda_sim.records import Gate
from mda_sim.sharing.consents import ConsentOnRequest, StandingConsent
from mda_sim.sharing.desks import Constant
from mda_sim.sharing.exchange.cases import (
    NO_CONSENT,
    OWN_RIGHTS,
    REFUSED,
    Bundle,
    Case,
    Hearing,
    Lane,
    Offers,
    Piece,
    Request,
    Rights,
)
from mda_sim.sharing.exchange.intake import Intake, Topology, carried
from mda_sim.sharing.exchange.service import Chance, Desk, Line, Lot, ServiceTimes
from mda_sim.sharing.network import SharingSpec
from mda_sim.sharing.policy import Policy, Steps

CLOSING: Final = 0
RELEASE: Final = 1
ASKING: Final = 2
ANSWER: Final = 3
DELIVERY: Final = 4


class Engine:
    """One run of the exchange; ``run`` may be called once."""

    def __init__(
        self, sharing: SharingSpec, topology: Topology, intake: Intake, timeline: Timeline, seed: int
    ) -> None:
        self.sharing = sharing
        self.topology = topology
        self.intake = intake
        self.seed = seed
        self.end_us = timeline.end_us
        self.policy = Policy(sharing, timeline)
        self.cases: list[Case] = []
        self.requests: list[Request] = []
        self.bundles: list[Bundle] = []
        self.offers: list[Offers] = []
        self.n_events = 0
        self._env = simpy.Environment()
        self._stages: dict[int, EventCallbacks] = {
            CLOSING: [self._close],
            RELEASE: [self._release],
            DELIVERY: [self._deliver],
            ASKING: [self._ask],
            ANSWER: [self._answer],
        }
        self._desks = {id_: Desk(spec, timeline) for id_, spec in sharing.desks.items()}
        self._carried = carried(sharing, topology, intake.profiles)
        self._lanes = self._build_lanes(timeline)
        self._steps: dict[tuple[int, int, int, bool], Steps] = {}
        self._consents = [sharing.consents[id_] for id_ in sorted(sharing.consents)]
        self._consent_ends_us = [self._consent_end(consent, timeline) for consent in self._consents]
        self._hearings: dict[tuple[int, int], Hearing] = {}
        self._held = {node: intake.node == node for node, links in enumerate(topology.outgoing) if links}

    def run(self) -> None:
        """Put every fed report through the network, until nothing more can happen before the end."""
        for link in range(len(self.topology.links)):
            self._offer_fed(link)
        self._env.run()

    def _build_lanes(self, timeline: Timeline) -> dict[tuple[int, str], Lane]:
        """A lane for each link and category, in the order that breaks ties."""
        categories = sorted({profile.category for profile in self.intake.profiles})
        lanes: dict[tuple[int, str], Lane] = {}
        for i, link in enumerate(self.topology.links):
            spec = self.sharing.links[link]
            line = Line(spec, timeline)
            desk = None if spec.desk is None else self._desks[spec.desk]
            for category in categories:
                lot = Lot(self.seed, link, category)
                lanes[i, category] = Lane(
                    rank=len(lanes),
                    link=i,
                    window_us=to_us(spec.case_window_s),
                    desk=desk,
                    line=line,
                    times=None if desk is None else ServiceTimes(lot, desk.spec.touch, desk.spec.elapsed),
                    willing=Chance(lot, spec.willingness, "willing"),
                    passes_on=bool(self.topology.outgoing[self.topology.recipients[i]]),
                )
        return lanes

    def _offer_fed(self, link: int) -> None:
        """Offer to one link all reports that feeds bring to its sender, and open their cases."""
        intake, sender = self.intake, self.topology.senders[link]
        takes = np.array(self._carried[link], bool)
        rows = np.flatnonzero((intake.node == sender) & (intake.t_arrived_us <= self.end_us))
        rows = rows[takes[intake.profile[rows]]]
        t_us, profile = intake.t_arrived_us[rows], intake.profile[rows]
        gates, agreement, consent = np.zeros((3, len(rows)), np.int64)
        for p in np.unique(profile).tolist():
            of_profile = np.flatnonzero(profile == p)
            steps = self._steps_of(link, p, OWN_RIGHTS, 0)
            i = steps.indices(t_us[of_profile])
            gates[of_profile] = np.array(steps.gates)[i]
            agreement[of_profile] = np.array(steps.agreements)[i]
            consent[of_profile] = np.array(steps.consents)[i]
        bundle = np.full(len(rows), REFUSED)
        for p in np.unique(profile[gates == 0]).tolist():
            passing = np.flatnonzero((profile == p) & (gates == 0))
            bundle[passing] = self._fill_cases(link, p, rows[passing], t_us[passing])
        self.offers.append(Offers(link, rows, t_us, gates, agreement, consent, 0, bundle))

    def _fill_cases(
        self, link: int, profile: int, rows: NDArray[np.int64], t_us: NDArray[np.int64]
    ) -> NDArray[np.int64]:
        """Put rows of one profile into the cases of their windows; the bundle number of each row."""
        lane = self._lanes[link, self.intake.profiles[profile].category]
        window = t_us // lane.window_us
        order = np.argsort(window, kind="stable")
        rows, window = rows[order], window[order]
        starts = np.flatnonzero(np.diff(window, prepend=-1))
        n_bytes = np.add.reduceat(self.intake.n_bytes[rows], starts).tolist()
        windows = window[starts].tolist()
        if lane.times is not None:
            lane.times.prepare(windows)
        first = len(self.bundles)
        ends = [*starts[1:].tolist(), len(rows)]
        for start, end, k, size in zip(starts.tolist(), ends, windows, n_bytes, strict=True):
            self._add(lane, k, rows[start:end], profile, OWN_RIGHTS, 0, size)
        numbers = np.empty(len(rows), np.int64)
        numbers[order] = first + np.cumsum(np.diff(window, prepend=window[0]) != 0)
        return numbers

    def _add(
        self,
        lane: Lane,
        window: int,
        rows: NDArray[np.int64],
        profile: int,
        rights: Rights,
        depth: int,
        n_bytes: int,
    ) -> int:
        """Add reports to the case of a window, which is opened if need be; the number of their bundle."""
        case = lane.cases.get(window)
        if case is None:
            case = lane.cases[window] = Case(self._env, lane, window, len(self.cases))
            self.cases.append(case)
            self._schedule((window + 1) * lane.window_us, CLOSING, case)
        bundle = Bundle(case, rows, profile, rights, depth, n_bytes)
        case.bundles.append(bundle)
        self.bundles.append(bundle)
        return len(self.bundles) - 1

    def _schedule(self, t_us: int, kind: int, piece: Piece) -> None:
        """Have SimPy call the stage ``kind`` with the piece at ``t_us``, unless the run ends before."""
        if t_us <= self.end_us:
            piece.callbacks = self._stages[kind]
            rank = ((kind << 20 | piece.lane.rank) << 36) | piece.window
            rank = rank * (len(self._consents) + 1) + piece.consent + 1
            self._env.schedule(piece, EventPriority(rank), t_us - int(self._env.now))
            self.n_events += 1

    def _close(self, case: Case) -> None:
        """A window ends: hand the case to the desk, if it shall be sent, which settles its review."""
        now = int(self._env.now)
        case.t_case_us = now
        if not case.lane.willing.of(case.window):
            case.is_unwilling = True
            return
        desk, times = case.lane.desk, case.lane.times
        if desk is None or times is None:
            case.t_review_us = case.t_reviewed_us = now
            self._release(case)
            return
        begin = desk.begin(now)
        if desk.is_too_late(now, begin):
            case.is_expired = desk.limit(now) <= self.end_us
            return
        touch_us, elapsed_us = times.of(case.window)
        reviewed = desk.reviewed(begin, touch_us)
        if any(bundle.n_bytes for bundle in case.bundles):
            desk.occupy(reviewed)
        case.t_review_us, case.t_reviewed_us = self._in_run(begin), self._in_run(reviewed)
        self._schedule(desk.released(reviewed, elapsed_us), RELEASE, case)

    def _release(self, case: Case) -> None:
        """Ask law and release again; what may leave does, and for what needs a consent it is asked for."""
        now = int(self._env.now)
        case.t_released_us = now
        asking: dict[int, list[Bundle]] = {}
        for bundle in case.bundles:
            steps = self._steps_of(case.lane.link, bundle.profile, bundle.rights, now)
            i = steps.index(now)
            bundle.gates_at_release = steps.legal[i] | steps.release[i]
            bundle.agreement, bundle.consent = steps.agreements[i], steps.consents[i]
            if bundle.gates_at_release:
                continue
            if self._must_ask(bundle.consent):
                asking.setdefault(bundle.consent, []).append(bundle)
            else:
                case.leaving.append(bundle)
        self._send(case)
        for consent, bundles in asking.items():
            request = Request(self._env, case, len(self.requests), consent)
            request.bundles = bundles
            for bundle in bundles:
                bundle.request = request
            self.requests.append(request)
            self._schedule(now, ASKING, request)

    def _must_ask(self, consent: int) -> bool:
        """Whether a consent does not stand, but is given on request."""
        return consent != NO_CONSENT and isinstance(self._consents[consent], ConsentOnRequest)

    def _ask(self, request: Request) -> None:
        """Hand a request to the originator's desk, which settles its review and the answer's time."""
        now = int(self._env.now)
        request.t_asked_us = now
        hearing = self._hearing(request)
        desk = hearing.desk
        touch_us, delay_us = hearing.times.of(request.window)
        if desk is None:
            request.t_decided_us = now
            self._schedule(now + delay_us, ANSWER, request)
            return
        begin = desk.begin(now)
        if desk.is_too_late(now, begin):
            request.is_expired = desk.limit(now) <= self.end_us
            return
        decided = desk.reviewed(begin, touch_us)
        if any(bundle.n_bytes for bundle in request.bundles):
            desk.occupy(decided)
        request.t_decided_us = self._in_run(decided)
        self._schedule(desk.released(decided, delay_us), ANSWER, request)

    def _answer(self, request: Request) -> None:
        """The originator answers: what was granted, and the law still lets pass, leaves."""
        now = int(self._env.now)
        request.t_consented_us = now
        refused = 0 if self._hearing(request).granted.of(request.window) else int(Gate.RELEASE)
        for bundle in request.bundles:
            steps = self._steps_of(request.lane.link, bundle.profile, bundle.rights, now)
            i = steps.index(now)
            bundle.gates_at_release, bundle.agreement = steps.legal[i] | refused, steps.agreements[i]
            if not bundle.gates_at_release:
                request.leaving.append(bundle)
        self._send(request)

    def _hearing(self, request: Request) -> Hearing:
        """How the request's consent is asked for on its lane."""
        key = (request.lane.rank, request.consent)
        if key not in self._hearings:
            id_, spec = sorted(self.sharing.consents)[request.consent], self._consents[request.consent]
            assert isinstance(spec, ConsentOnRequest)
            category = self.intake.profiles[request.bundles[0].profile].category
            lot = Lot(self.seed, self.topology.links[request.lane.link], category, id_)
            desk = None if spec.desk is None else self._desks[spec.desk]
            touch = Constant() if desk is None else desk.spec.touch
            self._hearings[key] = Hearing(
                desk,
                ServiceTimes(lot, touch, spec.answer, "consent.answer"),
                Chance(lot, spec.probability, "consent"),
            )
        return self._hearings[key]

    def _send(self, piece: Piece) -> None:
        """Settle the transmission of what leaves in one piece."""
        lane, line, now = piece.lane, piece.lane.line, int(self._env.now)
        if not piece.leaving:
            return
        n_bytes = sum(bundle.n_bytes for bundle in piece.leaving)
        lasting = line.serialisation_us(n_bytes)
        sent = line.begin(now, lasting)
        transmitted = sent + lasting
        if n_bytes:
            line.free_us = transmitted
        received = transmitted + line.delay_us
        piece.t_sent_us, piece.t_transmitted_us = self._in_run(sent), self._in_run(transmitted)
        piece.t_received_us = self._in_run(received)
        if lane.passes_on:
            self._schedule(received, DELIVERY, piece)

    def _deliver(self, piece: Piece) -> None:
        """Offer what is new at the receiving node to the links that leave it."""
        topology = self.topology
        came_over = piece.lane.link
        node, came_from = topology.recipients[came_over], topology.senders[came_over]
        held = self._held[node]
        for bundle in piece.leaving:
            rows = bundle.rows[~held[bundle.rows]]
            if not len(rows):
                continue
            held[rows] = True
            rights = self._rights_of_copy(bundle, piece)
            for link in topology.outgoing[node]:
                if topology.recipients[link] != came_from and self._carried[link][bundle.profile]:
                    self._offer_relayed(link, rows, bundle, rights)

    def _rights_of_copy(self, bundle: Bundle, piece: Piece) -> Rights:
        """How the receiving node holds what came to it."""
        link, rights = piece.lane.link, bundle.rights
        if not self.topology.is_abroad(link):
            return rights
        if bundle.consent != NO_CONSENT:
            until_us = self._consent_ends_us[bundle.consent]
            if isinstance(piece, Request):
                until_us += piece.t_consented_us
            party = self.topology.nations[self.topology.recipients[link]]
            rights = rights.with_consent(party, until_us)
        return rights._replace(under=bundle.agreement)

    def _offer_relayed(self, link: int, rows: NDArray[np.int64], bundle: Bundle, rights: Rights) -> None:
        """Offer rows of a delivered bundle, held with some rights, to one link."""
        now, profile, depth = int(self._env.now), bundle.profile, bundle.depth + 1
        steps = self._steps_of(link, profile, rights, now)
        i = steps.index(now)
        number = REFUSED
        if not steps.gates[i]:
            lane = self._lanes[link, self.intake.profiles[profile].category]
            whole = len(rows) == len(bundle.rows)
            n_bytes = bundle.n_bytes if whole else int(self.intake.n_bytes[rows].sum())
            number = self._add(lane, now // lane.window_us, rows, profile, rights, depth, n_bytes)
        self.offers.append(
            Offers(link, rows, now, steps.gates[i], steps.agreements[i], steps.consents[i], depth, number)
        )

    def _steps_of(self, link: int, profile: int, rights: Rights, t_us: int) -> Steps:
        """The gates' answers over time for one link and kind of holding, as it is at ``t_us``."""
        party = self.topology.nations[self.topology.recipients[link]]
        is_named = bool(rights.consents) and rights.names(party, t_us)
        key = (link, profile, rights.under, is_named)
        if key not in self._steps:
            id_ = self.topology.links[link]
            self._steps[key] = self.policy.on_link(id_, self.intake.profiles[profile], rights.under, is_named)
        return self._steps[key]

    @staticmethod
    def _consent_end(consent: StandingConsent | ConsentOnRequest, timeline: Timeline) -> int:
        """Until when a consent stays with a copy; after the answer, for one on request [us]."""
        if isinstance(consent, ConsentOnRequest):
            return NEVER_US if consent.validity_s is None else to_us(consent.validity_s)
        return NEVER_US if consent.to_utc is None else timeline.us_at(consent.to_utc)

    def _in_run(self, t_us: int) -> int:
        """The time itself, or NEVER_US if the run ends before."""
        return t_us if t_us <= self.end_us else NEVER_US
