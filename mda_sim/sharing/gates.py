"""Gates: the rules on the way from a node onto a link, as pure functions.

Model: a gate answers ``None`` (allow) or a ``Refusal`` with its reason and article. They are asked in this
order, all of them, and every failing one is recorded; the first names the refusal:

1. legal, between nations only: ``in_force`` (dates, notice, suspensions for all or for one of the two),
   ``scope`` (category, area, purpose), ``ceiling`` (the level as the agreement maps it, for this recipient).
   ONE agreement that names both sender and recipient must pass all three: the first in id order that does. If
   none does, the failing gates are all those of the agreement that gets furthest: whose first failing gate
   comes latest, then the first in id order. If no agreement names both, ``in_force`` fails.
2. ``accreditation``, always: the link and the receiving node may carry the level as mapped by the agreement
   that passed, or else as held. Before ``cleared_from`` a node may hold UNCLASSIFIED reports only.
3. ``release``, between nations only, for a report that S passes to R:
   a. NOFORN, and R is not the only originator: refused.
   b. If S and R are its only originators: allowed; an originator releases its own reports through its desk,
      whatever their ``rel_to``.
   c. Otherwise the onward rule of the agreement under which S received the report decides; where it is S's
      own and holds others' information, as ``with_consent``. ``none``: refused. ``with_consent`` and
      ``free``: allowed if the originators consented to R having this very copy, or if R is named in
      ``rel_to`` and the report is not ORCON (a name in ``rel_to`` is a consent, given in advance). For each
      originator O besides S and R ``free`` allows it also if R and O are both parties of that agreement, or R
      is one and the label lets anyone hold it, and the report is not ORCON. Else it needs the consent of O.
   d. What needs a consent of O is allowed by the first standing one in id order that holds at that moment and
      whose area holds the report; else allowed subject to the answer if one can be asked for, the first in id
      order; else refused. Only one originator can be asked: where a second would have to be, refused.

Assumptions and limits: Joining an agreement with the onward rule ``free`` is a party's standing consent to
the other parties. A report received under an agreement stays bound by it when it moves on inside the
recipient's nation. Being permitted obliges nobody. A refusal without an article rests on the template that
these rules take all agreements to follow.

Source: the third-party rule is article 6 of the Japan-Republic of Korea agreement of 2016 (and its published
2012 draft), the table of equivalent levels its article 4; the marking terms are those of STANAG 4774. Where
next: ``policy`` tabulates the answers over time, the audit re-derives them on its own.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Final, NamedTuple

from mda_sim.records import Gate
from mda_sim.sharing.agreements import AgreementSpec, ceiling_for, ends_at, equivalent, is_in_force
from mda_sim.sharing.consents import ConsentOnRequest, StandingConsent, covers_route, holds
from mda_sim.sharing.labels import LabelSpec, Level, covers, is_for_anyone
from mda_sim.sharing.network import NodeSpec

NO_GATE: Final = Gate(0)
TEMPLATE: Final = "template assumption"
"""What a refusal rests on if its agreement names no article."""

Consents = Mapping[str, StandingConsent | ConsentOnRequest]
NO_CONSENTS: Final[Consents] = MappingProxyType({})


@dataclass(frozen=True)
class Refusal:
    """Why a gate does not let a report pass."""

    gate: Gate
    """The gate that fails."""
    reason: str
    """What fails, in words."""
    article: str = ""
    """Article of the agreement that says so, if it names one."""

    @property
    def basis(self) -> str:
        """The article, or that the rule is a template's."""
        return self.article or TEMPLATE


@dataclass(frozen=True)
class Needs:
    """That only a consent can open the release gate, and whose."""

    originator: str
    """Party whose consent is needed."""
    reason: str
    """What is needed, in words."""
    article: str = ""
    """Article of the agreement that says so, if it names one."""


@dataclass(frozen=True)
class Question:
    """What the gates are asked: one kind of report, from one party to another, at one moment."""

    label: LabelSpec
    """Label of the report."""
    category: str
    """Kind of observation."""
    originator: str
    """Party whose sensor made it."""
    sender: str
    """Party that would send it."""
    recipient: str
    """Party that would receive it."""
    moment: datetime
    """When, with zone."""
    received_under: AgreementSpec | None = None
    """Agreement under which the sender's nation received it; none for the originator's own."""
    is_named: bool = False
    """Whether it was consented to the recipient having this copy, and the consent still holds."""
    level: str = ""
    """Level as which it was marked when it last crossed a border; empty: held as its label says."""
    others: tuple[str, ...] = ()
    """Originators besides that party and those of the label: of labels that were replaced."""
    areas: tuple[str, ...] = ()
    """Agreements and consents, as ``agreements.<id>`` and ``consents.<id>``, whose area holds it."""

    @property
    def originators(self) -> tuple[str, ...]:
        """All parties whose information is in it, sorted."""
        return tuple(sorted({self.originator, *self.label.originators, *self.others}))

    @property
    def held_as(self) -> str:
        """The level that counts where the report is."""
        return self.level or self.label.classification

    @property
    def word(self) -> str:
        """The word that an agreement maps when the report crosses a border."""
        return self.level or self.label.national_word or self.label.classification


class Ruling(NamedTuple):
    """The answer of several gates."""

    refusals: tuple[Refusal, ...]
    """Every failing gate, in the order in which they were asked."""
    agreement: str | None
    """Id of the agreement that passed all legal gates; none if none did or none was needed."""
    level: str = ""
    """Level as which the recipient is to hold the report; empty if it does not cross a border."""
    standing: tuple[str, ...] = ()
    """Ids of the standing consents on which release rests, sorted."""
    asked: str | None = None
    """Id of the consent that is to be asked for; none if none is."""

    @property
    def gates(self) -> Gate:
        """Bit mask of the failing gates."""
        mask = NO_GATE
        for refusal in self.refusals:
            mask |= refusal.gate
        return mask

    @property
    def consent(self) -> str | None:
        """Id of the consent that is to be asked for, else of the first standing one; else none."""
        return self.asked or next(iter(self.standing), None)


def in_force(agreement: AgreementSpec, giver: str, taker: str, moment: datetime) -> Refusal | None:
    """Whether the agreement is in force between the two, and not suspended for either."""
    if is_in_force(agreement, giver, taker, moment):
        return None
    start, end = agreement.in_force_from, ends_at(agreement)
    if start is None or moment < start:
        return Refusal(Gate.IN_FORCE, "the agreement is not in force yet", _article(agreement, "in_force"))
    if end is not None and moment >= end:
        return Refusal(Gate.IN_FORCE, f"the agreement ended on {end}", _article(agreement, "in_force"))
    article = _article(agreement, "suspension", "in_force")
    return Refusal(Gate.IN_FORCE, f"the agreement is suspended between {giver} and {taker}", article)


def scope(
    agreement: AgreementSpec, category: str, purpose: str | None = None, is_inside: bool = True
) -> Refusal | None:
    """Whether the agreement covers this kind of observation and purpose, in a place in or out of its area."""
    article = _article(agreement, "scope")
    if category not in agreement.categories:
        return Refusal(Gate.SCOPE, f"it does not cover '{category}'", article)
    if agreement.area is not None and not is_inside:
        return Refusal(Gate.SCOPE, "the vessels are outside its area", article)
    if agreement.purposes and purpose not in agreement.purposes:
        stated = "no purpose is stated" if purpose is None else f"it does not cover the purpose '{purpose}'"
        return Refusal(Gate.SCOPE, stated, article)
    return None


def ceiling(agreement: AgreementSpec, giver: str, taker: str, word: str) -> Refusal | None:
    """Whether what ``giver`` calls ``word`` is within the ceiling for ``taker``; an unknown word is not."""
    level = equivalent(agreement, giver, word)
    if level is None:
        reason = f"its table of equivalence has no '{word}' of {giver}"
        return Refusal(Gate.CEILING, reason, _article(agreement, "equivalence", "ceiling"))
    highest = ceiling_for(agreement, taker)
    if covers(highest, level):
        return None
    reason = f"{level} is above its ceiling for {taker}, {highest}"
    return Refusal(Gate.CEILING, reason, _article(agreement, "ceiling"))


def accreditation(link_level: str, node: NodeSpec, level: str, moment: datetime) -> Refusal | None:
    """Whether the link and the receiving node may hold the classification at this moment."""
    if not covers(link_level, level):
        return Refusal(Gate.ACCREDITATION, f"the link may carry {link_level}, not {level}")
    if not covers(node.highest_level, level):
        return Refusal(Gate.ACCREDITATION, f"the node may hold {node.highest_level}, not {level}")
    uncleared = node.cleared_from is not None and moment < node.cleared_from
    if uncleared and level != Level.UNCLASSIFIED.name:
        return Refusal(Gate.ACCREDITATION, f"the node is not cleared before {node.cleared_from}")
    return None


def release(question: Question) -> Refusal | tuple[Needs, ...]:
    """Whether the recipient may have it: whose consent it needs, if any (rules 3a to 3c of the module)."""
    label, sender, recipient = question.label, question.sender, question.recipient
    originators = question.originators
    if recipient == sender:
        return ()
    if "NOFORN" in label.caveats and originators != (recipient,):
        return Refusal(Gate.RELEASE, f"NOFORN: not to any other nation than {' and '.join(originators)}")
    others = [party for party in originators if party not in (sender, recipient)]
    if not others:
        return ()
    rule = question.received_under
    if rule is None and sender not in originators:
        return Refusal(Gate.RELEASE, f"{sender} received it under no agreement")
    article = "" if rule is None else _article(rule, "release")
    if rule is not None and rule.onward == "none":
        return Refusal(Gate.RELEASE, "what was received under this agreement is not passed on", article)
    is_controlled = "ORCON" in label.caveats
    if question.is_named or (recipient in label.rel_to and not is_controlled):
        return ()
    mark = "ORCON: " if is_controlled else ""
    return tuple(
        Needs(party, f"{mark}needs the consent of {party}", article)
        for party in others
        if is_controlled or rule is None or not _is_free(question, rule, party)
    )


def release_by_consent(question: Question, consents: Consents) -> Ruling:
    """The release gate once consents are counted, and on which of them it rests (rule 3d of the module)."""
    needed = release(question)
    if isinstance(needed, Refusal):
        return Ruling((needed,), None)
    standing: set[str] = set()
    asked: str | None = None
    for need in needed:
        found = _consents_of(question, consents, need.originator)
        held = [id_ for id_ in found if isinstance(consents[id_], StandingConsent)]
        if held:
            standing.add(held[0])
        elif not found:
            return Ruling((Refusal(Gate.RELEASE, need.reason, need.article),), None)
        elif asked is not None:
            reason = f"{need.reason}, but only one originator can be asked"
            return Ruling((Refusal(Gate.RELEASE, reason, need.article),), None)
        else:
            asked = found[0]
    return Ruling((), None, "", tuple(sorted(standing)), asked)


def legal(question: Question, agreements: Mapping[str, AgreementSpec]) -> Ruling:
    """The legal gates: the agreement that passes all three, or the failures of the one that gets furthest."""
    giver, taker = question.sender, question.recipient
    if giver == taker:
        return Ruling((), None)
    furthest: tuple[Refusal, ...] = ()
    for id_, agreement in sorted(agreements.items()):
        if giver not in agreement.parties or taker not in agreement.parties:
            continue
        is_inside = f"agreements.{id_}" in question.areas
        refusals = _failures(
            (
                in_force(agreement, giver, taker, question.moment),
                scope(agreement, question.category, question.label.purpose, is_inside),
                ceiling(agreement, giver, taker, question.word),
            )
        )
        if not refusals:
            return Ruling((), id_, equivalent(agreement, giver, question.word) or "")
        if not furthest or refusals[0].gate > furthest[0].gate:
            furthest = refusals
    if furthest:
        return Ruling(furthest, None)
    nobody = f"no agreement names both {giver} and {taker}"
    return Ruling((Refusal(Gate.IN_FORCE, nobody),), None)


def judge(
    question: Question,
    agreements: Mapping[str, AgreementSpec],
    link_level: str,
    node: NodeSpec,
    consents: Consents = NO_CONSENTS,
) -> Ruling:
    """All gates, as asked when a report comes to the sending node."""
    law, by_consent = legal(question, agreements), release_by_consent(question, consents)
    level = law.level or question.held_as
    accredited = _failures((accreditation(link_level, node, level, question.moment),))
    return by_consent._replace(
        refusals=law.refusals + accredited + by_consent.refusals, agreement=law.agreement, level=law.level
    )


def _is_free(question: Question, rule: AgreementSpec, originator: str) -> bool:
    """Whether the onward rule of the agreement is ``free`` and opens this originator's part of the report."""
    is_open = originator in rule.parties or is_for_anyone(question.label)
    return rule.onward == "free" and question.recipient in rule.parties and is_open


def _consents_of(question: Question, consents: Consents, originator: str) -> list[str]:
    """Ids of an originator's consents that hold, or can be asked for, in id order."""
    return [
        id_
        for id_, consent in sorted(consents.items())
        if covers_route(consent, originator, question.sender, question.recipient, question.category)
        and (consent.area is None or f"consents.{id_}" in question.areas)
        and holds(consent, question.moment)
    ]


def _article(agreement: AgreementSpec, *rules: str) -> str:
    """The first article that the agreement names for one of these rules; empty if it names none."""
    return next((agreement.articles[rule] for rule in rules if rule in agreement.articles), "")


def _failures(answers: Iterable[Refusal | None]) -> tuple[Refusal, ...]:
    return tuple(answer for answer in answers if answer is not None)
