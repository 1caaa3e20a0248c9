"""What the gate says: of one figure of one cell, and of all together."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum

from ringbench.data.stats import Interval


class Verdict(Enum):
    """The four that there are, and two that judge nothing."""

    REGRESSED = "regressed"
    IMPROVED = "improved"
    SAME = "same"
    """Shown to be within the smallest effect worth reporting; not merely: no difference was found."""
    INCONCLUSIVE = "inconclusive"
    FIRST_RUN = "first-run"
    """There was no base yet."""
    NOT_JUDGED = "not judged"
    """Of one figure: the registry has a reason."""


_ORDER = (Verdict.REGRESSED, Verdict.INCONCLUSIVE, Verdict.IMPROVED, Verdict.SAME)
EXIT_STATUS = {
    Verdict.REGRESSED: 1,
    Verdict.INCONCLUSIVE: 3,
    Verdict.IMPROVED: 0,
    Verdict.SAME: 0,
    Verdict.FIRST_RUN: 0,
}


def overall(verdicts: Iterable[Verdict]) -> Verdict:
    """Return the verdict of all: the gravest. What is in doubt is graver than what is better; nothing is in doubt."""
    found = set(verdicts)
    return next((verdict for verdict in _ORDER if verdict in found), Verdict.INCONCLUSIVE)


@dataclass(frozen=True)
class Judgement:
    """The verdict on one figure of one cell."""

    verdict: Verdict
    why: str
    """In words: what was found, and, where it is inconclusive, what is missing."""
    kind: str
    """How it was judged: 'ratio', 'difference', 'zero' or 'exact'."""
    base: float | None = None
    """Medians."""
    head: float | None = None
    change: Interval | None = None
    """Head over base, or head less base, with the interval that the verdict "regressed" rests on."""
    more_blocks: int | None = None
    """About how many more blocks it would take, where more would help."""
