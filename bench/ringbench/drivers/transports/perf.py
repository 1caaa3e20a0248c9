"""The perf buffer: a ring per CPU, each a power of two of pages and one page for its positions."""

from __future__ import annotations

import mmap
import os
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from typing import ClassVar

from ringbench.drivers.transport import Close, Transport
from ringbench.kernel import cpus, smaps, syscalls
from ringbench.kernel.perf_ring import MappedPerfRing
from ringbench.kernel.program import Program
from ringbench.kernel.ring import Ring
from ringbench.spec.published import PER_CPU
from ringbench.spec.transport import PAGE, Look
from ringbench.spec.wakeups import NOBODY, Wakeup


def pages_per_cpu(asked: int, cpus: int) -> int:
    """Return the smallest power of two of pages a CPU that gives at least *asked* bytes over *cpus* CPUs."""
    pages = -(-asked // (PAGE * cpus))
    return 1 << max(0, pages - 1).bit_length()


def _possible(asked: int, cpus: int) -> int:
    return pages_per_cpu(asked, cpus) * PAGE * cpus


def _physical(data: int, cpus: int) -> int:
    # kernel/events/ring_buffer.c, rb_alloc(): nr_pages data pages and one user page for each ring.
    return data + PAGE * cpus


def _stride(record: int) -> int:
    # kernel/events/core.c, perf_prepare_sample(): header (8), length of the raw data (4), the data, padded to 8.
    return (8 + 4 + record + 7) & ~7


@dataclass(frozen=True)
class Perf(Transport):
    """Its rings are those of perf events, which the reader opens and puts into the program's map."""

    mapping: ClassVar[str] = smaps.PERF_EVENT
    viewable: ClassVar[bool] = True
    faults_inside: ClassVar[bool] = True

    def open(self, program: Program, buffer_bytes: int, wakeup: Wakeup) -> list[Ring]:
        """Open a perf event on each CPU, and map its ring."""
        online, table = cpus.online(), program.events(self)
        pages = buffer_bytes // PAGE // len(online)
        rings: list[Ring] = []
        for cpu in online:
            ring = MappedPerfRing.open(cpu, pages, program.record.nbytes, wakeup)
            table[table.Key(cpu)] = table.Leaf(ring.fd)
            rings.append(ring)
        return rings

    def open_unread(self, program: Program, buffer_bytes: int, stack: ExitStack, *, stack_bytes: int = 0) -> None:
        """Open a perf event on each CPU; a ring must be mapped, or there is none."""
        online, table = cpus.online(), program.events(self)
        for cpu in online:
            fd = syscalls.open_bpf_output(cpu, NOBODY, stack_bytes=stack_bytes)
            stack.callback(os.close, fd)
            stack.callback(mmap.mmap(fd, PAGE + buffer_bytes // len(online)).close)
            syscalls.enable(fd)
            table[table.Key(cpu)] = table.Leaf(fd)

    def maps(self, program: Program, rings: Sequence[int]) -> list[int]:
        """Return none: no map's fdinfo counts the rings."""
        return []

    def charge(self, data_bytes: int, rings: int) -> Close:
        """Open and map as many rings of perf events."""
        online = cpus.online()
        size = PAGE + data_bytes // len(online)
        descriptors = [syscalls.open_bpf_output(cpu, NOBODY) for cpu in online]
        mapped = [mmap.mmap(fd, size, mmap.MAP_SHARED, mmap.PROT_READ | mmap.PROT_WRITE) for fd in descriptors]

        def close() -> None:
            for ring in mapped:
                ring.close()
            for fd in descriptors:
                os.close(fd)

        return close


PERF = Perf(
    name="perf",
    shape="ring-per-cpu",
    library="perf",
    map_name="perf_events",
    submit="submit_perf",
    source="perf.h",
    wakeups=("every", "batch", "bytes", "none"),
    description="BPF_PERF_OUTPUT: a ring per CPU, perf_submit() copies the record in",
    round_size=_possible,
    physical_bytes=_physical,
    stride=_stride,
    place=1,
    role="base",
    look=Look("#d55e00", "o", "-"),
    limits="share memory between CPUs, or order between them",
    published=PER_CPU,
)
