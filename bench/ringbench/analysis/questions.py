"""The questions a report answers: which columns answer each, in which trials, and how to read them."""

from __future__ import annotations

from dataclasses import dataclass

from ringbench.analysis.setting import Setting

_YARDSTICKS = {"memcpy_ns_per_event": "it is the yardstick, no transport's work"}


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
    sides: int = 1
    """How many of its figures a short report says."""
    of_load: bool = True
    """It is about what a load met: a capacity trial, which has none, cannot answer."""
    of_lives: bool = False
    """It is about the events of lives, kept one by one."""
    of_waits: bool = False
    """It is about how the reader waited, which sessions of earlier versions don't say."""
    flat_out: bool = False
    """It is about how fast things go when nothing paces them: a load with a schedule of its own cannot answer."""

    def fits(self, setting: Setting) -> bool:
        """Tell whether trials in *setting* can answer at all."""
        if "overhead" in (self.mode, setting.mode):
            return self.mode == setting.mode
        if self.mode == "capacity":
            return setting.capacity
        if self.flat_out and setting.paced:
            return False
        return not (self.of_load and setting.capacity) and not (self.of_waits and not setting.wait)

    def asked_of(self, setting: Setting) -> bool:
        """Tell whether trials in *setting* are meant to answer."""
        return self.fits(setting) and not (self.of_lives and setting.firehose)

    def unranked(self, column: str, setting: Setting, *, emulated: bool) -> str:
        """Return why figures of *column* in *setting* are shown and not ranked, '' where they are."""
        if column in _YARDSTICKS:
            return _YARDSTICKS[column]
        if self.timed and emulated:
            return "this machine is emulated, and its speed means nothing"
        if self.timed and setting.paired and self.mode != "paired":
            return "in paired trials each transport bears the other's cost, too"
        if column == "drop_rate" and not setting.paired and not setting.paced:
            return "flat out each transport sets the producers' pace, so they were not offered the same"
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
    of_load=False,
)
DROPS = Question(
    "drops",
    "How many events were lost?",
    ("drop_rate",),
    "paired",
    "lost less",
    "Counted in the BPF program: submissions refused of submissions tried. Sizes are totals over all CPUs. Where "
    "nothing was lost, the bound is 3/n and takes events as independent; losses come in bursts, so read it as a "
    "hopeful one. It holds for this load, this reader and this drain interval. In isolated trials each transport sets "
    "its own pace: one that slows the producer down has less to lose.",
    timed=True,
)
THROUGHPUT = Question(
    "throughput",
    "How much arrived a second?",
    ("events_per_s", "bytes_per_s"),
    "isolated",
    "was faster",
    "What was delivered a second while the workload ran. Where nothing was lost, the workload set the pace: this is "
    "then how much the transport slowed it down, and not the most that the transport can carry. Where much was lost, "
    "the reader's pace and the buffer's size set it. What a reader can take at most is another question: capacity.",
    timed=True,
    flat_out=True,
)
COST = Question(
    "cost",
    "What does an event cost?",
    ("producer_ns_per_event", "consumer_cpu_ns_per_event"),
    "isolated",
    "is cheaper",
    "The producer's figure is the mean run of the whole BPF program by the kernel's bpf stats, shared out among its "
    "records: stamping and filling them are in it, so a ratio between transports is understated. The reader's is the "
    "CPU time of its thread over the events delivered; one that spins is busy throughout, so it pays for each event "
    "that doesn't come. In transport-only trials the producer's figure is its own clock around its calls.",
    timed=True,
)
CAPACITY = Question(
    "capacity",
    "How fast is a full buffer drained, and a record submitted, with nothing else going on?",
    (
        *("drain_ns_per_event", "memcpy_ns_per_event", "fill_ns_per_event"),
        *("fill_stats_ns_per_event", "drain_bytes_per_s"),
    ),
    "capacity",
    "is faster",
    "The buffer is filled to nine tenths, the producer stops, and the buffer is drained: what each side can do by "
    "itself. It is not throughput: with both at work, each slows the other down. memcpy of the same bytes, headers "
    "included, stands beside the drain as the yardstick; a reader that is faster does not copy all of them to fresh "
    "memory. The producer is a program that BPF_PROG_TEST_RUN repeats, as sched_cls: no system call and no tracepoint "
    "is in its figure. The bpf stats of the same runs include the two clock readings that they take.",
    timed=True,
    sides=3,
)
OVERHEAD = Question(
    "overhead",
    "What does tracing cost the workload?",
    ("operation_ns_per_event", "operation_ns"),
    "overhead",
    "slowed it down less",
    "Wall time of the workload's own loop, by one producer, with more and more of the tracing at work: nothing, probes "
    "that make and count a record and send it nowhere, submission into a buffer that is emptied while the producer "
    "waits, a reader on a timer at work beside it, and a reader that is woken. Each stage's share is the difference "
    "from the one before. The reader has a CPU of its own where there is one, so what it takes there is not in it.",
    timed=True,
)
WAKEUPS = Question(
    "wakeups",
    "How often is the reader woken, and what is left lying?",
    ("wakeups_per_s", "context_switches_per_s", "residual", "tail_ns", "stranded_age_ns"),
    "isolated",
    "had fewer",
    "Counted are the waits that ended with events in hand, whoever ended them: a reader on a timer is woken by nobody. "
    "Fewer are cheaper, and no merit where fewer events arrived. After the load the reader goes on by its own policy, "
    "for 50 ms at least; what only the final drain brings then would have been stranded. The age of the "
    "oldest of it is not measured where nothing was stranded, or where records are counted and not kept.",
    timed=True,
    sides=2,
    of_waits=True,
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
    of_lives=True,
)
LATENCY = Question(
    "latency",
    "How long does an event take to reach the reader?",
    ("latency_p50_ns", "latency_p90_ns", "latency_p99_ns", "latency_p999_ns", "latency_max_ns"),
    "isolated",
    "was quicker",
    "From the event's stamp to the reader's hands. Where nobody is woken, it includes the wait for the next timed "
    "drain. Only delivered events have a latency: where many were dropped, it flatters.",
    timed=True,
    of_lives=True,
)

OWN_WORDS = {
    "timestamp_inversions": "had fewer",
    "residual": "left less lying",
    "tail_ns": "was done sooner",
    "stranded_age_ns": "left it lying for less long",
}
"""Columns for which the question's word would be wrong, or say too much. Few inversions are no better order: a reader
that drains one CPU after the other makes a single one at each drain, and half of all events are late."""

QUESTIONS = (MEMORY, DROPS, THROUGHPUT, COST, OVERHEAD, CAPACITY, WAKEUPS, ORDER, LATENCY)
