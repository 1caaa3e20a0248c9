"""The ringbuf keeps fork, exec and exit in order across CPUs."""

from __future__ import annotations

from ringbench.analysis.claims.claim import Claim, Condition, less_than
from ringbench.analysis.claims.evidence import Evidence, Missing
from ringbench.analysis.claims.lifecycle import cell, paired
from ringbench.data.stats import Interval

_LOADS = ("fork-exec", "stress-ng:vfork")


def _violations(load: str) -> Condition:
    ringbuf = cell("ringbuf-reserve", load)

    def measure(evidence: Evidence) -> Interval:
        if evidence.cpus < 2:
            raise Missing("there is one CPU: no order between CPUs to keep")
        return evidence.largest("causal_violations", ringbuf)

    def lives(evidence: Evidence) -> Interval:
        return evidence.median("lives", ringbuf)

    return Condition(
        f"load {load}",
        "causal violations in the worst repeat:",
        measure,
        less_than(0.5),
        unit="1",
        beside=("lives a repeat", lives, "1"),
    )


CLAIM = Claim(
    7,
    "ringbuf-order",
    "The ringbuf keeps fork, exec and exit in order across CPUs.",
    "A. Nakryiko, 'BPF ring buffer' (nakryiko.com/posts/bpf-ringbuf), 2020; kernel commit 457f44363a88",
    "by design: records are in the order of their reservations, whatever CPU they come from",
    (paired(*_LOADS),),
    tuple(map(_violations, _LOADS)),
    "None seen is no proof: with n lives a repeat, a rate of 3/n could have stayed unseen.",
)
