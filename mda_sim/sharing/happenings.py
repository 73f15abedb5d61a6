"""Events of one seed: when each begins and ends, and the section with these dates written into it.

    drawn_events(sharing, timeline, seed)   -> when each event begins and ends, and what it changes
    resolve_events(sharing, timeline, seed) -> the section without events, with their dates

Model and meaning of each kind: ``events``. What an event changes is found in the unchanged section, and what
several write into one list stands in the order of their ids, so neither depends on the order of keys.

Assumptions and limits: dates past the year 2199 cannot be written; what would end later is for good, which in
no run makes a difference.
Where next: ``exchange`` runs the resolved section; metrics and charts look at the drawn events.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any, Final, NamedTuple

from mda_sim.core.errors import RunError
from mda_sim.core.rng import address, check_addresses, draw_normal, draw_uniform, stream_key
from mda_sim.core.spec import FrozenMap
from mda_sim.core.time import NEVER_US, US_PER_S, Timeline, to_us
from mda_sim.sharing.agreements import AgreementSpec, SuspensionSpec
from mda_sim.sharing.consents import WithdrawalSpec
from mda_sim.sharing.desks import ClosureSpec, Constant, DeskSpec, Duration, SurgeSpec
from mda_sim.sharing.events import (
    AfterStart,
    AtMoment,
    ConsentWithdrawn,
    DeskClosed,
    DeskSurge,
    EventBase,
    InForce,
    LinkCut,
    NationLeaves,
    Notice,
    Suspension,
)
from mda_sim.sharing.network import LinkSpec, SharingSpec
from mda_sim.sharing.schedules import OutageSpec

LAST_DATE: Final = datetime(2199, 12, 31, tzinfo=UTC)
"""Last moment that a section can state."""

Affected = tuple[tuple[str, str], ...]


class DrawnEvent(NamedTuple):
    """One event in one seed."""

    id: str
    """Its id."""
    kind: str
    """What happens, as in ``events``."""
    name: str
    """Its name, for charts; its id if it has none."""
    begin_us: int
    """Its beginning; NEVER_US if it does not happen in this run [us]."""
    end_us: int
    """Its end; NEVER_US if it is for good, or does not happen [us]."""
    affects: Affected
    """Part of the section and id of all that it changes, such as ('agreements', 'jpn_phl'), sorted."""

    @property
    def happens(self) -> bool:
        """Whether it changes anything in this run."""
        return self.begin_us < NEVER_US


def drawn_events(sharing: SharingSpec, timeline: Timeline, seed: int) -> tuple[DrawnEvent, ...]:
    """All events of a section in order of ids, as they come in one seed.

    Raises RunError, with all of them, for ids that an event names and the section does not have, and for
    agreements under notice without a ``notice_s``; HashCollision if two events share an address of draws.
    """
    wrong = [f"sharing.events.{id_}.{key}: {why}" for id_, key, why in unusable(sharing)]
    if wrong:
        raise RunError("the events cannot be put into the section:\n" + "\n".join(wrong))
    check_addresses(sharing.events, "event")
    drawn = []
    for id_, event in sharing.events.items():
        begin_us, end_us = _stretch(id_, event, timeline, seed)
        name = event.name or id_
        drawn.append(DrawnEvent(id_, event.kind, name, begin_us, end_us, affected(sharing, event)))
    return tuple(drawn)


def resolve_events(sharing: SharingSpec, timeline: Timeline, seed: int) -> SharingSpec:
    """The section of one seed: the dates of all events written into it, and no events.

    A section without events is returned as it is. Raises as ``drawn_events``.
    """
    if not sharing.events:
        return sharing
    happening: dict[tuple[str, str], list[DrawnEvent]] = {}
    for event in drawn_events(sharing, timeline, seed):
        for place in event.affects:
            happening.setdefault(place, []).append(event)
    writer = _Writer(sharing, timeline)
    parts: dict[str, dict[str, Any]] = {}
    for (part, id_), events in happening.items():
        specs = parts.setdefault(part, dict(getattr(sharing, part)))
        specs[id_] = writer.written(specs[id_], events)
    changed = {part: FrozenMap(specs) for part, specs in parts.items()}
    return sharing.model_copy(update={**changed, "events": FrozenMap({})})


def affected(sharing: SharingSpec, event: EventBase) -> Affected:
    """Part of the section and id of all that an event changes, sorted and each once."""
    if isinstance(event, NationLeaves):
        deals = sharing.agreements.items()
        return tuple(("agreements", id_) for id_, deal in deals if event.nation in deal.parties)
    return tuple((part, id_) for part, _, names in _named(event) for id_ in sorted(set(names)))


def unusable(sharing: SharingSpec) -> list[tuple[str, str, str]]:
    """What events name and cannot change: (event, key in it, what is wrong), in order of ids."""
    wrong = []
    for id_, event in sharing.events.items():
        for part, key, names in _named(event):
            known = getattr(sharing, part)
            for name in sorted(set(names)):
                if name not in known:
                    wrong.append((id_, key, f"unknown {_SINGULAR[part]} '{name}'; {_choices(known)}"))
                elif isinstance(event, Notice) and known[name].notice_s is None:
                    wrong.append((id_, key, f"agreement '{name}' states no period of notice (notice_s)"))
    return wrong


_SINGULAR: Final = {"agreements": "agreement", "links": "link", "desks": "desk", "consents": "consent"}


def _named(event: EventBase) -> Iterable[tuple[str, str, tuple[str, ...]]]:
    """Part of the section, key of the event, and the ids that stand there."""
    if isinstance(event, InForce | Suspension | Notice):
        yield "agreements", "agreements", event.agreements
    elif isinstance(event, LinkCut):
        yield "links", "links", event.links
    elif isinstance(event, DeskClosed | DeskSurge):
        yield "desks", "desks", event.desks
    elif isinstance(event, ConsentWithdrawn):
        yield "consents", "consents", event.consents


def _stretch(id_: str, event: EventBase, timeline: Timeline, seed: int) -> tuple[int, int]:
    """Beginning and end of an event [us]; both NEVER_US if it does not happen in this run."""
    begin_us = _begin_us(id_, event, timeline, seed)
    end_us = begin_us + _lasting_us(id_, event.lasts, seed)
    if begin_us >= min(timeline.end_us, timeline.us_at(LAST_DATE)) or end_us == begin_us:
        return NEVER_US, NEVER_US
    return begin_us, min(end_us, NEVER_US)


def _begin_us(id_: str, event: EventBase, timeline: Timeline, seed: int) -> int:
    begins = event.begins
    if isinstance(begins, AtMoment):
        return timeline.us_at(begins.utc)
    if isinstance(begins, AfterStart):
        return timeline.score_from_us + to_us(begins.time_s)
    u = float(draw_uniform(stream_key(seed, "share.event"), address(id_), 0, 0, 0)[0])
    return timeline.score_from_us + to_us(begins.from_s + u * (begins.to_s - begins.from_s))


def _lasting_us(id_: str, lasts: Duration | None, seed: int) -> int:
    if lasts is None:
        return NEVER_US
    if isinstance(lasts, Constant):
        return to_us(lasts.value_s)
    key, place = stream_key(seed, "share.event.lasts"), (address(id_), 0, 0, 0)
    seconds = float(lasts.times_s(draw_uniform(key, *place), draw_normal(key, *place))[0])
    return to_us(min(seconds, NEVER_US / US_PER_S))


class _Writer:
    """Writes the stretches of events into what they change."""

    def __init__(self, sharing: SharingSpec, timeline: Timeline) -> None:
        self._events = sharing.events
        self._at = timeline.datetime_at
        self._last_us = timeline.us_at(LAST_DATE)

    def written(self, spec: Any, events: Sequence[DrawnEvent]) -> Any:
        """The agreement, link, desk or consent ``spec`` with the dates of all its events, in order of ids."""
        happening = [event for event in events if event.happens]
        if isinstance(spec, AgreementSpec):
            coming = [event for event in events if event.kind == "in_force"]
            return self._ended(self._come_into_force(spec, coming) if coming else spec, happening)
        if isinstance(spec, DeskSpec):
            return self._desk(spec, happening)
        key, stretch = (
            ("outages", OutageSpec) if isinstance(spec, LinkSpec) else ("withdrawn", WithdrawalSpec)
        )
        added = (stretch(from_utc=self._at(e.begin_us), to_utc=self._until(e.end_us)) for e in happening)
        return spec.model_copy(update={key: (*getattr(spec, key), *added)})

    def _come_into_force(self, deal: AgreementSpec, coming: Sequence[DrawnEvent]) -> AgreementSpec:
        """In force on the stretches of ``coming`` alone: from the first to the last, suspended in between."""
        stretches = joined((event.begin_us, event.end_us) for event in coming if event.happens)
        if not stretches:
            return deal.model_copy(update={"in_force_from": None, "in_force_to": None})
        gaps = tuple(
            SuspensionSpec(from_utc=self._at(end_us), to_utc=self._at(begin_us))
            for (_, end_us), (begin_us, _) in pairwise(stretches)
        )
        first, last = self._at(stretches[0][0]), self._until(stretches[-1][1])
        changes = {"in_force_from": first, "in_force_to": last, "suspensions": deal.suspensions + gaps}
        return deal.model_copy(update=changes)

    def _ended(self, deal: AgreementSpec, events: Sequence[DrawnEvent]) -> AgreementSpec:
        """Suspended, or ended by notice, by every event of these kinds."""
        pauses = list(deal.suspensions)
        notices = [] if deal.notice_given is None else [deal.notice_given]
        for event in events:
            spec = self._events[event.id]
            if isinstance(spec, InForce):
                continue
            begin_us = event.begin_us
            parties = (spec.nation,) if isinstance(spec, NationLeaves) else ()
            if isinstance(spec, Notice):
                if self._until(event.end_us) is None:
                    notices.append(self._at(begin_us))
                    continue
                begin_us += to_us(deal.notice_s or 0.0)
            if begin_us < event.end_us:
                begins, ends = self._at(begin_us), self._until(event.end_us)
                pauses.append(SuspensionSpec(from_utc=begins, to_utc=ends, parties=parties))
        changes = {"suspensions": tuple(pauses), "notice_given": min(notices, default=None)}
        return deal.model_copy(update=changes)

    def _desk(self, desk: DeskSpec, events: Sequence[DrawnEvent]) -> DeskSpec:
        closures, surges = list(desk.closures), list(desk.surges)
        for event in events:
            spec = self._events[event.id]
            begins, ends = self._at(event.begin_us), self._until(event.end_us)
            if isinstance(spec, DeskSurge):
                surges.append(SurgeSpec(from_utc=begins, to_utc=ends, servers=spec.servers))
            else:
                closures.append(ClosureSpec(from_utc=begins, to_utc=ends))
        return desk.model_copy(update={"closures": tuple(closures), "surges": tuple(surges)})

    def _until(self, t_us: int) -> datetime | None:
        """The date of an end; none if it lies past all dates that a section can state."""
        return self._at(t_us) if t_us <= self._last_us else None


def joined(stretches: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """Stretches of time in their order, those that touch or overlap as one [us]."""
    joined: list[tuple[int, int]] = []
    for begin_us, end_us in sorted(stretches):
        if joined and begin_us <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(joined[-1][1], end_us))
        else:
            joined.append((begin_us, end_us))
    return joined


def _choices(known: Iterable[str]) -> str:
    names = ", ".join(f"'{name}'" for name in sorted(known))
    return f"expected one of {names}" if names else "none is defined"
