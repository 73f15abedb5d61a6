"""Addressed draws: known answers, distribution, and that an address is all that a draw depends on."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mda_sim.core import rng
from mda_sim.core.errors import HashCollision, ShapeError

# Random123, tests/kat_vectors, the three "philox4x32 10" lines: counter, key, expected words.
KNOWN_ANSWERS = [
    ((0, 0, 0, 0), (0, 0), (0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8)),
    ((0xFFFFFFFF,) * 4, (0xFFFFFFFF,) * 2, (0x408F276D, 0x41C83B0E, 0xA20BC7C6, 0x6D5451FD)),
    (
        (0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344),
        (0xA4093822, 0x299F31D0),
        (0xD16CFE09, 0x94FDCCEB, 0x5001E420, 0x24126EA1),
    ),
]
words32 = st.integers(0, 0xFFFFFFFF)


@pytest.mark.parametrize(("counter", "key", "expected"), KNOWN_ANSWERS)
def test_philox_gives_the_published_known_answers(
    counter: tuple[int, ...], key: tuple[int, int], expected: tuple[int, ...]
) -> None:
    words = rng.draw_words(key[0] | key[1] << 32, *([part] for part in counter))
    assert tuple(int(word) for word in words[0]) == expected


@given(st.lists(st.tuples(words32, words32, words32, words32), min_size=1, max_size=20), words32)
def test_a_draw_depends_on_its_address_and_not_on_its_neighbours(
    addresses: list[tuple[int, int, int, int]], key: int
) -> None:
    together = rng.draw_uniform(key, *np.array(addresses).T)
    alone = [rng.draw_uniform(key, *([part] for part in address))[0] for address in addresses]
    assert together.tolist() == alone


def test_uniforms_and_normals_have_their_moments_and_are_uncorrelated() -> None:
    n = 200_000
    key = rng.stream_key(20260302, "test.moments")
    u = rng.draw_uniform(key, 7, np.arange(n), 11, 13)
    z = rng.draw_normal(key, 7, np.arange(n), 11, 13)
    assert ((u > 0) & (u < 1)).all()
    standard_error = 1 / math.sqrt(n)
    assert abs(u.mean() - 0.5) < 4 * standard_error / math.sqrt(12)
    assert abs(u.var() - 1 / 12) < 4 * standard_error * math.sqrt(1 / 180)
    assert abs(z.mean()) < 4 * standard_error
    assert abs(z.var() - 1) < 4 * standard_error * math.sqrt(2)
    assert abs((z**4).mean() - 3) < 4 * standard_error * math.sqrt(96)
    assert abs(np.corrcoef(u, z)[0, 1]) < 4 * standard_error
    assert abs(np.corrcoef(u[1:], u[:-1])[0, 1]) < 4 * standard_error


def test_uniforms_fill_the_unit_interval_evenly() -> None:
    n, cells = 100_000, 100
    u = rng.draw_uniform(rng.stream_key(5, "test.chi2"), 1, np.arange(n), 2, 3)
    counts = np.bincount((u * cells).astype(int), minlength=cells)
    chi_squared = float(((counts - n / cells) ** 2 / (n / cells)).sum())
    assert abs(chi_squared - (cells - 1)) < 4 * math.sqrt(2 * (cells - 1))


def test_seed_and_purpose_both_change_the_key() -> None:
    keys = {rng.stream_key(seed, purpose) for seed in range(50) for purpose in ("a", "b", "1a")}
    assert len(keys) == 150


def test_a_collision_of_addresses_is_refused_with_both_names(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rng, "address", lambda name: len(name))
    with pytest.raises(HashCollision, match="'radar_a' and 'radar_b'"):
        rng.check_addresses(["radar_a", "radar_b"], "sensor")


def test_the_same_id_twice_is_not_a_collision() -> None:
    rng.check_addresses(["radar_a", "radar_a"], "sensor")
    assert rng.address("radar_a") == rng.address("radar_a")


@pytest.mark.parametrize("bad", [[-1], [2**32], [0.5]])
def test_what_cannot_be_an_address_is_refused(bad: list[float]) -> None:
    with pytest.raises(ShapeError, match="integers from 0"):
        rng.draw_uniform(1, bad, 0, 0, 0)


def test_parts_that_do_not_broadcast_are_refused_with_their_shapes() -> None:
    with pytest.raises(ShapeError, match=r"\(2,\).*\(3,\)"):
        rng.draw_uniform(1, [1, 2], [1, 2, 3], 0, 0)
