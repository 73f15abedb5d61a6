"""Consents: what an originator's word opens, when, and what it never opens."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from mda_sim.core.rng import address, draw_uniform, stream_key
from mda_sim.core.table import Table
from mda_sim.core.time import NEVER_US, US_PER_S
from mda_sim.records import DeliveryLog, Gate, Outcome
from mda_sim.sharing.exchange import offered_load, share

STANDING = {"originator": "PHL", "recipient": "JPN", "kind": "standing"}
ON_REQUEST = {"originator": "PHL", "recipient": "JPN", "kind": "on_request"}
NO_TIMES = {
    "t_asked_us": NEVER_US,
    "t_decided_us": NEVER_US,
    "t_consented_us": NEVER_US,
    "t_sent_us": NEVER_US,
}


def constant(seconds: float) -> dict[str, Any]:
    return {"kind": "constant", "value_s": seconds}


def hub(make: SimpleNamespace, consents: dict[str, Any], **changes: Any) -> SimpleNamespace:
    """PHL reports to USA, which has a link to JPN; every agreement asks for the originator's consent."""
    sharing = make.sharing(
        nodes={n: (n[:3].upper(), "SECRET") for n in ("aus", "jpn", "jpn_2", "phl", "usa")},
        labels={"own": changes.pop("label", {"classification": "RESTRICTED"})},
        feeds={"ais": {"node": "phl", "label": "own"}, "radar": {"node": "phl", "label": "own"}},
        agreements={
            "au_jp": make.agreement("AUS", "JPN"),
            "jp_us": make.agreement("JPN", "USA", **changes.pop("jp_us", {})),
            "ph_us": make.agreement("PHL", "USA", **changes.pop("ph_us", {})),
        },
        desks={"phl": changes.pop("desk", {}), "usa": changes.pop("usa_desk", {})},
        links={
            "phl_usa": make.link("phl", "usa", **{"delay_s": 1.0, **changes.pop("phl_usa", {})}),
            "usa_jpn": make.link("usa", "jpn", **{"delay_s": 1.0, **changes.pop("usa_jpn", {})}),
            **changes.pop("links", {}),
        },
        consents=consents,
    )
    assert not changes
    nations = make.nations(AUS="aus", JPN="jpn", PHL="phl", USA="usa")
    return SimpleNamespace(
        sharing=sharing, nations=nations, sensors={s: ("PHL", s) for s in ("ais", "radar")}
    )


def run(make: SimpleNamespace, case: SimpleNamespace, times: list[Any], seed: int = 5) -> DeliveryLog:
    return share(
        make.log(case.sensors, {"radar": times}), case.sharing, case.nations, make.timeline(), seed=seed
    )


def onward(deliveries: DeliveryLog, link: str = "usa_jpn") -> Table:
    """The hops of the link that needs the consent."""
    return deliveries.hops.take(deliveries.hops["link"] == deliveries.hops.meta["links"].index(link))


def only(table: Table, **wanted: int) -> bool:
    """Whether the table has one row, with these values."""
    return len(table) == 1 and {name: int(table[name][0]) for name in wanted} == wanted


def test_a_standing_consent_opens_the_gate_and_takes_no_time(make: SimpleNamespace) -> None:
    deliveries = run(make, hub(make, {"word": STANDING}), [10.0])
    released = 120 * US_PER_S  # it came to USA at 61 s
    assert only(
        onward(deliveries), outcome=Outcome.DELIVERED, gates=0, gates_at_release=0, consent=0, agreement=1,
        t_released_us=released, t_asked_us=released, t_decided_us=released, t_consented_us=released,
        t_received_us=121 * US_PER_S,
    )  # fmt: skip
    first_hop = deliveries.hops.take([0])
    assert only(first_hop, consent=-1, t_consented_us=60 * US_PER_S)


@pytest.mark.parametrize(
    ("dates", "gates", "at_release"),
    [
        ({"from_utc": "2026-03-02T00:01:01Z"}, 0, 0),
        ({"from_utc": "2026-03-02T00:01:01.000001Z"}, Gate.RELEASE, 0),
        ({"to_utc": "2026-03-02T00:02:00.000001Z"}, 0, 0),
        ({"to_utc": "2026-03-02T00:02:00Z"}, 0, Gate.RELEASE),
        ({"to_utc": "2026-03-02T00:01:01Z"}, Gate.RELEASE, 0),
    ],
)
def test_a_standing_consent_holds_from_its_first_microsecond_to_its_last(
    make: SimpleNamespace, dates: dict[str, str], gates: int, at_release: int
) -> None:
    """Asked at 61 s, on arrival, and at 120 s, at release."""
    deliveries = run(make, hub(make, {"word": STANDING | dates}), [10.0])
    hop = onward(deliveries)
    assert only(hop, gates=gates, gates_at_release=at_release)
    if gates or at_release:
        assert only(hop, outcome=Outcome.WITHHELD, consent=-1, **NO_TIMES)
        assert deliveries.outcomes["gates"].tolist()[1] == Gate.RELEASE
    else:
        assert only(hop, outcome=Outcome.DELIVERED, consent=0)


def test_a_request_without_a_desk_is_answered_in_its_delay(make: SimpleNamespace) -> None:
    hop = onward(run(make, hub(make, {"word": ON_REQUEST | {"answer": constant(3600.0)}}), [10.0]))
    assert only(
        hop, outcome=Outcome.DELIVERED, consent=0, t_released_us=120 * US_PER_S, t_asked_us=120 * US_PER_S,
        t_decided_us=120 * US_PER_S, t_consented_us=3720 * US_PER_S, t_received_us=3721 * US_PER_S,
    )  # fmt: skip


def test_requests_queue_at_the_originators_desk_behind_its_own_releases(make: SimpleNamespace) -> None:
    """PHL's desk takes 100 s a review, one at a time, in the order in which releases and requests came.

    60 release, 120 release, 180 request, 240 release, 300 request, 480 request.
    """
    case = hub(
        make,
        {"word": ON_REQUEST | {"desk": "phl", "answer": constant(7.0)}},
        desk={"touch": constant(100.0)},
        phl_usa={"desk": "phl"},
    )
    deliveries = run(make, case, [10.0, 70.0, 200.0])
    first = deliveries.hops.take(deliveries.hops["link"] == 0)
    assert (first["t_review_us"] / US_PER_S).tolist() == [60, 160, 360]
    hop = onward(deliveries)
    assert (hop["t_asked_us"] / US_PER_S).tolist() == [180, 300, 480]
    assert (hop["t_decided_us"] / US_PER_S).tolist() == [360, 560, 660]
    assert ((hop["t_consented_us"] - hop["t_decided_us"]) / US_PER_S).tolist() == [7, 7, 7]


def test_a_desk_that_is_closed_lets_a_request_wait_till_it_opens(make: SimpleNamespace) -> None:
    calendar = {"kind": "working_hours", "time_zone": "Asia/Manila"}  # 00:00 to 09:00 UTC
    desk = {"calendar": calendar, "touch": constant(3600.0), "elapsed_clock": "working"}
    case = hub(make, {"word": ON_REQUEST | {"desk": "phl", "answer": constant(8.5 * 3600.0)}}, desk=desk)
    hop = onward(run(make, case, [9 * 3600.0 + 10.0]))
    assert only(
        hop, t_asked_us=(9 * 3600 + 120) * US_PER_S, t_decided_us=25 * 3600 * US_PER_S,
        t_consented_us=48 * 3600 * US_PER_S + 1800 * US_PER_S,
    )  # fmt: skip


def test_each_request_is_decided_by_the_draw_at_its_own_address(make: SimpleNamespace) -> None:
    n = 3000
    case = hub(make, {"word": ON_REQUEST | {"probability": 0.4}}, usa_jpn={"desk": "usa"})
    deliveries = run(make, case, (60.0 * np.arange(n) + 5).tolist())
    hop = onward(deliveries)
    where = address("usa_jpn"), address("radar"), address("word"), hop["case"]
    u = draw_uniform(stream_key(5, "share.consent"), *where)
    granted = u < 0.4
    assert (hop["outcome"] == np.where(granted, Outcome.DELIVERED, Outcome.WITHHELD)).all()
    assert (hop["gates_at_release"] == np.where(granted, 0, Gate.RELEASE)).all()
    assert (hop["t_consented_us"] == hop["t_released_us"]).all()
    assert ((hop["t_sent_us"] != NEVER_US) == granted).all()
    assert abs(granted.mean() - 0.4) < 4 * np.sqrt(0.24 / n)
    jpn = deliveries.outcomes["nation"] == 1
    assert (deliveries.outcomes["gates"][jpn] == hop["gates_at_release"]).all()


def test_the_law_is_asked_again_when_the_answer_comes(make: SimpleNamespace) -> None:
    consent = {"word": ON_REQUEST | {"answer": constant(3600.0)}}
    ends = {"in_force_to": "2026-03-02T00:30:00Z"}
    hop = onward(run(make, hub(make, consent, jp_us=ends), [10.0]))
    assert only(
        hop, outcome=Outcome.WITHHELD, gates=0, gates_at_release=Gate.IN_FORCE, consent=0, agreement=-1
    )
    assert only(hop, t_consented_us=3720 * US_PER_S, t_sent_us=NEVER_US)
    refused = {"word": ON_REQUEST | {"answer": constant(3600.0), "probability": 0.0}}
    hop = onward(run(make, hub(make, refused, jp_us=ends), [10.0]))
    assert only(hop, gates_at_release=Gate.IN_FORCE | Gate.RELEASE)


def test_nobody_is_asked_about_what_the_law_stops_at_release(make: SimpleNamespace) -> None:
    case = hub(make, {"word": ON_REQUEST}, jp_us={"in_force_to": "2026-03-02T00:01:30Z"})
    assert only(onward(run(make, case, [10.0])), gates=0, gates_at_release=Gate.IN_FORCE, **NO_TIMES)


@pytest.mark.parametrize("consent", [STANDING, ON_REQUEST])
@pytest.mark.parametrize(
    ("changes", "opened"),
    [
        ({"ph_us": {"onward": "none"}}, False),
        ({"ph_us": {"onward": "free"}}, True),
        ({"label": {"classification": "RESTRICTED", "caveats": ["ORCON"], "rel_to": ["JPN"]}}, True),
        ({"label": {"classification": "UNCLASSIFIED"}}, True),
    ],
)
def test_consent_cures_orcon_and_the_third_party_rule_but_no_ban(
    make: SimpleNamespace, consent: dict[str, Any], changes: dict[str, Any], opened: bool
) -> None:
    hop = onward(run(make, hub(make, {"word": consent}, **changes), [10.0]))
    expected = (Outcome.DELIVERED, 0) if opened else (Outcome.WITHHELD, Gate.RELEASE)
    assert (hop["outcome"].tolist(), hop["gates"].tolist()) == ([expected[0]], [expected[1]])


@pytest.mark.parametrize("consent", [STANDING, ON_REQUEST])
def test_consent_never_cures_noforn(make: SimpleNamespace, consent: dict[str, Any]) -> None:
    """It stops at the first border already; between two nodes of USA it would stop at the second."""
    label = {"classification": "RESTRICTED", "caveats": ["NOFORN"]}
    hops = run(
        make, hub(make, {"word": consent, "us": consent | {"recipient": "USA"}}, label=label), [10.0]
    ).hops
    assert (hops["link"].tolist(), hops["gates"].tolist()) == ([0], [Gate.RELEASE])


@pytest.mark.parametrize(
    "other",
    [{"recipient": "AUS"}, {"originator": "USA"}, {"sender": "AUS"}, {"categories": ["ais"]}],
)
@pytest.mark.parametrize("consent", [STANDING, ON_REQUEST])
def test_a_consent_about_something_else_opens_nothing(
    make: SimpleNamespace, consent: dict[str, Any], other: dict[str, Any]
) -> None:
    assert only(
        onward(run(make, hub(make, {"word": consent | other}), [10.0])), gates=Gate.RELEASE, consent=-1
    )


def test_a_consent_for_this_sender_and_category_does(make: SimpleNamespace) -> None:
    word = STANDING | {"sender": "USA", "categories": ["radar"]}
    assert only(onward(run(make, hub(make, {"word": word}), [10.0])), outcome=Outcome.DELIVERED)


def test_what_stands_is_not_asked_for_and_the_first_by_id_counts(make: SimpleNamespace) -> None:
    late = {"from_utc": "2026-03-03T00:00:00Z"}
    consents = {"a": ON_REQUEST, "b": STANDING | late, "c": STANDING, "d": STANDING}
    assert only(onward(run(make, hub(make, consents), [10.0])), consent=2)
    del consents["c"], consents["d"]
    assert only(onward(run(make, hub(make, consents), [10.0])), consent=0)
    assert only(onward(run(make, hub(make, consents), [86400.0])), consent=1)


def ring(make: SimpleNamespace, by_usa: dict[str, Any], **changes: Any) -> SimpleNamespace:
    """USA to JPN with its own consent, JPN to AUS with a standing one, AUS to JPN's second node with none."""
    links = {
        "z1_jpn_aus": make.link("jpn", "aus", delay_s=1.0),
        "z2_aus_jpn_2": make.link("aus", "jpn_2", delay_s=1.0),
    }
    consents = {"by_usa": by_usa | {"sender": "USA"}, "to_aus": STANDING | {"recipient": "AUS"}}
    return hub(make, consents, links=links, **changes)


@pytest.mark.parametrize("caveats", [[], ["ORCON"]])
def test_a_granted_consent_goes_with_the_copy(make: SimpleNamespace, caveats: list[str]) -> None:
    label = {"classification": "RESTRICTED", "caveats": caveats}
    deliveries = run(make, ring(make, ON_REQUEST, label=label), [10.0])
    assert deliveries.hops["outcome"].tolist() == [Outcome.DELIVERED] * 4
    assert deliveries.hops["consent"].tolist() == [-1, 0, 1, -1]


@pytest.mark.parametrize(
    ("consent", "at_arrival", "at_release"),
    [
        (ON_REQUEST | {"validity_s": 121.0}, 0, 0),
        (ON_REQUEST | {"validity_s": 120.0}, 0, Gate.RELEASE),
        (ON_REQUEST | {"validity_s": 61.0}, Gate.RELEASE, 0),
        (STANDING | {"to_utc": "2026-03-02T00:04:00.000001Z"}, 0, 0),
        (STANDING | {"to_utc": "2026-03-02T00:04:00Z"}, 0, Gate.RELEASE),
        (STANDING | {"to_utc": "2026-03-02T00:03:01Z"}, Gate.RELEASE, 0),
    ],
)
def test_a_consent_stays_with_the_copy_as_long_as_it_is_valid(
    make: SimpleNamespace, consent: dict[str, Any], at_arrival: int, at_release: int
) -> None:
    """Consented at 120 s; the copy comes to AUS at 181 s and is released there at 240 s."""
    hop = onward(run(make, ring(make, consent), [10.0]), "z2_aus_jpn_2")
    assert only(hop, t_arrived_us=181 * US_PER_S, gates=at_arrival, gates_at_release=at_release)


def test_a_case_is_split_into_what_may_go_and_what_must_be_asked_for(make: SimpleNamespace) -> None:
    case = hub(make, {"word": ON_REQUEST | {"answer": constant(500.0)}}, usa_jpn={"bandwidth_bps": 8.0})
    plain = case.sharing.model_dump(mode="json")
    plain["labels"]["named"] = {"classification": "RESTRICTED", "rel_to": ["JPN"]}
    plain["feeds"]["radar_2"] = {"node": "phl", "label": "named"}
    log = make.log({**case.sensors, "radar_2": ("PHL", "radar")}, {"radar": [10.0, 12.0], "radar_2": [11.0]})
    hop = onward(share(log, make.sharing(**plain), case.nations, make.timeline(), seed=5))
    assert hop["consent"].tolist() == [0, 0, -1]
    assert (hop["t_released_us"] / US_PER_S).tolist() == [120] * 3
    assert (hop["t_consented_us"] / US_PER_S).tolist() == [620, 620, 120]
    assert (hop["t_transmitted_us"] / US_PER_S).tolist() == [820, 820, 220]  # 100 bytes a report


def test_a_request_that_waits_past_the_desks_expiry_is_expired(make: SimpleNamespace) -> None:
    case = hub(
        make, {"word": ON_REQUEST | {"desk": "phl"}}, desk={"touch": constant(1000.0), "expiry_s": 900.0}
    )
    hop = onward(run(make, case, [10.0, 70.0, 200.0]))
    assert hop["outcome"].tolist() == [Outcome.DELIVERED, Outcome.EXPIRED, Outcome.DELIVERED]
    assert hop["t_asked_us"][1] == 180 * US_PER_S
    assert hop["t_decided_us"].tolist() == [1120 * US_PER_S, NEVER_US, 2120 * US_PER_S]
    assert hop["gates_at_release"].tolist() == [0, 0, 0]


def test_an_answer_that_would_come_after_the_run_leaves_the_request_in_flight(make: SimpleNamespace) -> None:
    case = hub(make, {"word": ON_REQUEST | {"answer": constant(1e9)}})
    assert only(
        onward(run(make, case, [10.0])), outcome=Outcome.IN_FLIGHT, t_asked_us=120 * US_PER_S, consent=0
    )


def test_ghosts_ask_too_and_take_no_time_from_any_request(make: SimpleNamespace) -> None:
    desk = {"touch": {"kind": "exponential", "mean_s": 100.0}}
    word = ON_REQUEST | {
        "desk": "phl",
        "probability": 0.7,
        "answer": {"kind": "exponential", "mean_s": 900.0},
    }
    case = hub(make, {"word": word}, desk=desk)
    rows = [(41.0 * k + 5, k % 3, 1) for k in range(600)]
    with_ghosts = run(make, case, rows)
    bare = run(make, case, [(t, vessels, 0) for t, vessels, _ in rows if vessels])
    real = np.array([vessels > 0 for _, vessels, _ in rows])
    hops = with_ghosts.hops
    kept = hops.take(real[hops["part"]])
    for name in kept.columns:
        if name not in ("part", "source"):
            assert (kept[name] == bare.hops[name]).all(), name
    ghosts = onward(with_ghosts)["t_consented_us"][~real[onward(with_ghosts)["part"]]]
    assert (ghosts != NEVER_US).any()


def test_requests_are_part_of_their_desks_offered_load(make: SimpleNamespace) -> None:
    case = hub(make, {"word": ON_REQUEST | {"desk": "phl"}}, desk={"touch": constant(30.0)})
    log = make.log(case.sensors, {"radar": [60.0 * k + 5 for k in range(1440)]})
    loads = {load.id: load for load in offered_load(case.sharing, log, make.timeline(hours=24))}
    assert loads["phl"].offered_load == pytest.approx(0.5, rel=2e-3)
    assert loads["phl"].cases_per_day == pytest.approx(1440, abs=2)
    assert loads["usa"].offered_load == 0


def test_a_consent_nobody_needs_changes_no_time(make: SimpleNamespace) -> None:
    label = {"classification": "RESTRICTED", "rel_to": ["JPN", "USA"]}
    times = (13.0 * np.arange(300)).tolist()
    without = run(make, hub(make, {}, label=label), times)
    having = run(make, hub(make, {"a": STANDING, "b": ON_REQUEST}, label=label), times)
    assert all((without.hops[name] == having.hops[name]).all() for name in without.hops.columns)
    assert without.outcomes.digest() == having.outcomes.digest()
