"""The ticket ring in a BPF arena instead of an array: what a program reaches by a pointer, without a lookup.

Protocol, slots and reader are ticket-ring's, so that between the two only array and arena differ.
"""

from __future__ import annotations

import dataclasses

from ringbench.drivers.transports import ticket_ring
from ringbench.drivers.transports.ticket_ring import TICKET_RING
from ringbench.spec.transport import PAGE

SLOTS_AT = PAGE
"""Bytes from the arena's beginning to its slots. The next ticket has a page of its own before them."""
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


ARENA_RING = dataclasses.replace(
    TICKET_RING,
    name="arena-ring",
    layout="arena",
    map_name="",
    submit="submit_arena_ring",
    source="arena_ring.h",
    sentence="ticket-ring in a BPF arena: its slots are reached by pointers, without a lookup",
    physical_bytes=_physical,
    sized=_sized,
    needs="arena ring",
)
