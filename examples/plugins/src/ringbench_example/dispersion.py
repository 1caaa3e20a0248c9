"""`dispersion`: how bursty the arrivals were, by the index of dispersion of counts in windows of a millisecond.

Variance over mean of the number of events in each window (D. R. Cox and P. A. W. Lewis 1966, 'The Statistical Analysis
of Series of Events'): 1 for events that are independent of each other, 0 for a clock, and more for bursts.
"""

from __future__ import annotations

import numpy as np

from ringbench.data.metrics.metric import Column, Metric, Number
from ringbench.data.metrics.recording import Recording

_WINDOW_NS = 1_000_000
_FEWEST = 20


def _compute(recording: Recording) -> dict[str, Number | None]:
    events = recording.events
    if events is None or recording.failed or not len(events):
        return {"dispersion": None}
    window = (events["ts_ns"] - events["ts_ns"].min()) // np.uint64(_WINDOW_NS)
    counts = np.bincount(window.astype(np.int64))
    return {"dispersion": float(counts.var() / counts.mean()) if len(counts) >= _FEWEST else None}


METRIC = Metric(
    name="dispersion",
    question="How bursty was the load?",
    columns=(Column("dispersion", "", "lower", "Index of dispersion of the arrivals", integer=False),),
    compute=_compute,
)
