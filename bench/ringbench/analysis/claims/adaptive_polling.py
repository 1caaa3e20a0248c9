"""The adaptive wake-up costs the producer with a polling reader."""

from __future__ import annotations

from ringbench.analysis.claims.claim import Claim, Condition, less_than
from ringbench.analysis.claims.evidence import Evidence
from ringbench.analysis.claims.firehose import cell, group
from ringbench.data.stats import Interval

_SPINS = ("spin:0s", "spin:200us")


def _pace(spin: str, when: str) -> Condition:
    def measure(evidence: Evidence) -> Interval:
        base, head = (cell("ringbuf-reserve", wakeup, wait=spin) for wakeup in ("none", "adaptive"))
        return evidence.ratio("events_per_s", base, head)

    return Condition(when, "events a second, adaptive against none:", measure, less_than(1.0))


CLAIM = Claim(
    5,
    "adaptive-polling",
    "The ringbuf's adaptive wake-up costs the producer where the reader polls and keeps up.",
    "A. Nakryiko, bpf: Add BPF ringbuf and perf buffer benchmarks, lore 20200529075424.3139988-5-andriin@fb.com",
    "libbpf in C, one producer: a faster reader has caught up more often, so more records notify it; sampled by hand, "
    "more than twice as many pass",
    (group(("ringbuf-reserve",), "none", "adaptive", waits=_SPINS),),
    (
        _pace("spin:0s", "the reader polls without a pause"),
        _pace("spin:200us", "the reader pauses 200 us between looks"),
    ),
)
