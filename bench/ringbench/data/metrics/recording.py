"""What one transport's share of one trial left behind: the only input a metric has."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from ringbench.spec.event import Events


@dataclass(frozen=True)
class Checksum:
    """Sums of sequence numbers, modulo 2^64: they tell which records arrived, where counts tell only how many."""

    attempted: int
    """n(n - 1)/2 over the n records of each CPU."""
    refused: int
    delivered: int | None
    """None where the reader doesn't look into the records."""

    @property
    def holds(self) -> bool | None:
        """Whether delivered and refused records are, together, those that were attempted; None where nobody knows."""
        if self.delivered is None:
            return None
        return (self.delivered + self.refused - self.attempted) % (1 << 64) == 0


@dataclass(frozen=True)
class Capacity:
    """What a capacity trial timed: a buffer filled, the producer stopped, the buffer drained. Medians over rounds."""

    drain_ns_per_event: float
    """Draining the full buffer, wall time, for each record in it."""
    memcpy_ns_per_event: float
    """memcpy() of the same bytes, headers included, in the rounds between."""
    fill_ns_per_event: float
    """One record's share of a run of the program, by BPF_PROG_TEST_RUN, nothing around it."""
    fill_stats_ns_per_event: float | None
    """The same by bpf stats, which read the clock before and after each run."""


@dataclass(frozen=True)
class Overhead:
    """What an overhead trial timed: rounds of a workload's operations, with one stage of the tracing at work."""

    ns: int
    """Wall time of the producer's loop, in ns."""
    operations: int
    events_per_operation: int


@dataclass(frozen=True)
class Recording:
    """The account, the events and the costs of one transport in one trial. None stands for 'not measured'.

    ``events`` has dtype :data:`ringbench.spec.event.DELIVERED`, in delivery order; None when the reader only counted.
    """

    wall_s: float
    """Length of the measured window in seconds, exact: the BPF program compares each event's stamp with it."""
    attempted: int | None
    """Submissions tried in the BPF program, summed over CPUs; None where no program was attached."""
    failed: int | None
    """Submissions that the helper refused, summed over CPUs and return codes."""
    delivered: int | None
    """Records that the reader handed over, the final drain's included; None where there was no reader."""
    record_bytes: int
    """Payload bytes of one record, without the transport's own header."""
    residual: int | None = None
    """Of the delivered, the records that only the final drain brought."""
    events: Events | None = None
    checksum: Checksum | None = None
    producer_run_ns: int | None = None
    """Time spent inside the BPF programs during the window (bpf stats), in ns."""
    producer_runs: int | None = None
    """Times the programs ran during the window (bpf stats)."""
    records_per_run: int = 1
    """Records that one run of the program submits."""
    consumer_cpu_ns: int | None = None
    """CPU time of the reading thread during the window, in ns."""
    consumed: int | None = None
    """Records that it handed over during the window."""
    wakeups: int | None = None
    """Waits of the reading thread that ended with records to hand over, during the window."""
    context_switches: int | None = None
    """How often the reading thread left its CPU during the window."""
    tail_ns: int | None = None
    """From the end of the window to the last record that the reader's own policy brought; 0: none came after it."""
    stranded_age_ns: int | None = None
    """Age of the oldest record that only the final drain brought, at that time; None where there was none."""
    injected_ns: int | None = None
    """What a cost that was added to each submission took, by the program's own clock; None where none was."""
    capacity: Capacity | None = None
    overhead: Overhead | None = None
    rings: tuple[tuple[int, ...], ...] = ()
    """The CPUs that write to each ring; none where that is not known."""
    memory: Mapping[str, int | None] = field(default_factory=dict)
    """Bytes by way of counting: physical, memlock, rss, cgroup."""
