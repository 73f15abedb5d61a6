"""Whether a study of value or sensitivity and a run were made from the same scenario, seeds apart.

Model: the **roots** of a study are a SHA-256 for each section of its scenario that figures depend on, for the
sharing of each configuration, and for the program's sources. A study writes them into its JSON. Two are
**kin** if all roots that both need are equal. Left out are names and description of the scenario, seeds, what
is kept (``output``), and keys of ``metrics`` that ask for figures without defining them.

Assumptions and limits: a section whose figures would come out the same after a change counts as another.
Where next: ``value`` and ``sensitivity`` write roots, ``studied`` compares them.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, Final

from mda_sim.core.spec import BY_CONTENT
from mda_sim.study.identity import model_sources_digest
from mda_sim.study.run_reader import ASKED

if TYPE_CHECKING:
    from mda_sim.scenario import Scenario

ROOTS: Final = "roots"
"""Under which key a study's JSON has them."""
SEAL: Final = "seal"
"""Under which key a record has the SHA-256 of all else that it holds."""
_APART: Final = frozenset({"format", "name", "description", "seed", "output", "sharing"})
"""Sections of which no figure of a seed depends; sharing is told by configuration."""


def roots_of(scenario: Scenario) -> dict[str, Any]:
    """``sources``, ``sections`` and ``configurations``: SHA-256 in hex, the last two by name."""
    spec = scenario.spec.model_dump(mode="json", context=BY_CONTENT)
    spec["metrics"] = {
        key: value for key, value in spec["metrics"].items() if key not in {*ASKED, "assumptions"}
    }
    return {
        "sources": model_sources_digest(),
        "sections": {name: _sha256(part) for name, part in sorted(spec.items()) if name not in _APART},
        "configurations": {
            name: _sha256(sharing.model_dump(mode="json", context=BY_CONTENT))
            for name, sharing in sorted(scenario.arrangements.items())
        },
    }


def strangers(
    study: Mapping[str, Any], run: Mapping[str, Any], configurations: Iterable[str]
) -> tuple[list[str], list[str]]:
    """Sections, and those of ``configurations``, that are not the same in the roots of a study and a run.

    A configuration that either does not have counts as another.
    """
    here, there = study["sections"], run["sections"]
    sections = [name for name in sorted(here.keys() | there.keys()) if here.get(name) != there.get(name)]
    own, others = study["configurations"], run["configurations"]
    return sections, [name for name in configurations if name not in others or own.get(name) != others[name]]


def sealed(record: Mapping[str, Any]) -> dict[str, Any]:
    """The record with its seal, by which ``is_sealed`` finds that nothing in it was changed since."""
    return {**record, SEAL: _sha256(record)}


def is_sealed(record: Mapping[str, Any]) -> bool:
    """Whether a record has a seal, and that of what it holds."""
    return record.get(SEAL) == _sha256({key: value for key, value in record.items() if key != SEAL})


def _sha256(part: Any) -> str:
    text = json.dumps(part, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()
