"""What is in flight when the law changes, until when copies are held, what is decided for many at once."""

from __future__ import annotations

import math
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from mda_sim.core.rng import address, draw_uniform, stream_key
from mda_sim.core.time import NEVER_US, US_PER_DAY, US_PER_H, US_PER_S
from mda_sim.records import DeliveryLog, Gate, Outcome
from mda_sim.sharing.exchange import share


def at(t_s: int) -> str:
    return f"2026-03-02T{t_s // 3600:02d}:{t_s // 60 % 60:02d}:{t_s % 60:02d}Z"


def relay(
    make: SimpleNamespace, times: list[Any], deal: dict[str, Any], **links: dict[str, Any]
) -> DeliveryLog:
    """PHL reports to USA under a deal; USA passes it to its second node and to JPN, who has agreed to all."""
    sharing = make.sharing(
        nodes={n: (n[:3].upper(), "SECRET") for n in ("jpn", "phl", "usa", "usa_2")},
        labels={"own": {"classification": "RESTRICTED", "rel_to": ["JPN", "USA"]}},
        feeds={"radar": {"node": "phl", "label": "own"}},
        agreements={"deal": make.agreement("PHL", "USA", **deal), "other": make.agreement("JPN", "USA")},
        links={
            "a_phl_usa": make.link("phl", "usa", **links.get("first", {})),
            "b_usa_jpn": make.link("usa", "jpn", **links.get("abroad", {})),
            "c_usa_usa_2": make.link("usa", "usa_2", **links.get("home", {})),
        },
    )
    log = make.log({"radar": ("PHL", "radar")}, {"radar": times})
    return share(log, sharing, make.nations(JPN="jpn", PHL="phl", USA="usa"), make.timeline(), seed=6)


def column(deliveries: DeliveryLog, link: int, name: str) -> list[int]:
    hops = deliveries.hops
    values: list[int] = hops[name][hops["link"] == link].tolist()
    return values


@pytest.mark.parametrize(
    ("start_s", "gates"), [(160, Gate.IN_FORCE), (161, 0), (100, Gate.IN_FORCE), (60, Gate.IN_FORCE)]
)
def test_what_is_in_flight_when_its_agreement_is_suspended_is_withheld(
    make: SimpleNamespace, start_s: int, gates: int
) -> None:
    """Released at 60 s, received at 160 s: the law is asked again at that very moment."""
    pause = {"suspensions": [{"from_utc": at(start_s), "to_utc": at(9000)}]}
    deliveries = relay(make, [10.0], pause, first={"delay_s": 100.0})
    assert column(deliveries, 0, "gates_at_release") == [gates]
    if not gates:
        assert column(deliveries, 0, "outcome") == [Outcome.DELIVERED]
        return
    assert column(deliveries, 0, "outcome") == [Outcome.WITHHELD]
    assert column(deliveries, 0, "t_received_us") == [NEVER_US]
    assert column(deliveries, 0, "t_sent_us") == [60 * US_PER_S if start_s > 60 else NEVER_US]
    assert column(deliveries, 0, "agreement") == [-1]
    assert column(deliveries, 1, "outcome") == []


def test_a_pause_that_is_over_by_the_receipt_stops_nothing_in_flight(make: SimpleNamespace) -> None:
    pause = {"suspensions": [{"from_utc": at(100), "to_utc": at(160)}]}
    deliveries = relay(make, [10.0], pause, first={"delay_s": 100.0})
    assert column(deliveries, 0, "outcome") == [Outcome.DELIVERED]


def test_nothing_is_asked_again_on_the_way_inside_a_nation(make: SimpleNamespace) -> None:
    """It comes to the second node while the deal under which USA has it is suspended."""
    pause = {"suspensions": [{"from_utc": at(130), "to_utc": at(9000)}]}
    deliveries = relay(make, [10.0], pause, home={"delay_s": 100.0})
    assert column(deliveries, 2, "outcome") == [Outcome.DELIVERED]
    assert column(deliveries, 2, "t_purged_us") == [NEVER_US]


def test_copies_are_destroyed_when_their_time_is_up_and_go_nowhere_after_that(make: SimpleNamespace) -> None:
    """Received at 60 s to be held for 300 s; inside the nation and abroad it would leave at 600 s.

    JPN's own agreement with USA has no limit, but what USA may not hold any more it cannot give.
    """
    late = {"case_window_s": 600.0}
    deliveries = relay(make, [10.0], {"retention_s": 300.0}, abroad=late, home=late)
    assert column(deliveries, 0, "t_purged_us") == [360 * US_PER_S]
    for link in (1, 2):
        assert column(deliveries, link, "gates") == [0]
        assert column(deliveries, link, "gates_at_release") == [Gate.RELEASE]
        assert column(deliveries, link, "t_purged_us") == [NEVER_US]
    early = {"case_window_s": 300.0}
    deliveries = relay(make, [10.0], {"retention_s": 300.0}, abroad=early, home=early)
    assert column(deliveries, 1, "t_purged_us") == [NEVER_US]
    assert column(deliveries, 2, "t_purged_us") == [360 * US_PER_S]
    assert column(deliveries, 1, "outcome") == column(deliveries, 2, "outcome") == [Outcome.DELIVERED]


def test_the_last_moment_before_the_purge_still_counts(make: SimpleNamespace) -> None:
    exact = {"case_window_s": 360.0}
    for retention_s, gates in ((300.0, Gate.RELEASE), (300.000001, 0)):
        deliveries = relay(make, [10.0], {"retention_s": retention_s}, abroad=exact)
        assert column(deliveries, 1, "gates_at_release") == [gates]


def test_a_copy_that_comes_too_late_is_not_even_offered_with_success(make: SimpleNamespace) -> None:
    """The second node gets it at 420 s, past 360 s: what it would offer on is refused on arrival."""
    sharing = make.sharing(
        nodes={n: (n[:3].upper(), "SECRET") for n in ("phl", "usa", "usa_2", "usa_3")},
        labels={"own": {"classification": "RESTRICTED"}},
        feeds={"radar": {"node": "phl", "label": "own"}},
        agreements={"deal": make.agreement("PHL", "USA", retention_s=300.0)},
        links={
            "a": make.link("phl", "usa"),
            "b": make.link("usa", "usa_2", delay_s=300.0),
            "c": make.link("usa_2", "usa_3"),
        },
    )
    log = make.log({"radar": ("PHL", "radar")}, {"radar": [10.0]})
    deliveries = share(log, sharing, make.nations(PHL="phl", USA="usa"), make.timeline(), seed=6)
    assert deliveries.hops["outcome"].tolist() == [Outcome.DELIVERED, Outcome.DELIVERED, Outcome.WITHHELD]
    assert deliveries.hops["gates"].tolist() == [0, 0, Gate.RELEASE]
    assert deliveries.hops["t_purged_us"].tolist() == [360 * US_PER_S, 360 * US_PER_S, NEVER_US]


def test_a_suspension_that_purges_ends_all_holdings_under_it(make: SimpleNamespace) -> None:
    """Two reports before the suspension from 1000 s to 2000 s, one in it and one after it."""
    deal = {
        "on_suspension": "purge",
        "suspensions": [
            {"from_utc": at(1000), "to_utc": at(2000)},
            {"from_utc": at(4000), "to_utc": at(5000)},
        ],
    }
    deliveries = relay(make, [10.0, 700.0, 1500.0, 3000.0], deal)
    assert column(deliveries, 0, "t_purged_us") == [
        t * US_PER_S if t else NEVER_US for t in (1000, 1000, 0, 4000)
    ]
    assert column(deliveries, 0, "outcome")[2] == Outcome.WITHHELD
    assert column(deliveries, 2, "t_purged_us") == [1000 * US_PER_S, 1000 * US_PER_S, 4000 * US_PER_S]
    assert column(deliveries, 1, "t_purged_us") == [NEVER_US] * 3


def test_a_purge_past_the_end_of_the_run_is_none(make: SimpleNamespace) -> None:
    deliveries = relay(make, [10.0], {"retention_s": 400 * 86_400.0})
    assert column(deliveries, 0, "t_purged_us") == [NEVER_US]


@pytest.mark.parametrize(
    ("unit", "length_us"),
    [
        ({"kind": "case"}, 60 * US_PER_S),
        ({"kind": "category_day"}, US_PER_DAY),
        ({"kind": "episode", "lasts_s": 5000.0}, 5000 * US_PER_S),
    ],
)
def test_willingness_is_drawn_once_for_each_unit(
    make: SimpleNamespace, unit: dict[str, Any], length_us: int
) -> None:
    pair = make.pair(link={"willingness": 0.5, "willing_per": unit})
    times_us = np.arange(5, 9 * 86_400, 60) * US_PER_S
    hops = share(make.arrivals({"radar": times_us}), pair.sharing, pair.nations, make.timeline(), seed=4).hops
    number = times_us // (60 * US_PER_S) * (60 * US_PER_S) // length_us
    u = draw_uniform(stream_key(4, "share.willing"), address("phl_jpn"), address("radar"), 0, number)
    sent = hops["outcome"] == Outcome.DELIVERED
    assert (sent == (u < 0.5)).all()
    assert 0 < sent.sum() < len(sent)


def test_a_consent_for_a_day_is_decided_once_and_asked_for_case_by_case(make: SimpleNamespace) -> None:
    consent = {
        "kind": "on_request", "originator": "PHL", "recipient": "JPN", "probability": 0.5, "desk": "phl",
        "decided_per": {"kind": "category_day"},
    }  # fmt: skip
    sharing = make.sharing(
        nodes={n: (n[:3].upper(), "SECRET") for n in ("jpn", "phl", "usa")},
        labels={"own": {"classification": "RESTRICTED"}},
        feeds={"radar": {"node": "phl", "label": "own"}},
        agreements={"a": make.agreement("JPN", "USA"), "b": make.agreement("PHL", "USA")},
        desks={"phl": {"touch": {"kind": "exponential", "mean_s": 60.0}}},
        links={"phl_usa": make.link("phl", "usa"), "usa_jpn": make.link("usa", "jpn")},
        consents={"word": consent},
    )
    times_us = np.arange(5, 20 * 86_400, 3600) * US_PER_S
    nations = make.nations(JPN="jpn", PHL="phl", USA="usa")
    hops = share(make.arrivals({"radar": times_us}), sharing, nations, make.timeline(480), seed=8).hops
    onward = hops.take(hops["link"] == 1)
    day = (onward["t_case_us"] - 60 * US_PER_S) // US_PER_DAY
    u = draw_uniform(
        stream_key(8, "share.consent"), address("usa_jpn"), address("radar"), address("word"), day
    )
    granted = onward["outcome"] == Outcome.DELIVERED
    assert (granted == (u < 0.5)).all()
    assert 0 < granted.sum() < len(granted)
    touched = onward["t_decided_us"] - onward["t_asked_us"]
    assert len(np.unique(touched)) > 0.9 * len(touched)


def test_what_comes_by_a_link_that_strips_the_source_says_so(make: SimpleNamespace) -> None:
    strip = {"sanitise": {"strip_source": True}}
    deliveries = relay(make, [10.0], {}, first=strip)
    assert column(deliveries, 0, "is_stripped") == [1]
    assert column(deliveries, 1, "is_stripped") == column(deliveries, 2, "is_stripped") == [1]
    assert column(relay(make, [10.0], {}), 1, "is_stripped") == [0]


def network(make: SimpleNamespace, secret: dict[str, Any], *, is_shared: bool) -> dict[str, Any]:
    """PHL gives radar reports to JPN, and secret ones to USA alone, through one desk and line or two."""
    return {
        "nodes": {n: (n[:3].upper(), "SECRET") for n in ("jpn", "phl", "usa")},
        "labels": {"low": {"classification": "RESTRICTED"}, "high": secret},
        "feeds": {"radar": {"node": "phl", "label": "low"}, "sonar": {"node": "phl", "label": "high"}},
        "agreements": {
            "a": make.agreement("JPN", "PHL", ceiling="RESTRICTED", categories=["radar", "sonar"]),
            "b": make.agreement("PHL", "USA", categories=["radar", "sonar"]),
        },
        "desks": {id_: {"touch": {"kind": "exponential", "mean_s": 500.0}} for id_ in ("d", "e")},
        "links": {
            "phl_jpn": make.link("phl", "jpn", desk="d"),
            "phl_usa": make.link("phl", "usa", desk="d" if is_shared else "e"),
        },
    }


@pytest.mark.parametrize("is_shared", [False, True])
@pytest.mark.parametrize("seed", range(4))
def test_what_a_nation_may_not_know_changes_nothing_but_the_timing_at_a_shared_desk(
    make: SimpleNamespace, seed: int, is_shared: bool
) -> None:
    """With and without the secret reports that go to USA."""
    secret = {"classification": "SECRET"}
    rng = np.random.default_rng([2901, seed])
    low, high = (np.unique(rng.integers(0, 20 * 3600, 60)) * US_PER_S for _ in range(2))
    held = []
    for sonar in (high, high[:0]):
        log = make.arrivals({"radar": low, "sonar": sonar})
        sharing = make.sharing(**network(make, secret, is_shared=is_shared))
        nations = make.nations(JPN="jpn", PHL="phl", USA="usa")
        deliveries = share(log, sharing, nations, make.timeline(), seed)
        hops = deliveries.hops.take((deliveries.hops["link"] == 0) & (deliveries.hops["gates"] == 0))
        held.append(hops)
    knowing, ignorant = held
    timing = [name for name in knowing.columns if name.startswith("t_")]
    content = set(knowing.columns) - set(timing)
    assert len(knowing) == len(ignorant) == len(low)
    assert all((knowing[name] == ignorant[name]).all() for name in content)
    delay_us = knowing["t_received_us"] - ignorant["t_received_us"]
    if is_shared:
        assert delay_us.min() >= 0
        assert 0 < delay_us.max() < 20 * US_PER_H
    else:
        assert all((knowing[name] == ignorant[name]).all() for name in timing)


def test_the_share_of_the_willing_is_the_probability_for_units_of_any_length(make: SimpleNamespace) -> None:
    unit = {"kind": "episode", "lasts_s": 120.0}
    pair = make.pair(link={"willingness": 0.3, "willing_per": unit})
    times_us = np.arange(5, 40 * 86_400, 60) * US_PER_S
    log = make.arrivals({"radar": times_us})
    hops = share(log, pair.sharing, pair.nations, make.timeline(hours=960), seed=5).hops
    pairs = (hops["outcome"] == Outcome.DELIVERED).reshape(-1, 2)
    assert (pairs[:, 0] == pairs[:, 1]).all()
    error = math.sqrt(0.3 * 0.7 / len(pairs))
    assert abs(pairs.mean() - 0.3) < 4 * error < abs(1.05 * 0.3 - 0.3)
