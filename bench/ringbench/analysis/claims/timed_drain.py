"""BPF_RB_NO_WAKEUP with a timed drain cuts the reader's CPU time."""

from __future__ import annotations

from ringbench.analysis.claims.claim import Claim, Condition, less_than
from ringbench.analysis.claims.evidence import Evidence, select
from ringbench.data.stats import Interval
from ringbench.spec.profile import Group

_LOAD = "fork-exec@40%"


def _cost(reader: str) -> Condition:
    def measure(evidence: Evidence) -> Interval:
        usual = select("ringbuf-reserve", mode="isolated", workload=_LOAD, reader=reader)
        return evidence.ratio("consumer_cpu_ns_per_event", usual.but(wakeup="adaptive"), usual.but(wakeup="none"))

    return Condition(
        f"reader {reader}, drained every 10 ms",
        "reader's CPU time an event, timed drain against adaptive wake-ups:",
        measure,
        less_than(1.0),
    )


CLAIM = Claim(
    12,
    "timed-drain",
    "BPF_RB_NO_WAKEUP with a timed drain cuts the reader's CPU time.",
    "Documentation/bpf/ringbuf.rst (kernel); tools report 13 % of a CPU falling to 7 % once wake-ups are batched",
    "tracers of process events on busy machines",
    (Group("isolated", ("ringbuf-reserve",), ("libbpf", "bulk"), ("adaptive", "none"), (_LOAD,), (128,)),),
    (_cost("libbpf"), _cost("bulk")),
    "The price is latency: half the interval in the mean.",
)
