"""A shelf of numbers: what is put away takes no memory once there is much of it.

Model: arrays of floats one behind another, in memory while they are few, else in a temporary file of the
system, which is gone with the shelf.

Where next: ``score_book`` keeps the values of all seeds on one.
"""

from __future__ import annotations

import os
from tempfile import SpooledTemporaryFile

import numpy as np
from numpy.typing import NDArray


class Shelf:
    """Numbers put away one array after another: in memory while they are few, else in a temporary file."""

    def __init__(self, most_bytes: int) -> None:
        """Empty; in memory up to so many bytes."""
        self._file = SpooledTemporaryFile(max_size=most_bytes)  # noqa: SIM115 - closed with the shelf
        self._n = 0

    def __del__(self) -> None:
        self._file.close()

    def put(self, numbers: NDArray[np.float64]) -> int:
        """Put numbers away, (n,); gives the place of the first."""
        self._file.seek(0, os.SEEK_END)
        self._file.write(numbers.tobytes())
        place, self._n = self._n, self._n + len(numbers)
        return place

    def get(self, place: int, n: int) -> NDArray[np.float64]:
        """The ``n`` numbers from a place on."""
        self._file.seek(8 * place)
        return np.frombuffer(self._file.read(8 * n), np.float64)
