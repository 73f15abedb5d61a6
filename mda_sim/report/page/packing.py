"""Arrays as text that a browser reads back: little-endian bytes in base64.

Where next: ``cells`` and ``moves``.
"""

from __future__ import annotations

import base64

import numpy as np
from numpy.typing import ArrayLike, NDArray

NO_SHARE = 255
"""In place of a share that is not defined."""
SHARE_STEPS = 250
"""Steps from 0 to 1, so that a share takes a byte; a difference has as many on either side over 2."""
NO_PLACE = 65535
"""In place of a coordinate that is not defined."""


def packed(values: ArrayLike, kind: str) -> str:
    """The values as numbers of a numpy ``kind`` such as ``<u2``, in base64."""
    return base64.b64encode(np.ascontiguousarray(values).astype(kind).tobytes()).decode("ascii")


def share_bytes(share: NDArray[np.float64]) -> NDArray[np.uint8]:
    """Shares [0-1] in steps of 1 / SHARE_STEPS; one that is not zero stays so; NO_SHARE for NaN."""
    steps = np.where(share > 0, np.maximum(np.rint(share * SHARE_STEPS), 1), 0)
    return np.where(np.isnan(share), NO_SHARE, steps).astype(np.uint8)


def difference_bytes(difference: NDArray[np.float64]) -> NDArray[np.int8]:
    """Differences [-1, 1] in steps of 2 / SHARE_STEPS; one that is not zero stays so; -128 for NaN."""
    steps = np.rint(np.abs(difference) * SHARE_STEPS / 2)
    steps = np.sign(difference) * np.where(difference != 0, np.maximum(steps, 1), 0)
    return np.where(np.isnan(difference), -128, steps).astype(np.int8)


def place_words(deg: NDArray[np.float64], low: float, high: float) -> NDArray[np.uint16]:
    """Coordinates in [low, high] in 65,534 steps; NO_PLACE for those outside and for NaN."""
    with np.errstate(invalid="ignore"):
        steps = np.rint((deg - low) / (high - low) * 65534)
        is_in = (deg >= low) & (deg <= high)
    return np.where(is_in, steps, NO_PLACE).astype(np.uint16)
