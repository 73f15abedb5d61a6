"""From COVERAGE tables to cells of a map: means over seeds, paired differences, and which of them are noise.

Model: each probe stands for the cell of the grid around it. A map of one configuration shows the mean over
seeds of a probe's custody fraction; a difference map shows the mean of the per-seed differences from the
baseline. A cell is **hatched** where the 95 % interval of that mean includes zero and the difference is not
zero in every seed: there the map cannot tell better from worse. Cells that no seed changes are left plain.

Assumptions and limits: intervals are pointwise and hold for the simulation only; with one seed there is no
interval, and every cell that changed is hatched. Where next: ``maps`` draws the meshes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mda_sim.core.errors import ShapeError
from mda_sim.core.table import Table

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Mesh:
    """Values of cells on a regular grid; NaN where no probe stands (land, or outside the area)."""

    lat_edges_deg: Floats
    """Edges of the rows, ascending, (n_rows + 1,)."""
    lon_edges_deg: Floats
    """Edges of the columns, ascending, (n_columns + 1,)."""
    values: Floats
    """(n_rows, n_columns)."""
    is_hatched: NDArray[np.bool_]
    """(n_rows, n_columns); all False on maps of one configuration."""


@dataclass(frozen=True, eq=False)
class ProbeValues:
    """Custody fraction of each probe in each seed."""

    lat_deg: Floats
    """(n_probes,)."""
    lon_deg: Floats
    """(n_probes,)."""
    share: Floats
    """(n_seeds, n_probes)."""


def probe_values(coverage: Sequence[Table], nation: str, tau_s: float) -> ProbeValues:
    """Custody of one nation at one age, from the COVERAGE tables of all seeds.

    ShapeError if the tables have other probes from seed to seed; KeyError if a table lacks the nation.
    """
    shares, place = [], None
    for table in coverage:
        nations = list(table.meta["nations"])
        if nation not in nations:
            raise KeyError(f"the coverage table has no nation '{nation}'; it has {nations}")
        rows = (table["nation"] == nations.index(nation)) & (table["tau_s"] == tau_s)
        here = table["lat_deg"][rows], table["lon_deg"][rows]
        if place is not None and not all(np.array_equal(a, b) for a, b in zip(place, here, strict=True)):
            raise ShapeError("the probes of two seeds stand at different places")
        place = here
        shares.append(table["custody_fraction"][rows])
    if place is None:
        raise ShapeError("no coverage table was given")
    return ProbeValues(place[0], place[1], np.stack(shares))


def share_mesh(values: ProbeValues, spacing_deg: float) -> Mesh:
    """Mean custody fraction over seeds."""
    return _mesh(values, values.share.mean(axis=0), np.zeros(len(values.lat_deg), np.bool_), spacing_deg)


def difference_mesh(values: ProbeValues, baseline: ProbeValues, spacing_deg: float) -> Mesh:
    """Mean over seeds of the difference from the baseline, hatched where its interval includes zero."""
    if values.share.shape != baseline.share.shape:
        raise ShapeError(
            f"differences need the same seeds and probes, got {values.share.shape} and {baseline.share.shape}"
        )
    difference = values.share - baseline.share
    is_noise = includes_zero(difference) & (difference != 0).any(axis=0)
    return _mesh(values, difference.mean(axis=0), is_noise, spacing_deg)


@dataclass(frozen=True, eq=False)
class GapShares:
    """Gap split of each probe, mean over seeds."""

    lat_deg: Floats
    """(n_probes,)."""
    lon_deg: Floats
    """(n_probes,)."""
    share: Floats
    """Share of the scored time under each answer, NaN without any, (n_probes, 8)."""


def gap_shares(tables: Sequence[Table], nation: str) -> GapShares:
    """Gap split of the probes for one nation, from the PROBE_GAPS tables of all seeds; errors as above."""
    from mda_sim.metrics.gap_split import Answer

    shares, place = [], None
    for table in tables:
        nations = list(table.meta["nations"])
        if nation not in nations:
            raise KeyError(f"the table of probes has no nation '{nation}'; it has {nations}")
        rows = table["nation"] == nations.index(nation)
        here = table["lat_deg"][rows], table["lon_deg"][rows]
        if place is not None and not all(np.array_equal(a, b) for a, b in zip(place, here, strict=True)):
            raise ShapeError("the probes of two seeds stand at different places")
        place = here
        times = np.stack([table[f"{answer.name.lower()}_us"][rows] for answer in Answer], axis=1)
        whole = times.sum(axis=1, keepdims=True)
        shares.append(np.divide(times, whole, out=np.full(times.shape, np.nan), where=whole > 0))
    if place is None:
        raise ShapeError("no table of probes was given")
    return GapShares(place[0], place[1], np.mean(shares, axis=0))


def answer_mesh(found: GapShares, spacing_deg: float) -> Mesh:
    """The number of the answer that takes most of the time, of equal ones the first; NaN without time.

    Cells in which it takes less than half of the time are hatched.
    """
    known = np.asarray(np.isfinite(found.share).all(axis=1), np.bool_)
    most = np.full(len(known), np.nan)
    most[known] = found.share[known].argmax(axis=1)
    is_less = known & (np.where(known[:, None], found.share, 0.0).max(axis=1, initial=0.0) < 0.5)
    return _mesh(found, most, is_less, spacing_deg)


def includes_zero(difference: Floats) -> NDArray[np.bool_]:
    """Whether the 95 % interval of each mean includes zero; ``difference`` (n_seeds, n), True with one seed.

    The interval is that of ``metrics.compare.interval``; both ends count as included.
    """
    from mda_sim.metrics.compare import t_quantile

    n_seeds = len(difference)
    mean = difference.mean(axis=0)
    if n_seeds < 2:
        return np.ones(mean.shape, np.bool_)
    half = t_quantile(n_seeds - 1) * difference.std(axis=0, ddof=1) / np.sqrt(n_seeds)
    return np.asarray(np.abs(mean) <= half, np.bool_)


def _mesh(
    values: ProbeValues | GapShares, cell: Floats, is_hatched: NDArray[np.bool_], spacing_deg: float
) -> Mesh:
    if not len(cell):
        none = np.zeros((0, 0))
        return Mesh(np.zeros(1), np.zeros(1), none, none.astype(np.bool_))
    south, west = values.lat_deg.min(), values.lon_deg.min()
    row = np.rint((values.lat_deg - south) / spacing_deg).astype(np.int64)
    column = np.rint((values.lon_deg - west) / spacing_deg).astype(np.int64)
    shape = (row.max() + 1, column.max() + 1)
    grid, hatched = np.full(shape, np.nan), np.zeros(shape, np.bool_)
    grid[row, column] = cell
    hatched[row, column] = is_hatched
    lat_edges = south + spacing_deg * (np.arange(shape[0] + 1) - 0.5)
    lon_edges = west + spacing_deg * (np.arange(shape[1] + 1) - 0.5)
    return Mesh(lat_edges, lon_edges, grid, hatched)
