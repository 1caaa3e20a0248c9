"""The figures of the report, one a file. Adding one is a line here."""

from __future__ import annotations

from ringbench.report.figures import (
    capacity,
    cost,
    cost_stacked,
    disorder,
    disorder_by_cpu,
    disorder_over_time,
    drops,
    latency,
    latency_distribution,
    memory,
    ordering,
    overhead,
    readers,
    throughput,
    window,
)
from ringbench.report.figures.figure import FigureKind

__all__ = ["FIGURES", "FigureKind"]

FIGURES: tuple[FigureKind, ...] = (
    memory.FIGURE,
    drops.FIGURE,
    throughput.FIGURE,
    cost_stacked.FIGURE,
    cost.FIGURE,
    overhead.FIGURE,
    capacity.FIGURE,
    readers.FIGURE,
    ordering.FIGURE,
    latency.FIGURE,
    disorder.FIGURE,
    window.FIGURE,
    disorder_by_cpu.FIGURE,
    disorder_over_time.FIGURE,
    latency_distribution.FIGURE,
)
