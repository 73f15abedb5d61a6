"""What the picture nodes of a stored unit held at instants.

Where next: ``export`` and ``animate``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from mda_sim.core.time import to_us
from mda_sim.picture.spells import Holdings, sampled_holdings
from mda_sim.study.stored import StoredUnit

if TYPE_CHECKING:
    from mda_sim.scenario import Scenario


def picture_nodes(scenario: Scenario) -> dict[str, str]:
    """The picture node of each nation of kind 'nation' that has one, by nation."""
    return {
        nation: party.picture_node
        for nation, party in scenario.spec.nations.items()
        if party.kind == "nation" and party.picture_node is not None
    }


def holdings(
    unit: StoredUnit, node: str, targets: NDArray[np.int64], instants_us: NDArray[np.int64]
) -> Holdings:
    """What ``node`` held of the vessels ``targets`` (ascending ids) at ``instants_us`` (equally spaced).

    An observation counts up to the longest custody age of the scenario.
    """
    from mda_sim.picture.awareness import awareness
    from mda_sim.picture.receipts import receipts

    scenario, log = unit.scenario, unit.log
    received = receipts(log, unit.deliveries, unit.sharing, node, end_us=scenario.timeline.end_us)
    steps = awareness(log, unit.deliveries, received, contacts=unit.by_part)
    is_ais = np.array([card.category == "ais" for card in log.sensors], np.bool_)
    of_report = np.append(is_ais[log.reports["sensor"]], np.False_)
    heard = of_report[np.minimum(steps["report"], len(log.reports))]
    tau_us = to_us(max(scenario.spec.metrics.custody_age_s))
    return sampled_holdings(steps, unit.fleet, heard, targets, instants_us, tau_us)
