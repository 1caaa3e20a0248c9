"""Reading files that anybody may have made: every size is capped, every type checked, nothing in them is run.

Parquet is read by pyarrow alone. What pandas or Arrow left in a file's metadata is dropped, and a column of a type
of somebody's own (an extension type) is refused, not loaded: nothing is unpickled, nothing is evaluated.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from ringbench.errors import UnreadableSessionError
from ringbench.text import one_line, printable

_OURS = b"ringbench."
"""Keys of a file's metadata that are kept. What pandas and arrow left there describes how to build objects."""

MAX_COLUMNS = 1000
MAX_ELEMENTS = 16
"""Of a row's list, in the mean."""
MAX_UNPACKED_BYTES = 4 << 30
"""Of a parquet file, all columns, as its footer says. 50 million events of 64 bytes are 3.2 GB."""
_FIRST_UNSURE = {pa.float16(): 1 << 11, pa.float32(): 1 << 24, pa.float64(): 1 << 53}
"""The lowest number of each type that stands for more than one integer."""
MAX_TEXT_BYTES = 256 << 20
"""Of one column of text once its dictionary is expanded: a file of a few kB can ask for terabytes."""


@contextmanager
def reading(path: Path) -> Iterator[None]:
    """Turn what a damaged file makes a reader raise into UnreadableSessionError: one line, the file and what was
    seen.
    """
    try:
        yield
    except (pa.ArrowException, OSError, ValueError, TypeError, LookupError, ArithmeticError, MemoryError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error) or type(error).__name__
        raise unreadable(path, one_line(reason)) from error
    except RecursionError as error:
        raise unreadable(path, "nested too deeply") from error


def unreadable(path: Path, seen: str) -> UnreadableSessionError:
    """Return the error for *path*, saying what was *seen* there."""
    return UnreadableSessionError(f"cannot read {printable(str(path))}: {seen}")


def open_regular(path: Path, max_bytes: int | None = None) -> BinaryIO:
    """Open *path* for reading if it is a regular file of at most *max_bytes*; else raise ValueError or OSError.

    A pipe would wait for its writer for ever, a device never ends.
    """
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    status = os.fstat(descriptor)
    if stat.S_ISREG(status.st_mode) and (max_bytes is None or status.st_size <= max_bytes):
        return os.fdopen(descriptor, "rb")
    os.close(descriptor)
    if stat.S_ISREG(status.st_mode):
        raise ValueError(f"{status.st_size} bytes, more than the {max_bytes} that are credible")
    raise ValueError("not a regular file")


def opened(
    file: BinaryIO, names: Collection[str] | None, max_rows: int
) -> tuple[pq.FileMetaData, pq.ParquetFile, list[str]]:
    """Return the footer of an open parquet *file*, its reader, and which of the columns *names* it has (None: all).

    Text and bytes are read as dictionaries. Raises ValueError, and what pyarrow raises, for what is not parquet, or
    absurdly large, for a column that is there twice and, among the columns to be read, for extension types and for
    nested ones, lists of text aside.
    """
    footer = pq.read_metadata(file)
    if footer.num_rows > max_rows or footer.num_columns > MAX_COLUMNS:
        raise ValueError(f"{footer.num_rows} rows of {footer.num_columns} columns are not credible")
    leaves = [footer.schema.column(leaf) for leaf in range(footer.num_columns)]
    if (values := _most_values(footer)) > MAX_ELEMENTS * max_rows:
        raise ValueError(f"{values} values in a column are not credible")
    texts = [leaf.path for leaf in leaves if leaf.physical_type == "BYTE_ARRAY"]
    file.seek(0)
    parquet = pq.ParquetFile(file, read_dictionary=texts, page_checksum_verification=True)
    wanted = [field for field in parquet.schema_arrow if names is None or field.name in names]
    for field in wanted:
        _check_flat(field)
    columns = [field.name for field in wanted]
    if len(set(columns)) < len(columns):
        raise ValueError("a column is there twice")
    return footer, parquet, columns


def _most_values(footer: pq.FileMetaData) -> int:
    """Return how many values the longest column has; elements of lists count each."""
    groups = [footer.row_group(group) for group in range(footer.num_row_groups)]
    return max(
        (sum(group.column(leaf).num_values for group in groups) for leaf in range(footer.num_columns)), default=0
    )


def unpacked_bytes(footer: pq.FileMetaData) -> list[int]:
    """Return the bytes of each row group, all its columns, unpacked, as the *footer* says."""
    return [footer.row_group(group).total_byte_size for group in range(footer.num_row_groups)]


def read_table(path: Path, names: Collection[str] | None, max_rows: int) -> pa.Table:
    """Return the columns *names* of a parquet file, those that it has (None: all), text and bytes as dictionaries.

    Raises UnreadableSessionError for what :func:`opened` refuses, and for a file that is truncated.
    """
    with reading(path), open_regular(path) as file:
        footer, parquet, columns = opened(file, names, max_rows)
        if (unpacked := sum(unpacked_bytes(footer))) > MAX_UNPACKED_BYTES:
            raise ValueError(f"{unpacked} bytes unpacked are not credible")
        table = parquet.read(columns=columns, use_threads=False)
        metadata = table.schema.metadata or {}
        if table.num_rows != footer.num_rows:
            raise ValueError(f"{table.num_rows} rows where {footer.num_rows} were announced")
        table.validate(full=True)  # UTF-8 and dictionary indices, which arrow otherwise takes on trust
        return table.replace_schema_metadata({key: value for key, value in metadata.items() if key.startswith(_OURS)})


def conform(
    table: pa.Table, schema: pa.Schema, required: Collection[str], path: Path, *, exact: bool = False
) -> pa.Table:
    """Return *table* with exactly the columns of *schema*; one that is not *required* and not there becomes null.

    Integers of any width fit an integer column if every value does, numbers fit a float, dictionaries their values.
    Floats fit an integer column if every one is whole or NaN, which becomes null: pandas makes them of integers with
    gaps. An infinity, and what a float doesn't hold to the last digit, becomes null, too, but with *exact* is refused.
    Anything else (fractions for integers, numbers for text) raises UnreadableSessionError naming the column.
    """
    missing = [name for name in schema.names if name in required and name not in table.column_names]
    if missing:
        raise unreadable(path, f"no column {', '.join(missing)}")
    columns = []
    for field in schema:
        if field.name not in table.column_names:
            columns.append(pa.nulls(table.num_rows, field.type))
            continue
        column = table.column(field.name)
        plain = _plain(column.type)
        if not _fits(plain, _plain(field.type)):
            raise unreadable(path, f"column {field.name} is {one_line(column.type)}, not {field.type}")
        with reading(path):
            if pa.types.is_dictionary(column.type) and not (_is_text(plain) or _is_bytes(plain)):
                column = column.cast(plain)
            if pa.types.is_integer(field.type) and pa.types.is_floating(column.type):
                column = _whole(column, field.name, exact=exact)
            columns.append(_cast(column, field.type))
    return pa.table(columns, schema=schema)


def _whole(column: pa.ChunkedArray, name: str, *, exact: bool) -> pa.ChunkedArray:
    """Return a *column* of floats, all of them whole, as integers; ValueError as :func:`conform` has it."""
    kind = column.type
    column = column.cast(pa.float64())
    column = pc.if_else(pc.is_nan(column), None, column)
    fractions = column.filter(pc.and_(pc.is_finite(column), pc.not_equal(pc.floor(column), column)))
    if len(fractions):
        raise ValueError(f"column {name} has {fractions[0].as_py()}, which is no whole number")
    # From here on a float has neighbours that are no neighbours of its integer: which one it was, nobody knows.
    unsure = pc.greater_equal(pc.abs(column), pa.scalar(float(_FIRST_UNSURE[kind])))
    if exact and pc.any(unsure).as_py():
        seen = column.filter(unsure)[0].as_py()
        raise ValueError(f"column {name} is {kind}, which doesn't hold {seen:g} to the last digit")
    return pc.if_else(unsure, None, column).cast(pa.int64())


def _cast(column: pa.ChunkedArray, wanted: pa.DataType) -> pa.ChunkedArray:
    if pa.types.is_dictionary(wanted):
        column = column if pa.types.is_dictionary(column.type) else column.dictionary_encode()
        return pa.chunked_array([_recoded(chunk, wanted) for chunk in column.chunks], wanted).unify_dictionaries()
    if pa.types.is_dictionary(column.type):
        expanded = sum(_expanded_bytes(chunk) for chunk in column.chunks)
        if expanded > MAX_TEXT_BYTES:
            raise ValueError(f"{expanded} bytes of text in one column are not credible")
        column = column.cast(column.type.value_type)
    if _is_list(column.type) and sum(map(_expanded_bytes, _elements(column))) > MAX_TEXT_BYTES:
        raise ValueError(f"more than {MAX_TEXT_BYTES} bytes of text in one column are not credible")
    return column.cast(wanted)


def _elements(column: pa.ChunkedArray) -> list[pa.DictionaryArray]:
    if pa.types.is_null(column.type.value_type):  # of lists that are all empty
        return []
    found = [chunk.flatten() for chunk in column.chunks]
    return [chunk if pa.types.is_dictionary(chunk.type) else chunk.dictionary_encode() for chunk in found]


def _recoded(chunk: pa.DictionaryArray, wanted: pa.DataType) -> pa.DictionaryArray:
    indices, values = chunk.indices.cast(wanted.index_type), chunk.dictionary.cast(wanted.value_type)
    return pa.DictionaryArray.from_arrays(indices, values)


def _expanded_bytes(chunk: pa.DictionaryArray) -> int:
    if not len(chunk.dictionary):
        return 0
    return pc.sum(pc.binary_length(chunk.dictionary).cast(pa.int64()).take(chunk.indices)).as_py() or 0


def _check_flat(field: pa.Field) -> None:
    plain = _plain(field.type)
    if _is_list(plain) and (pa.types.is_null(plain.value_type) or _is_text(_plain(plain.value_type))):
        return
    if not (pa.types.is_primitive(plain) or _is_text(plain) or _is_bytes(plain) or pa.types.is_null(plain)):
        raise ValueError(f"column {one_line(field.name)} has type {one_line(field.type)}")


def _plain(data_type: pa.DataType) -> pa.DataType:
    return data_type.value_type if pa.types.is_dictionary(data_type) else data_type


def _fits(found: pa.DataType, wanted: pa.DataType) -> bool:
    if pa.types.is_null(found):
        return True
    if pa.types.is_floating(wanted):
        return bool(pa.types.is_floating(found) or pa.types.is_integer(found))
    if pa.types.is_integer(wanted):
        return bool(pa.types.is_integer(found) or pa.types.is_floating(found))
    if pa.types.is_boolean(wanted):
        return bool(pa.types.is_boolean(found))
    if pa.types.is_list(wanted):
        return _is_list(found) and _fits(_plain(found.value_type), wanted.value_type)
    return _is_text(found) or (_is_bytes(wanted) and _is_bytes(found))


def _is_list(data_type: pa.DataType) -> bool:
    return bool(pa.types.is_list(data_type) or pa.types.is_large_list(data_type))


def _is_text(data_type: pa.DataType) -> bool:
    return bool(pa.types.is_string(data_type) or pa.types.is_large_string(data_type))


def _is_bytes(data_type: pa.DataType) -> bool:
    return bool(pa.types.is_binary(data_type) or pa.types.is_large_binary(data_type))
