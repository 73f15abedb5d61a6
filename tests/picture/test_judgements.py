"""The gates asked again, in words, are those that the exchange wrote down."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from mda_sim.picture.copies import Copies
from mda_sim.picture.judgements import judgements, without_link
from mda_sim.records import Gate, Outcome
from mda_sim.sharing.happenings import resolve_events
from mda_sim.sharing.network import SharingSpec

KINDS = ({}, {"full": True}, {"dense": True, "full": True}, {"relays": True, "full": True})


def copies_of(trial):
    sharing = resolve_events(SharingSpec.model_validate(trial.sharing), trial.timeline, trial.seed)
    return Copies(trial.log, trial.deliveries, sharing, trial.timeline)


@pytest.mark.parametrize("kind", KINDS, ids=["common", "full", "dense", "relays"])
def test_gates_agreement_consent_and_form_are_those_of_the_hop(trial_of, kind):
    seen: Counter[tuple[str, bool]] = Counter()
    for seed in range(3):
        seen += asked_again(trial_of(seed, **kind), seed)
    for when in ("arrival", "release", "receipt"):
        assert seen[when, False] > 20
    assert seen["arrival", True] > 20
    assert seen["release", True] > 0


def asked_again(trial, seed):
    """Ask about 250 hops, and hold the answers against their rows; how often gates passed or failed when."""
    copies, hops = copies_of(trial), trial.deliveries.hops
    seen: Counter[tuple[str, bool]] = Counter()
    for hop in np.random.default_rng(seed).permutation(len(hops))[:250].tolist():
        asked = judgements(copies, hop)
        booked = int(hops["gates"][hop]), int(hops["gates_at_release"][hop])
        if not asked:
            assert hops["outcome"][hop] == Outcome.NOT_SENT
            assert booked == (0, 0)
            continue
        later = Gate(0)
        for one in asked[1:]:
            later |= one.gates
        assert (int(asked[0].gates), int(later)) == booked
        last = asked[-1]
        if last.is_abroad and not last.gates & (Gate.IN_FORCE | Gate.SCOPE | Gate.CEILING):
            assert hops.meta["agreements"][hops["agreement"][hop]] == last.agreement
        else:
            assert hops["agreement"][hop] == -1
        of_release = [one for one in asked if one.when in ("arrival", "release")][-1]
        first = of_release.asked or next(iter(of_release.consents), None)
        number = int(hops["consent"][hop])
        assert (hops.meta["consents"][number] if number >= 0 else None) == first
        offered = copies.offered(hop).profile
        assert offered.label == hops.meta["labels"][hops["label"][hop]]
        assert np.float32(offered.coarsened_m) == hops["coarsened_m"][hop]
        assert offered.is_stripped == bool(hops["is_stripped"][hop])
        seen.update((one.when, bool(one.gates)) for one in asked)
    return seen


@pytest.mark.parametrize("seed", range(3))
def test_without_a_route_the_gates_are_those_of_the_outcome(trial_of, seed):
    trial = trial_of(seed, full=True)
    copies, outcomes = copies_of(trial), trial.deliveries.outcomes
    sharing = copies.sharing
    rows = np.flatnonzero(outcomes["outcome"] == Outcome.NO_ROUTE)[:200].tolist()
    for row in rows:
        part = int(outcomes["part"][row])
        report = trial.deliveries.parts["report"][part]
        card = trial.log.sensors[trial.log.reports["sensor"][report]]
        feed = sharing.feeds[card.id]
        fed_us = int(trial.log.reports["t_ready_us"][report]) + round(feed.delay_s * 1e6)
        node = trial.nations[outcomes.meta["nations"][outcomes["nation"][row]]]["picture_node"]
        assert int(without_link(copies, part, fed_us, feed.node, node).gates) == outcomes["gates"][row]


def test_every_agreement_that_was_tried_is_told_and_the_one_that_gets_furthest_is_judged(
    log_of, deliveries_of, card
):
    """Three agreements of AAA and BBB: one that is over, one for AIS, one whose ceiling is too low."""
    from datetime import UTC, datetime

    from mda_sim.core.time import Timeline

    deal = {"parties": ["AAA", "BBB"], "in_force_from": "2020-01-01T00:00:00Z", "categories": ["radar"]}
    sharing = SharingSpec.model_validate(
        {
            "nodes": {"a": {"nation": "AAA", "highest_level": "SECRET"}, "b": {"nation": "BBB"}},
            "labels": {"secret": {"classification": "SECRET"}},
            "feeds": {"radar": {"node": "a", "label": "secret"}},
            "agreements": {
                "over": deal | {"in_force_to": "2021-01-01T00:00:00Z"},
                "sea": deal | {"categories": ["ais"]},
                "weak": deal | {"ceiling": "RESTRICTED", "articles": {"ceiling": "4 (2)"}},
            },
            "links": {"a_b": {"sender": "a", "recipient": "b"}},
        }
    )
    log = log_of([card("radar")], [("radar", 10.0, 0, 0.0)], n_vessels=1, n_targets=1)
    hops = [{"part": 0, "link": 0, "gates": 12, "outcome": Outcome.WITHHELD, "is_kept": 0}]
    timeline = Timeline(datetime(2026, 3, 2, tzinfo=UTC), 0, 10**9, 0)
    copies = Copies(log, deliveries_of(log, ["a_b"], hops), sharing, timeline)
    (asked, *_) = judgements(copies, 0)
    assert asked.agreement == "weak"
    assert asked.gates == Gate.CEILING | Gate.ACCREDITATION
    assert [refusal.reason for refusal in asked.refusals] == [
        "SECRET is above its ceiling for BBB, RESTRICTED",
        "the link may carry UNCLASSIFIED, not SECRET",
    ]
    assert asked.refusals[0].article == "4 (2)"
    assert [(one.agreement, one.refusals[0].gate) for one in asked.tried] == [
        ("over", Gate.IN_FORCE),
        ("sea", Gate.SCOPE),
        ("weak", Gate.CEILING),
    ]
