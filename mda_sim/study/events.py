"""Events in the records of a run: when each came in a seed, as ``unit.json`` and the manifest hold it.

Where next: ``jobs`` writes them, ``view`` hands them to the charts.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from mda_sim.core.time import NEVER_US, Timeline

if TYPE_CHECKING:
    from mda_sim.scenario import Scenario
    from mda_sim.sharing.happenings import DrawnEvent


def event_records(scenario: Scenario, configuration: str, seed: int) -> list[dict[str, Any]]:
    """The events of a configuration in one seed, in order of ids; times are null where there are none.

    ``begin_us`` and ``end_us`` count from the start of the run; an event without a beginning did not happen,
    one without an end was for good.
    """
    from mda_sim.sharing.happenings import drawn_events

    drawn = drawn_events(scenario.arrangements[configuration], scenario.timeline, seed)
    return [_record(event, scenario.timeline) for event in drawn]


def event_of(record: Mapping[str, Any]) -> DrawnEvent:
    """The event of a record."""
    from mda_sim.sharing.happenings import DrawnEvent

    begin_us, end_us = (
        NEVER_US if record[key] is None else int(record[key]) for key in ("begin_us", "end_us")
    )
    affects = tuple((part, id_) for part, _, id_ in (place.partition(".") for place in record["affects"]))
    return DrawnEvent(record["id"], record["kind"], record["name"], begin_us, end_us, affects)


def _record(event: DrawnEvent, timeline: Timeline) -> dict[str, Any]:
    return {
        "id": event.id,
        "kind": event.kind,
        "name": event.name,
        "begin_us": event.begin_us if event.happens else None,
        "end_us": event.end_us if event.end_us < NEVER_US else None,
        "begin_utc": _date(event.begin_us, timeline),
        "end_utc": _date(event.end_us, timeline),
        "affects": [f"{part}.{id_}" for part, id_ in event.affects],
    }


def _date(t_us: int, timeline: Timeline) -> str | None:
    """The date of a moment, or none where the calendar does not reach it."""
    from mda_sim.sharing.happenings import LAST_DATE

    moment: datetime | None = timeline.datetime_at(t_us) if t_us < timeline.us_at(LAST_DATE) else None
    return None if moment is None else moment.isoformat()
