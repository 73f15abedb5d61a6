"""Tables: schema, digest, and files that are whole or not there."""

from __future__ import annotations

import pickle
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mda_sim.core.errors import DigestMismatch, ShapeError
from mda_sim.core.table import Column, Schema, Table, read_parquet, write_parquet

FISH = Schema(
    "fish",
    (
        Column("pond", "u2", "which pond", names="ponds"),
        Column("t_us", "i8", "when [us]"),
        Column("mass_kg", "f4", "how heavy [kg]"),
    ),
    sort=("pond", "t_us"),
)


@pytest.fixture
def fish() -> Table:
    columns = {"pond": [0, 0, 1], "t_us": [5, 2**61, 1], "mass_kg": [0.5, np.nan, 1.5]}
    return Table.of(FISH, columns, {"ponds": ["north", "south"]})


def test_a_table_reads_back_equal_from_its_file(fish: Table, tmp_path: Path) -> None:
    write_parquet(fish, tmp_path / "fish.parquet")
    back = read_parquet(FISH, tmp_path / "fish.parquet")
    assert back.digest() == fish.digest()
    assert {name: back[name].dtype for name in back.columns} == {
        name: fish[name].dtype for name in fish.columns
    }
    assert back.meta == {"ponds": ["north", "south"]}


def test_the_same_table_gives_the_same_file_bytes(fish: Table, tmp_path: Path) -> None:
    write_parquet(fish, tmp_path / "a.parquet")
    write_parquet(fish, tmp_path / "b.parquet")
    assert (tmp_path / "a.parquet").read_bytes() == (tmp_path / "b.parquet").read_bytes()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.parquet", "b.parquet"]


@pytest.mark.parametrize(
    "change",
    [
        lambda c, m: ({**c, "t_us": [5, 2**61, 2]}, m),
        lambda c, m: ({**c, "mass_kg": [0.5, np.nan, 1.25]}, m),
        lambda c, m: (c, {"ponds": ["north", "west"]}),
        lambda c, m: ({name: values[:2] for name, values in c.items()}, m),
    ],
)
def test_any_change_changes_the_digest(fish: Table, change) -> None:  # type: ignore[no-untyped-def]
    columns, meta = change({name: fish[name].tolist() for name in fish.columns}, dict(fish.meta))
    assert Table.of(FISH, columns, meta).digest() != fish.digest()


def test_the_digest_does_not_depend_on_memory_layout(fish: Table) -> None:
    strided = np.arange(6, dtype="i8")[::2]
    a = Table.of(FISH, {"pond": [0, 0, 0], "t_us": strided, "mass_kg": [1, 1, 1]})
    b = Table.of(FISH, {"pond": [0, 0, 0], "t_us": [0, 2, 4], "mass_kg": [1, 1, 1]})
    assert a.digest() == b.digest()


def test_a_file_changed_after_writing_is_refused(fish: Table, tmp_path: Path) -> None:
    path = tmp_path / "fish.parquet"
    write_parquet(fish, path)
    stored = pq.read_table(path)
    forged = stored.set_column(1, stored.schema.field(1), pa.array([6, 2**61, 1], pa.int64()))
    pq.write_table(forged, path)
    with pytest.raises(DigestMismatch, match="changed after it was written"):
        read_parquet(FISH, path)


def test_a_file_of_another_table_is_refused(fish: Table, tmp_path: Path) -> None:
    write_parquet(fish, tmp_path / "fish.parquet")
    other = Schema("birds", FISH.columns)
    with pytest.raises(DigestMismatch, match="holds 'fish', expected table 'birds'"):
        read_parquet(other, tmp_path / "fish.parquet")


@pytest.mark.parametrize("others", [["now", "then", "never"], [1, None, 3]])
def test_a_file_with_something_else_in_place_of_numbers_is_refused(
    fish: Table, tmp_path: Path, others: list[object]
) -> None:
    write_parquet(fish, tmp_path / "fish.parquet")
    stored = pq.read_table(tmp_path / "fish.parquet")
    forged = stored.set_column(1, "t_us", pa.array(others))
    pq.write_table(forged.replace_schema_metadata(stored.schema.metadata), tmp_path / "forged.parquet")
    with pytest.raises(DigestMismatch, match=r"without a number in t_us"):
        read_parquet(FISH, tmp_path / "forged.parquet")


FLAGS = Schema("flags", tuple(Column(dtype, dtype, "any") for dtype in ("?", "u1", "i8", "f4", "f8", "u2")))


@given(st.lists(st.integers(0, 255), max_size=40), st.integers(1, 9))
def test_every_kind_of_column_is_what_arrow_itself_would_store(values: list[int], group: int) -> None:
    table = Table.of(FLAGS, {column.name: np.array(values, "i8") % 101 for column in FLAGS.columns})
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        patch.setattr("mda_sim.core.table.ROW_GROUP", group)
        write_parquet(table, Path(folder) / "flags.parquet")
        stored = pq.read_table(Path(folder) / "flags.parquet")
        for column in FLAGS.columns:
            assert stored[column.name].to_pylist() == table[column.name].tolist()
        assert read_parquet(FLAGS, Path(folder) / "flags.parquet").digest() == table.digest()


def test_files_of_tables_do_without_pandas(tmp_path: Path) -> None:
    program = (
        "import sys; from pathlib import Path; "
        "from mda_sim.core.table import Column, Schema, Table, read_parquet, write_parquet; "
        "fish = Schema('fish', (Column('t_us', 'i8', 'when'),)); path = Path(sys.argv[1]); "
        "write_parquet(Table.of(fish, {'t_us': [1, 2]}), path); read_parquet(fish, path); "
        "sys.exit('pandas' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", program, tmp_path / "fish.parquet"], check=False)
    assert done.returncode == 0


def test_columns_are_read_only_and_do_not_freeze_the_caller(fish: Table) -> None:
    mine = np.zeros(1, "i8")
    table = Table.of(FISH, {"pond": [0], "t_us": mine, "mass_kg": [1]})
    with pytest.raises(ValueError, match="read-only"):
        table["t_us"][0] = 1
    mine[0] = 3  # the caller's own array stays writeable


def test_wrong_columns_and_unequal_lengths_are_refused() -> None:
    with pytest.raises(ShapeError, match="mass_kg"):
        Table.of(FISH, {"pond": [0], "t_us": [0]})
    with pytest.raises(ShapeError, match="differ in length"):
        Table.of(FISH, {"pond": [0], "t_us": [0, 1], "mass_kg": [1]})


def test_an_empty_table_has_the_right_columns_and_survives_a_file(tmp_path: Path) -> None:
    empty = Table.empty(FISH)
    assert len(empty) == 0
    assert empty["t_us"].dtype == np.dtype("i8")
    write_parquet(empty, tmp_path / "empty.parquet")
    assert read_parquet(FISH, tmp_path / "empty.parquet").digest() == empty.digest()


def test_tables_cross_process_borders(fish: Table) -> None:
    assert pickle.loads(pickle.dumps(fish)).digest() == fish.digest()


def test_sorting_is_seen(fish: Table) -> None:
    assert fish.is_sorted()
    assert not fish.take([2, 0, 1]).is_sorted()


def test_offsets_are_the_first_row_of_each_id_and_are_kept() -> None:
    table = Table.of(Schema("t", (Column("id", "u4", "an id"),), ("id",)), {"id": [1, 1, 3]})
    assert table.offsets("id", 4).tolist() == [0, 0, 2, 2, 3]
    assert table.offsets("id", 4) is table.offsets("id", 4)
    assert table.offsets("id", 2).tolist() == [0, 0, 2]
