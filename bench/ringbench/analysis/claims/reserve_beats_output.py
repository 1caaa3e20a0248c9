"""reserve and submit beat output."""

from __future__ import annotations

from ringbench.analysis.claims.claim import Claim, Condition, more_than
from ringbench.analysis.claims.evidence import Evidence, select
from ringbench.analysis.claims.firehose import TIMER, cell, group
from ringbench.data.stats import Interval
from ringbench.spec.profile import Group

_LENGTHS = (8, 32, 1024)
_BOTH = ("ringbuf-output", "ringbuf-reserve")


def _flat_out(evidence: Evidence) -> Interval:
    return evidence.ratio("events_per_s", cell("ringbuf-output", "none"), cell("ringbuf-reserve", "none"))


def _alone(record_bytes: int) -> Condition:
    def measure(evidence: Evidence) -> Interval:
        reserve, output = (
            select(name, mode="capacity", reader="bulk", record_bytes=record_bytes) for name in reversed(_BOTH)
        )
        return evidence.ratio("fill_ns_per_event", reserve, output)

    when = f"records of {record_bytes:,} bytes are submitted with nothing around them"
    return Condition(when, "ns a record, output against reserve:", measure, more_than(1.0))


CLAIM = Claim(
    3,
    "reserve-beats-output",
    "Reserving a record and submitting it beats output, which copies it.",
    "A. Nakryiko, bpf: Add BPF ringbuf and perf buffer benchmarks, lore 20200529075424.3139988-5-andriin@fb.com",
    "libbpf in C, 8-byte records, back to back: 22.8 M/s against 18.9",
    (
        group(_BOTH, "none", waits=(TIMER,)),
        Group("capacity", _BOTH, ("bulk",), ("none",), ("firehose:8",), (128,), producers=(1,), record_bytes=_LENGTHS),
    ),
    (
        *map(_alone, _LENGTHS),
        Condition(
            "32-byte records, 32 a system call, flat out",
            "events a second, reserve against output:",
            _flat_out,
            more_than(1.0),
        ),
    ),
)
