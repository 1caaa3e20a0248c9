"""The `bulk` reader: the mapped memory drained in blocks, by numpy, into one preallocated array.

No Python object per event: what it costs is close to what the transport costs.
"""

from __future__ import annotations

import platform
import select

from bench.event import EVENT, Events
from bench.kernel import cpus
from bench.kernel.perf_ring import MappedPerfRing
from bench.kernel.ringbuf import MappedRingbuf
from bench.readers.arena import Arena
from bench.readers.reader import Kind, Opening, Reader
from bench.transports import PAGE

Ring = MappedPerfRing | MappedRingbuf


class BulkReader:
    """Drains one ring after the other to empty: the one shared ring, or each CPU's in turn, as BCC does."""

    def __init__(self, rings: list[MappedPerfRing] | list[MappedRingbuf], capacity: int) -> None:
        self._rings: list[Ring] = list(rings)
        self._arena = Arena(capacity)
        self._epoll: select.epoll | None = None

    @property
    def delivered(self) -> int:
        """Records handed over so far."""
        return self._arena.count

    @property
    def lost_reported(self) -> int | None:
        """Sum of PERF_RECORD_LOST; None for the ringbuf, which never says."""
        lost = [ring.lost for ring in self._rings if isinstance(ring, MappedPerfRing)]
        return sum(lost) if lost else None

    @property
    def arena_bytes(self) -> int:
        """Memory set aside for events."""
        return self._arena.nbytes

    @property
    def descriptors(self) -> tuple[int, ...]:
        """The rings' descriptors."""
        return tuple(ring.fd for ring in self._rings)

    def drain(self) -> int:
        """Take what each ring holds, as one block a ring, and stamp each block once it is in hand."""
        before = self._arena.count
        for ring in self._rings:
            if ring.pending_bytes():
                self._arena.received(ring.take(self._arena.room()))
        return self._arena.count - before

    def poll(self, timeout_s: float) -> None:
        """Sleep in epoll until a ring wakes its reader, then drain."""
        if self._epoll is None:
            self._epoll = select.epoll()
            for descriptor in self.descriptors:
                self._epoll.register(descriptor, select.EPOLLIN)
        self._epoll.poll(timeout_s)
        self.drain()

    def events(self) -> Events:
        """Return the recorded events in order of delivery."""
        return self._arena.events()

    def close(self) -> None:
        """Unmap the rings; perf's are closed with it."""
        if self._epoll is not None:
            self._epoll.close()
        for ring in self._rings:
            ring.close()


def _missing() -> str | None:
    machine = platform.machine()
    if machine != "x86_64":
        return f"the bulk reader relies on x86-64's memory order; this is {machine}: use --reader callback."
    return None


def _open(opening: Opening) -> Reader:
    table = opening.program.events(opening.transport)
    if opening.transport.shape == "shared-ring":
        return BulkReader([MappedRingbuf(table.map_fd, opening.buffer_bytes, EVENT.itemsize)], opening.capacity)
    online = cpus.online()
    pages = opening.buffer_bytes // PAGE // len(online)
    wakeup_events = 1 if opening.wakeup == "every" else None
    rings = [MappedPerfRing.open(cpu, pages, EVENT.itemsize, wakeup_events=wakeup_events) for cpu in online]
    for ring in rings:
        table[table.Key(ring.cpu)] = table.Leaf(ring.fd)
    return BulkReader(rings, opening.capacity)


KIND = Kind("bulk", "the mapped memory drained in blocks by numpy; no Python per event", _missing, _open)
