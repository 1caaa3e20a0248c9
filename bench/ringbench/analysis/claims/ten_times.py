"""The perf buffer is about ten times slower than the ringbuf."""

from __future__ import annotations

from ringbench.analysis.claims.claim import Claim, Condition, at_least
from ringbench.analysis.claims.evidence import Evidence
from ringbench.analysis.claims.firehose import TIMER, cell, group
from ringbench.data.stats import Interval

_TEN = at_least(5.0)
"""'About ten times' is taken for five times and more."""


def _ratio(perf: str, ringbuf: str, *, confounded: bool = False) -> Condition:
    def measure(evidence: Evidence) -> Interval:
        base, head = cell("perf", perf), cell("ringbuf-reserve", ringbuf)
        return evidence.ratio("events_per_s", base, head, confounded=confounded)

    when = f"wake-up {perf} with both" if perf == ringbuf else f"wake-up {perf} with perf, {ringbuf} with the ringbuf"
    why = "wake-up and transport differ, as in what was published" if confounded else ""
    return Condition(when, "ringbuf's events a second against perf's:", measure, _TEN, confounded=why)


CLAIM = Claim(
    1,
    "ten-times",
    "The perf buffer is about ten times slower than the ringbuf.",
    "A. Nakryiko, bpf: Add BPF ringbuf and perf buffer benchmarks, lore 20200529075424.3139988-5-andriin@fb.com",
    "libbpf in C, one producer, 0.93 M/s against 12.05 M/s: perf with a wake-up for every record, ringbuf adaptively",
    (
        group(("perf", "ringbuf-reserve"), "every", "adaptive", "batch:500"),
        group(("perf", "ringbuf-reserve"), "none", waits=(TIMER,)),
    ),
    (
        _ratio("every", "adaptive", confounded=True),
        _ratio("every", "every"),
        _ratio("batch:500", "batch:500"),
        _ratio("none", "none"),
    ),
)
