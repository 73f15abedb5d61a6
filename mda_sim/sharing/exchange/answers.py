"""Answers: what the clock asks of Python once, and then knows.

Model: the rules are Python's (``policy``, ``forms``, ``holdings``), and so is what is drawn. The clock asks
about kinds of copy, not about copies, and about blocks of draws, so its questions are few.

Assumptions and limits: an answer never depends on when it is asked for.
Where next: ``engine`` hands answers to the clock.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from mda_sim.core.time import NEVER_US
from mda_sim.sharing.consents import ConsentOnRequest
from mda_sim.sharing.decisions import unit_us
from mda_sim.sharing.desks import Constant
from mda_sim.sharing.exchange.holdings import CopyKind, Form, Holdings
from mda_sim.sharing.exchange.intake import Topology
from mda_sim.sharing.exchange.layout import BLOCK, ENTRY, STEP, STREAM, WAY, Rows, new_rows
from mda_sim.sharing.exchange.rights import Rights
from mda_sim.sharing.exchange.service import Lot, Stream, chances, constant, times
from mda_sim.sharing.forms import Forms
from mda_sim.sharing.network import LinkSpec, SharingSpec
from mda_sim.sharing.policy import Policy, Steps

Entry = dict[str, int]


class Answers:
    """Everything that the clock may ask, with what has been answered so far as rows."""

    def __init__(
        self, sharing: SharingSpec, topology: Topology, forms: Forms, policy: Policy, seed: int
    ) -> None:
        """Nothing answered yet."""
        self._sharing, self._topology = sharing, topology
        self.forms, self._policy, self._seed = forms, policy, seed
        self.holdings = Holdings([Form(profile, forms.label(i)) for i, profile in enumerate(forms.profiles)])
        self.consents = sorted(sharing.consents)
        self.desks = sorted(sharing.desks)
        self.entries: list[Entry] = []
        self._steps: list[tuple[int, ...]] = []
        self._steps_at: dict[int, tuple[int, int]] = {}
        self.ways: list[Entry] = []
        self.streams: list[Stream] = []
        self.lanes: dict[tuple[int, str], int] = {}
        """Number of the lane of each link and category."""
        self.way_of_lane: list[int] = []
        self._asked_alone: set[tuple[int, int]] = set()
        """Streams and blocks of which a single time has been asked for."""

    # ---- kinds of copy

    def entry(self, link: int, kind: int) -> int:
        """Number of the entry of what becomes of copies of a kind on a link; -1 if never offered."""
        held = self.holdings.kinds[kind]
        if not self.forms.carried[link][held.form]:
            return -1
        form, held_back_us, is_new_product = self.forms.offered[link, held.form]
        rights = held.rights
        if form != held.form and is_new_product:
            rights = rights._replace(consents=())
        taker = self._topology.nations[self._topology.recipients[link]]
        steps, end = self._steps_of(link, form, rights.under, is_named=False)
        named_until_us = rights.until_us(taker)
        steps_named, end_named = (
            self._steps_of(link, form, rights.under, is_named=True) if named_until_us else (steps, end)
        )
        self.entries.append(
            {
                "lane": self.lanes[link, self.forms.profiles[form].category],
                "form": form,
                "kind": self.holdings.number(CopyKind(form, rights)),
                "held_back_us": held_back_us,
                "steps": steps,
                "end": end,
                "steps_named": steps_named,
                "end_named": end_named,
                "named_until_us": named_until_us,
            }
        )
        return len(self.entries) - 1

    def _steps_of(self, link: int, form: int, under: int, *, is_named: bool) -> tuple[int, int]:
        """Where the gates' answers about a form on a link begin and end among all steps."""
        steps = self._policy.on_link(self._topology.links[link], self.forms.profiles[form], under, is_named)
        if id(steps) not in self._steps_at:  # the policy keeps them, so that an id is never used again
            first = len(self._steps)
            self._steps += _rows_of(steps)
            self._steps_at[id(steps)] = first, len(self._steps)
        return self._steps_at[id(steps)]

    def held(self, link: int, kind: int, agreement: int, until_us: int, purge_us: int) -> int:
        """The kind as which a recipient abroad holds what came by a link; -1: no consent came with it."""
        offered = self.holdings.kinds[kind]
        rights = offered.rights
        if until_us >= 0:
            rights = rights.with_consent(self._topology.parties(link)[1], until_us)
        form = self.forms.crossed(offered.form, agreement, link)
        return self.holdings.number(CopyKind(form, Rights(agreement, rights.consents, purge_us)))

    def kept(self, before: int, kind: int) -> int:
        """What a copy of a kind makes of a set: twice the new set, plus 1 if it is kept."""
        after, is_kept = self.holdings.outcome(before, kind)
        return 2 * after + is_kept

    # ---- what is drawn

    def case_way(self, link: int, category: str, window_us: int) -> int:
        """Number of the way of the cases of a link and category."""
        spec, lot = self._link(link), Lot(self._seed, self._topology.links[link], category)
        desk = None if spec.desk is None else self._sharing.desks[spec.desk]
        return self._add_way(
            lot, spec, -1, spec.desk,
            touch=constant(0) if desk is None else times(lot, "touch", desk.touch),
            delay=constant(0) if desk is None else times(lot, "elapsed", desk.elapsed),
            granted=constant(1),
            unit_us=window_us,
        )  # fmt: skip

    def request_way(self, link: int, category: str, window_us: int, consent: int) -> int:
        """Number of the way of requests for a consent about the cases of a link and category."""
        id_ = self.consents[consent]
        spec, lot = self._sharing.consents[id_], Lot(self._seed, self._topology.links[link], category, id_)
        assert isinstance(spec, ConsentOnRequest)
        touch = Constant() if spec.desk is None else self._sharing.desks[spec.desk].touch
        return self._add_way(
            lot, self._link(link), consent, spec.desk,
            touch=times(lot, "touch", touch),
            delay=times(lot, "consent.answer", spec.answer),
            granted=chances(lot, "consent", spec.probability),
            unit_us=unit_us(spec.decided_per, window_us),
        )  # fmt: skip

    def _add_way(
        self, lot: Lot, link: LinkSpec, consent: int, desk: str | None, *, touch: Stream, delay: Stream,
        granted: Stream, unit_us: int,
    ) -> int:  # fmt: skip
        self.ways.append(
            {
                "desk": -1 if desk is None else self.desks.index(desk),
                "touch": self.add_stream(touch),
                "delay": self.add_stream(delay),
                "extra_delay": self.add_stream(times(lot, "link.delay", link.extra_delay)),
                "lost": self.add_stream(chances(lot, "link.loss", link.loss_probability)),
                "can_be_lost": int(link.loss_probability > 0),
                "granted": self.add_stream(granted),
                "unit_us": unit_us,
                "consent": consent,
            }
        )
        return len(self.ways) - 1

    def add_stream(self, stream: Stream) -> int:
        """Number of a new stream."""
        self.streams.append(stream)
        return len(self.streams) - 1

    def times_from(self, stream: int, number: int) -> tuple[int, NDArray[np.int64]]:
        """Times of a stream that hold the one for a number, and the first one's number.

        It is drawn alone at first, perhaps the only one far and wide; with its block the next time.
        """
        block = stream, number // BLOCK
        if block not in self._asked_alone:
            self._asked_alone.add(block)
            return number, self.streams[stream].draw(np.array([number]))
        first = number - number % BLOCK
        return first, self.streams[stream].draw(np.arange(first, first + BLOCK))

    def _link(self, link: int) -> LinkSpec:
        return self._sharing.links[self._topology.links[link]]

    # ---- as rows

    def rows_of_entries(self, start: int) -> Rows:
        """Entries from number ``start`` on."""
        return _table(ENTRY, self.entries[start:])

    def rows_of_steps(self, start: int) -> Rows:
        """Steps from number ``start`` on."""
        return np.array(self._steps[start:], STEP)

    def rows_of_ways(self) -> Rows:
        """All ways."""
        return _table(WAY, self.ways)

    def rows_of_streams(self) -> Rows:
        """All streams."""
        never: tuple[float, int, tuple[int, int, int]] = (0.0, 0, (0, 0, 0))
        rows = []
        for stream in self.streams:
            probability, key, where = stream.chance or never
            rows.append((stream.value is not None, stream.value or 0, probability, key, *where))
        return np.array(rows, STREAM)

    @property
    def n_steps(self) -> int:
        """Steps so far."""
        return len(self._steps)


def _rows_of(steps: Steps) -> list[tuple[int, ...]]:
    """The answers of gates over time, each with the moment from which on it holds [us]."""
    columns = (steps.gates, steps.legal, steps.agreements, steps.release, steps.consents, steps.until_us)
    return list(zip((-NEVER_US, *steps.breaks_us), *columns, strict=True))


def _table(kind: np.dtype[Any], rows: list[Entry]) -> Rows:
    """Rows of a kind, each given by its fields."""
    table = new_rows(len(rows), kind)
    for i, row in enumerate(rows):
        table[i] = tuple(row[name] for name in kind.names or ())
    return table
