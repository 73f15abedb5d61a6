"""Tables: columns of equal length with a fixed schema, a digest and one Parquet writer.

Layers hand columns to each other, never objects. The digest is SHA-256 over the schema and the column
buffers, so it does not depend on how a file was written. Files are written whole or not at all, with fixed
row groups and no times or paths in them. Where next: ``records.py`` holds the schemas of the logs.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mda_sim.core.errors import DigestMismatch, ShapeError

if TYPE_CHECKING:
    import pyarrow as pa

ROW_GROUP: Final = 1 << 20


@dataclass(frozen=True)
class Column:
    """One column: its name (with unit), dtype as numpy spells it, and what it holds.

    ``names`` is the key in the table's metadata whose list turns the column's dense ids into names.
    """

    name: str
    dtype: str
    doc: str
    names: str = ""


@dataclass(frozen=True)
class Schema:
    """Columns of a table and the columns that its rows are sorted by."""

    name: str
    columns: tuple[Column, ...]
    sort: tuple[str, ...] = ()

    def column(self, name: str) -> Column:
        """The column called ``name``; KeyError if there is none."""
        for column in self.columns:
            if column.name == name:
                return column
        raise KeyError(f"table '{self.name}' has no column '{name}'")


@dataclass(frozen=True, eq=False)
class Table:
    """Read-only columns that follow a schema. ``meta`` is plain data that travels with the table."""

    schema: Schema
    columns: Mapping[str, NDArray[Any]]
    meta: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def of(
        cls, schema: Schema, columns: Mapping[str, ArrayLike], meta: Mapping[str, Any] | None = None
    ) -> Table:
        """Build a table, casting each column to its dtype; ShapeError for a missing, extra or unequal one."""
        wanted = [column.name for column in schema.columns]
        if set(wanted) != set(columns):
            raise ShapeError(f"table '{schema.name}' has columns {wanted}, got {sorted(columns)}")
        arrays: dict[str, NDArray[Any]] = {}
        for column in schema.columns:
            array = np.ascontiguousarray(columns[column.name], dtype=np.dtype(column.dtype))
            if array.base is not None or array is columns[column.name]:
                array = array.view()
            array.flags.writeable = False
            arrays[column.name] = array
        lengths = {name: len(array) for name, array in arrays.items()}
        if len(set(lengths.values())) > 1:
            raise ShapeError(f"columns of table '{schema.name}' differ in length: {lengths}")
        return cls(schema, MappingProxyType(arrays), MappingProxyType(dict(meta or {})))

    @classmethod
    def empty(cls, schema: Schema, meta: Mapping[str, Any] | None = None) -> Table:
        """A table without rows, with the right columns and dtypes."""
        return cls.of(schema, {column.name: () for column in schema.columns}, meta)

    def __len__(self) -> int:
        return len(next(iter(self.columns.values())))

    def __getitem__(self, name: str) -> NDArray[Any]:
        return self.columns[name]

    def __repr__(self) -> str:
        return f"<Table {self.schema.name}: {len(self):,} rows x {len(self.columns)} columns>"

    def __reduce__(self) -> tuple[Any, ...]:
        return (Table.of, (self.schema, dict(self.columns), dict(self.meta)))

    def to_pandas(self) -> Any:
        """A ``pandas.DataFrame``, ids that have names as categories; needs pandas (extra ``notebook``)."""
        import pandas as pd

        return pd.DataFrame({column.name: self._named(column) for column in self.schema.columns})

    def _named(self, column: Column) -> Any:
        """A column, by name where it has names; missing where an id is of none."""
        import pandas as pd

        array = self.columns[column.name]
        names = list(self.meta.get(column.names, ())) if column.names else []
        if not names:
            return array
        codes = array.astype(np.int64)
        return pd.Categorical.from_codes(np.where(codes < len(names), codes, -1), names)

    def take(self, rows: ArrayLike) -> Table:
        """The table of the given rows (indices or a mask), in that order."""
        chosen = np.asarray(rows)
        return Table.of(self.schema, {name: array[chosen] for name, array in self.columns.items()}, self.meta)

    def is_sorted(self) -> bool:
        """Whether the rows follow the schema's sort order."""
        keys = [self.columns[name] for name in self.schema.sort]
        if not keys or len(self) < 2:
            return True
        order = np.lexsort(keys[::-1])
        return bool((order == np.arange(len(self))).all())

    def offsets(self, name: str, n: int) -> NDArray[np.int64]:
        """First row of each id below ``n`` in the column ``name``, which rises, and the number of rows of all
        of them, (n + 1,); computed once, not to be written to.
        """
        if (name, n) not in self._offsets:
            column = self.columns[name]
            ids = np.arange(n + 1, dtype=column.dtype)
            self._offsets[name, n] = np.searchsorted(column, ids).astype(np.int64)
        return self._offsets[name, n]

    @cached_property
    def _offsets(self) -> dict[tuple[str, int], NDArray[np.int64]]:
        return {}

    def digest(self) -> str:
        """SHA-256 over schema, metadata and column buffers (little-endian); computed once."""
        return self._digest

    @cached_property
    def _digest(self) -> str:
        digest = hashlib.sha256(json.dumps([self.schema.name, _plain(self.meta)], sort_keys=True).encode())
        for column in self.schema.columns:
            array = self.columns[column.name]
            digest.update(f"\x1e{column.name}\x1f{column.dtype}\x1f{len(array)}".encode())
            digest.update(array.astype(array.dtype.newbyteorder("<"), copy=False).view(np.uint8).data)
        return digest.hexdigest()


def write_parquet(table: Table, path: Path) -> None:
    """Write a table to one Parquet file, whole or not at all."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    arrays = [_to_arrow(table[column.name]) for column in table.schema.columns]
    header = {"schema": table.schema.name, "digest": table.digest(), "meta": _plain(table.meta)}
    schema = pa.schema(
        [pa.field(c.name, a.type, nullable=False) for c, a in zip(table.schema.columns, arrays, strict=True)],
        metadata={"mda_sim": json.dumps(header, sort_keys=True)},
    )
    partial = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        pq.write_table(
            pa.Table.from_arrays(arrays, schema=schema),
            partial,
            compression="zstd",
            row_group_size=ROW_GROUP,
            use_dictionary=[column.name for column in table.schema.columns if column.names],
        )
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


def read_parquet(schema: Schema, path: Path) -> Table:
    """Read a table that ``write_parquet`` wrote; DigestMismatch if it is another table or was changed."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        with pq.ParquetFile(path) as file:
            stored = file.read()
    except pa.ArrowInvalid as error:
        raise DigestMismatch(f"{path} is not a Parquet file that can be read: {error}") from error
    header = json.loads((stored.schema.metadata or {}).get(b"mda_sim", b"{}"))
    if header.get("schema") != schema.name:
        raise DigestMismatch(f"{path} holds '{header.get('schema')}', expected table '{schema.name}'")
    missing = [column.name for column in schema.columns if column.name not in stored.column_names]
    if missing:
        raise DigestMismatch(f"{path} has no column {', '.join(missing)}; another version wrote it")
    strange = [c.name for c in schema.columns if not _is_whole(stored[c.name])]
    if strange:
        raise DigestMismatch(
            f"{path} has rows without a number in {', '.join(strange)}; another program wrote it"
        )
    columns = {column.name: _from_arrow(stored[column.name]) for column in schema.columns}
    table = Table.of(schema, columns, header.get("meta"))
    if table.digest() != header.get("digest"):
        raise DigestMismatch(f"{path} was changed after it was written; run the scenario again")
    return table


def _is_whole(column: pa.ChunkedArray) -> bool:
    """Whether a column holds a number or a truth value in every row."""
    import pyarrow as pa

    kind = column.type
    is_number = pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_boolean(kind)
    return bool(is_number and column.null_count == 0)


def _to_arrow(array: NDArray[Any]) -> pa.Array:
    """A column as Arrow holds it; ``pyarrow.array`` would load pandas, half a second, to look at it."""
    import pyarrow as pa

    held = np.packbits(array, bitorder="little") if array.dtype == np.bool_ else array
    kind = pa.from_numpy_dtype(array.dtype)
    return pa.Array.from_buffers(kind, len(array), [None, pa.py_buffer(held)])


def _from_arrow(column: pa.ChunkedArray) -> NDArray[Any]:
    """A column of numbers, none of them missing, as numpy holds it; without pandas, as ``_to_arrow``."""
    import pyarrow as pa

    held = column.combine_chunks()
    if not pa.types.is_boolean(held.type):
        return np.from_dlpack(held)
    bits = np.frombuffer(held.buffers()[1], np.uint8)
    past = held.offset + len(held)
    return np.unpackbits(bits, count=past, bitorder="little")[held.offset :].view(np.bool_)


def _plain(value: Any) -> Any:
    """Metadata as JSON can hold it."""
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [_plain(item) for item in value]
    return value
