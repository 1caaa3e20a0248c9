"""Shares of repeats or comparisons, and how far they can be trusted."""

from __future__ import annotations

from scipy.stats import binomtest

from ringbench.data.stats.interval import Interval


def share_interval(hits: int, n: int, confidence: float = 0.95) -> Interval:
    """Return hits / n with its exact interval (Clopper & Pearson 1934); nothing for n = 0.

    Raises ValueError unless 0 <= hits <= n.
    """
    if not 0 <= hits <= n:
        raise ValueError(f"{hits} of {n} is no share")
    if not n:
        return Interval(None, None, None, 0)
    found = binomtest(hits, n).proportion_ci(confidence, "exact")
    return Interval(hits / n, float(found.low), float(found.high), n)


def bound_of_none(n: int, confidence: float = 0.95) -> float:
    """Return the largest rate at which none of *n* would still be seen with 1 - confidence; about 3/n for 95 %.

    Exact for independent trials: 1 - (1 - confidence)^(1 / n). Raises ValueError for n < 1.
    """
    if n < 1:
        raise ValueError("of no trials nothing is known")
    return float(1.0 - (1.0 - confidence) ** (1.0 / n))
