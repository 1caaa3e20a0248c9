"""The queue map: records in a kernel queue behind one lock, popped one by one by a system call."""

from __future__ import annotations

from ringbench.spec.transport import Transport, whole_pages

_STRUCT = 320
"""struct bpf_queue_stack without its elements, about (kernel/bpf/queue_stack_maps.c)."""


def _physical(data: int, cpus: int) -> int:
    # kernel/bpf/queue_stack_maps.c, queue_stack_map_alloc(): one element more than it holds; whole pages.
    return whole_pages(_STRUCT + data, cpus)


def _stride(record: int) -> int:
    return record


def _sized(data: int, cpus: int, record: int) -> tuple[str, ...]:
    return (f"-DQUEUE_ENTRIES={max(1, data // record)}",)


QUEUE_MAP = Transport(
    name="queue-map",
    shape="shared-ring",
    layout="queue",
    map_name="queue_map_events",
    submit="submit_queue_map",
    source="queue_map.h",
    wakeups=("none",),
    sentence="BPF_MAP_TYPE_QUEUE: bpf_map_push_elem() copies the record in, a system call takes one out",
    round_size=whole_pages,
    physical_bytes=_physical,
    stride=_stride,
    sized=_sized,
)
