"""The questions a report answers: which columns answer each, in which trials, and how to read them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Question:
    """One question, and how it is answered."""

    name: str
    asked: str
    columns: tuple[str, ...]
    """Columns of trials.parquet; the first decides."""
    mode: str
    """The mode of trials that can answer it: in the other one the figures are shown and not ranked."""
    better: str
    """Completes 'so perf …' for the transport whose figure is better."""
    reading: str
    """How to read the figures, and what they don't show."""
    timed: bool = False
    """Its figures hang on speed: they mean nothing on an emulated processor."""

    def unranked(self, *, paired: bool, emulated: bool) -> str:
        """Return why figures of this question are shown and not ranked, '' where they are."""
        if self.timed and emulated:
            return "this machine is emulated, and its speed means nothing"
        if self.timed and paired and self.mode != "paired":
            return "in paired trials each transport bears the other's cost, too"
        return ""


MEMORY = Question(
    "memory",
    "How much memory does the buffer take?",
    ("memory_physical_bytes", "memory_memlock_bytes", "memory_rss_bytes", "memory_cgroup_bytes"),
    "isolated",
    "is smaller",
    "Physical memory is computed from the kernel's layout: every page held, the kernel's own included. The other ways "
    "of counting see different pages and are not ranked: RSS counts a ringbuf's data twice, since it is mapped twice, "
    "and perf's pages may be missing from RSS and from the memory cgroup; perf has no memlock figure.",
)
DROPS = Question(
    "drops",
    "How many events were lost?",
    ("drop_rate",),
    "paired",
    "lost less",
    "Counted in the BPF program: submissions refused of submissions tried. Sizes are totals over all CPUs. Where "
    "nothing was lost, the bound is 3/n and takes events as independent; losses come in bursts, so read it as a "
    "hopeful one. It holds for this load, this reader and this drain interval.",
    timed=True,
)
THROUGHPUT = Question(
    "throughput",
    "How much arrived a second?",
    ("events_per_s", "bytes_per_s"),
    "isolated",
    "was faster",
    "What was delivered a second while the workload ran. Where nothing was lost, the workload set the pace: this is "
    "then how much the transport slowed it down, and not the most that the transport can carry.",
    timed=True,
)
COST = Question(
    "cost",
    "What does an event cost?",
    ("producer_ns_per_event", "consumer_cpu_ns_per_event"),
    "isolated",
    "is cheaper",
    "The producer's figure is the mean run of the whole BPF program by the kernel's bpf stats: stamping and filling "
    "the record are in it, so a ratio between transports is understated. The reader's is the CPU time of its thread "
    "over the events delivered.",
    timed=True,
)
ORDER = Question(
    "order",
    "Do events arrive in the order in which they happened?",
    ("causal_violations", "timestamp_inversions", "late_events", "max_lateness_ns", "max_displacement"),
    "paired",
    "kept better order",
    "A causal violation shows an effect before its cause in the same life; a timestamp inversion alone is no "
    "contradiction. Pairs of which one side was dropped don't count. Part of perf's disorder is the reader's: it "
    "takes one CPU's buffer after the other.",
)
LATENCY = Question(
    "latency",
    "How long does an event take to reach the reader?",
    ("latency_p50_ns", "latency_p99_ns", "latency_max_ns"),
    "isolated",
    "was quicker",
    "From the event's stamp to the reader's hands. Where nobody is woken, it includes the wait for the next timed "
    "drain. Only delivered events have a latency: where many were dropped, it flatters.",
    timed=True,
)

OWN_WORDS = {"timestamp_inversions": "had fewer"}
"""Columns for which the question's word would say too much. Few inversions are no better order: a reader that drains
one CPU after the other makes a single one at each drain, and half of all events are late."""

QUESTIONS = (MEMORY, DROPS, THROUGHPUT, COST, ORDER, LATENCY)
