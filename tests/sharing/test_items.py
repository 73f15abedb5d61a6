from __future__ import annotations

import pytest

from mda_sim.sharing.agreements import AgreementSpec
from mda_sim.sharing.consents import ConsentOnRequest
from mda_sim.sharing.desks import Constant, DeskSpec
from mda_sim.sharing.events import AfterStart, LinkCut, NationLeaves, Suspension
from mda_sim.sharing.items import Item, items_of, with_items, without
from mda_sim.sharing.labels import LabelSpec
from mda_sim.sharing.network import (
    FeedSpec,
    GroupSpec,
    LinkSpec,
    NodeSpec,
    SanitiseSpec,
    SharingSpec,
)

SOON = AfterStart(kind="after", time_s=60.0)
SHARING = SharingSpec(
    nodes={
        "a": NodeSpec(nation="AAA"),
        "a2": NodeSpec(nation="AAA"),
        "b": NodeSpec(nation="BBB"),
        "c": NodeSpec(nation="CCC"),
        "c2": NodeSpec(nation="CCC"),
    },
    labels={"own": LabelSpec(classification="SECRET"), "tear": LabelSpec(classification="UNCLASSIFIED")},
    feeds={"radar_a": FeedSpec(node="a", label="own"), "radar_b": FeedSpec(node="b", label="own")},
    agreements={
        "pact": AgreementSpec(parties=("AAA", "BBB"), categories=("radar",)),
        "other": AgreementSpec(parties=("AAA", "CCC"), categories=("radar",)),
    },
    consents={"word": ConsentOnRequest(kind="on_request", originator="AAA", recipient="CCC", desk="office")},
    desks={"office": DeskSpec(servers=1, touch=Constant(kind="constant", value_s=60.0))},
    links={
        "a_b": LinkSpec(sender="a", recipient="b", desk="office", sanitise=SanitiseSpec(label="tear")),
        "a_a2": LinkSpec(sender="a", recipient="a2"),
        "b_c": LinkSpec(sender="b", recipient="c", fused_with=("own",)),
    },
    groups={"all": GroupSpec(nodes=("a", "a2", "b", "c", "c2")), "pair": GroupSpec(nodes=("a", "b"))},
    events={
        "cut": LinkCut(kind="link_cut", links=("a_b", "b_c"), begins=SOON),
        "pause": Suspension(kind="suspension", agreements=("pact",), begins=SOON),
        "gone": NationLeaves(kind="nation_leaves", nation="AAA", begins=SOON),
    },
)


def test_an_entry_goes_and_events_no_longer_name_it():
    left = without(SHARING, [Item("link", "a_b"), Item("agreement", "pact")])
    assert set(left.links) == {"a_a2", "b_c"}
    assert set(left.agreements) == {"other"}
    assert set(left.events) == {"cut", "gone"}
    assert left.events["cut"].links == ("b_c",)
    assert left.desks == SHARING.desks
    assert left.feeds == SHARING.feeds


def test_a_sensor_goes_with_its_feed_and_a_consent_and_a_group_with_their_entry():
    left = without(SHARING, [Item("sensor", "radar_a"), Item("consent", "word"), Item("group", "pair")])
    assert set(left.feeds) == {"radar_b"}
    assert not left.consents
    assert set(left.groups) == {"all"}
    assert left.links == SHARING.links


def test_a_nation_keeps_what_is_its_own_and_shares_nothing():
    left = without(SHARING, [Item("nation", "AAA")])
    assert set(left.links) == {"a_a2", "b_c"}
    assert left.feeds == SHARING.feeds
    assert left.agreements == SHARING.agreements
    assert set(left.groups["all"].nodes) == {"b", "c", "c2"}
    assert set(left.groups["all_aaa"].nodes) == {"a", "a2"}
    assert "pair" not in left.groups  # one node of each nation: nobody is left to pool with


def test_two_nations_that_share_nothing_are_apart_from_each_other_too():
    left = without(SHARING, [Item("nation", "AAA"), Item("nation", "CCC")])
    pooled = {frozenset(group.nodes) for group in left.groups.values()}
    assert pooled == {frozenset({"a", "a2"}), frozenset({"c", "c2"})}


def test_nothing_taken_out_changes_nothing():
    assert without(SHARING, []) == SHARING
    assert without(SHARING, [Item("link", "unknown")]) == SHARING
    assert hash(without(SHARING, [])) == hash(SHARING)


def test_order_does_not_matter():
    items = [Item("nation", "AAA"), Item("link", "b_c"), Item("sensor", "radar_b"), Item("group", "pair")]
    one_by_one = SHARING
    for item in reversed(items):
        one_by_one = without(one_by_one, [item])
    assert one_by_one == without(SHARING, items)


def test_items_put_in_bring_what_they_name():
    made = with_items(SharingSpec(), SHARING, [Item("link", "a_b"), Item("sensor", "radar_b")])
    assert set(made.links) == {"a_b"}
    assert set(made.nodes) == {"a", "b"}
    assert set(made.labels) == {"own", "tear"}
    assert set(made.desks) == {"office"}
    assert set(made.feeds) == {"radar_b"}
    assert set(with_items(SharingSpec(), SHARING, [Item("consent", "word")]).desks) == {"office"}


def test_what_is_there_already_stays_as_it_is():
    mine = SharingSpec(desks={"office": DeskSpec(servers=7, touch=Constant(kind="constant", value_s=1.0))})
    assert with_items(mine, SHARING, [Item("link", "a_b")]).desks["office"].servers == 7


def test_a_nation_cannot_be_put_in_and_an_unknown_item_is_refused():
    with pytest.raises(ValueError, match="nation"):
        with_items(SharingSpec(), SHARING, [Item("nation", "AAA")])
    with pytest.raises(KeyError):
        with_items(SharingSpec(), SHARING, [Item("link", "unknown")])


def test_items_of_each_kind():
    assert items_of(SHARING, "nation") == ("AAA", "BBB", "CCC")
    assert items_of(SHARING, "sensor") == ("radar_a", "radar_b")
