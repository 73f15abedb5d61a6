"""Service times: addressed by link, category and window, and by nothing else."""

from __future__ import annotations

import numpy as np
import pytest

from mda_sim.core.rng import address, draw_normal, draw_uniform, stream_key
from mda_sim.sharing.desks import DeskSpec
from mda_sim.sharing.exchange.service import Lot, ServiceTimes

DESK = DeskSpec.model_validate(
    {
        "touch": {"kind": "exponential", "mean_s": 600.0},
        "elapsed": {"kind": "lognormal", "median_s": 3600.0, "p95_s": 9000.0},
    }
)


def times_of(
    seed: int = 1, link: str = "phl_jpn", category: str = "radar", consent: str = ""
) -> ServiceTimes:
    return ServiceTimes(Lot(seed, link, category, consent), DESK.touch, DESK.elapsed)


def times(
    seed: int = 1, link: str = "phl_jpn", category: str = "radar", window: int = 700
) -> tuple[int, int]:
    return times_of(seed, link, category).of(window)


def test_times_are_the_draws_of_their_own_address() -> None:
    counter = (address("phl_jpn"), address("radar"), 0, 700)
    u = draw_uniform(stream_key(1, "share.touch"), *counter)
    z = draw_normal(stream_key(1, "share.elapsed"), *counter)
    sigma = DESK.elapsed.sigma  # type: ignore[union-attr]
    expected = np.rint([-600e6 * np.log(u[0]), 3600e6 * np.exp(sigma * z[0])])
    assert times() == pytest.approx(tuple(expected), abs=1)


def test_each_part_of_the_address_matters() -> None:
    others = [times(seed=2), times(link="jpn_phl"), times(category="ais"), times(window=701)]
    others.append(times_of(consent="phl_to_jpn").of(700))
    assert len({times(), *others}) == 6


def test_neighbours_and_order_do_not_matter() -> None:
    prepared = times_of()
    prepared.prepare([3, 700, 90_000])
    lazy = times_of()
    lazy.of(800)
    assert prepared.of(700) == lazy.of(700) == times()
    assert prepared.of(701) == lazy.of(701)
