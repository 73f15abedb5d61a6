"""Events: each kind gives the section that the same dates written by hand give, whatever else happens."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mda_sim.core.errors import RunError
from mda_sim.core.rng import address, draw_normal, draw_uniform, stream_key
from mda_sim.core.time import NEVER_US, US_PER_DAY, US_PER_H, Timeline
from mda_sim.sharing.checks import Facts
from mda_sim.sharing.checks.events import EVENT_CHECKS
from mda_sim.sharing.exchange import share
from mda_sim.sharing.happenings import drawn_events, resolve_events
from mda_sim.sharing.network import NationSpec, SharingSpec

START = datetime(2026, 3, 2, tzinfo=UTC)
TIMELINE = Timeline(START, 2 * US_PER_DAY, 20 * US_PER_DAY, 3 * US_PER_DAY)
BEGIN, END = "2026-03-09T06:00:00Z", "2026-03-11T18:30:00Z"
LASTS_S = 60.5 * 3600.0
DAY_S = 86_400.0
BEGIN_OF_ALL = "2025-01-01T00:00:00Z"

SECTION: dict[str, Any] = {
    "nodes": {
        "jpn": {"nation": "JPN", "highest_level": "SECRET"},
        "phl": {"nation": "PHL", "highest_level": "SECRET"},
        "usa": {"nation": "USA", "highest_level": "SECRET"},
    },
    "agreements": {
        "direct": {
            "parties": ["JPN", "PHL"],
            "in_force_from": "2025-01-01T00:00:00Z",
            "in_force_to": "2030-01-01T00:00:00Z",
            "notice_s": 5 * DAY_S,
            "suspensions": [{"from_utc": "2026-03-04T00:00:00Z", "to_utc": "2026-03-05T00:00:00Z"}],
            "categories": ["radar"],
        },
        "hub": {"parties": ["JPN", "USA"], "in_force_from": "2007-08-10T00:00:00Z", "categories": ["radar"]},
        "planned": {"parties": ["PHL", "USA"], "categories": ["radar"]},
    },
    "consents": {"word": {"kind": "standing", "originator": "PHL", "recipient": "JPN", "sender": "USA"}},
    "desks": {"desk": {"surges": [{"from_utc": "2026-03-03T00:00:00Z", "servers": 2}]}},
    "links": {
        "phl_jpn": {"sender": "phl", "recipient": "jpn", "desk": "desk"},
        "usa_jpn": {"sender": "usa", "recipient": "jpn"},
    },
}

SPAN = {"from_utc": BEGIN, "to_utc": END}
FOR_GOOD = {"from_utc": BEGIN}


def section(
    events: Mapping[str, Any] | None = None, written: Mapping[str, Mapping[str, Any]] | None = None
) -> SharingSpec:
    """The section with events, or with fields written by hand: 'links.phl_jpn' -> {field: value}."""
    plain = {name: {id_: dict(spec) for id_, spec in part.items()} for name, part in SECTION.items()}
    for place, changes in (written or {}).items():
        part, id_ = place.split(".")
        plain[part][id_] |= changes
    return SharingSpec.model_validate({**plain, "events": events or {}})


def event(kind: str, begins: Any = BEGIN, lasts_s: float | None = LASTS_S, **named: Any) -> dict[str, Any]:
    begins = {"kind": "at", "utc": begins} if isinstance(begins, str) else begins
    lasts = None if lasts_s is None else {"kind": "constant", "value_s": lasts_s}
    return {"kind": kind, "begins": begins, "lasts": lasts, **named}


def suspended(*pauses: Mapping[str, Any]) -> dict[str, Any]:
    """Suspensions of the direct agreement: the stated one, then ``pauses``."""
    return {"suspensions": [*SECTION["agreements"]["direct"]["suspensions"], *pauses]}


BY_HAND = [
    (
        event("in_force", agreements=["direct", "planned"]),
        {
            "agreements.direct": {"in_force_from": BEGIN, "in_force_to": END},
            "agreements.planned": {"in_force_from": BEGIN, "in_force_to": END},
        },
    ),
    (
        event("in_force", lasts_s=None, agreements=["direct"]),
        {"agreements.direct": {"in_force_from": BEGIN, "in_force_to": None}},
    ),
    (event("suspension", agreements=["direct"]), {"agreements.direct": suspended(SPAN)}),
    (event("suspension", lasts_s=None, agreements=["direct"]), {"agreements.direct": suspended(FOR_GOOD)}),
    (event("notice", lasts_s=None, agreements=["direct"]), {"agreements.direct": {"notice_given": BEGIN}}),
    (
        event("notice", lasts_s=9 * DAY_S, agreements=["direct"]),
        {
            "agreements.direct": suspended(
                {"from_utc": "2026-03-14T06:00:00Z", "to_utc": "2026-03-18T06:00:00Z"}
            )
        },
    ),
    (event("notice", lasts_s=5 * DAY_S, agreements=["direct"]), {}),
    (
        event("nation_leaves", nation="USA"),
        {
            "agreements.hub": {"suspensions": [{**SPAN, "parties": ["USA"]}]},
            "agreements.planned": {"suspensions": [{**SPAN, "parties": ["USA"]}]},
        },
    ),
    (event("link_cut", links=["phl_jpn"]), {"links.phl_jpn": {"outages": [SPAN]}}),
    (event("desk_closed", desks=["desk"]), {"desks.desk": {"closures": [SPAN]}}),
    (
        event("desk_surge", desks=["desk"], servers=7),
        {"desks.desk": {"surges": [*SECTION["desks"]["desk"]["surges"], {**SPAN, "servers": 7}]}},
    ),
    (event("consent_withdrawn", consents=["word"]), {"consents.word": {"withdrawn": [SPAN]}}),
]


@pytest.mark.parametrize(("happening", "written"), BY_HAND)
def test_an_event_gives_what_its_dates_written_by_hand_give(
    happening: dict[str, Any], written: dict[str, Any]
) -> None:
    assert resolve_events(section({"e": happening}), TIMELINE, seed=3) == section(written=written)


@pytest.mark.parametrize(("happening", "written"), BY_HAND)
def test_the_ways_to_begin_agree(happening: dict[str, Any], written: dict[str, Any]) -> None:
    """Scoring starts on 4 March, 00:00; the event begins 5 days and 6 hours later."""
    after_s = 5 * DAY_S + 6 * 3600
    sure = {"kind": "random", "from_s": after_s, "to_s": after_s}
    for begins in ({"kind": "after", "time_s": after_s}, sure):
        sharing = section({"e": happening | {"begins": begins}})
        assert resolve_events(sharing, TIMELINE, seed=3) == section(written=written)


def test_a_section_without_events_stays_as_it_is_and_resolving_is_done_once() -> None:
    plain = section()
    assert resolve_events(plain, TIMELINE, 0) is plain
    resolved = resolve_events(section({"e": BY_HAND[2][0]}), TIMELINE, 0)
    assert not resolved.events
    assert resolve_events(resolved, TIMELINE, 0) is resolved


RANDOM = st.fixed_dictionaries(
    {
        "begins": st.one_of(
            st.builds(
                lambda a, b: {"kind": "random", "from_s": min(a, b), "to_s": max(a, b)},
                *[st.floats(0, 2e6)] * 2,
            ),
            st.builds(lambda s: {"kind": "after", "time_s": s}, st.floats(0, 3e6)),
        ),
        "lasts": st.one_of(
            st.none(),
            st.builds(lambda s: {"kind": "constant", "value_s": s}, st.floats(0, 1e6)),
            st.builds(lambda s: {"kind": "exponential", "mean_s": s}, st.floats(1, 1e6)),
            st.builds(lambda s: {"kind": "lognormal", "median_s": s, "p95_s": 3 * s}, st.floats(1, 1e6)),
        ),
    }
)
NAMED = [
    {"kind": "in_force", "agreements": ["direct", "planned"]},
    {"kind": "suspension", "agreements": ["direct", "hub"]},
    {"kind": "notice", "agreements": ["direct"]},
    {"kind": "nation_leaves", "nation": "JPN"},
    {"kind": "link_cut", "links": ["usa_jpn", "phl_jpn"]},
    {"kind": "desk_closed", "desks": ["desk"]},
    {"kind": "desk_surge", "desks": ["desk"], "servers": 3},
    {"kind": "consent_withdrawn", "consents": ["word"]},
]
EVENTS = st.dictionaries(
    st.sampled_from(["a", "b", "c", "d", "e"]),
    st.builds(lambda named, times: {**named, **times}, st.sampled_from(NAMED), RANDOM),
    max_size=5,
)


@given(EVENTS, st.integers(0, 2**32), st.randoms())
def test_the_order_of_keys_changes_nothing(events: dict[str, Any], seed: int, shuffle: Any) -> None:
    order = list(events)
    shuffle.shuffle(order)
    other = section({id_: events[id_] for id_ in order})
    assert resolve_events(section(events), TIMELINE, seed) == resolve_events(other, TIMELINE, seed)


@given(EVENTS, st.builds(lambda named, times: {**named, **times}, st.sampled_from(NAMED), RANDOM))
def test_a_further_event_moves_no_other(events: dict[str, Any], further: dict[str, Any]) -> None:
    before = {drawn.id: drawn for drawn in drawn_events(section(events), TIMELINE, 11)}
    after = {drawn.id: drawn for drawn in drawn_events(section({**events, "z": further}), TIMELINE, 11)}
    assert {id_: drawn for id_, drawn in after.items() if id_ != "z"} == before


def is_open(sharing: SharingSpec, id_: str, nation: str, moment: datetime) -> bool:
    """Whether an agreement is in force towards ``nation``, by its dates alone; written from the contract."""
    deal = sharing.agreements[id_]
    if deal.in_force_from is None or moment < deal.in_force_from:
        return False
    if deal.in_force_to is not None and moment >= deal.in_force_to:
        return False
    if deal.notice_given is not None:
        assert deal.notice_s is not None
        if moment >= deal.notice_given + timedelta(seconds=deal.notice_s):
            return False
    return not any(
        pause.from_utc <= moment
        and (pause.to_utc is None or moment < pause.to_utc)
        and (not pause.parties or nation in pause.parties)
        for pause in deal.suspensions
    )


@given(EVENTS, st.integers(0, 1000), st.integers(0, TIMELINE.end_us - 1))
def test_an_agreement_is_open_where_it_was_and_no_event_closes_it(
    events: dict[str, Any], seed: int, t_us: int
) -> None:
    sharing, moment = section(events), TIMELINE.datetime_at(t_us)
    resolved = resolve_events(sharing, TIMELINE, seed)
    drawn = [one for one in drawn_events(sharing, TIMELINE, seed) if ("agreements", "direct") in one.affects]
    opening = [one for one in drawn if one.kind == "in_force"]
    opened = any(one.begin_us <= t_us < one.end_us for one in opening)
    stated = section(written={"agreements.direct": {"in_force_from": BEGIN_OF_ALL, "in_force_to": None}})
    expected = is_open(stated, "direct", "JPN", moment) and (opened or not opening)
    for one in drawn:
        late_us = round(5 * DAY_S * 1e6) if one.kind == "notice" else 0
        expected &= one.kind == "in_force" or not one.begin_us + late_us <= t_us < one.end_us
    assert is_open(resolved, "direct", "JPN", moment) == expected


def test_stretches_in_force_that_leave_a_gap_are_joined_by_a_suspension() -> None:
    events = {
        "early": event("in_force", "2026-03-05T00:00:00Z", 2 * DAY_S, agreements=["planned"]),
        "late": event("in_force", "2026-03-10T00:00:00Z", None, agreements=["planned"]),
    }
    gap = {"from_utc": "2026-03-07T00:00:00Z", "to_utc": "2026-03-10T00:00:00Z"}
    by_hand = {"in_force_from": "2026-03-05T00:00:00Z", "suspensions": [gap]}
    assert resolve_events(section(events), TIMELINE, 0) == section(written={"agreements.planned": by_hand})


def test_the_earlier_of_two_notices_counts() -> None:
    events = {
        "first": event("notice", "2026-03-12T00:00:00Z", None, agreements=["direct"]),
        "second": event("notice", lasts_s=None, agreements=["direct"]),
    }
    by_hand = {"agreements.direct": {"notice_given": BEGIN}}
    assert resolve_events(section(events), TIMELINE, 0) == section(written=by_hand)


def test_surges_stand_in_the_order_of_their_events_ids() -> None:
    events = {
        "b": event("desk_surge", "2026-03-05T00:00:00Z", DAY_S, desks=["desk"], servers=1),
        "a": event("desk_surge", "2026-03-05T12:00:00Z", DAY_S, desks=["desk"], servers=9),
    }
    surges = resolve_events(section(events), TIMELINE, 0).desks["desk"].surges
    assert [surge.servers for surge in surges] == [2, 9, 1]


@pytest.mark.parametrize("named", NAMED)
@pytest.mark.parametrize(
    "times",
    [
        {"begins": {"kind": "at", "utc": "2026-03-27T00:00:00Z"}},
        {"begins": {"kind": "at", "utc": "2026-03-09T00:00:00Z"}, "lasts": {"kind": "constant"}},
    ],
    ids=["at the end of the run", "for no time"],
)
def test_what_comes_too_late_or_lasts_no_time_does_not_happen(
    named: dict[str, Any], times: dict[str, Any]
) -> None:
    sharing = section({"e": {**named, **times}})
    (drawn,) = drawn_events(sharing, TIMELINE, 0)
    assert (drawn.begin_us, drawn.end_us, drawn.happens) == (NEVER_US, NEVER_US, False)
    never = {"in_force_from": None, "in_force_to": None}
    opened = named["kind"] == "in_force"
    by_hand = {f"agreements.{id_}": never for id_ in ("direct", "planned")} if opened else {}
    assert resolve_events(sharing, TIMELINE, 0) == section(written=by_hand)


def test_an_event_may_begin_before_the_run_and_end_after_it() -> None:
    around = event("suspension", "2026-02-01T00:00:00Z", 100 * DAY_S, agreements=["hub"])
    (drawn,) = drawn_events(section({"e": around}), TIMELINE, 0)
    assert (drawn.begin_us, drawn.end_us) == (-29 * US_PER_DAY, 71 * US_PER_DAY)
    ages = event("suspension", lasts_s=1e13, agreements=["hub"])
    by_hand = section(written={"agreements.hub": {"suspensions": [FOR_GOOD]}})
    assert resolve_events(section({"e": ages}), TIMELINE, 0) == by_hand


def test_random_times_are_those_of_the_draws_at_the_events_address() -> None:
    begins = {"kind": "random", "from_s": DAY_S, "to_s": 11 * DAY_S}
    shared = {"begins": begins, "agreements": ["hub"], "kind": "suspension"}
    events = {
        "memoryless": {**shared, "lasts": {"kind": "exponential", "mean_s": 7200.0}},
        "skewed": {**shared, "lasts": {"kind": "lognormal", "median_s": 3600.0, "p95_s": 7200.0}},
    }
    for drawn in drawn_events(section(events), TIMELINE, 5):
        place = (address(drawn.id), 0, 0, 0)
        u = float(draw_uniform(stream_key(5, "share.event"), *place)[0])
        key = stream_key(5, "share.event.lasts")
        v, z = float(draw_uniform(key, *place)[0]), float(draw_normal(key, *place)[0])
        seconds = {
            "memoryless": -7200.0 * math.log(v),
            "skewed": 3600.0 * math.exp(math.log(2) / 1.6448536 * z),
        }
        assert drawn.begin_us == 3 * US_PER_DAY + round(10 * US_PER_DAY * u)
        assert drawn.end_us - drawn.begin_us == pytest.approx(seconds[drawn.id] * 1e6, abs=1)


def test_random_beginnings_fill_their_span_evenly() -> None:
    """1,024 seeds from 100,000: the mean of a uniform and each tenth, within 4 standard errors."""
    begins = {"kind": "random", "from_s": 0.0, "to_s": 10 * DAY_S}
    sharing = section({"e": {"kind": "link_cut", "links": ["phl_jpn"], "begins": begins}})
    shares = [
        (drawn_events(sharing, TIMELINE, seed)[0].begin_us - TIMELINE.score_from_us) / (10 * US_PER_DAY)
        for seed in range(100_000, 101_024)
    ]
    standard_error = math.sqrt(1 / 12 / len(shares))
    assert abs(sum(shares) / len(shares) - 0.5) < 4 * standard_error
    counts = [sum(tenth / 10 <= share < (tenth + 1) / 10 for share in shares) for tenth in range(10)]
    assert sum(counts) == 1024
    assert all(abs(count - 102.4) < 4 * math.sqrt(102.4 * 0.9) for count in counts)


def test_all_unknown_names_are_told_at_once_with_their_keys() -> None:
    events = {
        "a": event("suspension", agreements=["hub", "direkt"]),
        "b": event("link_cut", links=["x"]),
        "c": event("desk_surge", desks=["y"], servers=1),
        "d": event("consent_withdrawn", consents=["z"]),
        "e": event("notice", agreements=["hub"]),
    }
    with pytest.raises(RunError) as raised:
        resolve_events(section(events), TIMELINE, 0)
    for text in (
        "sharing.events.a.agreements: unknown agreement 'direkt'; expected one of 'direct', 'hub', 'planned'",
        "sharing.events.b.links: unknown link 'x'",
        "sharing.events.c.desks: unknown desk 'y'",
        "sharing.events.d.consents: unknown consent 'z'",
        "sharing.events.e.agreements: agreement 'hub' states no period of notice",
    ):
        assert text in str(raised.value)


NATIONS = {id_: NationSpec(name=id_) for id_ in ("AUS", "JPN", "PHL", "USA")}
LATE = {"kind": "after", "time_s": 23 * DAY_S}
CHECKED = [
    (event("suspension", agreements=["x"]), "agreements", "unknown agreement 'x'", "error"),
    (event("notice", agreements=["hub"]), "agreements", "no period of notice", "error"),
    (event("nation_leaves", nation="XYZ"), "nation", "unknown nation 'XYZ'", "error"),
    (event("nation_leaves", nation="AUS"), "nation", "no agreement names AUS", "warning"),
    (event("link_cut", LATE, links=["usa_jpn"]), "begins", "after the end of the run", "warning"),
    (
        event("link_cut", {"kind": "random", "from_s": 0.0, "to_s": 21 * DAY_S}, links=["usa_jpn"]),
        "begins.to_s",
        "past the scored time",
        "warning",
    ),
]


@pytest.mark.parametrize(("happening", "key", "message", "severity"), CHECKED)
def test_what_cannot_be_is_found_at_its_key(
    happening: dict[str, Any], key: str, message: str, severity: str
) -> None:
    facts = Facts(section({"e": happening}), NATIONS, {}, TIMELINE)
    (found,) = [finding for check in EVENT_CHECKS for finding in check(facts)]
    assert (found.key, found.severity) == (f"sharing.events.e.{key}", severity)
    assert message in found.message


def test_an_agreement_does_not_come_into_force_before_it_was_signed() -> None:
    signed = {"agreements.planned": {"signed": "2026-03-10T00:00:00Z"}}
    sharing = section({"e": event("in_force", agreements=["planned"])}, signed)
    (found,) = [f for check in EVENT_CHECKS for f in check(Facts(sharing, NATIONS, {}, TIMELINE))]
    assert (found.key, found.severity) == ("sharing.events.e.begins", "error")
    assert "before it was signed" in found.message


@pytest.mark.parametrize("happening", [pair[0] for pair in BY_HAND])
def test_what_can_happen_is_not_remarked_on(happening: dict[str, Any]) -> None:
    facts = Facts(section({"e": happening}), NATIONS, {}, TIMELINE)
    assert [finding for check in EVENT_CHECKS for finding in check(facts)] == []


def test_the_exchange_runs_a_section_with_events_as_one_with_their_dates(make: SimpleNamespace) -> None:
    """One report an hour for ten days; the agreement is suspended from hour 30 to hour 40."""
    pair = make.pair(link={"case_window_s": 3600.0})
    log = make.log(pair.sensors, {"radar": [3600.0 * k for k in range(240)]})
    begins = {"kind": "after", "time_s": 30 * 3600.0}
    plain = pair.sharing.model_dump(mode="json")
    happening = event("suspension", begins, 10 * 3600.0, agreements=["deal"])
    eventful = SharingSpec.model_validate({**plain, "events": {"e": happening}})
    plain["agreements"]["deal"]["suspensions"] = [
        {"from_utc": "2026-03-03T06:00:00Z", "to_utc": "2026-03-03T16:00:00Z"}
    ]
    dated = SharingSpec.model_validate(plain)
    one, other, quiet = (
        share(log, sharing, pair.nations, make.timeline(), seed=1)
        for sharing in (eventful, dated, pair.sharing)
    )
    assert one.digest() == other.digest() != quiet.digest()
    received = one.hops["t_received_us"]
    assert not ((received >= 30 * US_PER_H) & (received < 40 * US_PER_H)).any()
