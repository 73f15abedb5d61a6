"""Labels: what a report says about who may hold it.

Model: a label has a classification on a five-step ladder, a list of releasable parties (``rel_to``) and
caveats. An empty ``rel_to`` means the originator's own nation if the report is classified, and anyone if it
is UNCLASSIFIED. ``NOFORN`` never leaves the originator's nation. ``ORCON`` is passed on by nobody but the
originator unless the originator consents.

Assumptions and limits: one ladder for all nations (each agreement's table of equivalence is taken to map the
steps one to one). A word that is not on the ladder fails closed: a spec refuses it on loading, and ``covers``
is false for it on either side.

Source: terms of STANAG 4774 (confidentiality label syntax) and of REL TO markings; the ladder's words are the
usual English ones. Which label a sensor's reports get is practice, and an assumption to vary.
Where next: ``gates`` asks labels, ``network`` attaches them to feeds.
"""

from __future__ import annotations

from enum import IntEnum
from typing import Literal

from mda_sim.core.spec import Items, NationId, Sourced


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


class LabelSpec(Sourced):
    """The label that a feed puts on a sensor's reports."""

    classification: LevelWord = "TOP_SECRET"
    """Step of the ladder; the highest unless stated, so that a label left blank shares nothing."""
    rel_to: Items[NationId] = ()
    """Parties that may receive it; empty: own nation if classified, anyone if UNCLASSIFIED."""
    caveats: Items[Caveat] = ()
    """Further limits: NOFORN, ORCON."""


def covers(limit: str, level: str) -> bool:
    """Whether what is trusted up to ``limit`` may hold ``level``; false if either word is unknown.

    >>> covers("SECRET", "RESTRICTED"), covers("RESTRICTED", "SECRET"), covers("SECRET", "COSMIC")
    (True, False, False)
    """
    ladder = Level.__members__
    return limit in ladder and level in ladder and ladder[level] <= ladder[limit]


def is_as_free(one: LabelSpec, other: LabelSpec) -> bool:
    """Whether label ``one`` lets a report go wherever ``other`` does.

    Its classification is no higher, it has no caveat that the other lacks, and it is releasable to all that
    the other is; UNCLASSIFIED without ``rel_to`` is releasable to anyone.
    """
    names_all = not _is_for_anyone(other) and set(other.rel_to) <= set(one.rel_to)
    return (
        covers(other.classification, one.classification)
        and set(one.caveats) <= set(other.caveats)
        and (_is_for_anyone(one) or names_all)
    )


def _is_for_anyone(label: LabelSpec) -> bool:
    return label.classification == Level.UNCLASSIFIED.name and not label.rel_to
