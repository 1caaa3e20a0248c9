"""What an operation of the workload takes, with nothing attached and with more and more of the tracing at work.

Wall time of the producer's own loop, so that everything is in it: the tracepoint, the program, the wake-ups that fall
on the producer, and cache lines that the reader takes away. A stage's cost is what it takes more than the one before
(ringbench.spec.stages), block by block.
"""

from __future__ import annotations

from ringbench.data.metrics.gate_rule import OTHERWISE, GateRule
from ringbench.data.metrics.metric import Column, Metric, Number
from ringbench.data.metrics.recording import Recording
from ringbench.data.metrics.section import Section


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
        Column("operation_ns", "ns", "lower", "An operation of the workload", integer=False, not_judged=OTHERWISE),
        Column(
            "operation_ns_per_event",
            "ns",
            "lower",
            "The workload's time for each event",
            integer=False,
            judged=GateRule("ratio", 0.03, place=3),
            lead=("The workload took", "an event"),
        ),
        Column(
            "injected_ns_per_event",
            "ns",
            "lower",
            "Cost that was injected, by the program's clock",
            integer=False,
            not_judged="it is what was injected",
        ),
    ),
    compute=_compute,
    section=Section(
        place=5,
        columns=("operation_ns_per_event", "operation_ns"),
        mode="overhead",
        better="slowed it down less",
        reading="Wall time of the workload's own loop, by one producer, with more and more of the tracing at work: "
        "nothing, probes that make and count a record and send it nowhere, submission into a buffer that is emptied "
        "while the producer waits, a reader on a timer at work beside it, and a reader that is woken. Each stage's "
        "share is the difference from the one before. The reader has a CPU of its own where there is one, so what it "
        "takes there is not in it.",
        timed=True,
    ),
)
