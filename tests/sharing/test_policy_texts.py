"""The rules of sharing as their texts say: a truth table; each row has the gate that decides and its article.

The texts are those that were read for this project: the Japan-Republic of Korea agreement of 2016 article by
article, the three-party arrangement of 2014 paragraph by paragraph, of the others what was reported. Where a
rule was not read its article is "template assumption": the agreement is taken to follow the one of 2016. Days
begin at 00:00 UTC, which is an assumption too.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

import pytest

from mda_sim.records import Gate
from mda_sim.sharing.agreements import AgreementSpec, ends_at, is_in_force, purges
from mda_sim.sharing.consents import ConsentOnRequest, StandingConsent
from mda_sim.sharing.gates import TEMPLATE, Question, Ruling, judge
from mda_sim.sharing.labels import LabelSpec
from mda_sim.sharing.network import NodeSpec

US = timedelta(microseconds=1)
OPEN = Gate(0)
BY_ANALOGY_4 = "4 (number by analogy)"
BY_ANALOGY_6 = "6 (by analogy; verify)"
ANY = ["ais", "missile_warning", "radar"]


def day(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def pact(*parties: str, since: str | None, **terms: Any) -> AgreementSpec:
    plain = {"parties": list(parties), "ceiling": "TOP_SECRET", "categories": ANY, "onward": "with_consent"}
    start = None if since is None else f"{since}T00:00:00Z"
    return AgreementSpec.model_validate({**plain, "in_force_from": start, **terms})


USA_WORDS = {"TOP_SECRET": "TOP_SECRET", "SECRET": "SECRET", "CONFIDENTIAL": "CONFIDENTIAL"}
"""No US level corresponds to RESTRICTED."""
JPN_WORDS = {"KIMITSU": "TOP_SECRET", "GOKUHI": "SECRET", "TOKUTEI HIMITSU": "SECRET", "HI": "CONFIDENTIAL"}
PHL_WORDS = {**USA_WORDS, "RESTRICTED": "CONFIDENTIAL"}
"""The Philippines have a fourth level; that it is protected as CONFIDENTIAL is a template assumption."""

US_JPN = pact(
    "USA", "JPN", since="2007-08-10", equivalence={"USA": USA_WORDS, "JPN": JPN_WORDS},
    articles={"scope": "1(a)", "equivalence": BY_ANALOGY_4, "ceiling": BY_ANALOGY_4, "release": BY_ANALOGY_6},
)  # fmt: skip
US_PHL = pact("USA", "PHL", since="2024-11-18", equivalence={"USA": USA_WORDS, "PHL": PHL_WORDS})
JPN_KOR = pact(
    "JPN", "KOR", since="2016-11-23", ceiling="SECRET", notice_s=90 * 86400.0,
    equivalence={
        "JPN": {"GOKUHI": "SECRET", "TOKUTEI HIMITSU": "SECRET", "HI": "CONFIDENTIAL"},
        "KOR": {"GUNSA II": "SECRET", "GUNSA III": "CONFIDENTIAL"},
    },
    articles={
        "in_force": "21", "scope": "2", "equivalence": "4", "ceiling": "4", "release": "6",
        "retention": "6(h)", "suspension": "17",
    },
)  # fmt: skip
US_KOR = pact("USA", "KOR", since="1987-09-24")
TISA = {
    f"tisa_{party.lower()}": pact(
        "USA", party, since="2014-12-29", purposes=["dprk_nuclear_and_missile"], ceiling="SECRET",
        articles={"scope": "1", "release": "4"},
    )
    for party in ("JPN", "KOR")
}  # fmt: skip
"""Para 4: each of the two gives to the US, which passes on. So no leg of it names the two together."""
FEED = pact(
    "USA", "JPN", "KOR", since="2023-12-19", categories=["missile_warning"], onward="free",
    articles={"scope": "(ministerial statement)", "in_force": "(ministerial statement)"},
)  # fmt: skip
COAST_GUARDS = pact("JPN", "PHL", since="2023-12-17", ceiling="UNCLASSIFIED", categories=["ais", "radar"])
DARK_VESSELS = pact(
    "CAN", "PHL", since="2023-11-20", signed="2023-10-12T00:00:00Z", in_force_to="2028-11-20T00:00:00Z",
    ceiling="UNCLASSIFIED", categories=["ais"], onward="none",
)  # fmt: skip
SEA_VISION = pact("USA", "PHL", since="2021-01-01", ceiling="UNCLASSIFIED", categories=["ais"], onward="free")
PARTNERSHIP = pact(
    "AUS", "IND", "JPN", "PHL", "USA", since="2022-05-24", ceiling="UNCLASSIFIED", categories=["ais"],
    onward="free",
)  # fmt: skip
UNSIGNED = pact("JPN", "PHL", since=None)

PAUSE = [{"from_utc": "2026-03-01T12:00:00Z", "to_utc": "2026-03-08T12:00:00Z"}]
SUSPENDED = JPN_KOR.model_copy(
    update={"suspensions": pact("JPN", "KOR", since=None, suspensions=PAUSE).suspensions}
)
NOTICE = JPN_KOR.model_copy(update={"notice_given": day("2026-01-10")})
KOR_LEFT = FEED.model_copy(
    update={
        "suspensions": pact(
            "JPN", "KOR", since=None, suspensions=[{**PAUSE[0], "parties": ["KOR"]}]
        ).suspensions
    }
)

WORD = StandingConsent(originator="JPN", recipient="USA", kind="standing")
ASK = ConsentOnRequest(originator="JPN", recipient="USA", kind="on_request")
BOX = {"kind": "box", "lat_min_deg": 24, "lat_max_deg": 34, "lon_min_deg": 118, "lon_max_deg": 130}


def word(**terms: Any) -> StandingConsent:
    plain = {"originator": "JPN", "recipient": "USA", "kind": "standing"}
    return StandingConsent.model_validate({**plain, **terms})


def mark(marking: str = "UNCLASSIFIED", **more: Any) -> LabelSpec:
    return LabelSpec.model_validate({"marking": marking, **more})


def own(level: str, national: str, **more: Any) -> LabelSpec:
    return LabelSpec.model_validate({"classification": level, "national_word": national, **more})


GOKUHI = own("SECRET", "GOKUHI")


class Row(NamedTuple):
    """One case: the agreements there are, what is asked, the gates that fail, and what that rests on."""

    deals: dict[str, AgreementSpec]
    asked: dict[str, Any]
    fails: Gate
    article: str
    decides: Gate
    """The gate whose rule makes the case: the one that fails, or the one that would if it were otherwise."""


def no(gate: Gate, article: str, deals: dict[str, AgreementSpec], **asked: Any) -> Row:
    return Row(deals, asked, gate, article, gate)


def yes(gate: Gate, article: str, deals: dict[str, AgreementSpec], **asked: Any) -> Row:
    return Row(deals, asked, OPEN, article, gate)


FORCE, SCOPE, CEILING, ACCREDITATION, RELEASE = Gate
D, K = {"us_jpn": US_JPN}, {"jpn_kor": JPN_KOR}
HUB = {"us_jpn": US_JPN, "us_phl": US_PHL}
BOTH = {"jpn_kor": JPN_KOR, "us_kor": US_KOR}
FROM_KOREA: dict[str, Any] = {"route": "KOR>USA", "origin": "JPN", "under": JPN_KOR, "level": "SECRET"}
"""Korea holds what Japan gave it under the agreement of 2016, as SECRET, and would pass it on to the US."""
FOR_KOREA = mark("SECRET//REL TO USA, KOR", purpose="dprk_nuclear_and_missile")
THROUGH_HUB: dict[str, Any] = {
    "route": "USA>KOR",
    "origin": "JPN",
    "under": TISA["tisa_jpn"],
    "label": FOR_KOREA,
}

ROWS = {
    # dates, to the day
    "US-JPN, the day before it was signed": no(FORCE, TEMPLATE, D, at="2007-08-09T23:59:59.999999"),
    "US-JPN, its first day": yes(FORCE, TEMPLATE, D, at="2007-08-10"),
    "US-PHL, the day before it was signed": no(
        FORCE, TEMPLATE, {"d": US_PHL}, route="PHL>USA", at="2024-11-17T23:59:59.999999"
    ),
    "US-PHL, its first day (taken to be in force when signed)": yes(
        FORCE, TEMPLATE, {"d": US_PHL}, route="PHL>USA", at="2024-11-18"
    ),
    "US-PHL does not expire": yes(FORCE, TEMPLATE, {"d": US_PHL}, route="PHL>USA", at="2060-01-01"),
    "JPN-KOR, the day before it was signed": no(
        FORCE, "21", K, route="JPN>KOR", at="2016-11-22T23:59:59.999999"
    ),
    "JPN-KOR, its first day": yes(FORCE, "21", K, route="JPN>KOR", at="2016-11-23"),
    "US-KOR, the day before": no(
        FORCE, TEMPLATE, {"d": US_KOR}, route="KOR>USA", at="1987-09-23T23:59:59.999999"
    ),
    "US-KOR, its first day": yes(FORCE, TEMPLATE, {"d": US_KOR}, route="KOR>USA", at="1987-09-24"),
    "TISA, the day before": no(
        FORCE, TEMPLATE, TISA, route="JPN>USA", label=FOR_KOREA, at="2014-12-28T23:59:59.999999"
    ),
    "TISA, its first day": yes(FORCE, TEMPLATE, TISA, route="JPN>USA", label=FOR_KOREA, at="2014-12-29"),
    "the warning feed, the day before": no(
        FORCE, "(ministerial statement)", {"d": FEED}, route="JPN>KOR", category="missile_warning",
        label=mark("SECRET"), at="2023-12-18T23:59:59.999999",
    ),
    "the warning feed, its first day": yes(
        FORCE, "(ministerial statement)", {"d": FEED}, route="JPN>KOR", category="missile_warning",
        label=mark("SECRET"), at="2023-12-19",
    ),
    "the coast guards' memorandum, the day before": no(
        FORCE, TEMPLATE, {"d": COAST_GUARDS}, route="JPN>PHL", at="2023-12-16T23:59:59.999999"
    ),
    "the coast guards' memorandum, its first day": yes(
        FORCE, TEMPLATE, {"d": COAST_GUARDS}, route="JPN>PHL", at="2023-12-17"
    ),
    "the dark vessel arrangement, signed but not deployed": no(
        FORCE, TEMPLATE, {"d": DARK_VESSELS}, route="CAN>PHL", category="ais", at="2023-10-12"
    ),
    "the dark vessel arrangement, deployed": yes(
        FORCE, TEMPLATE, {"d": DARK_VESSELS}, route="CAN>PHL", category="ais", at="2023-11-20"
    ),
    "the dark vessel arrangement, the last of its five years": yes(
        FORCE, TEMPLATE, {"d": DARK_VESSELS}, route="CAN>PHL", category="ais", at="2028-11-19T23:59:59.999999"
    ),
    "the dark vessel arrangement, after five years": no(
        FORCE, TEMPLATE, {"d": DARK_VESSELS}, route="CAN>PHL", category="ais", at="2028-11-20"
    ),
    # no agreement between the two
    "JPN-USA and USA-PHL do not make JPN-PHL": no(FORCE, TEMPLATE, HUB, route="PHL>JPN"),
    "nor PHL-JPN": no(FORCE, TEMPLATE, HUB, route="JPN>PHL"),
    "JPN-PHL, of which negotiation was announced": no(FORCE, TEMPLATE, {"d": UNSIGNED}, route="JPN>PHL"),
    "before 2016 the two partners of the hub have no agreement of their own": no(
        FORCE, TEMPLATE, TISA, route="JPN>KOR", label=FOR_KOREA, at="2015-06-01"
    ),
    "unclassified needs one as well": no(FORCE, TEMPLATE, HUB, route="JPN>PHL", category="ais"),
    # notice and suspension
    "89 days, 23:59:59.999999 after notice": yes(
        FORCE, "21", {"d": NOTICE}, route="JPN>KOR", at="2026-04-09T23:59:59.999999"
    ),
    "90 days after notice": no(FORCE, "21", {"d": NOTICE}, route="JPN>KOR", at="2026-04-10"),
    "a microsecond before it is suspended after a compromise": yes(
        FORCE, "17", {"d": SUSPENDED}, route="JPN>KOR", at="2026-03-01T11:59:59.999999"
    ),
    "suspended after a compromise": no(
        FORCE, "17", {"d": SUSPENDED}, route="JPN>KOR", at="2026-03-01T12:00:00"
    ),
    "the last microsecond of the suspension": no(
        FORCE, "17", {"d": SUSPENDED}, route="KOR>JPN", at="2026-03-08T11:59:59.999999"
    ),
    "restored": yes(FORCE, "17", {"d": SUSPENDED}, route="KOR>JPN", at="2026-03-08T12:00:00"),
    "suspended for one party, towards a second": no(
        FORCE, "(ministerial statement)", {"d": KOR_LEFT}, route="USA>KOR", category="missile_warning"
    ),
    "and from it": no(
        FORCE, "(ministerial statement)", {"d": KOR_LEFT}, route="KOR>JPN", category="missile_warning"
    ),
    "suspended for one party, between the two others": yes(
        FORCE, "(ministerial statement)", {"d": KOR_LEFT}, route="USA>JPN", category="missile_warning"
    ),
    # scope: category, purpose, area
    "the warning feed carries no radar tracks": no(
        SCOPE, "(ministerial statement)", {"d": FEED}, route="JPN>KOR"
    ),
    "the memorandum of coast guards covers ships": yes(SCOPE, TEMPLATE, {"d": COAST_GUARDS}, route="JPN>PHL"),
    "and no missiles": no(SCOPE, TEMPLATE, {"d": COAST_GUARDS}, route="JPN>PHL", category="missile_warning"),
    "TISA is about nuclear and missile threats": yes(SCOPE, "1", TISA, route="JPN>USA", label=FOR_KOREA),
    "TISA is not about ships": no(SCOPE, "1", TISA, route="JPN>USA", label=mark("SECRET", purpose="patrol")),
    "nor about what states no purpose": no(SCOPE, "1", TISA, route="JPN>USA", label=mark("SECRET")),
    "the agreement of 2016 names no purpose, so any is covered": yes(
        SCOPE, "2", K, route="JPN>KOR", label=own("SECRET", "GOKUHI", purpose="patrol")
    ),
    "an agreement for one sea, about a vessel in it": yes(
        SCOPE, TEMPLATE, {"d": pact("JPN", "PHL", since="2026-01-01", area=BOX)}, route="JPN>PHL",
        areas=("agreements.d",),
    ),
    "an agreement for one sea, about a vessel elsewhere": no(
        SCOPE, TEMPLATE, {"d": pact("JPN", "PHL", since="2026-01-01", area=BOX)}, route="JPN>PHL"
    ),
    # ceiling and equivalence
    "KOR level I is never exchanged with JPN": no(
        CEILING, "4", K, route="KOR>JPN", label=own("TOP_SECRET", "GUNSA I"), node="TOP_SECRET"
    ),
    "KOR level II is SECRET": yes(CEILING, "4", K, route="KOR>JPN", label=own("SECRET", "GUNSA II")),
    "KOR level III is CONFIDENTIAL": yes(
        CEILING, "4", K, route="KOR>JPN", label=own("CONFIDENTIAL", "GUNSA III")
    ),
    "JPN Gokuhi is SECRET": yes(CEILING, "4", K, route="JPN>KOR", label=GOKUHI),
    "JPN Tokutei Himitsu is SECRET": yes(
        CEILING, "4", K, route="JPN>KOR", label=own("SECRET", "TOKUTEI HIMITSU")
    ),
    "JPN Hi is CONFIDENTIAL": yes(CEILING, "4", K, route="JPN>KOR", label=own("CONFIDENTIAL", "HI")),
    "JPN Kimitsu is not in the table with KOR": no(
        CEILING, "4", K, route="JPN>KOR", label=own("TOP_SECRET", "KIMITSU"), node="TOP_SECRET"
    ),
    "JPN Kimitsu is TOP SECRET with the US": yes(
        CEILING, BY_ANALOGY_4, D, route="JPN>USA", label=own("TOP_SECRET", "KIMITSU"), node="TOP_SECRET"
    ),
    "JPN Toriatsukai-chui is no secret class: not in the table": no(
        CEILING, BY_ANALOGY_4, D, route="JPN>USA", label=own("RESTRICTED", "TORIATSUKAI CHUI")
    ),
    "an English word is not one of JPN's": no(CEILING, "4", K, route="JPN>KOR", label=mark("SECRET")),
    "the US has no RESTRICTED": no(
        CEILING, TEMPLATE, {"d": US_PHL}, route="USA>PHL", label=mark("RESTRICTED")
    ),
    "PHL RESTRICTED is protected as CONFIDENTIAL": yes(
        CEILING, TEMPLATE, {"d": US_PHL}, route="PHL>USA", label=mark("RESTRICTED")
    ),
    "an unknown word fails closed": no(
        CEILING, TEMPLATE, {"d": US_PHL}, route="PHL>USA", label=own("SECRET", "COSMIC")
    ),
    "a national word without a table fails closed": no(
        CEILING, TEMPLATE, {"d": US_KOR}, route="KOR>USA", label=own("SECRET", "GUNSA II")
    ),
    "RESTRICTED is not UNCLASSIFIED": no(
        CEILING, TEMPLATE, {"d": COAST_GUARDS}, route="PHL>JPN", label=mark("RESTRICTED")
    ),
    "CONFIDENTIAL is above the memorandum": no(
        CEILING, TEMPLATE, {"d": COAST_GUARDS}, route="JPN>PHL", label=mark("CONFIDENTIAL")
    ),
    "UNCLASSIFIED is so in every table": yes(CEILING, "4", K, route="JPN>KOR", label=mark()),
    "SeaVision carries nothing classified": no(
        CEILING, TEMPLATE, {"d": SEA_VISION}, route="USA>PHL", category="ais", label=mark("RESTRICTED")
    ),
    "a lower ceiling for one recipient": no(
        CEILING, TEMPLATE, {"d": pact("JPN", "PHL", since="2026-01-01", ceilings={"PHL": "RESTRICTED"})},
        route="JPN>PHL", label=mark("CONFIDENTIAL"),
    ),
    "does not bind the other": yes(
        CEILING, TEMPLATE, {"d": pact("JPN", "PHL", since="2026-01-01", ceilings={"PHL": "RESTRICTED"})},
        route="PHL>JPN", label=mark("SECRET"),
    ),
    "what was marked again as CONFIDENTIAL counts as that, not as RESTRICTED": no(
        CEILING, TEMPLATE, {"d": pact("USA", "JPN", since="2007-08-10", ceiling="RESTRICTED")},
        route="USA>JPN",
        origin="PHL", under=US_PHL, level="CONFIDENTIAL", label=mark("RESTRICTED//REL TO USA, JPN"),
    ),
    "and passes where CONFIDENTIAL does": yes(
        CEILING, BY_ANALOGY_4, D, route="USA>JPN", origin="PHL", under=US_PHL, level="CONFIDENTIAL",
        label=mark("RESTRICTED//REL TO USA, JPN"),
    ),
    # accreditation
    "the level as protected is what the node must be cleared for": no(
        ACCREDITATION, TEMPLATE, {"d": US_PHL}, route="PHL>USA", label=mark("RESTRICTED"), node="RESTRICTED"
    ),
    "a node before its clearance": no(
        ACCREDITATION, TEMPLATE, K, route="JPN>KOR", label=GOKUHI, cleared="2026-03-05"
    ),
    "and on the day": yes(
        ACCREDITATION, TEMPLATE, K, route="JPN>KOR", label=GOKUHI, cleared="2026-03-04"
    ),
    # the third-party rule
    "no release to a third party without approval": no(
        RELEASE, "6", BOTH, **FROM_KOREA, label=GOKUHI
    ),
    "with the originator's standing consent": yes(
        RELEASE, "6", BOTH, **FROM_KOREA, label=GOKUHI, consents={"w": WORD}
    ),
    "with a consent that can be asked for": yes(
        RELEASE, "6", BOTH, **FROM_KOREA, label=GOKUHI, consents={"w": ASK}
    ),
    "with a consent that begins tomorrow": no(
        RELEASE, "6", BOTH, **FROM_KOREA, label=GOKUHI,
        consents={"w": word(from_utc="2026-03-05T00:00:00Z")},
    ),
    "with a consent that is withdrawn": no(
        RELEASE, "6", BOTH, **FROM_KOREA, label=GOKUHI,
        consents={"w": word(withdrawn=[{"from_utc": "2026-03-01T00:00:00Z"}])},
    ),
    "with a consent for the East China Sea, about a vessel there": yes(
        RELEASE, "6", BOTH, **FROM_KOREA, label=GOKUHI, consents={"w": word(area=BOX)},
        areas=("consents.w",),
    ),
    "with a consent for the East China Sea, about a vessel elsewhere": no(
        RELEASE, "6", BOTH, **FROM_KOREA, label=GOKUHI, consents={"w": word(area=BOX)}
    ),
    "the consent of a fourth party opens nothing": no(
        RELEASE, "6", BOTH, **FROM_KOREA, label=GOKUHI, consents={"w": word(originator="PHL")}
    ),
    "named in advance by the originator": yes(
        RELEASE, "6", BOTH, **FROM_KOREA, label=own("SECRET", "GOKUHI", rel_to=["KOR", "USA"])
    ),
    "named, but ORCON": no(
        RELEASE, "6", BOTH, **FROM_KOREA, label=own("SECRET", "GOKUHI", rel_to=["KOR", "USA"],
        caveats=["ORCON"])
    ),
    "ORCON with consent": yes(
        RELEASE, "6", BOTH, **FROM_KOREA, label=own("SECRET", "GOKUHI", caveats=["ORCON"]),
        consents={"w": WORD}
    ),
    "unclassified, but received under the agreement": no(RELEASE, "6", BOTH, **{**FROM_KOREA, "level": ""}),
    "ORCON does not bind the originator": yes(
        RELEASE, "6", K, route="JPN>KOR", label=own("SECRET", "GOKUHI", caveats=["ORCON"])
    ),
    "NOFORN binds it": no(
        RELEASE, TEMPLATE, K, route="JPN>KOR", label=own("SECRET", "GOKUHI", caveats=["NOFORN"])
    ),
    "NOFORN with consent": no(
        RELEASE, TEMPLATE, BOTH, **FROM_KOREA, label=own("SECRET", "GOKUHI", caveats=["NOFORN"]),
        consents={"w": WORD}
    ),
    "through the hub: JPN gives to the US, which passes on to KOR": yes(RELEASE, "4", TISA, **THROUGH_HUB),
    "through the hub, but not meant for KOR": no(
        RELEASE, "4", TISA, **{**THROUGH_HUB, "label": mark("SECRET", purpose="dprk_nuclear_and_missile")}
    ),
    "the US passes PHL's radar on to JPN": no(
        RELEASE, TEMPLATE, HUB, route="USA>JPN", origin="PHL", under=US_PHL, label=mark("SECRET")
    ),
    "with PHL's consent": yes(
        RELEASE, TEMPLATE, HUB, route="USA>JPN", origin="PHL", under=US_PHL, label=mark("SECRET"),
        consents={"w": word(originator="PHL", recipient="JPN")},
    ),
    "free among the parties of an unclassified programme": yes(
        RELEASE, TEMPLATE, {"d": PARTNERSHIP}, route="USA>PHL", origin="AUS", under=PARTNERSHIP,
        category="ais"
    ),
    "and to nobody else": no(
        RELEASE, TEMPLATE, {"d": DARK_VESSELS}, route="PHL>CAN", origin="AUS", under=PARTNERSHIP,
        category="ais"
    ),
    "what a free arrangement gives the holder alone is not passed on": no(
        RELEASE, TEMPLATE, {"d": COAST_GUARDS}, route="PHL>JPN", origin="CAN", under=DARK_VESSELS,
        category="ais"
    ),
    # products
    "a product with US information, to KOR": no(
        RELEASE, TEMPLATE, K, route="JPN>KOR", label=own("SECRET", "GOKUHI", originators=["USA"])
    ),
    "with the consent of the US": yes(
        RELEASE, TEMPLATE, K, route="JPN>KOR", label=own("SECRET", "GOKUHI", originators=["USA"]),
        consents={"w": word(originator="USA", recipient="KOR")},
    ),
    "to the US itself": yes(
        RELEASE, TEMPLATE, D, route="JPN>USA", label=own("SECRET", "GOKUHI", originators=["USA"])
    ),
    "a product of three: one gave its word, one is asked": yes(
        RELEASE, TEMPLATE, K, route="JPN>KOR", label=own("SECRET", "GOKUHI", originators=["PHL", "USA"]),
        consents={
            "w": word(originator="USA", recipient="KOR"),
            "x": ConsentOnRequest(originator="PHL", recipient="KOR", kind="on_request"),
        },
    ),
    "a product of three: two would have to be asked": no(
        RELEASE, TEMPLATE, K, route="JPN>KOR", label=own("SECRET", "GOKUHI", originators=["PHL", "USA"]),
        consents={
            "w": ConsentOnRequest(originator="USA", recipient="KOR", kind="on_request"),
            "x": ConsentOnRequest(originator="PHL", recipient="KOR", kind="on_request"),
        },
    ),
    "an originator whose label was replaced is still asked": no(
        RELEASE, TEMPLATE, K, route="JPN>KOR", label=mark(), others=("USA",)
    ),
}  # fmt: skip


def ruling(
    deals: dict[str, AgreementSpec],
    *,
    route: str = "JPN>USA",
    origin: str | None = None,
    label: LabelSpec | None = None,
    category: str = "radar",
    at: str = "2026-03-04",
    under: AgreementSpec | None = None,
    level: str = "",
    others: tuple[str, ...] = (),
    areas: tuple[str, ...] = (),
    node: str = "TOP_SECRET",
    cleared: str | None = None,
    consents: dict[str, Any] | None = None,
) -> Ruling:
    sender, recipient = route.split(">")
    question = Question(
        label or mark(), category, origin or sender, sender, recipient, day(at), under,
        level=level, others=others, areas=areas,
    )  # fmt: skip
    place = NodeSpec(
        nation=recipient, highest_level=node, cleared_from=None if cleared is None else day(cleared)
    )
    return judge(question, deals, "TOP_SECRET", place, consents or {})


@pytest.mark.parametrize("name", ROWS)
def test_truth_table(name: str) -> None:
    """Only the gate that the row names fails, and rests on the article that the row names."""
    row = ROWS[name]
    answer = ruling(row.deals, **row.asked)
    assert answer.gates == row.fails
    assert [refusal.basis for refusal in answer.refusals] == [row.article] * len(answer.refusals)
    assert (answer.agreement is None) == (row.fails in (FORCE, SCOPE, CEILING))
    rules = [row.asked.get("under"), row.deals.get(answer.agreement or "")]
    assert row.fails or row.article in {
        TEMPLATE,
        *(text for deal in rules if deal for text in deal.articles.values()),
    }
    assert not answer.refusals or answer.refusals[0].reason


def test_the_table_is_long_enough_and_each_gate_both_opens_and_shuts() -> None:
    assert len(ROWS) >= 60
    for fails in (True, False):
        assert {row.decides for row in ROWS.values() if bool(row.fails) == fails} == set(Gate)


@pytest.mark.parametrize(
    ("word_", "level"), [("GUNSA II", "SECRET"), ("GUNSA III", "CONFIDENTIAL"), ("", "UNCLASSIFIED")]
)
def test_the_recipient_marks_what_it_gets_with_the_equivalent_level(word_: str, level: str) -> None:
    """Article 4 of the agreement of 2016."""
    label = LabelSpec(classification=level, national_word=word_)  # type: ignore[arg-type]
    assert ruling(K, route="KOR>JPN", label=label).level == level


def test_notice_ends_an_agreement_after_ninety_days() -> None:
    """Article 21 of the agreement of 2016."""
    assert ends_at(NOTICE) == day("2026-04-10")
    assert ends_at(JPN_KOR) is None
    assert is_in_force(NOTICE, "JPN", "KOR", day("2026-04-10") - US)
    sooner = NOTICE.model_copy(update={"in_force_to": day("2026-02-01")})
    assert ends_at(sooner) == day("2026-02-01")


def test_what_was_received_is_destroyed_when_its_agreement_ceases_if_it_says_so() -> None:
    """Template assumption: article 6(h) of the agreement of 2016 is about the end of the purpose."""
    kept = NOTICE.model_copy(update={"suspensions": SUSPENDED.suspensions})
    purged = kept.model_copy(update={"on_suspension": "purge"})
    assert purges(kept, "JPN", "KOR") == ()
    assert purges(purged, "JPN", "KOR") == (day("2026-03-01T12:00:00"), day("2026-04-10"))
    one_left = KOR_LEFT.model_copy(update={"on_suspension": "purge"})
    assert purges(one_left, "USA", "KOR") == (day("2026-03-01T12:00:00"),)
    assert purges(one_left, "USA", "JPN") == ()
