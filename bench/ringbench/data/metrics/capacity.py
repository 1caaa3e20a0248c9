"""What a reader and a producer can do by themselves: the buffer is filled, the producer stops, the buffer is drained.

Throughput can't tell this: with any reader but the Python callback it measures the producer. The yardstick is memcpy
of the same bytes in the same run. The producer's figure has no system call and no tracepoint around it
(BPF_PROG_TEST_RUN, net/bpf/test_run.c); the kernel's bpf stats of the same runs stand beside it, and are higher by the
two clock readings that they take.
"""

from __future__ import annotations

from ringbench.data.metrics.gate_rule import OTHERWISE, GateRule
from ringbench.data.metrics.metric import Column, Metric, Number
from ringbench.data.metrics.recording import Recording
from ringbench.data.metrics.section import Section


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
        Column(
            "drain_ns_per_event",
            "ns",
            "lower",
            "Draining a full buffer, per event",
            integer=False,
            judged=GateRule("ratio", 0.10, place=2),
            lead=("Draining a full buffer took", "an event"),
        ),
        Column(
            "memcpy_ns_per_event",
            "ns",
            "lower",
            "memcpy of the same bytes, per event",
            integer=False,
            not_judged="it is the machine's, not the project's",
            brief=True,
            unranked="it is the yardstick, no transport's work",
        ),
        Column(
            "drain_bytes_per_s",
            "bytes/s",
            "higher",
            "Payload drained from a full buffer per second",
            integer=False,
            not_judged=OTHERWISE,
        ),
        Column(
            "fill_ns_per_event",
            "ns",
            "lower",
            "Producer alone, per event (test run)",
            integer=False,
            judged=GateRule("ratio", 0.03, place=1),
            lead=("Submitting took the producer alone", "an event"),
        ),
        Column(
            "fill_stats_ns_per_event",
            "ns",
            "lower",
            "Producer alone, per event (bpf stats)",
            integer=False,
            not_judged=OTHERWISE,
        ),
    ),
    compute=_compute,
    section=Section(
        place=6,
        columns=(
            *("drain_ns_per_event", "memcpy_ns_per_event", "fill_ns_per_event"),
            *("fill_stats_ns_per_event", "drain_bytes_per_s"),
        ),
        mode="capacity",
        better="is faster",
        reading="The buffer is filled to nine tenths, the producer stops, and the buffer is drained: what each side "
        "can do by itself. It is not throughput: with both at work, each slows the other down. memcpy of the same "
        "bytes, headers included, stands beside the drain as the yardstick; a reader that is faster does not copy all "
        "of them to fresh memory. The producer is a program that BPF_PROG_TEST_RUN repeats, as sched_cls: no system "
        "call and no tracepoint is in its figure. The bpf stats of the same runs include the two clock readings that "
        "they take.",
        timed=True,
        sides=3,
    ),
)
