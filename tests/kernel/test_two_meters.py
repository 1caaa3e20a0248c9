"""What matters is measured by two meters that know nothing of each other, and they agree as far as they can.

Forks against /proc/stat: test_counts.py. The memory cgroup's charge against the computed size: test_limits.py.
"""

from __future__ import annotations

import pytest

from ringbench.data.metrics import compute
from tests.kernel.conftest import BUFFERS, Measure, share

pytestmark = pytest.mark.alone

FLAT_OUT = {"workload": "firehose:8", "wakeup": "none", "wait": "sleep:1ms", "producers": (1,)}


@pytest.mark.parametrize("name", BUFFERS)
def test_the_producers_cost_by_bpf_stats_and_by_wall_time(measured: Measure, name: str) -> None:
    # The same run of the program, by BPF_PROG_TEST_RUN: its wall time, and what the kernel's statistics say. These read
    # the clock before and after each run of 8 records, and are off for the other meter.
    (found,) = measured(name, mode="capacity", workload="firehose:8", duration_s=0.3).shares
    told = compute(found.recording)
    wall, stats = told["fill_ns_per_event"], told["fill_stats_ns_per_event"]
    assert wall
    assert stats
    assert 0.8 < stats / wall < 2


@pytest.mark.parametrize("name", ["ringbuf-output", "ringbuf-reserve"])
def test_memory_as_computed_and_as_the_kernel_tells_in_fdinfo(measured: Measure, name: str) -> None:
    memory = share(measured(name, buffer_bytes=1 << 20), name).recording.memory
    if memory["memlock"] is None:
        pytest.skip("this kernel's fdinfo has no memlock for a ringbuf (5.11 to 6.3)")
    # fdinfo has the pages and the descriptor's own memory besides; not the consumer's page (kernel/bpf/ringbuf.c,
    # ringbuf_map_mem_usage()).
    assert abs(memory["memlock"] - memory["physical"]) < 0.02 * memory["physical"]


def test_drops_by_the_programs_counter_and_by_what_perf_reports_lost(measured: Measure) -> None:
    recording = (found := share(measured("perf", buffer_bytes=8192, **FLAT_OUT), "perf")).recording
    assert recording.failed > 1000
    # PERF_RECORD_LOST comes with the next record that finds room, so it never says more than was refused, and says
    # nothing of what was refused behind the last record of each CPU (kernel/events/ring_buffer.c).
    assert found.lost_reported <= recording.failed
    assert found.lost_reported >= 0.9 * recording.failed
