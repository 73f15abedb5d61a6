"""Read a recording that is a table: CSV in one of the known dialects, or Parquet with the same columns.

Model: the file is read in blocks, so that memory is that of what is kept. Every data row becomes one row of
``Rows``. A CSV row with the wrong number of fields is MALFORMED; a quotation mark that is never closed would
swallow the rows behind it, so rows are counted against the lines of the file, and where fewer come out than
went in the file is read again with quotation marks as ordinary characters.

Assumptions and limits: at most ``ROWS_MAX`` rows. CSV may be packed (.gz, .zst, .bz2); blank lines are no
rows. A file that is not UTF-8 throughout is read as Latin-1, and says so.

Source: pyarrow's CSV reader (Apache Arrow documentation, "Reading and Writing CSV files").
Where next: ``recording`` calls ``read_csv`` and ``read_parquet``.
"""

from __future__ import annotations

import codecs
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from mda_sim.world.recorded.dialects import DELIMITERS, Dialect, known_headers, recognised, split_line
from mda_sim.world.recorded.rows import Raw, RecordingError, Rows, Rule, Texts, check_count
from mda_sim.world.recorded.values import numbers, times

_BLOCK_BYTES: Final = 1 << 24
_HEADER_BYTES: Final = 1 << 16
_SHOWN: Final = 120
_NO_SHIPS: Final = frozenset(
    {"base station", "aton", "sar airborne", "search and rescue transponder", "man overboard device"}
)
_CLASSES: Final = {"a": 1, "class a": 1, "b": 2, "class b": 2}


def read_csv(path: Path) -> Raw:
    """The recording in a CSV file. RecordingError if it is none."""
    header = _header(path)
    for delimiter in DELIMITERS:
        names = split_line(header, delimiter)
        found = recognised(names)
        if found is None:
            continue
        if any(names.count(name) > 1 for name in found[1].values()):
            raise RecordingError(f"two columns of one name in the header {_shown(header)}")
        return _read_csv(path, delimiter, *found)
    raise RecordingError(
        f"the first line {_shown(header)} names the columns of no known recording; expected {known_headers()}"
    )


def read_parquet(path: Path) -> Raw:
    """The recording in a Parquet file. RecordingError if it is none."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        with pq.ParquetFile(path) as file:
            found = recognised(file.schema_arrow.names)
            if found is None:
                shown = _shown(", ".join(file.schema_arrow.names))
                raise RecordingError(f"no known columns among {shown}; expected {known_headers()}")
            dialect, columns = found
            check_count(file.metadata.num_rows)
            texts = Texts()
            parts = [
                _rows({field: batch.column(name) for field, name in columns.items()}, dialect, texts)
                for batch in file.iter_batches(columns=list(columns.values()))
            ]
    except (pa.ArrowException, OSError) as error:
        raise RecordingError(f"cannot be read as Parquet: {_shown(str(error))}") from error
    return Raw(Rows.joined(parts), texts.all, f"Parquet, columns as in {dialect.name}")


def _header(path: Path) -> str:
    """The first line of a CSV file, without its end."""
    import pyarrow as pa

    try:
        with pa.input_stream(path, compression="detect") as stream:
            start = stream.read(_HEADER_BYTES)
    except (pa.ArrowException, OSError) as error:
        raise RecordingError(f"cannot be read: {_shown(str(error))}") from error
    line = start.lstrip(b"\r\n").split(b"\n")[0].rstrip(b"\r")
    if not line:
        raise RecordingError("the file is empty")
    try:
        return str(line, "utf-8-sig")
    except UnicodeDecodeError as error:
        raise RecordingError("the first line is not UTF-8 text: this is no CSV file") from error


def _read_csv(path: Path, delimiter: str, dialect: Dialect, columns: Mapping[str, str]) -> Raw:
    import pyarrow as pa

    said = f"CSV, columns as in {dialect.name}" + (f", parted by {delimiter!r}" if delimiter != "," else "")
    try:
        n_lines = _count_lines(path) - 1
        check_count(n_lines)
        encoding = _encoding(path)
        remarks = [] if encoding == "utf-8" else ["not UTF-8 text throughout: read as Latin-1"]
        raw = _parsed(path, encoding, delimiter, dialect, columns, quotes=True)
        if raw is None or len(raw[0]) != n_lines:
            raw = _parsed(path, encoding, delimiter, dialect, columns, quotes=False)
            remarks.append("a quotation mark is not closed: they are read as ordinary characters")
    except (pa.ArrowException, OSError) as error:
        raise RecordingError(f"cannot be read as CSV: {_shown(str(error))}") from error
    if raw is None or len(raw[0]) != n_lines:
        raise RecordingError(f"of {n_lines:,} lines that are not blank some cannot be told apart as rows")
    return Raw(*raw, said, tuple(remarks))


def _parsed(
    path: Path, encoding: str, delimiter: str, dialect: Dialect, columns: Mapping[str, str], *, quotes: bool
) -> tuple[Rows, list[str]] | None:
    """All rows of a CSV file and their texts; None if quotation marks get in the way."""
    import pyarrow as pa
    import pyarrow.csv as arrow_csv

    malformed: list[int] = []

    def skip(row: Any) -> str:
        malformed.append(row.number)
        return "skip"

    options = {
        "read_options": arrow_csv.ReadOptions(use_threads=False, block_size=_BLOCK_BYTES),
        "parse_options": arrow_csv.ParseOptions(
            delimiter=delimiter, quote_char='"' if quotes else False, invalid_row_handler=skip
        ),
        "convert_options": arrow_csv.ConvertOptions(
            column_types=dict.fromkeys(columns.values(), pa.string()),
            include_columns=list(columns.values()),
            strings_can_be_null=False,
        ),
    }
    texts = Texts()
    parts = []
    try:
        with (
            pa.input_stream(path, compression="detect") as stream,
            pa.transcoding_input_stream(stream, encoding, "utf-8") as text,
            arrow_csv.open_csv(text, **options) as batches,
        ):
            for batch in batches:
                cells = {field: batch.column(name) for field, name in columns.items()}
                parts.append(_rows(cells, dialect, texts, decimal_comma=delimiter != ","))
    except pa.ArrowInvalid:
        if quotes:
            return None
        raise
    return _with_malformed(Rows.joined(parts), malformed), texts.all


def _with_malformed(rows: Rows, malformed: Sequence[int]) -> Rows:
    """Rows with the malformed ones among them, in the order of the file; numbers count the header as row
    1.
    """
    if not malformed:
        return rows
    every = Rows.joined([rows, Rows.unusable(len(malformed), Rule.MALFORMED)])
    is_malformed = np.zeros(len(every), np.bool_)
    is_malformed[np.asarray(malformed, np.int64) - 2] = True
    order = np.empty(len(every), np.int64)
    order[~is_malformed] = np.arange(len(rows))
    order[is_malformed] = np.arange(len(rows), len(every))
    return every.take(order)


def _rows(cells: Mapping[str, Any], dialect: Dialect, texts: Texts, *, decimal_comma: bool = False) -> Rows:
    """One row for each row of the columns (pyarrow arrays by field)."""
    count = len(cells["mmsi"])
    t_us, zoned = times(cells["time"], day_first=dialect.day_first)
    number = {
        field: numbers(cells[field], decimal_comma=decimal_comma)
        if field in cells
        else np.full(count, np.nan)
        for field in ("mmsi", "lat", "lon", "sog", "length")
    }
    kind = [text.strip().lower() for text in _words(cells.get("transponder"))]
    codes = _codes(cells.get("transponder"), count)
    ais = np.array([*(_CLASSES.get(text, 0) for text in kind), 0], np.uint8)
    no_ship = np.array([*(text in _NO_SHIPS for text in kind), False])
    return Rows(
        rule=np.zeros(count, np.uint8),
        mmsi=_whole(number["mmsi"]),
        t_us=t_us,
        zoned=zoned,
        lat_deg=number["lat"],
        lon_deg=number["lon"],
        sog_kn=number["sog"],
        ais=ais[codes],
        no_ship=no_ship[codes],
        length_m=number["length"],
        name=_placed(cells.get("name"), count, texts),
        type=_placed(cells.get("type"), count, texts),
    )


def _whole(number: NDArray[np.float64]) -> NDArray[np.int64]:
    """Whole numbers from 0 to ten digits; -1 for others."""
    fits = np.isfinite(number) & (number >= 0) & (number < 1e10) & (number == np.floor(number))
    return np.where(fits, np.where(fits, number, 0.0), -1.0).astype(np.int64)


def _words(column: Any) -> list[str]:
    """The different values of a column as texts, in the order of ``_codes``."""
    return [] if column is None else [_text(value) for value in _encoded(column).dictionary.to_pylist()]


def _codes(column: Any, count: int) -> NDArray[np.int64]:
    """For each row the place of its value in ``_words``; -1 for none."""
    if column is None:
        return np.full(count, -1, np.int64)
    indices = _encoded(column).indices.fill_null(-1)
    return np.asarray(indices.to_numpy(zero_copy_only=False), np.int64)


def _encoded(column: Any) -> Any:
    import pyarrow as pa

    return column if pa.types.is_dictionary(column.type) else column.dictionary_encode()


def _text(value: Any) -> str:
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return "" if value is None else str(value)


def _placed(column: Any, count: int, texts: Texts) -> NDArray[np.int32]:
    """For each row the place of its value among the texts; -1 for none."""
    places = [texts.place(text) for text in _words(column)]
    return np.array([*places, -1], np.int32)[_codes(column, count)]


def _count_lines(path: Path) -> int:
    """Lines of a text file that are not blank."""
    import pyarrow as pa

    count, last = 0, 10
    with pa.input_stream(path, compression="detect") as stream:
        for block in _blocks(stream):
            joined = np.concatenate([np.array([last], np.uint8), np.frombuffer(block, np.uint8)])
            is_end = (joined == 10) | (joined == 13)
            count += int((is_end[:-1] & ~is_end[1:]).sum())
            last = int(joined[-1])
    return count


def _encoding(path: Path) -> str:
    """What a text file is read as: UTF-8 if all of it is, else Latin-1, where any byte is a character."""
    import pyarrow as pa

    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        with pa.input_stream(path, compression="detect") as stream:
            for block in _blocks(stream):
                decoder.decode(block)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return "latin-1"
    return "utf-8"


def _blocks(stream: Any) -> Iterator[bytes]:
    while block := stream.read(_BLOCK_BYTES):
        yield block


def _shown(text: str) -> str:
    return repr(text if len(text) <= _SHOWN else f"{text[: _SHOWN - 3]}...")
