"""Where things that can be made again are kept, and the hash that tells when they must be.

Compiled kernels and sea lanes are stored under ``cache_root()``; each folder there is named by a hash of all
it was made from, so nothing in it is ever stale, and deleting it only costs time.
"""

from __future__ import annotations

import hashlib
import os
from functools import lru_cache
from pathlib import Path


def cache_root() -> Path:
    """Folder for what can be made again: ``$MDA_SIM_CACHE``, else ``mda_sim`` in the user's cache folder."""
    named = os.environ.get("MDA_SIM_CACHE")
    if named:
        return Path(named)
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "mda_sim"


@lru_cache(maxsize=1)
def sources_digest() -> str:
    """SHA-256 over the names and bytes of every Python source of the package, in hex."""
    package = Path(__file__).resolve().parent.parent
    digest = hashlib.sha256()
    for path in sorted(package.rglob("*.py")):
        digest.update(path.relative_to(package).as_posix().encode())
        digest.update(b"\x00")
        digest.update(path.read_bytes())
    return digest.hexdigest()
