"""How one figure is judged: a few rules, each a pure function of what both sides have of it.

A change is 'regressed' only if its interval, at a level that allows for all figures judged and all looks taken, lies
wholly beyond the smallest effect worth reporting; so it excludes "no change" by more than that. It is 'same' if its
interval at :data:`SAME` lies wholly within that effect, both ways (two one-sided tests: D. J. Schuirmann 1987, 'A
Comparison of the Two One-Sided Tests Procedure and the Power Approach', J. Pharmacokinetics and Biopharmaceutics 15).
Else it is inconclusive: too noisy, or too near to that effect.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import median

import numpy as np

from ringbench.analysis.gate.pairs import SATURATED, Broken, CellPair, MetricPair
from ringbench.analysis.gate.verdict import Judgement, Verdict
from ringbench.analysis.quantities import amount, count, number
from ringbench.data.metrics import Column
from ringbench.data.stats import Interval
from ringbench.data.stats.drift import apart_interval
from ringbench.data.stats.signed_rank import least, shift_interval
from ringbench.spec.codes import InvalidCode

CHANGED = 0.01
"""Of comparisons in which nothing has changed, how many may say that any figure is worse; and as many, better."""
SAME = 0.05
"""Of figures that have changed by the smallest effect worth reporting, how many may be called the same."""
_MOST = 700.0
"""Logarithm of the largest ratio that is shown: a float has no larger one."""
TOLERATED = 0.1
"""Share of a cell's blocks, on either side, in which its load may not have been offered."""
FEWEST = 5
"""Blocks without which nothing noisy is judged."""


@dataclass(frozen=True)
class Levels:
    """What each verdict on a noisy figure may cost at this look, and how the two sides lie in time."""

    changed: float
    """The tail of the interval for 'regressed', and that for 'improved'."""
    same: float
    interleaved: bool
    """Whether block by block both sides were measured side by side. Else they drift apart between them."""


def judge_metric(series: MetricPair, pair: CellPair, levels: Levels) -> Judgement:
    """Return the verdict on one figure of *case*."""
    kind = series.judged.kind
    if not series.base or not series.head:
        side = "base" if not series.base else "head"
        return Judgement(Verdict.INCONCLUSIVE, f"not measured in the {side}", kind, *_medians(series))
    if is_noisy(series):
        if kind == "zero" and not median(series.base.values()):
            return _seldom(series, levels)
        return _noisy(series, levels, ratio=kind == "ratio")
    if kind == "exact":
        return _exact(series)
    if not any(series.base.values()):
        return _zero(series)
    why = "the base has some already"
    if pair.unpromised:
        why = "a ring per CPU promises no order between CPUs"
    verdict = Verdict.NOT_JUDGED if pair.unpromised else Verdict.INCONCLUSIVE
    return Judgement(verdict, why, kind, *_medians(series))


def is_noisy(series: MetricPair) -> bool:
    """Tell whether statistics are needed to judge a figure: these are so many tests that allowance is made for."""
    kind = series.judged.kind
    if not series.base or not series.head or kind == "exact":
        return False
    # Of a count that should be none, a smallest effect says that some of it can be told from more of it.
    return kind != "zero" or (any(series.base.values()) and bool(series.judged.smallest))


def account(pair: CellPair) -> Judgement | None:
    """Return the verdict on trials of a cell that have no figures; None where that is no matter.

    An account that does not add up in the head, and did in the base, is a regression. A load that could not be offered
    now and then is what a shared machine does: up to :data:`TOLERATED` of a cell's blocks it is let pass. Whatever else
    broke off is in doubt.
    """
    base, head = (sum(map(_unbalanced, broken)) for broken in (pair.base_broken, pair.head_broken))
    if head and not base:
        said = next(broken.said for broken in pair.head_broken if _unbalanced(broken))
        return Judgement(Verdict.REGRESSED, f"{count(head, 'trial')} of the head: {said}", "exact", base, head)
    for side, broken in (("head", pair.head_broken), ("base", pair.base_broken)):
        saturated = broken.count(SATURATED)
        if len(broken) > saturated or saturated > TOLERATED * pair.blocks:
            told = next((each for each in broken if each != SATURATED), SATURATED)
            why = f"{count(len(broken), 'trial')} of the {side} without figures: {told.said}"
            return Judgement(Verdict.INCONCLUSIVE, why, "exact", base, head)
    return None


def _unbalanced(broken: Broken) -> bool:
    return broken.code in (InvalidCode.ACCOUNT_UNBALANCED, InvalidCode.CHECKSUM_MISMATCH)


def _medians(series: MetricPair) -> tuple[float | None, float | None]:
    base, head = list(series.base.values()), list(series.head.values())
    return (median(base) if base else None), (median(head) if head else None)


def _exact(series: MetricPair) -> Judgement:
    base, head = sorted(set(series.base.values())), sorted(set(series.head.values()))
    column = series.judged.column
    if base == head:
        return Judgement(Verdict.SAME, "as computed", "exact", *_medians(series))
    before, after = (" or ".join(amount(value, column.unit) for value in values[:3]) for values in (base, head))
    worse = _worse(column, median(head) - median(base))
    verdict = Verdict.INCONCLUSIVE if not worse else Verdict.REGRESSED if worse > 0 else Verdict.IMPROVED
    return Judgement(verdict, f"{before} became {after}", "exact", *_medians(series))


def _zero(series: MetricPair) -> Judgement:
    """Judge a count, or a share, of which the base had none."""
    some = {block: value for block, value in series.head.items() if value}
    medians, blocks = _medians(series), min(len(series.base), len(series.head))
    if some:
        unit = series.judged.column.unit
        most = amount(max(some.values()), unit)
        if not series.judged.rule.one_is_enough and not set(some) & series.undisturbed:
            why = f"none became up to {most}, but only in {count(len(some), 'disturbed trial')}"
            return Judgement(Verdict.INCONCLUSIVE, why, "zero", *medians, more_blocks=len(series.head))
        why = f"none became up to {most}, in {len(some)} of {count(len(series.head), 'block')}"
        return Judgement(Verdict.REGRESSED, why, "zero", *medians)
    return Judgement(Verdict.SAME, f"none in {count(blocks, 'block')}", "zero", *medians)


def _seldom(series: MetricPair, levels: Levels) -> Judgement:
    """Judge losses where the base had some in less than half of its blocks: by how many blocks have any.

    A difference of medians, or of means, would be blind to a small loss that was seldom and is now in every block. The
    test is Fisher's exact one (R. A. Fisher 1935, 'The Design of Experiments').
    """
    (some, before), (more, after) = ((sum(map(bool, side.values())), len(side)) for side in (series.base, series.head))
    from scipy.stats import fisher_exact  # half a second to load

    said = f"lost in {some} of {count(before, 'block')}, now in {more} of {count(after, 'block')}"
    table = np.array([[more, after - more], [some, before - some]])
    medians = _medians(series)
    if fisher_exact(table, "greater")[1] <= levels.changed:
        return Judgement(Verdict.REGRESSED, said, "zero", *medians)
    if fisher_exact(table, "less")[1] <= levels.changed:
        return Judgement(Verdict.IMPROVED, said, "zero", *medians)
    verdict = Verdict.SAME if more * before <= some * after else Verdict.INCONCLUSIVE
    return Judgement(verdict, said, "zero", *medians, more_blocks=None if verdict is Verdict.SAME else before)


def _noisy(series: MetricPair, levels: Levels, *, ratio: bool) -> Judgement:
    kind, medians, column = ("ratio" if ratio else "difference"), _medians(series), series.judged.column
    if ratio and not any(series.base.values()) and not any(series.head.values()):
        return Judgement(Verdict.SAME, "0 on both sides", kind, *medians)
    if ratio and (min(series.base.values()) <= 0 or min(series.head.values()) <= 0):
        return Judgement(Verdict.INCONCLUSIVE, "0 in some blocks, so it has no ratio", kind, *medians)
    common = [block for block in series.base if block in series.head]
    n = len(common) if levels.interleaved else min(len(series.base), len(series.head))
    if n < FEWEST:
        why = f"{count(n, 'block')}{' in common' if levels.interleaved else ''}: too few"
        return Judgement(Verdict.INCONCLUSIVE, why, kind, *medians, more_blocks=FEWEST - n)
    wide, narrow = (_interval(series, common, tail, levels, ratio=ratio) for tail in (levels.changed, levels.same))
    margin = math.log1p(series.judged.smallest) if ratio else series.judged.smallest
    change = _shown(wide, ratio=ratio)
    verdict, why, more = _verdict(wide, narrow, margin, column, levels, ratio=ratio)
    return Judgement(verdict, why, kind, *medians, change, more)


def _interval(series: MetricPair, common: list[str], tail: float, levels: Levels, *, ratio: bool) -> Interval:
    def scaled(values: list[float]) -> list[float]:
        return [math.log(value) for value in values] if ratio else values

    if levels.interleaved:
        base, head = (scaled([side[block] for block in common]) for side in (series.base, series.head))
        return shift_interval([h - b for b, h in zip(base, head, strict=True)], tail)
    return apart_interval(scaled(list(series.base.values())), scaled(list(series.head.values())), tail)


def _verdict(
    wide: Interval, narrow: Interval, margin: float, column: Column, levels: Levels, *, ratio: bool
) -> tuple[Verdict, str, int | None]:
    low, high = _towards_worse(wide, column)
    said = f"the smallest effect worth reporting, {_effect(margin, column, ratio=ratio)}"
    if low is not None and low > margin:
        return Verdict.REGRESSED, f"worse by more than {said}", None
    if high is not None and high < -margin:
        return Verdict.IMPROVED, f"better by more than {said}", None
    if narrow.low is not None and narrow.high is not None and -margin < narrow.low and narrow.high < margin:
        return Verdict.SAME, f"within {said}", None
    more = _more(wide, narrow, margin, levels)
    if more is None:
        return Verdict.INCONCLUSIVE, f"about as large as {said}: more blocks would not tell", None
    return Verdict.INCONCLUSIVE, f"too noisy for {said}: about {count(more, 'more block')}", more


def _towards_worse(interval: Interval, column: Column) -> tuple[float | None, float | None]:
    if column.better == "lower":
        return interval.low, interval.high
    return (None if interval.high is None else -interval.high), (None if interval.low is None else -interval.low)


def _more(wide: Interval, narrow: Interval, margin: float, levels: Levels) -> int | None:
    """Return how many more blocks it would take, an interval being as wide as 1 / sqrt(n); None for very many."""
    assert wide.value is not None
    apart = abs(abs(wide.value) - margin)
    used = narrow if abs(wide.value) < margin else wide
    if used.low is None or used.high is None:
        return max(least(levels.changed) - wide.n, 1)
    if not apart:
        return None
    needed = math.ceil(wide.n * ((used.high - used.low) / 2 / apart) ** 2)
    return max(1, needed - wide.n) if needed <= 50 * wide.n else None


def _worse(column: Column, difference: float) -> float:
    return difference if column.better == "lower" else -difference


def _effect(margin: float, column: Column, *, ratio: bool) -> str:
    return (
        f"{number(100 * math.expm1(margin))} %"
        if ratio
        else amount(margin, "points" if not column.unit else column.unit)
    )


def _shown(interval: Interval, *, ratio: bool) -> Interval:
    if not ratio:
        return interval
    ends = [
        None if end is None else math.exp(max(-_MOST, min(end, _MOST)))
        for end in (interval.value, interval.low, interval.high)
    ]
    return Interval(ends[0], ends[1], ends[2], interval.n)
