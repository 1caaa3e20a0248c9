"""Repeats that lie far from the others of their cell: they are flagged, shown, and kept in every figure."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from ringbench.analysis.cells import Cell, cells_of
from ringbench.analysis.quantities import count
from ringbench.analysis.questions import QUESTIONS
from ringbench.analysis.view import Record, SessionView
from ringbench.data.metrics import COLUMNS
from ringbench.data.stats.outliers import RULE, outliers

Key = tuple[str, str]
"""The names of a trial and a transport."""


def apart(view: SessionView) -> dict[Key, tuple[str, ...]]:
    """Return, for each account with an outlier (ringbench.data.stats.outliers), the titles of the figures that lie
    apart.
    """
    found: dict[Key, dict[str, None]] = {}
    for cell, column in _judged(view):
        for row, far in zip(cell.rows, _far(cell, column), strict=True):
            if far:
                found.setdefault(key(row), {})[COLUMNS[column].title] = None
    return {row: tuple(titles) for row, titles in found.items()}


def key(row: Record) -> Key:
    """Return the key of a row in what :func:`apart` returns."""
    return str(row["trial"]), str(row["transport"])


def outliers_said(view: SessionView) -> str:
    """Return how many values are flagged, of how many, and by which rule; '' where none is."""
    values = [_far(cell, column) for cell, column in _judged(view)]
    flagged, judged = sum(int(far.sum()) for far in values), sum(len(far) for far in values)
    if not flagged:
        return ""
    return f"Outliers are flagged and kept: {flagged:,} of {count(judged, 'value')} ({RULE})."


def _judged(view: SessionView) -> Iterator[tuple[Cell, str]]:
    """Yield each cell with each of the columns that answer a question about it."""
    for cell in cells_of(view.figures):
        asked = (question for question in QUESTIONS if question.asked_of(cell.setting))
        for column in dict.fromkeys(name for question in asked for name in question.columns):
            if cell.has(column):
                yield cell, column


def _far(cell: Cell, column: str) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    return outliers([np.nan if row[column] is None else float(row[column]) for row in cell.rows])
