"""The perf buffer's lost count is complete."""

from __future__ import annotations

from bench.claims.claim import Claim, Condition, less_than
from bench.claims.evidence import Evidence, Missing
from bench.claims.lifecycle import cell, paired
from bench.stats import Interval

_SMALL = 2
_LOADS = ("fork-exec", "burst")


def _unreported(load: str) -> Condition:
    perf = cell("perf", load, size="smallest")

    def measure(evidence: Evidence) -> Interval:
        off = evidence.blocks(lambda lost, failed: abs(lost - failed), ("lost_reported", perf), ("failed", perf))
        if not off or not any(evidence.cell(perf).values("failed")):
            raise Missing("nothing was lost, so there was nothing to report")
        return Interval(max(off), max(off), max(off), len(off))

    return Condition(
        f"load {load}",
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
    (paired(*_LOADS, steps=_SMALL),),
    tuple(map(_unreported, _LOADS)),
    "A loss is reported with the next record that fits on the same CPU, so those of the tail never are.",
)
