"""Random networks: conservation, routes against an oracle, and draws that no change elsewhere moves."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from mda_sim.core.time import NEVER_US
from mda_sim.records import DetectionLog, Outcome
from mda_sim.sharing.exchange import share
from mda_sim.sharing.network import SharingSpec

NATIONS = ("JPN", "PHL", "USA", "VNM")
STAGES = (
    "t_arrived_us", "t_case_us", "t_review_us", "t_reviewed_us", "t_released_us", "t_asked_us",
    "t_decided_us", "t_consented_us", "t_sent_us", "t_transmitted_us", "t_received_us",
)  # fmt: skip
REQUEST_STAGES = ("t_asked_us", "t_decided_us", "t_consented_us")
SEEDS = range(12)


def random_plain(make: SimpleNamespace, seed: int) -> dict[str, Any]:
    """Seven nodes of four nations, a dozen links with loops, dated agreements, busy desks, slow links."""
    rng = np.random.default_rng(seed)
    nodes = {f"n{i}": (NATIONS[i % 4], "SECRET" if i else "CONFIDENTIAL") for i in range(7)}
    labels = {
        "a": {"classification": "RESTRICTED", "rel_to": ["JPN", "PHL"]},
        "b": {"classification": "SECRET"},
        "c": {"classification": "UNCLASSIFIED"},
    }
    feeds = {f"s{i}": {"node": f"n{i % 7}", "label": "abc"[i % 3], "delay_s": float(i)} for i in range(9)}
    agreements = {}
    for i, (x, y) in enumerate((x, y) for x in NATIONS for y in NATIONS if x < y):
        if rng.random() < 0.85:
            changes: dict[str, Any] = {"onward": ("none", "with_consent", "free")[i % 3]}
            if rng.random() < 0.4:
                changes["suspensions"] = [
                    {"from_utc": "2026-03-02T03:00:00Z", "to_utc": "2026-03-02T05:00:00Z"}
                ]
            agreements[f"a{i}"] = make.agreement(x, y, **changes)
    agreements["all"] = make.agreement(*NATIONS, ceiling="UNCLASSIFIED", onward="free", categories=["ais"])
    desk = {
        "touch": {"kind": "lognormal", "median_s": 200.0, "p95_s": 900.0},
        "elapsed": {"kind": "exponential", "mean_s": 1500.0},
        "expiry_s": 4000.0,
    }
    desks = {f"d{i}": {**desk, "servers": 1 + i % 2} for i in range(7)}
    links = {}
    for i in range(14):
        sender, recipient = rng.choice(7, 2, replace=False)
        links[f"l{i:02d}"] = make.link(
            f"n{sender}", f"n{recipient}",
            desk=f"d{sender}" if rng.random() < 0.6 else None,
            bandwidth_bps=float(rng.choice([20.0, 64000.0])),
            delay_s=float(rng.choice([0.0, 1.5])),
            case_window_s=float(rng.choice([60.0, 600.0])),
            categories=["radar"] if rng.random() < 0.2 else [],
            accreditation="SECRET" if rng.random() < 0.8 else "RESTRICTED",
        )  # fmt: skip
    return {
        "nodes": nodes,
        "labels": labels,
        "feeds": feeds,
        "agreements": agreements,
        "desks": desks,
        "links": links,
    }


def random_log(make: SimpleNamespace, seed: int, *, probes: bool = True) -> DetectionLog:
    rng = np.random.default_rng([seed, 1])
    sensors = {f"s{i}": (NATIONS[i % 7 % 4], "radar" if i % 2 else "ais") for i in range(9)}
    reports = {
        s: [
            (float(t), int(v), int(p) if probes else 0)
            for t, v, p in zip(
                np.sort(rng.uniform(0, 30_000, 40)), rng.poisson(0.8, 40), rng.poisson(1, 40), strict=True
            )
        ]
        for s in sensors
    }
    return make.log(sensors, reports)


class World(SimpleNamespace):
    """A random arrangement, its log and what became of it."""


def build(make: SimpleNamespace, seed: int) -> World:
    sharing = make.sharing(**random_plain(make, seed))
    nations = make.nations(JPN="n0", PHL="n1", USA="n2", VNM="n3")
    log = random_log(make, seed)
    timeline = make.timeline(hours=9, drain_h=3)
    deliveries = share(log, sharing, nations, timeline, seed)
    return World(sharing=sharing, nations=nations, log=log, timeline=timeline, deliveries=deliveries)


def offered(sharing: SharingSpec, link: str, originator: str, category: str) -> bool:
    spec = sharing.links[link]
    giver, taker = sharing.nodes[spec.sender].nation, sharing.nodes[spec.recipient].nation
    return (not spec.categories or category in spec.categories) and (giver == taker or taker != originator)


def arrivals(world: World) -> list[tuple[int, str, int, int]]:
    """(part, node, time, hop that brought it) of every copy that a node has, read from the tables alone."""
    parts, reports, hops = world.deliveries.parts, world.log.reports, world.deliveries.hops
    found = []
    for part, report in enumerate(parts["report"].tolist()):
        feed = world.sharing.feeds[world.log.sensors[reports["sensor"][report]].id]
        t_us = int(reports["t_ready_us"][report]) + round(feed.delay_s * 1e6)
        if t_us <= world.timeline.end_us:
            found.append((part, feed.node, t_us, -1))
    for i in np.flatnonzero(hops["is_kept"]).tolist():
        link = world.sharing.links[hops.meta["links"][hops["link"][i]]]
        found.append((int(hops["part"][i]), link.recipient, int(hops["t_received_us"][i]), i))
    return found


def nodes_along(world: World, hop: int) -> list[str]:
    """Nodes at which the copy that a hop brought has been, the last first."""
    hops, nodes = world.deliveries.hops, []
    while hop >= 0:
        link = world.sharing.links[hops.meta["links"][hops["link"][hop]]]
        nodes += [link.recipient, link.sender]
        hop = int(hops["source"][hop])
    return nodes


@pytest.mark.parametrize("seed", SEEDS)
def test_each_copy_is_offered_once_to_each_link_and_to_no_other(make: SimpleNamespace, seed: int) -> None:
    world = build(make, seed)
    hops, cards, parts = world.deliveries.hops, world.log.sensors, world.deliveries.parts
    expected = set()
    for part, node, t_us, source in arrivals(world):
        card = cards[world.log.reports["sensor"][parts["report"][part]]]
        been = nodes_along(world, source)
        for i, link in enumerate(hops.meta["links"]):
            spec = world.sharing.links[link]
            if (
                spec.sender == node
                and spec.recipient not in been
                and offered(world.sharing, link, card.operator, card.category)
            ):
                expected.add((part, i, source, t_us))
    rows = list(zip(*(hops[c].tolist() for c in ("part", "link", "source", "t_arrived_us")), strict=True))
    assert set(rows) == expected
    assert len(rows) == len(expected)
    assert hops.is_sorted()


@pytest.mark.parametrize("seed", SEEDS)
def test_stages_follow_each_other_and_sum_to_the_latency(make: SimpleNamespace, seed: int) -> None:
    world = build(make, seed)
    hops = world.deliveries.hops
    for earlier, later in itertools.pairwise(STAGES):
        assert (hops[earlier] <= hops[later]).all()
    received = hops["outcome"] == Outcome.DELIVERED
    assert received.any()
    assert ((hops["t_received_us"] != NEVER_US) == received).all()
    assert (hops["t_received_us"][received] <= world.timeline.end_us).all()
    report = world.deliveries.parts["report"][hops["part"]]
    t_observed_us, t_ready_us = (world.log.reports[name][report] for name in ("t_observed_us", "t_ready_us"))
    first = hops["t_arrived_us"] - t_ready_us
    stages = sum(hops[b][received] - hops[a][received] for a, b in itertools.pairwise(STAGES))
    total = (t_ready_us - t_observed_us + first)[received] + stages
    assert (total == (hops["t_received_us"] - t_observed_us)[received]).all()


def routes(world: World, part: int, holders: set[str], target: str) -> Iterator[int]:
    """First link of every simple path from a holder through nodes that hold nothing to the target."""
    card = world.log.sensors[world.log.reports["sensor"][world.deliveries.parts["report"][part]]]
    links = [
        (i, world.sharing.links[link].sender, world.sharing.links[link].recipient)
        for i, link in enumerate(sorted(world.sharing.links))
        if offered(world.sharing, link, card.operator, card.category)
    ]

    def arrives(node: str, seen: frozenset[str]) -> bool:
        return node == target or any(
            s == node and r not in holders and r not in seen and arrives(r, seen | {r}) for _, s, r in links
        )

    for i, sender, recipient in links:
        if sender in holders and recipient not in holders and arrives(recipient, frozenset({recipient})):
            yield i


@pytest.mark.parametrize("seed", SEEDS)
def test_each_part_and_nation_has_one_outcome_and_it_is_the_best_of_its_routes(
    make: SimpleNamespace, seed: int
) -> None:
    world = build(make, seed)
    hops, outcomes, reports = world.deliveries.hops, world.deliveries.outcomes, world.log.reports
    held: dict[int, dict[str, int]] = {}
    for part, node, t_us, _ in arrivals(world):
        known = held.setdefault(part, {})
        known[node] = min(t_us, known.get(node, t_us))
    outcome_of: dict[tuple[int, int], int] = {}
    for row in zip(*(hops[c].tolist() for c in ("part", "link", "outcome")), strict=True):
        outcome_of[row[:2]] = min(row[2], outcome_of.get(row[:2], row[2]))
    rows = iter(
        zip(
            *(outcomes[c].tolist() for c in ("part", "nation", "outcome", "t_received_us", "hops")),
            strict=True,
        )
    )
    for part, report in enumerate(world.deliveries.parts["report"].tolist()):
        operator = world.log.sensors[reports["sensor"][report]].operator
        for k, nation in enumerate(sorted(world.nations)):
            if nation == operator:
                continue
            target = world.nations[nation].picture_node
            if target in held[part]:
                expected = Outcome.DELIVERED
            else:
                stops = [outcome_of[part, i] for i in routes(world, part, set(held[part]), target)]
                expected = Outcome(min(stops, default=Outcome.NO_ROUTE))
            row = next(rows)
            assert row[:4] == (part, k, expected, held[part].get(target, NEVER_US))
            assert (row[4] > 0) == (expected == Outcome.DELIVERED)
    assert next(rows, None) is None


def test_the_random_worlds_reach_every_outcome(make: SimpleNamespace) -> None:
    seen = {o for seed in SEEDS for o in build(make, seed).deliveries.outcomes["outcome"].tolist()}
    assert seen == {Outcome.DELIVERED, Outcome.IN_FLIGHT, Outcome.EXPIRED, Outcome.WITHHELD, Outcome.NO_ROUTE}
    assert any(build(make, seed).deliveries.hops["gates_at_release"].any() for seed in SEEDS)
    assert any((build(make, seed).deliveries.outcomes["hops"] > 1).any() for seed in SEEDS)


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_the_order_of_keys_changes_nothing(make: SimpleNamespace, seed: int) -> None:
    world = build(make, seed)
    backward = {
        section: dict(reversed(list(entries.items())))
        for section, entries in random_plain(make, seed).items()
    }
    nations = dict(reversed(list(world.nations.items())))
    again = share(world.log, make.sharing(**backward), nations, world.timeline, seed)
    assert again.digest() == world.deliveries.digest()


@pytest.mark.parametrize("seed", SEEDS)
def test_removing_all_probes_leaves_every_real_delivery_unchanged(make: SimpleNamespace, seed: int) -> None:
    world = build(make, seed)
    bare = share(random_log(make, seed, probes=False), world.sharing, world.nations, world.timeline, seed)
    parts = world.deliveries.parts
    for with_probes, without in (
        (world.deliveries.hops, bare.hops),
        (world.deliveries.outcomes, bare.outcomes),
    ):
        real = with_probes.take(parts["n_vessels"][with_probes["part"]] > 0)
        assert len(real) < len(with_probes)
        assert (parts["report"][real["part"]] == bare.parts["report"][without["part"]]).all()
        for name in set(real.columns) - {"part", "source"}:
            assert (real[name] == without[name]).all(), name


def rows_by_link(world_hops: Any) -> dict[str, list[tuple[int, ...]]]:
    names, rows = world_hops.meta["links"], {}
    columns = [world_hops[c].tolist() for c in ("part", *STAGES, "case", "gates", "outcome")]
    for link, *row in zip(world_hops["link"].tolist(), *columns, strict=True):
        rows.setdefault(names[link], []).append(tuple(row))
    return rows


@pytest.mark.parametrize("gone", ["phl_jpn", "phl_usa", "phl_vnm"])
def test_switching_off_one_link_leaves_all_rows_of_the_others(make: SimpleNamespace, gone: str) -> None:
    others = ("jpn", "usa", "vnm")
    desk = {
        "touch": {"kind": "exponential", "mean_s": 100.0},
        "elapsed": {"kind": "exponential", "mean_s": 900.0},
    }
    plain = {
        "nodes": {n: (n.upper(), "SECRET") for n in ("phl", *others)},
        "labels": {"own": {"classification": "RESTRICTED"}},
        "feeds": {"radar": {"node": "phl", "label": "own"}},
        "agreements": {n: make.agreement("PHL", n.upper()) for n in others},
        "desks": dict.fromkeys(others, desk),
        "links": {f"phl_{n}": make.link("phl", n, desk=n, bandwidth_bps=100.0) for n in others},
    }
    log = make.log({"radar": ("PHL", "radar")}, {"radar": np.arange(5.0, 20_000, 41.0).tolist()})
    nations = make.nations(PHL="phl", JPN="jpn", USA="usa", VNM="vnm")
    full = rows_by_link(share(log, make.sharing(**plain), nations, make.timeline(), seed=3).hops)
    del plain["links"][gone]
    less = rows_by_link(share(log, make.sharing(**plain), nations, make.timeline(), seed=3).hops)
    full.pop(gone)
    assert less == full
    assert len({tuple(row[5] - row[4] for row in rows) for rows in less.values()}) == 2  # own draws


def test_another_seed_draws_other_times(make: SimpleNamespace) -> None:
    world = build(make, 0)
    other = share(world.log, world.sharing, world.nations, world.timeline, seed=99)
    assert other.digest() != world.deliveries.digest()
    again = share(world.log, world.sharing, world.nations, world.timeline, seed=0)
    assert again.digest() == world.deliveries.digest()
