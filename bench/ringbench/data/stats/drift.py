"""Two series that were measured apart: what lies between them is not only noise, the machine has drifted meanwhile.

How far a machine drifts between two sessions cannot be seen in either. What can be seen is how far it drifts between
the parts of one. So each session is cut into batches, and counts as one draw more of what the batches are draws of:

    variance of a session's level = s^2 / b + s^2,    s^2 the variance of its b batch medians

The first term is the method of batch means (A. M. Law, 'Simulation Modeling and Analysis', section 9.5), which allows
for noise that hangs together; the second stands for the drift between the two, taken to be as large as that between
batches. Where a machine is quiet it is small, and the interval narrow; where it is not, the interval is wide: two
sessions of such a machine say little, and `ringbench ab` says more. docs/gate.md has what this is worth, measured.
"""

from __future__ import annotations

import math
from statistics import fmean, median, variance

import numpy as np
import numpy.typing as npt
from scipy.special import stdtrit

from ringbench.data.stats.interval import Interval

BATCHES = 5


def apart_interval(base: npt.ArrayLike, head: npt.ArrayLike, tail: float) -> Interval:
    """Return how far *head* lies above *base*, and an interval that allows for drift between them.

    *base*, *head*: floats, finite, shapes n and m, in the order in which they were measured. ``low`` and ``high`` are
    each exceeded with a probability of about *tail* (Student's t, twice b - 1 degrees of freedom). Ends are None for
    fewer than :data:`BATCHES` values. Raises ValueError for a tail outside (0, 0.5).
    """
    if not 0 < tail < 0.5:
        raise ValueError(f"a tail is more than 0 and less than 0.5, not {tail}")
    sides = [np.asarray(side, dtype=np.float64) for side in (base, head)]
    n = min(len(side) for side in sides)
    if not n:
        return Interval(None, None, None, 0)
    value = float(median(sides[1]) - median(sides[0]))
    if n < BATCHES:
        return Interval(value, None, None, n)
    batches = [[float(median(part)) for part in np.array_split(side, BATCHES)] for side in sides]
    pooled = fmean(variance(parts) for parts in batches)
    reach = -float(stdtrit(2 * (BATCHES - 1), tail)) * math.sqrt(2 * pooled * (1 / BATCHES + 1))
    return Interval(value, value - reach, value + reach, n)
