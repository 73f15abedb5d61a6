"""From COVERAGE tables to cells of a map: means over seeds, paired differences, and which of them are noise.

Model: each probe stands for the cell of the grid around it. A map of one configuration shows the mean over
seeds of a probe's custody fraction; a difference map shows the mean of the per-seed differences from the
baseline. A cell is **hatched** where the 95 % interval of that mean includes zero and the difference is not
zero in every seed: there the map cannot tell better from worse. Cells that no seed changes are left plain.

Assumptions and limits: intervals are pointwise and hold for the simulation only; with one seed there is no
interval, and every cell that changed is hatched. Where next: ``maps`` draws the meshes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from mda_sim.core.errors import ShapeError
from mda_sim.core.table import Table

T = TypeVar("T")

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


def probe_values(coverage: Iterable[Table], nation: str, tau_s: float) -> ProbeValues:
    """Custody of one nation at one age, from the COVERAGE tables of all seeds.

    ShapeError if the tables have other nations or probes from seed to seed, KeyError without the nation.
    """
    return _of_nation(values_by_nation(coverage, tau_s), nation)


def values_by_nation(coverage: Iterable[Table], tau_s: float) -> dict[str, ProbeValues]:
    """The same of every nation; each table is looked at once. ShapeError as for one."""
    places, shares = _Places(), dict[str, list[Floats]]()
    for table in coverage:
        is_asked = table["tau_s"] == tau_s
        for nation, rows in places.rows_by_nation(table, is_asked).items():
            shares.setdefault(nation, []).append(table["custody_fraction"][rows])
    return {nation: ProbeValues(*places.known[nation], np.stack(found)) for nation, found in shares.items()}


class _Places:
    """Where the probes of each nation's rows stand, the same in the tables of all seeds."""

    def __init__(self) -> None:
        self.known: dict[str, tuple[Floats, Floats]] = {}
        """Latitudes and longitudes by nation [deg]."""

    def rows_by_nation(
        self, table: Table, is_asked: NDArray[np.bool_] | None = None
    ) -> dict[str, NDArray[np.bool_]]:
        """Rows of each nation in the next table, of those asked for; ShapeError if they do not fit."""
        nations = list(table.meta["nations"])
        if self.known and nations != list(self.known):
            raise ShapeError(f"the tables of two seeds have other nations: {nations} and {list(self.known)}")
        found = {}
        for number, nation in enumerate(nations):
            rows = table["nation"] == number
            found[nation] = rows if is_asked is None else rows & is_asked
            here = table["lat_deg"][found[nation]], table["lon_deg"][found[nation]]
            known = self.known.setdefault(nation, here)
            if not all(np.array_equal(a, b) for a, b in zip(known, here, strict=True)):
                raise ShapeError("the probes of two seeds stand at different places")
        return found


def _of_nation(found: Mapping[str, T], nation: str) -> T:
    if not found:
        raise ShapeError("no table of probes was given")
    if nation not in found:
        raise KeyError(f"the table of probes has no nation '{nation}'; it has {list(found)}")
    return found[nation]


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


def gap_shares(tables: Iterable[Table], nation: str) -> GapShares:
    """Gap split of the probes for one nation, from the PROBE_GAPS tables of all seeds; errors as above."""
    return _of_nation(gap_shares_by_nation(tables), nation)


def gap_shares_by_nation(tables: Iterable[Table]) -> dict[str, GapShares]:
    """The same for every nation; each table is looked at once, and one is in memory at a time."""
    from mda_sim.metrics.gap_split import Answer

    places, sums, n_tables = _Places(), dict[str, Floats](), 0
    for table in tables:
        n_tables += 1
        for nation, rows in places.rows_by_nation(table).items():
            times = np.stack([table[f"{answer.name.lower()}_us"][rows] for answer in Answer], axis=1)
            whole = times.sum(axis=1, keepdims=True)
            share = np.divide(times, whole, out=np.full(times.shape, np.nan), where=whole > 0)
            sums[nation] = sums[nation] + share if nation in sums else share
    return {nation: GapShares(*places.known[nation], total / n_tables) for nation, total in sums.items()}


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
