"""Events written into the plain sharing section as dates, for one seed.

Model: each event that happens has its begin and end in microseconds; what it names gets a stretch more: a
suspension, an outage, a closure, a number of servers, a withdrawal. Notice suspends from the end of its
period to the end of the event. An agreement that comes into force by events is in force while one of them
lasts, whatever dates it states. An event without length, or that would begin at the end of the run or later,
does not happen.

Source: draws and dates are those that the docstring of ``sharing.events`` states. Where next: ``audit`` reads
the section that comes of it.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from typing import Any

from mda_sim.audit.moments import Tree, moment_us
from mda_sim.audit.times import drawn_us
from mda_sim.core.rng import address, draw_uniform, stream_key
from mda_sim.core.time import Timeline, to_us

Stretch = dict[str, Any]


def with_events(sharing: Tree, timeline: Timeline, seed: int | None) -> Tree:
    """The section with its events as dates; the one that is given stays as it is.

    Events that begin or last by chance need the seed.
    """
    events = sharing["events"]
    if not events:
        return sharing
    section = copy.deepcopy(dict(sharing))
    opened: dict[str, list[tuple[int, int | None]]] = {}
    for name in sorted(events):
        event = events[name]
        begin_us = _begin_us(name, event["begins"], timeline, seed)
        end_us = None
        if event["lasts"] is not None:
            lasts_us = drawn_us(event["lasts"], seed, "share.event.lasts", draw_address(name))
            end_us = begin_us + int(lasts_us[0])
        happens = begin_us != end_us and begin_us < timeline.end_us
        if event["kind"] == "in_force":
            for id_ in event["agreements"]:
                opened.setdefault(id_, []).extend([(begin_us, end_us)] if happens else [])
        elif happens:
            WRITERS[event["kind"]](section, event, begin_us, end_us)
    for id_, spans in opened.items():
        _open(section["agreements"][id_], spans)
    return section


def _open(deal: Stretch, spans: list[tuple[int, int | None]]) -> None:
    """Let an agreement be in force during these spans, and at no other time."""
    deal |= {"in_force_from": None, "in_force_to": None}
    last = None
    for begin_us, end_us in sorted(spans, key=lambda span: span[0]):
        if deal["in_force_from"] is None:
            deal["in_force_from"], last = begin_us, end_us
            continue
        if last is not None and begin_us > last:
            deal["suspensions"].append({"from_utc": last, "to_utc": begin_us, "parties": []})
        last = None if last is None or end_us is None else max(last, end_us)
    deal["in_force_to"] = last


def draw_address(name: str) -> tuple[list[int], int, int, int]:
    """Address of the draws about an event."""
    return [address(name)], 0, 0, 0


def _begin_us(name: str, begins: Tree, timeline: Timeline, seed: int | None) -> int:
    if begins["kind"] == "at":
        return moment_us(timeline, begins["utc"], 0)
    if begins["kind"] == "after":
        return timeline.score_from_us + to_us(begins["time_s"])
    assert seed is not None
    u = float(draw_uniform(stream_key(seed, "share.event"), *draw_address(name))[0])
    return timeline.score_from_us + to_us(begins["from_s"] + u * (begins["to_s"] - begins["from_s"]))


def _notice(section: Stretch, event: Tree, begin_us: int, end_us: int | None) -> None:
    for id_ in event["agreements"]:
        deal = section["agreements"][id_]
        last_us = begin_us + to_us(deal["notice_s"])
        if end_us is None or last_us < end_us:
            deal["suspensions"].append({"from_utc": last_us, "to_utc": end_us, "parties": []})


def _leaves(section: Stretch, event: Tree, begin_us: int, end_us: int | None) -> None:
    for deal in section["agreements"].values():
        if event["nation"] in deal["parties"]:
            pause = {"from_utc": begin_us, "to_utc": end_us, "parties": [event["nation"]]}
            deal["suspensions"].append(pause)


def _adds(what: str, key: str, also: Callable[[Tree], Stretch]) -> Callable[..., None]:
    """What appends a stretch under ``key`` to everything of a kind that an event names."""

    def write(section: Stretch, event: Tree, begin_us: int, end_us: int | None) -> None:
        for id_ in event[what]:
            section[what][id_][key].append({"from_utc": begin_us, "to_utc": end_us, **also(event)})

    return write


WRITERS: Mapping[str, Callable[..., None]] = {
    "notice": _notice,
    "nation_leaves": _leaves,
    "suspension": _adds("agreements", "suspensions", lambda event: {"parties": []}),
    "link_cut": _adds("links", "outages", lambda event: {}),
    "desk_closed": _adds("desks", "closures", lambda event: {}),
    "desk_surge": _adds("desks", "surges", lambda event: {"servers": event["servers"]}),
    "consent_withdrawn": _adds("consents", "withdrawn", lambda event: {}),
}
"""What each kind of event writes, but those that bring agreements into force."""
