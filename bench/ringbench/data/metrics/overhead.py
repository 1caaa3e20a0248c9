"""What an operation of the workload takes, with nothing attached and with more and more of the tracing at work.

Wall time of the producer's own loop, so that everything is in it: the tracepoint, the program, the wake-ups that fall
on the producer, and cache lines that the reader takes away. A stage's cost is what it takes more than the one before
(ringbench.spec.stages), block by block.
"""

from __future__ import annotations

from ringbench.data.metrics.metric import Column, Metric, Number
from ringbench.data.metrics.recording import Recording


def _compute(recording: Recording) -> dict[str, Number | None]:
    found = recording.overhead
    # What was refused was not submitted, and cost less than it should.
    if found is None or not found.operations or recording.failed:
        return dict.fromkeys(("operation_ns", "operation_ns_per_event", "injected_ns_per_event"))
    operation_ns = found.ns / found.operations
    injected_ns, submitted = recording.injected_ns, recording.attempted
    return {
        "operation_ns": operation_ns,
        "operation_ns_per_event": operation_ns / found.events_per_operation,
        "injected_ns_per_event": injected_ns / submitted if injected_ns is not None and submitted else None,
    }


METRIC = Metric(
    name="overhead",
    question="What does tracing cost the workload?",
    columns=(
        Column("operation_ns", "ns", "lower", "An operation of the workload", integer=False),
        Column("operation_ns_per_event", "ns", "lower", "The workload's time for each event", integer=False),
        Column("injected_ns_per_event", "ns", "lower", "Cost that was injected, by the program's clock", integer=False),
    ),
    compute=_compute,
)
