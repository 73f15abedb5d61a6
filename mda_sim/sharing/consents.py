"""Consents: the originator's word that a third party may have what it did not name in ``rel_to``.

Model: a consent is of one originator, for one recipient, perhaps for one sender, some categories and vessels
in one area. A standing one holds on [``from_utc``, ``to_utc``). One on request is asked for case by case: the
request waits at the originator's desk like a case (touch time of that desk), then passes the delay of the
answer, and is granted with a probability. Either can be withdrawn for a time: then it neither holds nor can
be asked for. Either adds the recipient to that copy's ``rel_to``: a standing one until it ends or is
withdrawn, a granted one for ``validity_s`` or until it is withdrawn.

Assumptions and limits: consent is given for nations, not for nodes; it cures neither ``NOFORN`` nor an
agreement whose onward rule is ``none``. A request travels in no time and in clear. It is answered as a whole.
How long answers take and how often they are yes is practice: assumptions unless a source is named.

Source: article 6 of the Japan-Republic of Korea agreement of 2016 asks for the originator's consent before
release to a third party. Where next: ``gates`` asks for consents, ``exchange`` takes requests to desks.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field

from mda_sim.core.spec import Id, Items, NationId, Positive, Probability, Sourced, Spec, UtcTime
from mda_sim.geo.regions import Region
from mda_sim.sharing.agreements import Category
from mda_sim.sharing.decisions import DecisionUnit, PerCase
from mda_sim.sharing.desks import Constant, Duration


class WithdrawalSpec(Spec):
    """A stretch of time during which a consent is withdrawn: [``from_utc``, ``to_utc``)."""

    from_utc: UtcTime
    """First moment at which it is withdrawn [UTC]."""
    to_utc: UtcTime | None = None
    """First moment after it [UTC]; none if it never ends."""


class ConsentBase(Sourced):
    """Whose consent it is, to whom, and for what."""

    originator: NationId
    """Party whose reports it is about, and that gives it."""
    recipient: NationId
    """Party that may receive them."""
    sender: NationId | None = None
    """Party that may pass them on; none: any that holds them."""
    categories: Items[Category] = ()
    """Kinds of observation that it covers; empty: all."""
    area: Region | None = None
    """Where a vessel must be for an observation of it to be covered; none: anywhere."""
    withdrawn: Items[WithdrawalSpec] = ()
    """When it does not hold and cannot be asked for."""


class StandingConsent(ConsentBase):
    """Given in advance, for a stretch of time: [``from_utc``, ``to_utc``)."""

    kind: Literal["standing"]
    """Word that names this kind of consent."""
    from_utc: UtcTime | None = None
    """First moment at which it holds [UTC]; none if it always did."""
    to_utc: UtcTime | None = None
    """First moment at which it no longer holds [UTC]; none if it does not end."""


class ConsentOnRequest(ConsentBase):
    """Asked for anew for each case."""

    kind: Literal["on_request"]
    """Word that names this kind of consent."""
    desk: Id | None = None
    """Desk of the originator that decides; none: the answer takes its delay and occupies nobody."""
    probability: Probability = 1.0
    """Chance that a request is granted, drawn once for each decision unit."""
    decided_per: DecisionUnit = PerCase()
    """For what the answer is drawn once; each case still asks, and waits for its own answer."""
    answer: Duration = Constant()
    """Delay of the answer after the desk's review, in the desk's elapsed clock; it occupies nobody [s]."""
    validity_s: Positive | None = None
    """How long a granted consent stays with the copy from the answer on [s]; none: for good."""


ConsentSpec = Annotated[StandingConsent | ConsentOnRequest, Field(discriminator="kind")]
"""A consent, standing or on request."""


def holds(consent: StandingConsent | ConsentOnRequest, moment: datetime) -> bool:
    """Whether a standing consent holds, or one on request can be asked for, at ``moment`` (with zone)."""
    if any(
        pause.from_utc <= moment and (pause.to_utc is None or moment < pause.to_utc)
        for pause in consent.withdrawn
    ):
        return False
    if isinstance(consent, ConsentOnRequest):
        return True
    has_begun = consent.from_utc is None or consent.from_utc <= moment
    return has_begun and (consent.to_utc is None or moment < consent.to_utc)


def covers_route(
    consent: StandingConsent | ConsentOnRequest, originator: str, sender: str, recipient: str, category: str
) -> bool:
    """Whether a consent is about this originator, sender, recipient and kind of observation."""
    return (
        (consent.originator, consent.recipient) == (originator, recipient)
        and consent.sender in (None, sender)
        and (not consent.categories or category in consent.categories)
    )


def turning_points(consent: StandingConsent | ConsentOnRequest) -> tuple[datetime, ...]:
    """The only moments at which ``holds`` can change by itself, sorted."""
    moments = {moment for pause in consent.withdrawn for moment in (pause.from_utc, pause.to_utc)}
    if isinstance(consent, StandingConsent):
        moments |= {consent.from_utc, consent.to_utc}
    return tuple(sorted(moment for moment in moments if moment is not None))


def lapse_after(consent: StandingConsent | ConsentOnRequest, moment: datetime) -> datetime | None:
    """The first moment from ``moment`` on at which it does not hold; none if it holds for good."""
    if not holds(consent, moment):
        return moment
    return next((t for t in turning_points(consent) if t > moment and not holds(consent, t)), None)
