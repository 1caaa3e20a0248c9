"""What a load's arrivals needed, in sizes that each transport can have."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringbench.analysis.cells import Cell, cells_of
from ringbench.analysis.losses import sweeps
from ringbench.analysis.required_size import need
from ringbench.drivers.transports import TRANSPORTS
from tests.analysis import synthetic
from tests.analysis.synthetic import KIB, view


def _cells(
    transport: str, peaks: list[int | None], cpu_peaks: list[int | None], rings: str | None = "0-1 2-3"
) -> list[Cell]:
    measured = {"peak_backlog": peaks, "peak_backlog_cpu": cpu_peaks, "peak_backlog_ring": cpu_peaks, "rings": rings}
    columns = {transport: {**measured, "attempted": 9000, "failed": 0}}
    rows = synthetic.cells(columns, range(len(peaks)), asked_bytes=128 * KIB, buffer_bytes=128 * KIB)
    return cells_of(view(rows).figures)


def test_a_shared_ring_holds_the_sum_and_a_ring_per_cpu_its_worst_cpu_on_each() -> None:
    shared = need(_cells("ringbuf-reserve", [260, 264, 250], [260, 261, 250]), 2)
    assert shared
    assert (shared.events, shared.stride, shared.buffer_bytes, shared.repeats) == (264, 64, 32 * KIB, 3)
    each = need(_cells("perf", [264, 264, 250], [261, 260, 250]), 2)
    assert each
    assert (each.events, each.stride, each.rings, each.buffer_bytes) == (261, 72, 2, 64 * KIB)
    assert each.words() == "perf 64 KiB (at most 261 events unread on a CPU, 72 bytes each)"


@given(st.sampled_from(sorted(TRANSPORTS)), st.integers(0, 10**6), st.integers(1, 512))
def test_the_size_holds_the_backlog_and_half_of_it_would_not(transport: str, peak: int, cpus: int) -> None:
    found = need(_cells(transport, [peak], [peak]), cpus)
    assert found
    transport = TRANSPORTS[transport]
    assert found.rings == {"ring-per-cpu": cpus, "ring-per-cache": 2, "shared-ring": 1}[transport.shape]
    assert found.buffer_bytes == transport.round_size(found.buffer_bytes, found.rings)
    assert transport.ring_bytes(found.buffer_bytes, found.rings) > peak * found.stride
    half = transport.ring_bytes(found.buffer_bytes, found.rings) // 2
    assert half <= peak * found.stride or half < transport.round_size(1, 1)


def test_rings_of_groups_hold_the_worst_group_on_each_and_without_their_number_nothing_is_said() -> None:
    found = need(_cells("ringbuf-per-cache", [400], [300]), 4)
    assert found
    assert (found.events, found.rings, found.buffer_bytes) == (300, 2, 64 * KIB)
    assert found.words() == "ringbuf-per-cache 64 KiB (at most 300 events unread in one of 2 rings, 64 bytes each)"
    one = need(_cells("ringbuf-per-cache", [400], [400], "0-3"), 4)
    assert one
    assert one.words() == "ringbuf-per-cache 32 KiB (at most 400 events unread in all, 64 bytes each)"
    assert need(_cells("ringbuf-per-cache", [400], [300], None), 4) is None


@pytest.mark.parametrize(
    ("stored", "told"),
    [
        (['{"0": 261, "1": 40}', '{"0": 100, "1": 50}'], ": 261 on CPU 0, 50 on CPU 1; 72 bytes each)"),
        (
            ['{"0": 1, "1": 2, "2": 3, "3": 4, "9": 5, "7": 261}'] * 2,
            ": 261 on CPU 7, 5 on CPU 9, 4 on CPU 3, 3 on CPU 2, no more on 2 others; 72 bytes each)",
        ),
        ([None, None], "on a CPU, 72 bytes each)"),
        (["[1]", "<b>"], "on a CPU, 72 bytes each)"),
        (['{"x": 3}', '{"1": null}'], "on a CPU, 72 bytes each)"),
    ],
)
def test_each_cpu_is_told_where_each_has_a_ring(stored: list[str | None], told: str) -> None:
    columns = {"perf": {"peak_backlog": 264, "peak_backlog_cpu": 261, "peak_backlog_by_cpu": stored}}
    found = need(cells_of(view(synthetic.cells(columns, range(2))).figures), 2)
    assert found
    assert found.words().endswith(told)


@pytest.mark.parametrize("cells", [[], _cells("perf", [None, None], [None, None]), _cells("made-up", [5], [5])])
def test_without_known_arrivals_there_is_no_need(cells: list[Cell]) -> None:
    assert need(cells, 2) is None
    assert need(_cells("perf", [5], [5]), 0) is None


def test_measured_and_computed_stand_side_by_side() -> None:
    rows: list[dict[str, Any]] = []
    for kib, failed in ((16, 40), (32, 0)):
        measured = {"attempted": 9000, "failed": failed, "memory_physical_bytes": (kib + 12) * KIB}
        measured |= {"peak_backlog": None if failed else 300, "peak_backlog_cpu": None if failed else 200}
        rows += synthetic.cells({"ringbuf-reserve": measured}, asked_bytes=kib * KIB, buffer_bytes=kib * KIB)
    (sweep,) = sweeps(cells_of(view(rows).figures))
    assert "ringbuf-reserve 32 KiB, 44 KiB of memory held (0 of 45,000 lost" in sweep.smallest_without_loss()
    assert "in 5 of 5 repeats" in sweep.smallest_without_loss()
    assert sweep.computed(2) == (
        "Computed from the arrivals of 5 repeats without a loss: "
        "ringbuf-reserve 32 KiB (at most 300 events unread in all, 64 bytes each)."
    )
    assert sweep.computed(0) == ""
