"""Filters and areas: what a sender chooses to send, what rules cover, and what both ask about each contact.

Model: a filter is asked about a contact as things are at its moment: where the vessel is, whether it
broadcasts, how long it is. The area of an agreement or a consent is asked where the vessel is. Links whose
filters and categories are the same word for word share one entry, and so one bit of a share class; so do
agreements and consents, known as ``agreements.<id>`` and ``consents.<id>``, with one area and the same
categories. The bits of areas follow those of filters.

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
from mda_sim.sharing.agreements import AgreementSpec, Category
from mda_sim.sharing.consents import ConsentOnRequest, StandingConsent
from mda_sim.sharing.network import FilterSpec, SharingSpec
from mda_sim.world.broadcasts import AisState

if TYPE_CHECKING:
    from mda_sim.world.fleet import Fleet

FILTERS_MAX: Final = 64
"""Different filters and areas that one configuration may have: one bit of a share class each."""


class Entry(NamedTuple):
    """Links that share one filter and the categories that they carry."""

    links: tuple[str, ...]
    filter: FilterSpec
    categories: tuple[Category, ...]


class AreaEntry(NamedTuple):
    """Agreements and consents that share one area and the categories that they cover."""

    names: tuple[str, ...]
    area: Region
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


def area_entries(sharing: SharingSpec) -> tuple[AreaEntry, ...]:
    """The different areas of agreements and consents, in the order of their first name."""
    entries: list[AreaEntry] = []
    rules: dict[str, AgreementSpec | StandingConsent | ConsentOnRequest] = {
        f"agreements.{id_}": rule for id_, rule in sharing.agreements.items()
    }
    rules |= {f"consents.{id_}": rule for id_, rule in sharing.consents.items()}
    for name, rule in sorted(rules.items()):
        if rule.area is None:
            continue
        wanted = (rule.area, rule.categories)
        for i, entry in enumerate(entries):
            if (entry.area, entry.categories) == wanted:
                entries[i] = entry._replace(names=(*entry.names, name))
                break
        else:
            entries.append(AreaEntry((name,), *wanted))
    return tuple(entries)


def contact_facts(fleet: Fleet, log: DetectionLog, sharing: SharingSpec) -> ContactFacts | None:
    """What filters and areas of a configuration ask about every contact; None if it has neither."""
    filters = filter_entries(sharing)
    regions = [(entry.links, entry.filter.area) for entry in filters if entry.filter.area is not None]
    regions += [(entry.names, entry.area) for entry in area_entries(sharing)]
    if not filters and not regions:
        return None
    named = log.contacts["target"] != NO_TARGET
    rows: slice | NDArray[np.intp] = slice(None) if named.all() else np.flatnonzero(named)
    target = log.contacts["target"][rows]
    end_us = np.repeat(log.reports["t_observed_us"], log.reports["count"])[rows]
    seen_us = end_us - log.contacts["dt_us"][rows]
    inside: dict[str, NDArray[np.bool_]] = {}
    if regions:
        lat_deg, lon_deg = fleet.positions(target, seen_us)
        for names, region in regions:
            is_inside = np.zeros(len(log.contacts), np.bool_)
            is_inside[rows] = contains(region, lat_deg, lon_deg)
            inside |= dict.fromkeys(names, is_inside)
    broadcasting = np.zeros(len(log.contacts), np.bool_)
    length_m = np.zeros(len(log.contacts), np.float32)
    if filters:
        broadcasting[rows] = fleet.ais_states(target, seen_us) != AisState.SILENT
        length_m[rows] = fleet.targets["length_m"][target]
    return ContactFacts(broadcasting, length_m, inside)


def share_class(log: DetectionLog, sharing: SharingSpec, facts: ContactFacts | None) -> NDArray[np.uint64]:
    """Which filters each contact passes and which areas it is in, (n_contacts,); (0,) if there are neither.

    Bit i is that of entry i of ``filter_entries``, followed by those of ``area_entries``. A bit is never set
    for reports of a category that its links do not carry or its rules do not cover, or of sensors that feed
    no node. RunError if there are filters or areas but no facts.
    """
    filters, areas = filter_entries(sharing), area_entries(sharing)
    if not filters and not areas:
        return np.zeros(0, np.uint64)
    if facts is None:
        raise RunError(
            "this configuration asks where contacts are or filters them; give the facts about them "
            "(contact_facts)"
        )
    passed = np.zeros(len(log.contacts), np.uint64)
    sensor = np.repeat(log.reports["sensor"], log.reports["count"])
    asked = [(entry.categories, _passes(entry, facts)) for entry in filters]
    asked += [(entry.categories, facts.inside[entry.names[0]]) for entry in areas]
    for i, (categories, passes) in enumerate(asked):
        is_asked = np.array(
            [
                card.id in sharing.feeds and (not categories or card.category in categories)
                for card in log.sensors
            ],
            np.bool_,
        )
        passed |= np.where(is_asked[sensor] & passes, np.uint64(1 << i), np.uint64(0))
    return passed


def bits_of_links(sharing: SharingSpec) -> Mapping[str, int]:
    """The bit of a share class that each link with a filter asks for."""
    return {link: 1 << i for i, entry in enumerate(filter_entries(sharing)) for link in entry.links}


def areas_of(sharing: SharingSpec, share_class: int) -> tuple[str, ...]:
    """Names of the agreements and consents in whose area contacts of this share class are, sorted."""
    first = len(filter_entries(sharing))
    held = [entry.names for j, entry in enumerate(area_entries(sharing)) if share_class >> (first + j) & 1]
    return tuple(sorted(name for names in held for name in names))


def _passes(entry: Entry, facts: ContactFacts) -> NDArray[np.bool_]:
    spec, passes = entry.filter, np.ones(len(facts.length_m), np.bool_)
    if spec.broadcasting is not None:
        passes &= facts.broadcasting == spec.broadcasting
    if spec.length_min_m is not None:
        passes &= facts.length_m >= np.float32(spec.length_min_m)
    if spec.area is not None:
        passes &= facts.inside[entry.links[0]]
    return passes
