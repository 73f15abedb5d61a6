"""Links that stand apart: nothing but what feeds bring comes into their cases.

Model: a walk over all that nodes may come to hold: a form, under an agreement, perhaps with consents, sent by
one node or brought by a feed. On each link that leaves, the gates are asked at every moment at which an
answer changes; what they ever let pass may come into a case, and so to the next node. A link stands apart if
only what feeds bring may come into its cases, none of those may have to ask for a consent, and its desk, if
it has one, is first in, first out, asked by no consent, and shared with such links only.

Assumptions and limits: no path is followed further back than one node, and no date but one link's at a time.
So more may seem to come than does, never less, and a link that could stand apart may not be found.
Where next: ``ahead`` settles these links before the run.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Final, NamedTuple

from mda_sim.sharing.consents import ConsentOnRequest
from mda_sim.sharing.exchange.cases import NO_CONSENT
from mda_sim.sharing.exchange.desk import Desk, FifoDesk
from mda_sim.sharing.exchange.intake import Topology
from mda_sim.sharing.forms import Forms
from mda_sim.sharing.network import SharingSpec
from mda_sim.sharing.policy import OWN, Policy, Steps

FEED: Final = -1
"""In place of the node that sent something: a feed brought it."""


class Held(NamedTuple):
    """What a node may come to hold."""

    node: int
    form: int
    under: int
    """Index of the agreement under which its nation received it, or ``OWN``."""
    may_be_named: bool
    """Whether consents may have come with it."""
    before: int
    """The node that sent it, or ``FEED``."""


def links_apart(
    sharing: SharingSpec,
    topology: Topology,
    desks: Mapping[str, Desk],
    forms: Forms,
    policy: Policy,
    fed: Iterable[tuple[int, int]],
) -> frozenset[int]:
    """Links that stand apart; ``fed`` are the forms that feeds bring, each with its node."""
    touched: set[int] = set()
    queue = [Held(node, form, OWN, False, FEED) for form, node in fed]
    found = set(queue)
    consents = [sharing.consents[id_] for id_ in sorted(sharing.consents)]
    for held in queue:  # grows while it is read
        for link, steps in ways_on(topology, forms, policy, held):
            asks = any(
                consent != NO_CONSENT and isinstance(consents[consent], ConsentOnRequest)
                for consent in steps.consents
            )
            if asks or held.before != FEED:
                touched.add(link)
            for onward in received_there(topology, forms, held, link, steps):
                if onward not in found:
                    found.add(onward)
                    queue.append(onward)
    specs = [sharing.links[id_] for id_ in topology.links]
    shared = {id_ for id_, desk in desks.items() if not isinstance(desk, FifoDesk)}
    shared |= {c.desk for c in consents if isinstance(c, ConsentOnRequest) and c.desk is not None}
    shared |= {desk for link in touched if (desk := specs[link].desk) is not None}
    return frozenset(i for i, spec in enumerate(specs) if i not in touched and spec.desk not in shared)


def ways_on(topology: Topology, forms: Forms, policy: Policy, held: Held) -> Iterator[tuple[int, Steps]]:
    """Links into whose cases it may come, with the answers of their gates."""
    for link in topology.outgoing[held.node]:
        if forms.carried[link][held.form] and topology.recipients[link] != held.before:
            profile = forms.profiles[forms.offered[link, held.form].form]
            for is_named in (False, True)[: 1 + held.may_be_named]:
                steps = policy.on_link(topology.links[link], profile, held.under, is_named)
                if 0 in steps.gates:
                    yield link, steps


def received_there(topology: Topology, forms: Forms, held: Held, link: int, steps: Steps) -> Iterator[Held]:
    """What the recipient may come to hold of it."""
    form, node = forms.offered[link, held.form].form, topology.recipients[link]
    may_be_named = held.may_be_named or any(consent != NO_CONSENT for consent in steps.consents)
    if not topology.is_abroad(link):
        yield Held(node, form, held.under, may_be_named, held.node)
        return
    for agreement in sorted(set(steps.agreements) - {OWN}):
        yield Held(node, forms.crossed(form, agreement, link), agreement, may_be_named, held.node)
