"""Books: the rows of ``hops``, gathered from the tables of a finished run.

Model: an offer knows its link, arrival and gates; its bundle leads to the case whose stages it met, to the
request, if it had to wait for a consent, and to what was found when gates were asked again. Rows are these
gathered by index, in the order of part, link and copy.

Assumptions and limits: none of its own; the meaning of every column is in the package's docstring.
Where next: ``outcomes`` derives from these rows what became of each part for each nation.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mda_sim.core.table import Table
from mda_sim.records import HOPS
from mda_sim.sharing.exchange.engine import Engine
from mda_sim.sharing.exchange.fed import FedOffers

Column = NDArray[Any]


@dataclass(frozen=True)
class Books:
    """The hops of a run, with what the outcomes need besides."""

    hops: Table
    """One row per offer, in the order of part, link and copy."""
    starts: NDArray[np.int64]
    """Where the hops of each row of the intake begin, and where the last one's end (F + 1,)."""
    depth: NDArray[np.uint8]
    """Links that the copy had travelled before this one (H,)."""
    kept: NDArray[np.int64]
    """Hops that the receiving node kept, in the order in which they came (K,)."""
    kept_row: NDArray[np.int32]
    """Row of the intake of each of those (K,)."""


def keep_books(engine: Engine) -> Books:
    """Gather the hops of an engine that has run."""
    from mda_sim.sharing.exchange import books_kernels as kernels

    state, fed = engine.state, engine.fed_offers
    pieces, bundles, offers = (engine.used(name) for name in ("pieces", "bundles", "offers"))
    fed_row = _column([one.rows for one in fed], np.int32)
    n_hops = len(fed_row) + int(offers["n_rows"].sum())
    starts, hop = np.zeros(len(engine.intake) + 1, np.int64), np.empty(n_hops, np.int32)
    columns = {column.name: np.empty(n_hops, column.dtype) for column in HOPS.columns}
    link = columns["link"]
    kernels.order_hops(
        fed_row, _of_rows(fed, [one.link for one in fed]), offers, state.rows, starts, hop, link
    )
    bundle, form = np.empty((2, n_hops), np.int32)
    depth = np.empty(n_hops, np.uint8)
    gates, agreement, consent = (columns[name] for name in ("gates", "agreement", "consent"))
    arrived_us, case = columns["t_arrived_us"], columns["case"]
    kernels.note_fed(
        starts, hop, _of_rows(fed, [one.bundle for one in fed]), _of_rows(fed, [one.step for one in fed]),
        _of_rows(fed, list(range(len(fed)))), np.array([one.has_desk for one in fed], np.bool_),
        np.array([one.form for one in fed], np.int64), state.steps, engine.intake.t_arrived_us, pieces,
        bundles, bundle, form, arrived_us, case, gates, agreement, consent,
    )  # fmt: skip
    kernels.note_relayed(
        starts, hop, len(fed_row), offers, bundle, form, arrived_us, case, gates, agreement, consent,
        columns["source"], depth,
    )  # fmt: skip
    kernels.note_copies(starts, link, columns["copy"])
    stages = ("t_case_us", "t_review_us", "t_reviewed_us", "t_released_us")
    kernels.note_case(bundle, bundles, pieces, engine.end_us, *(columns[name] for name in stages))
    ways = (
        "t_asked_us", "t_decided_us", "t_consented_us", "t_sent_us", "t_transmitted_us", "t_received_us",
        "t_purged_us",
    )  # fmt: skip
    kernels.note_way(bundle, bundles, pieces, engine.end_us, *(columns[name] for name in ways))
    kernels.note_outcome(
        bundle, bundles, pieces, gates, columns["t_received_us"], columns["gates_at_release"], agreement,
        consent, columns["outcome"],
    )  # fmt: skip
    receipts = engine.used("receipts")
    kept = np.empty(int(bundles["n_kept"].sum()), np.int64)
    kept_row = np.empty(len(kept), np.int32)
    kernels.note_kept(starts, bundle, receipts, bundles, state.rows, kept, kept_row)
    columns["is_kept"][:] = 0
    columns["is_kept"][kept] = 1
    columns["part"][:] = np.repeat(engine.intake.part, np.diff(starts))
    labels = list(engine.forms.label_ids)
    for name, values in (
        ("label", [labels.index(profile.label) for profile in engine.forms.profiles]),
        ("coarsened_m", [profile.coarsened_m for profile in engine.forms.profiles]),
        ("is_stripped", [profile.is_stripped for profile in engine.forms.profiles]),
    ):
        np.take(np.array(values, columns[name].dtype), form, out=columns[name])
    meta = {
        "links": list(engine.topology.links),
        "labels": labels,
        "agreements": sorted(engine.sharing.agreements),
        "consents": sorted(engine.sharing.consents),
    }
    return Books(Table.of(HOPS, columns, meta), starts, depth, kept, kept_row)


def _of_rows(fed: list[FedOffers], values: list[ArrayLike]) -> Column:
    """A value for each row of all fed offers."""
    return _column(
        [np.broadcast_to(value, one.rows.shape) for one, value in zip(fed, values, strict=True)], np.int32
    )


def _column(parts: list[Column], dtype: type) -> Column:
    """The parts one after another."""
    if not parts:
        return np.zeros(0, dtype)
    return np.concatenate(parts, dtype=dtype, casting="unsafe")
