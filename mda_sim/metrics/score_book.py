"""The scores of many seeds as columns: figures by seeds, floats and nothing else.

Model: a book takes up one score table after another. Whose figure a row is (configuration, nation, node,
metric, group) is a number; the tables of one configuration mostly name the same figures in the same order,
and then share these numbers. A book of many seeds keeps its values in a temporary file, eight bytes each, and
its memory does not grow with the seeds.

Assumptions and limits: whose values are asked for, they come as a mapping by seed, in the order in which the
seeds were taken up; a figure that some seed lacks is not in that seed. Of the units of a metric the last
one taken up is told.

Where next: ``compare`` summarises a book; ``study.gather`` fills it from the files of the units.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Final, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from mda_sim.metrics.score_rows import ScoreRow
from mda_sim.metrics.shelf import Shelf

Holder = Literal["nation", "node"]

TEXTS: Final = ("configuration", "nation", "node", "metric", "group", "unit")
"""Columns of a score table that hold text."""

BITS: Final = (10, 12, 18, 22)
"""Bits for nation, node, metric and group in the one number by which a figure is known."""
SHIFTS: Final = (52, 40, 22, 0)
"""Where each of them begins."""

IN_MEMORY_BYTES: Final = 8 * 2**20
"""Values that a book keeps in memory; more go to a temporary file."""


class Key(NamedTuple):
    """Whose figure it is, and which."""

    configuration: str
    holder: str
    """Nation, or node."""
    metric: str
    group: str


class _Source(NamedTuple):
    """Where a block finds the values of one seed."""

    place: int
    """On the shelf."""
    n: int
    """How many are there."""
    which: NDArray[np.int64]
    """Which of them is that of each figure of the block, -1 if none is; shared by seeds that are alike."""


@dataclass(frozen=True, eq=False)
class Block:
    """All figures of one configuration; values are read when they are asked for."""

    names: list[tuple[str, str, str]]
    """Holder, metric and group of each figure, (n_figures,)."""
    places: dict[int, int]
    """Column of each seed, in the order in which the seeds were taken up."""
    shelf: Shelf
    sources: tuple[_Source, ...]
    """By seed."""

    def values(self, rows: NDArray[np.int64]) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
        """Values of some figures by seed, and whether a seed lacks them: both (n_rows, n_seeds).

        NaN where a figure is undefined, or a seed lacks it.
        """
        table = np.full((len(rows), len(self.sources)), np.nan)
        lacks = np.ones(table.shape, np.bool_)
        for column, (place, n, which) in enumerate(self.sources):
            has = which[rows] >= 0
            table[has, column] = self.shelf.get(place, n)[which[rows[has]]]
            lacks[has, column] = False
        return table, lacks

    def less(self, other: Block | None, rows: NDArray[np.int64]) -> NDArray[np.float64]:
        """Values of some figures less those of the other, (n_rows, n_seeds); NaN where the other has none."""
        if other is None:
            return np.full((len(rows), len(self.places)), np.nan)
        there = np.array([other.row_of.get(self.names[row], -1) for row in rows.tolist()], np.int64)
        columns = [other.places.get(seed, -1) for seed in self.places]
        reference = np.full((len(rows), len(other.places) + 1), np.nan)  # the last for what is not there
        reference[there >= 0, :-1] = other.values(there[there >= 0])[0]
        with np.errstate(invalid="ignore"):  # infinite less infinite is undefined
            return np.asarray(self.values(rows)[0] - reference[:, columns], np.float64)

    @cached_property
    def row_of(self) -> dict[tuple[str, str, str], int]:
        """Row of each figure."""
        return {name: row for row, name in enumerate(self.names)}


class BySeed(Mapping[int, float]):
    """Values of one figure by seed: a row of a block, read when a value is asked for."""

    __slots__ = ("_block", "_read", "_row")

    def __init__(self, block: Block, row: int) -> None:
        self._block, self._row = block, row
        self._read: tuple[NDArray[np.float64], NDArray[np.bool_]] | None = None

    def __getitem__(self, seed: int) -> float:
        place = self._block.places[seed]
        values, lacks = self._known
        if lacks[place]:
            raise KeyError(seed)
        return float(values[place])

    def __iter__(self) -> Iterator[int]:
        lacks = self._known[1]
        return (seed for seed, place in self._block.places.items() if not lacks[place])

    def __len__(self) -> int:
        return int(np.count_nonzero(~self._known[1]))

    def numbers(self) -> list[float]:
        """The values, in the order of the seeds."""
        values, lacks = self._known
        found: list[float] = values[~lacks].tolist()
        return found

    def less(self, other: BySeed) -> list[float]:
        """Value less that of the other, in the order of the seeds that have both."""
        return [value - other[seed] for seed, value in self.items() if seed in other]

    @property
    def _known(self) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
        """Values by seed, and which seeds lack one."""
        if self._read is None:
            values, lacks = self._block.values(np.array([self._row]))
            self._read = values[0], lacks[0]
        return self._read


class _Unit(NamedTuple):
    """What one table said of one configuration and seed."""

    figures: NDArray[np.int64]
    """Numbers of its figures; shared by tables that have the same."""
    place: int
    """Of its values on the shelf."""


class _Figure(NamedTuple):
    nation: str
    node: str
    metric: str
    group: str


class ScoreBook:
    """Score tables, taken up one after another."""

    def __init__(self) -> None:
        self._shelf = Shelf(IN_MEMORY_BYTES)
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
            self._take(configuration, int(seeds[begin]), self._figures_of(own, words), values[begin:end])

    def values(self, holder: Holder = "nation", nodes: Mapping[str, str] | None = None) -> dict[Key, BySeed]:
        """Values by seed of each figure.

        With ``nodes`` (nation -> node) those of the nation's node alone, or, by node, of all others.
        ValueError if two figures of a seed have one key.
        """
        found: dict[Key, BySeed] = {}
        for configuration, block in self.blocks(holder, nodes).items():
            for row, name in enumerate(block.names):
                found[Key(configuration, *name)] = BySeed(block, row)
        return found

    def blocks(self, holder: Holder = "nation", nodes: Mapping[str, str] | None = None) -> dict[str, Block]:
        """The same by configuration, as blocks; made once until a further table is taken up."""
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
        which: dict[int, NDArray[np.int64]] = {}
        for unit in _distinct(units):
            place_of = np.full(len(self._figures), -1, np.int64)
            place_of[unit.figures] = np.arange(len(unit.figures))
            which[id(unit.figures)] = place_of[named]
        sources = (_Source(u.place, len(u.figures), which[id(u.figures)]) for u in units.values())
        figures = [self._figures[number] for number in named.tolist()]
        names = [(f.nation if holder == "nation" else f.node, f.metric, f.group) for f in figures]
        places = {seed: place for place, seed in enumerate(units)}
        block = Block(names, places, self._shelf, tuple(sources))
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
            before = units[seed]
            figures = np.concatenate([before.figures, figures])
            values = np.concatenate([self._shelf.get(before.place, len(before.figures)), values])
        last = next(reversed(units.values()), None)
        if last is not None and np.array_equal(last.figures, figures):
            figures = last.figures
        else:
            self._check_once(configuration, seed, figures)
        units[seed] = _Unit(figures, self._shelf.put(values))

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
            seed = next(iter(BySeed(block, row)))
            raise ValueError(f"seed {seed} has two values of {(configuration, *name)}")
        seen.add(name)


def _distinct(units: Mapping[int, _Unit]) -> Iterable[_Unit]:
    """One unit for each array of figures."""
    return {id(unit.figures): unit for unit in units.values()}.values()


def _said(cell: str) -> str:
    """The text of a cell, without the quote that keeps it from being a formula."""
    return cell[1:] if cell.startswith("'") else cell
