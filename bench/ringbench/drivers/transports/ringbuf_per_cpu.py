"""A ringbuf for each CPU, in an array of maps: the middle way, against contention on one ring's lock.

Each producer writes to its own CPU's ring by `reserve` and `submit`, as ringbuf-reserve does to the shared one.
"""

from __future__ import annotations

from ringbench.drivers.transports import ringbuf
from ringbench.spec.transport import Transport

_ARRAY, _POINTER = 320, 8
"""struct bpf_array without its elements, about (kernel/bpf/arraymap.c): it holds a pointer for each ring at least."""


def _possible(asked: int, rings: int) -> int:
    return ringbuf.possible(-(-asked // rings), 1) * rings


def _physical(data: int, rings: int) -> int:
    return ringbuf.physical(data // rings, 1) * rings + _ARRAY + _POINTER * rings


RINGBUF_PER_CPU = Transport(
    name="ringbuf-per-cpu",
    shape="ring-per-cpu",
    layout="ringbufs",
    map_name="ringbuf_per_cpu_events",
    submit="submit_ringbuf_per_cpu",
    source="ringbuf_per_cpu.h",
    builds_on=("percpu_ringbuf.h",),
    wakeups=("every", "adaptive", "batch", "none"),
    sentence="a ringbuf for each CPU in an array of maps: bpf_ringbuf_reserve() and bpf_ringbuf_submit() on one's own",
    round_size=_possible,
    physical_bytes=_physical,
    stride=ringbuf.stride,
    claim="reserve_ringbuf_per_cpu",
    publish="commit_ringbuf_per_cpu",
)
