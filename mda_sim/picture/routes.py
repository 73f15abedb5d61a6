"""By which nodes and links a copy came to a node.

Model: the ``source`` of a hop is the hop that brought the copy to its sender, so a route is followed back
from the hop that ended at the node to the feed. What a feed brought has a route of one node; what a sharing
group brought goes from the node that the sensor feeds to this one, by the first group in id order that holds
both; it has one node too where these are the same.

Assumptions and limits: none of its own. Where next: ``snapshot`` names the route of what a picture holds,
``metrics.story`` tells of each of its links.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mda_sim.core.table import Table
from mda_sim.picture.receipts import BY_FEED, BY_GROUP

if TYPE_CHECKING:
    from mda_sim.sharing.network import SharingSpec


def hops_of_route(hops: Table, last: int) -> tuple[int, ...]:
    """Rows of the hops of a route that ends with row ``last``, in order; none if it is negative."""
    found: list[int] = []
    row = last
    while row >= 0:
        found.append(row)
        row = int(hops["source"][row])
    return tuple(reversed(found))


def route_names(hops: Table, sharing: SharingSpec, last: int, feed_node: str, node: str) -> tuple[str, ...]:
    """Nodes and, between them, links of a route: ``(node, link, node, ...)``.

    ``last`` is the column ``hop`` of a RECEIPTS table, ``feed_node`` the node that the sensor feeds, ``node``
    the one that received it. A group stands in place of a link as ``groups.<id>``.
    """
    if last == BY_FEED or (last == BY_GROUP and feed_node == node):
        return (feed_node,)
    if last == BY_GROUP:
        return (feed_node, f"groups.{_group_of(sharing, feed_node, node)}", node)
    names = [feed_node]
    for row in hops_of_route(hops, last):
        link = hops.meta["links"][hops["link"][row]]
        names += [link, sharing.links[link].recipient]
    return tuple(names)


def _group_of(sharing: SharingSpec, feed_node: str, node: str) -> str:
    return next(id_ for id_, group in sorted(sharing.groups.items()) if {feed_node, node} <= set(group.nodes))
