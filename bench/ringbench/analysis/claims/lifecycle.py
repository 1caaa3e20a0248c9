"""What claims on order, memory and losses are measured with: both transports carry the same fork, exec and exit."""

from __future__ import annotations

from ringbench.analysis.claims.evidence import Select, select
from ringbench.spec.profile import Group

LARGE = 128
"""In smallest sizes, a page for each CPU: none of these loads fills it."""


def paired(*workloads: str, steps: int = LARGE) -> Group:
    """Return paired trials, drained on a timer."""
    return Group("paired", ("perf", "ringbuf-reserve"), ("bulk",), ("none",), workloads, (steps,))


def cell(transport: str, workload: str, **setting: object) -> Select:
    """Return the cell of that transport and workload in paired trials, of the largest size unless *setting* says so."""
    usual = {"mode": "paired", "reader": "bulk", "workload": workload, "size": "largest"}
    return select(transport, **{**usual, **setting})
