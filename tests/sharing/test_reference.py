"""The exchange against the reference: the same tables, to the microsecond.

``tests/reference/exchange`` moves every case as an object through SimPy, event by event. It shares the rules,
hours, schedules and draws with the exchange, and nothing of what settles cases or writes tables.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from shipped import PATHS, shipped

from mda_sim.core.time import NEVER_US, Timeline
from mda_sim.records import ContactFacts, DeliveryLog, DetectionLog, Gate, Outcome
from mda_sim.sharing.exchange import share_with_stats
from mda_sim.sharing.network import NationSpec, SharingSpec
from tests.audit.conftest import random_facts, run_trial
from tests.reference.exchange.run import Counts, share_by_events
from tests.sharing.test_exchange_invariants import NATIONS, random_log, random_plain

TIED_UP = {"kind": "exponential", "mean_s": 900.0}
SUSPENDED = [{"from_utc": "2026-03-02T02:00:00Z", "to_utc": "2026-03-02T04:00:00Z"}]


def same_either_way(
    log: DetectionLog,
    sharing: SharingSpec,
    nations: Mapping[str, NationSpec],
    timeline: Timeline,
    seed: int,
    facts: ContactFacts | None = None,
) -> tuple[DeliveryLog, Counts]:
    """The deliveries, once both ways have given the same; and what the reference took."""
    deliveries, stats = share_with_stats(log, sharing, nations, timeline, seed, facts)
    expected, counts = share_by_events(log, sharing, nations, timeline, seed, facts)
    for table in ("parts", "hops", "outcomes"):
        mine, theirs = getattr(deliveries, table), getattr(expected, table)
        assert len(mine) == len(theirs), table
        for name, column in theirs.columns.items():
            assert (column == mine[name]).all(), f"{table}.{name}"
    assert deliveries.digest() == expected.digest()
    assert stats.cases == counts.cases
    return deliveries, counts


# ---- every shipped scenario


def briefly(scenario: Any, per_sensor: int) -> DetectionLog:
    """Reports of the scenario's sensors at random moments of its whole time, so that every date is met."""
    make = pytest.importorskip("tests.sharing.conftest")
    rng = np.random.default_rng(5)
    sensors = {id_: (spec.operator, spec.category) for id_, spec in scenario.spec.sensors.items()}
    to_s = scenario.timeline.score_to_us / 1e6
    reports = {
        id_: [
            (float(t), int(v), int(p))
            for t, v, p in zip(
                rng.uniform(100.0, to_s - 100.0, per_sensor),
                rng.poisson(0.8, per_sensor),
                rng.poisson(0.5, per_sensor),
                strict=True,
            )
        ]
        for id_ in sensors
    }
    log: DetectionLog = make.make_log(sensors, reports)
    return log


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)
def test_every_shipped_scenario_is_the_same_either_way(path: Path) -> None:
    scenario = shipped(path.stem)
    log = briefly(scenario, 30)
    n_hops = 0
    for sharing in scenario.arrangements.values():
        facts = random_facts(np.random.default_rng(3), log, sharing)
        deliveries, _ = same_either_way(log, sharing, scenario.spec.nations, scenario.timeline, 1, facts)
        n_hops += len(deliveries.hops)
    assert n_hops > 50


# ---- random worlds


@pytest.mark.parametrize("kind", ["plain", "dense", "full", "relays"])
@pytest.mark.parametrize("seed", range(3))
def test_random_arrangements_are_the_same_either_way(
    seed: int, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of the auditor's arrangements, ``full`` ones may have all that can be stated."""
    monkeypatch.setitem(run_trial.__globals__, "share", lambda *world: same_either_way(*world)[0])
    assert len(run_trial(seed, **{kind: True}).deliveries.hops) > 100


@pytest.mark.parametrize("seed", range(3))
def test_everything_on_open_ways_is_the_same_either_way(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(run_trial.__globals__, "share", lambda *world: same_either_way(*world)[0])
    assert len(run_trial(seed, full=True, relays=True).deliveries.hops) > 1000


def busy_plain(make: SimpleNamespace, seed: int) -> dict[str, Any]:
    """A random arrangement with loops, and with all that desks, lines, senders and agreements may do."""
    rng = np.random.default_rng([seed, 9])
    plain = random_plain(make, seed)
    for i, link in enumerate(plain["links"].values()):
        link["priority"] = i % 3
        if i % 2:
            link |= {"loss_probability": 0.2, "extra_delay": TIED_UP, "willingness": 0.8}
        if rng.random() < 0.3:
            link["queue_limit"] = 2
        if rng.random() < 0.3:
            link["failures"] = {"up_mean_s": 3600.0, "down_mean_s": 900.0}
        if rng.random() < 0.3:
            link["pattern"] = {"kind": str(rng.choice(["digest", "pull"])), "period_s": 700.0}
        if rng.random() < 0.3:
            link["sanitise"] = {"coarsen_m": 500.0, "delay_s": 100.0}
    for i, desk in enumerate(plain["desks"].values()):
        desk |= {"batch": {"period_s": 700.0}} if i % 2 else {"elapsed_clock": "working"}
        desk["calendar"] = {"kind": "working_hours", "time_zone": "Asia/Manila", "close_s": 14 * 3600.0}
        desk["discipline"] = ("fifo", "fifo", "priority", "newest_first")[(i + seed) % 4]
    for i, deal in enumerate(plain["agreements"].values()):
        deal["onward"] = "free" if i % 3 else "with_consent"
        deal["retention_s"] = 5000.0 if i % 2 else None
        if i % 3 == 0:
            deal |= {"suspensions": SUSPENDED, "on_suspension": "purge"}
    plain["consents"] = {}
    for i, (giver, taker) in enumerate(itertools.permutations(NATIONS, 2)):
        plain["consents"][f"{giver}_{taker}".lower()] = {"originator": giver, "recipient": taker} | (
            {
                "kind": "on_request", "desk": f"d{NATIONS.index(giver)}" if i % 3 else None,
                "probability": 0.7, "answer": TIED_UP, "validity_s": 5000.0 if i % 4 else None,
            }
            if i % 2
            else {"kind": "standing", "to_utc": "2026-03-02T05:00:00Z"}
        )  # fmt: skip
    return plain


def busy_worlds(make: SimpleNamespace) -> Iterator[tuple[DeliveryLog, Counts]]:
    nations = make.nations(JPN="n0", PHL="n1", USA="n2", VNM="n3")
    timeline = make.timeline(hours=9, drain_h=3)
    for seed in range(8):
        yield same_either_way(
            random_log(make, seed), make.sharing(**busy_plain(make, seed)), nations, timeline, seed
        )


def test_busy_worlds_are_the_same_either_way_and_meet_what_may_happen(make: SimpleNamespace) -> None:
    outcomes, at_release, purged, relayed, requests = set(), 0, 0, 0, 0
    for deliveries, _ in busy_worlds(make):
        hops = deliveries.hops
        outcomes |= set(hops["outcome"].tolist())
        at_release |= int(np.bitwise_or.reduce(hops["gates_at_release"]))
        purged += int((hops["t_purged_us"] != NEVER_US).sum())
        relayed += int((hops["source"] >= 0).sum())
        requests += int((hops["t_consented_us"] > hops["t_asked_us"]).sum())
    assert outcomes == {*Outcome} - {Outcome.NO_ROUTE}
    assert at_release & Gate.IN_FORCE
    assert at_release & Gate.RELEASE
    assert min(purged, relayed, requests) > 50


def test_tables_may_be_as_large_as_they_become(make: SimpleNamespace) -> None:
    """More of everything than there is room for at first: pieces, bundles, offers, rows, what is known."""
    nodes = {f"n{i}": (NATIONS[i % 4], "SECRET") for i in range(8)}
    sharing = make.sharing(
        nodes=nodes,
        labels={"r": {"classification": "RESTRICTED"}},
        feeds={"radar": {"node": "n0", "label": "r"}, "ais": {"node": "n5", "label": "r"}},
        agreements={"all": make.agreement(*NATIONS, onward="free", retention_s=3000.0)},
        desks={"d": {"touch": {"kind": "exponential", "mean_s": 9.0}}},
        links={
            f"l{i}_{j}": make.link(f"n{i}", f"n{(i + j) % 8}", desk="d" if j == 1 else None)
            for i in range(8)
            for j in (1, 2, 3)
        },
    )
    sensors = {"radar": ("JPN", "radar"), "ais": ("PHL", "ais")}
    log = make.log(sensors, {id_: np.arange(10, 30_000, 61.0).tolist() for id_ in sensors})
    nations = make.nations(JPN="n0", PHL="n1", USA="n2", VNM="n3")
    deliveries, _ = same_either_way(log, sharing, nations, make.timeline(hours=9, drain_h=3), 1)
    assert len(deliveries.hops) > 10_000


# ---- what SimPy is needed for


def events_of(make: SimpleNamespace, **desk: Any) -> tuple[int, int]:
    """SimPy events and cases of a chain of four links through desks."""
    nodes = {**{c.lower(): (c, "SECRET") for c in ("JPN", "PHL", "USA", "VNM")}, "vnm_too": ("VNM", "SECRET")}
    sharing = make.sharing(
        nodes=nodes,
        labels={"r": {"classification": "RESTRICTED"}},
        feeds={"radar": {"node": "phl", "label": "r"}},
        agreements={"all": make.agreement(*NATIONS, onward="free")},
        desks={id_: {"touch": {"kind": "constant", "value_s": 30.0}, **desk} for id_ in ("p", "j", "u")},
        links={
            "a": make.link("phl", "jpn", desk="p"),
            "b": make.link("jpn", "usa", desk="j"),
            "c": make.link("usa", "vnm", desk="u"),
            "d": make.link("vnm", "vnm_too"),
        },
    )
    log = make.log({"radar": ("PHL", "radar")}, {"radar": np.arange(10, 9000, 61.0).tolist()})
    nations = make.nations(PHL="phl", JPN="jpn", USA="usa", VNM="vnm")
    deliveries, stats = share_with_stats(log, sharing, nations, make.timeline(), seed=1)
    assert len(deliveries.hops) == 4 * len(log.reports)
    return stats.simpy_events, stats.cases


def test_where_nobody_chooses_simpy_has_nothing_to_do(make: SimpleNamespace) -> None:
    assert events_of(make)[0] == 0


def test_a_live_desk_chooses_at_most_once_a_case(make: SimpleNamespace) -> None:
    """Three of the four links have a desk that chooses."""
    events, cases = events_of(make, discipline="priority")
    assert 0 < events <= 3 / 4 * cases
