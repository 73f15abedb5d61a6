"""What the exchange took: events of SimPy, cases, hops, and microseconds for each.

Model: each sharing unit records under ``stats`` what its engine did and how long it took; here the units of a
configuration are summed over seeds. Times are wall-clock times of this machine, so they are in the manifest
and never in the summary.

Assumptions and limits: seconds are those of the whole call of the exchange, tables included, so they are not
the cost of an event. Units that do not tell (stored by an older version) are left out of the sums, and
``n_units`` says how many told. Where next: ``run`` puts the sums into the manifest, the command line prints
them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from mda_sim.report.text import plain


@dataclass(frozen=True)
class Effort:
    """What the exchange took for one configuration, over the seeds that tell."""

    n_units: int
    simpy_events: int
    """Choices of desks whose queue had to be looked at live; 0 where none had."""
    cases: int
    hops: int
    seconds: float
    """Wall-clock time of the exchange [s]."""

    @property
    def us_per_case(self) -> float | None:
        """Time per case [us]; None without cases."""
        return 1e6 * self.seconds / self.cases if self.cases else None

    @property
    def us_per_hop(self) -> float | None:
        """Time per row of ``hops`` [us]; None without hops."""
        return 1e6 * self.seconds / self.hops if self.hops else None

    def record(self) -> dict[str, Any]:
        """The effort as the manifest holds it."""
        return {
            "n_units": self.n_units,
            "simpy_events": self.simpy_events,
            "cases": self.cases,
            "hops": self.hops,
            "seconds": round(self.seconds, 3),
            "us_per_case": _rounded(self.us_per_case),
            "us_per_hop": _rounded(self.us_per_hop),
        }


def efforts_of(units: Mapping[str, Any]) -> dict[str, Effort]:
    """Sums by configuration over the ``units`` of a manifest; without those of which no unit tells."""
    found: dict[str, list[Mapping[str, Any]]] = {}
    for unit in units.values():
        for name, entry in unit.get("sharing", {}).items():
            stats = entry.get("stats")
            if isinstance(stats, dict):
                found.setdefault(name, []).append(stats)
    return {name: _sum(stats) for name, stats in found.items()}


def effort_lines(efforts: Mapping[str, Effort]) -> Iterator[str]:
    """A heading and a line for each configuration; nothing without efforts."""
    if not efforts:
        return
    longest = max(len("Exchange"), *(len(plain(name)) + 2 for name in efforts))
    heads = ("live choices", "cases", "hops", "µs per case", "µs per hop")
    yield f"{'Exchange':<{longest}}{''.join(f'{head:>14}' for head in heads)}"
    for name, effort in efforts.items():
        counts = "".join(f"{count:>14,}" for count in (effort.simpy_events, effort.cases, effort.hops))
        times = "".join(f"{_words(time_us):>14}" for time_us in (effort.us_per_case, effort.us_per_hop))
        yield f"{'  ' + plain(name):<{longest}}{counts}{times}"


def _sum(stats: list[Mapping[str, Any]]) -> Effort:
    def total(key: str) -> int:
        return sum(int(entry.get(key, 0)) for entry in stats)

    seconds = sum(float(entry.get("seconds", 0.0)) for entry in stats)
    return Effort(len(stats), total("simpy_events"), total("cases"), total("hops"), seconds)


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 3)


def _words(time_us: float | None) -> str:
    return "–" if time_us is None else f"{time_us:,.2f}"
