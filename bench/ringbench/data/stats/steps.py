"""Where a series over time steps from one level to another: a fit by levels, as few as the data ask for.

The fit minimises the sum of absolute deviations from piecewise constant levels plus a penalty for each step (the Potts
functional in L1: F. Friedrich, A. Kempe, V. Liebscher and G. Winkler 2008, 'Complexity Penalized M-Estimation', J.
Computational and Graphical Statistics 17; airspeed velocity finds regressions so, asv/step_detect.py). Deviations are
absolute, so one odd session makes no step; the best fit is found exactly, by dynamic programming over n^2 segments.

The noise is taken from the differences of neighbours, which steps hardly touch. Counts that are mostly 0 have mostly no
differences, though they vary: there it is what lies beside a running median. The penalty grows with the logarithm of
the length.

Of series without a step, this many show one (4000 of each; tests/data/stats/test_steps.py draws fewer): normal noise,
none of 30 sessions and 0.4 % of 6; amounts that are mostly 0, 0.3 %; rare counts (Poisson, 0.1 to 0.5 a session), 2.5 %
of 30 and 5 % of 6 to 12. Noise that hangs together shows more: 6 % of 30 where neighbours correlate with 0.6.
"""

from __future__ import annotations

import bisect
import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median

import numpy as np

SHORTEST = 3
"""Points that a level has at least: fewer are odd sessions."""
FEWEST = 2 * SHORTEST
MOST = 2000
_PENALTY = 4.5
"""Of a step, in noises, for each unit of the logarithm of the length."""
_TO_SIGMA = 1.4826 / math.sqrt(2)
"""The median absolute deviation of differences of two, to the standard deviation of one."""
_MEAN_TO_SIGMA = math.sqrt(math.pi / 2)
"""The mean absolute deviation of a normal distribution, to its standard deviation."""


@dataclass(frozen=True)
class Step:
    """A change of level."""

    place: int
    """Index of the first point on the new level."""
    before: float
    after: float
    """The levels: medians."""


def steps(values: Sequence[float]) -> list[Step]:
    """Return the steps in *values*: finite floats in the order of time, at most :data:`MOST`.

    None in fewer than :data:`FEWEST`. Raises ValueError for values that are not finite, and for too many.
    """
    series = [float(value) for value in values]
    if not all(math.isfinite(value) for value in series):
        raise ValueError("a series with values that are not finite has no levels")
    if len(series) > MOST:
        raise ValueError(f"{len(series)} points are more than the {MOST} that are taken")
    if len(series) < FEWEST:
        return []
    noise = _noise(series)
    places = _fit(series, _PENALTY * noise * math.log(len(series)))
    edges = [0, *places, len(series)]
    levels = [median(series[a:b]) for a, b in pairwise(edges)]
    return [
        Step(place, before, after)
        for place, before, after in zip(places, levels, levels[1:], strict=False)
        if before != after
    ]


def _noise(series: Sequence[float]) -> float:
    """Return the standard deviation of one point about its level."""
    apart = np.abs(np.diff(series))
    noise = max(float(np.median(apart)) * _TO_SIGMA, _MEAN_TO_SIGMA * _beside(series))
    if noise:
        return noise
    # Computed figures change by steps alone. The smallest one there is stands for the noise, so that each is found.
    some = apart[apart > 0]
    return float(some.min()) / (2 * _PENALTY * math.log(len(series))) if len(some) else 0.0


def _beside(series: Sequence[float]) -> float:
    """Return how far points lie from the running median of five, on average: a level of three or more lies on it."""
    medians = [median(series[max(0, place - 2) : place + 3]) for place in range(len(series))]
    return math.fsum(abs(value - middle) for value, middle in zip(series, medians, strict=True)) / len(series)


def _fit(series: Sequence[float], penalty: float) -> list[int]:
    """Return where the levels of the best fit begin, but for the first."""
    n = len(series)
    best = [0.0] + [math.inf] * n
    came = [0] * (n + 1)
    # costs[a] is that of a level from a to the point reached so far: medians grow point by point.
    growing: list[_Level] = []
    for end in range(1, n + 1):
        growing.append(_Level())
        for begin, level in enumerate(growing):
            level.add(series[end - 1])
            if end - begin < SHORTEST or (begin and begin < SHORTEST):
                continue
            cost = best[begin] + level.cost + (penalty if begin else 0.0)
            if cost < best[end]:
                best[end], came[end] = cost, begin
    places = []
    end = n
    while end:
        end = came[end]
        if end:
            places.append(end)
    return places[::-1]


class _Level:
    """The points of one level, sorted, and the sum of their absolute deviations from the median."""

    def __init__(self) -> None:
        self._values: list[float] = []
        self.cost = 0.0

    def add(self, value: float) -> None:
        # The sum grows by the distance to the nearest median there was; of an even number, all between the middle two
        # are medians. Summing anew would make the fit cubic: half a minute for MOST points.
        if n := len(self._values):
            low, high = self._values[(n - 1) // 2], self._values[n // 2]
            self.cost += max(low - value, value - high, 0.0)
        bisect.insort(self._values, value)
