"""A recording's analysis as plain values for JSON."""

from __future__ import annotations

from typing import Any

from ringbench.analysis.order.survey import Surveyed
from ringbench.analysis.order.text import answer
from ringbench.analysis.view import shown

_IDENTITY = (
    *("trial", "scenario", "mode", "reader", "wakeup", "wait", "placement", "workload", "cpus", "buffer_bytes"),
    *("drain_interval_s", "block"),
)


def as_json(surveyed: Surveyed) -> dict[str, Any]:
    """Return the trial's identity, the figures by the names of trials.parquet, and all that was found."""
    row = {} if surveyed.row is None else surveyed.row
    known = {name: row[name] for name in _IDENTITY if name in row}
    identity = {name: shown(value) if isinstance(value, str) else value for name, value in known.items()}
    found = surveyed.order.as_json()
    return {**identity, **found, "transport": shown(surveyed.order.transport), "answer": answer(surveyed.order)}
