"""Forms: as what a copy is held and offered, whatever its position and its way.

Model: a form has the labels that are in it (one, or those of a combination), the sensor's operator and
category, originators of labels that it had before, the level as which it is held, and whether that level was
given to it at a border. Combining, sanitising and crossing a border make forms of forms. What a label or a
combination says is worked out from the plain labels each time it is first asked.

The rules as they are read here:

- a combination has the highest level, the union of caveats and of originators, the recipients that all
  labels have in common (what is for anyone counts as all, NOFORN as none), and the one purpose that is
  stated; what is fused into a copy raises the level as which it is held, never lowers it.
- an agreement reads a copy that never crossed a border and bears one label in the words of the sensor's
  operator, any other in the ladder's words by the sender's table, whatever label sanitising gave it since.
- a form is as free as another if both are held as one level, which an agreement would find under one word,
  and it has no other originator, no other caveat, names all whom the other names, is for anyone if the other
  is, and has the same purpose.

Where next: ``rules`` asks gates about forms, ``trails`` follows copies through them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, NamedTuple

from mda_sim.audit.moments import Tree

LADDER: Final = ("UNCLASSIFIED", "RESTRICTED", "CONFIDENTIAL", "SECRET", "TOP_SECRET")


class Form(NamedTuple):
    """As what a copy is held."""

    labels: tuple[str, ...]
    """Ids of the labels in it, sorted."""
    operator: str
    category: str
    kept: tuple[str, ...]
    """Originators of labels that sanitising replaced, sorted."""
    level: str
    """The level as which it is held."""
    is_marked: bool
    """Whether it crossed a border, and was marked again there."""


@dataclass(frozen=True)
class Saying:
    """What a label, or a combination of labels, says."""

    classification: str
    names: frozenset[str] | None
    """Whom it names as recipients; None for anyone."""
    caveats: frozenset[str]
    originators: frozenset[str]
    """Besides the sensor's operator."""
    purpose: str | None
    is_sound: bool
    """Whether labels that say so may be combined."""


def rank(level: str) -> int:
    """Step of the ladder; above all of them for an unknown word."""
    return LADDER.index(level) if level in LADDER else len(LADDER)


def is_within(level: str, limit: str) -> bool:
    """Whether ``level`` is no higher than ``limit``; false if either is not on the ladder."""
    return rank(level) <= rank(limit) < len(LADDER)


class Forms:
    """What forms say, and what becomes of them, by the labels of one configuration."""

    def __init__(self, labels: Tree) -> None:
        self._labels = labels
        self._sayings: dict[tuple[str, ...], Saying] = {}

    def fed(self, label: str, operator: str, category: str) -> Form:
        """The form in which a feed brings a report."""
        return Form((label,), operator, category, (), str(self._labels[label]["classification"]), False)

    def saying(self, labels: tuple[str, ...]) -> Saying:
        """What these labels say together."""
        if labels not in self._sayings:
            self._sayings[labels] = self._say(labels)
        return self._sayings[labels]

    def originators(self, form: Form) -> frozenset[str]:
        """All whose information is in it."""
        return self.saying(form.labels).originators | {form.operator, *form.kept}

    def sanitised(self, form: Form, rule: Tree | None, giver: str) -> Form | None:
        """The form after a link's sanitising; None where that is not applied."""
        if rule is None or not self.originators(form) <= {giver, *rule["delegated_by"]}:
            return None
        label = rule["label"]
        if label is None:
            return form
        level = str(self._labels[label]["classification"])
        if is_within(form.level, level):
            return None
        kept = tuple(sorted(self.originators(form) - {form.operator}))
        return form._replace(labels=(label,), kept=kept, level=level)

    def fused(self, form: Form, labels: list[str]) -> Form:
        """The form of a product of this one and others with these labels."""
        levels = (form.level, *(str(self._labels[label]["classification"]) for label in labels))
        both = tuple(sorted({*form.labels, *labels}))
        return form._replace(labels=both, level=max(levels, key=rank))

    def word(self, form: Form) -> str:
        """The word that an agreement looks up."""
        if _is_read_as_level(form):
            return form.level
        label = self._labels[form.labels[0]]
        return str(label["national_word"] or label["classification"])

    def mapped(self, form: Form, deal: Tree, giver: str) -> str | None:
        """The level as which an agreement has it protected abroad; None for a word that it does not know."""
        table = deal["equivalence"].get(giver if _is_read_as_level(form) else form.operator)
        word = self.word(form)
        if table is None or word == LADDER[0]:
            return word if word in LADDER else None
        found: str | None = table.get(word)
        return found

    def received(self, form: Form, deal: Tree, giver: str) -> Form:
        """The form in which a recipient abroad holds it."""
        return form._replace(level=self.mapped(form, deal, giver) or form.level, is_marked=True)

    def is_as_free(self, one: Form, other: Form) -> bool:
        """Whether what has form ``one`` may go wherever what has form ``other`` may."""
        mine, others = self.saying(one.labels), self.saying(other.labels)
        return (
            one.level == other.level
            and self.word(one) == self.word(other)
            and self.originators(one) <= self.originators(other)
            and mine.caveats <= others.caveats
            and (others.names or frozenset()) <= (mine.names or frozenset())
            and (mine.names is None or others.names is not None)
            and mine.purpose == others.purpose
        )

    def _say(self, labels: tuple[str, ...]) -> Saying:
        trees = [self._labels[label] for label in labels]
        limited = [frozenset(tree["rel_to"]) for tree in trees if not _is_for_anyone(tree)]
        classification = max((str(tree["classification"]) for tree in trees), key=rank)
        names = frozenset.intersection(*limited) if limited else None
        purposes = {tree["purpose"] for tree in trees} - {None}
        caveats = frozenset(caveat for tree in trees for caveat in tree["caveats"])
        opens = classification == LADDER[0] and names == frozenset() and "NOFORN" not in caveats
        return Saying(
            classification,
            names,
            caveats,
            frozenset(party for tree in trees for party in tree["originators"]),
            min(purposes, default=None),
            len(purposes) <= 1 and not opens,
        )


def _is_for_anyone(label: Tree) -> bool:
    is_open = label["classification"] == LADDER[0] and not label["rel_to"]
    return is_open and "NOFORN" not in label["caveats"]


def _is_read_as_level(form: Form) -> bool:
    """Whether it is no longer held as one label says."""
    return form.is_marked or len(form.labels) > 1
