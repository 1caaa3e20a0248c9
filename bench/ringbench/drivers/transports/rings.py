"""A transport's memory, opened for one reader: one ring, or several."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from ctypes import c_int

from ringbench import native
from ringbench.drivers.transports import PAGE, Layout, Transport, ticket_ring
from ringbench.errors import MissingRequirementError
from ringbench.kernel import cpus, syscalls
from ringbench.kernel.cqe_ring import Completions
from ringbench.kernel.ftrace import Ftrace, FtraceRing
from ringbench.kernel.kmsg import KernelLog
from ringbench.kernel.perf_ring import MappedPerfRing
from ringbench.kernel.program import Program
from ringbench.kernel.queue_map import PoppedQueue
from ringbench.kernel.ringbuf import MappedRingbuf
from ringbench.kernel.shared_ring import SharedRing
from ringbench.kernel.ticket_ring import MappedTickets
from ringbench.machine import caches
from ringbench.spec.wakeups import Wakeup

Ring = MappedPerfRing | MappedRingbuf | MappedTickets | PoppedQueue | FtraceRing | Completions | SharedRing | KernelLog
"""What a reader drains. The last three are no transport's of BPF: ringbench.drivers.channels opens them."""
_Open = Callable[[Program, Transport, int, Wakeup], list[Ring]]


def open_rings(program: Program, transport: Transport, buffer_bytes: int, wakeup: Wakeup) -> list[Ring]:
    """Return *transport*'s rings, *buffer_bytes* of data over all CPUs, in the order of the CPUs where each has one.

    Raises MissingRequirementError where the compiled loops are needed and were not built.
    """
    return _OPEN[transport.layout](program, transport, buffer_bytes, wakeup)


def own_ringbufs(program: Program, transport: Transport, buffer_bytes: int) -> list[int]:
    """Make *transport*'s ringbufs and put each into the program's array of maps, under the numbers of its CPUs.

    Returns their descriptors.
    """
    rings, table = transport.rings(caches.online_by_cache()), program.events(transport)
    made = []
    for group in rings:
        made.append(syscalls.create_ringbuf(transport.ring_bytes(buffer_bytes, len(rings))))
        for cpu in group:
            table[c_int(cpu)] = c_int(made[-1])
    return made


class _OwnRingbuf(MappedRingbuf):
    """A ringbuf that the reader made: its descriptor is closed with it."""

    def close(self) -> None:
        super().close()
        os.close(self.fd)


def _perf(program: Program, transport: Transport, buffer_bytes: int, wakeup: Wakeup) -> list[Ring]:
    online, table = cpus.online(), program.events(transport)
    pages = buffer_bytes // PAGE // len(online)
    rings: list[Ring] = []
    for cpu in online:
        ring = MappedPerfRing.open(cpu, pages, program.record.nbytes, wakeup)
        table[table.Key(cpu)] = table.Leaf(ring.fd)
        rings.append(ring)
    return rings


def _ringbuf(program: Program, transport: Transport, buffer_bytes: int, wakeup: Wakeup) -> list[Ring]:
    return [MappedRingbuf(program.events(transport).map_fd, buffer_bytes, program.record.nbytes)]


def _ringbufs(program: Program, transport: Transport, buffer_bytes: int, wakeup: Wakeup) -> list[Ring]:
    made = own_ringbufs(program, transport, buffer_bytes)
    each = transport.ring_bytes(buffer_bytes, len(made))
    return [_OwnRingbuf(fd, each, program.record.nbytes) for fd in made]


def _tickets(program: Program, transport: Transport, buffer_bytes: int, wakeup: Wakeup) -> list[Ring]:
    _need_loops(transport)
    record_bytes = program.record.nbytes
    slots = ticket_ring.slots(buffer_bytes, record_bytes)
    maps = program.events(transport).map_fd, program.next_ticket_fd(transport)
    return [MappedTickets.of_maps(*maps, slots, record_bytes)]


def _arena(program: Program, transport: Transport, buffer_bytes: int, wakeup: Wakeup) -> list[Ring]:
    _need_loops(transport)
    record_bytes = program.record.nbytes
    slots = ticket_ring.slots(buffer_bytes, record_bytes)
    return [MappedTickets.of_arena(program.arenas[transport.name], slots, record_bytes)]


def _queue(program: Program, transport: Transport, buffer_bytes: int, wakeup: Wakeup) -> list[Ring]:
    _need_loops(transport)
    return [PoppedQueue(program.events(transport).map_fd, program.record.nbytes)]


def _ftrace(program: Program, transport: Transport, buffer_bytes: int, wakeup: Wakeup) -> list[Ring]:
    _need_loops(transport)
    return list(Ftrace(program, transport, buffer_bytes).rings)


def _need_loops(transport: Transport) -> None:
    if reason := native.missing():
        raise MissingRequirementError(f"{transport.name} needs the compiled loops: {reason}")


_OPEN: Mapping[Layout, _Open] = {
    "perf": _perf,
    "ringbuf": _ringbuf,
    "ringbufs": _ringbufs,
    "tickets": _tickets,
    "arena": _arena,
    "queue": _queue,
    "ftrace": _ftrace,
}
