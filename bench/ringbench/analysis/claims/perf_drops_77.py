"""Perf buffers drop up to 77 % of events at high core counts."""

from __future__ import annotations

from ringbench.analysis.claims.claim import Claim, Condition, at_least
from ringbench.analysis.claims.evidence import Evidence, Missing, select
from ringbench.data.stats import Interval
from ringbench.spec.profile import Group

_BOTH = ("perf", "ringbuf-reserve")
_LOAD = "stress-ng:fork"
_STEPS = 16
"""64 KiB for each CPU, as published, and as much in all for the ringbuf."""
_MADE_ON = 8


def _dropped(reader: str, wakeup: str, when: str) -> Condition:
    perf, ringbuf = (select(name, mode="paired", workload=_LOAD, reader=reader, wakeup=wakeup) for name in _BOTH)

    def measure(evidence: Evidence) -> Interval:
        if evidence.cpus < _MADE_ON:
            shown = evidence.median("drop_rate", perf).value
            raise Missing(
                f"made on {_MADE_ON} to 192 CPUs, here are {evidence.cpus}: perf dropped "
                f"{'nothing' if not shown else f'{shown:.1%}'} here"
            )
        return evidence.median("drop_rate", perf)

    def beside(evidence: Evidence) -> Interval:
        return evidence.median("drop_rate", ringbuf)

    return Condition(
        when, "perf's drop rate:", measure, at_least(0.5), unit="", beside=("the ringbuf's, same bytes", beside, "")
    )


CLAIM = Claim(
    13,
    "perf-drops-77",
    "Perf buffers drop up to 77 % of events at high core counts.",
    "Linnix white paper, 2025-12",
    "stress-ng --fork on 8 to 192 CPUs; 64 KiB a CPU for perf against 128 MiB for its own ring: bytes, reader and "
    "wake-ups all differ; the ringbuf is named and was not measured",
    (
        Group("paired", _BOTH, ("bulk",), ("none",), (_LOAD,), (_STEPS,)),
        Group("paired", _BOTH, ("callback",), ("every",), (_LOAD,), (_STEPS,)),
    ),
    (
        _dropped("bulk", "none", "equal bytes, drained every 10 ms"),
        _dropped("callback", "every", "equal bytes, a Python callback woken for every event"),
    ),
    "At least half is taken for 'up to 77 %'.",
)
