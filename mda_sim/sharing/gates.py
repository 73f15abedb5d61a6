"""Gates: the rules on the way from a node onto a link, as pure functions.

Model: a gate answers ``None`` (allow) or a ``Refusal`` with its reason and article. They are asked in this
order, all of them, and every failing one is recorded; the first names the refusal:

1. legal, between nations only: ``in_force``, ``scope`` (category), ``ceiling``. ONE agreement that names both
   sender and recipient must pass all three: the first in id order that does. If none does, the failing gates
   are all those of the agreement that gets furthest: whose first failing gate comes latest, then the first in
   id order. If no agreement names both, ``in_force`` fails.
2. ``accreditation``, always: the link and the receiving node may carry the level. Before ``cleared_from`` a
   node may hold UNCLASSIFIED reports only.
3. ``release``, between nations only, for a report of originator O that S passes to R:
   a. NOFORN and R is not O: refused.
   b. S is O: allowed; the originator releases its own reports through its desk, whatever their ``rel_to``.
   c. otherwise the onward rule of the agreement under which S received the report decides:
      ``none``: refused. ``with_consent`` and ``free``: allowed if O consented to R having this very copy, or
      named R in ``rel_to`` and the report is not ORCON (a name in ``rel_to`` is O's consent, given in
      advance). ``free`` allows it also if R and O are both parties of that agreement, or R is one and the
      label lets anyone hold it, and the report is not ORCON. Else it needs the consent of O.
   d. What needs a consent is allowed by the first standing one in id order that holds at that moment; else
      allowed subject to the answer if one can be asked for, the first in id order; else refused.

Assumptions and limits: Joining an agreement with the
onward rule ``free`` is a party's standing consent to the other parties. A report received under an agreement
stays bound by it when it moves on inside the recipient's nation. Being permitted obliges nobody.

Source: the third-party rule is article 6 of the Japan-Republic of Korea agreement of 2016 (and its published
2012 draft); the marking terms are those of STANAG 4774. Where next: ``policy`` tabulates the answers over
time, the audit re-derives them on its own.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Final, NamedTuple

from mda_sim.records import Gate
from mda_sim.sharing.agreements import AgreementSpec, is_in_force
from mda_sim.sharing.consents import ConsentOnRequest, StandingConsent, best_consent
from mda_sim.sharing.labels import LabelSpec, Level, covers
from mda_sim.sharing.network import NodeSpec

NO_GATE: Final = Gate(0)

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
    """Whether the originator consented to the recipient having this copy, and the consent still holds."""


class Ruling(NamedTuple):
    """The answer of several gates."""

    refusals: tuple[Refusal, ...]
    """Every failing gate, in the order in which they were asked."""
    agreement: str | None
    """Id of the agreement that passed all legal gates; none if none did or none was needed."""
    consent: str | None = None
    """Id of the consent on which release rests: one that stands, or one to be asked for; else none."""

    @property
    def gates(self) -> Gate:
        """Bit mask of the failing gates."""
        mask = NO_GATE
        for refusal in self.refusals:
            mask |= refusal.gate
        return mask


def in_force(agreement: AgreementSpec, moment: datetime) -> Refusal | None:
    """Whether the agreement is in force and not suspended."""
    if is_in_force(agreement, moment):
        return None
    return Refusal(Gate.IN_FORCE, "the agreement is not in force", agreement.articles.get("in_force", ""))


def scope(agreement: AgreementSpec, category: str) -> Refusal | None:
    """Whether the agreement covers this kind of observation."""
    if category in agreement.categories:
        return None
    return Refusal(Gate.SCOPE, f"it does not cover '{category}'", agreement.articles.get("scope", ""))


def ceiling(agreement: AgreementSpec, level: str) -> Refusal | None:
    """Whether the classification is within the agreement's ceiling; an unknown word is not."""
    if covers(agreement.ceiling, level):
        return None
    reason = f"{level} is above its ceiling, {agreement.ceiling}"
    return Refusal(Gate.CEILING, reason, agreement.articles.get("ceiling", ""))


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


def release(question: Question) -> Refusal | Needs | None:
    """Whether the recipient may have it, or only by consent (rules 3a to 3c of the module)."""
    label, originator, recipient = question.label, question.originator, question.recipient
    if recipient in (question.sender, originator):
        return None
    if "NOFORN" in label.caveats:
        return Refusal(Gate.RELEASE, f"NOFORN: not to any other nation than {originator}")
    if question.sender == originator:
        return None
    rule = question.received_under
    if rule is None:
        return Refusal(Gate.RELEASE, f"{question.sender} received it under no agreement")
    article = rule.articles.get("release", "")
    if rule.onward == "none":
        return Refusal(Gate.RELEASE, "what was received under this agreement is not passed on", article)
    if question.is_named:
        return None
    if "ORCON" in label.caveats:
        return Needs(originator, f"ORCON: needs the consent of {originator}", article)
    if recipient in label.rel_to or (rule.onward == "free" and _among_parties(question, rule)):
        return None
    return Needs(originator, f"needs the consent of {originator}", article)


def release_by_consent(question: Question, consents: Consents) -> tuple[Refusal | None, str | None]:
    """The release gate with what consents there are, and the one it rests on (rule 3d of the module)."""
    answer = release(question)
    if not isinstance(answer, Needs):
        return answer, None
    consent = best_consent(
        consents, answer.originator, question.sender, question.recipient, question.category, question.moment
    )
    if consent is None:
        return Refusal(Gate.RELEASE, answer.reason, answer.article), None
    return None, consent


def legal(question: Question, agreements: Mapping[str, AgreementSpec]) -> Ruling:
    """The legal gates: the agreement that passes all three, or the failures of the one that gets furthest."""
    if question.sender == question.recipient:
        return Ruling((), None)
    furthest: tuple[Refusal, ...] = ()
    for id_, agreement in sorted(agreements.items()):
        if question.sender not in agreement.parties or question.recipient not in agreement.parties:
            continue
        refusals = _failures(
            (
                in_force(agreement, question.moment),
                scope(agreement, question.category),
                ceiling(agreement, question.label.classification),
            )
        )
        if not refusals:
            return Ruling((), id_)
        if not furthest or refusals[0].gate > furthest[0].gate:
            furthest = refusals
    if furthest:
        return Ruling(furthest, None)
    nobody = f"no agreement names both {question.sender} and {question.recipient}"
    return Ruling((Refusal(Gate.IN_FORCE, nobody),), None)


def judge(
    question: Question,
    agreements: Mapping[str, AgreementSpec],
    link_level: str,
    node: NodeSpec,
    consents: Consents = NO_CONSENTS,
) -> Ruling:
    """All gates, as asked when a report comes to the sending node."""
    ruling = legal(question, agreements)
    level = question.label.classification
    refusal, consent = release_by_consent(question, consents)
    others = _failures((accreditation(link_level, node, level, question.moment), refusal))
    return Ruling(ruling.refusals + others, ruling.agreement, consent)


def _among_parties(question: Question, rule: AgreementSpec) -> bool:
    open_to_all = question.label.classification == Level.UNCLASSIFIED.name and not question.label.rel_to
    return question.recipient in rule.parties and (open_to_all or question.originator in rule.parties)


def _failures(answers: Iterable[Refusal | None]) -> tuple[Refusal, ...]:
    return tuple(answer for answer in answers if answer is not None)
