"""The figures of the report, one a file. Adding one is a line here.

A metric's section that none of them answers has one all the same, drawn as its columns say.
"""

from __future__ import annotations

from ringbench.analysis.questions import COST, LATENCY, ORDER, QUESTIONS, THROUGHPUT
from ringbench.report.figures import (
    by_setting,
    capacity,
    cost_stacked,
    disorder,
    disorder_by_cpu,
    disorder_over_time,
    drops,
    latency_distribution,
    memory,
    overhead,
    readers,
    window,
)
from ringbench.report.figures.figure import FigureKind

__all__ = ["FIGURES", "FigureKind"]

_OURS: tuple[FigureKind, ...] = (
    memory.FIGURE,
    drops.FIGURE,
    by_setting.of_question(THROUGHPUT),
    cost_stacked.FIGURE,
    by_setting.of_question(COST),
    overhead.FIGURE,
    capacity.FIGURE,
    readers.FIGURE,
    by_setting.of_question(ORDER),
    by_setting.of_question(LATENCY),
    disorder.FIGURE,
    window.FIGURE,
    disorder_by_cpu.FIGURE,
    disorder_over_time.FIGURE,
    latency_distribution.FIGURE,
)
_NAMES = {name for figure in _OURS for name in (figure.name, figure.question)}
FIGURES: tuple[FigureKind, ...] = (
    *_OURS,
    *(by_setting.of_question(question) for question in QUESTIONS if not {question.name, question.figure} & _NAMES),
)
"""In the order in which the page has them."""
