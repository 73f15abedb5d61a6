"""What the gates said of a copy, in words: every time that they were asked on a hop.

Model: gates are asked on **arrival** at the sender (all of them), at **release** (the legal ones and
release), when the **answer** to a request for consent is back (the legal ones), and on **receipt** across a
border (the legal ones). Each time the agreements that name sender and recipient are gone through; the one
that passes in force, scope and ceiling is used, the first in id order; if none does, the one that gets
furthest is judged, and its failing gates are those of the hop (``sharing.gates``). Here each agreement that
was gone through is told, with the reason for which it failed. Where no link exists, the gates are asked as
if one led straight from the feed's node to the picture node.

Assumptions and limits: the moment at which a copy was withheld on receipt is not in the hops; it is the first
at which the legal gates fail so, from the end of the transmission on.
Where next: ``metrics.story`` tells these; the tests hold them against the gates of the hops.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple

from mda_sim.core.time import NEVER_US, to_us
from mda_sim.picture.copies import Copies, HeldCopy
from mda_sim.records import Gate, Outcome
from mda_sim.sharing.agreements import turning_points
from mda_sim.sharing.consents import ConsentOnRequest
from mda_sim.sharing.gates import (
    NO_GATE,
    Question,
    Refusal,
    accreditation,
    ceiling,
    in_force,
    judge,
    legal,
    release_by_consent,
    scope,
)
from mda_sim.sharing.policy import NO_LINK_LEVEL

if TYPE_CHECKING:
    from mda_sim.sharing.agreements import AgreementSpec

When = Literal["arrival", "release", "answer", "receipt"]

NO_ANSWER = "the originator said no"
DESTROYED = "the copy had to be destroyed by then"


class Tried(NamedTuple):
    """One agreement between sender and recipient, and what it says."""

    agreement: str
    """Its id."""
    refusals: tuple[Refusal, ...]
    """Its failing legal gates, in the order in which they are asked; none if it passes."""


class Judgement(NamedTuple):
    """What the gates said at one moment."""

    when: When
    t_us: int
    """The moment [us]."""
    is_abroad: bool
    """Whether the copy would cross a border, so that the legal gates are asked."""
    tried: tuple[Tried, ...]
    """Agreements that name sender and recipient, in id order; none inside a nation."""
    agreement: str
    """The agreement that was judged: the one that passed, or else got furthest; empty if there is none."""
    refusals: tuple[Refusal, ...]
    """Every failing gate."""
    consents: tuple[str, ...]
    """Standing consents on which release rests, and the one to be asked for."""
    asked: str
    """The one to be asked for; empty if none is."""

    @property
    def gates(self) -> Gate:
        """Bit mask of the failing gates."""
        mask = NO_GATE
        for refusal in self.refusals:
            mask |= refusal.gate
        return mask


def judgements(copies: Copies, hop: int) -> tuple[Judgement, ...]:
    """Every time that the gates were asked on a hop, in order; none if its filter stops the part."""
    if copies.is_filtered(hop):
        return ()
    hops, copy = copies.hops, copies.offered(hop)
    found = [_on_arrival(copies, hop, copy)]
    if hops["t_released_us"][hop] == NEVER_US:
        return tuple(found)
    found.append(_at_release(copies, hop, copy))
    if found[-1].gates:
        return tuple(found)
    if found[-1].asked:
        if hops["t_consented_us"][hop] == NEVER_US:
            return tuple(found)
        found.append(_at_answer(copies, hop, copy))
        if found[-1].gates:
            return tuple(found)
    withheld = hops["outcome"][hop] == Outcome.WITHHELD
    if found[-1].is_abroad and (withheld or hops["outcome"][hop] == Outcome.DELIVERED):
        found.append(_on_receipt(copies, hop, copy))
    return tuple(found)


def without_link(copies: Copies, part: int, t_fed_us: int, feed_node: str, node: str) -> Judgement:
    """What the gates say of a part as if a link led straight from its feed's node to another node."""
    copy, nodes = copies.fed(part), copies.sharing.nodes
    question = copies.asking(copy, nodes[feed_node].nation, nodes[node].nation, t_fed_us)
    sharing = copies.sharing
    ruling = judge(question, sharing.agreements, NO_LINK_LEVEL, nodes[node], sharing.consents)
    tried, judged = _tried(copies, question)
    consents = ruling.standing + ((ruling.asked,) if ruling.asked else ())
    is_abroad = question.sender != question.recipient
    return Judgement(
        "arrival", t_fed_us, is_abroad, tried, judged, ruling.refusals, consents, ruling.asked or ""
    )


def _on_arrival(copies: Copies, hop: int, copy: HeldCopy) -> Judgement:
    t_us = int(copies.hops["t_arrived_us"][hop])
    question, sharing = copies.question(hop, copy, t_us), copies.sharing
    _, spec = copies.link(hop)
    law = legal(question, sharing.agreements)
    node, level = sharing.nodes[spec.recipient], law.level or question.held_as
    accredited = accreditation(spec.accreditation, node, level, question.moment)
    between = law.refusals if accredited is None else (*law.refusals, accredited)
    return _asked("arrival", copies, question, copy, t_us, between)


def _at_release(copies: Copies, hop: int, copy: HeldCopy) -> Judgement:
    t_us = int(copies.hops["t_released_us"][hop])
    question = copies.question(hop, copy, t_us)
    law = legal(question, copies.sharing.agreements)
    return _asked("release", copies, question, copy, t_us, law.refusals)


def _asked(
    when: When,
    copies: Copies,
    question: Question,
    copy: HeldCopy,
    t_us: int,
    before: tuple[Refusal, ...],
) -> Judgement:
    """What the release gate says besides the refusals of the gates ``before`` it."""
    ruling = release_by_consent(question, copies.sharing.consents)
    refusals = before + ruling.refusals
    if t_us >= copy.purged_us and not ruling.refusals:
        refusals += (Refusal(Gate.RELEASE, DESTROYED),)
    tried, judged = _tried(copies, question)
    consents = ruling.standing + ((ruling.asked,) if ruling.asked else ())
    is_abroad = question.sender != question.recipient
    return Judgement(when, t_us, is_abroad, tried, judged, refusals, consents, ruling.asked or "")


def _at_answer(copies: Copies, hop: int, copy: HeldCopy) -> Judgement:
    """The legal gates when the answer was back; a copy to be destroyed by then, or a no, fails release."""
    t_us, booked = int(copies.hops["t_consented_us"][hop]), int(copies.hops["gates_at_release"][hop])
    question = copies.question(hop, copy, t_us)
    refusals = legal(question, copies.sharing.agreements).refusals
    if t_us >= copy.purged_us:
        refusals += (Refusal(Gate.RELEASE, DESTROYED),)
    elif booked & Gate.RELEASE:
        refusals += (Refusal(Gate.RELEASE, NO_ANSWER),)
    tried, judged = _tried(copies, question)
    consent = copies.hops.meta["consents"][copies.hops["consent"][hop]]
    is_request = isinstance(copies.sharing.consents[consent], ConsentOnRequest)
    return Judgement("answer", t_us, True, tried, judged, refusals, (consent,), consent if is_request else "")


def _on_receipt(copies: Copies, hop: int, copy: HeldCopy) -> Judgement:
    """The legal gates when it came, or would have come, to the recipient."""
    agreements = copies.sharing.agreements
    for t_us in _moments_of_receipt(copies, hop):
        question = copies.question(hop, copy, t_us)
        refusals = legal(question, agreements).refusals
        if _mask(refusals) == copies.hops["gates_at_release"][hop]:
            break
    tried, judged = _tried(copies, question)
    return Judgement("receipt", t_us, True, tried, judged, refusals, (), "")


def _moments_of_receipt(copies: Copies, hop: int) -> list[int]:
    """The receipt; of what was withheld, the moments at which that may have been [us]."""
    received_us = int(copies.hops["t_received_us"][hop])
    if received_us != NEVER_US:
        return [received_us]
    _, spec = copies.link(hop)
    first_us = int(copies.hops["t_transmitted_us"][hop]) + to_us(spec.delay_s)
    parties, us_at = set(copies.parties(hop)), copies.timeline.us_at
    turns = [
        us_at(moment)
        for agreement in copies.sharing.agreements.values()
        if parties <= set(agreement.parties)
        for moment in turning_points(agreement)
    ]
    return [first_us, *sorted(turn for turn in turns if turn > first_us)]


def _tried(copies: Copies, question: Question) -> tuple[tuple[Tried, ...], str]:
    """Every agreement between the two, and the id of the one that was judged."""
    giver, taker = question.sender, question.recipient
    if giver == taker:
        return (), ""
    tried = tuple(
        Tried(id_, _refusals(id_, agreement, question))
        for id_, agreement in sorted(copies.sharing.agreements.items())
        if giver in agreement.parties and taker in agreement.parties
    )
    furthest = max(tried, key=lambda one: _reach(one.refusals), default=None)  # the first of the greatest
    return tried, "" if furthest is None else furthest.agreement


def _refusals(id_: str, agreement: AgreementSpec, question: Question) -> tuple[Refusal, ...]:
    giver, taker = question.sender, question.recipient
    answers = (
        in_force(agreement, giver, taker, question.moment),
        scope(agreement, question.category, question.label.purpose, f"agreements.{id_}" in question.areas),
        ceiling(agreement, giver, taker, question.word),
    )
    return tuple(answer for answer in answers if answer is not None)


def _reach(refusals: tuple[Refusal, ...]) -> int:
    """How far an agreement gets: the place of its first failing gate, beyond all if none fails."""
    return int(refusals[0].gate) if refusals else int(Gate.RELEASE)


def _mask(refusals: tuple[Refusal, ...]) -> int:
    mask = NO_GATE
    for refusal in refusals:
        mask |= refusal.gate
    return int(mask)
