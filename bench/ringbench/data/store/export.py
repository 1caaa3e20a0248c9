"""A stored session's tables for other programs: CSV, JSON or parquet, one file a format here.

CSV and JSON show text printable (:mod:`ringbench.text`); what has to be exact is in parquet. A list of codes is a list
in JSON and parquet, and in CSV one cell, its codes apart by a blank. A spreadsheet takes a
cell that begins with ``=``, ``+``, ``-`` or ``@`` for a formula, and a process may be called ``=cmd|...``: in CSV such
text gets a leading apostrophe.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pc_csv
import pyarrow.parquet as pq

from ringbench.data.store import atomic, events_parquet, events_writer
from ringbench.data.store.folder import EVENTS_FOLDER, StoredSession
from ringbench.data.store.formats import FORMATS
from ringbench.data.store.schema import EVENTS, TRIALS
from ringbench.errors import OptionError
from ringbench.text import printable

_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
"""Beginnings that spreadsheets take for a formula; the last four are the full-width = + - @ of East Asian input."""
_ROWS_AT_ONCE = 1 << 16

Write = Callable[[pa.Table, BinaryIO], object]


def export(session: StoredSession, file_format: str, out: Path) -> list[Path]:
    """Write trials.FORMAT and, for each trial with recorded events, events/TRIAL.FORMAT under *out*; return the files.

    *file_format* is one of :data:`FORMATS`. Raises OptionError where *out* is the session's own folder,
    UnreadableSessionError for damaged events, RingbenchError where *out* can't be written.
    """
    if out.resolve() == session.path.resolve():
        raise OptionError(f"{printable(str(out))} is the session itself, which stays as it is; choose another --out.")
    trials = pa.Table.from_pandas(session.trials, schema=TRIALS, preserve_index=False).replace_schema_metadata(None)
    written = [_write(out / f"trials.{file_format}", trials, _WRITERS[file_format])]
    for trial in session.trials["trial"].unique():
        events = session.event_arrays(trial)
        if events:
            path = out / EVENTS_FOLDER / f"{trial}.{file_format}"
            if file_format == "parquet":
                events_writer.store(path, events)
            else:
                _write(path, events_parquet.to_table(events), _WRITERS[file_format])
            written.append(path)
    return written


def harmless(cell: str) -> str:
    """Return the text of a CSV *cell*, with an apostrophe in front if a spreadsheet would take it for a formula."""
    return f"'{cell}" if cell.startswith(_FORMULA) else cell


def _csv(table: pa.Table, file: BinaryIO) -> None:
    """A header line, then a line for each row; null is empty, an empty text is ``""``."""
    shown = _shown(_joined(table), lambda text: harmless(printable(text)))
    pc_csv.write_csv(shown, file, pc_csv.WriteOptions(quoting_style="needed"))


def _json(table: pa.Table, file: BinaryIO) -> None:
    """One array with an object for each row, a line each; null is null."""
    separator = b"[\n"
    for batch in _shown(table, printable).to_batches(max_chunksize=_ROWS_AT_ONCE):
        for row in batch.to_pylist():
            file.write(separator + json.dumps(row, allow_nan=False).encode())
            separator = b",\n"
    file.write(b"\n]\n" if separator == b",\n" else b"[]\n")


def _parquet(table: pa.Table, file: BinaryIO) -> None:
    pq.write_table(table, file, compression="zstd")


_WRITERS: dict[str, Write] = dict(zip(FORMATS, (_csv, _json, _parquet), strict=True))


def _write(path: Path, table: pa.Table, write: Write) -> Path:
    atomic.replace(path, lambda file: write(table, file))
    return path


def _joined(table: pa.Table) -> pa.Table:
    """Return *table* with each list as one text."""
    for index, field in enumerate(table.schema):
        if pa.types.is_list(field.type):
            table = table.set_column(index, field.name, pc.binary_join(table.column(index), " "))
    return table


def _shown(table: pa.Table, show: Callable[[bytes | str], str]) -> pa.Table:
    """Return *table* with each text and bytes column as strings made by *show*, called once for each distinct value."""
    for index, field in enumerate(table.schema):
        if field.type in {pa.string(), pa.binary(), EVENTS.field("kind").type}:
            column = table.column(index).combine_chunks()
            coded = column if pa.types.is_dictionary(field.type) else column.dictionary_encode()
            values = pa.array([show(value) for value in coded.dictionary.to_pylist()], pa.string())
            table = table.set_column(index, field.name, values.take(coded.indices))
        elif pa.types.is_list(field.type):
            found = table.column(index).to_pylist()
            texts = [None if codes is None else [show(code) for code in codes if code is not None] for codes in found]
            table = table.set_column(index, field.name, pa.array(texts, field.type))
    return table
