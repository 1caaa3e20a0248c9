"""How many events lay unread at the worst moment: what a buffer must hold so that nothing is lost.

Computed from the arrivals and the moments at which the reader had them, so it holds for that load and that reader. A
shared ring must hold the peak of the sum over CPUs; where there are several, each must hold the peak of the one that
had most, since all rings have one size.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ringbench.data.metrics.gate_rule import SCHEDULER
from ringbench.data.metrics.metric import Column, Metric, Number
from ringbench.data.metrics.recording import Recording
from ringbench.spec.event import Events


def peak_backlog(events: Events) -> int:
    """Return the most events that had arrived and not been received at any one moment.

    *events*: dtype DELIVERED, shape n. An event is there from its stamp until it is received, both ends included, as
    its bytes are freed only afterwards. O(n log n).
    """
    if not len(events):
        return 0
    arrived = np.sort(events["ts_ns"])
    received = np.sort(events["received_ns"])
    # The backlog is highest at an arrival, the last of those with one stamp.
    gone = np.searchsorted(received, arrived, side="left")
    return int(np.max(np.arange(1, len(events) + 1) - gone))


def peaks_by_cpu(events: Events) -> dict[int, int]:
    """Return :func:`peak_backlog` of each CPU's events alone, by CPU."""
    return {int(cpu): peak_backlog(events[events["cpu"] == cpu]) for cpu in np.unique(events["cpu"])}


def peak_of_rings(events: Events, rings: Sequence[Sequence[int]]) -> int:
    """Return the highest :func:`peak_backlog` of the events of one ring; *rings*: the CPUs that write to each."""
    return max((peak_backlog(events[np.isin(events["cpu"], ring)]) for ring in rings), default=0)


def _compute(recording: Recording) -> dict[str, Number | None]:
    # What was refused never arrived: the backlog was then cut off at the size of the buffer.
    if recording.events is None or recording.failed:
        return {"peak_backlog": None, "peak_backlog_cpu": None, "peak_backlog_ring": None}
    return {
        "peak_backlog": peak_backlog(recording.events),
        "peak_backlog_cpu": max(peaks_by_cpu(recording.events).values(), default=0),
        "peak_backlog_ring": peak_of_rings(recording.events, recording.rings) if recording.rings else None,
    }


METRIC = Metric(
    name="backlog",
    question="How much lay unread at the worst moment?",
    columns=(
        Column(
            "peak_backlog", "events", "lower", "Peak backlog of all CPUs together", integer=True, not_judged=SCHEDULER
        ),
        Column(
            "peak_backlog_cpu",
            "events",
            "lower",
            "Peak backlog of the CPU with most",
            integer=True,
            not_judged=SCHEDULER,
        ),
        Column(
            "peak_backlog_ring",
            "events",
            "lower",
            "Peak backlog of the ring with most",
            integer=True,
            not_judged=SCHEDULER,
        ),
    ),
    compute=_compute,
    section=None,  # sizes are said with the losses (ringbench.analysis.required_size)
)
