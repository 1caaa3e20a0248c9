"""The queue map: records in a kernel queue behind one lock, popped one by one by a system call."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import ClassVar

from ringbench.drivers.transport import Close, Transport
from ringbench.kernel import syscalls, uapi
from ringbench.kernel.program import Program
from ringbench.kernel.queue_map import QueueMapRing
from ringbench.kernel.ring import Ring
from ringbench.spec.published import KERNEL, Published
from ringbench.spec.transport import whole_pages
from ringbench.spec.wakeups import Wakeup

_STRUCT = 320
"""struct bpf_queue_stack without its elements, about (kernel/bpf/queue_stack_maps.c)."""


def _physical(data: int, cpus: int) -> int:
    # kernel/bpf/queue_stack_maps.c, queue_stack_map_alloc(): one element more than it holds; whole pages.
    return whole_pages(_STRUCT + data, cpus)


def _stride(record: int) -> int:
    return record


def _sized(data: int, cpus: int, record: int) -> tuple[str, ...]:
    return (f"-DQUEUE_ENTRIES={max(1, data // record)}",)


@dataclass(frozen=True)
class QueueMap(Transport):
    """Nothing of it can be mapped: a system call takes a record out."""

    mapping: ClassVar[str] = ""

    def open(self, program: Program, buffer_bytes: int, wakeup: Wakeup) -> list[Ring]:
        """Return the map, to be popped."""
        self.need_loops()
        return [QueueMapRing(program.events(self).map_fd, program.record.nbytes)]

    def charge(self, data_bytes: int, rings: int) -> Close:
        """Make a queue."""
        fd = syscalls.create_map(uapi.MAP_QUEUE, key=0, value=64, entries=data_bytes // 64)
        return lambda: os.close(fd)


QUEUE_MAP = QueueMap(
    name="queue-map",
    shape="shared-ring",
    map_name="queue_map_events",
    submit="submit_queue_map",
    source="queue_map.h",
    wakeups=("none",),
    description="BPF_MAP_TYPE_QUEUE: bpf_map_push_elem() copies the record in, a system call takes one out",
    round_size=whole_pages,
    physical_bytes=_physical,
    stride=_stride,
    sized=_sized,
    limits="be mapped, or wake a reader: each record takes a system call",
    published=Published(
        f"Linked lists are hard to consume from user space and most probably slow ({KERNEL}); a queue is the nearest.",
        "slow to read",
    ),
)
