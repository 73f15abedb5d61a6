"""Fed: what feeds bring is offered before the run, as columns.

Model: all that feeds bring to a node within the run is known from the start, with the moments at which it
comes. So one form is offered to one link at once: the filter and the gates' answers at each moment decide
what goes into which window, and all pieces that feeds bring something to are laid out lane by lane, in the
order of their windows.

Assumptions and limits: relayed copies join these pieces later. Where next: ``build`` makes tables of it.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from mda_sim.sharing.exchange.answers import Answers
from mda_sim.sharing.exchange.holdings import CopyKind
from mda_sim.sharing.exchange.intake import Intake, Topology
from mda_sim.sharing.exchange.layout import (
    BUNDLE,
    BY_FEED,
    FILTERED,
    NO_CONSENT,
    PIECE,
    REFUSED,
    Rows,
    new_rows,
)
from mda_sim.sharing.exchange.rights import OWN_RIGHTS

Column = NDArray[np.int64]


@dataclass(frozen=True)
class FedOffers:
    """Offers of rows of one form to one link, one entry a row."""

    link: int
    form: int
    rows: Column
    step: Column | int
    """Which answers of the gates held, among all steps; -1 for rows that the filter stopped."""
    bundle: Column | int
    has_desk: bool


@dataclass
class Fed:
    """All that feeds bring."""

    offers: list[FedOffers] = field(default_factory=list)
    pieces: Rows = field(default_factory=lambda: new_rows(0, PIECE))
    """Lane by lane, in the order of windows."""
    bundles: Rows = field(default_factory=lambda: new_rows(0, BUNDLE))
    rows: Column = field(default_factory=lambda: np.zeros(0, np.int64))
    """The rows of all bundles, one after another."""
    span_of_lane: dict[int, tuple[int, int]] = field(default_factory=dict)
    """Where the pieces of a lane begin and end."""


@dataclass(frozen=True)
class _Load:
    """What one form brings into the windows of a lane, one entry a window."""

    lane: int
    entry: int
    rows: Column
    windows: Column
    starts: Column


def offer_fed(
    answers: Answers, intake: Intake, topology: Topology, filter_bits: NDArray[np.uint64],
    windows_us: list[int], end_us: int,
) -> Fed:  # fmt: skip
    """Offer all that feeds bring within the run to the links that leave their nodes.

    ``windows_us`` are the lengths of the links' windows.
    """
    fed = Fed()
    loads: list[_Load] = []
    n_bundles = 0
    coming = intake.t_arrived_us <= end_us
    for form, node in intake.pairs():
        rows = np.flatnonzero((intake.node == node) & (intake.profile == form) & coming)
        kind = answers.holdings.number(CopyKind(form, OWN_RIGHTS))
        for link in topology.outgoing[node]:
            number = answers.entry(link, kind)
            if number < 0 or not len(rows):
                continue
            passing = _passing(intake, rows, filter_bits[link])
            if passing is not rows:
                stopped = np.setdiff1d(rows, passing, assume_unique=True)
                fed.offers.append(FedOffers(link, form, stopped, -1, FILTERED, False))
            load, bundle, step = _offer(answers, intake, passing, number, windows_us[link], n_bundles)
            n_bundles += len(load.windows)
            has_desk = answers.ways[answers.way_of_lane[load.lane]]["desk"] >= 0
            form_offered = answers.entries[number]["form"]
            fed.offers.append(FedOffers(link, form_offered, passing, step, bundle, has_desk))
            loads.append(load)
    _lay_out(fed, loads, answers, intake)
    return fed


def _passing(intake: Intake, rows: Column, bits: np.uint64) -> Column:
    """The rows that pass a filter; the very same where there is none."""
    return rows if not bits else rows[(intake.share_class[rows] & bits) == bits]


def _offer(
    answers: Answers, intake: Intake, rows: Column, number: int, window_us: int, n_bundles: int
) -> tuple[_Load, Column, Column]:
    """What the gates let of rows into cases, with the bundle and step of each row."""
    entry = answers.entries[number]
    steps = answers.rows_of_steps(0)[entry["steps"] : entry["end"]]
    t_us = intake.t_arrived_us[rows]
    step = np.searchsorted(steps["from_us"], t_us, side="right") - 1
    bundle = np.full(len(rows), REFUSED, np.int64)
    passing = np.flatnonzero(steps["gates"][step] == 0)
    window = (t_us[passing] + entry["held_back_us"]) // window_us
    order = np.argsort(window, kind="stable")
    window = window[order]
    is_first = np.diff(window, prepend=-1) != 0
    bundle[passing[order]] = n_bundles + np.cumsum(is_first) - 1
    starts = np.flatnonzero(is_first)
    load = _Load(entry["lane"], number, rows[passing[order]], window[starts], starts)
    return load, bundle, step + entry["steps"]


def _lay_out(fed: Fed, loads: list[_Load], answers: Answers, intake: Intake) -> None:
    """Make pieces and bundles of what goes into the cases of all lanes."""
    if not any(len(load.windows) for load in loads):
        return
    n_rows = np.array([len(load.rows) for load in loads])
    first_row = np.cumsum(n_rows) - n_rows
    n_windows = [len(load.windows) for load in loads]
    lane = np.repeat([load.lane for load in loads], n_windows)
    window = np.concatenate([load.windows for load in loads])
    start = np.concatenate([load.starts + first for load, first in zip(loads, first_row, strict=True)])
    fed.rows = np.concatenate([load.rows for load in loads])
    order = np.lexsort((window, lane))  # stable: bundles of a piece stay in their order
    is_first = (np.diff(lane[order], prepend=-1) != 0) | (np.diff(window[order], prepend=-1) != 0)
    piece, first = np.cumsum(is_first) - 1, np.flatnonzero(is_first)
    n_bytes = np.add.reduceat(intake.n_bytes[fed.rows], start)
    bundles = new_rows(
        len(start), BUNDLE, entry=np.repeat([load.entry for load in loads], n_windows), source=BY_FEED,
        start=start, n_rows=np.diff(start, append=len(fed.rows)), n_bytes=n_bytes, request=-1,
        consent=NO_CONSENT, has_left=1,
    )  # fmt: skip
    following = np.where(np.append(is_first[1:], True), -1, np.append(order[1:], -1))
    bundles["next"][order] = following
    bundles["case"][order] = piece
    last = np.append(first[1:], len(order)) - 1
    lane_of = lane[order][first]
    fed.bundles = bundles
    fed.pieces = new_rows(
        len(first), PIECE, lane=lane_of, way=np.array(answers.way_of_lane, np.int64)[lane_of],
        window=window[order][first], request_of=-1, first=order[first], last=order[last],
        n_bytes=np.bincount(piece, n_bytes[order], len(first)).astype(np.int64),
    )  # fmt: skip
    for number in np.unique(lane_of).tolist():
        ends = np.searchsorted(lane_of, [number, number + 1])
        fed.span_of_lane[number] = int(ends[0]), int(ends[1])
        pieces = fed.pieces[ends[0] : ends[1]]
        for name in ("touch", "delay", "extra_delay"):
            stream = answers.streams[answers.ways[answers.way_of_lane[number]][name]]
            if stream.value is None:
                pieces[f"{name}_us"] = stream.draw(pieces["window"].copy())
