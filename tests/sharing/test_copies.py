"""Parts and copies: what filters let pass, what sanitising changes, and which copies a node keeps."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mda_sim.core.errors import RunError
from mda_sim.core.time import NEVER_US, US_PER_S
from mda_sim.records import ContactFacts, DeliveryLog, Gate, Outcome
from mda_sim.sharing.exchange import share
from mda_sim.sharing.exchange.holdings import Form, beats
from mda_sim.sharing.exchange.rights import Rights
from mda_sim.sharing.filters import filter_entries
from mda_sim.sharing.labels import LabelSpec
from mda_sim.sharing.policy import Profile

DARK, LIT = False, True
AREA = {"kind": "box", "lat_min_deg": 0, "lat_max_deg": 1, "lon_min_deg": 0, "lon_max_deg": 1}


def facts_of(
    broadcasting: list[bool], length_m: list[float] | None = None, **inside: list[bool]
) -> ContactFacts:
    lengths = [50.0] * len(broadcasting) if length_m is None else length_m
    areas = {link: np.array(values) for link, values in inside.items()}
    return ContactFacts(np.array(broadcasting), np.array(lengths, np.float32), areas)


def run_pair(
    make: SimpleNamespace, link: dict[str, Any], facts: ContactFacts | None, **log: Any
) -> DeliveryLog:
    pair = make.pair(link=link)
    reports = log or {"radar": [(10.0, 3, 0), (20.0, 2, 0)]}
    return share(make.log(pair.sensors, reports), pair.sharing, pair.nations, make.timeline(), 1, facts)


def hop_of(deliveries: DeliveryLog, link: str) -> list[int]:
    hops = deliveries.hops
    return np.flatnonzero(hops["link"] == hops.meta["links"].index(link)).tolist()


def test_only_contacts_that_pass_the_filter_travel(make: SimpleNamespace) -> None:
    """Two reports: one dark vessel of three in the first, none in the second."""
    facts = facts_of([LIT, DARK, LIT, LIT, LIT])
    deliveries = run_pair(make, {"filter": {"broadcasting": False}}, facts)
    assert deliveries.parts["report"].tolist() == [0, 0, 1]
    assert deliveries.parts["share_class"].tolist() == [0, 1, 0]
    assert deliveries.parts["n_vessels"].tolist() == [2, 1, 2]
    assert deliveries.contact_part.tolist() == [0, 1, 0, 2, 2]
    assert deliveries.hops["outcome"].tolist() == [Outcome.NOT_SENT, Outcome.DELIVERED, Outcome.NOT_SENT]
    assert deliveries.outcomes["outcome"].tolist() == [Outcome.NOT_SENT, Outcome.DELIVERED, Outcome.NOT_SENT]


def test_what_a_filter_stops_meets_no_gate_and_no_stage(make: SimpleNamespace) -> None:
    """No agreement is in force: the law refuses what would be sent, and is not asked about the rest."""
    pair = make.pair(link={"filter": {"broadcasting": True}})
    plain = pair.sharing.model_dump(mode="json")
    plain["agreements"]["deal"]["in_force_from"] = None
    log = make.log(pair.sensors, {"radar": [(10.0, 2, 0)]})
    hops = share(log, make.sharing(**plain), pair.nations, make.timeline(), 1, facts_of([DARK, LIT])).hops
    assert hops["outcome"].tolist() == [Outcome.NOT_SENT, Outcome.WITHHELD]
    assert hops["gates"].tolist() == [0, Gate.IN_FORCE]
    assert hops["t_case_us"].tolist() == [NEVER_US, NEVER_US]


@pytest.mark.parametrize(
    ("wanted", "passing"),
    [
        ({"broadcasting": True}, [0, 2]),
        ({"length_min_m": 100.0}, [1, 2]),
        ({"area": AREA}, [0, 1]),
        ({"broadcasting": True, "length_min_m": 100.0}, [2]),
        ({"broadcasting": True, "length_min_m": 100.0, "area": AREA}, []),
    ],
)
def test_a_contact_passes_if_it_meets_all_that_is_stated(
    make: SimpleNamespace, wanted: dict[str, Any], passing: list[int]
) -> None:
    facts = facts_of([LIT, DARK, LIT], [99.9, 100.0, 300.0], phl_jpn=[True, True, False])
    deliveries = run_pair(make, {"filter": wanted}, facts, radar=[(10.0, 3, 0)])
    sent = deliveries.parts["share_class"][deliveries.contact_part] == 1
    assert np.flatnonzero(sent).tolist() == passing


def test_parts_hold_every_contact_once_and_bytes_are_those_of_the_parts(make: SimpleNamespace) -> None:
    """Of 40 contacts 10 pass: 64 + 10 x 36 bytes at 8 bit/s last 424 s; with all, 64 + 40 x 36: 1504 s."""
    facts = facts_of([i % 4 != 0 for i in range(40)])
    for link, seconds in (({"filter": {"broadcasting": False}}, 424), ({}, 1504)):
        deliveries = run_pair(make, {"bandwidth_bps": 8.0, **link}, facts, radar=[(10.0, 40, 0)])
        assert deliveries.parts["count"].sum() == 40
        sent = deliveries.hops["t_sent_us"] != NEVER_US
        lasting = deliveries.hops["t_transmitted_us"][sent] - deliveries.hops["t_sent_us"][sent]
        assert lasting.tolist() == [seconds * US_PER_S]


def test_links_with_one_filter_and_one_set_of_categories_share_a_class(make: SimpleNamespace) -> None:
    dark = {"filter": {"broadcasting": False}}
    sharing = make.sharing(
        nodes={"a": ("JPN", "SECRET"), "b": ("PHL", "SECRET")},
        links={
            "w": make.link("a", "b", categories=["radar"], **dark),
            "x": make.link("a", "b", **dark),
            "y": make.link("b", "a", **dark),
            "z": make.link("b", "a"),
        },
    )
    assert [entry.links for entry in filter_entries(sharing)] == [("w",), ("x", "y")]


def test_a_filter_without_facts_is_refused(make: SimpleNamespace) -> None:
    with pytest.raises(RunError, match="facts"):
        run_pair(make, {"filter": {"broadcasting": False}}, None)


TEAR_LINE = {"label": "open", "coarsen_m": 5000.0, "delay_s": 600.0}


def relay(make: SimpleNamespace, onward: dict[str, Any] | None, **first: Any) -> DeliveryLog:
    """PHL gives a SECRET report to USA; USA's line to JPN is open only to what is UNCLASSIFIED."""
    sharing = make.sharing(
        nodes={n: (n.upper(), "SECRET") for n in ("jpn", "phl", "usa")},
        labels={"closed": {"classification": "SECRET"}, "open": {"classification": "UNCLASSIFIED"}},
        feeds={"radar": {"node": "phl", "label": "closed"}},
        agreements={
            "ph_us": make.agreement("PHL", "USA", onward="free"),
            "us_jp": make.agreement("JPN", "USA", ceiling="UNCLASSIFIED", onward="free"),
        },
        consents={"word": {"originator": "PHL", "recipient": "JPN", "kind": "standing"}},
        links={
            "phl_usa": make.link("phl", "usa", **first),
            "usa_jpn": make.link("usa", "jpn", **({"sanitise": onward} if onward else {})),
        },
    )
    log = make.log({"radar": ("PHL", "radar")}, {"radar": [10.0]})
    return share(log, sharing, make.nations(PHL="phl", JPN="jpn", USA="usa"), make.timeline(), 1)


def test_an_originator_may_sanitise_its_own(make: SimpleNamespace) -> None:
    deliveries = relay(make, None, sanitise=TEAR_LINE)
    first, second = deliveries.hops["label"].tolist(), deliveries.hops["coarsened_m"].tolist()
    assert first == [1, 1]
    assert second == [5000.0, 5000.0]
    assert deliveries.hops["outcome"].tolist() == [Outcome.DELIVERED] * 2
    assert deliveries.hops["t_case_us"][0] == 660 * US_PER_S  # came at 10 s, held back 600 s


def test_nobody_else_may_without_its_word(make: SimpleNamespace) -> None:
    stopped = relay(make, TEAR_LINE).hops
    assert stopped["gates"].tolist() == [0, Gate.CEILING]
    assert stopped["coarsened_m"].tolist() == [0, 0]
    passed = relay(make, {**TEAR_LINE, "delegated_by": ["PHL"]}).hops
    assert passed["outcome"].tolist() == [Outcome.DELIVERED] * 2
    assert passed["label"].tolist() == [0, 1]
    assert passed["coarsened_m"].tolist() == [0, 5000]


def test_what_is_not_above_the_label_goes_as_it_is(make: SimpleNamespace) -> None:
    finer = {"label": "closed", "coarsen_m": 9000.0}
    assert relay(make, None, sanitise=finer).hops["coarsened_m"].tolist()[0] == 0
    assert relay(make, None, sanitise={"coarsen_m": 9000.0}).hops["coarsened_m"].tolist()[0] == 9000


def test_a_coarser_position_is_not_refined_by_a_later_sanitising(make: SimpleNamespace) -> None:
    again = {"coarsen_m": 1000.0, "delegated_by": ["PHL"]}
    assert relay(make, again, sanitise=TEAR_LINE).hops["coarsened_m"].tolist() == [5000, 5000]


def two_ways(
    make: SimpleNamespace, quick: dict[str, Any], slow: dict[str, Any], **agreements: Any
) -> DeliveryLog:
    """PHL sends to USA over a quick and a slow link; USA passes on to JPN."""
    sharing = make.sharing(
        nodes={n: (n.upper(), "SECRET") for n in ("jpn", "phl", "usa")},
        labels={"closed": {"classification": "RESTRICTED", "rel_to": ["JPN", "USA"]}},
        feeds={"radar": {"node": "phl", "label": "closed"}},
        agreements={
            "us_jp": make.agreement("JPN", "USA"),
            "ph_us": make.agreement("PHL", "USA"),
            **agreements,
        },
        links={
            "a_quick": make.link("phl", "usa", **quick),
            "b_slow": make.link("phl", "usa", delay_s=900.0, **slow),
            "c_onward": make.link("usa", "jpn"),
        },
    )
    log = make.log({"radar": ("PHL", "radar")}, {"radar": [10.0]})
    return share(log, sharing, make.nations(PHL="phl", JPN="jpn", USA="usa"), make.timeline(), 1)


def test_a_better_copy_that_comes_later_is_kept_and_passed_on(make: SimpleNamespace) -> None:
    deliveries = two_ways(make, {"sanitise": {"coarsen_m": 5000.0}}, {})
    onward = hop_of(deliveries, "c_onward")
    hops = deliveries.hops
    assert hops["is_kept"].tolist() == [1, 1, 1, 1]
    assert hops["copy"][onward].tolist() == [0, 1]
    assert hops["coarsened_m"][onward].tolist() == [5000, 0]
    assert hops["source"][onward].tolist() == [0, 1]


@pytest.mark.parametrize("slow", [{}, {"sanitise": {"coarsen_m": 5000.0}}])
def test_a_copy_that_is_no_better_changes_nothing(make: SimpleNamespace, slow: dict[str, Any]) -> None:
    deliveries = two_ways(make, {}, slow)
    assert deliveries.hops["is_kept"][hop_of(deliveries, "b_slow")].tolist() == [0]
    assert len(hop_of(deliveries, "c_onward")) == 1


def test_copies_under_two_agreements_are_both_kept_and_the_freer_passes(make: SimpleNamespace) -> None:
    """Two agreements PHL-USA: what came first may not be passed on; what comes later, of the other, may."""
    bound = make.agreement("PHL", "USA", onward="none", in_force_to="2026-03-02T00:10:00Z")
    deliveries = two_ways(make, {}, {"case_window_s": 1200.0}, a_bound=bound)
    hops, onward = deliveries.hops, hop_of(deliveries, "c_onward")
    assert hops["gates"][onward].tolist() == [Gate.RELEASE, 0]
    assert deliveries.outcomes["outcome"].tolist() == [Outcome.DELIVERED] * 2


@pytest.mark.parametrize("seed", range(8))
def test_without_shared_capacity_one_more_link_makes_nothing_later(make: SimpleNamespace, seed: int) -> None:
    rng = np.random.default_rng(seed)
    names = ("jpn", "phl", "usa", "vnm")
    nodes = {f"{n}_{i}": (n.upper(), "SECRET") for n in names for i in range(2)}
    pairs = [(a, b) for a in nodes for b in nodes if a != b]
    chosen = [pairs[i] for i in rng.choice(len(pairs), 14, replace=False)]
    plain: dict[str, Any] = {
        "nodes": nodes,
        "labels": {
            "x": {"classification": "RESTRICTED", "rel_to": ["USA", "JPN"]},
            "y": {"classification": "SECRET"},
        },
        "feeds": {n: {"node": f"{n}_0", "label": "xy"[i % 2]} for i, n in enumerate(names)},
        "agreements": {
            f"d{i}": make.agreement(
                *(n.upper() for n in rng.choice(names, 2 + i % 2, replace=False)),
                onward=("none", "with_consent", "free")[i % 3],
                ceiling=("RESTRICTED", "SECRET")[i % 2],
            )
            for i in range(8)
        },
        "links": {
            f"l{i:02d}": make.link(a, b, delay_s=float(rng.integers(0, 4000)), case_window_s=60.0)
            for i, (a, b) in enumerate(chosen)
        },
    }
    log = make.log({n: (n.upper(), "radar") for n in names}, {n: [10.0, 5000.0] for n in names})
    nations = make.nations(**{n.upper(): f"{n}_1" for n in names})
    full = share(log, make.sharing(**plain), nations, make.timeline(), 1).outcomes["t_received_us"]
    for gone in list(plain["links"]):
        fewer = plain | {"links": {id_: link for id_, link in plain["links"].items() if id_ != gone}}
        less = share(log, make.sharing(**fewer), nations, make.timeline(), 1).outcomes["t_received_us"]
        assert (full <= less).all(), gone


LABELS = st.builds(
    LabelSpec,
    classification=st.sampled_from(["UNCLASSIFIED", "RESTRICTED"]),
    national_word=st.sampled_from(["", "OPEN"]),
    rel_to=st.lists(st.sampled_from(["JPN", "USA"]), unique=True).map(tuple),
    caveats=st.lists(st.just("ORCON"), max_size=1).map(tuple),
    originators=st.lists(st.sampled_from(["AUS", "USA"]), unique=True).map(tuple),
    purpose=st.sampled_from([None, "patrol"]),
)
PROFILES = st.builds(
    Profile,
    label=st.just("l"),
    originator=st.just("PHL"),
    category=st.just("radar"),
    coarsened_m=st.sampled_from([0.0, 1e3]),
    level=st.sampled_from(["", "RESTRICTED"]),
    others=st.sampled_from([(), ("USA",)]),
    is_stripped=st.booleans(),
)
RIGHTS = st.builds(
    Rights,
    under=st.integers(-1, 0),
    consents=st.dictionaries(st.sampled_from(["JPN", "USA"]), st.integers(1, 2)).map(
        lambda ends: tuple(sorted(ends.items()))
    ),
    purge_us=st.sampled_from([5, NEVER_US]),
)
COPIES = st.tuples(st.builds(Form, profile=PROFILES, label=LABELS), RIGHTS)
BETTER: dict[str, Any] = {"coarsened_m": 0.0, "is_stripped": False, "others": ()}


@given(COPIES, COPIES, COPIES)
def test_to_beat_is_to_be_as_good_in_everything(a: Any, b: Any, c: Any) -> None:
    """Reflexive and transitive, so that forgetting what is beaten changes no later answer."""
    assert beats(a, a)
    assert not (beats(a, b) and beats(b, c)) or beats(a, c)


@given(COPIES, st.sampled_from(sorted(BETTER)))
def test_what_is_better_in_one_thing_alone_beats_and_is_not_beaten(a: Any, name: str) -> None:
    (profile, label), rights = a
    better = (Form(profile._replace(**{name: BETTER[name]}), label), rights)
    assert beats(better, a)
    is_new = getattr(profile, name) != BETTER[name] and not (name == "others" and "USA" in label.originators)
    assert beats(a, better) != is_new


DIFFERENT = [
    ({"level": "RESTRICTED"}, {}),
    ({}, {"national_word": "OPEN"}),
    ({}, {"purpose": "patrol"}),
    ({}, {"rel_to": ("JPN",)}),
]


@pytest.mark.parametrize(("profile", "label"), DIFFERENT)
def test_neither_of_two_beats_where_a_rule_may_open_to_either_alone(
    profile: dict[str, Any], label: dict[str, Any]
) -> None:
    """Another level, word or purpose may be in a table or an agreement that lacks this one; and a name in
    ``rel_to`` opens what is received ``with_consent``, which being for anyone does not.
    """
    plain = Profile("l", "PHL", "radar")
    one = (Form(plain, LabelSpec(classification="UNCLASSIFIED")), Rights())
    other = (Form(plain._replace(**profile), LabelSpec(classification="UNCLASSIFIED", **label)), Rights())
    assert not beats(one, other)
    assert not beats(other, one)


def test_what_must_be_destroyed_sooner_beats_nothing_that_lasts() -> None:
    form = Form(Profile("l", "PHL", "radar"), LabelSpec(classification="SECRET"))
    brief, lasting = (form, Rights(0, (), 5)), (form, Rights(0, (), 6))
    assert beats(lasting, brief)
    assert not beats(brief, lasting)
