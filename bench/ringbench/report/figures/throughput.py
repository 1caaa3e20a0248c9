"""Figure: how much arrived a second."""

from __future__ import annotations

from ringbench.analysis.questions import THROUGHPUT
from ringbench.report.figures.by_setting import Shown, kind

_SHOWN = (Shown("Events delivered per second", "events/s", lambda cell: cell.values("events_per_s")),)

FIGURE = kind(
    "throughput",
    THROUGHPUT,
    _SHOWN,
    "Further right is more. Where nothing was lost, the workload set the pace, and a row says how much the transport "
    "slowed the workload down. It does not show the most that a transport can carry.",
)
