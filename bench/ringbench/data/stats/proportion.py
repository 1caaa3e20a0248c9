"""Shares of repeats or comparisons, and how far they can be trusted."""

from __future__ import annotations

from ringbench.data.stats.interval import Interval


def share_interval(hits: int, n: int, confidence: float = 0.95) -> Interval:
    """Return hits / n with its exact interval (Clopper & Pearson 1934); nothing for n = 0.

    Raises ValueError unless 0 <= hits <= n.
    """
    if not 0 <= hits <= n:
        raise ValueError(f"{hits} of {n} is no share")
    if not n:
        return Interval(None, None, None, 0)
    from scipy.stats import binomtest  # half a second to load

    found = binomtest(hits, n).proportion_ci(confidence, "exact")
    return Interval(hits / n, float(found.low), float(found.high), n)
