"""Figure: how long an event takes to reach the reader."""

from __future__ import annotations

from ringbench.analysis.questions import LATENCY
from ringbench.report.figures.by_setting import Shown, kind

_SHOWN = (
    Shown("Half of the events took at most", "ns", lambda cell: cell.values("latency_p50_ns")),
    Shown("99 in 100 events took at most", "ns", lambda cell: cell.values("latency_p99_ns")),
    Shown("The slowest event took", "ns", lambda cell: cell.values("latency_max_ns")),
)

FIGURE = kind(
    "latency",
    LATENCY,
    _SHOWN,
    "Further left is quicker; all panels share one scale. Where nobody is woken, most of it is the wait for the next "
    "timed drain, which is the reader's choice and not the transport's. Lost events have no latency and don't show.",
    shared=True,
)
