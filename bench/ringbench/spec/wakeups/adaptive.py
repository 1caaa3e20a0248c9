"""`adaptive`: the ringbuf's own way. A record wakes the reader only if it has caught up."""

from __future__ import annotations

from ringbench.spec.wakeups.kind import WakeupKind

KIND = WakeupKind(
    name="adaptive",
    usage="adaptive",
    description="the ringbuf's own: a record wakes the reader only if it has caught up (flags 0)",
    define=lambda n: "-DWAKE=0",
    place=3,
)
