"""`mapped-ring`: the ringbuf's algorithm in memory that processes share. No kernel, no system call.

Reserve under a lock, fill, submit by the header, refuse when it is full (kernel/bpf/ringbuf.c), in producers.c; read by
the very loop that reads the ringbuf.
"""

from __future__ import annotations

from collections.abc import Mapping

from ringbench.drivers.channels.channel import Channel, Kind
from ringbench.drivers.transports import memory
from ringbench.drivers.transports.user_space import MAPPED_RING
from ringbench.kernel.shared_ring import NAME, SharedRing
from ringbench.native import producer
from ringbench.native.producer import Writer


class MappedRing:
    """A ring of *buffer_bytes*."""

    def __init__(self, buffer_bytes: int) -> None:
        self.buffer_bytes = buffer_bytes
        self.ring = SharedRing(buffer_bytes)

    def write(self, orders: Writer) -> None:
        """Write records as *orders* say; what finds no room is refused at once (EAGAIN)."""
        producer.library().write_to_ring(orders, self.ring.written)

    def lost(self, missing: int) -> Mapping[str, int]:
        """Nothing: each refusal is a writer's own."""
        return {}

    @property
    def lost_reported(self) -> None:
        """It never says."""
        return

    def notes(self) -> tuple[str, ...]:
        """None."""
        return ()

    def memory(self) -> dict[str, int | None]:
        """The pages, and those of them that this process has mapped: the data counts twice, as a ringbuf's does."""
        return {
            "physical": MAPPED_RING.physical_bytes(self.buffer_bytes, 1),
            "memlock": None,
            "rss": memory.mapped_rss(f"/memfd:{NAME} (deleted)"),
        }

    def close(self) -> None:
        """Unmap."""
        self.ring.close()


def _open(buffer_bytes: int) -> Channel:
    return MappedRing(buffer_bytes)


KIND = Kind(MAPPED_RING.name, _open)
