"""trials.parquet: a row for each trial and transport, with null for what could not be measured."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from ringbench.data.store import atomic, upgrade
from ringbench.data.store.schema import REQUIRED_TRIAL_COLUMNS, SCHEMA_VERSION, TRIALS
from ringbench.data.store.untrusted import conform, read_table, reading, unreadable
from ringbench.text import one_line

NAME = "trials.parquet"
MAX_ROWS = 1_000_000
KEY = ("trial", "transport")
"""Never null, and no two rows have the same."""

_TRIAL = re.compile(r"[0-9A-Za-z_-][0-9A-Za-z._-]{0,199}")
_DTYPES = {
    pa.int64(): pd.Int64Dtype(),
    pa.float64(): pd.Float64Dtype(),
    pa.string(): pd.StringDtype(),
    pa.bool_(): pd.BooleanDtype(),
}


def is_trial_name(name: str) -> bool:
    """Tell whether *name* can be a trial's: it becomes a file's name, so it must lead nowhere else."""
    return _TRIAL.fullmatch(name) is not None


def table_of(rows: Sequence[Mapping[str, object]]) -> pa.Table:
    """Return *rows* as a table of schema TRIALS: a key that is absent or NaN is null.

    Raises ValueError naming the key or column for an unknown key or a value of the wrong type: a mistake in this
    program, never in a measurement.
    """
    unknown = {key for row in rows for key in row} - set(TRIALS.names)
    if unknown:
        raise ValueError(f"trials have no column {', '.join(sorted(unknown))}")
    return pa.table([_column(rows, field) for field in TRIALS], schema=TRIALS)


def write(folder: Path, table: pa.Table) -> None:
    """Write *table* as *folder*'s trials.parquet, atomically."""
    atomic.replace(
        folder / NAME, lambda file: pq.write_table(table, file, compression="zstd", write_page_checksum=True)
    )


def read(folder: Path, version: int = SCHEMA_VERSION, *, extra: bool = False) -> pa.Table:
    """Return *folder*'s trials as a table of schema TRIALS; with *extra*, other columns of the file behind those.

    Infinities and NaN become null: they are no measurement. Raises UnreadableSessionError for everything that is wrong.
    """
    path = folder / NAME
    found = read_table(path, TRIALS.names if version == SCHEMA_VERSION and not extra else None, MAX_ROWS)
    with reading(path):
        found = upgrade.trials(found, version)
    table = conform(found, TRIALS, REQUIRED_TRIAL_COLUMNS, path)
    with reading(path):
        _check_keys(table)
        for index, field in enumerate(TRIALS):
            if pa.types.is_floating(field.type):
                column = table.column(index)
                table = table.set_column(index, field, pc.if_else(pc.is_finite(column), column, None))
    for name in found.column_names if extra else ():
        if name not in TRIALS.names:
            table = table.append_column(found.schema.field(name), found.column(name))
    if table.num_rows and not all(map(is_trial_name, table.column("trial").unique().to_pylist())):
        names = [name for name in table.column("trial").unique().to_pylist() if not is_trial_name(name)]
        raise unreadable(path, f"trial {one_line(repr(names[0]), 80)} is no name for a file")
    return table


def frame(table: pa.Table) -> pd.DataFrame:
    """Return a table of schema TRIALS with pandas' nullable types (Int64, Float64, string, boolean): null is NA."""
    plain: pd.DataFrame = table.replace_schema_metadata(None).to_pandas(
        types_mapper=_DTYPES.get, ignore_metadata=True, use_threads=False
    )
    for field in table.schema:
        if pa.types.is_list(field.type):  # of which pandas has no type of its own: plain lists, None for null
            plain[field.name] = pd.Series(table.column(field.name).to_pylist(), plain.index, dtype=object)
    return plain


def _check_keys(table: pa.Table) -> None:
    for name in KEY:
        if table.column(name).null_count:
            raise ValueError(f"column {name} has nulls")
    counts = table.group_by(list(KEY), use_threads=False).aggregate([([], "count_all")])
    if counts.num_rows < table.num_rows:
        twice = counts.filter(pc.greater(counts.column("count_all"), 1)).slice(0, 1).to_pylist()[0]
        raise ValueError(f"trial {twice['trial']} is there twice with {twice['transport']}")


def _column(rows: Sequence[Mapping[str, object]], field: pa.Field) -> pa.Array:
    values = [row.get(field.name) for row in rows]
    plain = [value.item() if isinstance(value, np.generic) else value for value in values]
    fractions = [value for value in plain if isinstance(value, float) and value % 1 > 0]
    if fractions and pa.types.is_integer(field.type):  # which pyarrow would cut off without a word
        raise ValueError(f"column {field.name}, a {field.type}: {fractions[0]} is no integer")
    try:
        return pa.array(plain, field.type, from_pandas=True)
    except (pa.ArrowException, TypeError, OverflowError) as error:
        raise ValueError(f"column {field.name}, a {field.type}: {one_line(error)}") from error
