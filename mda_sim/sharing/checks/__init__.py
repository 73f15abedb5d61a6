"""Cross-checks of a sharing section: what its specs refer to, and what cannot work.

Each check is one small function over ``Facts`` that yields findings; ``check_sharing`` runs them all, in
order. An error stops a run; a warning is shown.

Assumptions and limits: load is not checked here (it needs reports; see ``exchange.load``). A loop of links is
no fault: a copy is never offered to a node at which it has been.
Where next: the scenario layer gives each finding its place in the file.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from mda_sim.core.time import Timeline
from mda_sim.sharing.checks import law, network, people
from mda_sim.sharing.checks.events import EVENT_CHECKS
from mda_sim.sharing.checks.facts import Facts, Finding
from mda_sim.sharing.network import NationSpec, SharingSpec

__all__ = ["CHECKS", "Facts", "Finding", "check_sharing"]

CHECKS: Final = (
    law.unknown_nation,
    network.picture_node_missing,
    network.dangling_feed,
    network.feed_above_level,
    network.dangling_link,
    network.link_to_self,
    network.filter_without_effect,
    network.sanitise_without_effect,
    network.link_without_agreement,
    people.desk_of_two_nations,
    law.agreement_dates,
    law.agreement_parties,
    law.agreement_of_others,
    law.agreement_without_reach,
    law.agreement_articles,
    law.fused_labels,
    network.link_hours,
    network.outage_dates,
    network.group_members,
    people.consent_without_effect,
    people.consent_desk,
    people.consent_loop,
    people.desk_dates,
    people.urgency_without_effect,
    people.unit_without_effect,
    people.desk_never_open,
    *EVENT_CHECKS,
)
"""All checks, in the order in which they report."""


def check_sharing(
    sharing: SharingSpec,
    nations: Mapping[str, NationSpec],
    operators: Mapping[str, str],
    timeline: Timeline | None = None,
) -> list[Finding]:
    """All findings about one resolved sharing section, errors and warnings.

    ``operators`` maps each sensor id to the party that operates it. With a ``timeline``, a desk that never
    opens during the run is found too.
    """
    facts = Facts(sharing, nations, operators, timeline)
    return [finding for check in CHECKS for finding in check(facts)]
