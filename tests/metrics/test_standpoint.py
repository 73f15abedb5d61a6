"""One instant agrees with the intervals: custody with the steps of the picture, the answer with the split."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from mda_sim.core.table import Table
from mda_sim.metrics.gap_split import Answer, split_time, tracks, window_s
from mda_sim.metrics.spec import MetricsSpec
from mda_sim.metrics.standpoint import Standpoint, held_stretches, instant
from mda_sim.metrics.subjects import SCORED
from mda_sim.picture.awareness import awareness, history
from mda_sim.sharing.happenings import resolve_events
from mda_sim.sharing.network import SharingSpec

H = 3_600_000_000
NODES = {"JPN": "jpn", "PHL": "phl", "USA": "usa"}
KINDS = ({}, {"full": True}, {"dense": True, "full": True}, {"relays": True, "full": True})
SPEC = MetricsSpec(custody_age_s=(600.0, 1800.0, 172_800.0), error_max_m=900.0)


def standpoints(trial, seed):
    """Those of all nations; three contacts in ten are false."""
    sharing = resolve_events(SharingSpec.model_validate(trial.sharing), trial.timeline, trial.seed)
    is_false = np.random.default_rng(seed).random(len(trial.log.contacts)) < 0.3
    contacts = history(trial.log, is_false)
    for nation, node in NODES.items():
        yield Standpoint.of(
            nation, node, trial.log, trial.deliveries, sharing, trial.timeline, SPEC, contacts
        )


def triples(of, rng, n):
    """Instants and targets: half of them at any time of the run, half within an hour of a contact."""
    targets = rng.integers(0, of.log.n_targets, n)
    times_us = rng.integers(0, of.timeline.end_us, n)
    for k in range(0, n, 2):
        rows = of.rows_of(int(targets[k]))
        if len(rows):
            times_us[k] = of.known.t_observed_us[rng.choice(rows)] + rng.integers(-H // 10, H)
    return zip(np.clip(times_us, 0, None).tolist(), targets.tolist(), strict=True)


def answer_of_split(found, target, t_us, n_targets):
    """What the split of the scores gives over one microsecond from ``t_us`` on."""
    columns = {"target": [target], "subject": [target], "t_from_us": [t_us], "t_to_us": [t_us + 1]}
    answer_us = split_time(
        found, Table.of(SCORED, columns), window_s(SPEC.custody_age_s), n_targets, n_targets
    )
    assert answer_us.sum() == 1
    return Answer(int(np.flatnonzero(answer_us[target])[0]))


def test_custody_and_answer_of_1000_random_instants_are_those_of_the_intervals(trial_of):
    """Nations, targets and instants of twelve arrangements; every answer comes up."""
    seen: Counter[Answer] = Counter()
    n_held: Counter[bool] = Counter()
    n = 0
    for seed in range(3):
        for kind in KINDS:
            trial = trial_of(seed, **kind)
            rng = np.random.default_rng([seed, len(kind)])
            n_targets = trial.log.n_targets
            for of in standpoints(trial, seed):
                known = (trial.log, trial.deliveries, of.received)
                aware = awareness(*known, contacts=of.known)
                good = awareness(*known, contacts=of.known, error_max_m=SPEC.error_max_m, only_true=True)
                split = tracks(of.known, of.before, good, aware, of.gone_us)
                for t_us, target in triples(of, rng, 40):
                    found = instant(of, target, t_us)
                    n += 1
                    steps = np.flatnonzero((good["target"] == target) & (good["t_received_us"] <= t_us))
                    age_us = t_us - good["t_observed_us"][steps[-1]] if len(steps) else None
                    for age_s, held in found.custody:
                        assert held == (age_us is not None and age_us <= age_s * 1e6)
                        n_held[held] += 1
                    assert found.answer == answer_of_split(split, target, t_us, n_targets)
                    assert (found.row < 0) == (found.answer == Answer.SENSING)
                    seen[found.answer] += 1
    assert n >= 1000
    assert min(n_held[True], n_held[False]) > 200
    assert {answer for answer in Answer if seen[answer] > 3} == set(Answer)


def test_held_at_an_age_is_held_in_a_stretch(trial_of):
    """The stretches that a story names hold exactly the instants at which the target is in custody."""
    trial = trial_of(1, dense=True, full=True)
    rng = np.random.default_rng(5)
    both = set()
    for of in standpoints(trial, 1):
        good = awareness(
            trial.log,
            trial.deliveries,
            of.received,
            contacts=of.known,
            error_max_m=SPEC.error_max_m,
            only_true=True,
        )
        for target in range(trial.log.n_targets):
            rows = good["target"] == target
            steps = good["t_received_us"][rows].tolist(), good["t_observed_us"][rows].tolist()
            stretches = held_stretches(*steps, H // 2, trial.timeline.end_us)
            assert list(stretches) == sorted(stretches)
            for t_us in rng.integers(0, trial.timeline.end_us, 10).tolist():
                is_inside = any(begin <= t_us < end for begin, end in stretches)
                assert is_inside == dict(instant(of, target, t_us).custody)[1800.0]
                both.add(is_inside)
    assert both == {True, False}


@pytest.mark.parametrize(
    ("steps", "expected"),
    [
        ([(10, 5)], [(10, 15)]),
        ([(10, 5), (12, 8), (18, 17)], [(10, 27)]),
        ([(10, 5), (20, 19)], [(10, 15), (20, 29)]),
        ([(10, -5)], []),
        ([(10, 5), (12, -(2**61))], [(10, 12)]),
        ([(95, 94)], [(95, 100)]),
    ],
    ids=["one", "joined", "apart", "too old when it came", "destroyed", "cut at the end"],
)
def test_stretches_of_hand_made_steps(steps, expected):
    """Age 10, end of the run 100; joined: the second is a step at 12 before the first ends at 15."""
    t_us, seen_us = zip(*steps, strict=True)
    assert list(held_stretches(t_us, seen_us, 10, 100)) == expected
