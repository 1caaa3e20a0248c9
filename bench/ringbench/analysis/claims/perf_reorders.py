"""The perf buffer reorders fork, exec and exit."""

from __future__ import annotations

from ringbench.analysis.claims.claim import Claim, Condition, more_than
from ringbench.analysis.claims.evidence import Evidence, Missing
from ringbench.analysis.claims.lifecycle import cell, paired
from ringbench.data.stats import Interval

_LOADS = ("fork-exec", "stress-ng:vfork")


def _violations(load: str) -> Condition:
    def measure(evidence: Evidence) -> Interval:
        if evidence.cpus < 2:
            raise Missing("there is one CPU: no order between CPUs to lose")
        return evidence.median("causal_violations", cell("perf", load))

    return Condition(f"load {load}", "causal violations a repeat:", measure, more_than(0.0), unit="1")


CLAIM = Claim(
    8,
    "perf-reorders",
    "The perf buffer delivers events of different CPUs out of order: an exit before its fork.",
    "A. Nakryiko, 'BPF ring buffer' (nakryiko.com/posts/bpf-ringbuf), 2020; iovisor/bcc#5047",
    "by design: each CPU has a ring of its own, and the reader takes one after the other",
    (paired(*_LOADS),),
    tuple(map(_violations, _LOADS)),
    "Part of it is the reader's, which empties one CPU's ring before the next, as BCC's and libbpf's do.",
)
