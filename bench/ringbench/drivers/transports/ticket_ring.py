"""The ticket ring: an atomic ticket picks a slot of a mapped array, and a number in the slot says when it is ready.

The design of the LMAX Disruptor, proposed for BPF against both buffers (Linnix-Sequencer, 2025). It never refuses: a
producer that is a lap ahead of the reader overwrites what is unread. Nobody is woken: its reader looks by itself.
"""

from __future__ import annotations

import platform

from ringbench.spec.transport import PAGE, Transport, whole_pages

READY = 8
"""Bytes before each record: the ticket that it is of, plus one; 0 while it is being written."""


def _physical(data: int, cpus: int) -> int:
    # kernel/bpf/arraymap.c, array_map_alloc(): with BPF_F_MMAPABLE the array's own structure takes pages of its own;
    # one array has the slots, another one the next ticket.
    return data + 3 * PAGE


def stride(record: int) -> int:
    """Return the bytes of a slot for a record of *record* bytes."""
    return READY + (record + 7 & ~7)


def sized(data: int, cpus: int, record: int) -> tuple[str, ...]:
    """Return the compiler flags of a ticket ring: how many slots it has, and how they are marked."""
    # Other processors may show a store before an earlier one: there the marks are atomic exchanges, which are barriers.
    in_order = ("-DSTORES_IN_ORDER",) if platform.machine() == "x86_64" else ()
    return (f"-DTICKETS={slots(data, record)}", *in_order)


def slots(data: int, record: int) -> int:
    """Return how many slots of *record* bytes there are in *data* bytes."""
    return max(1, data // stride(record))


TICKET_RING = Transport(
    name="ticket-ring",
    shape="shared-ring",
    layout="tickets",
    map_name="ticket_ring_events",
    submit="submit_ticket_ring",
    source="ticket_ring.h",
    builds_on=("tickets.h",),
    wakeups=("none",),
    sentence="slots of a mapped array, given out by an atomic ticket: never refuses, overwrites what is unread",
    round_size=whole_pages,
    physical_bytes=_physical,
    stride=stride,
    sized=sized,
    needs="atomic ticket",
)
