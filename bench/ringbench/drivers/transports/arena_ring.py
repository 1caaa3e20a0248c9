"""The ticket ring in a BPF arena instead of an array: what a program reaches by a pointer, without a lookup.

Protocol, slots and reader are ticket-ring's, so that between the two only array and arena differ.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass

from ringbench.drivers.transport import Close
from ringbench.drivers.transports import ticket_ring
from ringbench.drivers.transports.ticket_ring import TICKET_RING, TicketRing
from ringbench.kernel.bpf_arena import BpfArena
from ringbench.kernel.program import Program
from ringbench.kernel.ring import Ring
from ringbench.kernel.ticket_ring import SLOTS_AT, MappedTicketRing, slots_in
from ringbench.spec.wakeups import Wakeup

_STRUCT = 400
"""struct bpf_arena, about (kernel/bpf/arena.c)."""


def arena_bytes(data: int) -> int:
    """Return the bytes of an arena with *data* bytes of slots."""
    return SLOTS_AT + data


def _physical(data: int, cpus: int) -> int:
    # kernel/bpf/arena.c, arena_map_alloc(): 4 GiB of the kernel's addresses, and pages where there were faults.
    return arena_bytes(data) + _STRUCT


def _sized(data: int, cpus: int, record: int) -> tuple[str, ...]:
    return (*ticket_ring.sized(data, cpus, record), f"-DSLOTS_AT={SLOTS_AT}")


@dataclass(frozen=True)
class ArenaRing(TicketRing):
    """Its slots and its next ticket lie in one arena, which is made before the program is compiled."""

    def open(self, program: Program, buffer_bytes: int, wakeup: Wakeup) -> list[Ring]:
        """Read the arena, which is mapped already."""
        self.need_loops()
        record_bytes = program.record.nbytes
        slots = slots_in(buffer_bytes, record_bytes)
        return [MappedTicketRing.of_arena(program.arenas[self.name], slots, record_bytes)]

    def maps(self, program: Program, rings: Sequence[int]) -> list[int]:
        """Return the arena."""
        return [program.arenas[self.name].fd]

    def charge(self, data_bytes: int, rings: int) -> Close:
        """Make an arena."""
        return BpfArena(arena_bytes(data_bytes)).close


_AS_TICKET_RING = {field.name: getattr(TICKET_RING, field.name) for field in dataclasses.fields(TICKET_RING)}
ARENA_RING = ArenaRing(
    **{
        **_AS_TICKET_RING,
        "name": "arena-ring",
        "map_name": "",
        "submit": "submit_arena_ring",
        "source": "arena_ring.h",
        "description": "ticket-ring in a BPF arena: its slots are reached by pointers, without a lookup",
        "physical_bytes": _physical,
        "sized": _sized,
        "arena_bytes": arena_bytes,
        "needs": "arena ring",
        "limits": "refuse, wake a reader, give room back, or be had before Linux 6.10",
    }
)
