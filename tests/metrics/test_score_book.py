"""A book of scores says what its rows say, whether it took them up as rows or from files."""

from __future__ import annotations

import math
import tracemalloc
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mda_sim.metrics.compare import interval, paired_difference, summarise
from mda_sim.metrics.score_book import Key, ScoreBook
from mda_sim.metrics.score_rows import ScoreRow, to_csv
from mda_sim.metrics.shelf import Shelf

NAMES = st.sampled_from(["a", "=b", "'c", "d,e", 'f"g', "+"])
ROWS = st.lists(
    st.builds(
        ScoreRow,
        configuration=st.sampled_from(["today", "direct"]),
        seed=st.integers(1, 3),
        nation=NAMES,
        node=st.just("centre"),
        metric=NAMES,
        group=NAMES,
        value=st.floats(-1e6, 1e6) | st.sampled_from([math.nan, math.inf]),
        unit=st.just("1"),
        n=st.integers(0, 9),
    ),
    unique_by=lambda row: (row.configuration, row.seed, row.nation, row.metric, row.group),
)


def row(
    seed: int, value: float, *, metric: str = "custody", node: str = "n", nation: str = "AAA"
) -> ScoreRow:
    return ScoreRow("today", seed, nation, node, metric, "all", value, "1", 5)


@settings(max_examples=40, deadline=None)
@given(ROWS)
def test_a_book_read_from_files_is_that_of_the_rows(
    tmp_path_factory: pytest.TempPathFactory, rows: list[ScoreRow]
) -> None:
    rows.sort(key=lambda one: (one.configuration, one.seed))
    path = tmp_path_factory.mktemp("book") / "scores.csv"
    to_csv(rows, path)
    read, made = ScoreBook(), ScoreBook.of_rows(rows)
    read.read(path)
    for book in (read, made):
        values = book.values()
        assert sum(map(len, values.values())) == len(rows)
        for one in rows:
            found = values[Key(one.configuration, one.nation, one.metric, one.group)][one.seed]
            assert found == one.value or (math.isnan(found) and math.isnan(one.value))
    assert repr(summarise(read, "today")) == repr(summarise(rows, "today"))


@settings(max_examples=60, deadline=None)
@given(ROWS)
def test_a_summary_is_made_of_intervals_and_paired_differences(rows: list[ScoreRow]) -> None:
    """Whatever seeds each configuration has, in whatever order."""
    values = ScoreBook.of_rows(rows).values()
    found = summarise(rows, "today")["configurations"]
    told = {
        Key(name, nation, metric, group): entry
        for name, nations in found.items()
        for nation, metrics in nations.items()
        for metric, groups in metrics.items()
        for group, entry in groups.items()
    }
    assert list(told) == sorted(values)
    for key, entry in told.items():
        expected = {**interval(values[key].numbers()), "unit": "1"}
        if key.configuration != "today":
            reference = values.get(key._replace(configuration="today"), {})
            expected["difference"] = paired_difference(values[key], reference)
        assert repr(entry) == repr(expected)


def test_what_is_taken_up_later_is_in_the_values(tmp_path: Path) -> None:
    book, key = ScoreBook.of_rows([row(1, 0.5)]), Key("today", "AAA", "custody", "all")
    assert dict(book.values()[key]) == {1: 0.5}
    to_csv([row(2, 0.25)], tmp_path / "scores.csv")
    book.read(tmp_path / "scores.csv")
    assert dict(book.values()[key]) == {1: 0.5, 2: 0.25}


def test_a_seed_without_a_figure_is_not_in_it() -> None:
    """Missing is not undefined: NaN is there, and a difference is over the seeds that both have."""
    book = ScoreBook.of_rows([row(1, 0.5), row(1, 2.0, metric="age"), row(2, math.nan), row(3, 0.7)])
    values = book.values()
    custody, age = (values[Key("today", "AAA", metric, "all")] for metric in ("custody", "age"))
    assert list(custody) == [1, 2, 3]
    assert list(age) == [1]
    assert (2 in age, len(age), age.get(3)) == (False, 1, None)
    assert age.numbers() == [2.0]
    assert custody.less(age) == [-1.5]
    assert age.less(custody) == [1.5]


def test_two_values_of_a_seed_are_refused(tmp_path: Path) -> None:
    to_csv([row(1, 0.5), row(1, 0.6)], tmp_path / "scores.csv")
    with pytest.raises(ValueError, match="seed 1 has two values"):
        ScoreBook().read(tmp_path / "scores.csv")
    one = ScoreBook.of_rows([row(1, 0.5)])
    to_csv([row(1, 0.6)], tmp_path / "scores.csv")
    with pytest.raises(ValueError, match="seed 1 has two values"):
        one.read(tmp_path / "scores.csv")


def test_another_header_is_refused(tmp_path: Path) -> None:
    (tmp_path / "scores.csv").write_text("seed,value\n1,2\n")
    with pytest.raises(ValueError, match=r"scores\.csv has columns"):
        ScoreBook().read(tmp_path / "scores.csv")


def test_rows_of_other_nodes_are_left_out_where_nodes_are_named(tmp_path: Path) -> None:
    rows = [row(1, 0.5), row(1, 0.9, node="other"), row(1, 0.3, nation="BBB", node="b")]
    to_csv(rows, tmp_path / "scores.csv")
    book = ScoreBook()
    book.read(tmp_path / "scores.csv", {"AAA": "n"})
    assert {key: dict(values) for key, values in book.values().items()} == {
        Key("today", "AAA", "custody", "all"): {1: 0.5}
    }
    whole = ScoreBook.of_rows(rows)
    assert [key.holder for key in whole.values("node", {"AAA": "n"})] == ["other"]
    assert whole.nations_of_nodes({"AAA": "n"}) == {"other": "AAA"}
    with pytest.raises(ValueError, match="has two values"):
        whole.values("nation")


@given(st.lists(st.lists(st.floats(), max_size=40), max_size=8), st.integers(0, 400))
def test_a_shelf_gives_back_what_was_put_on_it_wherever_it_lies(
    arrays: list[list[float]], most_bytes: int
) -> None:
    shelf = Shelf(most_bytes)
    places = [shelf.put(np.array(numbers, np.float64)) for numbers in arrays]
    for place, numbers in zip(places, arrays, strict=True):
        np.testing.assert_array_equal(shelf.get(place, len(numbers)), numbers)


def test_memory_does_not_grow_with_seeds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither that of the book nor that of its summary, which is the same made in pieces or at once."""
    monkeypatch.setattr("mda_sim.metrics.score_book.IN_MEMORY_BYTES", 2**12)
    monkeypatch.setattr("mda_sim.metrics.compare._PIECE", 2**9)
    drawn, most_bytes = np.random.default_rng(1), {}
    for n_seeds in (4, 64):
        tracemalloc.start()
        book = ScoreBook()
        for seed in range(n_seeds):
            to_csv([row(seed, drawn.normal(), metric=f"m{k}") for k in range(1_000)], tmp_path / "scores.csv")
            book.read(tmp_path / "scores.csv")
        in_pieces = summarise(book, "today")
        most_bytes[n_seeds] = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    assert most_bytes[64] < 1.1 * most_bytes[4]
    monkeypatch.undo()
    assert in_pieces == summarise(book, "today")


def test_tables_with_the_same_figures_share_their_numbers(tmp_path: Path) -> None:
    """So that a seed more costs its floats alone."""
    book = ScoreBook()
    for seed in (1, 2, 3):
        to_csv([row(seed, 0.1 * seed), row(seed, 2.0, metric="age")], tmp_path / "scores.csv")
        book.read(tmp_path / "scores.csv")
    assert len({id(unit.figures) for unit in book._units["today"].values()}) == 1
