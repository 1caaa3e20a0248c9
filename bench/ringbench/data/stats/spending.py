"""How much of an error rate may be spent at each look, where one looks several times and stops when it is clear.

An error rate alpha is spread over the looks by a spending function of the share t of the blocks that are there
(K. K. G. Lan and D. L. DeMets 1983, 'Discrete Sequential Boundaries for Clinical Trials'). Each look is then a test at
what that look adds to the function. By Boole's inequality the sum holds whatever the looks have in common: exact
boundaries would be a little wider, and would need to know how the statistic grows. At a look that comes later or
earlier than planned, as when time is up, the function says what it may spend; so time may decide when to stop.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from itertools import pairwise

from scipy.special import ndtr, ndtri

Spending = Callable[[float, float], float]


def late(alpha: float, share: float) -> float:
    """Return how much of *alpha* is spent after a *share* of all blocks: as O'Brien and Fleming, little before the end.

    2 - 2 Phi(z / sqrt(share)), z being the normal quantile of 1 - alpha / 2.
    """
    if share <= 0:
        return 0.0
    return float(2 * ndtr(ndtri(alpha / 2) / math.sqrt(min(share, 1.0))))


def even(alpha: float, share: float) -> float:
    """Return how much of *alpha* is spent after a *share* of all blocks: as Pocock, about evenly.

    alpha ln(1 + (e - 1) share).
    """
    return alpha * math.log(1 + (math.e - 1) * min(max(share, 0.0), 1.0))


def spent(alpha: float, spending: Spending, looks: Sequence[int], blocks: int) -> float:
    """Return the level of the last of *looks*, each a number of blocks, ascending, of *blocks* planned.

    Raises ValueError where there is none, or they don't ascend.
    """
    if not looks or any(b <= a for a, b in pairwise(looks)) or blocks < 1:
        raise ValueError(f"looks ascend, and are some: {list(looks)} of {blocks}")
    before = spending(alpha, looks[-2] / blocks) if len(looks) > 1 else 0.0
    return spending(alpha, looks[-1] / blocks) - before
