"""The one way to compile a kernel: ``@kernel``.

numba's on-disk cache looks only at the file of the compiled function, so it goes stale when a helper or a
constant in another file changes. Here the cache folder is named by a hash of all sources of the package
and of numba's version: any edit gives a new folder. ``fastmath`` and ``parallel`` are never on, because
same input must give the same bytes. With ``NUMBA_DISABLE_JIT=1`` the same functions run as plain Python.

Import kernels inside the calling function: this module loads numba.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import Any, ParamSpec, TypeVar, cast

import numba

from mda_sim.core.cache import cache_root, sources_digest

P = ParamSpec("P")
R = TypeVar("R")


def kernel(function: Callable[P, R]) -> Callable[P, R]:
    """Compile ``function`` in nopython mode, cached on disk under this exact set of sources."""
    config: Any = numba.config
    previous = config.CACHE_DIR
    config.CACHE_DIR = str(kernel_folder())
    try:
        return cast("Callable[P, R]", numba.njit(cache=True, error_model="numpy")(function))
    finally:
        config.CACHE_DIR = previous


@lru_cache(maxsize=1)
def kernel_folder() -> Path:
    """Folder of the kernels compiled from these sources by this numba."""
    made_from = hashlib.sha256(f"{sources_digest()} {numba.__version__}".encode()).hexdigest()
    return cache_root() / "jit" / made_from[:16]
