"""What a scenario and the catalogue hold, and how loaded desks and links would be, in lines of text.

Where next: the command line prints them (``check``, ``catalogue``).
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from mda_sim.core.time import US_PER_DAY

if TYPE_CHECKING:
    from mda_sim.scenario import Scenario


def contents(scenario: Scenario) -> Iterator[str]:
    """What a scenario holds, in lines."""
    spec, timeline = scenario.spec, scenario.timeline
    parts = (timeline.warmup_us, timeline.duration_us, timeline.drain_us)
    days = " + ".join(f"{part / US_PER_DAY:g}" for part in parts)
    yield f"{scenario.name}  digest {scenario.digest()[:8]}"
    yield f"  time            {days} days (warm-up, scored, drain) from {spec.start.isoformat()}"
    yield f"  seeds           {scenario.seeds[0]} to {scenario.seeds[-1]}"
    for code, nation in spec.nations.items():
        kinds: dict[str, int] = {}
        for sensor in spec.sensors.values():
            if sensor.operator == code:
                kinds[sensor.category] = kinds.get(sensor.category, 0) + 1
        held = ", ".join(f"{count} {kind}" for kind, count in sorted(kinds.items())) or "no sensors"
        yield f"  {code}             {nation.name} ({nation.kind}): {held}"
    for class_id, traffic in spec.world.traffic.items():
        yield f"  traffic         {class_id} ({traffic.kind})"
    for name, sharing in scenario.arrangements.items():
        baseline = ", baseline" if name == scenario.baseline else ""
        yield (
            f"  configuration   {name}: {len(sharing.feeds)} feeds, {len(sharing.agreements)} agreements, "
            f"{len(sharing.desks)} desks, {len(sharing.links)} links{baseline}"
        )
    assumed = sum(sensor.confidence == "assumption" for sensor in spec.sensors.values())
    yield f"  assumptions     {assumed} of {len(spec.sensors)} sensors"
    named = len(spec.metrics.assumptions)
    if named:
        yield f"                  {named} named, which 'mda-sim sensitivity' moves"
    yield f"  warnings        {len(scenario.warnings)}"


def loads(scenario: Scenario) -> Iterator[str]:
    """Offered load of every desk and link of every configuration, on the first seed."""
    from mda_sim.pipeline import build_world, sense
    from mda_sim.sharing.exchange import offered_load
    from mda_sim.sharing.filters import contact_facts
    from mda_sim.sharing.happenings import resolve_events

    seed = scenario.seeds[0]
    fleet = build_world(scenario, seed)
    log = sense(scenario, fleet, seed)
    for name, part in scenario.arrangements.items():
        sharing = resolve_events(part, scenario.timeline, seed)
        yield f"offered load, configuration {name}, seed {seed}"
        for row in offered_load(sharing, log, scenario.timeline, contact_facts(fleet, log, sharing)):
            load = "<0.001" if 0 < row.offered_load < 0.001 else f"{row.offered_load:.3f}"
            alarm = "  SATURATED: this queue grows without end" if row.offered_load >= 1 else ""
            cases = f"{row.cases_per_day:>9.1f} cases a day"
            yield f"  {row.kind:<5}{row.id:<32}{load:>8}  {cases}{alarm}"


def plain_rows(table: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The rows of a table of the catalogue as JSON holds them: not-a-number as null."""
    return [
        {field.name: _plain_value(getattr(row, field.name)) for field in dataclasses.fields(row)}
        for row in table.values()
    ]


def row_lines(rows: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """Two lines for each row of the catalogue: what it holds, and where that comes from."""
    apart = {"id", "source", "confidence", "parameters", "terms", "local_names", "storms"}
    for row in rows:
        values = (
            f"{name} {value}"
            for name, value in row.items()
            if name not in apart and value not in ("", (), None)
        )
        yield f"{row['id']}: {', '.join(values)}"
        yield f"    {row['confidence']} confidence: {row['source']}"


def _plain_value(value: Any) -> Any:
    if isinstance(value, float) and value != value:
        return None
    return dict(value) if isinstance(value, Mapping) else value
