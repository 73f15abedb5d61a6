"""Books: the rows of ``hops``, gathered from a finished engine.

Model: an offer knows its link, arrival and gates; its bundle knows the gates at release; its case knows the
times of its stages, and its request, if it had to wait for a consent, those of the rest. Rows are these
three gathered by index, sorted by part, link and copy.

Assumptions and limits: none of its own; the meaning of every column is in the package's docstring.
Where next: ``outcomes`` derives from these rows what became of each part for each nation.
"""

from __future__ import annotations

from dataclasses import dataclass
from operator import attrgetter
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mda_sim.core.table import Table
from mda_sim.core.time import NEVER_US
from mda_sim.records import HOPS, Outcome
from mda_sim.sharing.exchange.cases import BY_FEED, FILTERED, Case, Offers
from mda_sim.sharing.exchange.engine import Engine

CASE_STAGES = ("t_case_us", "t_review_us", "t_reviewed_us", "t_released_us")
"""Stages of a case, in order."""
REQUEST_STAGES = ("t_asked_us", "t_decided_us", "t_consented_us")
"""Stages of a request, in order; without one they take no time after the release."""
PIECE_STAGES = ("t_sent_us", "t_transmitted_us", "t_received_us")
"""Stages of what leaves in one piece, be it a case or a request."""


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
    offered = _offers(engine.offers)
    key = offered["row"] * len(engine.topology.links) + offered["link"]
    order = np.argsort(key, kind="stable")
    offered, key = {name: column[order] for name, column in offered.items()}, key[order]
    columns: dict[str, NDArray[Any]] = dict(_stages(engine, offered["bundle"]))
    columns["part"] = engine.intake.part[offered["row"]]
    for name in ("link", "t_arrived_us", "gates"):
        columns[name] = offered[name]
    columns["copy"] = _within_groups(key)
    labels = sorted(engine.sharing.labels)
    columns["label"] = np.array([labels.index(form.label) for form in engine.forms])[offered["profile"]]
    columns["coarsened_m"] = np.array([form.coarsened_m for form in engine.forms])[offered["profile"]]
    was_released = columns["t_released_us"] != NEVER_US
    for name in ("agreement", "consent"):
        columns[name] = np.where(was_released, columns[name], offered[name])
    is_unsent = (columns.pop("is_unwilling") == 1) | (offered["bundle"] == FILTERED)
    columns["outcome"] = _outcome(columns, is_unsent, columns.pop("is_expired") == 1)
    hop_of = _HopOf(engine, offered["bundle"], offered["row"])
    columns["source"] = hop_of(offered["source"], offered["row"])
    kept = _kept(engine, hop_of)
    columns["is_kept"] = np.zeros(len(key), np.bool_)
    columns["is_kept"][kept] = True
    meta = {
        "links": list(engine.topology.links),
        "labels": labels,
        "agreements": sorted(engine.sharing.agreements),
        "consents": sorted(engine.sharing.consents),
    }
    return Books(Table.of(HOPS, columns, meta), offered["row"], offered["depth"], kept)


class _HopOf:
    """Looks up the hop that a bundle is for one of its rows."""

    def __init__(self, engine: Engine, bundle: NDArray[np.int64], row: NDArray[np.int64]) -> None:
        self._n_rows = max(1, len(engine.intake))
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


def _kept(engine: Engine, hop_of: _HopOf) -> NDArray[np.int64]:
    """The hops that were kept, in the order in which they came."""
    sizes = [len(rows) for _, rows in engine.kept]
    bundle = np.repeat(np.array([number for number, _ in engine.kept], np.int64), sizes)
    row = np.concatenate([rows for _, rows in engine.kept]) if engine.kept else np.empty(0, np.int64)
    return hop_of(bundle, row)


def _within_groups(key: NDArray[np.int64]) -> NDArray[np.int64]:
    """Place of each entry among the equal ones that follow each other in ``key``."""
    starts = np.flatnonzero(np.diff(key, prepend=-1))
    place: NDArray[np.int64] = np.arange(len(key)) - np.repeat(starts, np.diff(starts, append=len(key)))
    return place


def _offers(offers: list[Offers]) -> dict[str, NDArray[np.int64]]:
    """All offers as columns, one row per part, link and copy."""
    sizes = np.array([len(offer.rows) for offer in offers], np.int64)
    row = np.concatenate([offer.rows for offer in offers]) if offers else np.empty(0, np.int64)
    columns = {"row": row}
    names = ("link", "t_arrived_us", "gates", "agreement", "consent", "profile", "depth", "source", "bundle")
    for name in names:
        columns[name] = _spread([getattr(offer, name) for offer in offers], sizes)
    return columns


def _spread(values: list[NDArray[np.int64] | int], sizes: NDArray[np.int64]) -> NDArray[np.int64]:
    """One column from a number or an array for each offer; runs of numbers are repeated at once."""
    parts: list[NDArray[np.int64]] = []
    i = 0
    while i < len(values):
        value = values[i]
        if isinstance(value, np.ndarray):
            parts.append(value)
            i += 1
            continue
        start = i
        while i < len(values) and not isinstance(values[i], np.ndarray):
            i += 1
        parts.append(np.repeat(np.array(values[start:i], np.int64), sizes[start:i]))
    return np.concatenate(parts) if parts else np.empty(0, np.int64)


def _stages(engine: Engine, bundle: NDArray[np.int64]) -> dict[str, NDArray[np.int64]]:
    """What bundles, cases and requests know, for each offer; a refused one has no bundle and met no stage."""
    bundles, cases, requests = engine.bundles, engine.cases, engine.requests
    case_of = _with_none([b.case.number for b in bundles], -1)[bundle]
    columns = {
        "gates_at_release": _with_none([b.gates_at_release for b in bundles], 0)[bundle],
        "agreement": _with_none([b.agreement for b in bundles], -1)[bundle],
        "consent": _with_none([b.consent for b in bundles], -1)[bundle],
        "case": _with_none([_number(case) for case in cases], -1)[case_of],
        "is_unwilling": _with_none([case.is_unwilling for case in cases], 0)[case_of],
        "is_expired": _with_none([case.is_expired for case in cases], 0)[case_of],
    }
    for stage in (*CASE_STAGES, *PIECE_STAGES):
        columns[stage] = _with_none(list(map(attrgetter(stage), cases)), NEVER_US)[case_of]
    was_stopped = columns["gates_at_release"] != 0
    columns |= dict.fromkeys(REQUEST_STAGES, np.where(was_stopped, NEVER_US, columns["t_released_us"]))
    if requests:
        request_of = _with_none([-1 if b.request is None else b.request.number for b in bundles], -1)[bundle]
        asked = request_of >= 0
        for stage in (*REQUEST_STAGES, *PIECE_STAGES, "is_expired"):
            of_request = np.array(list(map(attrgetter(stage), requests)), np.int64)
            columns[stage] = columns[stage].copy()
            columns[stage][asked] = of_request[request_of[asked]]
    for stage in PIECE_STAGES:
        columns[stage][was_stopped] = NEVER_US
    return columns


def _with_none(values: list[int], none: int) -> NDArray[np.int64]:
    """Values to be gathered by index, ``none`` last and next to last: ``REFUSED``, ``FILTERED`` find it."""
    return np.array([*values, none, none], np.int64)


def _number(case: Case) -> int:
    return -1 if case.lane.desk is None else case.window


def _outcome(
    columns: dict[str, NDArray[Any]], is_unsent: NDArray[np.bool_], is_expired: NDArray[np.bool_]
) -> NDArray[np.int64]:
    outcome = np.full(len(is_expired), int(Outcome.IN_FLIGHT))
    outcome[columns["t_received_us"] != NEVER_US] = Outcome.DELIVERED
    outcome[is_expired] = Outcome.EXPIRED
    outcome[is_unsent] = Outcome.NOT_SENT
    outcome[(columns["gates"] | columns["gates_at_release"]) != 0] = Outcome.WITHHELD
    return outcome
