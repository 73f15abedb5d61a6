"""Agreements: what may be shared between whom, from when, up to which level, and what may be passed on.

Model: an agreement is a ceiling, never a pipe. It is in force on [``in_force_from``, ``in_force_to``) except
during its suspensions; it covers some categories of observation up to a ceiling; its onward rule binds what a
party received under it.

Assumptions and limits: dates are moments with a zone, so an agreement holds to the microsecond. Purposes,
areas and tables of equivalence are not modelled here.

Source: the shape follows published general security of military information agreements, such as the
Japan-Republic of Korea agreement of 2016 (articles 2, 4, 6 and 21). Each agreement names its own source.
Where next: ``gates`` asks them.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from mda_sim.core.spec import IdMap, Items, NationId, Sourced, Spec, UtcTime
from mda_sim.sharing.labels import LevelWord

Category = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,40}$")]
"""A kind of observation, as sensors name it: 'radar', 'ais', ..."""

OnwardRule = Literal["none", "with_consent", "free"]
"""What a party may pass on: nothing; what the originator consents to; anything among the parties."""


class SuspensionSpec(Spec):
    """A stretch of time during which an agreement is suspended: [``from_utc``, ``to_utc``)."""

    from_utc: UtcTime
    """First moment of the suspension [UTC]."""
    to_utc: UtcTime | None = None
    """First moment after it [UTC]; none if it never ends."""


class AgreementSpec(Sourced):
    """One agreement, licence or unclassified channel between two or more parties."""

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
    suspensions: Items[SuspensionSpec] = ()
    """When it is suspended; nothing is released under it then."""
    ceiling: LevelWord = "UNCLASSIFIED"
    """Highest classification that may be shared under it."""
    categories: Annotated[Items[Category], Field(min_length=1)]
    """Kinds of observation that it covers."""
    onward: OnwardRule = "none"
    """What a party may pass on of what it received under it."""
    articles: IdMap[str] = Field(default_factory=dict)
    """Article behind each gate, by the gate's name in lower case: in_force, scope, ceiling, release."""


def is_in_force(agreement: AgreementSpec, moment: datetime) -> bool:
    """Whether the agreement is in force, and not suspended, at ``moment`` (with zone)."""
    if agreement.in_force_from is None or moment < agreement.in_force_from:
        return False
    if agreement.in_force_to is not None and moment >= agreement.in_force_to:
        return False
    return not any(
        pause.from_utc <= moment and (pause.to_utc is None or moment < pause.to_utc)
        for pause in agreement.suspensions
    )


def turning_points(agreement: AgreementSpec) -> tuple[datetime, ...]:
    """The only moments at which ``is_in_force`` can change, sorted."""
    moments = {agreement.in_force_from, agreement.in_force_to}
    for pause in agreement.suspensions:
        moments |= {pause.from_utc, pause.to_utc}
    return tuple(sorted(moment for moment in moments if moment is not None))
