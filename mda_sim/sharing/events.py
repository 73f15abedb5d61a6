"""Events: what happens to agreements, links, desks and consents in the course of a run.

Model: an event has a beginning and, unless it is for good, an end:

    begins   at a moment of the calendar, a time after the start of scoring, or at random (uniform) in a span
             of the scored time
    lasts    a duration, drawn once for each seed; none: to the end of the run and beyond

A random beginning is score_from + to_us(from_s + U (to_s - from_s)), U of purpose ``share.event``; the
duration is drawn from U and Z of purpose ``share.event.lasts``; both at the address (event, 0, 0, 0). Each is
rounded once to whole microseconds.

An event holds on [b, e) with e = b + duration, or for good. One that lasts no time, or that would begin at or
after the end of the run, does not happen. It changes the dates of what it names and nothing else; after its
end all is as it was. These dates are written into the section:

    in_force           ``in_force_from`` = b and ``in_force_to`` = e take the place of the dates that the
                       agreement states; its suspensions and its notice stay. Where several name one
                       agreement: the first b and the last e, with a suspension in each gap between them. An
                       agreement named by such events alone that do not happen is not in force at all
    suspension         a suspension [b, e)
    notice             for good: ``notice_given`` = b, or what the agreement states or another event says, if
                       that is earlier. Withdrawn at e: a suspension [b + notice_s, e), if that is not empty
    nation_leaves      a suspension [b, e) for that nation of every agreement that names it
    link_cut           an outage [b, e)
    desk_closed        a closure [b, e)
    desk_surge         a surge [b, e), after those that the desk states and those of events with a smaller id
    consent_withdrawn  a withdrawal [b, e)

Assumptions and limits: events do not depend on each other's luck. What leads to an event (the compromise that
leads to a suspension) is not modelled: the event is the suspension.

Source: the Japan-Republic of Korea agreement of 2016: articles 17 (loss or compromise) and 21 (notice).
Where next: ``resolve_events`` writes them into the section of one seed, which ``exchange`` runs.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from mda_sim.core.spec import Id, Items, NationId, NonNegative, Sourced, Spec, UtcTime
from mda_sim.sharing.desks import Duration


class AtMoment(Spec):
    """At a moment of the calendar."""

    kind: Literal["at"]
    """Word that names this way of beginning."""
    utc: UtcTime
    """The moment [UTC]."""


class AfterStart(Spec):
    """Some time after the start of scoring."""

    kind: Literal["after"]
    """Word that names this way of beginning."""
    time_s: NonNegative
    """Time since the start of scoring [s]."""


class AtRandom(Spec):
    """At random in a span of time after the start of scoring, anew for each seed."""

    kind: Literal["random"]
    """Word that names this way of beginning."""
    from_s: NonNegative
    """Beginning of the span, after the start of scoring [s]."""
    to_s: NonNegative
    """End of the span [s]."""

    @model_validator(mode="after")
    def _ordered(self) -> AtRandom:
        if self.to_s < self.from_s:
            raise ValueError(f"to_s ({self.to_s:g}) must be at least from_s ({self.from_s:g})")
        return self


Beginning = Annotated[AtMoment | AfterStart | AtRandom, Field(discriminator="kind")]
"""When an event begins."""


class EventBase(Sourced):
    """What all events have."""

    name: str = ""
    """Name, for charts."""
    begins: Beginning
    """When it begins."""
    lasts: Duration | None = None
    """How long it lasts, drawn once for each seed [s]; none: for good."""


class OfAgreements(EventBase):
    """What befalls agreements."""

    agreements: Annotated[Items[Id], Field(min_length=1)]
    """Which."""


class OfDesks(EventBase):
    """What befalls desks."""

    desks: Annotated[Items[Id], Field(min_length=1)]
    """Which."""


class InForce(OfAgreements):
    """Agreements come into force, whatever dates they state; at its end they cease to be."""

    kind: Literal["in_force"]
    """Word that names this kind of event."""


class Suspension(OfAgreements):
    """Agreements are suspended, and restored at its end."""

    kind: Literal["suspension"]
    """Word that names this kind of event."""


class Notice(OfAgreements):
    """Notice of termination is given; each agreement ends after its ``notice_s``; its end withdraws it."""

    kind: Literal["notice"]
    """Word that names this kind of event."""


class NationLeaves(EventBase):
    """A nation leaves: every agreement that names it is suspended for it, towards all others."""

    kind: Literal["nation_leaves"]
    """Word that names this kind of event."""
    nation: NationId
    """Which."""


class LinkCut(EventBase):
    """Links are down."""

    kind: Literal["link_cut"]
    """Word that names this kind of event."""
    links: Annotated[Items[Id], Field(min_length=1)]
    """Which."""


class DeskClosed(OfDesks):
    """Desks do no work: a strike."""

    kind: Literal["desk_closed"]
    """Word that names this kind of event."""


class DeskSurge(OfDesks):
    """Desks have another number of servers."""

    kind: Literal["desk_surge"]
    """Word that names this kind of event."""
    servers: Annotated[int, Field(ge=0, le=10_000)]
    """Cases that can be under review at once, at each of them."""


class ConsentWithdrawn(EventBase):
    """Standing consents no longer hold, and consents on request cannot be asked for."""

    kind: Literal["consent_withdrawn"]
    """Word that names this kind of event."""
    consents: Annotated[Items[Id], Field(min_length=1)]
    """Which."""


EventSpec = Annotated[
    InForce | Suspension | Notice | NationLeaves | LinkCut | DeskClosed | DeskSurge | ConsentWithdrawn,
    Field(discriminator="kind"),
]
"""Something that happens in the course of a run."""
