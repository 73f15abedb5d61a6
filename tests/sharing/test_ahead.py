"""Links that stand apart: settled ahead of the clock, with the rows of the event engine.

Which way a link went shows in the number of SimPy events: settled ahead, what comes to a node that passes
nothing on takes none.
"""

from __future__ import annotations

import itertools
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from mda_sim.core.time import NEVER_US
from mda_sim.records import DeliveryLog, Gate, Outcome
from mda_sim.sharing.exchange import engine, share_with_stats
from tests.audit.conftest import run_trial
from tests.sharing.test_exchange_invariants import NATIONS, random_log, random_plain

TIED_UP = {"kind": "exponential", "mean_s": 900.0}
SUSPENDED = [{"from_utc": "2026-03-02T02:00:00Z", "to_utc": "2026-03-02T04:00:00Z"}]


def apart_plain(make: SimpleNamespace, seed: int) -> dict[str, Any]:
    """A random arrangement whose links lead from the feeds of n0 to n3 to n4 to n6, and from there to n7.

    With all that desks, lines, senders and agreements may do to a case by themselves.
    """
    rng = np.random.default_rng([seed, 9])
    plain = random_plain(make, seed)
    plain["nodes"]["n7"] = ("JPN", "SECRET")
    for i, (id_, link) in enumerate(plain["links"].items()):
        sender = i % 4
        link |= {"sender": f"n{sender}", "recipient": f"n{4 + i % 3}"}
        link["desk"] = None if i % 5 == 4 else f"d{sender}"
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
        assert id_ in plain["links"]
    plain["links"]["onward"] = make.link("n4", "n7", bandwidth_bps=20.0)
    for i, desk in enumerate(plain["desks"].values()):
        desk |= {"batch": {"period_s": 700.0}} if i % 2 else {"elapsed_clock": "working"}
        desk["calendar"] = {"kind": "working_hours", "time_zone": "Asia/Manila", "close_s": 14 * 3600.0}
    for i, deal in enumerate(plain["agreements"].values()):
        deal["onward"] = "free"
        deal["retention_s"] = 5000.0 if i % 2 else None
        if i % 3 == 0:
            deal |= {"suspensions": SUSPENDED, "on_suspension": "purge"}
    plain["consents"] = {
        f"{giver.lower()}_stands": {"kind": "standing", "originator": giver, "recipient": taker,
                                    "to_utc": "2026-03-02T05:00:00Z"}
        for giver, taker in itertools.pairwise(NATIONS)
    }  # fmt: skip
    return plain


def run_apart(make: SimpleNamespace, seed: int) -> tuple[DeliveryLog, int]:
    """The deliveries, and SimPy events."""
    nations = make.nations(JPN="n4", PHL="n5", USA="n6", VNM="n3")
    timeline = make.timeline(hours=9, drain_h=3)
    sharing = make.sharing(**apart_plain(make, seed))
    deliveries, stats = share_with_stats(random_log(make, seed), sharing, nations, timeline, seed)
    return deliveries, stats.simpy_events


def all_by_events(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "links_apart", lambda *_: frozenset())


@pytest.mark.parametrize("seed", range(8))
def test_what_is_settled_ahead_has_the_rows_of_the_event_engine(
    make: SimpleNamespace, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    ahead, events_ahead = run_apart(make, seed)
    all_by_events(monkeypatch)
    by_events, events = run_apart(make, seed)
    for name, column in by_events.hops.columns.items():
        assert (column == ahead.hops[name]).all(), name
    assert ahead.digest() == by_events.digest()
    assert events_ahead < 0.7 * events


def test_those_worlds_meet_what_may_happen_to_a_case(make: SimpleNamespace) -> None:
    outcomes, at_release, purged, sources = set(), 0, 0, 0
    for seed in range(8):
        hops = run_apart(make, seed)[0].hops
        outcomes |= set(hops["outcome"].tolist())
        at_release |= int(np.bitwise_or.reduce(hops["gates_at_release"]))
        purged += int((hops["t_purged_us"] != NEVER_US).sum())
        sources += int((hops["source"] >= 0).sum())
    assert outcomes == {*Outcome} - {Outcome.NO_ROUTE}
    assert at_release & Gate.IN_FORCE
    assert min(purged, sources) > 50


@pytest.mark.parametrize("kind", ["plain", "dense", "full", "relays"])
@pytest.mark.parametrize("seed", range(3))
def test_random_arrangements_are_the_same_either_way(
    seed: int, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    ahead = run_trial(seed, **{kind: True}).deliveries.digest()
    all_by_events(monkeypatch)
    assert run_trial(seed, **{kind: True}).deliveries.digest() == ahead


def events_of(make: SimpleNamespace, links: dict[str, Any], **sections: Any) -> int:
    """SimPy events for ten reports of each feed."""
    nodes = {"jpn": "JPN", "phl": "PHL", "phl_west": "PHL", "usa": "USA"}
    feeds = sections.pop("feeds", {"radar": {"node": "phl", "label": "r"}})
    onward = sections.pop("onward", "with_consent")
    sharing = make.sharing(
        nodes={id_: (nation, "SECRET") for id_, nation in nodes.items()},
        labels={"r": {"classification": "RESTRICTED"}},
        feeds=feeds,
        agreements={
            "north": make.agreement("JPN", "PHL", onward=onward),
            "east": make.agreement("JPN", "USA", onward=onward),
            "all": make.agreement("JPN", "PHL", "USA", ceiling="UNCLASSIFIED"),
        },
        links=links,
        **sections,
    )
    sensors = {id_: (nodes[feed["node"]], "radar") for id_, feed in feeds.items()}
    log = make.log(sensors, {id_: [100.0 * k + 5 for k in range(10)] for id_ in sensors})
    nations = make.nations(JPN="jpn", PHL="phl", USA="usa")
    _, stats = share_with_stats(log, sharing, nations, make.timeline(), seed=1)
    assert stats.cases >= 10
    return stats.simpy_events


def test_one_hop_from_a_feed_takes_no_event(make: SimpleNamespace) -> None:
    desks = {"d": {"touch": TIED_UP}}
    assert events_of(make, {"a": make.link("phl", "jpn", desk="d")}, desks=desks) == 0


def test_two_nations_that_tell_each_other_need_no_event_but_receipt(make: SimpleNamespace) -> None:
    """Neither link carries home what came by the other; both nodes have links, so receipts are events."""
    links = {"a": make.link("phl", "jpn"), "b": make.link("jpn", "phl")}
    feeds = {"one": {"node": "phl", "label": "r"}, "two": {"node": "jpn", "label": "r"}}
    assert events_of(make, links, feeds=feeds) == 20


def test_nothing_goes_back_to_the_node_that_sent_it(make: SimpleNamespace) -> None:
    links = {"a": make.link("phl", "phl_west"), "b": make.link("phl_west", "phl")}
    feeds = {"one": {"node": "phl", "label": "r"}, "two": {"node": "phl_west", "label": "r"}}
    assert events_of(make, links, feeds=feeds) == 20


def test_a_relay_that_the_gates_never_let_pass_does_not_touch_a_link(make: SimpleNamespace) -> None:
    links = {"a": make.link("phl", "jpn"), "b": make.link("jpn", "usa")}
    feeds = {"one": {"node": "phl", "label": "r"}, "two": {"node": "jpn", "label": "r"}}
    assert events_of(make, links, feeds=feeds) == 10


def test_a_relay_goes_by_events(make: SimpleNamespace) -> None:
    """One event to receive at jpn, and one to close each case there."""
    links = {"a": make.link("phl", "jpn"), "b": make.link("jpn", "usa")}
    consent = {"kind": "standing", "originator": "PHL", "recipient": "USA"}
    assert events_of(make, links, consents={"c": consent}) == 20


def test_a_case_that_must_ask_goes_by_events(make: SimpleNamespace) -> None:
    """PHL's reports, fed to JPN's node: to USA by a consent on request. Closed, asked, answered."""
    links = {"a": make.link("jpn", "usa")}
    consent = {"kind": "on_request", "originator": "PHL", "recipient": "USA"}
    sharing = make.sharing(
        nodes={c.lower(): (c, "SECRET") for c in ("JPN", "PHL", "USA")},
        labels={"r": {"classification": "RESTRICTED", "originators": ["PHL"]}},
        feeds={"radar": {"node": "jpn", "label": "r"}},
        agreements={"east": make.agreement("JPN", "USA")},
        consents={"c": consent},
        links=links,
    )
    log = make.log({"radar": ("JPN", "radar")}, {"radar": [100.0 * k + 5 for k in range(10)]})
    nations = make.nations(JPN="jpn", PHL="phl", USA="usa")
    _, stats = share_with_stats(log, sharing, nations, make.timeline(), seed=1)
    assert (stats.cases, stats.simpy_events) == (10, 30)


@pytest.mark.parametrize(("desk", "events"), [("mine", 0), ("shared", 20), ("asked", 20), ("live", 30)])
def test_a_desk_that_others_use_is_not_settled_ahead(make: SimpleNamespace, desk: str, events: int) -> None:
    """Ten radar reports go through the desk; an AIS report is relayed through ``shared``, by three events."""
    quick = {"touch": {"kind": "constant", "value_s": 1.0}}
    nodes = {c.lower(): (c, "SECRET") for c in ("JPN", "PHL", "USA")}
    sharing = make.sharing(
        nodes={**nodes, "phl_west": ("PHL", "SECRET")},
        labels={"r": {"classification": "RESTRICTED"}},
        feeds={"radar": {"node": "phl", "label": "r"}, "ais": {"node": "phl_west", "label": "r"}},
        agreements={"deal": make.agreement("JPN", "PHL", "USA", categories=["ais", "radar"])},
        consents={
            "c": {"kind": "on_request", "originator": "PHL", "recipient": "USA", "desk": "asked"},
        },
        desks={"mine": quick, "shared": quick, "asked": quick, "live": {**quick, "discipline": "priority"}},
        links={
            "a": make.link("phl", "usa", desk=desk, categories=["radar"]),
            "b": make.link("phl_west", "phl"),
            "c": make.link("phl", "jpn", desk="shared", categories=["ais"]),
        },
    )
    sensors = {"radar": ("PHL", "radar"), "ais": ("PHL", "ais")}
    log = make.log(sensors, {"radar": [100.0 * k + 5 for k in range(10)], "ais": [2000.0]})
    nations = make.nations(JPN="jpn", PHL="phl", USA="usa")
    _, stats = share_with_stats(log, sharing, nations, make.timeline(), seed=1)
    assert (stats.cases, stats.simpy_events) == (12, 3 + events)


def test_no_relayed_case_takes_more_than_three_events_a_hop(make: SimpleNamespace) -> None:
    """To close, to release, to be delivered."""
    desks = {id_: {"touch": {"kind": "constant", "value_s": 30.0}} for id_ in ("p", "j", "u")}
    nodes = {**{c.lower(): (c, "SECRET") for c in ("JPN", "PHL", "USA", "VNM")}, "vnm_too": ("VNM", "SECRET")}
    sharing = make.sharing(
        nodes=nodes,
        labels={"r": {"classification": "RESTRICTED"}},
        feeds={"radar": {"node": "phl", "label": "r"}},
        agreements={"all": make.agreement(*NATIONS, onward="free")},
        desks=desks,
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
    assert stats.cases > 400
    assert stats.simpy_events <= 3 * stats.cases
