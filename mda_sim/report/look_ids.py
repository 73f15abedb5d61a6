"""Ids that a look asks for and a scenario does not have.

Where next: ``sensor_look`` and ``moving_look`` report them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from mda_sim.core.errors import Problem
from mda_sim.scenario.findings import did_you_mean, listed


def unknown_ids(option: str, what: str, wanted: Sequence[str], known: Iterable[str]) -> Iterator[Problem]:
    """A problem for each id that is not known, with the nearest one that is."""
    names = list(known)
    for name in wanted:
        if name not in names:
            hint = did_you_mean(name, names) or f"; expected one of {listed(names)}"
            yield Problem(option, 0, 0, "", f"unknown {what} {name!r}{hint}")
