"""Rows of Parquet files, a few megabytes at a time; written anew with the same schema.

Values that stay are copied in Arrow's own form: nothing is lost by passing through text.
"""

import base64
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from dsar.adapters.files.files_settings import FileCollection
from dsar.adapters.files.form import (
    Alter,
    Data,
    FileRow,
    RefusedError,
    malformed,
    no_column,
    unreadable,
)
from dsar.adapters.json_values import plain
from dsar.sdk import NeedsHuman

#: What one batch of rows may take in memory, by the file's own account.
_BATCH_BYTES = 8 * 1024 * 1024
_BATCH_ROWS = 1_000
#: The most bytes a single row may take; larger ones are refused rather than held in memory.
_ROW_LIMIT = 16 * 1024 * 1024


def rows(path: Path, declared: FileCollection) -> Iterator[FileRow]:
    """Every row; its line is its place in the file, from 1."""
    with _opened(path, declared) as source:
        line = 0
        for batch in _batches(path, source):
            for data in _values(batch):
                line += 1
                yield FileRow(line, "", data)


def write(path: Path, target: BinaryIO, declared: FileCollection, alter: Alter) -> None:
    """The file as `alter` changes it, with its schema, metadata, compression, row groups."""
    with _opened(path, declared) as source:
        schema = source.schema_arrow
        with pq.ParquetWriter(target, schema, compression=_compression(source.metadata)) as writer:
            line = 0
            for batch in _batches(path, source):
                changed = _changed(batch, schema, alter, line)
                line += batch.num_rows
                if changed.num_rows:
                    writer.write_batch(changed)


@contextmanager
def _opened(path: Path, declared: FileCollection) -> Iterator[pq.ParquetFile]:
    try:
        with unreadable(path), pq.ParquetFile(path, pre_buffer=False) as source:
            _refuse_strange_columns(path, source.schema_arrow.names, declared)
            yield source
    except (pa.ArrowException, ValueError, OverflowError, OSError):  # Arrow's own OSError
        raise NeedsHuman(
            f"{path.name} is not Parquet, is encrypted, or is damaged. Restore it, then try again.",
            code="unreadable",
        ) from None


def _refuse_strange_columns(path: Path, names: list[str], declared: FileCollection) -> None:
    if len(set(names)) < len(names):
        raise malformed(path.name, 1, "two columns have one name")
    for column in declared.named():
        if column not in names and column.partition(".")[0] not in names:
            raise no_column(path.name, column)


def _batches(path: Path, source: pq.ParquetFile) -> Iterator[pa.RecordBatch]:
    """The rows in batches that end where a row group does, each of bounded size."""
    for group in range(source.num_row_groups):
        held = source.metadata.row_group(group)
        row_bytes = held.total_byte_size // max(1, held.num_rows)
        if row_bytes > _ROW_LIMIT:
            raise malformed(path.name, 1, f"rows are longer than {_ROW_LIMIT:,} bytes")
        size = max(1, min(_BATCH_ROWS, _BATCH_BYTES // max(1, row_bytes)))
        yield from source.iter_batches(size, row_groups=[group])


def _values(batch: pa.RecordBatch) -> list[Data]:
    columns = {name: _readable(batch.column(name)).to_pylist() for name in batch.schema.names}
    return [
        {name: plain(values[place]) for name, values in columns.items()}
        for place in range(batch.num_rows)
    ]


def _readable(column: pa.Array) -> pa.Array:
    """Python's times know no nanoseconds: such columns are read as text."""
    kind = column.type
    exact = (pa.types.is_timestamp(kind) or pa.types.is_time64(kind)) and kind.unit == "ns"
    return pc.cast(column, pa.string()) if exact else column


def _compression(metadata: pq.FileMetaData) -> dict[str, str] | str:
    if not metadata.num_row_groups:
        return "snappy"
    group = metadata.row_group(0)
    columns = (group.column(place) for place in range(group.num_columns))
    names = {one.path_in_schema: one.compression.lower() for one in columns}
    return {path: "none" if name == "uncompressed" else name for path, name in names.items()}


def _changed(batch: pa.RecordBatch, schema: pa.Schema, alter: Alter, before: int) -> pa.RecordBatch:
    """The batch without the rows that go, and with the new values of those that change."""
    kept: list[int] = []
    new: dict[str, dict[int, pa.Array]] = {name: {} for name in schema.names}
    for place, old in enumerate(_values(batch)):
        made: dict[str, pa.Array] = {}
        row = FileRow(before + place + 1, "", old)
        data = alter(row, partial(_fit, schema, old, made))
        if data is None:
            continue
        for name, value in made.items():
            new[name][len(kept)] = value
        kept.append(place)
    if len(kept) == batch.num_rows and not any(new.values()):
        return batch
    columns = [_column(batch.column(name), kept, new[name]) for name in schema.names]
    return pa.RecordBatch.from_arrays(columns, schema=schema)


def _column(column: pa.Array, kept: Sequence[int], new: Mapping[int, pa.Array]) -> pa.Array:
    """The rows kept of a column, some of them with another value."""
    places = list(kept)
    for extra, place in enumerate(new):
        places[place] = len(column) + extra
    whole = pa.concat_arrays([column, *new.values()])
    return whole.take(pa.array(places, type=pa.int64()))


def _fit(schema: pa.Schema, old: Data, made: dict[str, pa.Array], data: Data) -> None:
    """Adds to `made` the values that differ, each as an array of one in its column's type."""
    for name, value in data.items():
        if value == old[name]:
            continue
        field = schema.field(name)
        if value is None and not field.nullable:
            raise RefusedError(f"Column {name} cannot be empty. Give a value, or declare a mask.")
        try:
            made[name] = _array(value, field.type)
        except (pa.ArrowException, ValueError, TypeError, OverflowError):
            raise RefusedError(
                f"The value does not fit column {name} ({field.type}). Correct the value."
            ) from None


def _array(value: Any, kind: pa.DataType) -> pa.Array:
    if pa.types.is_dictionary(kind):
        return _array(value, kind.value_type).cast(kind)
    if not isinstance(value, str) or pa.types.is_string(kind) or pa.types.is_large_string(kind):
        return pa.array([value], type=kind)
    if pa.types.is_binary(kind) or pa.types.is_large_binary(kind):
        return pa.array([base64.b64decode(value, validate=True)], type=kind)
    return pa.array([value]).cast(kind)
