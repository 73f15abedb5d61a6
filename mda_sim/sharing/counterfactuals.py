"""What a sharing section would be if neither rules nor people and lines held anything back.

Model: two sections are derived from one, and run, audited and scored like any other: for an account, not as a
proposal.

``gates_open``: every gate passes, everything else stays. One agreement binds all parties from 1900 on for all
categories, purposes and places, without ceiling, end, suspension or limit of retention, with the onward rule
``free``; it takes the place of all others. Every label names all parties in ``rel_to`` and has neither
caveats nor a national word, so that no consent is needed and none is asked for. Links and nodes may carry and
hold every level, from the start. Classifications stay, since a link may sanitise by them. Of the events those
stay that befall links and desks. Links, filters, willingness, sanitising, desks, queues and outages stay:
where there is no link nothing moves.

``no_delays``: nothing but the sensor takes time. No link has a desk, bandwidth, propagation, queue, loss,
outage, window of contact or set time, and no copy is held back; feeds and answers to requests for consent are
at once. A case window is cut into equal ones of at most a minute, so that a case closes within that, and
never later than before. Events that befall links and desks do not happen. What is decided by chance is
decided as before: a willingness drawn for each case is drawn for each stretch as long as the case window was.
The product's own delay stays: it is the sensor's, and belongs to the detection log. So do filters,
willingness and the error that sanitising puts on a copy: they are choices.

Assumptions and limits: with gates open more is offered to the same desks and lines. Where these have a limit
some cases wait longer than before, or expire, and custody can **fall**: accounting, not value. Without shared
limits (desks, bandwidth, queue limits) and without chance on links (willingness below one, loss) neither step
makes anything come later; with chance a copy that comes to a link at another moment may meet another draw. A
copy that was marked again at a border, as another level, is held as its own with gates open, so that a later
link may sanitise other copies.

Source: definitions of this program. Where next: ``pipeline`` runs them, ``metrics.counterfactuals`` tells the
steps.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Mapping
from datetime import UTC, datetime
from typing import Any, Final, TypeVar

from mda_sim.core.spec import FrozenMap, Spec
from mda_sim.sharing.agreements import AgreementSpec
from mda_sim.sharing.consents import ConsentOnRequest, StandingConsent
from mda_sim.sharing.decisions import PerCase, PerEpisode
from mda_sim.sharing.desks import Constant
from mda_sim.sharing.events import DeskClosed, DeskSurge, EventSpec, LinkCut
from mda_sim.sharing.labels import Level
from mda_sim.sharing.network import LinkSpec, SharingSpec
from mda_sim.sharing.schedules import Push

OPEN_AGREEMENT: Final = "all_gates_open"
"""Id of the one agreement that is left with gates open."""

WINDOW_MAX_S: Final = 60.0
"""Longest case window without delays [s]. A choice: a tenth of it would take four times as long to run."""

T = TypeVar("T", bound=Spec)

_OF_LINES_AND_PEOPLE: Final = (LinkCut, DeskClosed, DeskSurge)
_ANY_LEVEL: Final = Level.TOP_SECRET.name
_ALWAYS: Final = datetime(1900, 1, 1, tzinfo=UTC)


def gates_open(sharing: SharingSpec, parties: Collection[str], categories: Collection[str]) -> SharingSpec:
    """The section with every gate open; ``parties``: all there are, ``categories``: those of all sensors."""
    everyone = tuple(sorted(parties))
    agreements = {}
    if len(everyone) > 1 and categories:
        agreements[OPEN_AGREEMENT] = AgreementSpec(
            name="all gates open",
            parties=everyone,
            in_force_from=_ALWAYS,
            ceiling=_ANY_LEVEL,
            categories=tuple(sorted(categories)),
            onward="free",
            source="counterfactual",
        )
    return sharing.model_copy(
        update={
            "agreements": FrozenMap(agreements),
            "consents": FrozenMap({}),
            "labels": _each(
                sharing.labels,
                lambda label: {"marking": "", "national_word": "", "caveats": (), "rel_to": everyone},
            ),
            "nodes": _each(sharing.nodes, lambda _: {"highest_level": _ANY_LEVEL, "cleared_from": None}),
            "links": _each(sharing.links, lambda _: {"accreditation": _ANY_LEVEL}),
            "events": _events(sharing, lambda event: isinstance(event, _OF_LINES_AND_PEOPLE)),
        }
    )


def no_delays(sharing: SharingSpec) -> SharingSpec:
    """The section with nothing that takes time but the sensor, and nothing that is lost; rules stay."""
    return sharing.model_copy(
        update={
            "feeds": _each(sharing.feeds, lambda _: {"delay_s": 0.0}),
            "links": _each(sharing.links, _at_once),
            "desks": FrozenMap({}),
            "consents": _each(sharing.consents, _answered_at_once),
            "events": _events(sharing, lambda event: not isinstance(event, _OF_LINES_AND_PEOPLE)),
        }
    )


def _at_once(link: LinkSpec) -> dict[str, Any]:
    """What changes of a link that takes no time."""
    sanitise = link.sanitise and link.sanitise.model_copy(update={"delay_s": 0.0})
    n_windows = math.ceil(link.case_window_s / WINDOW_MAX_S)
    drawn_per = link.willing_per
    if isinstance(drawn_per, PerCase):
        drawn_per = PerEpisode(kind="episode", lasts_s=link.case_window_s)
    return {
        "sanitise": sanitise,
        "case_window_s": link.case_window_s / n_windows,
        "willing_per": drawn_per,
        "desk": None,
        "delay_s": 0.0,
        "extra_delay": Constant(),
        "loss_probability": 0.0,
        "queue_limit": None,
        "bandwidth_bps": None,
        "outages": (),
        "failures": None,
        "contact_windows": None,
        "pattern": Push(),
    }


def _answered_at_once(consent: StandingConsent | ConsentOnRequest) -> dict[str, Any]:
    """What changes of a consent whose answer takes no time."""
    return {"desk": None, "answer": Constant()} if isinstance(consent, ConsentOnRequest) else {}


def _events(sharing: SharingSpec, stays: Callable[[EventSpec], bool]) -> FrozenMap[str, EventSpec]:
    return FrozenMap({id_: event for id_, event in sharing.events.items() if stays(event)})


def _each(specs: Mapping[str, T], changes: Callable[[T], dict[str, Any]]) -> FrozenMap[str, T]:
    """Every spec with its changes."""
    return FrozenMap({id_: spec.model_copy(update=changes(spec)) for id_, spec in specs.items()})
