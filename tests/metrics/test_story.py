"""What a story tells agrees with hops, outcomes and stages, whatever a configuration may state."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from mda_sim.core.time import NEVER_US
from mda_sim.metrics.latency import STAGE_NAMES, stages
from mda_sim.metrics.spec import MetricsSpec
from mda_sim.metrics.standpoint import Standpoint
from mda_sim.metrics.story import End, Teller
from mda_sim.picture.awareness import history
from mda_sim.records import Outcome
from mda_sim.sharing.happenings import resolve_events
from mda_sim.sharing.network import SharingSpec

NODES = {"JPN": "jpn", "PHL": "phl", "USA": "usa"}
KINDS = ({}, {"full": True}, {"dense": True, "full": True}, {"relays": True, "full": True})
WITHHELD = {End.ARRIVAL, End.RELEASE, End.ANSWER, End.RECEIPT}


def tellers(trial):
    sharing = resolve_events(SharingSpec.model_validate(trial.sharing), trial.timeline, trial.seed)
    contacts = history(trial.log)
    for nation, node in NODES.items():
        yield Teller(
            Standpoint.of(
                nation, node, trial.log, trial.deliveries, sharing, trial.timeline, MetricsSpec(), contacts
            )
        )


def sampled(teller, rng, n=60):
    rows = rng.permutation(len(teller.of.known.part))[:n]
    return [teller.sighting(row) for row in rows.tolist()]


@pytest.mark.parametrize("kind", KINDS, ids=["common", "full", "dense", "relays"])
def test_arrivals_and_ends_are_those_of_outcomes_and_hops(trial_of, kind):
    ends: Counter[End] = Counter()
    for seed in range(2):
        trial = trial_of(seed, **kind)
        hops, outcomes = trial.deliveries.hops, trial.deliveries.outcomes
        for teller in tellers(trial):
            nation = list(outcomes.meta["nations"]).index(teller.of.nation)
            mine = outcomes["nation"] == nation
            row_of = dict(zip(outcomes["part"][mine].tolist(), np.flatnonzero(mine).tolist(), strict=True))
            for one in sampled(teller, np.random.default_rng(seed)):
                if one.part in row_of:
                    row = row_of[one.part]
                    first_us = one.receipts[0].t_received_us if one.receipts else NEVER_US
                    assert first_us == outcomes["t_received_us"][row]
                    assert one.outcome == Outcome(int(outcomes["outcome"][row]))
                assert bool(one.receipts) == (one.outcome == Outcome.DELIVERED)
                for hop in one.hops:
                    booked = int(hops["gates"][hop.row] | hops["gates_at_release"][hop.row])
                    assert (hop.end in WITHHELD) == (hop.outcome == Outcome.WITHHELD) == (booked != 0)
                    assert hop.t_received_us == hops["t_received_us"][hop.row]
                    failing = [judged for judged in hop.judgements if judged.gates]
                    assert len(failing) == (hop.end in WITHHELD)
                    if failing:
                        assert int(failing[0].gates) == booked
                        assert failing[0].when == hop.end.name.lower()
                    ends[hop.end] += 1
    assert len(ends) > 6


@pytest.mark.parametrize("kind", KINDS, ids=["common", "full", "dense", "relays"])
def test_stages_follow_each_other_and_sum_to_the_delay_to_the_microsecond(trial_of, kind):
    n = 0
    for seed in range(2):
        trial = trial_of(seed, **kind)
        for teller in tellers(trial):
            of = teller.of
            table = stages(trial.log, trial.deliveries, of.received)
            row_of = dict(zip(table["part"].tolist(), range(len(table)), strict=True))
            for one in sampled(teller, np.random.default_rng(seed)):
                if not one.receipts:
                    assert one.stages == ()
                    continue
                n += 1
                assert all(a.to_us == b.from_us for a, b in zip(one.stages, one.stages[1:], strict=False))
                assert (one.stages[0].from_us, one.stages[-1].to_us) == (
                    one.t_observed_us,
                    one.receipts[0].t_received_us,
                )
                if one.part not in row_of:
                    continue
                told, row = by_latency(one), row_of[one.part]
                assert told == {name: int(table[f"{name}_us"][row]) for name in STAGE_NAMES}
    assert n > 50


def by_latency(one):
    """Stages as ``latency`` lumps them: all but consent on later links is relay, the interval is left out."""
    told = dict.fromkeys(STAGE_NAMES, 0)
    first = next((stage.link for stage in one.stages if stage.link), "")
    for stage in one.stages:
        if stage.name == "interval":
            continue
        is_later = stage.link not in ("", first) and stage.name != "consent"
        told["relay" if is_later else stage.name] += stage.lasted_us
    return told


def test_hops_that_lead_only_elsewhere_are_left_out(trial_of):
    trial = trial_of(0, relays=True, full=True)
    links = trial.sharing["links"]
    for teller in tellers(trial):
        for one in sampled(teller, np.random.default_rng(3), 30):
            for hop in one.hops:
                assert hop.sender != teller.of.node
                assert leads(links, hop.recipient, teller.of.node)


def leads(links, start, goal):
    reach, grown = {start}, True
    while grown:
        found = {link["recipient"] for link in links.values() if link["sender"] in reach} - reach
        reach |= found
        grown = bool(found)
    return goal in reach
