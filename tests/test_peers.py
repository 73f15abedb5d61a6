"""The programs of ``benchmarks/`` that stand beside mda_sim do the same: as many contacts, as much waiting.

What every program must come to on average is the sum of the probabilities themselves, over every pair of
radar and ship in reach. Contacts are counted by radar and by ring of range, messages and their time at the
desk as a whole. Means of waits come with standard errors from batches. A bias of 5 % must be found.
"""

from __future__ import annotations

import importlib.util
import math
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

FOLDER = Path(__file__).parent.parent / "benchmarks"
MOST_ERRORS = 4.0
N_BATCHES = 50


@contextmanager
def _beside() -> Iterator[None]:
    """The scripts import one another by name."""
    sys.path.insert(0, str(FOLDER))
    try:
        yield
    finally:
        sys.path.remove(str(FOLDER))


def _script(name: str) -> ModuleType:
    if name in sys.modules:
        return sys.modules[name]
    spec = importlib.util.spec_from_file_location(name, FOLDER / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    with _beside():
        spec.loader.exec_module(module)
    return module


peer_world, plain, per_scan, simpy_floor = map(_script, ("peer_world", "plain", "per_scan", "simpy_floor"))

PROGRAMS: dict[str, Callable[[Any], Any]] = {
    "mda_sim": peer_world.ours,
    "plain": lambda world: plain.run(world, seed=1),
    "per_scan": lambda world: per_scan.run(world, seed=2),
}


@pytest.fixture(scope="module")
def crowded() -> Any:
    """Many contacts: 60 ships, 4 radars, a day."""
    return peer_world.world_of(60, 4, 24)


@pytest.fixture(scope="module")
def long() -> Any:
    """Many messages: 6 ships, 4 radars, 3 days, exponential times at the desk."""
    return peer_world.world_of(6, 4, 72, "exponential")


@pytest.fixture(scope="module")
def outcomes(crowded: Any) -> dict[str, Any]:
    """What each program makes of the crowded world."""
    return {name: run(crowded) for name, run in PROGRAMS.items()}


@pytest.fixture(scope="module")
def crowded_looks(crowded: Any) -> Any:
    return peer_world.looks(crowded)


@pytest.fixture(scope="module")
def nonempty(long: Any) -> Any:
    """Probability of each scan that it holds a ship."""
    return peer_world.nonempty_chances(long, peer_world.looks(long))


@pytest.fixture(scope="module")
def delays_s(long: Any) -> dict[str, tuple[float, float, int]]:
    """Mean time at the desk, its standard error and the messages delivered, by program."""
    made = {}
    for name, run in PROGRAMS.items():
        outcome = run(long)
        made[name] = (*_batched(outcome.delay_s), outcome.delivered)
    return made


def _contact_errors(looks: Any, outcome: Any) -> tuple[list[float], list[float]]:
    """How far counts by radar and by ring are from what they must be, in standard errors, and those as
    shares of what they must be.
    """
    edges_m = np.array(peer_world.RINGS_KM) * 1e3
    apart, shares = [], []
    for of_look, of_contact in (
        (looks.sensor, outcome.sensor),
        (np.digitize(looks.range_m, edges_m), np.digitize(outcome.range_m, edges_m)),
    ):
        for part in np.unique(of_look):
            p = looks.p[of_look == part]
            error = math.sqrt(float((p * (1.0 - p)).sum()))
            apart.append((int((of_contact == part).sum()) - float(p.sum())) / error)
            shares.append(error / float(p.sum()))
    return apart, shares


def _batched(times_s: Any) -> tuple[float, float]:
    """Mean and its standard error from batches in order of time."""
    n = len(times_s) // N_BATCHES * N_BATCHES
    means = times_s[:n].reshape(N_BATCHES, -1).mean(axis=1)
    return float(means.mean()), float(means.std(ddof=1) / math.sqrt(N_BATCHES))


def _apart(one: tuple[float, float, int], other: tuple[float, float, int]) -> float:
    """Two means apart, in standard errors."""
    return abs(one[0] - other[0]) / math.hypot(one[1], other[1])


@pytest.mark.parametrize("name", PROGRAMS)
def test_contacts_by_radar_and_ring_are_what_the_probabilities_say(
    name: str, outcomes: dict[str, Any], crowded_looks: Any
) -> None:
    apart, shares = _contact_errors(crowded_looks, outcomes[name])
    assert len(apart) == 8
    assert max(shares) < 0.01
    assert np.abs(apart).max() < MOST_ERRORS


def test_chances_are_really_tried(crowded_looks: Any) -> None:
    """Or the counts would say nothing about draws."""
    assert ((crowded_looks.p > 0.05) & (crowded_looks.p < 0.95)).mean() > 0.2


@pytest.mark.parametrize("factor", [0.95, 1.05])
def test_a_bias_of_the_probabilities_is_found(factor: float, crowded: Any, crowded_looks: Any) -> None:
    biased = replace(crowded, pd=np.minimum(crowded.pd * factor, 1.0))
    apart, _ = _contact_errors(crowded_looks, per_scan.run(biased, seed=2))
    assert np.abs(apart).max() > MOST_ERRORS


@pytest.mark.parametrize("name", PROGRAMS)
def test_messages_delivered_are_the_scans_that_hold_a_ship(
    name: str, nonempty: Any, delays_s: dict[str, tuple[float, float, int]]
) -> None:
    p = nonempty
    error = math.sqrt(float((p * (1.0 - p)).sum()))
    assert 0.0005 < error / float(p.sum()) < 0.01
    assert abs(delays_s[name][2] - float(p.sum())) < MOST_ERRORS * error


@pytest.mark.parametrize("name", ["plain", "per_scan"])
def test_mean_time_at_the_desk_is_the_same(
    name: str, long: Any, delays_s: dict[str, tuple[float, float, int]]
) -> None:
    mine, theirs = delays_s["mda_sim"], delays_s[name]
    assert math.hypot(mine[1], theirs[1]) / mine[0] < 0.02
    assert _apart(mine, theirs) < MOST_ERRORS
    # Messages wait for each other, so the mean is more than what the desk takes for one.
    assert min(mine[0], theirs[0]) > 1.05 * long.touch_s


def test_a_bias_of_the_time_at_the_desk_is_found(
    long: Any, delays_s: dict[str, tuple[float, float, int]]
) -> None:
    outcome = plain.run(replace(long, touch_s=1.05 * long.touch_s), seed=2)
    assert _apart(delays_s["mda_sim"], (*_batched(outcome.delay_s), 0)) > MOST_ERRORS


def test_a_constant_time_at_the_desk_is_the_same_to_the_microsecond(
    crowded: Any, outcomes: dict[str, Any]
) -> None:
    """No two radars report so close together here that a message waits: only the desk's own time is left."""
    for outcome in outcomes.values():
        assert np.abs(outcome.delay_s - crowded.touch_s).max() < 1e-6


def test_three_ways_of_one_message_over_hops_agree() -> None:
    by_resource = simpy_floor.by_resource(200)
    assert by_resource == simpy_floor.by_callbacks(200) == simpy_floor.closed_form(200)
    # Alone on its way: three times what a hop holds it and what a link takes.
    held_s, link_s, between_s = simpy_floor.HELD_S, simpy_floor.LINK_S, simpy_floor.BETWEEN_S
    assert by_resource[7] == 7 * between_s + 3 * (held_s + link_s)
