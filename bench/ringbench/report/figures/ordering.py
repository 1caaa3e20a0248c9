"""Figure: how far the order of delivery departs from the order in which things happened."""

from __future__ import annotations

from collections.abc import Callable

from ringbench.analysis.cells import Cell
from ringbench.analysis.questions import ORDER
from ringbench.report.figures.by_setting import Shown, kind


def _per_thousand(column: str) -> Callable[[Cell], list[float]]:
    return lambda cell: cell.per_thousand(column)


_SHOWN = tuple(
    Shown(title, "1", _per_thousand(column), axis="per 1,000 delivered events", linear=True)
    for title, column in (
        ("Causal violations", "causal_violations"),
        ("Timestamp inversions", "timestamp_inversions"),
        ("Late events", "late_events"),
    )
)

FIGURE = kind(
    "ordering",
    ORDER,
    _SHOWN,
    "Further left is better ordered; each panel has a scale of its own. A causal violation shows an effect before its "
    "cause. A timestamp inversion or a late event alone contradicts nothing: stamping and submitting are two steps. "
    "It does not show how much of the disorder is the reader's, who takes one CPU's perf buffer after the other.",
)
