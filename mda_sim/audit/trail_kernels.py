"""Copies followed along their hops, and hops sorted into groups that are judged together: one pass each.

Model: the hops of one pass have equally many links behind them, so what their sources left is known. Groups
are those of equal keys; their hops stay in the order in which they came.

Where next: ``trails`` and ``rulings`` say what the columns mean.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from mda_sim.audit.trails import ROUTE_BITS
from mda_sim.core.jit import kernel
from mda_sim.core.time import NEVER_US

Column = NDArray[Any]
Ints = NDArray[np.int64]


@kernel
def take_up(
    rows: Ints,
    source: Column,
    row: Ints,
    link: Ints,
    arrived_us: Column,
    feed_node: Ints,
    kind: Ints,
    recipient: Ints,
    was_at: Ints,
    form: NDArray[np.int32],
    form_after: NDArray[np.int32],
    coarsened_m: NDArray[np.float32],
    is_stripped: NDArray[np.bool_],
    under: NDArray[np.int16],
    under_after: NDArray[np.int16],
    window_us: Ints,
) -> None:
    """What came to the senders of these hops, by feeds or by sources; ``window_us`` takes the moment."""
    for i in range(len(rows)):
        r = rows[i]
        before = np.int64(source[r])
        if before < 0:
            node = feed_node[row[r]]
            was_at[r, node // ROUTE_BITS] |= np.int64(1) << (node % ROUTE_BITS)
            form[r] = kind[row[r]]
        else:
            for word in range(was_at.shape[1]):
                was_at[r, word] = was_at[before, word]
            form[r] = form_after[before]
            coarsened_m[r] = coarsened_m[before]
            is_stripped[r] = is_stripped[before]
            under[r] = under_after[before]
        node = recipient[link[r]]
        was_at[r, node // ROUTE_BITS] |= np.int64(1) << (node % ROUTE_BITS)
        window_us[r] = arrived_us[r]


@kernel
def number_windows(rows: Ints, link: Ints, lasts_us: Ints, window: Ints) -> None:
    """The number of the window in which each moment in ``window`` lies."""
    for i in range(len(rows)):
        window[rows[i]] //= lasts_us[link[rows[i]]]


@kernel
def group_keys(
    rows: Ints,
    link: Ints,
    form: NDArray[np.int32],
    under: NDArray[np.int16],
    row: Ints,
    area: Ints,
    n_forms: int,
    n_deals: int,
    n_areas: int,
    keys: Ints,
) -> None:
    """One number for link, form, agreement (-1 for none) and areas of each hop."""
    for i in range(len(rows)):
        r = rows[i]
        keys[i] = ((link[r] * n_forms + form[r]) * (n_deals + 1) + under[r] + 1) * n_areas + area[row[r]]


@kernel
def sort_by_key(rows: Ints, keys: Ints, ends: Ints, out: Ints) -> None:
    """Rows by their keys, those of one key in the order given.

    ``ends`` (K + 1,) comes full of zeros, and goes as the place where the rows of each key begin and end.
    """
    for i in range(len(keys)):
        ends[keys[i] + 1] += 1
    for k in range(1, len(ends)):
        ends[k] += ends[k - 1]
    place = ends.copy()
    for i in range(len(keys)):
        out[place[keys[i]]] = rows[i]
        place[keys[i]] += 1


@kernel
def first_and_last(
    rows: Ints,
    begins: Ints,
    delay_us: Ints,
    arrived_us: Column,
    released_us: Column,
    transmitted_us: Column,
    is_delivered: NDArray[np.bool_],
    spans_us: Ints,
    came: NDArray[np.bool_],
) -> None:
    """First and last of the moments at which the rules are asked about each group (G, 2); whether any hop of
    it came (G,).
    """
    for g in range(len(begins) - 1):
        low, high = NEVER_US, -NEVER_US
        for i in range(begins[g], begins[g + 1]):
            r = rows[i]
            came[g] |= is_delivered[r]
            low, high = min(low, arrived_us[r]), max(high, arrived_us[r])
            if released_us[r] != NEVER_US:
                low, high = min(low, released_us[r]), max(high, released_us[r])
                if transmitted_us[r] != NEVER_US:
                    due_us = transmitted_us[r] + delay_us[g]
                    low, high = min(low, due_us), max(high, due_us)
        spans_us[g, 0], spans_us[g, 1] = low, high


@kernel
def put_down(
    rows: Ints,
    begins: Ints,
    is_steady: NDArray[np.bool_],
    delay_us: Ints,
    on_arrival: Ints,
    on_release: Ints,
    on_receipt: Ints,
    deal: Ints,
    form_held: Ints,
    under_held: Ints,
    released_us: Column,
    transmitted_us: Column,
    is_delivered: NDArray[np.bool_],
    end_us: int,
    gates: NDArray[np.uint16],
    at_release: NDArray[np.uint16],
    at_receipt: NDArray[np.uint16],
    agreement: NDArray[np.int16],
    out_us: Ints,
    form: NDArray[np.int32],
    form_after: NDArray[np.int32],
    under: NDArray[np.int16],
    under_after: NDArray[np.int16],
) -> None:
    """Note for each hop what the rules say of its group, where that is one answer for all moments.

    ``on_arrival`` to ``under_held`` are of the groups (G,): gates that fail at each stage, the agreement that
    passes, and form and agreement as which a recipient holds it; -2 where they stay as they were.
    """
    for g in range(len(begins) - 1):
        if not is_steady[g]:
            continue
        for i in range(begins[g], begins[g + 1]):
            r = rows[i]
            gates[r], agreement[r] = on_arrival[g], deal[g]
            if released_us[r] != NEVER_US:
                at_release[r] = on_release[g]
                if on_release[g] == 0 and transmitted_us[r] != NEVER_US:
                    out_us[r] = transmitted_us[r] + delay_us[g]
                    if out_us[r] <= end_us:
                        at_receipt[r] = on_receipt[g]
            if is_delivered[r]:
                form_after[r] = form[r] if form_held[g] == -2 else form_held[g]
                under_after[r] = under[r] if under_held[g] == -2 else under_held[g]
