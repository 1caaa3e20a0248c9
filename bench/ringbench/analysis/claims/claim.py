"""What a claim is: a published statement, what is measured of it, and a predicate over measured intervals.

The verdict follows from the intervals alone. Each condition holds if its whole interval lies on the claim's side, fails
if its whole interval lies on the other, and is undecided otherwise.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum

from ringbench.analysis.claims.evidence import Evidence, Missing
from ringbench.analysis.quantities import estimate, times
from ringbench.data.stats import Interval
from ringbench.spec.profile import Group


class Verdict(Enum):
    """What may be said of a claim here."""

    HOLDS = "holds"
    ONLY_WHEN = "holds only when"
    FAILS = "does not hold"
    UNTOLD = "can't be told here"


Decides = Callable[[Interval], bool | None]
"""Whether an interval lies wholly on the claim's side (True), wholly on the other (False), or neither (None)."""


def at_least(limit: float) -> Decides:
    """Hold where the whole interval is *limit* or more; fail where all of it is less."""
    return lambda found: _decided(found, lambda low, high: low >= limit, lambda low, high: high < limit)


def more_than(limit: float) -> Decides:
    """Hold where the whole interval is above *limit*; fail where none of it is."""
    return lambda found: _decided(found, lambda low, high: low > limit, lambda low, high: high <= limit)


def less_than(limit: float) -> Decides:
    """Hold where the whole interval is below *limit*; fail where none of it is."""
    return lambda found: _decided(found, lambda low, high: high < limit, lambda low, high: low >= limit)


def between(least: float, most: float) -> Decides:
    """Hold where the whole interval is within [*least*, *most*]; fail where none of it is."""
    return lambda found: _decided(
        found, lambda low, high: least <= low and high <= most, lambda low, high: high < least or low > most
    )


def _decided(
    found: Interval, holds: Callable[[float, float], bool], fails: Callable[[float, float], bool]
) -> bool | None:
    if found.low is None or found.high is None:
        return None
    return True if holds(found.low, found.high) else False if fails(found.low, found.high) else None


@dataclass(frozen=True)
class Condition:
    """One circumstance under which the claim is put to the test."""

    when: str
    """In words that complete 'holds only when'."""
    figure: str
    """What is measured, in words."""
    measure: Callable[[Evidence], Interval]
    decides: Decides
    unit: str = "ratio"
    """'ratio', or a unit of :class:`ringbench.data.metrics.Column`."""
    confounded: str = ""
    """Why more than one factor differs, where the claim was made so."""
    beside: tuple[str, Callable[[Evidence], Interval], str] | None = None
    """A figure that is shown beside it and decides nothing: what it is, how it is measured, its unit."""

    def shown(self, found: Interval) -> str:
        """Return the figure with its interval."""
        return f"{self.figure} {_with_unit(found, self.unit)}"


def _with_unit(found: Interval, unit: str) -> str:
    return times(found) if unit == "ratio" else estimate(found, unit)


@dataclass(frozen=True)
class Claim:
    """A published statement and how it is put to the test. One file each."""

    number: int
    id: str
    statement: str
    source: str
    made_under: str
    """The conditions under which it was made."""
    groups: tuple[Group, ...]
    """What is measured."""
    conditions: tuple[Condition, ...]
    caveat: str = ""
    """What this machine can't show of it, whatever is measured."""


@dataclass(frozen=True)
class Outcome:
    """What one condition showed."""

    condition: Condition
    found: Interval
    holds: bool | None
    why_not: str = ""
    """Why there is no figure, where there is none."""
    beside: str = ""
    """The figure that stands beside it, in words."""

    @property
    def words(self) -> str:
        """Return the condition with what was found."""
        said = self.condition.shown(self.found) if self.found.value is not None else self.why_not or "not measured"
        reading = {True: "holds", False: "does not hold", None: "undecided"}[self.holds]
        mark = f" [confounded: {self.condition.confounded}]" if self.condition.confounded else ""
        n = f", n = {self.found.n}" if self.found.n else ""
        beside = f"; {self.beside}" if self.beside else ""
        return f"{self.condition.when}: {said}{n}{beside} ({reading}){mark}"


@dataclass(frozen=True)
class Judged:
    """A claim with what this machine showed of it."""

    claim: Claim
    outcomes: tuple[Outcome, ...]

    @property
    def verdict(self) -> Verdict:
        """Return what follows from the outcomes."""
        return verdict([outcome.holds for outcome in self.outcomes])

    @property
    def told(self) -> bool:
        """Tell whether anything may be said of it here."""
        return self.verdict is not Verdict.UNTOLD

    @property
    def words(self) -> str:
        """Return the verdict in words, with the conditions under which it holds, and is open, where not all do."""
        if self.verdict is not Verdict.ONLY_WHEN:
            return str(self.verdict.value)
        holding = [outcome.condition.when for outcome in self.outcomes if outcome.holds]
        undecided = [outcome.condition.when for outcome in self.outcomes if outcome.holds is None]
        open_ = f" (undecided: {'; '.join(undecided)})" if undecided else ""
        return f"{self.verdict.value} {'; or '.join(holding)}{open_}"


def verdict(outcomes: Sequence[bool | None]) -> Verdict:
    """Return what follows: all hold, none does, some do; one that is undecided is no proof of either."""
    if not outcomes or all(outcome is None for outcome in outcomes):
        return Verdict.UNTOLD
    if all(outcomes):
        return Verdict.HOLDS
    if any(outcomes):
        return Verdict.ONLY_WHEN
    return Verdict.FAILS if all(outcome is False for outcome in outcomes) else Verdict.UNTOLD


def judge(claim: Claim, evidence: Evidence) -> Judged:
    """Put *claim* to the test with what was measured."""
    return Judged(claim, tuple(_outcome(condition, evidence) for condition in claim.conditions))


def _outcome(condition: Condition, evidence: Evidence) -> Outcome:
    try:
        found = condition.measure(evidence)
    except Missing as missing:
        return Outcome(condition, Interval(None, None, None, 0), None, str(missing))
    return Outcome(condition, found, condition.decides(found), beside=_beside(condition, evidence))


def _beside(condition: Condition, evidence: Evidence) -> str:
    if condition.beside is None:
        return ""
    what, measure, unit = condition.beside
    try:
        return f"{what} {_with_unit(measure(evidence), unit)}"
    except Missing as missing:
        return f"{what} {missing}"


def as_json(judged: Judged) -> Mapping[str, object]:
    """Return a judged claim as plain values."""
    claim = judged.claim
    return {
        "id": claim.id,
        "number": claim.number,
        "statement": claim.statement,
        "source": claim.source,
        "made_under": claim.made_under,
        "verdict": judged.verdict.value,
        "verdict_words": judged.words,
        "caveat": claim.caveat or None,
        "conditions": [
            {
                "when": outcome.condition.when,
                "figure": outcome.condition.figure,
                "unit": outcome.condition.unit,
                "value": outcome.found.value,
                "low": outcome.found.low,
                "high": outcome.found.high,
                "n": outcome.found.n,
                "holds": outcome.holds,
                "confounded": outcome.condition.confounded or None,
                "missing": outcome.why_not or None,
            }
            for outcome in judged.outcomes
        ],
    }


__all__ = [
    "Claim", "Condition", "Judged", "Outcome", "Verdict",
    "as_json", "at_least", "between", "judge", "less_than", "more_than", "verdict",
]  # fmt: skip
