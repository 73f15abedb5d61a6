"""Offering: what a node that holds a copy offers to which links, and as what a recipient holds what comes.

Model: what feeds bring is offered all at once, as columns; what is relayed, as it comes. A link's filter, its
sanitising and its gates decide, and what they let pass joins the case of its window. What a border changes is
in ``forms`` (the level) and here: the agreement, the consents that go with the copy, and until when it may be
held.

Assumptions and limits: those of the package's docstring. Where next: ``engine`` moves the cases.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from mda_sim.core.time import NEVER_US, to_us
from mda_sim.records import Gate
from mda_sim.sharing.exchange.holdings import CopyKind, Form
from mda_sim.sharing.exchange.intake import Intake, Topology
from mda_sim.sharing.exchange.rights import OWN_RIGHTS, Rights
from mda_sim.sharing.filters import bits_of_links
from mda_sim.sharing.forms import Forms
from mda_sim.sharing.network import SharingSpec
from mda_sim.sharing.policy import OWN, Policy, Steps
from tests.reference.exchange.cases import (
    BY_FEED,
    FILTERED,
    NO_CONSENT,
    REFUSED,
    Bundle,
    Copy,
    Piece,
)
from tests.reference.exchange.holdings import Holdings
from tests.reference.exchange.journal import Journal
from tests.reference.exchange.lanes import FedLoad, Lane
from tests.reference.exchange.receipts import LastReceipts

MUST_DESTROY = int(Gate.RELEASE)
"""What a copy fails that must be destroyed by now."""


class Held(NamedTuple):
    """How a node holds what it received."""

    kind: CopyKind
    number: int
    """That of the kind among the holdings."""
    purged_us: int
    """When it must be destroyed [us]."""


class Offering:
    """Offers of one run, and the holdings that they come from."""

    def __init__(
        self,
        sharing: SharingSpec,
        topology: Topology,
        intake: Intake,
        policy: Policy,
        lanes: list[Lane],
        journal: Journal,
        expect: Callable[[Lane, int], None],
        end_us: int,
    ) -> None:
        """Nothing offered yet; ``expect`` is told of each window into which something is relayed."""
        self.forms = Forms.of(sharing, intake.fed(topology))
        self._topology = topology
        self._intake = intake
        self._policy = policy
        self._journal = journal
        self._expect = expect
        self._end_us = end_us
        self._n_bundles = 0
        self._steps: dict[tuple[int, int, int, bool], Steps] = {}
        forms = [Form(profile, self.forms.label(i)) for i, profile in enumerate(self.forms.profiles)]
        self._held_as: dict[tuple[int, int, Rights, int], Held] = {}
        """What a recipient makes of a copy under an agreement, where the moment does not matter."""
        self._last = LastReceipts()
        self._holdings = Holdings(len(topology.nodes), len(intake), forms)
        bits = bits_of_links(sharing)
        self._filter_bits = [bits.get(link, 0) for link in topology.links]
        by_link = {(lane.link, lane.category): lane for lane in lanes}
        self._lanes = [
            [by_link[link, form.category] for form in self.forms.profiles]
            for link in range(len(topology.links))
        ]
        agreements = [sharing.agreements[id_] for id_ in sorted(sharing.agreements)]
        self._retention_us = [NEVER_US if a.retention_s is None else to_us(a.retention_s) for a in agreements]

    @property
    def n_bundles(self) -> int:
        """Bundles made so far."""
        return self._n_bundles

    def offer_fed(self) -> list[tuple[Lane, list[FedLoad]]]:
        """Offer all parts that feeds bring within the run; what goes into the cases of each lane."""
        intake = self._intake
        for node in range(len(self._topology.nodes)):
            for form in range(len(intake.profiles)):
                rows = np.flatnonzero((intake.node == node) & (intake.profile == form))
                self._holdings.keeps(node, rows, self._holdings.number(CopyKind(form, OWN_RIGHTS)))
        loads: dict[int, tuple[Lane, list[FedLoad]]] = {}
        for link in range(len(self._topology.links)):
            for lane, load in self._fed_loads(link):
                loads.setdefault(lane.turn, (lane, []))[1].append(load)
        return list(loads.values())

    def _fed_loads(self, link: int) -> list[tuple[Lane, FedLoad]]:
        """Offer to one link what feeds bring to its sender; what goes into cases, by form."""
        intake, sender = self._intake, self._topology.senders[link]
        takes = np.array(self.forms.carried[link], bool)
        rows = np.flatnonzero((intake.node == sender) & (intake.t_arrived_us <= self._end_us))
        rows = rows[takes[intake.profile[rows]]]
        loads = []
        for fed in np.unique(intake.profile[rows]).tolist():
            of_form = rows[intake.profile[rows] == fed]
            passes = self._passes_filter(link, of_form)
            self._note_fed(link, of_form[~passes], fed, bundle=FILTERED)
            load = self._fed_load(link, of_form[passes], fed)
            if load is not None:
                loads.append((self._lanes[link][fed], load))
        return loads

    def _fed_load(self, link: int, rows: NDArray[np.int64], fed: int) -> FedLoad | None:
        """Offer rows of one form to one link; those that its gates let into cases, None if there are none."""
        lane, t_us = self._lanes[link][fed], self._intake.t_arrived_us[rows]
        form, held_back_us, _ = self.forms.offered[link, fed]
        steps = self._steps_of(link, form, OWN_RIGHTS, 0)
        step = steps.indices(t_us)
        gates = np.array(steps.gates)[step]
        passing = np.flatnonzero(gates == 0)
        window = (t_us[passing] + held_back_us) // lane.window_us
        order = np.argsort(window, kind="stable")
        is_first = np.diff(window[order], prepend=-1) != 0
        bundle, window_of = np.full(len(rows), REFUSED), np.full(len(rows), -1)
        bundle[passing[order]] = self._n_bundles + np.cumsum(is_first) - 1
        if lane.way.desk is not None:
            window_of[passing] = window
        self._note_fed(
            link, rows, form, gates, np.array(steps.agreements)[step], np.array(steps.consents)[step],
            bundle, window_of,
        )  # fmt: skip
        if not len(passing):
            return None
        starts, cased = np.flatnonzero(is_first), rows[passing[order]]
        first, self._n_bundles = self._n_bundles, self._n_bundles + len(starts)
        return FedLoad(
            copy=Copy(form, OWN_RIGHTS, (self._topology.senders[link],), BY_FEED),
            rows=cased,
            windows=window[order][starts],
            starts=np.append(starts, len(cased)),
            n_bytes=np.add.reduceat(self._intake.n_bytes[cased], starts),
            steps=steps,
            first=first,
        )

    def _note_fed(
        self,
        link: int,
        rows: NDArray[np.int64],
        form: int,
        gates: NDArray[np.int64] | int = 0,
        agreement: NDArray[np.int64] | int = OWN,
        consent: NDArray[np.int64] | int = NO_CONSENT,
        bundle: NDArray[np.int64] | int = REFUSED,
        window: NDArray[np.int64] | int = -1,
    ) -> None:
        """Write down offers of rows that a feed brought."""
        columns = {
            "row": rows, "link": link, "t_arrived_us": self._intake.t_arrived_us[rows], "gates": gates,
            "agreement": agreement, "consent": consent, "form": form, "depth": 0, "source": BY_FEED,
            "bundle": bundle, "window": window,
        }  # fmt: skip
        self._journal.fed_offers.append(
            {
                name: np.broadcast_to(np.asarray(value, np.int64), rows.shape)
                for name, value in columns.items()
            }
        )

    def _passes_filter(self, link: int, rows: NDArray[np.int64]) -> NDArray[np.bool_]:
        bit = np.uint64(self._filter_bits[link])
        passes: NDArray[np.bool_] = (self._intake.share_class[rows] & bit) == bit
        return passes

    def receive(self, piece: Piece, t_us: int) -> None:
        """What left in a piece has come to its recipient, who keeps what is of use, and offers it on."""
        topology = self._topology
        node = topology.recipients[piece.lane.link]
        for bundle, held in self._legally_held(piece, t_us):
            rows = self._holdings.receive(node, bundle.rows, held.number)
            self._journal.receipts.add((bundle.number, held.purged_us, len(rows)))
            self._journal.kept_rows.add(rows)
            if len(rows):
                form, rights = held.kind
                copy = Copy(form, rights, (*bundle.copy.path, node), bundle.number, held.purged_us)
                for link in topology.outgoing[node]:
                    if topology.recipients[link] not in copy.path and self.forms.carried[link][form]:
                        self._offer_relayed(link, rows, copy, t_us)

    def receive_last(self, piece: Piece, t_us: int, place: int) -> None:
        """What left in a piece will come to a node that passes nothing on."""
        node = self._topology.recipients[piece.lane.link]
        for bundle, held in self._legally_held(piece, t_us):
            self._last.entries.add(
                (node, t_us, place, bundle.number, held.number, held.purged_us, len(bundle.rows))
            )
            self._last.rows.add(bundle.rows)

    def finish(self) -> None:
        """Let nodes that pass nothing on receive all that came there."""
        self._last.receive(self._holdings, self._journal)

    def _legally_held(self, piece: Piece, t_us: int) -> Iterator[tuple[Bundle, Held]]:
        """The bundles that left in a piece and may be received, with how the recipient holds them."""
        lane = piece.lane
        for bundle in piece.leaving:
            if not lane.is_abroad or bundle.is_settled or self._may_be_received(bundle, lane, t_us):
                yield bundle, self._as_held(bundle, lane, t_us)

    def _may_be_received(self, bundle: Bundle, lane: Lane, t_us: int) -> bool:
        """Whether the law still lets a bundle pass at the moment at which it comes across a border."""
        steps = self.steps_of(lane, bundle.copy, t_us)
        i = steps.index(t_us)
        bundle.agreement = steps.agreements[i]
        self._journal.checks.add((bundle.number, steps.legal[i], bundle.agreement, bundle.consent, 1))
        return not steps.legal[i]

    def _as_held(self, bundle: Bundle, lane: Lane, t_us: int) -> Held:
        """How a recipient holds what has come."""
        copy = bundle.copy
        key = (lane.link, copy.form, copy.rights, bundle.agreement)
        if bundle.is_settled and key in self._held_as:
            return self._held_as[key]
        held = self.as_held(lane, copy, bundle.agreement, bundle.consent, bundle.until_us, t_us)
        if bundle.is_settled and held.purged_us == NEVER_US:
            self._held_as[key] = held
        return held

    def as_held(self, lane: Lane, copy: Copy, agreement: int, consent: int, until_us: int, t_us: int) -> Held:
        """How a recipient holds a copy that comes at ``t_us``, with its consent until ``until_us``."""
        kind, purged_us = CopyKind(copy.form, copy.rights), copy.purged_us
        if lane.is_abroad:
            rights = copy.rights
            giver, taker = self._topology.parties(lane.link)
            if consent != NO_CONSENT:
                rights = rights.with_consent(taker, until_us)
            purge_us = self._policy.next_purge_us(agreement, giver, taker, t_us)
            form = self.forms.crossed(copy.form, agreement, lane.link)
            kind = CopyKind(form, Rights(agreement, rights.consents, purge_us))
            purged_us = min(purge_us, t_us + self._retention_us[agreement], NEVER_US)
        return Held(kind, self._holdings.number(kind), purged_us)

    def _offer_relayed(self, link: int, rows: NDArray[np.int64], copy: Copy, t_us: int) -> None:
        """Offer to one link the copies of these rows that the sender has just received."""
        if self._filter_bits[link]:
            passes = self._passes_filter(link, rows)
            self._note_relayed(link, rows[~passes], copy, t_us, (0, OWN, NO_CONSENT), FILTERED, -1)
            rows = rows[passes]
        if not len(rows):
            return
        form, held_back_us, is_new_product = self.forms.offered[link, copy.form]
        lane = self._lanes[link][form]
        if form != copy.form:
            rights = copy.rights._replace(consents=()) if is_new_product else copy.rights
            copy = copy._replace(form=form, rights=rights)
        steps = self.steps_of(lane, copy, t_us)
        i = steps.index(t_us)
        gates = steps.gates[i] | (MUST_DESTROY if t_us >= copy.purged_us else 0)
        number, window = REFUSED, -1
        if not gates:
            number, window = self._n_bundles, (t_us + held_back_us) // lane.window_us
            self._n_bundles += 1
            bundle = Bundle(number, rows, copy, self._bytes_of(rows), steps)
            if window in lane.open:
                lane.open[window].append(bundle)
            else:
                lane.open[window] = [bundle]
                self._expect(lane, window)
            if lane.way.desk is None:
                window = -1
        answers = (gates, steps.agreements[i], steps.consents[i])
        self._note_relayed(link, rows, copy, t_us, answers, number, window)

    def _bytes_of(self, rows: NDArray[np.int64]) -> int:
        n_bytes = self._intake.n_bytes
        return n_bytes.item(rows.item()) if len(rows) == 1 else int(n_bytes[rows].sum())

    def _note_relayed(
        self,
        link: int,
        rows: NDArray[np.int64],
        copy: Copy,
        t_us: int,
        answers: tuple[int, int, int],
        bundle: int,
        window: int,
    ) -> None:
        """Write down an offer of rows that a link brought; ``answers``: gates, agreement, consent."""
        if len(rows):
            depth = len(copy.path) - 1
            self._journal.offers.add(
                (len(rows), link, t_us, *answers, copy.form, depth, copy.source, bundle, window)
            )
            self._journal.offered_rows.add(rows)

    def steps_of(self, lane: Lane, copy: Copy, t_us: int) -> Steps:
        """The gates' answers over time for a copy, as offered to a lane and held at ``t_us``."""
        return self._steps_of(lane.link, copy.form, copy.rights, t_us)

    def _steps_of(self, link: int, form: int, rights: Rights, t_us: int) -> Steps:
        is_named = False
        if rights.consents:
            is_named = t_us < rights.until_us(self._topology.nations[self._topology.recipients[link]])
        key = (link, form, rights.under, is_named)
        if key not in self._steps:
            profile, id_ = self.forms.profiles[form], self._topology.links[link]
            self._steps[key] = self._policy.on_link(id_, profile, rights.under, is_named)
        return self._steps[key]
