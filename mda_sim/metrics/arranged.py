"""One configuration and the pictures of its nodes, as all figures read them.

Where next: ``node_figures`` and ``more_figures`` make the figures.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from mda_sim.core.table import Table
from mda_sim.core.time import NEVER_US
from mda_sim.metrics.asked import Asked
from mda_sim.metrics.frame import ScoringFrame
from mda_sim.metrics.groups import AIS_GROUPS, Members
from mda_sim.metrics.kept import Content, content_of
from mda_sim.metrics.phases import ScoredEvent
from mda_sim.picture.awareness import MakePicture, PartHistory, awareness, picture_of, received_error_m
from mda_sim.records import DeliveryLog

if TYPE_CHECKING:
    from mda_sim.sharing.network import SharingSpec


class Arrangement(NamedTuple):
    """One configuration, as every nation's figures read it."""

    deliveries: DeliveryLog
    sharing: SharingSpec
    contacts: PartHistory
    providers: frozenset[str]
    """Parties that are no nations."""
    events: Sequence[ScoredEvent]
    """Events in whose phases it is measured."""
    parts: int
    """Number of its division of contacts into parts, as ``kept`` has it."""
    keeps_hours: bool
    """Whether custody of each scored hour is kept."""


class Pictures(NamedTuple):
    """AWARENESS tables of what one node held."""

    aware: Table
    """Everything."""
    accurate: Table
    """True observations of an error that counts for custody."""
    wide: Table
    """True observations of an error within the search radius."""
    is_lasting: bool
    """Whether none of it was ever destroyed."""


def members_of(
    frame: ScoringFrame, zone: str, members: Mapping[str, NDArray[np.bool_]], asked: Asked
) -> Mapping[str, NDArray[np.bool_]]:
    """Groups to score: all in the whole area; in a zone those by AIS state and what an endpoint names.

    Where not everything is asked for, those that are.
    """
    if not asked.is_everything:
        return asked.members(zone, members)
    if not zone:
        return members
    named = {endpoint.group for endpoint in frame.spec.primary if endpoint.zone == zone}
    return Members.of(members).only(name for name in members if name in AIS_GROUPS or name in named)


def content(
    frame: ScoringFrame, arranged: Arrangement, received: Table, operators: Collection[str] | None
) -> Content:
    """What tells the picture of what some parties saw (None: all) from others."""
    if operators is None:
        return content_of(arranged.parts, received)
    operated = np.array([card.operator in operators for card in frame.log.sensors], np.bool_)
    sensor = frame.log.reports["sensor"][arranged.deliveries.parts["report"][received["part"]]]
    return content_of(arranged.parts, received, operated[sensor])


def pictures_of(
    frame: ScoringFrame, arranged: Arrangement, received: Table, operators: Collection[str] | None
) -> Pictures:
    """The pictures of what some parties saw (None: all).

    Where all observations received are good enough, those in sanitised copies included, they are one table.
    """
    log, deliveries = frame.log, arranged.deliveries
    error_m = received_error_m(log, deliveries, received)
    make = partial(
        awareness,
        log,
        deliveries,
        received,
        contacts=arranged.contacts,
        operators=operators,
        errors_m=error_m,
    )
    aware = make()
    all_true = arranged.contacts.is_false is None
    bounds_m = frame.spec.error_max_m, frame.spec.search_radius_m
    made: dict[int, Table] = {}
    for bound_m in bounds_m:
        n_good = int((error_m <= bound_m).sum())
        if n_good not in made:
            is_whole = all_true and n_good == len(error_m)
            made[n_good] = aware if is_whole else make(error_max_m=bound_m, only_true=True)
    accurate, wide = (made[int((error_m <= bound_m).sum())] for bound_m in bounds_m)
    return Pictures(aware, accurate, wide, not (received["t_purged_us"] < NEVER_US).any())


def accurate_picture(frame: ScoringFrame, arranged: Arrangement, received: Table) -> MakePicture:
    """What makes ``Pictures.accurate`` of all that a node received."""
    bound_m = frame.spec.error_max_m
    return picture_of(frame.log, arranged.deliveries, received, error_max_m=bound_m, only_true=True)
