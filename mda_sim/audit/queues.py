"""Desks and links replayed: first in, first out, with what each can do at a time.

Model: a desk takes its turns in their order; a review begins at the first open moment at which a server is
free, and keeps it until its booked end, so that no draw has to be known. A link sends its pieces in their
order, from bytes, bandwidth and delay. What has no vessel occupies nothing.

Where next: ``clocks`` puts cases and requests in order and compares the answers with the books.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from mda_sim.audit.calendars import Opens, next_open
from mda_sim.audit.case_file import Bools, CaseFile, Ints
from mda_sim.audit.lines import may_leave, outages_us, past_outages
from mda_sim.audit.rules import Tree
from mda_sim.core.time import NEVER_US, US_PER_S, to_us


class Pieces(NamedTuple):
    """Cases, or requests, one entry each (P,)."""

    link: Ints
    category: Ints
    """Index in ``CaseFile.categories``."""
    window: Ints
    consent: Ints
    """Consent that was asked for; -1 for cases."""
    first: Ints
    """First of its hops."""
    rows: Ints
    """All hops of all pieces (R,)."""
    of_row: Ints
    """Piece of each of these (R,)."""

    @classmethod
    def of(cls, file: CaseFile, window: Ints, rows: Ints, consent: Ints) -> Pieces:
        """These hops by link, category, window and consent; the first three columns are of all hops."""
        lane = file.link[rows] * max(1, len(file.categories)) + file.category[rows]
        n_consents = len(file.rules.consent_ids) + 1
        key = (lane * (int(window.max(initial=0)) + 1) + window[rows]) * n_consents + consent + 1
        _, place, of_row = np.unique(key, return_index=True, return_inverse=True)
        first = rows[place]
        return cls(file.link[first], file.category[first], window[first], consent[place], first, rows, of_row)

    def bytes_of(self, n_bytes: Ints, chosen: Bools) -> Ints:
        """Bytes of each piece, by those of its hops that are ``chosen`` (R,)."""
        sums = np.bincount(self.of_row[chosen], n_bytes[chosen], minlength=len(self.link))
        return np.rint(sums).astype(np.int64)

    def has(self, chosen: Bools) -> Bools:
        """Whether any hop of each piece is ``chosen``."""
        return np.bincount(self.of_row[chosen], minlength=len(self.link)) > 0


class Turns(NamedTuple):
    """What happened at a desk, in the order in which it was handed in."""

    begin_us: Ints
    """When the review began; NEVER_US if it was passed over."""
    is_late: Bools
    """Whether it was passed over because its turn came too late."""


def replay_desk(desk: Tree, opens: Opens, came_us: Ints, until_us: Ints, is_ghost: Bools) -> Turns:
    """Serve what came, in this order; ``until_us`` is when each occupied server was free again."""
    limit_us = NEVER_US if desk["expiry_s"] is None else to_us(desk["expiry_s"])
    free_us = [0] * desk["servers"]
    begins: list[int] = []
    for came, until, is_light in zip(came_us.tolist(), until_us.tolist(), is_ghost.tolist(), strict=True):
        soonest = min(free_us)
        begin = next_open(opens, max(came, soonest))
        begins.append(begin)
        if begin <= came + limit_us and not is_light:
            free_us[free_us.index(soonest)] = until
    begin_us = np.array(begins, np.int64)
    is_late = begin_us > came_us + limit_us
    return Turns(np.where(is_late, NEVER_US, begin_us), is_late)


def replay_link(file: CaseFile, link: int, out_us: Ints, n_bytes: Ints) -> tuple[Ints, Ints, Ints]:
    """When each piece was sent, transmitted and received, in the order in which they came to the link."""
    spec = file.specs[link]
    bandwidth = spec["bandwidth_bps"]
    lasting_us = np.zeros(len(out_us), np.int64)
    if bandwidth is not None:
        lasting_us = np.rint(8.0 * n_bytes / bandwidth * US_PER_S).astype(np.int64)
    outages = outages_us(spec, file.timeline)
    free, sent = 0, []
    ready_us = may_leave(spec, out_us)
    for ready, lasting, size in zip(ready_us.tolist(), lasting_us.tolist(), n_bytes.tolist(), strict=True):
        begin = max(ready, free)
        if outages:
            begin = past_outages(outages, begin, lasting)
        sent.append(begin)
        if size:
            free = begin + lasting
    sent_us = np.array(sent, np.int64)
    transmitted_us = sent_us + lasting_us
    return sent_us, transmitted_us, transmitted_us + to_us(spec["delay_s"])
