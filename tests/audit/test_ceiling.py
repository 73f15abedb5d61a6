"""A group of all nodes bounds every arrangement from above: each node holds all, as soon as it can be."""

from __future__ import annotations

import copy
from typing import Any

import numpy as np
import pytest

from mda_sim.audit import audit
from mda_sim.picture.receipts import is_first, receipts
from mda_sim.records import Outcome
from mda_sim.sharing.exchange import share
from mda_sim.sharing.network import NationSpec, SharingSpec


def everything_at_once(trial: Any) -> tuple[SharingSpec, Any]:
    """The trial's arrangement with all nodes in one group, and the trial of that."""
    plain = copy.deepcopy(trial.sharing)
    plain["groups"] = {"all": {"nodes": sorted(plain["nodes"])}}
    sharing = SharingSpec.model_validate(plain)
    nations = {id_: NationSpec.model_validate(nation) for id_, nation in trial.nations.items()}
    deliveries = share(trial.log, sharing, nations, trial.timeline, trial.seed, trial.facts)
    return sharing, trial._replace(sharing=plain, deliveries=deliveries)


@pytest.mark.parametrize("number", range(0, 30, 3))
def test_all_in_one_group_bounds_every_receipt_from_above(trials: list[Any], number: int) -> None:
    trial = trials[number]
    ceiling_sharing, ceiling = everything_at_once(trial)
    sharing = SharingSpec.model_validate(trial.sharing)
    assert audit(*ceiling) == ()
    assert ceiling.deliveries.hops.digest() == trial.deliveries.hops.digest()
    assert (ceiling.deliveries.outcomes["outcome"] == Outcome.DELIVERED).all()
    assert (ceiling.deliveries.outcomes["hops"] == 0).all()
    end_us = trial.timeline.end_us
    for node in sharing.nodes:
        some = receipts(trial.log, trial.deliveries, sharing, node, end_us=end_us)
        every = receipts(trial.log, ceiling.deliveries, ceiling_sharing, node, end_us=end_us)
        place = np.searchsorted(every["part"], some["part"])
        assert (every["part"][place] == some["part"]).all()
        assert (every["t_received_us"][place] <= some["t_received_us"]).all()
        assert (every["coarsened_m"] == 0).all()
        assert len(every) > len(np.unique(some["part"])) > 0


def test_receipts_agree_with_the_outcomes_in_every_arrangement(trials: list[Any]) -> None:
    by_group = 0
    for trial in trials:
        sharing, outcomes = SharingSpec.model_validate(trial.sharing), trial.deliveries.outcomes
        operators = np.array([card.operator for card in trial.log.sensors])
        for number, nation in enumerate(outcomes.meta["nations"]):
            node = trial.nations[nation]["picture_node"]
            if node is None:
                continue
            table = receipts(trial.log, trial.deliveries, sharing, node, end_us=trial.timeline.end_us)
            report = trial.deliveries.parts["report"][table["part"]]
            foreign = operators[trial.log.reports["sensor"][report]] != nation
            foreign &= is_first(table["part"])
            rows = (outcomes["nation"] == number) & (outcomes["outcome"] == Outcome.DELIVERED)
            assert table["part"][foreign].tolist() == outcomes["part"][rows].tolist()
            assert table["t_received_us"][foreign].tolist() == outcomes["t_received_us"][rows].tolist()
            assert ((table["hop"][foreign] == -2) == (outcomes["hops"][rows] == 0)).all()
            by_group += int((outcomes["hops"][rows] == 0).sum())
    assert by_group > 100


def test_a_receipt_by_a_group_that_was_not_formed_is_caught(trials: list[Any]) -> None:
    trial = next(t for t in trials if t.sharing["groups"])
    sharing = copy.deepcopy(trial.sharing) | {"groups": {}}
    rules = [finding.rule for finding in audit(*trial._replace(sharing=sharing))]
    assert "outcomes: outcome is not what the hops give" in rules


def test_a_group_left_out_of_the_books_is_caught(trials: list[Any]) -> None:
    trial = next(t for t in trials if not t.sharing["groups"])
    sharing = copy.deepcopy(trial.sharing) | {"groups": {"all": {"nodes": sorted(trial.sharing["nodes"])}}}
    rules = [finding.rule for finding in audit(*trial._replace(sharing=sharing))]
    assert "outcomes: t_received_us is not what the hops give" in rules
