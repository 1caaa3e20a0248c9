"""When a session has enough repeats: as many as planned, or once every interval is narrow enough, or time is up.

Whether it goes on is decided between blocks, from what is stored alone, so a session that was interrupted goes on as
it would have. Five repeats at least are made: with fewer there is no 95 % interval.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ringbench.spec.growth import COLUMNS, FEWEST, UntilPrecise
from ringbench.spec.trial import Trial

if TYPE_CHECKING:
    from ringbench.analysis.comparison import Comparison
    from ringbench.data.stats import Interval


def next_block(rule: UntilPrecise, trials: Sequence[Trial], rows: Sequence[Mapping[str, Any]]) -> list[Trial] | str:
    """Return the cells of another block like the first of *trials*, or why *rows* are enough."""
    return reason(rule, rows) or [trial for trial in trials if trial.block == 1]


def reason(rule: UntilPrecise, rows: Sequence[Mapping[str, Any]]) -> str | None:
    """Return why *rows*, those of whole blocks, are enough; None where another block is needed."""
    blocks = len({row["block"] for row in rows})
    if blocks < FEWEST:
        return None
    width, what = widest(rows)
    if rule.precision is not None and width is not None and width <= rule.precision:
        return f"{blocks} repeats: every interval is within ±{rule.precision:.3g} (widest ±{width:.3g}, {what})."
    spent = sum({row["trial"]: row["trial_s"] or 0.0 for row in rows}.values())
    if rule.max_time_s is not None and spent >= rule.max_time_s:
        reached = f"widest interval ±{width:.3g}, {what}" if width is not None else "nothing to have an interval of"
        return f"{blocks} repeats: {rule.max_time_s:g} s were up ({reached})."
    return None


def widest(rows: Sequence[Mapping[str, Any]]) -> tuple[float | None, str]:
    """Return the widest relative half-width among the compared figures of *rows*, and of what; None without any."""
    found = [(_half_width(interval), what) for interval, what in _intervals(rows)]
    known = [(width, what) for width, what in found if width is not None]
    return max(known, default=(None, ""))


def _intervals(rows: Sequence[Mapping[str, Any]]) -> Iterator[tuple[Interval, str]]:
    # Imported here: a plan is made without them, and pandas is slow to load.
    from ringbench.analysis.cells import cells_of
    from ringbench.analysis.comparison import comparisons
    from ringbench.analysis.view import is_figure

    for comparison in comparisons(cells_of([row for row in rows if is_figure(row)])):
        for column in COLUMNS:
            if all(cell.has(column) for cell in comparison.cells):
                yield _interval(comparison, column), f"{column} of {' against '.join(comparison.transports)}"


def _interval(comparison: Comparison, column: str) -> Interval:
    return comparison.ratio(column) if comparison.head else comparison.base.interval(column)


def _half_width(interval: Interval) -> float | None:
    if interval.low is None or interval.high is None or not interval.value:
        return None
    return (interval.high - interval.low) / 2 / interval.value
