"""How many events lay unread at the worst moment."""

from __future__ import annotations

import dataclasses

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from ringbench.data.metrics import backlog
from ringbench.data.metrics.recording import Recording
from ringbench.spec.event import DELIVERED, Events


def _events(rows: list[tuple[int, int, int]]) -> Events:
    """Return events of (ts_ns, received_ns, cpu)."""
    events = np.zeros(len(rows), DELIVERED)
    for name, column in zip(
        ("ts_ns", "received_ns", "cpu"), zip(*rows, strict=True) if rows else ([], [], []), strict=True
    ):
        events[name] = column
    return events


_ROWS = st.lists(
    st.tuples(st.integers(0, 40), st.integers(0, 20), st.integers(0, 3)).map(lambda r: (r[0], r[0] + r[1], r[2])),
    max_size=40,
)


@given(_ROWS)
def test_the_peak_is_the_most_that_any_moment_saw(rows: list[tuple[int, int, int]]) -> None:
    moments = range(61)
    slow = max((sum(ts <= t <= received for ts, received, _ in rows) for t in moments), default=0)
    assert backlog.peak_backlog(_events(rows)) == slow


@given(_ROWS)
def test_one_ring_for_all_never_needs_more_than_rings_of_the_worst_cpus_size(rows: list[tuple[int, int, int]]) -> None:
    by_cpu = backlog.peaks_by_cpu(_events(rows))
    whole = backlog.peak_backlog(_events(rows))
    assert max(by_cpu.values(), default=0) <= whole <= sum(by_cpu.values())


def test_bursts_that_alternate_between_cpus_need_half_of_what_rings_per_cpu_hold() -> None:
    rows = [(100 * turn + n, 100 * turn + 50, turn % 2) for turn in range(4) for n in range(10)]
    assert backlog.peak_backlog(_events(rows)) == 10
    assert backlog.peaks_by_cpu(_events(rows)) == {0: 10, 1: 10}


def _columns(**changed: object) -> dict[str, object]:
    values = {"attempted": 3, "failed": 0, "delivered": 3, "residual": 0, "record_bytes": 56, **changed}
    return dict(backlog.METRIC.compute(Recording(wall_s=1.0, **values)))  # type: ignore[arg-type]


def test_where_events_were_lost_or_only_counted_it_is_not_known() -> None:
    events = _events([(1, 5, 0), (2, 5, 1), (9, 10, 1)])
    assert _columns(events=events) == {"peak_backlog": 2, "peak_backlog_cpu": 1, "peak_backlog_ring": None}
    nothing = {"peak_backlog": None, "peak_backlog_cpu": None, "peak_backlog_ring": None}
    assert _columns(events=events, failed=1) == nothing
    assert _columns() == nothing
    assert _columns(events=events[:0]) == {"peak_backlog": 0, "peak_backlog_cpu": 0, "peak_backlog_ring": None}


@given(_ROWS)
def test_rings_of_groups_lie_between_one_for_all_and_one_for_each_cpu(rows: list[tuple[int, int, int]]) -> None:
    events = _events(rows)
    whole, each = backlog.peak_backlog(events), max(backlog.peaks_by_cpu(events).values(), default=0)
    assert backlog.peak_of_rings(events, [(0, 1, 2, 3)]) == whole
    assert backlog.peak_of_rings(events, [(0,), (1,), (2,), (3,)]) == each
    assert each <= backlog.peak_of_rings(events, [(0, 3), (1, 2)]) <= whole


def test_without_the_rings_their_peak_is_not_known() -> None:
    recording = Recording(1.0, 1, 0, 1, 56, residual=0, events=_events([(1, 2, 0)]))
    assert backlog.METRIC.compute(recording)["peak_backlog_ring"] is None
    assert backlog.METRIC.compute(dataclasses.replace(recording, rings=((0, 1),)))["peak_backlog_ring"] == 1
