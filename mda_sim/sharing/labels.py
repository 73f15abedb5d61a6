"""Labels: what a report says about who may hold it.

Model: a label has a classification on a five-step ladder, a list of releasable parties (``rel_to``), caveats,
further originators and a purpose. An empty ``rel_to`` means the originator's own nation if the report is
classified, and anyone if it is UNCLASSIFIED. ``NOFORN`` never leaves the originator's nation. ``ORCON`` is
passed on by nobody but the originator unless the originator consents.

A label may be written as a marking, of this form (parts after the classification in any order, each once):

    SECRET    TOP SECRET//NOFORN    SECRET//ORCON/REL TO USA, JPN

A product of several labels carries their ``combine``: the highest level, all caveats and originators, the
recipients common to all, the one purpose. Its id is the ids of all labels in it, sorted and joined by ``+``.

Assumptions and limits: one ladder; a nation's own words are mapped to it by each agreement's table. A word
that is not on the ladder fails closed: a spec refuses it on loading, and ``covers`` is false for it on either
side. Markings are those of a whole report, not of its paragraphs.

Source: terms of STANAG 4774 (confidentiality label syntax) and of REL TO markings; the ladder's words are the
usual English ones. Which label a sensor's reports get is practice, and an assumption to vary.
Where next: ``gates`` asks labels, ``network`` attaches them to feeds, ``forms`` combines them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from enum import IntEnum
from typing import Any, Final, Literal, NamedTuple, get_args

from pydantic import Field, model_validator

from mda_sim.core.spec import NATION_PATTERN, Id, Items, NationId, Sourced


class Level(IntEnum):
    """The ladder of classifications, lowest first."""

    UNCLASSIFIED = 0
    RESTRICTED = 1
    CONFIDENTIAL = 2
    SECRET = 3
    TOP_SECRET = 4


LevelWord = Literal["UNCLASSIFIED", "RESTRICTED", "CONFIDENTIAL", "SECRET", "TOP_SECRET"]
"""A step of the ladder as written in a scenario."""

Caveat = Literal["NOFORN", "ORCON"]
"""NOFORN: not to any other nation. ORCON: passed on only with the originator's consent."""

COMBINED: Final = "+"
"""Joins the ids of labels in the id of their combination."""

_REL_TO: Final = "REL TO "


class CombinationError(ValueError):
    """Labels that no product can carry together."""


class Marking(NamedTuple):
    """What a marking says; the names are those of ``LabelSpec``."""

    classification: LevelWord
    caveats: tuple[Caveat, ...] = ()
    rel_to: tuple[NationId, ...] = ()


class LabelSpec(Sourced):
    """The label that a feed puts on a sensor's reports."""

    marking: str = ""
    """The label as a marking, such as 'SECRET//REL TO JPN, USA'; what it says need not be said again."""
    classification: LevelWord = "TOP_SECRET"
    """Step of the ladder; the highest unless stated, so that a label left blank shares nothing."""
    national_word: str = Field(default="", max_length=40)
    """The classification in the originator's own words, such as 'GOKUHI'; agreements map it by tables."""
    rel_to: Items[NationId] = ()
    """Parties that may receive it; empty: own nation if classified, anyone if UNCLASSIFIED."""
    caveats: Items[Caveat] = ()
    """Further limits: NOFORN, ORCON."""
    originators: Items[NationId] = ()
    """Parties besides the sensor's operator whose information is in it; each has its say on release."""
    purpose: Id | None = None
    """What it may be used for; none: not stated, which an agreement that names purposes does not cover."""

    @model_validator(mode="before")
    @classmethod
    def _read_marking(cls, data: Any) -> Any:
        if not isinstance(data, Mapping) or not isinstance(data.get("marking"), str) or not data["marking"]:
            return data
        said = parse_marking(data["marking"])._asdict()
        for name, value in said.items():
            stated = data.get(name, value)
            if _comparable(stated) != _comparable(value):
                raise ValueError(
                    f"marking '{data['marking']}' says {name} {_shown(value)}, "
                    f"but {name} states {_shown(stated)}; state one of the two"
                )
        return {**data, **said}

    @model_validator(mode="after")
    def _nobody_else(self) -> LabelSpec:
        if "NOFORN" in self.caveats and self.rel_to:
            raise ValueError(f"NOFORN is not releasable to anyone, but rel_to names {', '.join(self.rel_to)}")
        return self


def parse_marking(text: str) -> Marking:
    """What a marking says.

    ValueError naming the part that is not understood, or that contradicts another.

    >>> parse_marking("SECRET//ORCON/REL TO USA, JPN")
    Marking(classification='SECRET', caveats=('ORCON',), rel_to=('USA', 'JPN'))
    """
    head, *rest = re.split(r"//|/", text)
    word = head.strip().replace(" ", "_")
    if "_" in head or word not in Level.__members__:
        known = ", ".join(level.name.replace("_", " ") for level in Level)
        raise ValueError(f"marking '{text}': unknown classification '{head}'; expected one of {known}")
    caveats: list[str] = []
    rel_to: tuple[str, ...] = ()
    for part in (part.strip() for part in rest):
        if part.startswith(_REL_TO) and not rel_to:
            rel_to = tuple(name.strip() for name in part.removeprefix(_REL_TO).split(","))
        elif part in get_args(Caveat) and part not in caveats:
            caveats.append(part)
        else:
            known = ", ".join(get_args(Caveat))
            raise ValueError(
                f"marking '{text}': unexpected '{part}'; expected {known} or 'REL TO JPN, USA', each once"
            )
    for name in rel_to:
        if not re.match(NATION_PATTERN, name) or rel_to.count(name) > 1:
            raise ValueError(f"marking '{text}': REL TO takes different trigraphs, got '{name}'")
    if "NOFORN" in caveats and rel_to:
        raise ValueError(f"marking '{text}': NOFORN is not releasable to anyone, but REL TO names parties")
    return Marking(word, tuple(caveats), rel_to)  # type: ignore[arg-type]


def print_marking(label: LabelSpec | Marking) -> str:
    """The marking of a label; ``parse_marking`` of it says the same again.

    A national word, a purpose and further originators have no place in it.

    >>> print_marking(LabelSpec(classification="TOP_SECRET", rel_to=("JPN", "PHL")))
    'TOP SECRET//REL TO JPN, PHL'
    """
    parts: list[str] = [*label.caveats]
    if label.rel_to:
        parts.append(_REL_TO + ", ".join(label.rel_to))
    head = label.classification.replace("_", " ")
    return f"{head}//{'/'.join(parts)}" if parts else head


def covers(limit: str, level: str) -> bool:
    """Whether what is trusted up to ``limit`` may hold ``level``; false if either word is unknown.

    >>> covers("SECRET", "RESTRICTED"), covers("RESTRICTED", "SECRET"), covers("SECRET", "COSMIC")
    (True, False, False)
    """
    ladder = Level.__members__
    return limit in ladder and level in ladder and ladder[level] <= ladder[limit]


def is_for_anyone(label: LabelSpec) -> bool:
    """Whether the label lets anyone hold the report: UNCLASSIFIED, without recipients and NOFORN."""
    is_open = label.classification == Level.UNCLASSIFIED.name and not label.rel_to
    return is_open and "NOFORN" not in label.caveats


def is_as_free(one: LabelSpec, other: LabelSpec) -> bool:
    """Whether label ``one`` lets a report go wherever ``other`` does, if level and originators do.

    It has no caveat that the other lacks, names all recipients that the other names, is for anyone if the
    other is, and has the same purpose.
    """
    return (
        one.purpose == other.purpose
        and set(one.caveats) <= set(other.caveats)
        and set(other.rel_to) <= set(one.rel_to)
        and (is_for_anyone(one) or not is_for_anyone(other))
    )


def combine(labels: Sequence[LabelSpec]) -> LabelSpec:
    """The label of a product of one or more labels; the order and repetitions do not matter.

    The highest classification, all caveats, all originators, the recipients that every label names that is
    not for anyone, and the one purpose that is stated. One label alone stays as it is; a combination has no
    national word. Lists are sorted.

    CombinationError where two purposes are stated, or where the product would be UNCLASSIFIED and the labels
    name recipients but none in common: it would be for anyone, though none of its parts is.
    """
    different = [label for i, label in enumerate(labels) if label not in labels[:i]]
    if len(different) == 1:
        return different[0]
    purposes = sorted({label.purpose for label in different if label.purpose is not None})
    if len(purposes) > 1:
        raise CombinationError(f"two purposes, {purposes[0]} and {purposes[1]}: neither covers the product")
    highest = max((label.classification for label in different), key=lambda word: Level[word])
    bound = [set(label.rel_to) for label in different if not is_for_anyone(label)]
    rel_to = set.intersection(*bound) if bound else set()
    caveats = {caveat for label in different for caveat in label.caveats}
    if highest == Level.UNCLASSIFIED.name and bound and not rel_to and "NOFORN" not in caveats:
        named = " and ".join(sorted("/".join(sorted(parties)) for parties in bound))
        raise CombinationError(f"{highest} labels that name no recipient in common: {named}")
    return LabelSpec(
        classification=highest,
        rel_to=tuple(sorted(rel_to)),
        caveats=tuple(sorted(caveats)),
        originators=tuple(sorted({party for label in different for party in label.originators})),
        purpose=purposes[0] if purposes else None,
    )


def combined_id(ids: Iterable[str]) -> str:
    """Id of the combination of labels, each of which may be a combination itself.

    >>> combined_id(["own+sea", "air"])
    'air+own+sea'
    """
    return COMBINED.join(sorted({part for id_ in ids for part in id_.split(COMBINED)}))


def label_of(labels: Mapping[str, LabelSpec], id_: str) -> LabelSpec:
    """The label with this id, which may be that of a combination of ``labels``.

    CombinationError if they do not combine, KeyError if one is unknown.
    """
    return combine([labels[part] for part in id_.split(COMBINED)])


def _comparable(value: Any) -> Any:
    return set(value) if isinstance(value, list | tuple) and all(isinstance(v, str) for v in value) else value


def _shown(value: Any) -> str:
    if isinstance(value, list | tuple):
        return ", ".join(map(str, value)) or "nobody"
    return str(value)
