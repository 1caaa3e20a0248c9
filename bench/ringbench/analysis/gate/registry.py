"""Which figures are judged, by which rule, and from which effect on. One line a figure.

The direction, which way is better, is the column's own (ringbench.data.metrics). Whatever is not judged stands here,
too, with the reason: tests/gate/test_registry.py sees that no column is forgotten.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from ringbench.analysis.setting import Setting
from ringbench.data.metrics import COLUMNS, Column

Kind = Literal["ratio", "difference", "zero", "exact"]


@dataclass(frozen=True)
class Judged:
    """How one column is judged."""

    column: Column
    kind: Kind
    """'ratio': head over base. 'difference': head less base. 'zero': none in the base, so any is a change; where the
    base has some, 'difference', or not at all. 'exact': computed, so any other value is a change."""
    smallest: float = 0.0
    """The smallest effect worth reporting: a share for a ratio, in the column's unit for a difference."""
    applies: Callable[[Setting], bool] = lambda setting: True
    """In which settings the figure says something of the project, and not of its load or its timer."""


def _flat_out(setting: Setting) -> bool:
    return setting.mode == "isolated" and not setting.paced


def _woken(setting: Setting) -> bool:
    return setting.wakeup != "none"


def _shared_ring_only(setting: Setting) -> bool:
    return setting.mode in ("paired", "isolated")


_ALL = (
    Judged(COLUMNS["fill_ns_per_event"], "ratio", 0.03),
    Judged(COLUMNS["drain_ns_per_event"], "ratio", 0.10),
    Judged(COLUMNS["operation_ns_per_event"], "ratio", 0.03),
    Judged(COLUMNS["producer_ns_per_event"], "ratio", 0.15),
    Judged(COLUMNS["consumer_cpu_ns_per_event"], "ratio", 0.15),
    Judged(COLUMNS["events_per_s"], "ratio", 0.05, _flat_out),
    Judged(COLUMNS["latency_p50_ns"], "ratio", 0.20, _woken),
    Judged(COLUMNS["latency_p90_ns"], "ratio", 0.30, _woken),
    Judged(COLUMNS["drop_rate"], "zero", 0.01),
    Judged(COLUMNS["causal_violations"], "zero", applies=_shared_ring_only),
    Judged(COLUMNS["memory_physical_bytes"], "exact"),
    Judged(COLUMNS["memory_memlock_bytes"], "exact"),
)
JUDGED: dict[str, Judged] = {judged.column.name: judged for judged in _ALL}
"""By the column's name, in the order in which they are shown."""

_COUNT = "it is a count of what the load made; rates are judged"
_ONE_EVENT = "it is one event's: its spread over repeats is as wide as itself"
_OTHERWISE = "another figure judged says it"
_SCHEDULER = "the scheduler decides it, more than the code does"
NOT_JUDGED: dict[str, str] = {
    "attempted": _COUNT,
    "delivered": _COUNT,
    "failed": "drop_rate says it",
    "residual": "the place of the window's end in the timer's period decides it",
    "bytes_per_s": _OTHERWISE,
    "wakeups_per_s": _SCHEDULER,
    "context_switches_per_s": _SCHEDULER,
    "tail_ns": _ONE_EVENT,
    "stranded_age_ns": _ONE_EVENT,
    "memcpy_ns_per_event": "it is the machine's, not the project's",
    "drain_bytes_per_s": _OTHERWISE,
    "fill_stats_ns_per_event": _OTHERWISE,
    "operation_ns": _OTHERWISE,
    "injected_ns_per_event": "it is what was injected",
    "latency_p99_ns": "of a trial as short as the gate's it is a few events, and the host decides them; p90 is judged",
    "latency_p999_ns": _ONE_EVENT,
    "latency_max_ns": _ONE_EVENT,
    "timestamp_inversions": "the transport does not promise their order",
    "late_events": "the transport does not promise their order",
    "max_lateness_ns": _ONE_EVENT,
    "max_displacement": _ONE_EVENT,
    "lives": _COUNT,
    "cross_cpu_lives": _COUNT,
    "memory_rss_bytes": "it counts pages that others share",
    "memory_cgroup_bytes": "the kernel charges in batches",
    "peak_backlog": _SCHEDULER,
    "peak_backlog_cpu": _SCHEDULER,
    "peak_backlog_ring": _SCHEDULER,
}
"""Why a column is not judged."""
