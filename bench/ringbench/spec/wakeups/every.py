"""`every`: each record wakes the reader."""

from __future__ import annotations

from ringbench.spec.wakeups.kind import WakeupKind

KIND = WakeupKind(
    name="every",
    usage="every",
    description="each record wakes the reader (perf: wakeup_events=1; ringbuf: BPF_RB_FORCE_WAKEUP)",
    define=lambda n: "-DWAKE=BPF_RB_FORCE_WAKEUP",
    perf_records=lambda n: 1,
    place=2,
    words="a wake-up for every event",
)
