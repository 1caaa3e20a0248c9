"""The ringbuf needs less memory for the same loss, under even load and in bursts on one CPU."""

from __future__ import annotations

from ringbench.analysis.claims.claim import Claim, Condition, less_than
from ringbench.analysis.claims.evidence import Evidence, Missing
from ringbench.analysis.claims.lifecycle import cell, paired
from ringbench.data.stats import Interval
from ringbench.drivers.transports import TRANSPORTS
from ringbench.spec.event import EVENT


def _needed(load: str, when: str) -> Condition:
    perf, ringbuf = (TRANSPORTS[name].stride(EVENT.itemsize) for name in ("perf", "ringbuf-reserve"))

    def measure(evidence: Evidence) -> Interval:
        if evidence.cpus < 2:
            raise Missing("there is one CPU, so one ring with either transport")
        rings = evidence.cpus
        return evidence.derived(
            lambda cpu, together: together * ringbuf / (cpu * perf * rings) if cpu else None,
            ("peak_backlog_cpu", cell("perf", load)),
            ("peak_backlog", cell("ringbuf-reserve", load)),
        )

    return Condition(
        when,
        "bytes that the recorded arrivals needed, ringbuf's against perf's:",
        measure,
        less_than(1.0),
    )


CLAIM = Claim(
    10,
    "less-memory",
    "The ringbuf needs less memory than the perf buffer to lose as little.",
    "A. Nakryiko, 'BPF ring buffer' (nakryiko.com/posts/bpf-ringbuf), 2020; kernel commit 457f44363a88",
    "no figures: one shared buffer takes a burst on any CPU, where each CPU's own must be made for the worst",
    (paired("fork-exec", "burst"),),
    (_needed("fork-exec", "the load is even over the CPUs"), _needed("burst", "the load comes in bursts on one CPU")),
    "Computed from arrivals and drains, before rounding up to sizes that each can have; profile frontier measures it.",
)
