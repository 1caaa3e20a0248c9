"""What a figure is drawn from, as rows of a table: a link in the page holds them as CSV."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict
from typing import Any

import pandas as pd

from ringbench.analysis.cells import Cell
from ringbench.data.store.export import harmless

Table = list[dict[str, Any]]
"""A row for each value that is drawn; every row of a figure has the same names."""


def of_repeats(figure: str, unit: str, cells: Iterable[Cell], values: Callable[[Cell], Sequence[float]]) -> Table:
    """Return a row for each repeat of *cells*: what is shown, in which *unit*, of which setting, and its value.

    *values* gives the values of a cell, one for each repeat that has it.
    """
    return [
        {
            "figure": figure,
            "unit": unit or "share",
            "transport": cell.transport,
            **asdict(cell.setting),
            "buffer_bytes": cell.buffer_bytes,
            "repeat": number,
            "value": value,
        }
        for cell in cells
        for number, value in enumerate(values(cell), 1)
    ]


def as_link(rows: Table) -> str:
    """Return *rows* as a data: address that holds them as CSV; text that a spreadsheet would run is made harmless."""
    frame = pd.DataFrame.from_records(rows)
    frame.columns = pd.Index([harmless(str(name)) for name in frame.columns])
    plain = [
        {name: harmless(value) if isinstance(value, str) else value for name, value in row.items()}
        for row in frame.to_dict("records")
    ]
    text = pd.DataFrame.from_records(plain, columns=list(frame.columns)).to_csv(index=False, float_format="%.9g")
    return f"data:text/csv;charset=utf-8;base64,{base64.b64encode(text.encode()).decode()}"
