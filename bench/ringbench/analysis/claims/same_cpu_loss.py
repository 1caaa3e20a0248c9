"""On the same CPU the ringbuf loses events where the perf buffer doesn't."""

from __future__ import annotations

from ringbench.analysis.claims.claim import Claim, Condition, more_than
from ringbench.analysis.claims.evidence import Evidence
from ringbench.analysis.claims.firehose import TIMER, cell, group
from ringbench.data.stats import Interval

_BOTH = ("perf", "ringbuf-reserve")


def _lost(wakeup: str) -> Condition:
    perf, ringbuf = (cell(name, wakeup, placement="same") for name in _BOTH)

    def measure(evidence: Evidence) -> Interval:
        return evidence.difference("drop_rate", perf, ringbuf)

    def beside(evidence: Evidence) -> Interval:
        return evidence.median("drop_rate", perf)

    return Condition(
        f"wake-up {wakeup} with both",
        "share of events lost, ringbuf's less perf's:",
        measure,
        more_than(0.0),
        unit="points",
        beside=("perf's alone", beside, ""),
    )


CLAIM = Claim(
    4,
    "same-cpu-loss",
    "With producer and reader on the same CPU, the ringbuf loses events where the perf buffer doesn't.",
    "A. Nakryiko, bpf: Add BPF ringbuf and perf buffer benchmarks, lore 20200529075424.3139988-5-andriin@fb.com",
    "libbpf in C, one producer flat out, a wake-up for every record, the reader on the same CPU: the ringbuf passed "
    "3.0 M/s and dropped 3.5, perf passed 1.4 and dropped none",
    (group(_BOTH, "every", "batch:500", placement="same"), group(_BOTH, "none", waits=(TIMER,), placement="same")),
    (_lost("every"), _lost("batch:500"), _lost("none")),
    "Flat out, each transport sets its producer's pace: the slower one has less to lose.",
)
