"""What a run is made from: scenario, data, programs and versions, condensed into one key.

Model: key = SHA-256 of canonical JSON of (digest of the resolved scenario, content digest of the catalogue
and coast, digest of the sources of every room that results depend on, versions of mda_sim, Python, numpy,
numba, scipy, shapely and SimPy). A unit of an output folder is used again only under the same key. How many
seeds the scenario has is left out: no unit depends on it, so seeds that were run stay good when more are
added.

Assumptions and limits: the rooms that only show results (report, export, study, command line) are left out of
the sources, so that a new drawing does not cost a new computation. Same bytes also need one CPU family, which
is not part of the key. Where next: ``folder`` compares keys, ``run`` writes the versions into the manifest.
"""

from __future__ import annotations

import hashlib
import json
import platform
from functools import lru_cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from mda_sim.scenario import Scenario

#: Packages whose versions can change a result.
PACKAGES: Final = ("numpy", "numba", "scipy", "shapely", "simpy")

#: Rooms and modules that only show or arrange results, beside those whose names begin with ``cli_``.
_SHOWS: Final = frozenset({"report", "export", "study", "cli.py", "__main__.py", "__init__.py"})


def run_key(scenario: Scenario) -> str:
    """The key of all that each unit of a scenario depends on, whatever its number of seeds, in hex."""
    from mda_sim.data.catalogue import content_digest

    made_from = {
        "scenario": seedless_digest(scenario),
        "data": content_digest(),
        "sources": model_sources_digest(),
        "versions": versions(),
    }
    return hashlib.sha256(json.dumps(made_from, sort_keys=True).encode()).hexdigest()


def seedless_digest(scenario: Scenario) -> str:
    """The digest of the scenario with one seed: the same whatever its number of seeds."""
    return scenario.with_seeds(1).digest()


@lru_cache(maxsize=1)
def model_sources_digest() -> str:
    """SHA-256 over the sources of every room that results depend on, in hex."""
    package = Path(__file__).resolve().parent.parent
    digest = hashlib.sha256()
    for path in sorted(package.rglob("*.py")):
        place = path.relative_to(package)
        if place.parts[0] not in _SHOWS and not place.parts[0].startswith("cli_"):
            digest.update(place.as_posix().encode() + b"\x00" + path.read_bytes())
    return digest.hexdigest()


def versions() -> dict[str, str]:
    """Versions of mda_sim, Python and the packages whose versions can change a result."""
    return {"mda_sim": _version("mda-sim"), "python": platform.python_version()} | {
        name: _version(name) for name in PACKAGES
    }


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "not installed"
