"""The `bulk` reader: the mapped memory drained in blocks into one preallocated arena.

By the compiled loop of bench/native/rings.c, or by numpy where that was not built. No Python object per event: what it
costs is close to what the transport costs.
"""

from __future__ import annotations

import platform
import select

from bench import native
from bench.errors import EnvironmentLacks
from bench.event import Events
from bench.kernel import cpus
from bench.kernel.perf_ring import MappedPerfRing
from bench.kernel.ringbuf import MappedRingbuf
from bench.readers.arena import Arena
from bench.readers.block_arena import open_arena
from bench.readers.reader import Kind, Opening, Reader
from bench.waits import PACE_S

Ring = MappedPerfRing | MappedRingbuf


class BulkReader:
    """Drains one ring after the other to empty: the one shared ring, or each CPU's in turn, as BCC does."""

    def __init__(self, rings: list[MappedPerfRing] | list[MappedRingbuf], arena: Arena, *, compiled: bool) -> None:
        self._rings: list[Ring] = list(rings)
        self._arena = arena
        self._compiled = compiled
        self._epoll: select.epoll | None = None

    @property
    def delivered(self) -> int:
        """Records handed over so far."""
        return self._arena.count

    @property
    def seq_sum(self) -> int:
        """Sum of their sequence numbers."""
        return self._arena.seq_sum

    @property
    def lost_reported(self) -> int | None:
        """Sum of PERF_RECORD_LOST; None for the ringbuf, which never says."""
        lost = [ring.lost for ring in self._rings if isinstance(ring, MappedPerfRing)]
        return sum(lost) + int(self._arena.sink.lost) if lost else None

    @property
    def position(self) -> int:
        """Bytes consumed, over all rings."""
        return sum(ring.position for ring in self._rings)

    @property
    def arena_bytes(self) -> int:
        """Memory set aside for records."""
        return self._arena.nbytes

    @property
    def descriptors(self) -> tuple[int, ...]:
        """The rings' descriptors."""
        return tuple(ring.fd for ring in self._rings)

    def drain(self) -> int:
        """Take what each ring holds, as one block a ring, and stamp each block once it is in hand."""
        taken = 0
        for ring in self._rings:
            count = self._take(ring)
            self._arena.received(count)
            taken += count
        return taken

    def _take(self, ring: Ring) -> int:
        if not self._compiled:
            count = ring.take(self._arena.room())
            self._arena.took(count)
            return count
        count = ring.drain(self._arena.sink)
        while self._arena.sink.error:
            self._arena.check()
            if count:
                break
            count = ring.drain(self._arena.sink)  # the arena had no room, and has taken another block
        return count

    def poll(self, timeout_s: float) -> int:
        """Sleep in epoll until a ring wakes its reader, then drain all; nothing is taken if none did."""
        if self._epoll is None:
            self._epoll = select.epoll()
            for descriptor in self.descriptors:
                self._epoll.register(descriptor, select.EPOLLIN)
        return self.drain() if self._epoll.poll(timeout_s) else 0

    def interrupt(self) -> None:
        """Nothing: each call is bounded."""

    def events(self) -> Events | None:
        """Return the recorded events in order of delivery; None where they are written to disk."""
        return self._arena.events()

    def close(self) -> None:
        """Unmap the rings; perf's are closed with it."""
        if self._epoll is not None:
            self._epoll.close()
        for ring in self._rings:
            ring.close()


def open_rings(opening: Opening) -> list[MappedRingbuf] | list[MappedPerfRing]:
    """Map the transport's rings: one, or one for each CPU, each with its perf event in the map."""
    table = opening.program.events(opening.transport)
    record_bytes = opening.record.nbytes
    if opening.shared:
        return [MappedRingbuf(table.map_fd, opening.buffer_bytes, record_bytes)]
    rings = [MappedPerfRing.open(cpu, opening.pages_per_cpu, record_bytes, opening.wakeup) for cpu in cpus.online()]
    for ring in rings:
        table[table.Key(ring.cpu)] = table.Leaf(ring.fd)
    return rings


def missing() -> str | None:
    """Return why neither the compiled loop nor numpy may read a ring here; None when one may."""
    machine, compiled = platform.machine(), native.missing()
    if compiled is None or machine == "x86_64":
        return None
    return f"reading a ring by numpy relies on x86-64's memory order, and this is {machine}; {compiled}"


def _open(opening: Opening) -> Reader:
    if opening.record.varies and (reason := native.missing()):
        raise EnvironmentLacks(f"records of any length need the compiled loop: {reason}")
    arena = open_arena(opening)
    return BulkReader(open_rings(opening), arena, compiled=native.missing() is None)


KIND = Kind(
    "bulk", "the mapped memory drained in blocks by a compiled loop; no Python per event", missing, _open, pace_s=PACE_S
)
