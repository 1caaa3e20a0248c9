"""What a reader and a producer can do by themselves: the buffer is filled, the producer stops, the buffer is drained.

Throughput can't tell this: with any reader but the Python callback it measures the producer. The yardstick is memcpy
of the same bytes in the same run. The producer's figure has no system call and no tracepoint around it
(BPF_PROG_TEST_RUN, net/bpf/test_run.c); the kernel's bpf stats of the same runs stand beside it, and are higher by the
two clock readings that they take.
"""

from __future__ import annotations

from ringbench.data.metrics.metric import Column, Metric, Number
from ringbench.data.metrics.recording import Recording


def _compute(recording: Recording) -> dict[str, Number | None]:
    found = recording.capacity
    if found is None:
        return dict.fromkeys(column.name for column in METRIC.columns)
    return {
        "drain_ns_per_event": found.drain_ns_per_event,
        "memcpy_ns_per_event": found.memcpy_ns_per_event,
        "drain_bytes_per_s": 1e9 * recording.record_bytes / found.drain_ns_per_event,
        "fill_ns_per_event": found.fill_ns_per_event,
        "fill_stats_ns_per_event": found.fill_stats_ns_per_event,
    }


METRIC = Metric(
    name="capacity",
    question="How fast is a full buffer drained, and a record submitted, with nothing else going on?",
    columns=(
        Column("drain_ns_per_event", "ns", "lower", "Draining a full buffer, per event", integer=False),
        Column("memcpy_ns_per_event", "ns", "lower", "memcpy of the same bytes, per event", integer=False),
        Column(
            "drain_bytes_per_s", "bytes/s", "higher", "Payload drained from a full buffer per second", integer=False
        ),
        Column("fill_ns_per_event", "ns", "lower", "Producer alone, per event (test run)", integer=False),
        Column("fill_stats_ns_per_event", "ns", "lower", "Producer alone, per event (bpf stats)", integer=False),
    ),
    compute=_compute,
)
