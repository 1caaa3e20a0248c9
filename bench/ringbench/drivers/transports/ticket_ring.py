"""The ticket ring: an atomic ticket picks a slot of a mapped array, and a number in the slot says when it is ready.

The design of the LMAX Disruptor, proposed for BPF against both buffers (Linnix-Sequencer, 2025). It never refuses: a
producer that is a lap ahead of the reader overwrites what is unread. Nobody is woken: its reader looks by itself.
"""

from __future__ import annotations

import os
import platform
from collections.abc import Sequence
from dataclasses import dataclass

from ringbench.drivers.transport import Close, Transport
from ringbench.kernel import syscalls, uapi
from ringbench.kernel.program import Program
from ringbench.kernel.ring import Ring
from ringbench.kernel.ticket_ring import MappedTicketRing, slots_in, stride
from ringbench.spec.transport import PAGE, whole_pages
from ringbench.spec.wakeups import Wakeup


def _physical(data: int, cpus: int) -> int:
    # kernel/bpf/arraymap.c, array_map_alloc(): with BPF_F_MMAPABLE the array's own structure takes pages of its own;
    # one array has the slots, another one the next ticket.
    return data + 3 * PAGE


def sized(data: int, cpus: int, record: int) -> tuple[str, ...]:
    """Return the compiler flags of a ticket ring: how many slots it has, and how they are marked."""
    # Other processors may show a store before an earlier one: there the marks are atomic exchanges, which are barriers.
    in_order = ("-DSTORES_IN_ORDER",) if platform.machine() == "x86_64" else ()
    return (f"-DTICKETS={slots_in(data, record)}", *in_order)


@dataclass(frozen=True)
class TicketRing(Transport):
    """Its slots lie in an array that is mapped, its next ticket in another one."""

    def open(self, program: Program, buffer_bytes: int, wakeup: Wakeup) -> list[Ring]:
        """Map both arrays."""
        self.need_loops()
        record_bytes = program.record.nbytes
        slots = slots_in(buffer_bytes, record_bytes)
        array, following = self.maps(program, ())
        return [MappedTicketRing.of_maps(array, following, slots, record_bytes)]

    def maps(self, program: Program, rings: Sequence[int]) -> list[int]:
        """Return the array of slots and that of the next ticket."""
        return [program.map_fd(self.map_name), program.map_fd(self.map_name.replace("_events", "_next"))]

    def charge(self, data_bytes: int, rings: int) -> Close:
        """Make both arrays."""
        made = [
            syscalls.create_map(uapi.MAP_ARRAY, key=4, value=64, entries=data_bytes // 64, flags=uapi.F_MMAPABLE),
            syscalls.create_map(uapi.MAP_ARRAY, key=4, value=8, entries=1, flags=uapi.F_MMAPABLE),
        ]

        def close() -> None:
            for fd in made:
                os.close(fd)

        return close


TICKET_RING = TicketRing(
    name="ticket-ring",
    shape="shared-ring",
    map_name="ticket_ring_events",
    submit="submit_ticket_ring",
    source="ticket_ring.h",
    builds_on=("tickets.h",),
    wakeups=("none",),
    description="slots of a mapped array, given out by an atomic ticket: never refuses, overwrites what is unread",
    round_size=whole_pages,
    physical_bytes=_physical,
    stride=stride,
    sized=sized,
    needs="atomic ticket",
    limits="refuse, wake a reader, or give room back",
)
