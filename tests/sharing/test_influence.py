"""Which links may matter to what a node receives: relays, shared desks, desks of consents, filters."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np

from mda_sim.records import ContactFacts
from mda_sim.sharing.exchange.influence import links_that_matter

DESK = {"servers": 1, "touch": {"kind": "constant", "value_s": 600.0}}


def matter(make: SimpleNamespace, onward: str = "with_consent", **sections: Any) -> dict[str, set[str]]:
    """PHL's radar, seen from all nodes, where PHL sends to JPN and USA, and USA to JPN and KOR."""
    links = {
        "phl_jpn": make.link("phl", "jpn"),
        "phl_usa": make.link("phl", "usa"),
        "usa_jpn": make.link("usa", "jpn"),
        "usa_kor": make.link("usa", "kor"),
    }
    for id_, changes in sections.pop("links", {}).items():
        links[id_] |= changes
    nations = ("JPN", "KOR", "PHL", "USA")
    sharing = make.sharing(
        nodes={nation.lower(): (nation, "SECRET") for nation in nations},
        labels={"to_both": {"classification": "SECRET", "rel_to": ["JPN", "USA"]}},
        feeds={"radar": {"node": "phl", "label": "to_both"}},
        agreements={"all": make.agreement(*nations, onward=onward)},
        desks={"d": DESK, "e": DESK},
        links=links,
        **sections,
    )
    log = make.log({"radar": ("PHL", "radar")}, {"radar": [100.0, 5000.0]})
    n = len(log.contacts)
    facts = ContactFacts(np.ones(n, np.bool_), np.full(n, 50.0, np.float32), {})
    found = links_that_matter(log, sharing, make.timeline(), 1, facts)
    return {node: set(links) for node, links in found.items()}


def test_links_into_the_node_and_into_what_passes_it_on(make: SimpleNamespace) -> None:
    """JPN is named, so USA may pass it on; KOR is not, so nothing gets on that way and it matters to none."""
    assert matter(make) == {
        "jpn": {"phl_jpn", "phl_usa", "usa_jpn"},
        "kor": set(),
        "phl": set(),
        "usa": {"phl_usa"},
    }


def test_what_the_law_opens_onward_matters_further(make: SimpleNamespace) -> None:
    assert matter(make, onward="free")["kor"] == {"phl_usa", "usa_kor"}
    assert matter(make, onward="none")["jpn"] == {"phl_jpn"}


def test_links_through_one_desk_matter_to_each_other(make: SimpleNamespace) -> None:
    one = {"phl_jpn": {"desk": "d"}, "phl_usa": {"desk": "d"}}
    assert matter(make, links=one)["usa"] == {"phl_usa", "phl_jpn"}
    two = {"phl_jpn": {"desk": "d"}, "phl_usa": {"desk": "e"}}
    assert matter(make, links=two)["usa"] == {"phl_usa"}


def test_a_request_for_consent_comes_to_the_desk_that_decides(make: SimpleNamespace) -> None:
    """USA asks PHL whether KOR may have it, at the desk that also releases to JPN."""
    asked = {"kind": "on_request", "originator": "PHL", "recipient": "KOR", "desk": "d"}
    found = matter(make, consents={"word": asked}, links={"phl_jpn": {"desk": "d"}})
    assert found["kor"] == {"usa_kor", "phl_usa", "phl_jpn"}
    assert found["usa"] == {"phl_usa"}
    assert "usa_kor" in found["jpn"]


def test_a_link_with_a_filter_matters_to_all(make: SimpleNamespace) -> None:
    found = matter(make, links={"usa_kor": {"filter": {"broadcasting": True}}})
    assert all("usa_kor" in links for links in found.values())
