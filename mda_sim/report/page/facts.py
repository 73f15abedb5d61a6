"""What the page lists of the scenario: its named assumptions, and where its values come from.

Where next: ``assembly``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from mda_sim.report.text import plain

if TYPE_CHECKING:
    from mda_sim.scenario import Scenario


def assumption_rows(scenario: Scenario) -> list[tuple[str, str, str]]:
    """Name, range and source of each assumption whose effect ``sensitivity`` tells."""
    rows = []
    for spec in scenario.spec.metrics.assumptions.values():
        span = ", ".join(map(str, spec.values)) if spec.values else f"{spec.low:g} to {spec.high:g}"
        rows.append(
            (plain(spec.name), plain(span + (" times" if spec.factors else "")), plain(spec.source, 300))
        )
    return rows


def source_rows(scenario: Scenario) -> list[tuple[str, str, str]]:
    """Place in the scenario, source and confidence of everything that states a source, equal ones once."""
    found: dict[tuple[str, str], list[str]] = {}
    for place, source, confidence in _sources(scenario.spec.model_dump(mode="json"), ""):
        found.setdefault((source, confidence), []).append(place)
    rows = []
    for (source, confidence), places in found.items():
        shown = ", ".join(places[:3]) + (f" and {len(places) - 3} more" if len(places) > 3 else "")
        rows.append((plain(shown, 200), plain(source, 400), plain(confidence)))
    return rows


def _sources(part: Any, place: str) -> Iterator[tuple[str, str, str]]:
    if isinstance(part, Mapping):
        if isinstance(part.get("source"), str) and part["source"]:
            yield place, part["source"], str(part.get("confidence") or "")
        for key, value in part.items():
            yield from _sources(value, f"{place}.{key}" if place else str(key))
    elif isinstance(part, list):
        for number, value in enumerate(part):
            yield from _sources(value, f"{place}[{number}]")
