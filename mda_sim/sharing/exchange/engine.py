"""The engine: cases move through desks and over links in SimPy, as bundles, never one report at a time.

Model: SimPy keeps the clock and the order of three kinds of event, at most one of each for a case and hop:
a case closes, is released, is delivered. Because desks and links serve first in, first out with times known
beforehand, a case's review is settled when it closes and its transmission when it is released. Deliveries are
events only where the receiving node can pass the reports on. Events at one microsecond run in the order
delivery, closing, release, then link id, category, window: nothing depends on the order of insertion.

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
from mda_sim.sharing.exchange.cases import REFUSED, Bundle, Case, Lane, Offers
from mda_sim.sharing.exchange.intake import Intake, Topology, carried
from mda_sim.sharing.exchange.service import Chance, Desk, Line, ServiceTimes
from mda_sim.sharing.network import SharingSpec
from mda_sim.sharing.policy import OWN, Policy, Steps

DELIVERY: Final = 0
CLOSING: Final = 1
RELEASE: Final = 2


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
        self.cases: list[Case] = []
        self.bundles: list[Bundle] = []
        self.offers: list[Offers] = []
        self.n_events = 0
        self._env = simpy.Environment()
        self._stages: dict[int, EventCallbacks] = {
            CLOSING: [self._close],
            RELEASE: [self._release],
            DELIVERY: [self._deliver],
        }
        self._carried = carried(sharing, topology, intake.profiles)
        self._lanes = self._build_lanes(timeline, seed)
        self._steps: dict[tuple[int, int, int], Steps] = {}
        self._held = {node: intake.node == node for node, links in enumerate(topology.outgoing) if links}

    def run(self) -> None:
        """Put every fed report through the network, until nothing more can happen before the end."""
        for link in range(len(self.topology.links)):
            self._offer_fed(link)
        self._env.run()

    def _build_lanes(self, timeline: Timeline, seed: int) -> dict[tuple[int, str], Lane]:
        """A lane for each link and category, in the order that breaks ties."""
        desks = {id_: Desk(spec, timeline) for id_, spec in self.sharing.desks.items()}
        categories = sorted({profile.category for profile in self.intake.profiles})
        lanes: dict[tuple[int, str], Lane] = {}
        for i, link in enumerate(self.topology.links):
            spec = self.sharing.links[link]
            line = Line(spec)
            desk = None if spec.desk is None else desks[spec.desk]
            for category in categories:
                lanes[i, category] = Lane(
                    rank=len(lanes),
                    link=i,
                    window_us=to_us(spec.case_window_s),
                    desk=desk,
                    line=line,
                    times=None if desk is None else ServiceTimes(desk.spec, seed, link, category),
                    willing=Chance(spec.willingness, seed, "share.willing", link, category),
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
        gates, agreement = np.zeros(len(rows), np.int64), np.zeros(len(rows), np.int64)
        for p in np.unique(profile).tolist():
            of_profile = np.flatnonzero(profile == p)
            steps = self._steps_of(link, p, OWN)
            i = steps.indices(t_us[of_profile])
            gates[of_profile] = np.array(steps.gates)[i]
            agreement[of_profile] = np.array(steps.agreements)[i]
        bundle = np.full(len(rows), REFUSED)
        for p in np.unique(profile[gates == 0]).tolist():
            passing = np.flatnonzero((profile == p) & (gates == 0))
            bundle[passing] = self._fill_cases(link, p, rows[passing], t_us[passing])
        self.offers.append(Offers(link, rows, t_us, gates, agreement, 0, bundle))

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
            self._add(lane, k, rows[start:end], profile, OWN, 0, size)
        numbers = np.empty(len(rows), np.int64)
        numbers[order] = first + np.cumsum(np.diff(window, prepend=window[0]) != 0)
        return numbers

    def _add(
        self,
        lane: Lane,
        window: int,
        rows: NDArray[np.int64],
        profile: int,
        under: int,
        depth: int,
        n_bytes: int,
    ) -> int:
        """Add reports to the case of a window, which is opened if need be; the number of their bundle."""
        case = lane.cases.get(window)
        if case is None:
            case = lane.cases[window] = Case(self._env, lane, window, len(self.cases))
            self.cases.append(case)
            self._schedule((window + 1) * lane.window_us, CLOSING, case)
        bundle = Bundle(case, rows, profile, under, depth, n_bytes)
        case.bundles.append(bundle)
        self.bundles.append(bundle)
        return len(self.bundles) - 1

    def _schedule(self, t_us: int, kind: int, case: Case) -> None:
        """Have SimPy call the stage ``kind`` with the case at ``t_us``, unless the run ends before."""
        if t_us <= self.end_us:
            case.callbacks = self._stages[kind]
            rank = ((kind << 20 | case.lane.rank) << 36) | case.window
            self._env.schedule(case, EventPriority(rank), t_us - int(self._env.now))
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
        if desk.expiry_us is not None and begin > now + desk.expiry_us:
            case.is_expired = now + desk.expiry_us <= self.end_us
            return
        touch_us, elapsed_us = times.of(case.window)
        reviewed = desk.reviewed(begin, touch_us)
        if any(bundle.n_bytes for bundle in case.bundles):
            desk.occupy(reviewed)
        case.t_review_us, case.t_reviewed_us = self._in_run(begin), self._in_run(reviewed)
        self._schedule(desk.released(reviewed, elapsed_us), RELEASE, case)

    def _release(self, case: Case) -> None:
        """Ask the legal gates again, and settle the transmission of what passes."""
        now = int(self._env.now)
        lane, line = case.lane, case.lane.line
        case.t_released_us = now
        n_bytes, n_passing = 0, 0
        for bundle in case.bundles:
            steps = self._steps_of(lane.link, bundle.profile, bundle.under)
            i = steps.index(now)
            bundle.gates_at_release, bundle.agreement = steps.legal[i], steps.agreements[i]
            if not bundle.gates_at_release:
                n_bytes, n_passing = n_bytes + bundle.n_bytes, n_passing + 1
        if not n_passing:
            return
        sent = max(now, line.free_us)
        transmitted = sent + line.serialisation_us(n_bytes)
        if n_bytes:
            line.free_us = transmitted
        received = transmitted + line.delay_us
        case.t_sent_us, case.t_transmitted_us = self._in_run(sent), self._in_run(transmitted)
        case.t_received_us = self._in_run(received)
        if lane.passes_on:
            self._schedule(received, DELIVERY, case)

    def _deliver(self, case: Case) -> None:
        """Offer what is new at the receiving node to the links that leave it."""
        topology = self.topology
        came_over = case.lane.link
        node, came_from = topology.recipients[came_over], topology.senders[came_over]
        held, abroad = self._held[node], topology.is_abroad(came_over)
        for bundle in case.bundles:
            if bundle.gates_at_release:
                continue
            rows = bundle.rows[~held[bundle.rows]]
            if not len(rows):
                continue
            held[rows] = True
            under = bundle.agreement if abroad else bundle.under
            for link in topology.outgoing[node]:
                if topology.recipients[link] != came_from and self._carried[link][bundle.profile]:
                    self._offer_relayed(link, rows, bundle, under)

    def _offer_relayed(self, link: int, rows: NDArray[np.int64], bundle: Bundle, under: int) -> None:
        """Offer rows of a delivered bundle, held under an agreement, to one link."""
        now, profile, depth = int(self._env.now), bundle.profile, bundle.depth + 1
        steps = self._steps_of(link, profile, under)
        i = steps.index(now)
        number = REFUSED
        if not steps.gates[i]:
            lane = self._lanes[link, self.intake.profiles[profile].category]
            whole = len(rows) == len(bundle.rows)
            n_bytes = bundle.n_bytes if whole else int(self.intake.n_bytes[rows].sum())
            number = self._add(lane, now // lane.window_us, rows, profile, under, depth, n_bytes)
        self.offers.append(Offers(link, rows, now, steps.gates[i], steps.agreements[i], depth, number))

    def _steps_of(self, link: int, profile: int, under: int) -> Steps:
        """The gates' answers over time for one link and kind of holding."""
        key = (link, profile, under)
        if key not in self._steps:
            id_ = self.topology.links[link]
            self._steps[key] = self.policy.on_link(id_, self.intake.profiles[profile], under)
        return self._steps[key]

    def _in_run(self, t_us: int) -> int:
        """The time itself, or NEVER_US if the run ends before."""
        return t_us if t_us <= self.end_us else NEVER_US
