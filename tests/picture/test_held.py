"""What a node holds at an instant is what its steps say, whatever was sent, coarsened and destroyed."""

from __future__ import annotations

import math

import numpy as np
import pytest

from mda_sim.core.table import Table
from mda_sim.core.time import NEVER_US
from mda_sim.picture.awareness import awareness, history, received_error_m
from mda_sim.picture.held import NONE_HELD, copies_at, newest_at
from mda_sim.picture.receipts import RECEIPTS, receipts
from mda_sim.records import NO_REPORT
from mda_sim.sharing.happenings import resolve_events
from mda_sim.sharing.network import SharingSpec

KINDS = ({"full": True}, {"dense": True, "full": True}, {"relays": True, "full": True})


@pytest.mark.parametrize("seed", range(2))
@pytest.mark.parametrize("kind", KINDS, ids=["full", "dense", "relays"])
@pytest.mark.parametrize(("bound_m", "only_true"), [(math.inf, False), (1000.0, True)])
def test_the_newest_observation_held_is_that_of_the_step(trial_of, seed, kind, bound_m, only_true):
    """Steps are made by a walk over each target's contacts; here the copies held are looked through."""
    trial = trial_of(seed, **kind)
    sharing = resolve_events(SharingSpec.model_validate(trial.sharing), trial.timeline, trial.seed)
    rng = np.random.default_rng(seed)
    is_false = rng.random(len(trial.log.contacts)) < 0.2
    known = history(trial.log, is_false).by_part(trial.deliveries)
    n_held = 0
    for node in ("jpn", "phl", "usa"):
        came = receipts(trial.log, trial.deliveries, sharing, node, end_us=trial.timeline.end_us)
        error_m = received_error_m(trial.log, trial.deliveries, came)
        steps = awareness(
            trial.log, trial.deliveries, came, contacts=known, error_max_m=bound_m, only_true=only_true
        )
        for t_us in rng.integers(0, trial.timeline.end_us, 15).tolist():
            copy = copies_at(came, error_m, len(trial.deliveries.parts), t_us, error_m <= bound_m)
            newest = newest_at(known, came, error_m, copy, only_true=only_true)
            for target, row in enumerate(newest.tolist()):
                of_target = (steps["target"] == target) & (steps["t_received_us"] <= t_us)
                last = np.flatnonzero(of_target)[-1:]
                if not len(last) or steps["report"][last[0]] == NO_REPORT:
                    assert row == NONE_HELD
                    continue
                n_held += 1
                assert known.t_observed_us[row] == steps["t_observed_us"][last[0]]
                assert trial.deliveries.parts["report"][known.part[row]] == steps["report"][last[0]]
                assert np.float32(error_m[copy[known.part[row]]]) == steps["error_m"][last[0]]
    assert n_held > 100


def test_the_first_received_copy_counts_while_it_is_held():
    columns = {
        "part": [0, 0, 1],
        "t_received_us": [10, 20, 15],
        "t_purged_us": [30, NEVER_US, 40],
        "coarsened_m": [500.0, 0.0, 0.0],
        "hop": [0, 1, 2],
    }
    came, error_m = Table.of(RECEIPTS, columns), np.array([500.0, 100.0, 100.0])
    found = {t_us: copies_at(came, error_m, 2, t_us).tolist() for t_us in (9, 10, 20, 29, 30, 39, 40)}
    assert found == {
        9: [-1, -1],
        10: [0, -1],
        20: [0, 2],
        29: [0, 2],
        30: [1, 2],
        39: [1, 2],
        40: [1, -1],
    }
    assert copies_at(came, error_m, 2, 20, error_m < 200).tolist() == [1, 2]
