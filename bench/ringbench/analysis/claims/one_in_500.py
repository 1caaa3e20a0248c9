"""One wake-up in 500 closes most of the gap between perf buffer and ringbuf."""

from __future__ import annotations

from ringbench.analysis.claims.claim import Claim, Condition, at_least
from ringbench.analysis.claims.evidence import Evidence
from ringbench.analysis.claims.firehose import cell, group
from ringbench.data.stats import Interval


def _closed(every: float, batch: float, ringbuf: float) -> float | None:
    """Return what share of the way from *every* to *ringbuf* the batch goes; None where there is no gap to close."""
    return (batch - every) / (ringbuf - every) if ringbuf > every else None


def _share(evidence: Evidence) -> Interval:
    cells = (cell("perf", "every"), cell("perf", "batch:500"), cell("ringbuf-reserve", "adaptive"))
    return evidence.derived(_closed, *(("events_per_s", each) for each in cells))


CLAIM = Claim(
    2,
    "one-in-500",
    "One wake-up in 500 closes most of the gap between perf buffer and ringbuf.",
    "A. Nakryiko, bpf: Add BPF ringbuf and perf buffer benchmarks, lore 20200529075424.3139988-5-andriin@fb.com",
    "the same benchmark with sampled wake-ups: 9.89 M/s against 11.56 M/s",
    (group(("perf", "ringbuf-reserve"), "every", "adaptive", "batch:500"),),
    (
        Condition(
            "perf goes from a wake-up for every event to one in 500, the ringbuf wakes adaptively",
            "share of the gap in events a second that is closed:",
            _share,
            at_least(0.5),
            unit="",
        ),
    ),
)
