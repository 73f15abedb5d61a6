"""Store and forward: packets over hops, and the earliest delivery over timed contacts."""

from __future__ import annotations

import heapq
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from mda_sim.core.time import NEVER_US, US_PER_S
from mda_sim.records import Outcome
from mda_sim.sharing.exchange import share

BANDWIDTH = {"bandwidth_bps": 10.0}
"""One report of one vessel, 100 bytes, takes 80 s."""


def chain(make: SimpleNamespace, links: dict[str, tuple[int, int]], **changes: Any) -> SimpleNamespace:
    """Nodes of one nation, the first of which has a radar, and links between them."""
    nodes = {f"n{i}" for pair in links.values() for i in pair}
    sharing = make.sharing(
        nodes=dict.fromkeys(nodes, ("PHL", "SECRET")),
        labels={"own": {"classification": "RESTRICTED"}},
        feeds={"radar": {"node": "n0", "label": "own"}},
        links={
            name: make.link(f"n{a}", f"n{b}", case_window_s=1.0, **BANDWIDTH, **changes.get(name, {}))
            for name, (a, b) in links.items()
        },
    )
    return SimpleNamespace(sharing=sharing, nations=make.nations(PHL="n0"))


@pytest.mark.parametrize(("packets", "hops"), [(1, 1), (1, 5), (7, 1), (7, 5)])
def test_m_packets_take_k_plus_m_minus_one_transmissions_over_k_hops(
    make: SimpleNamespace, packets: int, hops: int
) -> None:
    """(k + M - 1) L / R, and one window of a second for each hop; packets come within less than L / R."""
    case = chain(make, {f"l{i}": (i, i + 1) for i in range(hops)})
    log = make.arrivals({"radar": np.arange(packets) * US_PER_S})
    table = share(log, case.sharing, case.nations, make.timeline(), seed=1).hops
    last = table["t_received_us"][table["link"] == hops - 1]
    assert last.max() == ((hops + packets - 1) * 80 + hops) * US_PER_S
    assert (np.diff(np.sort(last)) == 80 * US_PER_S).all()


def random_contacts(rng: np.random.Generator) -> dict[str, tuple[int, int, list[tuple[int, int]]]]:
    """Links between nine nodes, each with its windows of contact, at least long enough for one report."""
    plan = {}
    for i in range(26):
        a, b = rng.choice(9, 2, replace=False).tolist()
        starts = np.sort(rng.integers(0, 40_000, 8)).tolist()
        plan[f"l{i:02d}"] = (a, b, [(start, start + int(rng.integers(60, 900))) for start in starts])
    return plan


def earliest(plan: dict[str, tuple[int, int, list[tuple[int, int]]]], start_s: int) -> dict[int, int]:
    """Earliest moment at each node: E. Dijkstra's algorithm with arrival times as labels [s]."""
    found: dict[int, int] = {}
    queue = [(start_s, 0)]
    while queue:
        t_s, node = heapq.heappop(queue)
        if node in found:
            continue
        found[node] = t_s
        for a, b, windows in plan.values():
            if a == node and b not in found:
                ready_s = t_s + 1  # the end of its window of a second
                ends = [
                    max(ready_s, start) + 80
                    for start, end in joined(windows)
                    if max(ready_s, start) + 80 <= end
                ]
                if ends:
                    heapq.heappush(queue, (min(ends), b))
    return found


def joined(windows: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Windows that touch or overlap are one."""
    whole: list[tuple[int, int]] = []
    for start, end in sorted(windows):
        if whole and start <= whole[-1][1]:
            whole[-1] = whole[-1][0], max(end, whole[-1][1])
        else:
            whole.append((start, end))
    return whole


@pytest.mark.parametrize("seed", range(12))
def test_each_node_has_a_report_as_early_as_timed_contacts_allow(make: SimpleNamespace, seed: int) -> None:
    plan = random_contacts(np.random.default_rng([2801, seed]))
    timeline = make.timeline()

    def stretch(start_s: int, end_s: int) -> dict[str, str]:
        return {
            name: (timeline.start + timedelta(seconds=t_s)).isoformat().replace("+00:00", "Z")
            for name, t_s in (("from_utc", start_s), ("to_utc", end_s))
        }

    windows = {
        name: {"contact_windows": {"kind": "dated", "stretches": [stretch(*window) for window in spans]}}
        for name, (_, _, spans) in plan.items()
    }
    case = chain(make, {name: (a, b) for name, (a, b, _) in plan.items()} | {"z": (0, 9)}, **windows)
    log = make.arrivals({"radar": np.array([5_000 * US_PER_S])})
    table = share(log, case.sharing, case.nations, timeline, seed=1).hops
    got: dict[int, int] = {}
    for link, t_us, outcome in zip(table["link"], table["t_received_us"], table["outcome"], strict=True):
        name = table.meta["links"][link]
        if name != "z" and outcome == Outcome.DELIVERED:
            got[plan[name][1]] = min(got.get(plan[name][1], NEVER_US), int(t_us) // US_PER_S)
    wanted = earliest(plan, 5_000)
    assert got == {node: t_s for node, t_s in wanted.items() if node != 0}
    assert len(got) > 3
