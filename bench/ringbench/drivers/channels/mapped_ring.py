"""`mapped-ring`: the ringbuf's algorithm in memory that processes share. No kernel, no system call.

Reserve under a lock, fill, submit by the header, refuse when it is full (kernel/bpf/ringbuf.c), in producers.c; read by
the very loop that reads the ringbuf.
"""

from __future__ import annotations

from collections.abc import Mapping

from ringbench.drivers.channels.channel import UserTransport
from ringbench.drivers.channels.size import at_most
from ringbench.kernel import smaps
from ringbench.kernel.ringbuf import stride
from ringbench.kernel.shared_ring import NAME, SharedRing
from ringbench.native import producer
from ringbench.native.producer import Writer
from ringbench.spec.published import DOCS, Published
from ringbench.spec.transport import PAGE


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
            "rss": smaps.resident_bytes(f"/memfd:{NAME} (deleted)"),
        }

    def close(self) -> None:
        """Unmap."""
        self.ring.close()


def _physical(data: int, rings: int) -> int:
    return data + 2 * PAGE  # the consumer's position; the producers' and the lock. The data's pages exist once.


MAPPED_RING = UserTransport(
    name="mapped-ring",
    description="transport-only, producers in user space: the ringbuf's algorithm in memory that processes share",
    round_size=at_most,
    physical_bytes=_physical,
    stride=stride,
    open_channel=MappedRing,
    role="head",
    carries="no: a program reaches no memory of a process's",
    record="any length",
    limits="keep a writer on its CPU while that holds the lock, or survive one that dies with it",
    published=Published(
        f"Records become available in the order of their reservations ({DOCS}, of the ringbuf).", "in order"
    ),
)
