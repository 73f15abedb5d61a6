"""The rules of sharing through the engine: transitivity, loops, sanitised copies, products, levels, holding.

As in ``test_policy_texts``: article numbers are those of the Japan-Republic of Korea agreement of 2016, which
the other agreements are taken to follow (template assumption).
"""

from __future__ import annotations

from datetime import timedelta
from types import SimpleNamespace
from typing import Any, NamedTuple

import numpy as np
import pytest

from mda_sim.core.errors import RunError
from mda_sim.core.time import NEVER_US, US_PER_S
from mda_sim.records import ContactFacts, DeliveryLog, Gate, Outcome
from mda_sim.sharing.exchange import share

NATIONS = ("jpn", "kor", "phl", "usa")
AREA = {"kind": "box", "lat_min_deg": 0, "lat_max_deg": 1, "lon_min_deg": 0, "lon_max_deg": 1}
FROM_PHL_FOR_JPN = {"originator": "PHL", "recipient": "JPN", "kind": "standing"}
FROM_USA_FOR_KOR = {"originator": "USA", "recipient": "KOR", "kind": "standing"}
FROM_PHL_FOR_KOR = {**FROM_PHL_FOR_JPN, "recipient": "KOR"}
PRODUCT = {"fused_with": ["ours"]}
TEAR_LINE = {"sanitise": {"label": "open", "coarsen_m": 5000.0, "strip_source": True}}
DELEGATED = {"sanitise": {**TEAR_LINE["sanitise"], "delegated_by": ["PHL"]}}
US_WORDS = {"SECRET": "SECRET", "CONFIDENTIAL": "CONFIDENTIAL"}
PHL_WORDS = {**US_WORDS, "RESTRICTED": "CONFIDENTIAL"}


class Hop(NamedTuple):
    """What became of the one report on one link."""

    outcome: Outcome
    gates: Gate
    label: str
    coarsened_m: float
    is_stripped: bool
    agreement: str
    t_purged_us: int


def run(make: SimpleNamespace, facts: ContactFacts | None = None, **changes: Any) -> DeliveryLog:
    """PHL's radar reports once, at 10 s. PHL gives to USA, USA to JPN, JPN to KOR, each leg under a pact."""
    links = {
        "a_phl_usa": ("phl", "usa", changes.pop("phl_usa", {})),
        "b_usa_jpn": ("usa", "jpn", changes.pop("usa_jpn", {})),
        "c_jpn_kor": ("jpn", "kor", changes.pop("jpn_kor", {})),
    }
    links |= {id_: (*link, {}) if len(link) == 2 else link for id_, link in changes.pop("links", {}).items()}
    sharing = make.sharing(
        nodes=dict.fromkeys([*NATIONS, "usa_2"], ("USA", "TOP_SECRET"))
        | {n: (n.upper(), "TOP_SECRET") for n in NATIONS}
        | changes.pop("nodes", {}),
        labels={
            "ours": {"classification": "SECRET", "originators": ["USA"]},
            "open": {"classification": "UNCLASSIFIED"},
            "own": {"classification": "SECRET"} | changes.pop("label", {}),
            **changes.pop("labels", {}),
        },
        feeds={"radar": {"node": "phl", "label": "own"}},
        agreements={
            "jpn_kor": make.agreement("JPN", "KOR", **changes.pop("jpn_kor_pact", {})),
            "phl_usa": make.agreement("PHL", "USA", **changes.pop("phl_usa_pact", {})),
            "usa_jpn": make.agreement("USA", "JPN", **changes.pop("usa_jpn_pact", {})),
            **changes.pop("agreements", {}),
        },
        consents=changes.pop("consents", {}),
        links={
            id_: make.link(s, r, **{"case_window_s": 60.0, **more}) for id_, (s, r, more) in links.items()
        },
    )
    n_vessels = changes.pop("n_vessels", 1)
    assert not changes
    log = make.log({"radar": ("PHL", "radar")}, {"radar": [(10.0, n_vessels, 0)]})
    nations = make.nations(**{n.upper(): n for n in NATIONS})
    return share(log, sharing, nations, make.timeline(), 1, facts)


def hops_of(deliveries: DeliveryLog) -> dict[str, list[Hop]]:
    hops = deliveries.hops
    found: dict[str, list[Hop]] = {}
    for row in range(len(hops)):
        value = {name: hops[name][row].item() for name in hops.columns}
        agreement = "" if value["agreement"] < 0 else hops.meta["agreements"][value["agreement"]]
        hop = Hop(
            Outcome(value["outcome"]), Gate(value["gates"] | value["gates_at_release"]),
            hops.meta["labels"][value["label"]], value["coarsened_m"], bool(value["is_stripped"]), agreement,
            value["t_purged_us"],
        )  # fmt: skip
        found.setdefault(hops.meta["links"][value["link"]], []).append(hop)
    return found


DELIVERED, WITHHELD = Outcome.DELIVERED, Outcome.WITHHELD
CASES: dict[str, tuple[dict[str, Any], str, Outcome, Gate]] = {
    "6: JPN-USA and USA-PHL do not make JPN-PHL, not by the hub either": (
        {}, "b_usa_jpn", WITHHELD, Gate.RELEASE,
    ),
    "2: and not without an agreement of the two": (
        {"links": {"d_phl_jpn": ("phl", "jpn")}}, "d_phl_jpn", WITHHELD, Gate.IN_FORCE,
    ),
    "6: with the originator's consent the hub may": (
        {"consents": {"w": FROM_PHL_FOR_JPN}}, "b_usa_jpn", DELIVERED, Gate(0),
    ),
    "6: but that consent ends with its recipient": (
        {"consents": {"w": FROM_PHL_FOR_JPN}}, "c_jpn_kor", WITHHELD, Gate.RELEASE,
    ),
    "6: each recipient needs its own": (
        {"consents": {"w": FROM_PHL_FOR_JPN, "x": FROM_PHL_FOR_KOR}}, "c_jpn_kor", DELIVERED, Gate(0),
    ),
    "4: the level is above what the agreement covers": (
        {"phl_usa_pact": {"ceiling": "UNCLASSIFIED"}}, "a_phl_usa", WITHHELD, Gate.CEILING,
    ),
    "template: the originator's tear line is below it": (
        {"phl_usa_pact": {"ceiling": "UNCLASSIFIED"}, "phl_usa": TEAR_LINE}, "a_phl_usa", DELIVERED, Gate(0),
    ),
    "template: nobody else may make one": (
        {"usa_jpn_pact": {"ceiling": "UNCLASSIFIED"}, "usa_jpn": TEAR_LINE,
         "consents": {"w": FROM_PHL_FOR_JPN}},
        "b_usa_jpn", WITHHELD, Gate.CEILING,
    ),
    "template: but by delegation": (
        {"usa_jpn_pact": {"ceiling": "UNCLASSIFIED"}, "usa_jpn": DELEGATED,
         "consents": {"w": FROM_PHL_FOR_JPN}},
        "b_usa_jpn", DELIVERED, Gate(0),
    ),
    "6: a sanitised copy is still its originator's": (
        {"usa_jpn": DELEGATED}, "b_usa_jpn", WITHHELD, Gate.RELEASE,
    ),
    "4(3): what is made with received information stays its originator's": (
        {"usa_jpn": PRODUCT}, "b_usa_jpn", WITHHELD, Gate.RELEASE,
    ),
    "4(3): with the word of the one originator who is a third party": (
        {"usa_jpn": PRODUCT, "consents": {"w": FROM_PHL_FOR_JPN}}, "b_usa_jpn", DELIVERED, Gate(0),
    ),
    "4(3): further on a product needs the word of both: one is not enough": (
        {"usa_jpn": PRODUCT, "consents": {"w": FROM_PHL_FOR_JPN, "x": FROM_PHL_FOR_KOR}},
        "c_jpn_kor", WITHHELD, Gate.RELEASE,
    ),
    "4(3): both": (
        {"usa_jpn": PRODUCT, "consents": {"w": FROM_PHL_FOR_JPN, "x": FROM_PHL_FOR_KOR,
         "y": FROM_USA_FOR_KOR}},
        "c_jpn_kor", DELIVERED, Gate(0),
    ),
    "4(3): the product is above what either part was": (
        {
            "label": {"classification": "RESTRICTED"}, "usa_jpn_pact": {"ceiling": "RESTRICTED"},
            "usa_jpn": PRODUCT, "consents": {"w": FROM_PHL_FOR_JPN},
        },
        "b_usa_jpn", WITHHELD, Gate.CEILING,
    ),
    "4: the recipient's node must be fit for the level as protected": (
        {
            "label": {"classification": "RESTRICTED"}, "phl_usa_pact": {"equivalence": {"PHL": PHL_WORDS}},
            "nodes": {"usa": ("USA", "RESTRICTED")},
        },
        "a_phl_usa", WITHHELD, Gate.ACCREDITATION,
    ),
    "4: and that level counts further on": (
        {
            "label": {"classification": "RESTRICTED"}, "phl_usa_pact": {"equivalence": {"PHL": PHL_WORDS}},
            "usa_jpn_pact": {"ceiling": "RESTRICTED"}, "consents": {"w": FROM_PHL_FOR_JPN},
        },
        "b_usa_jpn", WITHHELD, Gate.CEILING,
    ),
    "4: in the words of the party that passes it on": (
        {
            "label": {"classification": "RESTRICTED"}, "phl_usa_pact": {"equivalence": {"PHL": PHL_WORDS}},
            "usa_jpn_pact": {"equivalence": {"USA": US_WORDS}}, "consents": {"w": FROM_PHL_FOR_JPN},
        },
        "b_usa_jpn", DELIVERED, Gate(0),
    ),
    "4: a word of its own that the agreement does not know": (
        {"label": {"national_word": "LIHIM"}}, "a_phl_usa", WITHHELD, Gate.CEILING,
    ),
    "6: no other use than the purpose": (
        {"label": {"purpose": "patrol"}, "phl_usa_pact": {"purposes": ["rescue"]}}, "a_phl_usa",
         WITHHELD, Gate.SCOPE,
    ),
    "template: inside the nation neither law nor release is asked": (
        {"links": {"d_usa_usa": ("usa", "usa_2")}, "label": {"caveats": ["ORCON"]}}, "d_usa_usa",
         DELIVERED, Gate(0),
    ),
    "6: but the copy stays bound there": (
        {"links": {"d_usa_usa": ("usa", "usa_2"), "e_usa_jpn": ("usa_2", "jpn")}}, "e_usa_jpn",
         WITHHELD, Gate.RELEASE,
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_truth_table_of_runs(make: SimpleNamespace, name: str) -> None:
    changes, link, outcome, gates = CASES[name]
    [hop] = hops_of(run(make, **changes))[link]
    assert (hop.outcome, hop.gates) == (outcome, gates)


def test_a_copy_never_goes_back_to_where_it_was_nor_to_its_originator(make: SimpleNamespace) -> None:
    back = {
        "d_jpn_usa": ("jpn", "usa"), "e_usa_phl": ("usa", "phl"), "f_jpn_phl": ("jpn", "phl"),
        "g_kor_usa": ("kor", "usa"), "h_kor_jpn": ("kor", "jpn"),
    }  # fmt: skip
    consents = {"w": FROM_PHL_FOR_JPN, "x": FROM_PHL_FOR_KOR}
    pact = {"all": make.agreement("JPN", "KOR", "PHL", "USA", onward="free")}
    hops = hops_of(run(make, links=back, consents=consents, agreements=pact))
    assert {link: [hop.outcome for hop in rows] for link, rows in hops.items()} == {
        "a_phl_usa": [DELIVERED], "b_usa_jpn": [DELIVERED], "c_jpn_kor": [DELIVERED],
    }  # fmt: skip


def test_what_a_tear_line_changes_is_written_down_and_stays(make: SimpleNamespace) -> None:
    hops = hops_of(run(make, phl_usa=TEAR_LINE, consents={"w": FROM_PHL_FOR_JPN}))
    for link in ("a_phl_usa", "b_usa_jpn"):
        [hop] = hops[link]
        assert (hop.label, hop.coarsened_m, hop.is_stripped) == ("open", 5000.0, True)


def test_a_product_has_the_labels_of_all_that_is_in_it(make: SimpleNamespace) -> None:
    hops = hops_of(run(make, usa_jpn=PRODUCT, consents={"w": FROM_PHL_FOR_JPN}))
    assert [hops[link][0].label for link in ("a_phl_usa", "b_usa_jpn", "c_jpn_kor")] == [
        "own",
        "ours+own",
        "ours+own",
    ]


@pytest.mark.parametrize(
    ("label", "message"),
    [
        ({"purpose": "patrol"}, "two purposes"),
        ({"classification": "UNCLASSIFIED", "rel_to": ["USA"]}, "no recipient in common"),
    ],
)
def test_labels_that_do_not_combine_stop_the_run_before_it_begins(
    make: SimpleNamespace, label: dict[str, Any], message: str
) -> None:
    ours = {"classification": "UNCLASSIFIED", "rel_to": ["JPN"], "originators": ["USA"], "purpose": "rescue"}
    ours |= {"purpose": None} if "rel_to" in label else {}
    sharing = make.sharing(
        nodes={"phl": ("PHL", "SECRET"), "usa": ("USA", "SECRET")},
        labels={"ours": ours, "own": {"classification": "SECRET", **label}},
        feeds={"radar": {"node": "phl", "label": "own"}},
        agreements={"a": make.agreement("PHL", "USA")},
        links={"x": make.link("phl", "usa", fused_with=["ours"])},
    )
    log = make.log({"radar": ("PHL", "radar")}, {"radar": [10.0]})
    with pytest.raises(RunError, match=message) as caught:
        share(log, sharing, make.nations(PHL="phl", USA="usa", JPN=None), make.timeline(), 1)
    assert "sharing.links.x.fused_with" in str(caught.value)


SENT, RECEIVED = 60, 660
"""The window of the report closes at 60 s; the line takes 600 s."""


@pytest.mark.parametrize(
    ("ends_us", "outcome"),
    [
        (SENT * US_PER_S, WITHHELD),
        (RECEIVED * US_PER_S, WITHHELD),
        (RECEIVED * US_PER_S + 1, DELIVERED),
    ],
)
@pytest.mark.parametrize("how", ["suspension", "suspension of one party", "notice", "date"])
def test_what_is_in_flight_when_its_agreement_ceases_is_withheld(
    make: SimpleNamespace, how: str, ends_us: int, outcome: Outcome
) -> None:
    """Template assumption, to the microsecond: the law is asked at release and at receipt."""
    start = make.timeline().start
    end = start + timedelta(microseconds=ends_us)
    terms: dict[str, Any] = {
        "suspension": {"suspensions": [{"from_utc": end.isoformat()}]},
        "suspension of one party": {"suspensions": [{"from_utc": end.isoformat(), "parties": ["USA"]}]},
        "notice": {"notice_given": (end - timedelta(days=90)).isoformat(), "notice_s": 90 * 86400.0},
        "date": {"in_force_to": end.isoformat()},
    }[how]
    [hop] = hops_of(run(make, phl_usa={"delay_s": 600.0}, phl_usa_pact=terms))["a_phl_usa"]
    assert (hop.outcome, hop.gates) == (outcome, Gate(0) if outcome == DELIVERED else Gate.IN_FORCE)


@pytest.mark.parametrize(
    ("terms", "purged_s"),
    [
        ({}, None),
        ({"retention_s": 100.0}, 160.0),
        ({"on_suspension": "purge", "suspensions": [{"from_utc": "2026-03-02T00:05:00Z"}]}, 300.0),
        ({"on_suspension": "keep", "suspensions": [{"from_utc": "2026-03-02T00:05:00Z"}]}, None),
        ({"on_suspension": "purge", "in_force_to": "2026-03-02T00:05:00Z", "retention_s": 100.0}, 160.0),
    ],
)
def test_a_copy_is_held_no_longer_than_its_agreement_says(
    make: SimpleNamespace, terms: dict[str, Any], purged_s: float | None
) -> None:
    """6(h) is about the end of the purpose; times are template assumptions. Received at 60 s."""
    [hop] = hops_of(run(make, phl_usa_pact=terms))["a_phl_usa"]
    assert hop.t_purged_us == (NEVER_US if purged_s is None else purged_s * US_PER_S)


@pytest.mark.parametrize(("retention_s", "gates"), [(60.0, Gate.RELEASE), (60.000001, Gate(0))])
def test_what_had_to_be_destroyed_is_not_passed_on(
    make: SimpleNamespace, retention_s: float, gates: Gate
) -> None:
    """USA has it from 60 s on; its case for JPN closes at 120 s."""
    terms = {"retention_s": retention_s}
    [hop] = hops_of(run(make, phl_usa_pact=terms, consents={"w": FROM_PHL_FOR_JPN}))["b_usa_jpn"]
    assert hop.gates == gates


def facts_about(**inside: list[bool]) -> ContactFacts:
    n = len(next(iter(inside.values())))
    areas = {name.replace("__", "."): np.array(values) for name, values in inside.items()}
    return ContactFacts(np.zeros(n, np.bool_), np.zeros(n, np.float32), areas)


def test_only_the_part_inside_the_area_is_covered(make: SimpleNamespace) -> None:
    """Three vessels, one of them in the area of the agreement PHL-USA."""
    facts = facts_about(agreements__phl_usa=[False, True, False])
    deliveries = run(make, facts, phl_usa_pact={"area": AREA}, n_vessels=3)
    assert deliveries.parts.meta["areas"] == [["agreements.phl_usa"]]
    assert deliveries.parts["n_vessels"].tolist() == [2, 1]
    assert deliveries.parts["share_class"].tolist() == [0, 1]
    hops = hops_of(deliveries)["a_phl_usa"]
    assert [(hop.outcome, hop.gates) for hop in hops] == [(WITHHELD, Gate.SCOPE), (DELIVERED, Gate(0))]


def test_a_consent_for_an_area_covers_the_part_in_it(make: SimpleNamespace) -> None:
    facts = facts_about(consents__w=[True, False])
    deliveries = run(make, facts, consents={"w": {**FROM_PHL_FOR_JPN, "area": AREA}}, n_vessels=2)
    hops = hops_of(deliveries)["b_usa_jpn"]
    assert {hop.gates for hop in hops} == {Gate(0), Gate.RELEASE}
    assert deliveries.parts["share_class"].tolist() == [0, 1]


def test_rules_with_one_area_and_one_set_of_categories_share_a_bit(make: SimpleNamespace) -> None:
    """The consent covers all categories, the agreements radar and AIS: so its bit is another one."""
    area = {"area": AREA}
    deliveries = run(
        make,
        facts_about(agreements__phl_usa=[True], agreements__usa_jpn=[True], consents__w=[True]),
        phl_usa_pact=area,
        usa_jpn_pact=area,
        consents={"w": {**FROM_PHL_FOR_JPN, **area}},
    )
    assert deliveries.parts.meta["areas"] == [["agreements.phl_usa", "agreements.usa_jpn"], ["consents.w"]]
    assert deliveries.parts["share_class"].tolist() == [3]
    assert hops_of(deliveries)["b_usa_jpn"][0].outcome == DELIVERED


@pytest.mark.parametrize("has_word", [False, True])
def test_a_consent_that_came_with_a_copy_says_nothing_of_what_is_fused_into_it_later(
    make: SimpleNamespace, has_word: bool
) -> None:
    """PHL's word for JPN comes with the copy; on its way back to JPN, KOR's information is put into it."""
    consents = {"phl": FROM_PHL_FOR_JPN} | (
        {"kor": {**FROM_PHL_FOR_JPN, "originator": "KOR"}} if has_word else {}
    )
    found = run(
        make,
        nodes={"jpn_2": ("JPN", "TOP_SECRET")},
        label={"rel_to": ["USA"]},
        labels={"theirs": {"classification": "SECRET", "originators": ["KOR"]}},
        consents=consents,
        links={
            "d_jpn_usa_2": ("jpn", "usa_2"),
            "e_usa_2_jpn_2": ("usa_2", "jpn_2", {"fused_with": ["theirs"]}),
        },
    )
    [hop] = hops_of(found)["e_usa_2_jpn_2"]
    assert hop.label == "own+theirs"
    assert hop.outcome == (DELIVERED if has_word else WITHHELD)
    assert hop.gates == (Gate(0) if has_word else Gate.RELEASE)
