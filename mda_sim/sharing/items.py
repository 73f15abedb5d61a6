"""Items of a sharing section: what can be taken out of it, or put into it, one by one.

Model: an item is a link, an agreement, a sensor (its feed: a sensor without a feed does not exist), a
consent, a group, or a nation. ``without`` takes items out, and with each what cannot be without it:

    link, agreement, consent   the entry; events no longer name it, and an event that names nothing is gone
    sensor                     its feed
    group                      the entry
    nation                     all links between its nodes and those of others; its nodes leave every group
                               and stay together as one of their own. It shares nothing, keeps its sensors,
                               agreements and desks, and its nodes share among themselves as before

``with_items`` puts entries of another section in, and the nodes, labels, desks they name where these are
missing; a nation cannot be put in. Desks that nobody needs any more stay, idle.

Assumptions and limits: what is left is a section like any other: the same checks hold. Draws are addressed by
ids, so what stays has the luck that it had. Feeds end at nodes of the sensor's own nation, so a nation that
shares nothing keeps them.
Where next: ``study.players`` makes coalitions of them.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any, Final, Literal, NamedTuple, get_args

from mda_sim.core.spec import FrozenMap, Id
from mda_sim.sharing.events import ConsentWithdrawn, EventSpec, LinkCut, OfAgreements
from mda_sim.sharing.network import GroupSpec, LinkSpec, SharingSpec

Kind = Literal["link", "agreement", "sensor", "consent", "group", "nation"]
KINDS: Final[tuple[Kind, ...]] = get_args(Kind)
"""Kinds of items."""

_PARTS: Final[Mapping[Kind, str]] = {
    "link": "links",
    "agreement": "agreements",
    "sensor": "feeds",
    "consent": "consents",
    "group": "groups",
}
"""Part of the section in which items of a kind are entries."""

_ID_MAX: Final = 41


class Item(NamedTuple):
    """One thing that can be there or not."""

    kind: Kind
    id: str

    def __str__(self) -> str:
        return f"{self.kind}:{self.id}"


def items_of(sharing: SharingSpec, kind: Kind) -> tuple[str, ...]:
    """Ids of all items of a kind, sorted; of nations those that run a node."""
    if kind == "nation":
        return tuple(sorted({node.nation for node in sharing.nodes.values()}))
    return tuple(getattr(sharing, _PARTS[kind]))


def without(sharing: SharingSpec, items: Collection[Item]) -> SharingSpec:
    """The section without some items; items that it does not have change nothing."""
    gone = {kind: {item.id for item in items if item.kind == kind} for kind in KINDS}
    nation_of = {id_: node.nation for id_, node in sharing.nodes.items()}

    def stays(link: LinkSpec) -> bool:
        ends = {nation_of.get(link.sender), nation_of.get(link.recipient)}
        return len(ends) == 1 or not ends & gone["nation"]

    links = {id_: link for id_, link in sharing.links.items() if id_ not in gone["link"] and stays(link)}
    parts: dict[str, Mapping[str, Any]] = {
        "links": links,
        "agreements": _less(sharing.agreements, gone["agreement"]),
        "feeds": _less(sharing.feeds, gone["sensor"]),
        "consents": _less(sharing.consents, gone["consent"]),
        "groups": _split_groups(_less(sharing.groups, gone["group"]), nation_of, gone["nation"]),
    }
    parts["events"] = _events(sharing.events, parts)
    return sharing.model_copy(update={name: FrozenMap(part) for name, part in parts.items()})


def with_items(sharing: SharingSpec, superset: SharingSpec, items: Iterable[Item]) -> SharingSpec:
    """The section with these items of ``superset``, and what they name where it is missing.

    KeyError if ``superset`` does not have one of them; ValueError for a nation.
    """
    parts: dict[str, dict[str, Any]] = {
        name: dict(getattr(sharing, name)) for name in ("nodes", "labels", "desks", *_PARTS.values())
    }
    for item in items:
        if item.kind == "nation":
            raise ValueError("a nation cannot be put into a sharing section")
        name = _PARTS[item.kind]
        entry = getattr(superset, name)[item.id]
        parts[name].setdefault(item.id, entry)
        for kind, ids in _named_by(item.kind, entry).items():
            for id_ in ids:
                parts[kind].setdefault(id_, getattr(superset, kind)[id_])
    return sharing.model_copy(update={name: FrozenMap(part) for name, part in parts.items()})


def _named_by(kind: Kind, entry: Any) -> dict[str, tuple[Id, ...]]:
    """Nodes, labels and desks without which an entry cannot be."""
    if kind == "link":
        named = () if entry.sanitise is None or entry.sanitise.label is None else (entry.sanitise.label,)
        desks = () if entry.desk is None else (entry.desk,)
        nodes = (entry.sender, entry.recipient)
        return {"nodes": nodes, "labels": (*named, *entry.fused_with), "desks": desks}
    if kind == "sensor":
        return {"nodes": (entry.node,), "labels": (entry.label,)}
    if kind == "group":
        return {"nodes": entry.nodes}
    desk = getattr(entry, "desk", None)  # of a consent on request
    return {"desks": () if desk is None else (desk,)}


def _less(entries: Mapping[str, Any], gone: Collection[str]) -> dict[str, Any]:
    return {id_: entry for id_, entry in entries.items() if id_ not in gone}


def _split_groups(
    groups: Mapping[str, GroupSpec], nation_of: Mapping[str, str], gone: Collection[str]
) -> dict[str, GroupSpec]:
    """Groups without the nodes of some nations, and one group of its own for each of these nations."""
    apart = {node: nation if nation in gone else "" for node, nation in nation_of.items()}
    found: dict[str, GroupSpec] = {}
    for id_, group in groups.items():
        leaving = sorted({apart[node] for node in group.nodes} - {""})
        if not leaving:
            found[id_] = group
            continue
        for nation in ("", *leaving):
            own = [node for node in group.nodes if apart[node] == nation]
            if len(set(own)) > 1:
                name = id_ if not nation else _new_id(f"{id_}_{nation.lower()}", {*groups, *found})
                found[name] = group.model_copy(update={"nodes": tuple(own)})
    return found


def _new_id(wanted: str, taken: Collection[str]) -> str:
    """An id like the one wanted that is not taken."""
    name, number = wanted[:_ID_MAX], 1
    while name in taken:
        number += 1
        name = f"{wanted[: _ID_MAX - 1 - len(str(number))]}_{number}"
    return name


def _events(events: Mapping[str, EventSpec], parts: Mapping[str, Mapping[str, Any]]) -> dict[str, EventSpec]:
    """Events that still name something, and no longer what is gone."""
    found: dict[str, EventSpec] = {}
    for id_, event in events.items():
        part = _named_part(event)
        if part is None:
            found[id_] = event
            continue
        named: tuple[str, ...] = getattr(event, part)
        left = tuple(name for name in named if name in parts[part])
        if left:
            found[id_] = event if left == named else event.model_copy(update={part: left})
    return found


def _named_part(event: EventSpec) -> str | None:
    """Which part of the section an event names entries of, of those whose entries can be taken out."""
    kinds: tuple[tuple[type, str], ...] = (
        (OfAgreements, "agreements"),
        (LinkCut, "links"),
        (ConsentWithdrawn, "consents"),
    )
    return next((part for kind, part in kinds if isinstance(event, kind)), None)
