"""Medians, of figures and of paired ratios, with an expanded percentile-bootstrap interval.

The median, since one disturbed trial must not move the figure; the bootstrap, since nothing is known about how trials
are distributed (Efron & Tibshirani 1993, chapter 13: the percentile interval). From few values that interval is too
narrow: of two things that are the same, it shows a difference in 6 to 9 % of comparisons of 6 to 20 blocks. So the
tails are cut further out, by as much as Student's t widens a mean's interval (the expanded percentile interval of
Hesterberg 2015, 'What Teachers Should Know About the Bootstrap', The American Statistician 69). docs/method.md has the
figures, tests/data/stats/coverage.py draws them again. The generator is seeded, so a stored session is reported with
the same digits every time.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import ndtr, stdtrit

_FEWEST = 5
"""With fewer values there is no 95 % interval to be had: the widest that a bootstrap can give is their whole range, and
that holds the median with a probability of 1 - 2 / 2^n only: 75 % for three, 94 % for five."""

Floats = npt.NDArray[np.float64]
Values = npt.ArrayLike | Sequence[float | None]


@dataclass(frozen=True)
class Interval:
    """An estimate and how far it can be trusted, in the unit of its values."""

    value: float | None
    """None when there was nothing to estimate from."""
    low: float | None
    high: float | None
    """Both None when there were fewer than five values."""
    n: int
    """Values (or pairs of values) that the estimate rests on; nulls aren't among them."""


def median_interval(values: Values, *, seed: int = 0, confidence: float = 0.95) -> Interval:
    """Return the median of *values* and its bootstrap interval.

    *values*: floats, shape n; NaN and None stand for 'not measured' and are left out. Raises ValueError for infinite
    values and for a *confidence* outside (0, 1).
    """
    return _median(_floats(values), seed, confidence)


def ratio_interval(base: Values, head: Values, *, seed: int = 0, confidence: float = 0.95) -> Interval:
    """Return the median of head / base over blocks and its bootstrap interval; 1.1 says head is 10 % higher.

    Not the ratio of the two medians: that lets the drift between blocks in, and its interval is then twice as wide.

    *base* and *head*: floats, shape n each, entry i of both from block i. The pairing is kept because the machine
    drifts up to twofold within minutes: only what was measured side by side can be compared. It is computed through
    log(head / base), so that exchanging base and head gives the reciprocal; the blocks are what is resampled.

    A pair with a NaN, None or 0 on either side has no ratio and is left out: ``n`` says how many stayed. Raises
    ValueError for negative or infinite values, for unequal lengths and for a *confidence* outside (0, 1).
    """
    bases, heads = _floats(base), _floats(head)
    if len(bases) != len(heads):
        raise ValueError(f"blocks must be paired: {len(bases)} of base, {len(heads)} of head")
    if (bases < 0).any() or (heads < 0).any():
        raise ValueError("a ratio needs values above 0, and some are negative")
    usable = (bases > 0) & (heads > 0)  # false for NaN, too
    logs = _median(np.log(heads[usable]) - np.log(bases[usable]), seed, confidence)
    return Interval(_exp(logs.value), _exp(logs.low), _exp(logs.high), logs.n)


def _floats(values: Values) -> Floats:
    floats = np.asarray(values, dtype=np.float64)
    if np.isinf(floats).any():
        raise ValueError("infinite values can't have been measured")
    return floats


def _median(values: Floats, seed: int, confidence: float) -> Interval:
    if not 0 < confidence < 1:
        raise ValueError(f"confidence must be between 0 and 1, not {confidence}")
    values = values[~np.isnan(values)]
    n = len(values)
    if not n:
        return Interval(None, None, None, 0)
    value = float(np.median(values))
    if n < _FEWEST:
        return Interval(value, None, None, n)
    if values.min() == values.max():  # every resample would be the same
        return Interval(value, value, value, n)
    from scipy.stats import bootstrap  # half a second to load, and a session of few repeats never comes here

    resampled = bootstrap(
        (values,),
        np.median,
        method="percentile",
        # scipy calls this rng from 1.15 on and takes the old name, too; a distribution's scipy knows only the old.
        random_state=np.random.default_rng(seed),
    )
    # Not scipy's own bounds: it interpolates (1 - t) * a + t * b, which rounds even between equal neighbours, so that a
    # bound can lie outside the values or on the wrong side of the median. numpy's a + t * (b - a) can't.
    tail = expanded_tail(n, confidence)
    low, high = np.quantile(resampled.bootstrap_distribution, [tail, 1 - tail])
    return Interval(value, float(low), float(high), n)


def expanded_tail(n: int, confidence: float) -> float:
    """Return the share of the bootstrap's medians that is cut off on each side, from *n* values at *confidence*.

    Less than (1 - confidence) / 2, which it approaches with *n*: Phi(sqrt(n / (n - 1)) t), with t that quantile of
    Student's distribution with n - 1 degrees of freedom (Hesterberg 2015).
    """
    return float(ndtr(math.sqrt(n / (n - 1)) * stdtrit(n - 1, (1 - confidence) / 2)))


def _exp(log: float | None) -> float | None:
    return None if log is None else math.exp(log)
