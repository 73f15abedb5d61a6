"""Service times: addressed by link, category and window, and by nothing else."""

from __future__ import annotations

import numpy as np
import pytest

from mda_sim.core.rng import address, draw_normal, draw_uniform, stream_key
from mda_sim.sharing.desks import Constant, DeskSpec
from mda_sim.sharing.exchange.service import Lot, chances, times

DESK = DeskSpec.model_validate(
    {
        "touch": {"kind": "exponential", "mean_s": 600.0},
        "elapsed": {"kind": "lognormal", "median_s": 3600.0, "p95_s": 9000.0},
    }
)


def drawn(
    *windows: int, seed: int = 1, link: str = "phl_jpn", category: str = "radar", consent: str = ""
) -> list[tuple[int, int]]:
    """Touch time and elapsed delay of the cases of these windows."""
    lot = Lot(seed, link, category, consent)
    numbers = np.array(windows)
    columns = (
        times(lot, "touch", DESK.touch).draw(numbers),
        times(lot, "elapsed", DESK.elapsed).draw(numbers),
    )
    return list(zip(*(column.tolist() for column in columns), strict=True))


def test_times_are_the_draws_of_their_own_address() -> None:
    counter = (address("phl_jpn"), address("radar"), 0, 700)
    u = draw_uniform(stream_key(1, "share.touch"), *counter)
    z = draw_normal(stream_key(1, "share.elapsed"), *counter)
    sigma = DESK.elapsed.sigma  # type: ignore[union-attr]
    expected = np.rint([-600e6 * np.log(u[0]), 3600e6 * np.exp(sigma * z[0])])
    assert drawn(700) == [pytest.approx(tuple(expected), abs=1)]


def test_each_part_of_the_address_matters() -> None:
    others = [drawn(700, seed=2), drawn(700, link="jpn_phl"), drawn(700, category="ais"), drawn(701)]
    others.append(drawn(700, consent="phl_to_jpn"))
    assert len({row for rows in (drawn(700), *others) for row in rows}) == 6


def test_neighbours_and_order_do_not_matter() -> None:
    assert drawn(90_000, 700, 3)[1] == drawn(*range(512, 1024))[700 - 512] == drawn(700)[0]


def test_what_is_always_the_same_is_not_drawn() -> None:
    lot = Lot(1, "phl_jpn", "radar")
    assert times(lot, "touch", Constant(value_s=1.5)).value == 1_500_000
    assert chances(lot, "willing", 1.0).value == 1
    assert chances(lot, "willing", 0.0).value == 0
    seldom = chances(lot, "willing", 0.2)
    assert seldom.value is None
    is_so = seldom.draw(np.arange(10_000))
    assert set(is_so.tolist()) == {0, 1}
    assert is_so.mean() == pytest.approx(0.2, abs=5 * (0.16 / 10_000) ** 0.5)
