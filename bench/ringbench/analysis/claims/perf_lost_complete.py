"""The perf buffer's lost count is complete."""

from __future__ import annotations

from ringbench.analysis.claims import firehose
from ringbench.analysis.claims.claim import Claim, Condition, less_than
from ringbench.analysis.claims.evidence import Evidence, Missing, Select
from ringbench.analysis.claims.lifecycle import cell, paired
from ringbench.data.stats import Interval
from ringbench.spec.profile import Group

_SMALL = 2
_LOADS = ("fork-exec", "burst")
_FULL = Group(
    "isolated",
    ("perf",),
    ("bulk",),
    ("none",),
    ("firehose:32",),
    (1,),
    waits=(firehose.TIMER,),
    placements=("other",),
    producers=(1,),
)


def _unreported(when: str, perf: Select) -> Condition:
    def measure(evidence: Evidence) -> Interval:
        off = evidence.blocks(lambda lost, failed: abs(lost - failed), ("lost_reported", perf), ("failed", perf))
        if not off or not any(evidence.cell(perf).values("failed")):
            raise Missing("nothing was lost, so there was nothing to report")
        return Interval(max(off), max(off), max(off), len(off))

    return Condition(
        when,
        "events by which the reported loss is off the counted one, in the worst repeat:",
        measure,
        less_than(0.5),
        unit="1",
    )


CLAIM = Claim(
    11,
    "perf-lost-complete",
    "The perf buffer's own lost count (PERF_RECORD_LOST) is complete.",
    "man perf_event_open(2): 'the number of lost events'; what most tools print as their loss",
    "none",
    (paired(*_LOADS, steps=_SMALL), _FULL),
    (
        *(_unreported(f"load {load}", cell("perf", load, size="smallest")) for load in _LOADS),
        _unreported(
            "a firehose that ends while the buffer is full",
            firehose.cell("perf", "none", reader="bulk", size="smallest"),
        ),
    ),
    "A loss is reported with the next record that fits on the same CPU, so those of the tail never are.",
)
