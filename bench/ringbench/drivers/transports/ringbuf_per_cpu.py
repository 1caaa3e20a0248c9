"""A ringbuf for each CPU, in an array of maps: the middle way, against contention on one ring's lock.

Each producer writes to its own CPU's ring by `reserve` and `submit`, as ringbuf-reserve does to the shared one.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from contextlib import ExitStack
from ctypes import c_int
from dataclasses import dataclass
from typing import ClassVar

from ringbench.drivers.transport import Close, Transport
from ringbench.kernel import ringbuf, syscalls
from ringbench.kernel.program import Program
from ringbench.kernel.ring import Ring
from ringbench.kernel.ringbuf import MappedRingbuf
from ringbench.machine import caches
from ringbench.spec.published import SEVERAL
from ringbench.spec.wakeups import Wakeup

_ARRAY, _POINTER = 320, 8
"""struct bpf_array without its elements, about (kernel/bpf/arraymap.c): it holds a pointer for each ring at least."""


def _possible(asked: int, rings: int) -> int:
    return ringbuf.round_size(-(-asked // rings), 1) * rings


def _physical(data: int, rings: int) -> int:
    return ringbuf.physical_bytes(data // rings, 1) * rings + _ARRAY + _POINTER * rings


class _OwnRingbuf(MappedRingbuf):
    """A ringbuf that the reader made: its descriptor is closed with it."""

    def close(self) -> None:
        super().close()
        os.close(self.fd)


@dataclass(frozen=True)
class Ringbufs(Transport):
    """Several ringbufs, which the reader makes and puts into the program's array of maps."""

    viewable: ClassVar[bool] = True
    poll_stays_ready: ClassVar[bool] = True

    def open(self, program: Program, buffer_bytes: int, wakeup: Wakeup) -> list[Ring]:
        """Make each ring, and map it."""
        made = self._make(program, buffer_bytes)
        each = self.ring_bytes(buffer_bytes, len(made))
        return [_OwnRingbuf(fd, each, program.record.nbytes) for fd in made]

    def open_unread(self, program: Program, buffer_bytes: int, stack: ExitStack, *, stack_bytes: int = 0) -> None:
        """Make each ring."""
        for fd in self._make(program, buffer_bytes):
            stack.callback(os.close, fd)

    def maps(self, program: Program, rings: Sequence[int]) -> list[int]:
        """Return the array and the rings in it."""
        return [program.map_fd(self.map_name), *rings]

    def charge(self, data_bytes: int, rings: int) -> Close:
        """Make as many ringbufs."""
        made = [syscalls.create_ringbuf(data_bytes // rings) for _ in range(rings)]

        def close() -> None:
            for fd in made:
                os.close(fd)

        return close

    def _make(self, program: Program, buffer_bytes: int) -> list[int]:
        """Make the rings, put each into the array under the numbers of its CPUs; return their descriptors."""
        groups, table = self.rings(caches.online_by_cache()), program.events(self)
        made = []
        for group in groups:
            made.append(syscalls.create_ringbuf(self.ring_bytes(buffer_bytes, len(groups))))
            for cpu in group:
                table[c_int(cpu)] = c_int(made[-1])
        return made


RINGBUF_PER_CPU = Ringbufs(
    name="ringbuf-per-cpu",
    shape="ring-per-cpu",
    map_name="ringbuf_per_cpu_events",
    submit="submit_ringbuf_per_cpu",
    source="ringbuf_per_cpu.h",
    builds_on=("percpu_ringbuf.h",),
    wakeups=("every", "adaptive", "batch", "none"),
    description="a ringbuf for each CPU in an array of maps: bpf_ringbuf_reserve() and bpf_ringbuf_submit() on its own",
    round_size=_possible,
    physical_bytes=_physical,
    stride=ringbuf.stride,
    reserve="reserve_ringbuf_per_cpu",
    commit="commit_ringbuf_per_cpu",
    limits="share memory between CPUs, or order between them",
    published=SEVERAL,
)
