"""The mapped memory of a ticket ring: the next ticket, and slots that say which ticket they are of.

The slots are bpf/tickets.h's, in an array's memory or in an arena's. The reader follows the tickets, one by one. It
gives nothing back, for no producer looks at it: what it has not read when they come round again is overwritten, and it
counts that.
"""

from __future__ import annotations

import ctypes
import mmap

import numpy as np
import numpy.typing as npt

from ringbench import native
from ringbench.kernel.bpf_arena import BpfArena
from ringbench.kernel.ring import Ring
from ringbench.spec.transport import PAGE, whole_pages

READY = 8
"""Bytes before each record: the ticket that it is of, plus one; 0 while it is being written (bpf/tickets.h)."""
SLOTS_AT = PAGE
"""Bytes from an arena's beginning to its slots. The next ticket has a page of its own before them."""


def stride(record: int) -> int:
    """Return the bytes of a slot for a record of *record* bytes."""
    return READY + (record + 7 & ~7)


def slots_in(data: int, record: int) -> int:
    """Return how many slots for records of *record* bytes there are in *data* bytes."""
    return max(1, data // stride(record))


class MappedTicketRing(Ring):
    """A ticket ring of *slots* records of *record_bytes* each, for one reader, in memory that is mapped.

    *fd*: the map's that has the slots. *next_ticket*: one u64. *data*: the bytes of the slots.
    """

    def __init__(
        self,
        fd: int,
        next_ticket: npt.NDArray[np.uint64],
        data: npt.NDArray[np.uint8],
        slots: int,
        record_bytes: int,
    ) -> None:
        self.fd = fd
        self._next_ticket = next_ticket
        self._data = data
        self._copy = ctypes.create_string_buffer(record_bytes)
        self.ring = native.Tickets(
            self._next_ticket.ctypes.data,
            self._data.ctypes.data,
            slots,
            stride(record_bytes),
            0,
            0,
            ctypes.addressof(self._copy),
        )

    @classmethod
    def of_maps(cls, fd: int, next_fd: int, slots: int, record_bytes: int) -> MappedTicketRing:
        """Map an array of slots, and the one that has the next ticket."""
        nbytes = whole_pages(slots * stride(record_bytes), 1)
        following = mmap.mmap(next_fd, mmap.PAGESIZE, mmap.MAP_SHARED, mmap.PROT_READ)
        memory = mmap.mmap(fd, nbytes, mmap.MAP_SHARED, mmap.PROT_READ)
        return cls(fd, np.frombuffer(following, "<u8", 1), np.frombuffer(memory, np.uint8), slots, record_bytes)

    @classmethod
    def of_arena(cls, arena: BpfArena, slots: int, record_bytes: int) -> MappedTicketRing:
        """Read an arena, which is mapped already, and stays so when this is closed."""
        following = np.frombuffer(arena.memory, "<u8", 1)
        data = np.frombuffer(arena.memory, np.uint8, offset=SLOTS_AT)
        return cls(arena.fd, following, data, slots, record_bytes)

    @property
    def tickets(self) -> int:
        """Return how many tickets producers have drawn so far."""
        return int(self._next_ticket[0])

    @property
    def position(self) -> int:
        """Bytes of slots gone through so far."""
        return int(self.ring.position * self.ring.stride)

    @property
    def overwritten(self) -> int:
        """Records that a later ticket's producer wrote over before they were read."""
        return int(self.ring.overwritten)

    def pending_bytes(self) -> int:
        """Return the bytes of slots whose tickets were drawn and not yet read, at most all there are."""
        return min(self.tickets - int(self.ring.position), int(self.ring.slots)) * int(self.ring.stride)

    def drain(self, sink: native.Sink) -> int:
        """Hand over to *sink* what is ready, as tickets_drain() of rings.c; return how many records."""
        return int(native.library().tickets_drain(self.ring, sink))

    def close(self) -> None:
        """Let go of the memory: a mapping that nobody else looks at ends. The maps belong to the program."""
        del self._next_ticket, self._data
