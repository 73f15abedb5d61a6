"""Agreements: what may be shared between whom, from when, up to which level, and what may be passed on.

Model: an agreement is a ceiling, never a pipe. It is in force from ``in_force_from`` until ``in_force_to`` or
the end of its period of notice, except during suspensions, which may be for some parties only, towards all
others. It covers some categories of observation in an area and for some purposes, up to a ceiling that may
differ by recipient. Each party's own words for levels are mapped to the ladder by its table of
``equivalence``: "protect as". Its onward rule binds what a party received under it, and so does the time for
which a party may hold that: ``retention_s``, and the next end or suspension where ``on_suspension`` is
``purge``.

Assumptions and limits: dates are moments with a zone, so an agreement holds to the microsecond. A period of
notice is that many seconds, whatever the calendar does.

Source: the shape follows published general security of military information agreements, such as the
Japan-Republic of Korea agreement of 2016 (articles 2, 4, 6 and 21). Each agreement names its own source.
Where next: ``gates`` asks them.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Annotated, Final, Literal, get_args

from pydantic import Field, StringConstraints

from mda_sim.core.spec import (
    Id,
    IdMap,
    Items,
    NationId,
    NationMap,
    Positive,
    Sourced,
    Spec,
    UtcTime,
    WordMap,
)
from mda_sim.geo.regions import Region
from mda_sim.sharing.labels import Level, LevelWord

Category = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,40}$")]
"""A kind of observation, as sensors name it: 'radar', 'ais', ..."""

Words = WordMap[LevelWord]
"""A party's own words for levels, and the step of the ladder that each stands for."""

LADDER: Final[Mapping[str, LevelWord]] = MappingProxyType({word: word for word in get_args(LevelWord)})
"""The table of a party that uses the ladder's words."""

OnwardRule = Literal["none", "with_consent", "free"]
"""What a party may pass on: nothing; what the originator consents to; anything among the parties."""


class SuspensionSpec(Spec):
    """A stretch of time during which an agreement is suspended: [``from_utc``, ``to_utc``)."""

    from_utc: UtcTime
    """First moment of the suspension [UTC]."""
    to_utc: UtcTime | None = None
    """First moment after it [UTC]; none if it never ends."""
    parties: Items[NationId] = ()
    """Parties for which it is suspended, towards all others; empty: for all."""


class AgreementSpec(Sourced):
    """One agreement, licence or unclassified channel between two or more parties."""

    type: str = ""
    """Catalogue id of the agreement type that the terms came from; empty if they were given."""
    name: str = ""
    """Title, for people."""
    parties: Items[NationId]
    """Nations, providers and organisations that are bound by it."""
    signed: UtcTime | None = None
    """Moment of signature [UTC]; none if unknown or unsigned. It opens nothing by itself."""
    in_force_from: UtcTime | None = None
    """First moment in force [UTC]; none if it is not in force at all."""
    in_force_to: UtcTime | None = None
    """First moment no longer in force [UTC]; none if it does not end."""
    notice_given: UtcTime | None = None
    """Moment at which a party gave notice of termination [UTC]; it ends ``notice_s`` later."""
    notice_s: Positive | None = None
    """Period of notice [s]."""
    suspensions: Items[SuspensionSpec] = ()
    """When it is suspended; nothing is released under it then."""
    on_suspension: Literal["keep", "purge"] = "keep"
    """Whether parties keep or destroy what they hold under it once it is suspended or ends."""
    retention_s: Positive | None = None
    """How long a party may keep what it received under it, from the receipt on [s]; none: no limit."""
    ceiling: LevelWord = "UNCLASSIFIED"
    """Highest classification that may be shared under it."""
    ceilings: NationMap[LevelWord] = Field(default_factory=dict)
    """Highest classification that may be given to a party, where it is not ``ceiling``."""
    equivalence: NationMap[Words] = Field(default_factory=dict)
    """For each party, its own words and the steps of the ladder as which they are to be protected.

    A party with a table shares only words in it, and UNCLASSIFIED; one without uses the ladder's words.
    """
    categories: Annotated[Items[Category], Field(min_length=1)]
    """Kinds of observation that it covers."""
    purposes: Items[Id] = ()
    """Purposes for which information may be shared under it; empty: any."""
    area: Region | None = None
    """Where a vessel must be for an observation of it to be covered; none: anywhere."""
    onward: OnwardRule = "none"
    """What a party may pass on of what it received under it."""
    articles: IdMap[str] = Field(default_factory=dict)
    """Article behind each rule: in_force, scope, ceiling, release, equivalence, retention, suspension."""


def ends_at(agreement: AgreementSpec) -> datetime | None:
    """First moment at which it is no longer in force, by its date or by notice; none if it does not end.

    Notice without a period ends it at once.
    """
    ends = [] if agreement.in_force_to is None else [agreement.in_force_to]
    if agreement.notice_given is not None:
        ends.append(agreement.notice_given + timedelta(seconds=agreement.notice_s or 0.0))
    return min(ends, default=None)


def is_in_force(agreement: AgreementSpec, giver: str, taker: str, moment: datetime) -> bool:
    """Whether the agreement is in force between two parties, and not suspended for either, at ``moment``."""
    end = ends_at(agreement)
    if agreement.in_force_from is None or moment < agreement.in_force_from:
        return False
    if end is not None and moment >= end:
        return False
    return not any(
        pause.from_utc <= moment and (pause.to_utc is None or moment < pause.to_utc)
        for pause in agreement.suspensions
        if not pause.parties or giver in pause.parties or taker in pause.parties
    )


def turning_points(agreement: AgreementSpec) -> tuple[datetime, ...]:
    """The only moments at which ``is_in_force`` can change between any two parties, sorted."""
    moments = {agreement.in_force_from, ends_at(agreement)}
    for pause in agreement.suspensions:
        moments |= {pause.from_utc, pause.to_utc}
    return tuple(sorted(moment for moment in moments if moment is not None))


def purges(agreement: AgreementSpec, giver: str, taker: str) -> tuple[datetime, ...]:
    """The moments at which it ceases to be in force between two parties, if that purges holdings; sorted."""
    if agreement.on_suspension != "purge":
        return ()
    moments = turning_points(agreement)
    is_on = [False] + [is_in_force(agreement, giver, taker, moment) for moment in moments]
    return tuple(moment for i, moment in enumerate(moments) if is_on[i] and not is_on[i + 1])


def ceiling_for(agreement: AgreementSpec, taker: str) -> LevelWord:
    """Highest classification that may be given to a party under it."""
    return agreement.ceilings.get(taker, agreement.ceiling)


def equivalent(agreement: AgreementSpec, giver: str, word: str) -> LevelWord | None:
    """The step as which ``word``, in the mouth of ``giver``, is to be protected; none if that is unknown.

    UNCLASSIFIED is UNCLASSIFIED. Otherwise a party with a table means what the table says, and a party
    without one the words of the ladder.
    """
    if word == Level.UNCLASSIFIED.name:
        return "UNCLASSIFIED"
    table: Mapping[str, LevelWord] = agreement.equivalence.get(giver, LADDER)
    return table.get(word)
