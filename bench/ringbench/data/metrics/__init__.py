"""The metrics: pure functions, a :class:`~ringbench.data.metrics.recording.Recording` in, numbers out.

A metric is one file with a ``METRIC``; registering it is one line here. Each computes one or more columns of
trials.parquet, and says how the report shows and the gate judges them. None stands for 'could not be measured', never
0.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ringbench.data.metrics import (
    backlog,
    capacity,
    cost,
    drops,
    latency,
    memory,
    ordering,
    overhead,
    throughput,
    wakeups,
)
from ringbench.data.metrics.gate_rule import GateRule
from ringbench.data.metrics.metric import Column, Metric, Number
from ringbench.data.metrics.recording import Recording
from ringbench.data.metrics.section import Panel, Section
from ringbench.data.plugins import leave_out, with_plugins


def with_own_columns(metrics: Iterable[Metric]) -> Iterator[Metric]:
    """Yield those of *metrics* that fill no column of one before them; the others are left out, and that is said."""
    taken: set[str] = set()
    for metric in metrics:
        names = {column.name for column in metric.columns}
        if clash := names & taken:
            leave_out(f"metric {metric.name}", f"the column {min(clash)} is another metric's")
        else:
            taken |= names
            yield metric


METRICS: tuple[Metric, ...] = tuple(
    with_own_columns(
        with_plugins(
            "metrics",
            Metric,
            (
                drops.METRIC,
                throughput.METRIC,
                cost.METRIC,
                wakeups.METRIC,
                capacity.METRIC,
                overhead.METRIC,
                latency.METRIC,
                ordering.METRIC,
                memory.METRIC,
                backlog.METRIC,
            ),
        ).values()
    )
)
"""Those of this project, and those that others bring (ringbench.data.plugins)."""

COLUMNS: dict[str, Column] = {column.name: column for metric in METRICS for column in metric.columns}
"""Every measured column of trials.parquet by its name."""

__all__ = [
    "COLUMNS",
    "METRICS",
    "Column",
    "GateRule",
    "Metric",
    "Number",
    "Panel",
    "Recording",
    "Section",
    "compute",
]


def compute(recording: Recording) -> dict[str, Number | None]:
    """Return every metric's columns for one recording."""
    row: dict[str, Number | None] = {}
    for metric in METRICS:
        row.update(metric.compute(recording))
    return row
