"""What became of parts of reports for a nation: from what the real exchange wrote, and from hops by hand."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mda_sim.core.errors import ShapeError
from mda_sim.core.table import Table
from mda_sim.core.time import NEVER_US, Timeline
from mda_sim.metrics.fates import NO_FATE, fates
from mda_sim.metrics.gap_split import Answer, answer_before_arrival, split_time, tracks
from mda_sim.picture.awareness import awareness, history
from mda_sim.picture.receipts import forgotten_us, receipts
from mda_sim.records import (
    CONTACTS,
    HOPS,
    OUTCOMES,
    REPORTS,
    ContactFacts,
    DeliveryLog,
    DetectionLog,
    Gate,
    Outcome,
    SensorCard,
)
from mda_sim.sharing.exchange import share
from mda_sim.sharing.exchange.books import keep_books
from mda_sim.sharing.exchange.outcomes import derive_outcomes
from mda_sim.sharing.exchange.parts import split_reports
from mda_sim.sharing.exchange.run import run_engine
from mda_sim.sharing.network import NationSpec, SharingSpec
from mda_sim.world.presence import time_in

S, H = 1_000_000, 3600
TIMELINE = Timeline(datetime(2026, 3, 2, tzinfo=UTC), 2 * H * S, 20 * H * S, 2 * H * S)
NATIONS = {
    "AAA": NationSpec(name="A", picture_node="a_centre"),
    "BBB": NationSpec(name="B", picture_node="b_centre"),
}
CARDS = (
    SensorCard("a_one", "radar", "AAA", 90.0, 36.0),
    SensorCard("a_two", "ais", "AAA", 90.0, 36.0),
    SensorCard("b_one", "radar", "BBB", 5e4, 36.0),
)
NODES = {
    "a_centre": {"nation": "AAA", "highest_level": "SECRET"},
    "a_coast": {"nation": "AAA", "highest_level": "SECRET"},
    "a_port": {"nation": "AAA", "highest_level": "SECRET"},
    "a_relay": {"nation": "AAA", "highest_level": "SECRET"},
    "b_centre": {"nation": "BBB", "highest_level": "SECRET"},
}
SLOW = {"touch": {"kind": "constant", "value_s": 2 * H}, "expiry_s": 1 * H}
FEEDS = {
    "a_one": {"node": "a_coast", "label": "secret"},
    "a_two": {"node": "a_port", "label": "plain"},
    "b_one": {"node": "b_centre", "label": "plain"},
}
PLAIN_LINK = {"sender": "a_coast", "recipient": "a_centre", "accreditation": "SECRET"}


def make_log(n=22, ready_s=60):
    """Hourly reports of each sensor, at its own minute of the hour, on one of two vessels."""
    t_us = np.concatenate([np.arange(n) * H + 1800 + 360 * sensor for sensor in range(3)]) * S
    columns = {
        "report": range(3 * n),
        "sensor": np.repeat(range(3), n),
        "interval": np.tile(np.arange(n), 3),
        "t_observed_us": t_us,
        "t_ready_us": t_us + ready_s * S,
        "first": range(3 * n),
        "count": [1] * 3 * n,
        "n_vessels": [1] * 3 * n,
        "n_false": [0] * len([1] * 3 * n),
    }
    contacts = Table.of(
        CONTACTS, {"target": np.arange(3 * n) % 2, "dt_us": [0] * 3 * n, "merged": [1] * len([0] * 3 * n)}
    )
    names = {"sensors": [card.id for card in CARDS]}
    return DetectionLog(Table.of(REPORTS, columns, names), contacts, CARDS, 2, 2)


LOG = make_log()


def arrangement(links, *, nodes=None, feeds=None, desks=None, groups=None):
    return SharingSpec.model_validate(
        {
            "nodes": {**NODES, **(nodes or {})},
            "labels": {"plain": {"classification": "UNCLASSIFIED"}, "secret": {"classification": "SECRET"}},
            "feeds": FEEDS if feeds is None else feeds,
            "desks": desks or {},
            "links": links,
            "groups": groups or {},
        }
    )


FACTS = ContactFacts(LOG.contacts["target"] == 1, np.full(len(LOG.contacts), 50.0, np.float32), {})
"""One of the two vessels broadcasts."""


def fates_of(sharing, nation="AAA"):
    deliveries = share(LOG, sharing, NATIONS, TIMELINE, 1, FACTS)
    node = NATIONS[nation].picture_node
    received = receipts(LOG, deliveries, sharing, node, end_us=TIMELINE.end_us)
    return fates(LOG, deliveries, sharing, received, nation, node, TIMELINE)


def kinds(found, sensor):
    """The outcomes and gates that the reports of one sensor met."""
    rows = LOG.reports["sensor"] == sensor
    return set(zip(found.outcome[rows].tolist(), found.gates[rows].tolist(), strict=True))


def test_own_reports_that_come_home_are_delivered_and_foreign_ones_are_as_the_log_says():
    found = fates_of(arrangement({"inside": PLAIN_LINK}))
    assert kinds(found, 0) == {(Outcome.DELIVERED, 0)}
    assert kinds(found, 2) == {(Outcome.NO_ROUTE, Gate.IN_FORCE)}


def test_own_reports_without_a_route_lack_only_the_link_unless_the_node_may_not_hold_them():
    assert kinds(fates_of(arrangement({})), 0) == {(Outcome.NO_ROUTE, 0)}
    low = {"a_centre": {"nation": "AAA"}}
    found = fates_of(arrangement({}, nodes=low))
    assert kinds(found, 0) == {(Outcome.NO_ROUTE, Gate.ACCREDITATION)}
    assert kinds(found, 1) == {(Outcome.NO_ROUTE, 0)}
    later = {"a_centre": {**NODES["a_centre"], "cleared_from": datetime(2026, 3, 2, 12, tzinfo=UTC)}}
    assert kinds(fates_of(arrangement({}, nodes=later)), 0) == {
        (Outcome.NO_ROUTE, Gate.ACCREDITATION),
        (Outcome.NO_ROUTE, 0),
    }


def test_own_reports_are_withheld_where_their_link_may_not_carry_them():
    found = fates_of(arrangement({"inside": {**PLAIN_LINK, "accreditation": "UNCLASSIFIED"}}))
    assert kinds(found, 0) == {(Outcome.WITHHELD, Gate.ACCREDITATION)}


def test_own_reports_expire_at_a_slow_desk_of_their_own():
    found = fates_of(arrangement({"inside": {**PLAIN_LINK, "desk": "slow"}}, desks={"slow": SLOW}))
    assert {Outcome.DELIVERED, Outcome.EXPIRED} <= {outcome for outcome, _ in kinds(found, 0)}


def test_own_reports_are_in_flight_where_they_cannot_arrive_before_the_end():
    slow_link = fates_of(arrangement({"inside": {**PLAIN_LINK, "delay_s": 99 * H}}))
    slow_feed = fates_of(
        arrangement({"inside": PLAIN_LINK}, feeds={**FEEDS, "a_one": {**FEEDS["a_one"], "delay_s": 99 * H}})
    )
    assert kinds(slow_link, 0) == kinds(slow_feed, 0) == {(Outcome.IN_FLIGHT, 0)}


def test_the_best_of_two_routes_counts_and_only_those_that_lead_home():
    barred = {**PLAIN_LINK, "accreditation": "UNCLASSIFIED"}
    slow = {**PLAIN_LINK, "delay_s": 99 * H}
    astray = {**slow, "recipient": "a_relay"}
    assert kinds(fates_of(arrangement({"a_barred": barred, "b_slow": slow})), 0) == {(Outcome.IN_FLIGHT, 0)}
    assert kinds(fates_of(arrangement({"a_barred": barred, "b_astray": astray})), 0) == {
        (Outcome.WITHHELD, Gate.ACCREDITATION)
    }


def test_a_link_that_does_not_carry_the_category_is_no_route():
    found = fates_of(arrangement({"inside": {**PLAIN_LINK, "categories": ["ais"]}}))
    assert kinds(found, 0) == {(Outcome.NO_ROUTE, 0)}


def test_what_a_sensor_without_a_feed_sees_does_not_exist():
    feeds = {"b_one": FEEDS["b_one"]}
    found = fates_of(arrangement({}, feeds=feeds))
    assert kinds(found, 0) == kinds(found, 1) == {(NO_FATE, 0)}


def test_a_delivery_log_without_a_foreign_report_is_refused():
    sharing = arrangement({})
    deliveries = share(LOG, sharing, NATIONS, TIMELINE, 1)
    received = receipts(LOG, deliveries, sharing, "a_centre", end_us=TIMELINE.end_us)
    silent = replace(deliveries, outcomes=Table.empty(OUTCOMES, {"nations": ["AAA", "BBB"]}))
    with pytest.raises(ShapeError, match="22 parts for AAA"):
        fates(LOG, silent, sharing, received, "AAA", "a_centre", TIMELINE)


@pytest.fixture
def fates_by_hand(parts_of):
    """AAA's fates of one report of each sensor, whole, from hops of (part, link, copy, outcome, gates)."""

    def made(links, hops, ready_s=60, **options):
        log, names = make_log(1, ready_s), sorted(links)
        parts, contact_part = parts_of(log)
        table = {column.name: [0] * len(hops) for column in HOPS.columns}
        for i, name in enumerate(("part", "link", "copy", "outcome", "gates")):
            table[name] = [names.index(hop[i]) if name == "link" else hop[i] for hop in hops]
        table |= {name: [-1] * len(hops) for name in ("source", "case", "agreement", "consent")}
        table["t_purged_us"] = [NEVER_US] * len(hops)
        table["is_kept"] = [int(hop[3] == Outcome.DELIVERED) for hop in hops]
        foreign = log.reports["sensor"][parts["report"]] == 2
        columns = {column.name: [0] * int(foreign.sum()) for column in OUTCOMES.columns}
        columns |= {"part": parts["part"][foreign], "outcome": [Outcome.NO_ROUTE] * int(foreign.sum())}
        tables = (
            Table.of(HOPS, table, {"links": names}),
            Table.of(OUTCOMES, columns, {"nations": ["AAA", "BBB"]}),
        )
        deliveries, sharing = (
            DeliveryLog(parts, contact_part, *tables, log.digest()),
            arrangement(links, **options),
        )
        received = receipts(log, deliveries, sharing, "a_centre", end_us=TIMELINE.end_us)
        found = fates(log, deliveries, sharing, received, "AAA", "a_centre", TIMELINE)
        return list(zip(found.outcome.tolist(), found.gates.tolist(), strict=True))

    return made


def test_own_parts_that_their_feed_or_group_would_bring_later_are_in_flight(fates_by_hand):
    late = {"a_one": {**FEEDS["a_one"], "node": "a_centre", "delay_s": 99 * H}}
    assert fates_by_hand({}, [], feeds={**FEEDS, **late})[:2] == [
        (Outcome.IN_FLIGHT, 0),
        (Outcome.NO_ROUTE, 0),
    ]
    pool = {"pool": {"nodes": ["a_coast", "a_centre"]}}
    assert fates_by_hand({}, [], groups=pool, ready_s=99 * H)[0] == (Outcome.IN_FLIGHT, 0)


LAW, LEVEL = int(Gate.IN_FORCE), int(Gate.ACCREDITATION)


def test_own_parts_that_an_inner_link_filters_out_are_not_sent(fates_by_hand):
    """Both sensors feed nodes with a link of their own; the filter of the first holds the part back."""
    links = {"inside": PLAIN_LINK, "port": {**PLAIN_LINK, "sender": "a_port"}}
    hops = [(0, "inside", 0, Outcome.NOT_SENT, 0), (1, "port", 0, Outcome.DELIVERED, 0)]
    assert fates_by_hand(links, hops)[:2] == [(Outcome.NOT_SENT, 0), (Outcome.DELIVERED, 0)]


def test_the_best_outcome_over_all_ways_counts_and_a_filter_is_not_the_best(fates_by_hand):
    links = {"one": PLAIN_LINK, "two": PLAIN_LINK}
    hops = [(0, "one", 0, Outcome.NOT_SENT, 0), (0, "two", 0, Outcome.WITHHELD, LEVEL)]
    assert fates_by_hand(links, hops)[0] == (Outcome.WITHHELD, LEVEL)


def test_the_best_copy_on_a_link_counts_with_the_gates_of_the_first_that_met_its_fate(fates_by_hand):
    copies = [
        (0, "inside", 0, Outcome.NOT_SENT, 0),
        (0, "inside", 1, Outcome.WITHHELD, LEVEL),
        (0, "inside", 2, Outcome.WITHHELD, LAW),
    ]
    links = {"inside": PLAIN_LINK, "later": PLAIN_LINK}
    later = [(0, "later", 0, Outcome.WITHHELD, LAW)]
    assert fates_by_hand(links, copies + later)[0] == (Outcome.WITHHELD, LEVEL)
    expired = [(0, "later", 0, Outcome.WITHHELD, LAW), (0, "later", 1, Outcome.EXPIRED, 0)]
    assert fates_by_hand(links, copies + expired)[0] == (Outcome.EXPIRED, 0)
    assert fates_by_hand(links, [*copies, (0, "inside", 3, Outcome.DELIVERED, 0)])[0] == (
        Outcome.DELIVERED,
        0,
    )


def test_a_node_on_the_way_holds_a_part_in_any_copy(fates_by_hand):
    """What stopped it is told by the link from the relay, not by the one that barred a copy before."""
    links = {
        "home": {**PLAIN_LINK, "sender": "a_relay"},
        "to_relay": {**PLAIN_LINK, "recipient": "a_relay"},
    }
    hops = [
        (0, "home", 0, Outcome.NOT_SENT, 0),
        (0, "to_relay", 0, Outcome.WITHHELD, LEVEL),
        (0, "to_relay", 1, Outcome.DELIVERED, 0),
    ]
    assert fates_by_hand(links, hops)[0] == (Outcome.NOT_SENT, 0)


OWN_NODES = ("a_centre", "a_coast", "a_port", "a_relay")
inner_links = st.lists(
    st.fixed_dictionaries(
        {
            "ends": st.permutations(OWN_NODES).map(lambda nodes: nodes[:2]),
            "accreditation": st.sampled_from(["UNCLASSIFIED", "SECRET"]),
            "categories": st.sampled_from([[], ["ais"], ["radar"]]),
            "delay_s": st.sampled_from([0.0, 12.0 * H]),
            "desk": st.sampled_from([None, "slow"]),
            "filter": st.sampled_from([None, {"broadcasting": True}]),
            "sanitise": st.sampled_from([None, {"label": "plain", "coarsen_m": 2e4}, {"delay_s": 10.0 * H}]),
        }
    ),
    max_size=7,
)


@settings(max_examples=60)
@given(links=inner_links, centre_level=st.sampled_from(["UNCLASSIFIED", "SECRET"]))
def test_own_fates_are_the_outcomes_that_the_exchange_would_give_another_originator(links, centre_level):
    """The run is the nation's own; only the derivation is asked as if a third party had made the reports."""
    specs = {}
    for number, link in enumerate(links):
        sender, recipient = link["ends"]
        rest = {name: value for name, value in link.items() if name != "ends"}
        specs[f"link_{number}"] = {"sender": sender, "recipient": recipient, **rest}
    nodes = {"a_centre": {"nation": "AAA", "highest_level": centre_level}}
    sharing = arrangement(specs, nodes=nodes, desks={"slow": SLOW})
    found = fates_of(sharing)

    parts, _ = split_reports(LOG, sharing, FACTS)
    engine = run_engine(LOG, parts, sharing, TIMELINE, 1)
    books = keep_books(engine)
    profiles = tuple(profile._replace(originator="ZZZ") for profile in engine.intake.profiles)
    engine.intake = replace(engine.intake, profiles=profiles)
    nations = {**NATIONS, "ZZZ": NationSpec(name="Z", kind="provider")}
    outcomes = derive_outcomes(engine, books, nations)
    assert list(outcomes.meta["nations"]) == ["AAA", "BBB", "ZZZ"]
    rows = (outcomes["nation"] == 0) & (LOG.reports["sensor"][parts["report"][outcomes["part"]]] < 2)
    part = outcomes["part"][rows]
    assert len(part) == 44
    assert found.outcome[part].tolist() == outcomes["outcome"][rows].tolist()
    assert found.gates[part].tolist() == outcomes["gates"][rows].tolist()


def test_answers_of_a_real_run_add_up_to_the_scored_time(scored_of):
    links = {
        "inside": {**PLAIN_LINK, "desk": "slow"},
        "b_to_a": {"sender": "b_centre", "recipient": "a_centre"},
    }
    agreements = {
        "both": {"parties": ["AAA", "BBB"], "in_force_from": "2020-01-01T00:00:00Z", "categories": ["radar"]}
    }
    sharing = arrangement(links, desks={"slow": SLOW})
    sharing = SharingSpec.model_validate({**sharing.model_dump(mode="json"), "agreements": agreements})
    deliveries = share(LOG, sharing, NATIONS, TIMELINE, 1)
    received = receipts(LOG, deliveries, sharing, "a_centre", end_us=TIMELINE.end_us)
    found = fates(LOG, deliveries, sharing, received, "AAA", "a_centre", TIMELINE)
    scored = scored_of([(k, 2.0 * H, 22.0 * H) for k in range(2)])
    pictures = awareness(LOG, deliveries, received, error_max_m=1e4), awareness(LOG, deliveries, received)
    known = history(LOG).by_part(deliveries)
    never = forgotten_us(received, len(deliveries.parts))
    split = tracks(known, answer_before_arrival(found), *pictures, never)
    answer_us = split_time(split, scored, 4.0 * H, 2, 2)
    assert answer_us.sum(axis=1).tolist() == time_in(scored, 2).tolist()
    total = answer_us.sum(axis=0)
    # a_one comes through its slow desk now and then; in between b_one has come, which is too coarse
    assert (total[[Answer.HELD, Answer.QUALITY]] > 0).all()
    assert (total[[Answer.CHOICE, Answer.POLICY, Answer.SENSING]] == 0).all()
