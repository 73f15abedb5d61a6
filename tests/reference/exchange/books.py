"""Books: the rows of ``hops``, gathered from the journal of a finished run.

Model: an offer knows its link, arrival and gates; its bundle leads to the case whose stages it met, to the
request, if it had to wait for a consent, and to what was found when gates were asked again. Rows are these
gathered by index, sorted by part, link and copy.

Assumptions and limits: none of its own; the meaning of every column is in the package's docstring.
Where next: ``outcomes`` derives from these rows what became of each part for each nation.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mda_sim.core.table import Table
from mda_sim.core.time import NEVER_US
from mda_sim.records import HOPS, Outcome
from mda_sim.sharing.policy import OWN
from tests.reference.exchange.cases import BY_FEED, FILTERED, NO_CONSENT
from tests.reference.exchange.engine import Engine
from tests.reference.exchange.journal import OFFER_FIELDS, Entries, Journal

Columns = dict[str, NDArray[Any]]


@dataclass(frozen=True)
class Books:
    """The hops of a run, with what the outcomes need besides."""

    hops: Table
    """One row per offer, in the order of part, link and copy."""
    row: NDArray[np.int64]
    """Row of the part in the intake (H,)."""
    depth: NDArray[np.int64]
    """Links that the copy had travelled before this one (H,)."""
    kept: NDArray[np.int64]
    """Hops that the receiving node kept, in the order in which they came (K,)."""


def keep_books(engine: Engine) -> Books:
    """Gather the hops of an engine that has run."""
    offered = _offers(engine.journal)
    key = offered["row"] * len(engine.topology.links) + offered["link"]
    order = np.argsort(key, kind="stable")
    for name in offered:  # one at a time: these are the largest arrays of a run
        offered[name] = offered[name][order]
    key = key[order]
    bundle, row, forms = offered["bundle"], offered["row"], engine.forms
    columns = _stages(engine, offered)
    columns["part"], columns["case"], columns["copy"] = (
        engine.intake.part[row],
        offered["window"],
        _places(key),
    )
    for name in ("link", "t_arrived_us", "gates"):
        columns[name] = offered[name]
    labels = list(forms.label_ids)
    columns["label"] = np.array([labels.index(p.label) for p in forms.profiles], np.int64)[offered["form"]]
    columns["coarsened_m"] = np.array([p.coarsened_m for p in forms.profiles])[offered["form"]]
    columns["is_stripped"] = np.array([p.is_stripped for p in forms.profiles], np.int64)[offered["form"]]
    hop_of = _HopOf(bundle, row, len(engine.intake))
    columns["source"] = hop_of(offered["source"], row)
    kept = hop_of(*_kept(engine.journal))
    columns["is_kept"] = np.zeros(len(key), np.bool_)
    columns["is_kept"][kept] = True
    meta = {
        "links": list(engine.topology.links),
        "labels": labels,
        "agreements": sorted(engine.sharing.agreements),
        "consents": sorted(engine.sharing.consents),
    }
    return Books(Table.of(HOPS, columns, meta), row, offered["depth"], kept)


class _HopOf:
    """Looks up the hop that a bundle is for one of its rows."""

    def __init__(self, bundle: NDArray[np.int64], row: NDArray[np.int64], n_rows: int) -> None:
        self._n_rows = max(1, n_rows)
        in_bundle = np.flatnonzero(bundle >= 0)
        key = bundle[in_bundle] * self._n_rows + row[in_bundle]
        order = np.argsort(key)
        self._key, self._hop = key[order], in_bundle[order]

    def __call__(self, bundle: NDArray[np.int64], row: NDArray[np.int64]) -> NDArray[np.int64]:
        """Hops of these bundles and rows; -1 where the bundle is ``BY_FEED``."""
        hop = np.full(len(bundle), -1, np.int64)
        relayed = np.flatnonzero(bundle != BY_FEED)
        wanted = bundle[relayed] * self._n_rows + row[relayed]
        hop[relayed] = self._hop[np.searchsorted(self._key, wanted)]
        return hop


def _kept(journal: Journal) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Bundles and rows that were kept, in the order in which they came."""
    return np.repeat(
        journal.receipts.column("bundle"), journal.receipts.column("n_kept")
    ), journal.kept_rows.all()


def _places(key: NDArray[np.int64]) -> NDArray[np.int64]:
    """Place of each entry among the equal ones that follow each other in ``key``."""
    starts = np.flatnonzero(np.diff(key, prepend=-1))
    place: NDArray[np.int64] = np.arange(len(key)) - np.repeat(starts, np.diff(starts, append=len(key)))
    return place


def _offers(journal: Journal) -> Columns:
    """All offers as columns, one row per part, link and copy."""
    columns = {}
    for name in ("row", *OFFER_FIELDS[1:]):
        if name == "row":
            relayed = journal.offered_rows.all()
        else:
            relayed = np.repeat(journal.offers.column(name), journal.offers.column("n_rows"))
        columns[name] = np.concatenate([*(fed[name] for fed in journal.fed_offers), relayed])
    return columns


def _stages(engine: Engine, offered: Columns) -> Columns:
    """What each offer met on its way; a refused one has no bundle and met no stage."""
    journal, bundle = engine.journal, offered["bundle"]
    n_bundles, n_pieces = engine.offering.n_bundles, engine.n_pieces

    def of_bundle(entries: Entries, name: str, none: int) -> NDArray[np.int64]:
        return np.append(entries.by_first(name, n_bundles, none), [none, none])[bundle]  # REFUSED, FILTERED

    def of_piece(entries: Entries, name: str, piece: NDArray[np.int64], none: int) -> NDArray[np.int64]:
        return np.append(entries.by_first(name, n_pieces, none), none)[piece]

    case = of_bundle(journal.case_of, "piece", -1)
    request = of_bundle(journal.request_of, "piece", -1)
    has_left = of_bundle(journal.checks, "has_left", 1) == 1
    columns = {"gates_at_release": of_bundle(journal.checks, "gates", 0)}
    columns["t_purged_us"] = of_bundle(journal.receipts, "t_purged_us", NEVER_US)
    for name in ("t_case_us", "t_review_us", "t_reviewed_us"):
        columns[name] = of_piece(journal.cases, name, case, NEVER_US)
    columns["t_released_us"] = of_piece(journal.leaving, "t_released_us", case, NEVER_US)
    for entries, name in (
        (journal.requests, "t_asked_us"),
        (journal.requests, "t_decided_us"),
        (journal.answers, "t_consented_us"),
    ):
        asked = of_piece(entries, name, request, NEVER_US)
        unasked = np.where(has_left, columns["t_released_us"], NEVER_US)
        columns[name] = np.where(request >= 0, asked, unasked)
    piece = np.where(request >= 0, request, case)
    for name in ("t_sent_us", "t_transmitted_us", "t_received_us"):
        columns[name] = np.where(has_left, of_piece(journal.leaving, name, piece, NEVER_US), NEVER_US)
    columns["t_received_us"][columns["gates_at_release"] != 0] = NEVER_US
    for name, times in columns.items():
        if name.startswith("t_"):
            times[times > engine.end_us] = NEVER_US
    for name, none in (("agreement", OWN), ("consent", NO_CONSENT)):
        was_checked = of_bundle(journal.checks, "bundle", -1) >= 0
        columns[name] = np.where(was_checked, of_bundle(journal.checks, name, none), offered[name])
    is_unwilling = of_piece(journal.cases, "is_unwilling", case, 0) == 1
    is_expired = of_piece(journal.cases, "is_expired", case, 0) + of_piece(
        journal.requests, "is_expired", request, 0
    )
    is_lost = has_left & (of_piece(journal.leaving, "is_lost", piece, 0) == 1)
    outcome = np.full(len(bundle), int(Outcome.IN_FLIGHT))
    outcome[columns["t_received_us"] != NEVER_US] = Outcome.DELIVERED
    outcome[is_lost] = Outcome.LOST
    outcome[is_expired > 0] = Outcome.EXPIRED
    outcome[is_unwilling | (bundle == FILTERED)] = Outcome.NOT_SENT
    outcome[(offered["gates"] | columns["gates_at_release"]) != 0] = Outcome.WITHHELD
    return columns | {"outcome": outcome}
