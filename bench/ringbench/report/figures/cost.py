"""Figure: what an event costs the side that is traced, and the side that reads."""

from __future__ import annotations

from ringbench.analysis.questions import COST
from ringbench.report.figures.by_setting import Shown, kind

_SHOWN = (
    Shown("Producer: an event's share of the program's run", "ns", lambda cell: cell.values("producer_ns_per_event")),
    Shown("Reader: CPU time per event", "ns", lambda cell: cell.values("consumer_cpu_ns_per_event")),
)

FIGURE = kind(
    "cost",
    COST,
    _SHOWN,
    "Further left is cheaper; each panel has a scale of its own. The producer's run includes stamping and filling "
    "the record, which costs the same with every transport. It does not show what the tracepoint itself costs, nor "
    "what a wake-up costs the scheduler outside of the program.",
)
