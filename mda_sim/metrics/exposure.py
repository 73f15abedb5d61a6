"""Exposure: how much of what a nation's sensors saw lies at nodes of other nations, and under which label.

Model: a node of another nation holds a contact of the nation from the receipt of a copy over a link until
that copy is destroyed, or for good, and through a sharing group from t_ready on. Of several copies at one
node one counts at a time: that of the highest classification, and among those one that tells whose sensor it
was. So

    exposure_count        contacts of vessels held abroad at the end of the run, once for each node
    exposure_mean_count   their mean over the scored time

for ``all``, by ``level:<LEVEL>`` and by ``node:<id>``, each of which add up to all, and, as a part of all,
``stripped``: those whose holder is not told the source. n is the number of parts of reports. The EXPOSURE
table has the counts at every midnight (24 h from the start) and at the end.

Assumptions and limits: the level is that of the label, as the originator's side marked it; under which word
the recipient protects it, agreements say. Contacts of the warm-up count too: they are held abroad as well.
What was destroyed by rule counts as gone.

Source: definitions of this program. Where next: ``scores.py``; ``report.loads`` writes the table.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from mda_sim.core.table import Column, Schema, Table
from mda_sim.core.time import NEVER_US, US_PER_DAY, Timeline
from mda_sim.metrics.figures import Figure
from mda_sim.picture.newest import NONE, newest_under_way
from mda_sim.picture.receipts import grouped_with
from mda_sim.records import DeliveryLog, DetectionLog, Outcome

if TYPE_CHECKING:
    from mda_sim.sharing.network import SharingSpec

Ints = NDArray[np.int64]

EXPOSURE: Final = Schema(
    "exposure",
    (
        Column("t_us", "i8", "when it was counted [us]"),
        Column("origin", "i2", "party whose sensors saw it", names="parties"),
        Column("node", "i2", "node of another party that holds it", names="nodes"),
        Column("level", "u1", "classification of its label", names="levels"),
        Column("is_stripped", "u1", "1 if the holder is not told whose sensor it was"),
        Column("contacts", "i8", "contacts of vessels held"),
        Column("parts", "i8", "parts of reports that they are in"),
    ),
    sort=("t_us", "origin", "node", "level", "is_stripped"),
)
"""What lay abroad at one moment; only what is not zero."""


class Abroad(NamedTuple):
    """Stretches of time during which a node of another party holds a part; arrays are (n,)."""

    origin: Ints
    """Party whose sensor saw it, by its place in ``parties``."""
    node: Ints
    """Node that holds it, by its place in ``nodes``."""
    level: Ints
    """Classification of its label."""
    is_stripped: NDArray[np.bool_]
    """Whether the holder is not told whose sensor it was."""
    contacts: Ints
    """Contacts of vessels in the part."""
    t_from_us: Ints
    """When it came [us]."""
    t_to_us: Ints
    """When another copy counts, or all were destroyed [us]; NEVER_US if neither."""


class Exposed(NamedTuple):
    """What one configuration laid abroad, with the names that its numbers stand for."""

    abroad: Abroad
    parties: tuple[str, ...]
    nodes: tuple[str, ...]


def exposed(log: DetectionLog, deliveries: DeliveryLog, sharing: SharingSpec) -> Exposed:
    """What nodes hold of the sensors of other parties, and when."""
    parties = tuple(
        sorted({card.operator for card in log.sensors} | {n.nation for n in sharing.nodes.values()})
    )
    nodes = tuple(sorted(sharing.nodes))
    home = np.array([parties.index(sharing.nodes[node].nation) for node in nodes], np.int64)
    operator = np.array([parties.index(card.operator) for card in log.sensors], np.int64)
    origin = operator[log.reports["sensor"][deliveries.parts["report"]]]
    is_foreign = home[None, :] != np.arange(len(parties))[:, None]  # by origin and node
    shown = np.where(deliveries.parts["n_vessels"] > 0, origin, len(parties))
    is_foreign = np.append(is_foreign, np.zeros((1, len(nodes)), np.bool_), axis=0)
    copies = np.concatenate(
        [
            _linked(deliveries, sharing, nodes, is_foreign, shown),
            _pooled(log, deliveries, sharing, nodes, is_foreign, shown),
        ],
        axis=1,
    )
    return Exposed(_one_at_a_time(copies, origin, deliveries, len(nodes)), parties, nodes)


def exposure_figures(found: Exposed, nation: str, timeline: Timeline) -> list[Figure]:
    """Exposure of what the sensors of ``nation`` saw."""
    abroad = found.abroad
    mine = np.flatnonzero(abroad.origin == (found.parties.index(nation) if nation in found.parties else NONE))
    from_us, to_us, contacts = abroad.t_from_us[mine], abroad.t_to_us[mine], abroad.contacts[mine]
    at_end = (from_us <= timeline.end_us) & (to_us > timeline.end_us)
    window_us = timeline.score_to_us - timeline.score_from_us
    held_us = np.minimum(to_us, timeline.score_to_us) - np.maximum(from_us, timeline.score_from_us)
    share = np.maximum(held_us, 0) / window_us
    weighed, is_scored = contacts * share, share > 0
    level, node = abroad.level[mine], abroad.node[mine]
    groups = {"all": np.arange(len(mine)), "stripped": np.flatnonzero(abroad.is_stripped[mine])}
    for number, name in enumerate(level_names()):
        groups[f"level:{name}"] = np.flatnonzero(level == number)
    for number, name in enumerate(found.nodes):
        held_there = np.flatnonzero(node == number)
        if len(held_there):
            groups[f"node:{name}"] = held_there
    figures = []
    for group, rows in groups.items():
        now = at_end[rows]
        count = float(contacts[rows][now].sum())
        mean = float(weighed[rows].sum())
        figures += [
            Figure("exposure_count", group, count, "count", int(now.sum())),
            Figure("exposure_mean_count", group, mean, "count", int(is_scored[rows].sum())),
        ]
    return figures


def exposure_table(found: Exposed, timeline: Timeline) -> Table:
    """The EXPOSURE table of all parties: at every midnight of the run, and at its end."""
    abroad = found.abroad
    moments = np.unique(np.append(np.arange(0, timeline.end_us, US_PER_DAY), timeline.end_us))
    of_kind = abroad.origin, abroad.node, abroad.level, abroad.is_stripped.astype(np.int64)
    shape = len(found.parties), len(found.nodes), len(level_names()), 2
    kind, n_kinds = np.ravel_multi_index(of_kind, shape), math.prod(shape)
    begins, ends = (_moments_before(t_us, timeline.end_us) for t_us in (abroad.t_from_us, abroad.t_to_us))
    counts = np.zeros((2, (len(moments) + 1) * n_kinds), np.int64)
    for sign, at in ((1, begins * n_kinds + kind), (-1, ends * n_kinds + kind)):
        n, size = np.bincount(at, minlength=counts.shape[1]), counts.shape[1]
        weighed = np.bincount(at, abroad.contacts, minlength=size)  # whole numbers, exact in float64
        counts += sign * np.stack([weighed.astype(np.int64), n])
    contacts, parts = counts.reshape(2, len(moments) + 1, n_kinds).cumsum(axis=1)[:, :-1]
    moment, which = np.nonzero(parts)
    names = ("origin", "node", "level", "is_stripped")
    columns: dict[str, NDArray[Any]] = dict(zip(names, np.unravel_index(which, shape), strict=True))
    columns |= {"t_us": moments[moment], "contacts": contacts[moment, which], "parts": parts[moment, which]}
    meta = {"parties": list(found.parties), "nodes": list(found.nodes), "levels": list(level_names())}
    return Table.of(EXPOSURE, columns, meta)


def _moments_before(t_us: Ints, end_us: int) -> Ints:
    """How many midnights of the run, and its end, lie before each time >= 0."""
    n_midnights = -(-end_us // US_PER_DAY)
    return np.where(t_us > end_us, n_midnights + 1, np.minimum(-(-t_us // US_PER_DAY), n_midnights))


def level_names() -> tuple[str, ...]:
    """The ladder of classifications, lowest first."""
    from mda_sim.sharing.labels import Level

    return tuple(level.name for level in Level)


def _levels(labels: list[str], sharing: SharingSpec) -> Ints:
    """Classification of each label; that of a combination is the highest of its labels."""
    from mda_sim.sharing.labels import Level, label_of

    return np.array([Level[label_of(sharing.labels, id_).classification] for id_ in labels], np.int64)


def _linked(
    deliveries: DeliveryLog,
    sharing: SharingSpec,
    nodes: tuple[str, ...],
    is_foreign: NDArray[np.bool_],
    shown: Ints,
) -> Ints:
    """Copies that came by links to foreign nodes and were kept.

    Part, node, level, stripped, from and until [us]; (6, n). ``is_foreign`` is by origin, the last of whom
    has nothing to show, and node; ``shown`` (n_parts,) is the origin of each part.
    """
    hops = deliveries.hops
    recipient = np.array(
        [nodes.index(sharing.links[link].recipient) for link in hops.meta["links"]], np.int64
    )
    level = _levels(list(hops.meta.get("labels", ())), sharing)
    kept = np.flatnonzero((hops["outcome"] == Outcome.DELIVERED) & (hops["is_kept"] == 1))
    part, node = hops["part"][kept].astype(np.int64), recipient[hops["link"][kept]]
    from_us, until_us = hops["t_received_us"][kept], hops["t_purged_us"][kept]
    counts = np.flatnonzero(is_foreign[shown[part], node] & (from_us < until_us))
    rows = kept[counts]
    stripped = hops["is_stripped"][rows].astype(np.int64)
    columns = part[counts], node[counts], level[hops["label"][rows]], stripped
    return np.stack([*columns, from_us[counts], until_us[counts]])


def _pooled(
    log: DetectionLog,
    deliveries: DeliveryLog,
    sharing: SharingSpec,
    nodes: tuple[str, ...],
    is_foreign: NDArray[np.bool_],
    shown: Ints,
) -> Ints:
    """Copies that foreign nodes hold through groups, as ``_linked``: from t_ready on, for good."""
    report = deliveries.parts["report"]
    sensor = log.reports["sensor"][report]
    found = [np.empty((6, 0), np.int64)]
    for number, card in enumerate(log.sensors):
        feed = sharing.feeds.get(card.id)
        if feed is None:
            continue
        others = sorted(grouped_with(sharing, feed.node) - {feed.node})
        parts = np.flatnonzero(sensor == number) if others else np.zeros(0, np.int64)
        for node in others:
            part = parts[is_foreign[shown[parts], nodes.index(node)]]
            ready_us = log.reports["t_ready_us"][report[part]]
            level = _levels([feed.label], sharing)[0]
            same = np.ones_like(part)
            columns = part, nodes.index(node) * same, level * same, 0 * same, ready_us, NEVER_US * same
            found.append(np.stack(columns))
    return np.concatenate(found, axis=1)


def _one_at_a_time(copies: Ints, origin: Ints, deliveries: DeliveryLog, n_nodes: int) -> Abroad:
    """Of the copies of one part at one node the one that tells most, at any time."""
    part, node, level, stripped, from_us, until_us = copies
    place = part * n_nodes + node
    most_first = np.argsort((place * len(level_names()) - level) * 2 + stripped, kind="stable")
    of = place[most_first]
    begins = np.ones(len(of) + 1, np.bool_)
    begins[1:-1] = of[1:] != of[:-1]
    is_alone = begins[:-1] & begins[1:]
    alone, several = most_first[is_alone], most_first[~is_alone]
    steps = newest_under_way(place[several], from_us[several], until_us[several])
    next_us = np.full(len(steps.t_us), NEVER_US, np.int64)
    same = np.flatnonzero(steps.target[1:] == steps.target[:-1])
    next_us[same] = steps.t_us[same + 1]
    held = steps.row != NONE
    found = np.concatenate([alone, several[steps.row[held]]])
    spans_us = np.stack(
        [
            np.concatenate([from_us[alone], steps.t_us[held]]),
            np.concatenate([until_us[alone], next_us[held]]),
        ]
    )
    in_order = np.argsort(place[found], kind="stable")
    copy, (begins_us, ends_us) = found[in_order], spans_us[:, in_order]
    return Abroad(
        origin[part[copy]],
        node[copy],
        level[copy],
        stripped[copy] == 1,
        deliveries.parts["n_vessels"][part[copy]].astype(np.int64),
        begins_us,
        ends_us,
    )
