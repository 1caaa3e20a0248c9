"""More producers slow one ringbuf down."""

from __future__ import annotations

from ringbench.analysis.claims.claim import Claim, Condition, less_than, more_than
from ringbench.analysis.claims.evidence import Evidence, Missing, Select
from ringbench.analysis.claims.firehose import TIMER, cell, group
from ringbench.data.stats import Interval


def _cells(evidence: Evidence) -> tuple[Select, Select]:
    if evidence.cpus < 2:
        raise Missing("there is one CPU, so no second producer beside the first")
    one = cell("ringbuf-reserve", "none", placement="free", reader="bulk")
    return one, one.but(producers=evidence.cpus)


def _together(evidence: Evidence) -> Interval:
    return evidence.ratio("events_per_s", *_cells(evidence))


def _each(evidence: Evidence) -> Interval:
    return evidence.ratio("producer_ns_per_event", *_cells(evidence))


CLAIM = Claim(
    6,
    "more-producers",
    "More producers slow one ringbuf down: they share its lock and its producer position.",
    "A. Nakryiko, bpf: Add BPF ringbuf and perf buffer benchmarks, lore 20200529075424.3139988-5-andriin@fb.com",
    "libbpf in C, producers and reader on CPUs of their own: 10.9 M/s with one, 4.9 with two, 2.0 with 32",
    (
        group(("ringbuf-reserve",), "none", reader="bulk", waits=(TIMER,), placement="free", producers=1),
        group(("ringbuf-reserve",), "none", reader="bulk", waits=(TIMER,), placement="free", producers=0),
    ),
    (
        Condition(
            "a record's cost to its producer is looked at",
            "producer's ns an event, with a producer on every CPU against one:",
            _each,
            more_than(1.0),
        ),
        Condition(
            "events a second of all producers together are looked at",
            "events a second, with a producer on every CPU against one:",
            _together,
            less_than(1.0),
        ),
    ),
    "With a producer on every CPU, the reader takes its time from them.",
)
