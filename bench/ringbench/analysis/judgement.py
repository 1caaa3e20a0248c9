"""One figure of two transports, side by side, and what may be said of it.

A difference is claimed only where the interval of the paired ratio (or, where zeros leave no ratio, of the paired
difference) excludes none. All else is said to be undecided, too few, not measured or not ranked, and never a draw.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from ringbench.analysis.comparison import Comparison
from ringbench.analysis.quantities import amount, estimate, positive, signed, times
from ringbench.data.metrics import COLUMNS, Column
from ringbench.data.stats import Interval


class Verdict(Enum):
    """What the figures allow to be said of head against base."""

    LOWER = "lower"
    HIGHER = "higher"
    EQUAL = "the same in every repeat"
    UNDECIDED = "no difference shown"
    TOO_FEW = "too few repeats for an interval"
    NOT_MEASURED = "not measured"
    NOT_RANKED = "not ranked"
    ALONE = "nothing to compare with"


@dataclass(frozen=True)
class Line:
    """A figure of a comparison: a row of the report's table."""

    column: Column
    comparison: Comparison
    base: Interval
    head: Interval | None
    ratio: Interval
    difference: Interval
    verdict: Verdict
    reason: str = ""
    """Why the figures are not ranked, where they aren't."""

    @property
    def winner(self) -> str | None:
        """Return the transport whose figure is better, None where no difference is claimed."""
        if self.comparison.head is None or self.verdict not in (Verdict.LOWER, Verdict.HIGHER):
            return None
        won = (self.verdict is Verdict.LOWER) == (self.column.better == "lower")
        return self.comparison.head.transport if won else self.comparison.base.transport

    @property
    def measured(self) -> bool:
        """Tell whether any side was measured."""
        return self.base.n > 0 or (self.head is not None and self.head.n > 0)

    @property
    def n(self) -> str:
        """Return the number of repeats behind the figures: '5', or '5, 4' where the sides differ."""
        numbers = [str(side.n) for side in (self.base, self.head) if side is not None]
        return numbers[0] if len(set(numbers)) == 1 else ", ".join(numbers)

    @property
    def against(self) -> str:
        """Return head against base, for a table: the paired ratio, or where zeros leave none the difference."""
        if self.verdict in (Verdict.NOT_MEASURED, Verdict.NOT_RANKED, Verdict.ALONE) or not self.difference.n:
            return ""
        return signed(self.difference, self._unit) if self._by_difference else times(self.ratio)

    @property
    def apart(self) -> str:
        """Return head against base, for a sentence: '0.7 x [0.68, 0.73]', '8 KiB more with ringbuf-reserve'."""
        if not self._by_difference or self.comparison.head is None or self.winner is None:
            return self.against
        less = "fewer" if self._unit == "events" else "less"
        more = "more" if self.verdict is Verdict.HIGHER else less
        apart = positive(self.difference)
        shown = amount(apart.value, self._unit) if self.column.exact else estimate(apart, self._unit)
        return f"{shown} {more} with {self.comparison.head.transport}"

    @property
    def _by_difference(self) -> bool:
        return self.ratio.value is None or self.column.exact

    @property
    def _unit(self) -> str:
        return self.column.unit or "points"


def judge(comparison: Comparison, name: str, *, unranked: str = "") -> Line:
    """Judge one column of *comparison*; with a reason why they are *unranked*, show the figures only."""
    head = comparison.head
    base_figure, head_figure = comparison.base.interval(name), head.interval(name) if head else None
    ratio, difference = comparison.ratio(name), comparison.difference(name)
    if head_figure is None:
        verdict = Verdict.ALONE
    elif base_figure.value is None or head_figure.value is None:
        verdict = Verdict.NOT_MEASURED
    elif unranked:
        verdict = Verdict.NOT_RANKED
    elif head and COLUMNS[name].exact and len({*comparison.base.values(name)}) == len({*head.values(name)}) == 1:
        same = head_figure.value == base_figure.value
        verdict = Verdict.EQUAL if same else _side(head_figure.value, head_figure.value, base_figure.value)
    else:
        verdict = _verdict(comparison, name)
    return Line(COLUMNS[name], comparison, base_figure, head_figure, ratio, difference, verdict, unranked)


def _verdict(comparison: Comparison, name: str) -> Verdict:
    ratio, difference = comparison.ratio(name), comparison.difference(name)
    if difference.low is None or difference.high is None:
        return Verdict.TOO_FEW
    base, head = comparison.paired(name)
    if base == head:
        return Verdict.EQUAL
    if ratio.low is not None and ratio.high is not None:
        return _side(ratio.low, ratio.high, 1.0)
    return _side(difference.low, difference.high, 0.0)


def _side(low: float, high: float, none: float) -> Verdict:
    """Say on which side of *none* the interval lies."""
    if high < none:
        return Verdict.LOWER
    return Verdict.HIGHER if low > none else Verdict.UNDECIDED
