"""The engine: cases move through desks and over links in SimPy, as bundles, never one report at a time.

Model: SimPy keeps the clock and the order of three kinds of event, at most one of each for a case and hop:
a case closes, is released, is delivered; and of two more for a request: its desk is asked, the answer
comes. Because desks and links serve first in, first out with times known beforehand, a review is settled
when the case closes or the request is made, and a transmission when the piece is released. Events at one
microsecond run in the order closing, release, asking, answer, delivery, then link id, category, window,
consent: nothing depends on the order of insertion.

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
    BY_FEED,
    FILTERED,
    NO_CONSENT,
    OWN_RIGHTS,
    REFUSED,
    Bundle,
    Case,
    Copy,
    Hearing,
    Lane,
    Offers,
    Piece,
    Request,
    Rights,
)
from mda_sim.sharing.exchange.holdings import CopyKind, Form, Holdings
from mda_sim.sharing.exchange.intake import Intake, Topology, all_forms, carried, sanitising
from mda_sim.sharing.exchange.service import Chance, Desk, Line, Lot, ServiceTimes
from mda_sim.sharing.filters import bits_of_links
from mda_sim.sharing.network import SharingSpec
from mda_sim.sharing.policy import OWN, Policy, Steps

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
        self.kept: list[tuple[int, NDArray[np.int64]]] = []
        """Bundle and rows of every delivery that the receiving node kept, in the order in which they came."""
        self.forms = all_forms(sharing, topology, intake.profiles)
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
        self._carried = carried(sharing, topology, self.forms)
        self._sanitised = sanitising(sharing, topology, self.forms)
        bits = bits_of_links(sharing)
        self._filter_bits = [np.uint64(bits.get(link, 0)) for link in topology.links]
        self._lanes = self._build_lanes(timeline)
        self._steps: dict[tuple[int, int, int, bool], Steps] = {}
        self._consents = [sharing.consents[id_] for id_ in sorted(sharing.consents)]
        self._consent_ends_us = [self._consent_end(consent, timeline) for consent in self._consents]
        self._hearings: dict[tuple[int, int], Hearing] = {}
        labels = [Form(sharing.labels[form.label], form.coarsened_m) for form in self.forms]
        self._holdings = Holdings(len(topology.nodes), len(intake), labels)

    def run(self) -> None:
        """Put every fed part through the network, until nothing more can happen before the end."""
        for node in range(len(self.topology.nodes)):
            for profile in range(len(self.intake.profiles)):
                rows = np.flatnonzero((self.intake.node == node) & (self.intake.profile == profile))
                self._holdings.receive(node, rows, CopyKind(profile, OWN_RIGHTS))
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
                )
        return lanes

    def _offer_fed(self, link: int) -> None:
        """Offer to one link all parts that feeds bring to its sender, and open their cases."""
        intake, sender = self.intake, self.topology.senders[link]
        takes = np.array(self._carried[link], bool)
        rows = np.flatnonzero((intake.node == sender) & (intake.t_arrived_us <= self.end_us))
        rows = rows[takes[intake.profile[rows]]]
        for fed in np.unique(intake.profile[rows]).tolist():
            copy = Copy(fed, OWN_RIGHTS, (sender,), BY_FEED)
            of_profile = self._filtered(link, rows[intake.profile[rows] == fed], copy)
            t_us = intake.t_arrived_us[of_profile]
            profile, held_back_us = self._sanitised[link][fed]
            copy = copy._replace(profile=profile)
            steps = self._steps_of(link, profile, OWN_RIGHTS, 0)
            i = steps.indices(t_us)
            gates = np.array(steps.gates)[i]
            passing = np.flatnonzero(gates == 0)
            bundle = np.full(len(of_profile), REFUSED)
            if len(passing):
                bundle[passing] = self._fill_cases(
                    link, of_profile[passing], t_us[passing] + held_back_us, copy
                )
            agreement, consent = np.array(steps.agreements)[i], np.array(steps.consents)[i]
            offers = Offers(link, of_profile, t_us, gates, agreement, consent, profile, 0, BY_FEED, bundle)
            self.offers.append(offers)

    def _filtered(self, link: int, rows: NDArray[np.int64], copy: Copy) -> NDArray[np.int64]:
        """The rows that pass the link's filter; the others are booked as stopped by it."""
        bit = self._filter_bits[link]
        if not bit:
            return rows
        passes = (self.intake.share_class[rows] & bit) != 0
        stopped = rows[~passes]
        if len(stopped):
            fed = copy.source == BY_FEED
            t_us = self.intake.t_arrived_us[stopped] if fed else int(self._env.now)
            depth = len(copy.path) - 1
            self.offers.append(
                Offers(link, stopped, t_us, 0, OWN, NO_CONSENT, copy.profile, depth, copy.source, FILTERED)
            )
        passing: NDArray[np.int64] = rows[passes]
        return passing

    def _fill_cases(
        self, link: int, rows: NDArray[np.int64], t_us: NDArray[np.int64], copy: Copy
    ) -> NDArray[np.int64]:
        """Put rows of one form into the cases of their windows; the bundle number of each row."""
        lane = self._lanes[link, self.forms[copy.profile].category]
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
            self._add(lane, k, rows[start:end], copy, size)
        numbers = np.empty(len(rows), np.int64)
        numbers[order] = first + np.cumsum(np.diff(window, prepend=window[0]) != 0)
        return numbers

    def _add(self, lane: Lane, window: int, rows: NDArray[np.int64], copy: Copy, n_bytes: int) -> int:
        """Add parts to the case of a window, which is opened if need be; the number of their bundle."""
        case = lane.cases.get(window)
        if case is None:
            case = lane.cases[window] = Case(self._env, lane, window, len(self.cases))
            self.cases.append(case)
            self._schedule((window + 1) * lane.window_us, CLOSING, case)
        bundle = Bundle(case, len(self.bundles), rows, copy, n_bytes)
        case.bundles.append(bundle)
        self.bundles.append(bundle)
        return bundle.number

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
            category = self.forms[request.bundles[0].profile].category
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
        line, now = piece.lane.line, int(self._env.now)
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
        self._schedule(received, DELIVERY, piece)

    def _deliver(self, piece: Piece) -> None:
        """Offer what the receiving node keeps to the links that leave it."""
        topology = self.topology
        node = topology.recipients[piece.lane.link]
        for bundle in piece.leaving:
            rights = self._rights_of_copy(bundle, piece)
            kept = self._holdings.receive(node, bundle.rows, CopyKind(bundle.profile, rights))
            if not kept.any():
                continue
            rows = bundle.rows if kept.all() else bundle.rows[kept]
            self.kept.append((bundle.number, rows))
            copy = Copy(bundle.profile, rights, (*bundle.path, node), bundle.number)
            for link in topology.outgoing[node]:
                if topology.recipients[link] not in copy.path and self._carried[link][copy.profile]:
                    self._offer_relayed(link, rows, copy)

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

    def _offer_relayed(self, link: int, rows: NDArray[np.int64], copy: Copy) -> None:
        """Offer to one link the copies of these rows that the sender has just received."""
        rows = self._filtered(link, rows, copy)
        if not len(rows):
            return
        now, depth = int(self._env.now), len(copy.path) - 1
        profile, held_back_us = self._sanitised[link][copy.profile]
        copy = copy._replace(profile=profile)
        steps = self._steps_of(link, profile, copy.rights, now)
        i = steps.index(now)
        number = REFUSED
        if not steps.gates[i]:
            lane = self._lanes[link, self.forms[profile].category]
            window = (now + held_back_us) // lane.window_us
            number = self._add(lane, window, rows, copy, int(self.intake.n_bytes[rows].sum()))
        self.offers.append(
            Offers(
                link, rows, now, steps.gates[i], steps.agreements[i], steps.consents[i], profile, depth,
                copy.source, number,
            )
        )  # fmt: skip

    def _steps_of(self, link: int, profile: int, rights: Rights, t_us: int) -> Steps:
        """The gates' answers over time for one link and kind of holding, as it is at ``t_us``."""
        party = self.topology.nations[self.topology.recipients[link]]
        is_named = bool(rights.consents) and rights.names(party, t_us)
        key = (link, profile, rights.under, is_named)
        if key not in self._steps:
            id_ = self.topology.links[link]
            self._steps[key] = self.policy.on_link(id_, self.forms[profile], rights.under, is_named)
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
