"""Random draws that are addressed, not consumed.

Model: one Philox 4x32-10 block per decision. The 64-bit key is BLAKE2 of (seed, purpose); the counter is
(hash of the target's class, index in its class, hash of the sensor or link, interval or case number). So a
draw depends on what it decides and on nothing else: adding a radar, a vessel or a worker moves no other
draw. Each block gives one uniform (words 0 and 1) and one normal (words 2 and 3), independent of each other.

Assumptions and limits: ids are hashed to 32 bits; a collision between two ids of one kind is refused when a
scenario is loaded (``check_addresses``), never silently shared.

Source: Salmon et al. 2011 (see ``rng_kernels``); M.-J. Saarinen, J.-P. Aumasson, "The BLAKE2 Cryptographic
Hash", RFC 7693, 2015. Where next: world, sensing and sharing draw through here or through ``rng_kernels``.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mda_sim.core.errors import HashCollision, ShapeError


def stream_key(seed: int, purpose: str) -> int:
    """The 64-bit Philox key of one kind of decision in one replicate."""
    text = f"{seed}\x1f{purpose}".encode()
    return int.from_bytes(hashlib.blake2b(text, digest_size=8).digest(), "little")


def address(name: str) -> int:
    """The 32-bit address of an id (a class, sensor, link or desk)."""
    return int.from_bytes(hashlib.blake2b(name.encode(), digest_size=4).digest(), "little")


def check_addresses(names: Iterable[str], kind: str) -> None:
    """Raise ``HashCollision`` if two of ``names`` share an address."""
    seen: dict[int, str] = {}
    for name in names:
        other = seen.setdefault(address(name), name)
        if other != name:
            raise HashCollision(
                f"the {kind} ids '{other}' and '{name}' share a random-draw address; rename one of them"
            )


def draw_words(key: int, c0: ArrayLike, c1: ArrayLike, c2: ArrayLike, c3: ArrayLike) -> NDArray[np.uint32]:
    """Raw Philox words of each address.

    ``c0 .. c3`` are non-negative integers below 2**32 and broadcast together; the result has their flattened
    shape (n, 4).
    """
    from mda_sim.core.rng_kernels import fill_words

    counters = _counters(c0, c1, c2, c3)
    words = np.empty_like(counters)
    fill_words(counters, np.uint64(key), words)
    return words


def draw_uniform(key: int, c0: ArrayLike, c1: ArrayLike, c2: ArrayLike, c3: ArrayLike) -> NDArray[np.float64]:
    """One uniform in (0, 1) for each address, shape (n,)."""
    from mda_sim.core.rng_kernels import fill_uniforms

    counters = _counters(c0, c1, c2, c3)
    out = np.empty(len(counters))
    fill_uniforms(counters, np.uint64(key), out)
    return out


def draw_normal(key: int, c0: ArrayLike, c1: ArrayLike, c2: ArrayLike, c3: ArrayLike) -> NDArray[np.float64]:
    """One standard normal for each address, shape (n,), independent of its uniform."""
    from mda_sim.core.rng_kernels import fill_normals

    counters = _counters(c0, c1, c2, c3)
    out = np.empty(len(counters))
    fill_normals(counters, np.uint64(key), out)
    return out


def _counters(*parts: ArrayLike) -> NDArray[np.uint32]:
    arrays = [np.asarray(part) for part in parts]
    for array in arrays:
        if array.dtype.kind not in "ui" or (array.dtype != np.uint32 and _is_out_of_range(array)):
            raise ShapeError("an address is made of integers from 0 to 2**32 - 1")
    try:
        shape = np.broadcast(*arrays).shape
    except ValueError as error:
        shapes = ", ".join(str(array.shape) for array in arrays)
        raise ShapeError(f"the four address parts do not broadcast together: {shapes}") from error
    counters = np.empty((*shape, 4), np.uint32)
    for word, array in enumerate(arrays):
        counters[..., word] = array
    return counters.reshape(-1, 4)


def _is_out_of_range(array: NDArray[Any]) -> bool:
    return bool(array.size) and (int(array.min()) < 0 or int(array.max()) > 0xFFFFFFFF)
