"""Which coalitions of a seed have to be run, so that the figures of all are known.

Model: where every player is one or more links, a nation's picture depends only on the links that may matter
to what its picture node receives in the grand coalition (``exchange.influence``). Coalitions that agree in
the players that hold such a link give the nation the same figures. So it is enough to run coalitions until
every nation has been seen with every set of the players that matter to it; which, a greedy cover decides:
again and again the coalition that shows most that is not known, of equal ones the largest number. In any
other game, or where a figure is asked for that is not read off a picture, every coalition is run.

Assumptions and limits: what matters is found in law, not in fact, so more is run than needed, never less.
Where next: ``coalitions`` runs the plan.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from mda_sim.core.errors import RunError
from mda_sim.metrics.asked import known_metrics
from mda_sim.sharing.exchange.influence import links_that_matter
from mda_sim.sharing.filters import contact_facts

if TYPE_CHECKING:
    from mda_sim.metrics.frame import ScoringFrame
    from mda_sim.metrics.spec import Endpoint
    from mda_sim.records import DetectionLog
    from mda_sim.scenario import Scenario
    from mda_sim.sharing.network import SharingSpec
    from mda_sim.study.folder import RunFolder
    from mda_sim.study.players import Game
    from mda_sim.world.fleet import Fleet

_OF_RECEIPTS: Final = frozenset({"custody", "age", "awareness", "area", "corridors", "probes"})
"""Families of metrics that depend on nothing but the receipts of the picture node."""


@dataclass(frozen=True)
class CoalitionJob:
    """What to compute for one seed."""

    folder: RunFolder
    scenario_digest: str
    seed: int
    endpoints: tuple[Endpoint, ...]
    nations: tuple[str, ...]
    """Whose figures."""
    game: Game | None = None
    coalitions: tuple[int, ...] = ()
    """Coalitions of ``game``, as bit masks."""
    sections: tuple[tuple[str, SharingSpec, tuple[Endpoint, ...]], ...] = ()
    """Further sections, each with a name and the endpoints that are asked of it."""

    def section(self, coalition: int) -> SharingSpec:
        """What a coalition shares by; RunError if the job has no game."""
        if self.game is None:
            raise RunError("coalitions need a game")
        return self.game.section(coalition)


class Ground(NamedTuple):
    """One seed, ready for any section."""

    scenario: Scenario
    fleet: Fleet
    log: DetectionLog
    frame: ScoringFrame


class Plan(NamedTuple):
    """What to run."""

    runs: tuple[int, ...]
    """Coalitions."""
    matters: Mapping[str, int]
    """For each nation the players, as a bit mask, that may matter to it."""


def plan_of(ground: Ground, job: CoalitionJob) -> Plan:
    """The coalitions to run of a job."""
    game = job.game
    if game is None:
        return Plan((), {})
    known = known_metrics(ground.scenario.spec.metrics)
    families = {known[endpoint.metric].family for endpoint in job.endpoints}
    only_links = all(
        not player.reforms and all(item.kind == "link" for item in player.items) for player in game.players
    )
    if not only_links or not families <= _OF_RECEIPTS:
        return Plan(job.coalitions, dict.fromkeys(job.nations, game.whole))
    scenario = ground.scenario
    facts = contact_facts(ground.fleet, ground.log, game.grand)
    found = links_that_matter(ground.log, game.grand, scenario.timeline, job.seed, facts)
    matters = {}
    for nation in job.nations:
        links = found.get(str(scenario.spec.nations[nation].picture_node), frozenset())
        matters[nation] = sum(
            1 << i for i, player in enumerate(game.players) if any(item.id in links for item in player.items)
        )
    return Plan(_cover(np.array(job.coalitions, np.int64), list(matters.values())), matters)


def _cover(coalitions: NDArray[np.int64], matters: list[int]) -> tuple[int, ...]:
    """Coalitions that show every part of the others within each of the masks ``matters``."""
    parts = [np.unique(coalitions & mask, return_inverse=True)[1].reshape(-1) for mask in matters]
    missing = [np.ones(int(part.max(initial=-1)) + 1, np.bool_) for part in parts]
    runs = []
    while any(still.any() for still in missing):
        news = np.sum([still[part] for still, part in zip(missing, parts, strict=True)], axis=0)
        best = len(news) - 1 - int(np.argmax(news[::-1]))
        runs.append(int(coalitions[best]))
        for still, part in zip(missing, parts, strict=True):
            still[part[best]] = False
    return tuple(runs)
