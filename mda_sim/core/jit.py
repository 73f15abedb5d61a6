"""The one way to compile a kernel: ``@kernel``.

numba's on-disk cache looks only at the file of the compiled function, so it goes stale when a helper or a
constant in another file changes. Here the cache folder of a module of kernels is named by a hash of its
source, of every source of the package that it reaches by imports, and of numba's version: an edit of any of
them gives a new folder, and an edit elsewhere compiles nothing again. So helpers and constants must reach a
kernel by imports. Where the package lies does not matter: checkouts and environments compile once.
``fastmath`` and ``parallel`` are never on, because same input must give the same bytes.
With ``NUMBA_DISABLE_JIT=1`` the same functions run as plain Python.

Import kernels inside the calling function: this module loads numba.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any, ParamSpec, TypeVar, cast

import numba
from numba.core.caching import UserProvidedCacheLocator

from mda_sim.core.cache import kernels_folder, reached_digest

P = ParamSpec("P")
R = TypeVar("R")


class AnyPlace(UserProvidedCacheLocator):
    """Where numba caches the kernels of a source: as its own locator has it, wherever the source lies."""

    @classmethod
    def get_suitable_cache_subpath(cls, py_file: str) -> str:
        """Folder of the kernels of one source, within that of all it is made from."""
        return Path(py_file).stem


def kernel(function: Callable[P, R]) -> Callable[P, R]:
    """Compile ``function`` in nopython mode, cached on disk under what its module is made from."""
    config: Any = numba.config
    previous = config.CACHE_DIR, config.CACHE_LOCATOR_CLASSES
    config.CACHE_DIR = str(kernel_folder(Path(function.__code__.co_filename).resolve()))
    config.CACHE_LOCATOR_CLASSES = f"{__name__}.{AnyPlace.__name__}"
    try:
        return cast("Callable[P, R]", numba.njit(cache=True, error_model="numpy")(function))
    finally:
        config.CACHE_DIR, config.CACHE_LOCATOR_CLASSES = previous


def kernel_folder(source: Path) -> Path:
    """Folder of the compiled kernels of one source of the package, by this numba."""
    made_from = hashlib.sha256(f"{reached_digest(source)} {numba.__version__}".encode()).hexdigest()
    return kernels_folder() / made_from[:16]
