"""Links that cannot matter to a node can go, and it receives the same, to the microsecond."""

from __future__ import annotations

from typing import Any

import numpy as np

from mda_sim.picture.receipts import receipts
from mda_sim.sharing.exchange import share
from mda_sim.sharing.exchange.influence import links_that_matter
from mda_sim.sharing.items import Item, without
from mda_sim.sharing.network import NationSpec, SharingSpec

COLUMNS = ("part", "t_received_us", "t_purged_us", "coarsened_m")


def test_links_that_cannot_matter_can_go(full_trials: list[Any], relay_trials: list[Any]) -> None:
    """In random arrangements with everything in them, from random sets of links that are there at all."""
    n_gone = n_left = n_received = 0
    for number, trial in enumerate([*full_trials[:6], *relay_trials[:4]]):
        rng = np.random.default_rng([20261126, number])
        grand = SharingSpec.model_validate(trial.sharing)
        matter = links_that_matter(trial.log, grand, trial.timeline, trial.seed, trial.facts)
        loose = [id_ for id_, link in grand.links.items() if link.filter is None]
        some = without(grand, [Item("link", id_) for id_ in loose if rng.random() < 0.3])
        whole = deliveries(trial, some)
        for node in ("jpn", "phl", "usa"):
            gone = sorted(set(some.links) - matter[node])
            fewer = without(some, [Item("link", id_) for id_ in gone])
            end_us = trial.timeline.end_us
            before = receipts(trial.log, whole, some, node, end_us=end_us)
            after = receipts(trial.log, deliveries(trial, fewer), fewer, node, end_us=end_us)
            for name in COLUMNS:
                assert before[name].tolist() == after[name].tolist(), (number, node, name, gone)
            n_gone, n_left = n_gone + len(gone), n_left + len(fewer.links)
            n_received += int((before["hop"] >= 0).sum())
    assert n_gone > n_left / 10
    assert n_received > 500


def deliveries(trial: Any, sharing: SharingSpec) -> Any:
    nations = {id_: NationSpec.model_validate(spec) for id_, spec in trial.nations.items()}
    return share(trial.log, sharing, nations, trial.timeline, trial.seed, trial.facts)
