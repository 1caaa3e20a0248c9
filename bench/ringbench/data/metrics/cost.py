"""What an event costs: the side that is traced, and the side that reads.

The producer's figure comes from the kernel's own account of BPF programs (BPF_ENABLE_STATS: ``run_time_ns`` and
``run_cnt``). It is the mean of one run of the program: reading the clock and filling the record are in it, as well as
submitting. That part is the same for every transport, so differences between transports are true and ratios
are understated. A program that submits several records in one run shares it out among them. Runs outside of the window
submit nothing and are cheap: where the account could not be read at the window's ends, because every CPU was taken, the
runs do not match the records, and there is no figure.

The reader's figure is the CPU time of its thread during the window over what it handed over in that time; one that
spins is busy throughout.
"""

from __future__ import annotations

from ringbench.data.metrics.gate_rule import GateRule
from ringbench.data.metrics.metric import Column, Metric, Number
from ringbench.data.metrics.recording import Recording
from ringbench.data.metrics.section import Panel, Section

UNMATCHED = 0.1
"""Share of the records by which the runs may differ from them."""


def mean_ns(total_ns: int | None, count: int | None) -> float | None:
    """Return *total_ns* / *count* in ns, or None when either is unknown or there was nothing to divide by."""
    if total_ns is None or not count:
        return None
    return total_ns / count


def _compute(recording: Recording) -> dict[str, Number | None]:
    runs, attempted = recording.producer_runs, recording.attempted
    if runs is not None:
        runs *= recording.records_per_run
        if attempted is None or abs(runs - attempted) > UNMATCHED * attempted:
            runs = None
    return {
        "producer_ns_per_event": mean_ns(recording.producer_run_ns, runs),
        "consumer_cpu_ns_per_event": mean_ns(recording.consumer_cpu_ns, recording.consumed),
    }


METRIC = Metric(
    name="cost",
    question="What does an event cost?",
    columns=(
        Column(
            "producer_ns_per_event",
            "ns",
            "lower",
            "Producer time per event",
            integer=False,
            judged=GateRule("ratio", 0.15, place=4),
            lead=("An event cost the producer", ""),
            panel=Panel(title="Producer: an event's share of the program's run"),
            on_card=True,
        ),
        Column(
            "consumer_cpu_ns_per_event",
            "ns",
            "lower",
            "Reader CPU time per event",
            integer=False,
            judged=GateRule("ratio", 0.15, place=5),
            lead=("Reading an event cost", "of CPU time"),
            panel=Panel(title="Reader: CPU time per event"),
        ),
    ),
    compute=_compute,
    section=Section(
        place=4,
        better="is cheaper",
        reading="The producer's figure is the mean run of the whole BPF program by the kernel's bpf stats, shared out "
        "among its records: stamping and filling them are in it, so a ratio between transports is understated. The "
        "reader's is the CPU time of its thread over the events delivered; one that spins is busy throughout, so it "
        "pays for each event that doesn't come. In transport-only trials the producer's figure is its own clock around "
        "its calls.",
        timed=True,
        caption="Further left is cheaper; each panel has a scale of its own. The producer's run includes stamping and "
        "filling the record, which costs the same with every transport. It does not show what the tracepoint itself "
        "costs, nor what a wake-up costs the scheduler outside of the program.",
    ),
)
