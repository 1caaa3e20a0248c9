"""The `bulk` reader: the mapped memory drained in blocks into one preallocated arena.

By the compiled loop of bench/ringbench/native/rings.c, or by numpy where that was not built. No Python object per
event: what it costs is close to what the transport costs. A queue map can't be mapped: its records are popped, in a
compiled loop. Nor are ftrace's pages: each is read by a system call, and its events made into records, in a compiled
loop.
"""

from __future__ import annotations

import platform
import select
from collections.abc import Sequence

from ringbench import native
from ringbench.data.births import fill_births
from ringbench.drivers.readers.arena import Arena
from ringbench.drivers.readers.block_arena import open_arena
from ringbench.drivers.readers.reader import Opening, Reader, ReaderKind
from ringbench.errors import MissingRequirementError
from ringbench.kernel.epoll_set import epoll_set
from ringbench.kernel.ring import Ring
from ringbench.spec.event import Events
from ringbench.spec.pace import PACE_S


class BulkReader:
    """Drains one ring after the other to empty: the one shared ring, or each CPU's in turn, as BCC does."""

    def __init__(self, rings: Sequence[Ring], arena: Arena, *, compiled: bool) -> None:
        self._rings = list(rings)
        self._arena = arena
        self._compiled = compiled
        self._epoll: select.epoll | None = None

    @property
    def delivered(self) -> int:
        """Records handed over so far."""
        return self._arena.count

    @property
    def seq_sum(self) -> int | None:
        """Sum of their sequence numbers; None where nobody in the kernel gave them any (ftrace)."""
        return self._arena.seq_sum if all(ring.numbered for ring in self._rings) else None

    @property
    def lost_reported(self) -> int | None:
        """Sum of PERF_RECORD_LOST; None for the ringbuf, which never says."""
        lost = [ring.lost for ring in self._rings if ring.lost is not None]
        return sum(lost) + int(self._arena.sink.lost) if lost else None

    def kernel_write_cost(self) -> tuple[int, int] | None:
        """Return the ns that ftrace's callbacks took, and how many did; None with other transports."""
        each = [ring.kernel_write_cost for ring in self._rings if ring.kernel_write_cost is not None]
        return (sum(ns for ns, _ in each), sum(times for _, times in each)) if each else None

    def count_lost(self) -> dict[str, int]:
        """Return what was lost without the producer's being told: overwritten (tickets) or dropped (ftrace)."""
        lost = {
            "overwritten": sum(ring.overwritten for ring in self._rings),
            "dropped": sum(ring.count_dropped(self._arena.sink) for ring in self._rings),
        }
        return {how: count for how, count in lost.items() if count}

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
        if not self._compiled and ring.viewable:
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
            self._epoll = epoll_set(self.descriptors)
        return self.drain() if self._epoll.poll(timeout_s) else 0

    def interrupt(self) -> None:
        """Nothing: each call is bounded."""

    def events(self) -> Events | None:
        """Return the recorded events in order of delivery; None where they are written to disk."""
        found = self._arena.events()
        if found is not None and not all(ring.names_births for ring in self._rings):
            fill_births(found)
        return found

    def close(self) -> None:
        """Unmap the rings; perf's are closed with it."""
        if self._epoll is not None:
            self._epoll.close()
        for ring in self._rings:
            ring.close()


def open_all(opening: Opening) -> list[Ring]:
    """Map the transport's rings: one, or one for each CPU."""
    return opening.transport.open(opening.program, opening.buffer_bytes, opening.wakeup)


def missing() -> str | None:
    """Return why neither the compiled loop nor numpy may read a ring here; None when one may."""
    machine, compiled = platform.machine(), native.missing()
    if compiled is None or machine == "x86_64":
        return None
    return f"reading a ring by numpy relies on x86-64's memory order, and this is {machine}; {compiled}"


def _open(opening: Opening) -> Reader:
    if opening.record.varies and (reason := native.missing()):
        raise MissingRequirementError(f"records of any length need the compiled loop: {reason}")
    arena = open_arena(opening)
    return BulkReader(open_all(opening), arena, compiled=native.missing() is None)


KIND = ReaderKind(
    "bulk",
    "the mapped memory drained in blocks by a compiled loop; no Python per event",
    missing,
    _open,
    pace_s=PACE_S,
    reads=lambda transport: True,
    place=1,
)
