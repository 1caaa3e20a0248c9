"""What one transport's share of one trial left behind: the only input a metric has."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from bench.event import Events


@dataclass(frozen=True)
class Recording:
    """The account, the events and the costs of one transport in one trial. None stands for 'not measured'.

    ``events`` has dtype :data:`bench.event.DELIVERED`, in delivery order; None when the reader only counted.
    """

    wall_s: float
    """Length of the measured window in seconds, exact: the BPF program compares each event's stamp with it."""
    attempted: int
    """Submissions tried in the BPF program, summed over CPUs."""
    failed: int
    """Submissions that the helper refused, summed over CPUs and return codes."""
    delivered: int
    """Records that the reader handed over, the final drain's included."""
    residual: int
    """Of these, the records that only the final drain brought."""
    record_bytes: int
    """Payload bytes of one record, without the transport's own header."""
    events: Events | None = None
    producer_run_ns: int | None = None
    """Time spent inside the BPF programs during the window (bpf stats), in ns."""
    producer_runs: int | None = None
    """Times the programs ran during the window (bpf stats)."""
    consumer_cpu_ns: int | None = None
    """CPU time of the reading thread from the start of the window to the end of the final drain, in ns."""
    memory: Mapping[str, int | None] = field(default_factory=dict)
    """Bytes by way of counting: physical, memlock, rss, cgroup."""
