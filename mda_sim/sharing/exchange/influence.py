"""Which links may matter to what a node receives: all others could go, and its receipts would be the same.

Model: a walk over all that nodes may come to hold in law: a form, under an agreement, perhaps with consents,
sent by one node or brought by a feed. On each link that leaves, the gates are asked at every moment at which
an answer changes; what they ever let pass may come into a case, and so to the next node. A link is **active**
if anything may come into its cases. To the receipts of a node matter the active links that end there, and for
each link that matters

    the active links that end at its sender, if anything but what feeds bring may come into its cases
    the active links that use a desk that it uses: to review its cases, or to decide on consents they ask for

A link with a filter matters to every node: without it reports may travel in other parts, with other bytes.

Assumptions and limits: no path is followed further back than one node, and no date but one link's at a time.
So more may seem to matter than does, never less. It holds for the section with any of its links taken away,
since the answers of gates do not depend on which links there are, but not for one with other agreements,
consents, labels or feeds. Outcomes, which say why something did not come, may depend on further links. Where
next: ``study.coalitions`` leaves out runs that would tell nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Final, NamedTuple

from mda_sim.sharing.consents import ConsentOnRequest
from mda_sim.sharing.exchange.intake import Intake, Topology
from mda_sim.sharing.exchange.layout import NO_CONSENT
from mda_sim.sharing.exchange.parts import split_reports
from mda_sim.sharing.forms import Forms
from mda_sim.sharing.happenings import resolve_events
from mda_sim.sharing.policy import OWN, Policy, Steps

if TYPE_CHECKING:
    from mda_sim.core.time import Timeline
    from mda_sim.records import ContactFacts, DetectionLog
    from mda_sim.sharing.network import SharingSpec


_FEED: Final = -1
"""In place of the node that sent something: a feed brought it."""


class _Held(NamedTuple):
    """What a node may come to hold."""

    node: int
    form: int
    under: int
    """Index of the agreement under which its nation received it, or ``OWN``."""
    may_be_named: bool
    """Whether consents may have come with it."""
    before: int
    """The node that sent it, or ``_FEED``."""


def links_that_matter(
    log: DetectionLog,
    sharing: SharingSpec,
    timeline: Timeline,
    seed: int,
    facts: ContactFacts | None,
) -> Mapping[str, frozenset[str]]:
    """For each node the links that may matter to what it receives; the section must be free of errors."""
    dated = resolve_events(sharing, timeline, seed)
    parts, _ = split_reports(log, dated, facts)
    topology = Topology.of(dated)
    intake = Intake.of(log, parts, dated, topology)
    forms = Forms.of(dated, intake.fed(topology))
    relays, desks = _walk(dated, topology, forms, Policy(dated, timeline), intake)
    always = {id_ for id_, link in sharing.links.items() if link.filter is not None}
    return {
        node: frozenset(always | {topology.links[i] for i in _closure(topology, relays, desks, number)})
        for number, node in enumerate(topology.nodes)
    }


def _walk(
    sharing: SharingSpec, topology: Topology, forms: Forms, policy: Policy, intake: Intake
) -> tuple[dict[int, bool], dict[int, set[str]]]:
    """Active links: whether each passes on what came over links, and the desks that it uses."""
    consents = [sharing.consents[id_] for id_ in sorted(sharing.consents)]
    relays: dict[int, bool] = {}
    desks: dict[int, set[str]] = {}
    queue = [_Held(node, form, OWN, False, _FEED) for form, node in intake.pairs()]
    found = set(queue)
    for held in queue:  # grows while it is read
        for link, steps in _ways_on(topology, forms, policy, held):
            relays[link] = relays.get(link, False) or held.before != _FEED
            own = sharing.links[topology.links[link]].desk
            used = desks.setdefault(link, set() if own is None else {own})
            for consent in set(steps.consents) - {NO_CONSENT}:
                spec = consents[consent]
                if isinstance(spec, ConsentOnRequest) and spec.desk is not None:
                    used.add(spec.desk)
            for onward in _received_there(topology, forms, held, link, steps):
                if onward not in found:
                    found.add(onward)
                    queue.append(onward)
    return relays, desks


def _closure(
    topology: Topology, relays: Mapping[int, bool], desks: Mapping[int, set[str]], node: int
) -> set[int]:
    """Active links that matter to one node."""
    into: dict[int, list[int]] = {}
    for link in relays:
        into.setdefault(topology.recipients[link], []).append(link)
    queue = list(into.get(node, ()))
    found = set(queue)
    for link in queue:  # grows while it is read
        reached = into.get(topology.senders[link], []) if relays[link] else []
        beside = [other for other in relays if desks[other] & desks[link]]
        for other in (*reached, *beside):
            if other not in found:
                found.add(other)
                queue.append(other)
    return found


def _ways_on(topology: Topology, forms: Forms, policy: Policy, held: _Held) -> Iterator[tuple[int, Steps]]:
    """Links into whose cases it may come, with the answers of their gates."""
    for link in topology.outgoing[held.node]:
        if forms.carried[link][held.form] and topology.recipients[link] != held.before:
            profile = forms.profiles[forms.offered[link, held.form].form]
            for is_named in (False, True)[: 1 + held.may_be_named]:
                steps = policy.on_link(topology.links[link], profile, held.under, is_named)
                if 0 in steps.gates:
                    yield link, steps


def _received_there(
    topology: Topology, forms: Forms, held: _Held, link: int, steps: Steps
) -> Iterator[_Held]:
    """What the recipient may come to hold of it."""
    form, node = forms.offered[link, held.form].form, topology.recipients[link]
    may_be_named = held.may_be_named or any(consent != NO_CONSENT for consent in steps.consents)
    if not topology.is_abroad(link):
        yield _Held(node, form, held.under, may_be_named, held.node)
        return
    for agreement in sorted(set(steps.agreements) - {OWN}):
        yield _Held(node, forms.crossed(form, agreement, link), agreement, may_be_named, held.node)
