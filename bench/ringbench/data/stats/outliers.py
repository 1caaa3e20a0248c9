"""Values that lie far from the others. They are flagged, shown and kept: leaving one out would be choosing."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

_FEWEST = 5
"""With fewer values there is no telling which of them lies apart."""
_FAR = 3.5
"""Modified z-scores above this are called outliers (Iglewicz & Hoaglin 1993, 'How to Detect and Handle Outliers')."""
_TO_SIGMA = 0.6745
"""The 0.75 quantile of the normal distribution: the median absolute deviation is so many standard deviations."""
RULE = f"modified z-score above {_FAR} among the repeats of its cell (Iglewicz & Hoaglin 1993)"


def outliers(values: npt.ArrayLike) -> npt.NDArray[np.bool_]:
    """Return which of *values* (floats, shape n; NaN: not measured) lie far from their median, as a mask of shape n.

    The modified z-score is 0.6745 |x - median| / MAD. Where more than half of the values are equal, so that MAD is 0,
    the mean absolute deviation takes its place, as Iglewicz and Hoaglin have it. None of fewer than five is one.
    """
    found = np.asarray(values, dtype=np.float64)
    known = found[~np.isnan(found)]
    if len(known) < _FEWEST:
        return np.zeros(len(found), dtype=np.bool_)
    apart = np.abs(found - np.median(known))
    typical = np.median(apart[~np.isnan(apart)]) / _TO_SIGMA
    if typical == 0:
        typical = 1.253314 * float(np.mean(apart[~np.isnan(apart)]))  # sqrt(pi / 2): of a normal distribution, sigma
    if typical == 0:
        return np.zeros(len(found), dtype=np.bool_)
    return np.asarray(np.nan_to_num(apart, nan=0.0) > _FAR * typical, dtype=np.bool_)
