"""Doing less work in the reader makes it slower."""

from __future__ import annotations

from ringbench.analysis.claims.claim import Claim, Condition, more_than
from ringbench.analysis.claims.evidence import Evidence
from ringbench.analysis.claims.firehose import cell, group
from ringbench.data.stats import Interval

_PACES = ("spin:0s", "spin:20us")
_BOTH = ("ringbuf-reserve", "perf")


def _pause(transport: str) -> Condition:
    def measure(evidence: Evidence) -> Interval:
        base, head = (cell(transport, "none", wait=spin) for spin in _PACES)
        return evidence.ratio("events_per_s", base, head)

    return Condition(
        f"a polling reader of {transport} pauses 20 us after each look",
        "events a second, with the pause against without:",
        measure,
        more_than(1.0),
    )


CLAIM = Claim(
    14,
    "less-work-slower",
    "Doing less work in the reader makes everything slower.",
    "seen in public: a ringbuf reader that only counts was 8 % slower than one that worked, 12 million events a run; "
    "and in the benchmarks of claim 1, whose leaner reader got less",
    "one producer; the reader that works draws on the ring less often",
    (group(_BOTH, "none", waits=_PACES),),
    tuple(map(_pause, _BOTH)),
    "The pause stands for work: what is tested is the pace of draining against the producer's cost.",
)
