"""The truth table of the gates, through the pure functions."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from mda_sim.core.time import US_PER_DAY, Timeline
from mda_sim.records import Gate
from mda_sim.sharing.agreements import AgreementSpec
from mda_sim.sharing.gates import Question, Refusal, judge, legal, release
from mda_sim.sharing.labels import LabelSpec, covers
from mda_sim.sharing.network import NodeSpec, SharingSpec
from mda_sim.sharing.policy import OWN, Policy, Profile

NOW = datetime(2026, 3, 2, tzinfo=UTC)
US = timedelta(microseconds=1)
NONE = Gate(0)


def deal(*parties: str, **changes: Any) -> AgreementSpec:
    plain = {
        "parties": list(parties),
        "in_force_from": "2026-01-01T00:00:00Z",
        "ceiling": "SECRET",
        "categories": ["radar"],
        "onward": "with_consent",
        "articles": {"in_force": "21", "scope": "2", "ceiling": "4", "release": "6"},
        **changes,
    }
    return AgreementSpec.model_validate(plain)


def label(level: str = "RESTRICTED", rel_to: tuple[str, ...] = (), *caveats: str) -> LabelSpec:
    return LabelSpec.model_validate({"classification": level, "rel_to": rel_to, "caveats": caveats})


def ask(
    deals: dict[str, AgreementSpec],
    *,
    route: str = "PHL>JPN",
    origin: str = "PHL",
    mark: LabelSpec | None = None,
    moment: datetime = NOW,
    under: str | None = None,
    link: str = "SECRET",
    node: dict[str, Any] | None = None,
    category: str = "radar",
) -> Gate:
    sender, recipient = route.split(">")
    question = Question(
        label=mark or label(),
        category=category,
        originator=origin,
        sender=sender,
        recipient=recipient,
        moment=moment,
        received_under=deals[under] if under else None,
    )
    place = NodeSpec.model_validate({"nation": recipient, "highest_level": "SECRET", **(node or {})})
    return judge(question, deals, link, place).gates


DIRECT = {"direct": deal("PHL", "JPN")}
HUB = {"us_jp": deal("USA", "JPN"), "us_ph": deal("USA", "PHL")}
FREE = {"us_jp": deal("USA", "JPN"), "us_ph": deal("USA", "PHL", onward="free")}
GROUP = {"group": deal("USA", "PHL", "JPN", onward="free")}
LICENCE = {"licence": deal("XCA", "PHL", ceiling="UNCLASSIFIED", onward="none"), **DIRECT}
PAUSE = [{"from_utc": "2026-03-01T00:00:00Z", "to_utc": "2026-03-02T00:00:00Z"}]
TO_JPN = {"route": "USA>JPN", "under": "us_ph"}

CASES = {
    "an agreement in force lets the originator release": (DIRECT, {}, NONE),
    "no agreement": ({}, {}, Gate.IN_FORCE),
    "JPN-USA and USA-PHL do not make JPN-PHL": (HUB, {}, Gate.IN_FORCE),
    "first microsecond in force": (DIRECT, {"moment": datetime(2026, 1, 1, tzinfo=UTC)}, NONE),
    "the day before": (DIRECT, {"moment": datetime(2025, 12, 31, tzinfo=UTC)}, Gate.IN_FORCE),
    "one microsecond before": (DIRECT, {"moment": datetime(2026, 1, 1, tzinfo=UTC) - US}, Gate.IN_FORCE),
    "signed, not in force": ({"d": deal("PHL", "JPN", in_force_from=None)}, {}, Gate.IN_FORCE),
    "ended today": ({"d": deal("PHL", "JPN", in_force_to="2026-03-02T00:00:00Z")}, {}, Gate.IN_FORCE),
    "ends tomorrow": ({"d": deal("PHL", "JPN", in_force_to="2026-03-03T00:00:00Z")}, {}, NONE),
    "resumed today": ({"d": deal("PHL", "JPN", suspensions=PAUSE)}, {}, NONE),
    "suspended": ({"d": deal("PHL", "JPN", suspensions=PAUSE)}, {"moment": NOW - US}, Gate.IN_FORCE),
    "at the ceiling": (DIRECT, {"mark": label("SECRET")}, NONE),
    "above ceiling, link and node": (
        DIRECT,
        {"mark": label("TOP_SECRET")},
        Gate.CEILING | Gate.ACCREDITATION,
    ),
    "category outside scope": (DIRECT, {"category": "sonar"}, Gate.SCOPE),
    "category and ceiling": (
        {"d": deal("PHL", "JPN", ceiling="UNCLASSIFIED")},
        {"category": "sonar"},
        Gate.SCOPE | Gate.CEILING,
    ),
    "third party without consent": (HUB, TO_JPN, Gate.RELEASE),
    "third party named in rel_to": (HUB, {**TO_JPN, "mark": label("SECRET", ("JPN", "USA"))}, NONE),
    "third party, another named": (HUB, {**TO_JPN, "mark": label("SECRET", ("USA",))}, Gate.RELEASE),
    "ORCON third party though named": (
        HUB,
        {**TO_JPN, "mark": label("SECRET", ("JPN",), "ORCON")},
        Gate.RELEASE,
    ),
    "ORCON binds not the originator": (DIRECT, {"mark": label("SECRET", (), "ORCON")}, NONE),
    "NOFORN from the originator": (DIRECT, {"mark": label("SECRET", (), "NOFORN")}, Gate.RELEASE),
    "free among the parties": (GROUP, {**TO_JPN, "under": "group"}, NONE),
    "free, recipient not a party": (FREE, TO_JPN, Gate.RELEASE),
    "free, originator not a party": (GROUP, {**TO_JPN, "under": "group", "origin": "XCA"}, Gate.RELEASE),
    "free, originator not a party, open": (
        GROUP,
        {**TO_JPN, "under": "group", "origin": "XCA", "mark": label("UNCLASSIFIED")},
        NONE,
    ),
    "unclassified, with consent, relayed": (HUB, {**TO_JPN, "mark": label("UNCLASSIFIED")}, Gate.RELEASE),
    "unclassified from the originator": (DIRECT, {"mark": label("UNCLASSIFIED")}, NONE),
    "unclassified still needs an agreement": (HUB, {"mark": label("UNCLASSIFIED")}, Gate.IN_FORCE),
    "a licence binds its holder": (
        LICENCE,
        {"origin": "XCA", "under": "licence", "mark": label("UNCLASSIFIED", ("JPN",))},
        Gate.RELEASE,
    ),
    "same nation skips law and release": (
        {},
        {"route": "PHL>PHL", "mark": label("SECRET", (), "NOFORN")},
        NONE,
    ),
    "same nation, link too low": ({}, {"route": "PHL>PHL", "link": "UNCLASSIFIED"}, Gate.ACCREDITATION),
    "link too low": (DIRECT, {"link": "UNCLASSIFIED"}, Gate.ACCREDITATION),
    "node too low": (DIRECT, {"node": {"highest_level": "UNCLASSIFIED"}}, Gate.ACCREDITATION),
    "cleared today": (DIRECT, {"node": {"cleared_from": "2026-03-02T00:00:00Z"}}, NONE),
    "cleared tomorrow": (DIRECT, {"node": {"cleared_from": "2026-03-03T00:00:00Z"}}, Gate.ACCREDITATION),
    "not cleared, unclassified": (
        DIRECT,
        {"node": {"cleared_from": "2026-03-03T00:00:00Z"}, "mark": label("UNCLASSIFIED")},
        NONE,
    ),
    "everything fails at once": (
        {},
        {"mark": label("SECRET", (), "NOFORN"), "link": "RESTRICTED"},
        Gate.IN_FORCE | Gate.ACCREDITATION | Gate.RELEASE,
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_truth_table(name: str) -> None:
    deals, changes, expected = CASES[name]
    assert ask(deals, **changes) == expected


def question(**changes: Any) -> Question:
    plain: dict[str, Any] = {
        "label": label("SECRET"), "category": "radar", "originator": "PHL", "sender": "PHL",
        "recipient": "JPN", "moment": NOW, **changes,
    }  # fmt: skip
    return Question(**plain)


def test_one_agreement_must_pass_all_legal_gates() -> None:
    deals = {
        "covers_radar": deal("PHL", "JPN", ceiling="UNCLASSIFIED"),
        "covers_secret": deal("PHL", "JPN", categories=["ais"]),
    }
    ruling = legal(question(), deals)
    assert ruling.agreement is None
    assert ruling.gates == Gate.CEILING  # covers_radar gets furthest


def test_the_first_agreement_that_passes_is_chosen() -> None:
    deals = {
        "a": deal("PHL", "JPN", in_force_from=None),
        "c": deal("PHL", "JPN"),
        "b": deal("PHL", "JPN"),
    }
    assert legal(question(), deals).agreement == "b"


def test_among_equals_the_first_agreement_names_the_failures() -> None:
    deals = {
        "a": deal("PHL", "JPN", categories=["ais"]),
        "b": deal("PHL", "JPN", categories=["ais"], ceiling="UNCLASSIFIED"),
    }
    assert legal(question(), deals).gates == Gate.SCOPE


def test_a_refusal_names_reason_and_article() -> None:
    ruling = legal(question(label=label("TOP_SECRET")), DIRECT)
    assert [(r.gate, r.article) for r in ruling.refusals] == [(Gate.CEILING, "4")]
    assert "TOP_SECRET" in ruling.refusals[0].reason
    needs = release(question(sender="USA", received_under=HUB["us_ph"]))
    assert isinstance(needs, tuple)
    assert [(need.originator, need.article) for need in needs] == [("PHL", "6")]


def test_what_was_received_under_no_agreement_is_not_passed_on() -> None:
    refusal = release(question(sender="USA", label=label("UNCLASSIFIED", ("JPN",))))
    assert isinstance(refusal, Refusal)
    assert refusal.basis == "template assumption"


@pytest.mark.parametrize(
    ("limit", "level"), [("SECRET", "COSMIC"), ("COSMIC", "UNCLASSIFIED"), ("secret", "RESTRICTED"), ("", "")]
)
def test_an_unknown_level_word_fails_closed(limit: str, level: str) -> None:
    assert not covers(limit, level)


def test_steps_over_time_equal_the_gates_asked_at_each_moment() -> None:
    sharing = SharingSpec.model_validate(
        {
            "nodes": {
                "jpn": {"nation": "JPN", "highest_level": "SECRET", "cleared_from": "2026-03-04T06:00:00Z"},
                "phl": {"nation": "PHL", "highest_level": "SECRET"},
            },
            "labels": {"l": {"classification": "SECRET"}},
            "agreements": {
                "a": deal("PHL", "JPN", in_force_to="2026-03-05T00:00:00Z", suspensions=PAUSE).model_dump(),
                "b": deal("PHL", "JPN", in_force_from="2026-03-06T00:00:00Z").model_dump(),
            },
            "links": {"x": {"sender": "phl", "recipient": "jpn", "accreditation": "SECRET"}},
        }
    )
    timeline = Timeline(NOW - timedelta(days=4), 0, 12 * US_PER_DAY, 0)
    steps = Policy(sharing, timeline).on_link("x", Profile("l", "PHL", "radar"), OWN)
    for t_us in {0, *range(0, timeline.end_us, US_PER_DAY // 4), *(b - 1 for b in steps.breaks_us)}:
        moment = timeline.datetime_at(t_us)
        asked = question(moment=moment)
        ruling = judge(asked, sharing.agreements, "SECRET", sharing.nodes["jpn"])
        i = steps.index(t_us)
        assert steps.gates[i] == ruling.gates
        assert steps.legal[i] == legal(asked, sharing.agreements).gates
        assert steps.agreements[i] == {None: -1, "a": 0, "b": 1}[ruling.agreement]
    assert len(set(steps.agreements)) == 3
