"""What a scenario and the catalogue hold, and how loaded desks and links would be, in lines of text.

Where next: the command line prints them (``check``, ``catalogue``).
"""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from mda_sim.core.time import US_PER_DAY

if TYPE_CHECKING:
    from mda_sim.scenario import Scenario


def plain_contents(scenario: Scenario) -> dict[str, Any]:
    """What a scenario holds, as JSON holds it; times in days."""
    spec, timeline = scenario.spec, scenario.timeline
    parts = (timeline.warmup_us, timeline.duration_us, timeline.drain_us)
    names = ("warmup_d", "duration_d", "drain_d")
    return {
        "name": scenario.name,
        "digest": scenario.digest(),
        "start": spec.start.isoformat(),
        **{name: part / US_PER_DAY for name, part in zip(names, parts, strict=True)},
        "seeds": list(scenario.seeds),
        "baseline": scenario.baseline,
        "nations": {
            code: {"name": nation.name, "kind": nation.kind, "sensors": _sensors_of(scenario, code)}
            for code, nation in spec.nations.items()
        },
        "traffic": {class_id: traffic.kind for class_id, traffic in spec.world.traffic.items()},
        "configurations": {
            name: {part: len(getattr(sharing, part)) for part in ("feeds", "agreements", "desks", "links")}
            for name, sharing in scenario.arrangements.items()
        },
        "assumed_sensors": sum(sensor.confidence == "assumption" for sensor in spec.sensors.values()),
        "named_assumptions": len(spec.metrics.assumptions),
    }


def contents(scenario: Scenario) -> Iterator[str]:
    """The same in lines."""
    found = plain_contents(scenario)
    days = " + ".join(f"{found[name]:g}" for name in ("warmup_d", "duration_d", "drain_d"))
    yield f"{found['name']}  digest {found['digest'][:8]}"
    yield f"  time            {days} days (warm-up, scored, drain) from {found['start']}"
    yield f"  seeds           {found['seeds'][0]} to {found['seeds'][-1]}"
    for code, nation in found["nations"].items():
        held = ", ".join(f"{count} {kind}" for kind, count in nation["sensors"].items()) or "no sensors"
        yield f"  {code}             {nation['name']} ({nation['kind']}): {held}"
    for class_id, kind in found["traffic"].items():
        yield f"  traffic         {class_id} ({kind})"
    for name, counts in found["configurations"].items():
        baseline = ", baseline" if name == found["baseline"] else ""
        parts = ", ".join(f"{count} {part if count != 1 else part[:-1]}" for part, count in counts.items())
        yield f"  configuration   {name}: {parts}{baseline}"
    yield f"  assumptions     {found['assumed_sensors']} of {len(scenario.spec.sensors)} sensors"
    if found["named_assumptions"]:
        yield f"                  {found['named_assumptions']} named, which 'mda-sim sensitivity' moves"
    yield f"  warnings        {len(scenario.warnings)}"


def _sensors_of(scenario: Scenario, operator: str) -> dict[str, int]:
    """How many sensors of each category a nation has, by name of category."""
    categories = (sensor.category for sensor in scenario.spec.sensors.values() if sensor.operator == operator)
    return dict(sorted(Counter(categories).items()))


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
