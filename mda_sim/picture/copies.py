"""What a copy was at each step of its way: as offered to a link, and as the recipient then held it.

Model: the ``source`` of a hop leads back to the feed. From there on each link does to the copy what the
exchange does (the docstring of ``sharing.exchange``: Sanitise, fuse; Levels; Consent; Holding), by the same
functions of ``sharing.forms``: its sanitising, if the sender may; its fusing; and, across a border, the level
and the agreement under which it is held from then on, the consents that go with it and until when. So the
question that a gate was asked can be put again, in words.

Assumptions and limits: times are those of the hops; ``sharing`` has its events resolved.
Where next: ``judgements`` asks the gates again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from mda_sim.core.time import NEVER_US, Timeline, to_us
from mda_sim.records import DeliveryLog, DetectionLog, Outcome
from mda_sim.sharing.agreements import AgreementSpec, equivalent
from mda_sim.sharing.consents import ConsentOnRequest, lapse_after
from mda_sim.sharing.filters import areas_of, bits_of_links
from mda_sim.sharing.forms import crossed, fused, originators_of, sanitised, word_of
from mda_sim.sharing.gates import Question, Ruling, release_by_consent
from mda_sim.sharing.labels import label_of
from mda_sim.sharing.policy import Profile

if TYPE_CHECKING:
    from mda_sim.sharing.network import LinkSpec, SharingSpec


class HeldCopy(NamedTuple):
    """A copy as a node holds it."""

    profile: Profile
    """Its form."""
    under: str = ""
    """Agreement under which the nation of the node received it; empty if it never crossed a border."""
    consents: tuple[tuple[str, int], ...] = ()
    """Parties that the originators consented to, each with the end of that [us]."""
    purged_us: int = NEVER_US
    """When it must be destroyed [us]."""

    def names(self, party: str, t_us: int) -> bool:
        """Whether a consent for this party came with it and holds."""
        return any(named == party and t_us < until_us for named, until_us in self.consents)


class Copies:
    """Follows the copies of one configuration; what was found is kept."""

    def __init__(
        self, log: DetectionLog, deliveries: DeliveryLog, sharing: SharingSpec, timeline: Timeline
    ) -> None:
        """Nothing followed yet; ``sharing`` is the section of the seed, its events resolved."""
        self.sharing, self.timeline = sharing, timeline
        self.hops, self._parts = deliveries.hops, deliveries.parts
        self._log = log
        self._bits = bits_of_links(sharing)
        self._links: list[str] = list(self.hops.meta.get("links", ()))
        self._agreements: list[str] = list(self.hops.meta.get("agreements", ()))
        self._received: dict[int, HeldCopy] = {}

    def link(self, hop: int) -> tuple[str, LinkSpec]:
        """Id and spec of the link of a hop."""
        id_ = self._links[self.hops["link"][hop]]
        return id_, self.sharing.links[id_]

    def parties(self, hop: int) -> tuple[str, str]:
        """The parties of the sending and the receiving node of a hop."""
        _, spec = self.link(hop)
        return self.sharing.nodes[spec.sender].nation, self.sharing.nodes[spec.recipient].nation

    def is_filtered(self, hop: int) -> bool:
        """Whether the filter of the link stops the part."""
        bit = self._bits.get(self.link(hop)[0], 0)
        return (int(self._parts["share_class"][self.hops["part"][hop]]) & bit) != bit

    def fed(self, part: int) -> HeldCopy:
        """A part as its feed brings it; KeyError if its sensor feeds no node."""
        card = self._log.sensors[self._log.reports["sensor"][self._parts["report"][part]]]
        areas = areas_of(self.sharing, int(self._parts["share_class"][part]))
        label = self.sharing.feeds[card.id].label
        return HeldCopy(Profile(label, card.operator, card.category, areas=areas))

    def before(self, hop: int) -> HeldCopy:
        """The copy of a hop as its sender held it."""
        source = int(self.hops["source"][hop])
        return self.fed(int(self.hops["part"][hop])) if source < 0 else self.received(source)

    def offered(self, hop: int) -> HeldCopy:
        """The copy of a hop as the gates were asked about it, after filter, sanitising and fusing."""
        held = self.before(hop)
        if self.is_filtered(hop):
            return held
        _, spec = self.link(hop)
        giver, _ = self.parties(hop)
        labels = self.sharing.labels
        clean = sanitised(spec, giver, labels, held.profile) or held.profile
        left = fused(spec, giver, labels, clean)
        before, after = (originators_of(one, label_of(labels, one.label)) for one in (held.profile, left))
        return held._replace(profile=left, consents=held.consents if after <= before else ())

    def received(self, hop: int) -> HeldCopy:
        """The copy of a delivered hop as its recipient holds it."""
        if self.hops["outcome"][hop] != Outcome.DELIVERED:
            raise ValueError(f"hop {hop} was not delivered")
        if hop not in self._received:
            self._received[hop] = self._crossed(hop, self.offered(hop))
        return self._received[hop]

    def question(self, hop: int, copy: HeldCopy, t_us: int) -> Question:
        """What the gates of a link are asked about a copy at a moment."""
        giver, taker = self.parties(hop)
        return self.asking(copy, giver, taker, t_us)

    def asking(self, copy: HeldCopy, giver: str, taker: str, t_us: int) -> Question:
        """What gates between two parties are asked about a copy at a moment."""
        profile = copy.profile
        return Question(
            label=label_of(self.sharing.labels, profile.label),
            category=profile.category,
            originator=profile.originator,
            sender=giver,
            recipient=taker,
            moment=self.timeline.datetime_at(t_us),
            received_under=self._agreement(copy.under),
            is_named=copy.names(taker, t_us),
            level=profile.level,
            others=profile.others,
            areas=profile.areas,
        )

    def _agreement(self, id_: str) -> AgreementSpec | None:
        return self.sharing.agreements[id_] if id_ else None

    def _crossed(self, hop: int, copy: HeldCopy) -> HeldCopy:
        """What a copy is held as at the far end of the link of a delivered hop."""
        giver, taker = self.parties(hop)
        purged_us = int(self.hops["t_purged_us"][hop])
        if giver == taker:
            return copy._replace(purged_us=purged_us)
        under = self._agreements[self.hops["agreement"][hop]]
        label = label_of(self.sharing.labels, copy.profile.label)
        level = equivalent(self.sharing.agreements[under], giver, word_of(copy.profile, label))
        assert level is not None  # it passed the ceiling
        consents = dict(copy.consents)
        released_us = int(self.hops["t_released_us"][hop])
        question = self.question(hop, copy, released_us)
        ruling = release_by_consent(question, self.sharing.consents)
        if ruling.consent is not None:
            until_us = self._until_us(hop, ruling)
            consents[taker] = max(until_us, consents.get(taker, until_us))
        profile = crossed(copy.profile, label, level)
        return HeldCopy(profile, under, tuple(sorted(consents.items())), purged_us)

    def _until_us(self, hop: int, ruling: Ruling) -> int:
        """Until when the consents on which the release of a hop rests stay with the copy [us]."""
        at = self.timeline.datetime_at
        released, consented_us = (
            at(int(self.hops["t_released_us"][hop])),
            int(self.hops["t_consented_us"][hop]),
        )
        ends = [lapse_after(self.sharing.consents[id_], released) for id_ in ruling.standing]
        ends_us = [self.timeline.us_at(end) for end in ends if end is not None]
        if ruling.asked is not None:
            spec = self.sharing.consents[ruling.asked]
            lapse = lapse_after(spec, at(consented_us))
            if lapse is not None:
                ends_us.append(self.timeline.us_at(lapse))
            if isinstance(spec, ConsentOnRequest) and spec.validity_s is not None:
                ends_us.append(consented_us + to_us(spec.validity_s))
        return min(ends_us, default=NEVER_US)
