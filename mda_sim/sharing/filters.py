"""Filters: what a sender chooses to send, and what it asks about each contact.

Model: a filter is asked about a contact as things are at its moment: where the vessel is, whether it
broadcasts, how long it is. Links whose filters and categories are the same word for word share one entry,
and so one bit.

Assumptions and limits: the sender knows what it asks about: a misjudged length is not modelled, and an area
is asked where the vessel is, even if it broadcasts another place. A probe is asked as what it is; a false
contact does not broadcast, has no length and is in no area.
Where next: ``exchange`` splits reports into the parts that filters treat alike.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from mda_sim.core.errors import RunError
from mda_sim.geo.regions import Region, contains
from mda_sim.records import NO_TARGET, ContactFacts, DetectionLog
from mda_sim.sharing.agreements import Category
from mda_sim.sharing.network import FilterSpec, SharingSpec
from mda_sim.world.broadcasts import AisState

if TYPE_CHECKING:
    from mda_sim.world.fleet import Fleet

FILTERS_MAX: Final = 64
"""Different filters that one configuration may have: one bit of a share class each."""


class Entry(NamedTuple):
    """Links that share one filter and the categories that they carry."""

    links: tuple[str, ...]
    filter: FilterSpec
    categories: tuple[Category, ...]


def filter_entries(sharing: SharingSpec) -> tuple[Entry, ...]:
    """The different filters of a configuration, in the order of their first link."""
    entries: list[Entry] = []
    for link, spec in sharing.links.items():
        if spec.filter is None:
            continue
        wanted = (spec.filter, spec.categories)
        for i, entry in enumerate(entries):
            if (entry.filter, entry.categories) == wanted:
                entries[i] = entry._replace(links=(*entry.links, link))
                break
        else:
            entries.append(Entry((link,), *wanted))
    return tuple(entries)


def contact_facts(fleet: Fleet, log: DetectionLog, sharing: SharingSpec) -> ContactFacts | None:
    """What the filters of a configuration ask about every contact; None if it has no filter."""
    entries = filter_entries(sharing)
    if not entries:
        return None
    rows = np.flatnonzero(log.contacts["target"] != NO_TARGET)
    target = log.contacts["target"][rows]
    end_us = np.repeat(log.reports["t_observed_us"], log.reports["count"])[rows]
    seen_us = end_us - log.contacts["dt_us"][rows].astype(np.int64)
    inside: dict[str, NDArray[np.bool_]] = {}
    areas = [entry for entry in entries if entry.filter.area is not None]
    if areas:
        lat_deg, lon_deg = fleet.positions(target, seen_us)
        for entry in areas:
            is_inside = np.zeros(len(log.contacts), np.bool_)
            is_inside[rows] = _contains(entry.filter.area, lat_deg, lon_deg)
            inside |= dict.fromkeys(entry.links, is_inside)
    broadcasting = np.zeros(len(log.contacts), np.bool_)
    broadcasting[rows] = fleet.ais_states(target, seen_us) != AisState.SILENT
    length_m = np.zeros(len(log.contacts), np.float32)
    length_m[rows] = fleet.targets["length_m"][target]
    return ContactFacts(broadcasting, length_m, inside)


def share_class(log: DetectionLog, sharing: SharingSpec, facts: ContactFacts | None) -> NDArray[np.uint64]:
    """Which filters each contact passes: bit i for entry i of ``filter_entries``, (n_contacts,).

    A bit is never set for reports of a category that its links do not carry, or of sensors that feed no node.
    RunError if there are filters but no facts.
    """
    passed = np.zeros(len(log.contacts), np.uint64)
    entries = filter_entries(sharing)
    if not entries:
        return passed
    if facts is None:
        raise RunError("this configuration filters contacts; give the facts about them (contact_facts)")
    sensor = np.repeat(log.reports["sensor"], log.reports["count"])
    for i, entry in enumerate(entries):
        carries = np.array(
            [
                card.id in sharing.feeds and (not entry.categories or card.category in entry.categories)
                for card in log.sensors
            ],
            np.bool_,
        )
        passes = carries[sensor] & _passes(entry, facts)
        passed |= np.where(passes, np.uint64(1 << i), np.uint64(0))
    return passed


def bits_of_links(sharing: SharingSpec) -> Mapping[str, int]:
    """The bit of a share class that each link with a filter asks for."""
    return {link: 1 << i for i, entry in enumerate(filter_entries(sharing)) for link in entry.links}


def _passes(entry: Entry, facts: ContactFacts) -> NDArray[np.bool_]:
    spec, passes = entry.filter, np.ones(len(facts.length_m), np.bool_)
    if spec.broadcasting is not None:
        passes &= facts.broadcasting == spec.broadcasting
    if spec.length_min_m is not None:
        passes &= facts.length_m >= np.float32(spec.length_min_m)
    if spec.area is not None:
        passes &= facts.inside[entry.links[0]]
    return passes


def _contains(
    area: Region | None, lat_deg: NDArray[np.float64], lon_deg: NDArray[np.float64]
) -> NDArray[np.bool_]:
    assert area is not None
    return contains(area, lat_deg, lon_deg)
