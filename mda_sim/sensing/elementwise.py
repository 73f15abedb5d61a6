"""A scalar kernel as a function of arrays, so that each formula is written once.

For notebooks and tests: one call of the kernel for each element. The sweep calls kernels from kernels.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mda_sim.core.errors import ShapeError


def elementwise(function: Callable[..., float], *arguments: ArrayLike) -> NDArray[np.float64]:
    """``function`` of each element; the arguments broadcast together. ShapeError if they do not."""
    try:
        arrays = np.broadcast_arrays(*arguments)
    except ValueError as error:
        shapes = ", ".join(str(np.shape(argument)) for argument in arguments)
        raise ShapeError(f"arguments do not broadcast together: {shapes}") from error
    columns = [array.ravel().tolist() for array in arrays]
    values = [function(*row) for row in zip(*columns, strict=True)]
    return np.array(values, np.float64).reshape(arrays[0].shape)
