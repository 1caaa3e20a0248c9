"""The wake-up policies: when a transport wakes its reader. Which transport has which stands in bench.transports."""

from __future__ import annotations

from bench.errors import unknown_name

WAKEUPS: dict[str, str] = {
    "every": "each record wakes the reader (perf: wakeup_events=1; ringbuf: BPF_RB_FORCE_WAKEUP)",
    "adaptive": "the ringbuf's own: a record wakes the reader only if it has caught up (flags 0)",
    "none": "nobody is woken: the reader drains on a timer (ringbuf: BPF_RB_NO_WAKEUP; perf: watermark at its largest)",
}


def wakeup(name: str) -> str:
    """Return the sentence of a wake-up policy; UsageError lists the valid names."""
    if name not in WAKEUPS:
        raise unknown_name("wake-up", name, WAKEUPS)
    return WAKEUPS[name]
