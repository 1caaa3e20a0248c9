"""Timestamps in a ringbuf are in order."""

from __future__ import annotations

from ringbench.analysis.claims.claim import Claim, Condition, less_than
from ringbench.analysis.claims.evidence import Evidence, Missing
from ringbench.analysis.claims.lifecycle import cell, paired
from ringbench.data.stats import Interval

_LOADS = ("fork-exec", "stress-ng:vfork")


def _inversions(load: str) -> Condition:
    def measure(evidence: Evidence) -> Interval:
        if evidence.cpus < 2:
            raise Missing("there is one CPU: its own stamps are in order with any transport")
        return evidence.largest("timestamp_inversions", cell("ringbuf-reserve", load))

    return Condition(f"load {load}", "timestamp inversions in the worst repeat:", measure, less_than(0.5), unit="1")


CLAIM = Claim(
    9,
    "ringbuf-stamps",
    "Timestamps in a ringbuf are in order.",
    "widely believed; what is promised is the order of reservations (Documentation/bpf/ringbuf.rst)",
    "none: an event is stamped in one step and reserved in another, and another CPU can come in between",
    (paired(*_LOADS),),
    tuple(map(_inversions, _LOADS)),
)
