"""The scores of many seeds as columns: figures by seeds, floats and nothing else.

Model: a book takes up one score table after another. Whose figure a row is (configuration, nation, node,
metric, group) is a number; the tables of one configuration mostly name the same figures in the same order,
and then share these numbers. So a book of many seeds holds eight bytes for a figure and seed.

Assumptions and limits: whose values are asked for, they come as a mapping by seed, in the order in which the
seeds were taken up; a figure that some seed lacks is not in that seed. Of the units of a metric the last
one taken up is told.

Where next: ``compare`` summarises a book; ``study.gather`` fills it from the files of the units.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from mda_sim.metrics.score_rows import ScoreRow

Holder = Literal["nation", "node"]

TEXTS: Final = ("configuration", "nation", "node", "metric", "group", "unit")
"""Columns of a score table that hold text."""

BITS: Final = (10, 12, 18, 22)
"""Bits for nation, node, metric and group in the one number by which a figure is known."""
SHIFTS: Final = (52, 40, 22, 0)
"""Where each of them begins."""


class Key(NamedTuple):
    """Whose figure it is, and which."""

    configuration: str
    holder: str
    """Nation, or node."""
    metric: str
    group: str


class BySeed(Mapping[int, float]):
    """Values of one figure by seed, as a row of an array."""

    __slots__ = ("_lacks", "_place", "_row")

    def __init__(
        self, place: dict[int, int], row: NDArray[np.float64], lacks: NDArray[np.bool_] | None
    ) -> None:
        self._place, self._row, self._lacks = place, row, lacks

    def __getitem__(self, seed: int) -> float:
        place = self._place[seed]
        if self._lacks is not None and self._lacks[place]:
            raise KeyError(seed)
        return float(self._row[place])

    def __iter__(self) -> Iterator[int]:
        if self._lacks is None:
            return iter(self._place)
        return (seed for seed, place in self._place.items() if not self._lacks[place])

    def __len__(self) -> int:
        return len(self._place) - (0 if self._lacks is None else int(np.count_nonzero(self._lacks)))

    def numbers(self) -> list[float]:
        """The values, in the order of the seeds."""
        found: list[float] = (self._row if self._lacks is None else self._row[~self._lacks]).tolist()
        return found

    def less(self, other: BySeed) -> list[float]:
        """Value less that of the other, in the order of the seeds that have both."""
        if self._lacks is None and other._lacks is None and self._place == other._place:
            return [a - b for a, b in zip(self._row.tolist(), other._row.tolist(), strict=True)]
        return [value - other[seed] for seed, value in self.items() if seed in other]


class Block(NamedTuple):
    """All figures of one configuration."""

    names: list[tuple[str, str, str]]
    """Holder, metric and group of each figure, (n_figures,)."""
    places: dict[int, int]
    """Column of each seed, in the order in which the seeds were taken up."""
    values: NDArray[np.float64]
    """By figure and seed, (n_figures, n_seeds); NaN where a figure is undefined, or a seed lacks it."""
    lacks: NDArray[np.bool_]
    """Whether a seed lacks a figure, (n_figures, n_seeds)."""

    def less(self, other: Block) -> NDArray[np.float64]:
        """Values less those of the other, (n_figures, n_seeds); NaN where the other has none."""
        row_of = {name: row for row, name in enumerate(other.names)}
        rows = [row_of.get(name, -1) for name in self.names]
        columns = [other.places.get(seed, -1) for seed in self.places]
        reference = np.pad(other.values, (0, 1), constant_values=np.nan)  # where -1 leads
        with np.errstate(invalid="ignore"):  # infinite less infinite is undefined
            return np.asarray(self.values - reference[rows][:, columns], np.float64)


NO_FIGURES: Final = Block([], {}, np.zeros((0, 0)), np.zeros((0, 0), np.bool_))
"""The block of a configuration that has none."""


class _Unit(NamedTuple):
    """What one table said of one configuration and seed."""

    figures: NDArray[np.int64]
    """Numbers of its figures; shared by tables that have the same."""
    values: NDArray[np.float64]


class _Figure(NamedTuple):
    nation: str
    node: str
    metric: str
    group: str


class ScoreBook:
    """Score tables, taken up one after another."""

    def __init__(self) -> None:
        self._units: dict[str, dict[int, _Unit]] = {}
        self._words: tuple[dict[str, int], ...] = ({}, {}, {}, {})
        self._packed, self._order = np.zeros((2, 0), np.int64)
        self._figures: list[_Figure] = []
        self._blocks: dict[tuple[Any, ...], dict[str, Block]] = {}
        self.units: dict[str, str] = {}
        """Unit of each metric."""

    @classmethod
    def of_rows(cls, rows: Iterable[ScoreRow]) -> ScoreBook:
        """The book of these rows; ValueError if a seed has two values of a figure."""
        book = cls()
        by_unit: dict[tuple[str, int], list[ScoreRow]] = {}
        for row in rows:
            by_unit.setdefault((row.configuration, row.seed), []).append(row)
        for (configuration, seed), listed in by_unit.items():
            book.units |= {row.metric: row.unit for row in listed}
            columns = zip(*((row.nation, row.node, row.metric, row.group) for row in listed), strict=True)
            codes = [
                np.array([words.setdefault(word, len(words)) for word in column], np.int64)
                for words, column in zip(book._words, columns, strict=True)
            ]
            values = np.array([row.value for row in listed], np.float64)
            book._take(configuration, seed, book._numbers(codes), values)
        return book

    def read(self, path: Path, nodes: Mapping[str, str] | None = None) -> None:
        """Take up a table that ``score_rows.to_csv`` wrote, with ``nodes`` (nation -> node) their rows alone.

        ValueError if it has other columns, or a seed has two values of a figure.
        """
        import pyarrow as pa
        import pyarrow.csv as pc

        types = dict.fromkeys(TEXTS, pa.dictionary(pa.int32(), pa.string()))
        types |= {"seed": pa.int64(), "value": pa.float64(), "n": pa.int64()}
        options = pc.ConvertOptions(column_types=types, null_values=[], strings_can_be_null=False)
        parse = pc.ParseOptions(newlines_in_values=True)
        table = pc.read_csv(path, convert_options=options, parse_options=parse).combine_chunks()
        if tuple(table.column_names) != ScoreRow._fields:
            raise ValueError(
                f"{path.name} has columns {tuple(table.column_names)}, expected {ScoreRow._fields}"
            )
        texts = {name: table[name].combine_chunks() for name in TEXTS}
        codes = {name: np.asarray(np.from_dlpack(text.indices), np.int32) for name, text in texts.items()}
        words = {name: [_said(word) for word in text.dictionary.to_pylist()] for name, text in texts.items()}
        # ``to_numpy`` would load pandas.
        seeds: NDArray[np.int64] = np.asarray(np.from_dlpack(table["seed"].combine_chunks()), np.int64)
        values: NDArray[np.float64] = np.asarray(np.from_dlpack(table["value"].combine_chunks()), np.float64)
        if nodes is not None:
            wanted = np.array(
                [[nodes.get(n) == node for node in words["node"]] for n in words["nation"]], bool
            )
            is_wanted = wanted[codes["nation"], codes["node"]] if len(table) else np.zeros(0, bool)
            codes = {name: column[is_wanted] for name, column in codes.items()}
            seeds, values = seeds[is_wanted], values[is_wanted]
        if not len(seeds):
            return
        begins = np.flatnonzero(
            (np.diff(seeds, prepend=seeds[0] - 1) != 0) | (np.diff(codes["configuration"], prepend=-1) != 0)
        )
        for begin, end in zip(begins.tolist(), [*begins[1:].tolist(), len(seeds)], strict=True):
            own = {name: column[begin:end] for name, column in codes.items()}
            configuration = words["configuration"][own["configuration"][0]]
            self._take(
                configuration, int(seeds[begin]), self._figures_of(own, words), values[begin:end].copy()
            )

    def values(self, holder: Holder = "nation", nodes: Mapping[str, str] | None = None) -> dict[Key, BySeed]:
        """Values by seed of each figure.

        With ``nodes`` (nation -> node) those of the nation's node alone, or, by node, of all others.
        ValueError if two figures of a seed have one key.
        """
        found: dict[Key, BySeed] = {}
        for configuration, block in self.blocks(holder, nodes).items():
            is_partial = np.asarray(block.lacks.any(axis=1), bool).tolist()
            for place, name in enumerate(block.names):
                lacks = block.lacks[place] if is_partial[place] else None
                found[Key(configuration, *name)] = BySeed(block.places, block.values[place], lacks)
        return found

    def blocks(self, holder: Holder = "nation", nodes: Mapping[str, str] | None = None) -> dict[str, Block]:
        """The same by configuration, as arrays; made once until a further table is taken up."""
        asked = (holder, None if nodes is None else tuple(sorted(nodes.items())))
        if asked not in self._blocks:
            chosen = self._chosen(holder, nodes)
            self._blocks[asked] = {name: self._block(name, holder, chosen) for name in self._units}
        return self._blocks[asked]

    def seeds(self, nodes: Mapping[str, str] | None = None) -> list[int]:
        """Seeds that have a figure at nations' nodes (any, without ``nodes``), in rising order."""
        chosen = self._chosen("nation", nodes)
        return sorted(
            {
                seed
                for units in self._units.values()
                for seed, unit in units.items()
                if chosen[unit.figures].any()
            }
        )

    def nations_of_nodes(self, nodes: Mapping[str, str]) -> dict[str, str]:
        """The nation of each node that is not the one in ``nodes``."""
        chosen = self._chosen("node", nodes)
        return {f.node: f.nation for f, is_chosen in zip(self._figures, chosen, strict=True) if is_chosen}

    def _block(self, configuration: str, holder: Holder, chosen: NDArray[np.bool_]) -> Block:
        units = self._units[configuration]
        named: NDArray[np.int64] = np.unique(np.concatenate([unit.figures for unit in _distinct(units)]))
        named = named[chosen[named]]
        rows = np.full(len(self._figures), -1, np.int64)
        rows[named] = np.arange(len(named))
        table, lacks = np.full((len(named), len(units)), np.nan), np.ones((len(named), len(units)), bool)
        for place, unit in enumerate(units.values()):
            row = rows[unit.figures]
            table[row[row >= 0], place] = unit.values[row >= 0]
            lacks[row[row >= 0], place] = False
        figures = [self._figures[number] for number in named.tolist()]
        names = [(f.nation if holder == "nation" else f.node, f.metric, f.group) for f in figures]
        block = Block(names, {seed: place for place, seed in enumerate(units)}, table, lacks)
        _check_names(configuration, block)
        return block

    def _chosen(self, holder: Holder, nodes: Mapping[str, str] | None) -> NDArray[np.bool_]:
        """Which figures are those of nations' nodes; by node, of the others; all without ``nodes``."""
        if nodes is None:
            return np.ones(len(self._figures), bool)
        is_own = [nodes.get(figure.nation, figure.node) == figure.node for figure in self._figures]
        chosen = np.array(is_own, bool)
        return chosen if holder == "nation" else ~chosen

    def _take(
        self, configuration: str, seed: int, figures: NDArray[np.int64], values: NDArray[np.float64]
    ) -> None:
        self._blocks.clear()
        units = self._units.setdefault(configuration, {})
        if seed in units:
            figures = np.concatenate([units[seed].figures, figures])
            values = np.concatenate([units[seed].values, values])
        last = next(reversed(units.values()), None)
        if last is not None and np.array_equal(last.figures, figures):
            figures = last.figures
        else:
            self._check_once(configuration, seed, figures)
        units[seed] = _Unit(figures, values)

    def _check_once(self, configuration: str, seed: int, figures: NDArray[np.int64]) -> None:
        numbers, times = np.unique(figures, return_counts=True)
        for number in numbers[times > 1].tolist():
            nation, _, metric, group = self._figures[number]
            key = Key(configuration, nation, metric, group)
            raise ValueError(f"seed {seed} has two values of {tuple(key)}")

    def _figures_of(
        self, codes: Mapping[str, NDArray[np.int32]], words: Mapping[str, list[str]]
    ) -> NDArray[np.int64]:
        """Numbers of the figures of some rows, whose texts are numbers of ``words``."""
        pairs, metrics = (
            codes["metric"].astype(np.int64) * len(words["unit"]) + codes["unit"],
            words["metric"],
        )
        for pair in np.unique(pairs).tolist():
            metric, unit = divmod(pair, len(words["unit"]))
            self.units[metrics[metric]] = words["unit"][unit]
        own = []
        for known, name in zip(self._words, TEXTS[1:5], strict=True):
            numbers = [known.setdefault(word, len(known)) for word in words[name]]
            own.append(np.array(numbers, np.int64)[codes[name]])
        return self._numbers(own)

    def _numbers(self, codes: Sequence[NDArray[np.int64]]) -> NDArray[np.int64]:
        """Numbers of the figures whose nation, node, metric and group have these numbers."""
        if any(len(words) >> bits for words, bits in zip(self._words, BITS, strict=True)):
            raise ValueError("too many different names in one score table")
        packed = np.zeros(len(codes[0]), np.int64)
        for code, bits in zip(codes, BITS, strict=True):
            packed = packed << bits | code
        is_new = (
            self._packed[self._places(packed)] != packed if len(self._packed) else np.ones(len(packed), bool)
        )
        if is_new.any():
            fresh, first = np.unique(packed[is_new], return_index=True)
            self._packed = np.concatenate([self._packed, fresh[np.argsort(first)]])
            self._order = np.argsort(self._packed)
            names = [list(words) for words in self._words]
            for number in self._packed[len(self._figures) :].tolist():
                nation, node, metric, group = (
                    of[number >> shift & ((1 << bits) - 1)]
                    for of, bits, shift in zip(names, BITS, SHIFTS, strict=True)
                )
                self._figures.append(_Figure(nation, node, metric, group))
        return self._places(packed)

    def _places(self, packed: NDArray[np.int64]) -> NDArray[np.int64]:
        """Places of these among the packed figures that are known; any place for one that is not."""
        place = np.searchsorted(self._packed, packed, sorter=self._order)
        return np.asarray(self._order[np.minimum(place, len(self._order) - 1)], np.int64)


def _check_names(configuration: str, block: Block) -> None:
    """ValueError if two figures have one name."""
    seen: set[tuple[str, str, str]] = set()
    for row, name in enumerate(block.names):
        if name in seen:
            seed = next(seed for seed, place in block.places.items() if not block.lacks[row, place])
            raise ValueError(f"seed {seed} has two values of {(configuration, *name)}")
        seen.add(name)


def _distinct(units: Mapping[int, _Unit]) -> Iterable[_Unit]:
    """One unit for each array of figures."""
    return {id(unit.figures): unit for unit in units.values()}.values()


def _said(cell: str) -> str:
    """The text of a cell, without the quote that keeps it from being a formula."""
    return cell[1:] if cell.startswith("'") else cell
