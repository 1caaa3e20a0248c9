"""How deep submissions can nest on one CPU before a transport refuses, and by which code.

*Under way*: a record is reserved, or being made, and a read that faults meets a tracepoint whose program submits, too.
*Inside*: the submission itself meets it. That can be had of the perf buffer, where a record carries a piece of the
caller's stack that can't be read (kernel/events/core.c, perf_output_sample_ustack(): the copy faults). It can't be had
of ringbuf and the queue map, which work under a lock with interrupts off (kernel/bpf/ringbuf.c,
__bpf_ringbuf_reserve(); queue_stack_maps.c, queue_stack_map_push_elem()): what is left are NMIs, and a third CPU in the
lock's queue (kernel/bpf/rqspinlock.c meets lock:contention_begin there).
"""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from pathlib import Path

from ringbench.drivers.transports import find_transport
from ringbench.errors import MissingRequirementError
from ringbench.tools.nesting.nesting_depth import measure_nesting_depth

_PANIC_ON_WARN = Path("/proc/sys/kernel/panic_on_warn")


@dataclass(frozen=True)
class Depth:
    """What submissions over each other returned, from the first on: ``ok``, an errno's name, or ``refused``."""

    transport: str
    under_way: tuple[str, ...]
    inside: tuple[str, ...] | None
    """None where it can't be provoked."""


def measure(name: str) -> Depth:
    """Measure the transport called *name*; in a process of its own. Needs root.

    Raises MissingRequirementError where the tracepoint is missing, and where the kernel would stop at a warning: older
    ones warn once as perf's fourth level is refused (kernel/trace/bpf_trace.c, get_bpf_raw_tp_regs()).
    """
    with contextlib.suppress(FileNotFoundError):
        if int(_PANIC_ON_WARN.read_text()):
            raise MissingRequirementError(
                "kernel.panic_on_warn is on, and perf's limit makes some kernels warn: not tried."
            )
    transport = find_transport(name)
    inside = measure_nesting_depth(transport, inside=True) if transport.faults_inside else None
    return Depth(name, measure_nesting_depth(transport, inside=False), inside)
