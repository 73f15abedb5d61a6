"""Which links may matter to what a node receives: all others could go, and its receipts would be the same.

Model: the same walk as in ``apart``, over all that nodes may come to hold in law. A link is **active** if
anything may come into its cases. To the receipts of a node matter the active links that end there, and for
each link that matters

    the active links that end at its sender, if anything but what feeds bring may come into its cases
    the active links that use a desk that it uses: to review its cases, or to decide on consents they ask for

A link with a filter matters to every node: without it reports may travel in other parts, with other bytes.

Assumptions and limits: as in ``apart``, more may seem to matter than does, never less. It holds for the
section with any of its links taken away, since the answers of gates do not depend on which links there are,
but not for one with other agreements, consents, labels or feeds. Outcomes, which say why something did not
come, may depend on further links. Where next: ``study.coalitions`` leaves out runs that would tell nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from mda_sim.sharing.consents import ConsentOnRequest
from mda_sim.sharing.exchange.apart import FEED, Held, received_there, ways_on
from mda_sim.sharing.exchange.cases import NO_CONSENT
from mda_sim.sharing.exchange.engine import Engine
from mda_sim.sharing.exchange.intake import Intake, Topology
from mda_sim.sharing.exchange.parts import split_reports
from mda_sim.sharing.happenings import resolve_events
from mda_sim.sharing.policy import OWN

if TYPE_CHECKING:
    from mda_sim.core.time import Timeline
    from mda_sim.records import ContactFacts, DetectionLog
    from mda_sim.sharing.network import SharingSpec


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
    engine = Engine(dated, topology, Intake.of(log, parts, dated, topology), timeline, seed)
    relays, desks = _walk(engine)
    always = {id_ for id_, link in sharing.links.items() if link.filter is not None}
    return {
        node: frozenset(always | {topology.links[i] for i in _closure(topology, relays, desks, number)})
        for number, node in enumerate(topology.nodes)
    }


def _walk(engine: Engine) -> tuple[dict[int, bool], dict[int, set[str]]]:
    """Active links: whether each passes on what came over links, and the desks that it uses."""
    topology, forms, policy = engine.topology, engine.forms, engine.policy
    consents = [engine.sharing.consents[id_] for id_ in sorted(engine.sharing.consents)]
    relays: dict[int, bool] = {}
    desks: dict[int, set[str]] = {}
    queue = [Held(node, form, OWN, False, FEED) for form, node in engine.intake.pairs()]
    found = set(queue)
    for held in queue:  # grows while it is read
        for link, steps in ways_on(topology, forms, policy, held):
            relays[link] = relays.get(link, False) or held.before != FEED
            own = engine.sharing.links[topology.links[link]].desk
            used = desks.setdefault(link, set() if own is None else {own})
            for consent in set(steps.consents) - {NO_CONSENT}:
                spec = consents[consent]
                if isinstance(spec, ConsentOnRequest) and spec.desk is not None:
                    used.add(spec.desk)
            for onward in received_there(topology, forms, held, link, steps):
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
