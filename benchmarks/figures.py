"""Lines of the results, and how scripts of this folder are asked for them."""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

FOLDER = Path(__file__).resolve().parent
TIMES = frozenset({"s", "ms", "us", "ns"})
"""Units that the yardstick divides."""

Numbers = dict[str, list[float]]
"""What a script told, by name: one value for each repeat."""


class Figure(NamedTuple):
    """One line of the results."""

    what: str
    values: tuple[float, ...]
    """One for each repeat."""
    unit: str
    bar: float | None = None
    """Most that its median may be, after division by the yardstick if it is a time."""
    simulated: bool = False
    """Whether it is a time inside a simulation, which no yardstick divides."""

    @property
    def median(self) -> float:
        return statistics.median(self.values)

    @property
    def is_timed(self) -> bool:
        """Whether the yardstick divides it."""
        return self.unit in TIMES and not self.simulated


def figure(
    what: str,
    values: float | Sequence[float],
    unit: str = "",
    bar: float | None = None,
    *,
    simulated: bool = False,
) -> Figure:
    """A line from one value or from several."""
    some = (float(values),) if isinstance(values, int | float) else tuple(map(float, values))
    return Figure(what, some, unit, bar, simulated)


@dataclass
class Measured:
    """What a part came to."""

    figures: list[Figure]
    notes: list[str] = field(default_factory=list)
    numbers: Numbers = field(default_factory=dict)
    """What other pages take from the results by name."""


@dataclass(frozen=True)
class Options:
    """How to measure."""

    repeats: int = 3
    """How often a script that makes one measurement is run."""
    small: bool = False
    """Small loads where a part has them, to see that it works."""
    tatc_python: Path | None = None
    """Interpreter that has TAT-C."""


class Part(NamedTuple):
    """A section of the results."""

    title: str
    about: str
    measure: Callable[[Options], Measured]


def made_by(script: str, *arguments: str, repeats: int = 1, notes: list[str] | None = None) -> Numbers:
    """The numbers that a script of this folder prints, run in a process of its own, ``repeats`` times.

    What it prints as a list counts as repeats of its own; its ``notes`` are added to those given.
    RuntimeError with what the script wrote if it fails.
    """
    command = [sys.executable, str(FOLDER / script), *arguments]
    made: Numbers = {}
    for _ in range(repeats):
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode:
            raise RuntimeError(f"{script} failed:\n{done.stderr.strip()}")
        for name, value in json.loads(done.stdout).items():
            if name == "notes":
                for note in value:
                    if notes is not None and note not in notes:
                        notes.append(note)
            elif isinstance(value, list):
                made.setdefault(name, []).extend(map(float, value))
            elif isinstance(value, int | float):
                made.setdefault(name, []).append(float(value))
    return made


def ratios(over: Sequence[float], under: Sequence[float] | float) -> list[float]:
    """Repeat by repeat."""
    below = [under] * len(over) if isinstance(under, int | float) else under
    return [one / other for one, other in zip(over, below, strict=True)]


def scaled(values: Mapping[str, list[float]], name: str, factor: float) -> list[float]:
    """The values of a name times a factor."""
    return [value * factor for value in values[name]]
