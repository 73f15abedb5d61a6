"""Forms: what sanitising, fusing and crossing a border make of a report.

Model: a form is a label, the level as which it is held, its originators, how coarse it is and whether it
tells its source (``policy.Profile``). On a link a copy is first sanitised, if the sender may: it gets the
label that the link names and its level, at least the link's position error, and perhaps no source. Then it is
fused with the labels that the link names, which gives it their combination. If it crosses a border under an
agreement, it is held from then on as the level to which the agreement maps it. Forms are few, so they are all
made before the run, from what feeds bring to which node and the links that leave there, and known by their
number.

Assumptions and limits: which forms a node can come to hold is found without asking gates, so there may be
some that never come up. Source: article 4 of the Japan-Republic of Korea agreement of 2016 (the recipient
marks what it receives with its own level; what is made from it stays marked). Where next: ``exchange`` offers
forms to links and hands them on.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from mda_sim.core.errors import RunError
from mda_sim.core.time import to_us
from mda_sim.sharing.agreements import equivalent
from mda_sim.sharing.labels import CombinationError, LabelSpec, Level, combined_id, covers, label_of
from mda_sim.sharing.network import LinkSpec, SharingSpec
from mda_sim.sharing.policy import Profile


class Offered(NamedTuple):
    """A form as a link offers it to the gates."""

    form: int
    """Its number."""
    held_back_us: int
    """How long it is held back before its case; 0 if it was not sanitised [us]."""
    is_new_product: bool
    """Whether fusing adds an originator, so that consents that came with it say nothing about it."""


@dataclass(frozen=True)
class Forms:
    """All forms of one configuration; links, nodes and agreements are indices in the order of sorted ids."""

    profiles: tuple[Profile, ...]
    """The forms that feeds bring, followed by all that links can make of them."""
    labels: Mapping[str, LabelSpec]
    """Labels of the configuration, and the combinations that came up."""
    carried: tuple[tuple[bool, ...], ...]
    """Whether each link (first index) is ever offered each form (second index)."""
    offered: Mapping[tuple[int, int], Offered]
    """What becomes of a form on a link, by link and form."""
    crossings: Mapping[tuple[int, int, int], int]
    """What becomes of a form as offered at a border, by form, agreement and link."""

    @classmethod
    def of(cls, sharing: SharingSpec, fed: Iterable[tuple[Profile, str]]) -> Forms:
        """All forms that can come up, given the profiles that feeds bring to nodes; fed ones come first.

        RunError where labels are fused that do not combine.
        """
        return _Search(sharing, tuple(fed)).forms()

    @property
    def label_ids(self) -> tuple[str, ...]:
        """Ids of all labels, combinations included, sorted."""
        return tuple(sorted(self.labels))

    def label(self, form: int) -> LabelSpec:
        """Label of a form."""
        return self.labels[self.profiles[form].label]

    def crossed(self, form: int, agreement: int, link: int) -> int:
        """Number of what a form, as offered, is at the far end of a link that it passed under an agreement.

        With the agreement -1 it crossed no border and is what it was.
        """
        return form if agreement < 0 else self.crossings[form, agreement, link]


def held_as(profile: Profile, label: LabelSpec) -> str:
    """The level as which a form is held, given its label."""
    return profile.level or label.classification


def word_of(profile: Profile, label: LabelSpec) -> str:
    """The word that an agreement maps when a form crosses a border, given its label."""
    return profile.level or label.national_word or label.classification


def originators_of(profile: Profile, label: LabelSpec) -> frozenset[str]:
    """All parties whose information is in a form, given its label."""
    return frozenset((profile.originator, *label.originators, *profile.others))


def sanitised(
    link: LinkSpec, giver: str, labels: Mapping[str, LabelSpec], profile: Profile
) -> Profile | None:
    """What a link's sanitising makes of a form; None if the form goes as it is."""
    rule = link.sanitise
    label = label_of(labels, profile.label)
    if rule is None or not originators_of(profile, label) <= {giver, *rule.delegated_by}:
        return None
    made = profile._replace(
        coarsened_m=float(np.float32(max(profile.coarsened_m, rule.coarsen_m))),
        is_stripped=profile.is_stripped or rule.strip_source,
    )
    if rule.label is None:
        return made
    named = labels[rule.label]
    if covers(named.classification, held_as(profile, label)):
        return None
    others = originators_of(profile, label) - {profile.originator, *named.originators}
    made = made._replace(label=rule.label, level="", others=tuple(sorted(others)))
    return made if giver == profile.originator else _marked(made, named, named.classification)


def fused(link: LinkSpec, giver: str, labels: Mapping[str, LabelSpec], profile: Profile) -> Profile:
    """What a link's fusing makes of a form, after sanitising.

    CombinationError if its label and those of the link do not combine.
    """
    if not link.fused_with:
        return profile
    id_ = combined_id((profile.label, *link.fused_with))
    label = label_of(labels, id_)
    made = profile._replace(label=id_, level="")
    if giver == profile.originator:
        return made
    levels = [held_as(profile, label_of(labels, profile.label))]
    levels += [labels[name].classification for name in link.fused_with]
    return _marked(made, label, max(levels, key=lambda word: Level[word]))


def crossed(profile: Profile, label: LabelSpec, level: str) -> Profile:
    """A form that has crossed a border, marked with the level to which the agreement maps it."""
    return _marked(profile, label, level)


def _marked(profile: Profile, label: LabelSpec, level: str) -> Profile:
    """The form held as ``level``; the level stays empty where the label says that and no other word."""
    says_it = level == label.classification and not label.national_word
    return profile._replace(level="" if says_it else level)


class _Search:
    """Finds all forms, node by node, along all links."""

    def __init__(self, sharing: SharingSpec, fed: tuple[tuple[Profile, str], ...]) -> None:
        self._sharing = sharing
        self._profiles: list[Profile] = []
        self._number: dict[Profile, int] = {}
        self._labels: dict[str, LabelSpec] = dict(sharing.labels)
        self._offered: dict[tuple[int, int], Offered] = {}
        self._crossings: dict[tuple[int, int, int], int] = {}
        self._links = sorted(sharing.links)
        self._outgoing = {
            node: [i for i, id_ in enumerate(self._links) if sharing.links[id_].sender == node]
            for node in sharing.nodes
        }
        for profile, _ in fed:
            self._add(profile)
        found = {(self._number[profile], node): None for profile, node in fed}
        queue = list(found)
        for form, node in queue:  # grows while it is read
            for link in self._outgoing[node]:
                for state in self._onward(form, link):
                    if state not in found:
                        found[state] = None
                        queue.append(state)

    def forms(self) -> Forms:
        """What was found."""
        profiles = tuple(self._profiles)
        carried = tuple(tuple(self._carries(i, p) for p in profiles) for i in range(len(self._links)))
        return Forms(profiles, self._labels, carried, self._offered, self._crossings)

    def _add(self, profile: Profile) -> int:
        """Number of a form, which is new or known."""
        if profile.label not in self._labels:
            self._labels[profile.label] = label_of(self._sharing.labels, profile.label)
        if profile not in self._number:
            self._number[profile] = len(self._profiles)
            self._profiles.append(profile)
        return self._number[profile]

    def _carries(self, link: int, profile: Profile) -> bool:
        """Whether a link is ever offered a form: it carries its category, and does not lead to its maker."""
        spec, nodes = self._sharing.links[self._links[link]], self._sharing.nodes
        is_home = nodes[spec.sender].nation == nodes[spec.recipient].nation
        is_wanted = not spec.categories or profile.category in spec.categories
        return is_wanted and (is_home or nodes[spec.recipient].nation != profile.originator)

    def _onward(self, form: int, link: int) -> list[tuple[int, str]]:
        """The forms that a link may bring to its far end, with that node."""
        profile = self._profiles[form]
        if not self._carries(link, profile):
            return []
        spec = self._sharing.links[self._links[link]]
        giver, taker = (self._sharing.nodes[node].nation for node in (spec.sender, spec.recipient))
        clean = sanitised(spec, giver, self._sharing.labels, profile)
        held_back_us = 0 if clean is None or spec.sanitise is None else to_us(spec.sanitise.delay_s)
        try:
            left = fused(spec, giver, self._sharing.labels, clean or profile)
        except CombinationError as refused:
            raise RunError(
                f"sharing.links.{self._links[link]}.fused_with: does not combine with label "
                f"'{(clean or profile).label}', which this link may be offered: {refused}"
            ) from refused
        number = self._add(left)
        before, after = (
            originators_of(one, label_of(self._sharing.labels, one.label)) for one in (profile, left)
        )
        self._offered[link, form] = Offered(number, held_back_us, not after <= before)
        if giver == taker:
            return [(number, spec.recipient)]
        label, reached = self._labels[left.label], []
        for i, id_ in enumerate(sorted(self._sharing.agreements)):
            agreement = self._sharing.agreements[id_]
            if giver in agreement.parties and taker in agreement.parties:
                level = equivalent(agreement, giver, word_of(left, label))
                if level is not None:
                    there = self._add(crossed(left, label, level))
                    self._crossings[number, i, link] = there
                    reached.append((there, spec.recipient))
        return reached
