"""`none`: nobody is woken, the reader looks on a timer."""

from __future__ import annotations

from ringbench.spec.wakeups.kind import WakeupKind

KIND = WakeupKind(
    name="none",
    usage="none",
    description="nobody is woken: the reader looks on a timer (ringbuf: BPF_RB_NO_WAKEUP; perf: largest watermark)",
    define=lambda n: "-DWAKE=BPF_RB_NO_WAKEUP",
    wakes=False,
    place=1,
    words="no wake-ups",
)
