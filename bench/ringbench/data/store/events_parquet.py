"""events/TRIAL.parquet: recorded events, structured arrays on one side and a compact parquet file on the other.

Encodings were chosen on synthetic streams of 20,000 fork/exec/exit events a second (pyarrow 26, zstd level 3):
about 8.9 bytes an event in ringbuf's order, 6.6 in the perf buffer's, where pyarrow's defaults take 26 and 20.
Stamps and counters grow, so their differences are small (DELTA_BINARY_PACKED); kinds, names, CPUs and parents are few
(dictionary). BYTE_STREAM_SPLIT would save half a byte on ``birth`` and needs pyarrow 16 or newer to be written.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from ringbench.data.store import upgrade
from ringbench.data.store.schema import EVENTS, SCHEMA_VERSION
from ringbench.data.store.untrusted import conform, read_table, reading
from ringbench.spec.event import DELIVERED, KINDS, Events

if TYPE_CHECKING:
    import pandas as pd  # slow to load, and not needed by the process that writes while a trial runs

MAX_EVENTS = 50_000_000
UNNAMED = "unnamed"
"""Stands for the transport in files of others, which have no column ``transport``."""

_DELTA = ("ts_ns", "received_ns", "seq", "pid", "birth")
_NULLABLE = ("parent_pid", "birth")
"""0 in the record, null in the file: a life that began before the session."""
_INTEGERS = ("ts_ns", "received_ns", "cpu", "seq", "pid", "parent_pid", "birth")
_TRANSPORTS = b"ringbench.transports"
"""Metadata key: JSON list of the transports, so that one that delivered nothing is not forgotten."""

CODED = EVENTS.set(EVENTS.get_field_index("comm"), pa.field("comm", pa.dictionary(pa.int32(), pa.binary())))
"""How a file is read: no object, and no copy of the name, for each event."""


def to_table(events: Mapping[str, Events]) -> pa.Table:
    """Return transports' *events* (dtype DELIVERED, delivery order) as one table of schema EVENTS, one after the other.

    Raises ValueError for what the schema has no room for: a number past its signed column, a kind not in KINDS.
    """
    joined = np.concatenate([np.empty(0, DELIVERED), *events.values()])
    transport = np.repeat(np.arange(len(events), dtype=np.int8), [len(array) for array in events.values()])
    columns = {
        "transport": pa.DictionaryArray.from_arrays(pa.array(transport), pa.array(list(events), pa.string())),
        "kind": pa.DictionaryArray.from_arrays(pa.array(_signed(joined, "kind", len(KINDS) - 1, np.int8)), list(KINDS)),
        "comm": _binary(joined["comm"]),
    }
    for name in _INTEGERS:
        data_type = EVENTS.field(name).type.to_pandas_dtype()
        values = _signed(joined, name, np.iinfo(data_type).max, data_type)
        columns[name] = pa.array(values, mask=values == 0 if name in _NULLABLE else None)
    return pa.table([columns[name] for name in EVENTS.names], schema=schema(list(events)))


def schema(transports: Sequence[str]) -> pa.Schema:
    """Return EVENTS with the names of the *transports* in its metadata, so that the silent ones are not forgotten."""
    return EVENTS.with_metadata({_TRANSPORTS: json.dumps(list(transports))})


def parquet_writer(file: BinaryIO, of_schema: pa.Schema) -> pq.ParquetWriter:
    """Return pyarrow's writer to an open binary *file*, with the encodings above; it is to be closed."""
    return pq.ParquetWriter(
        file,
        of_schema,
        compression="zstd",
        compression_level=3,
        use_dictionary=[name for name in EVENTS.names if name not in _DELTA],
        column_encoding=dict.fromkeys(_DELTA, "DELTA_BINARY_PACKED"),
        write_page_checksum=True,
    )


def read(path: Path, version: int = SCHEMA_VERSION) -> dict[str, Events]:
    """Return the events of one file by transport (dtype DELIVERED, delivery order); :func:`to_table` backwards.

    *version* is the schema version of its session. Files of others need no column ``transport``; their events are
    UNNAMED's. Raises UnreadableSessionError for anything that is not a readable events file.
    """
    table = read_table(path, EVENTS.names if version == SCHEMA_VERSION else None, MAX_EVENTS)
    with reading(path):
        table, announced = upgrade.events(table, version), _announced(table)
    required = [name for name in EVENTS.names if name != "transport"]
    table = conform(table, CODED, required, path, exact=True)
    with reading(path):
        return _from_table(table, announced)


def frame(events: Mapping[str, Events]) -> pd.DataFrame:
    """Return *events* for analysis: the columns of EVENTS, Int64 and Int32 (null is NA), and categories.

    ``transport`` and ``kind`` are categories of str, ``comm`` of raw bytes (:func:`ringbench.text.printable`).
    """
    import pandas as pd

    joined = np.concatenate([np.empty(0, DELIVERED), *events.values()])
    transport = np.repeat(np.arange(len(events)), [len(array) for array in events.values()])
    names, comm = np.unique(joined["comm"], return_inverse=True)
    columns: dict[str, object] = {
        "transport": pd.Categorical.from_codes(transport, pd.Index(list(events), dtype=object)),
        "kind": pd.Categorical.from_codes(joined["kind"].astype(np.int8), pd.Index(KINDS)),
        "comm": pd.Categorical.from_codes(comm, pd.Index(names.tolist(), dtype=object)),
    }
    for name in _INTEGERS:
        values = joined[name].astype(EVENTS.field(name).type.to_pandas_dtype())
        mask = values == 0 if name in _NULLABLE else np.zeros(len(values), bool)
        columns[name] = pd.arrays.IntegerArray(values, mask)
    ordered: pd.DataFrame = pd.DataFrame({name: columns[name] for name in EVENTS.names})
    return ordered


def integers(table: pa.Table, name: str) -> npt.NDArray[np.int64]:
    """Return a column of numbers (i8, shape n), 0 for null where it may be null; ValueError for null and below 0."""
    column = table.column(name)
    values = _numbers(column.fill_null(0) if name in _NULLABLE and column.null_count else column, name)
    if len(values) and values.min() < 0:
        raise ValueError(f"column {name} has negative numbers")
    return values


def kinds(table: pa.Table) -> npt.NDArray[np.uint32]:
    """Return the events' kinds (u4, shape n), indices into KINDS; ValueError for a kind that there isn't."""
    names, codes = dictionary(table, "kind")
    unknown = set(names) - set(KINDS)
    if unknown:
        raise ValueError(f"unknown kinds of event: {sorted(map(repr, unknown))}")
    found: npt.NDArray[np.uint32] = np.array([KINDS.index(str(name)) for name in names] or [0], np.uint32)[codes]
    return found


def comms(table: pa.Table) -> npt.NDArray[np.bytes_]:
    """Return the processes' names (S16, shape n), raw; ValueError for one that is too long."""
    names, codes = dictionary(table, "comm")
    if any(len(name) > DELIVERED["comm"].itemsize for name in names):
        raise ValueError(f"column comm has names longer than {DELIVERED['comm'].itemsize} bytes")
    found: npt.NDArray[np.bytes_] = np.array(names or [b""], DELIVERED["comm"])[codes]
    return found


def _from_table(table: pa.Table, announced: list[str]) -> dict[str, Events]:
    out = np.empty(table.num_rows, DELIVERED)
    for name in _INTEGERS:
        out[name] = integers(table, name)
    out["kind"], out["comm"] = kinds(table), comms(table)
    if table.column("transport").null_count == table.num_rows and table.num_rows and not announced:
        return {UNNAMED: out}
    transports, codes = dictionary(table, "transport")
    present = {str(name): out[codes == code] for code, name in enumerate(transports)}
    order = dict.fromkeys([*announced, *map(str, transports)])
    return {name: present.get(name, out[:0]) for name in order}


def dictionary(table: pa.Table, name: str) -> tuple[list[str] | list[bytes], npt.NDArray[np.int64]]:
    """Return the distinct values of a dictionary column and, for each row, which of them it is (int64, shape n)."""
    column = table.column(name).combine_chunks()
    column = column.chunk(0) if isinstance(column, pa.ChunkedArray) else column
    codes = _numbers(column.indices, name)
    values = column.dictionary.to_pylist()
    if len(set(values)) < len(values) or None in values:
        raise ValueError(f"the dictionary of column {name} is damaged")
    return values, codes


def _numbers(column: pa.Array | pa.ChunkedArray, name: str) -> npt.NDArray[np.int64]:
    if column.null_count:
        raise ValueError(f"column {name} has nulls")
    return np.asarray(column.to_numpy(), np.int64)


def _announced(table: pa.Table) -> list[str]:
    found = json.loads((table.schema.metadata or {}).get(_TRANSPORTS, b"[]"))
    if isinstance(found, list) and all(isinstance(name, str) for name in found):
        return found
    raise ValueError("its list of transports is not one")


def _signed(events: Events, name: str, highest: int, data_type: npt.DTypeLike) -> npt.NDArray[np.signedinteger]:
    values = events[name]
    if len(values) and values.max() > highest:
        raise ValueError(f"{name} {values.max()} does not fit: the highest is {highest}")
    return values.astype(data_type)


def _binary(comm: npt.NDArray[np.bytes_]) -> pa.Array:
    """Return *comm* (S16, shape n) as arrow binary, exact: ``pa.array`` would cut each name at its first NUL.

    There are few names and many events, so only the distinct ones are taken to bytes.
    """
    width = comm.dtype.itemsize
    buffer = pa.py_buffer(np.ascontiguousarray(comm))
    coded = pa.FixedSizeBinaryArray.from_buffers(pa.binary(width), len(comm), [None, buffer]).dictionary_encode()
    names = pa.array([name.rstrip(b"\0") for name in coded.dictionary.to_pylist()], pa.binary())
    return names.take(coded.indices)
