"""Where something stopped on its way through a network.

Model: let H be the nodes that hold it. The frontier is the set of links from H to a node outside H from which
the node that it should come to can be reached over links and nodes outside H.

Source: definition of the package ``sharing.exchange``. Where next: ``fates`` and ``under_way`` ask.
"""

from __future__ import annotations

from collections.abc import Iterable, Set


def frontier(links: Iterable[tuple[int, int, int]], holders: Set[int], target: int) -> list[int]:
    """The links of the frontier; ``links`` are (number, sender, recipient), only those that may be used.

    >>> frontier([(0, 1, 2), (1, 2, 3), (2, 1, 4)], {1}, 3)
    [0]
    """
    ways = list(links)
    reaching, grown = {target}, True
    while grown:
        found = {s for _, s, r in ways if r in reaching and s not in holders} - reaching
        reaching |= found
        grown = bool(found)
    return [number for number, s, r in ways if s in holders and r in reaching]
