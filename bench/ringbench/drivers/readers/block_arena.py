"""An arena that is never full: block after block goes to the process that writes them to disk.

Its sink points to one block at a time. A full one is handed on and an empty one taken, which may have to be waited for:
then the kernel's buffer fills meanwhile, and what it drops is counted there as ever.
"""

from __future__ import annotations

import ctypes
import time
from array import array

import numpy as np
import numpy.typing as npt

from ringbench import native
from ringbench.drivers.readers.arena import Arena
from ringbench.drivers.readers.blocks import Block, Feed
from ringbench.drivers.readers.reader import Opening
from ringbench.spec.record import Record


class BlockArena(Arena):
    """Room for one block of records at a time; *feed* has taken those before it.

    The compiled loops stop at a full block and :meth:`check` takes another, so that what they took is out of the ring
    while that is waited for. A callback can't stop without losing a record (``stamp_each``): it has ``sink.turn``.
    """

    def __init__(self, record: Record, feed: Feed, *, stamp_each: bool = False) -> None:
        super().__init__(record, 0, keep=True)
        self._feed = feed
        self._stamp_each = stamp_each
        self._failure: Exception | None = None
        self._stamped = 0
        # Flat, so that they are copied into the block as they are: a list of tuples would stall the reader.
        self._runs, self._times = array("Q"), array("Q")
        self._turn = native.TURN(self._turned)
        if stamp_each:
            self.sink.turn = ctypes.cast(self._turn, ctypes.c_void_p).value or 0
        self._use(feed.take())

    def _use(self, block: Block) -> None:
        sink = self.sink
        self._block = block
        self._records = block.records
        self.opaque = block.records.view(f"V{block.records.itemsize}")
        sink.records, sink.room, sink.slots = block.records.ctypes.data, block.records.nbytes, len(block.records)
        sink.received_ns = block.stamps_ns.ctypes.data if self._stamp_each else 0
        sink.kept = sink.used = self._stamped = 0

    def _hand_over(self) -> None:
        kept = int(self.sink.kept)
        if not kept:
            return
        runs = None
        if not self._stamp_each:
            self.received(kept)  # what a call that stopped has brought is in hand now
            runs = len(self._runs)
            self._block.runs[:runs] = np.frombuffer(self._runs, np.uint64)
            self._block.stamps_ns[:runs] = np.frombuffer(self._times, np.uint64)
            self._runs, self._times = array("Q"), array("Q")
        self._feed.give(self._block, kept, runs)
        # It is the writer's now, so there is no room until another is taken.
        self.sink.kept = self.sink.used = self.sink.room = self.sink.slots = self._stamped = 0
        self.opaque = self.opaque[:0]

    def _next(self) -> None:
        self._hand_over()
        self._use(self._feed.take())

    def _turned(self, _sink: int) -> int:
        try:
            self._next()
        except Exception as error:  # ctypes would print it and go on
            self._failure = error
            return -1
        return 0

    @property
    def nbytes(self) -> int:
        """Bytes set aside: of the pool's, which all transports of a trial share."""
        return self._feed.nbytes

    def room(self) -> npt.NDArray[np.void]:
        """Return the free part of the block, or of the next (dtype V<record bytes>), at most CALL_LIMIT records of it.

        Raises InvalidMeasurementError or RingbenchError when the writer is gone.
        """
        if self.sink.kept == len(self.opaque):
            self._next()
        return super().room()

    def received(self, count: int) -> None:
        """Note that what came since the last note is in hand now, where each hasn't a stamp of its own."""
        pending = int(self.sink.kept) - self._stamped
        if count and pending and not self._stamp_each:
            self._runs.append(pending)
            self._times.append(time.monotonic_ns())
            self._stamped += pending

    def put(self, records: npt.NDArray[np.void], stamps_ns: npt.NDArray[np.uint64]) -> None:
        """Append *records* (the record's dtype, shape n), each with its stamp (u8, shape n)."""
        while len(records):
            count = min(len(self.room()), len(records))
            kept = int(self.sink.kept)
            self._records[kept : kept + count] = records[:count]
            self._block.stamps_ns[kept : kept + count] = stamps_ns[:count]
            self.took(count)
            records, stamps_ns = records[count:], stamps_ns[count:]

    def check(self) -> None:
        """Take another block where a compiled loop stopped at the end of one; raise as any arena for what else did."""
        if self._failure is not None:
            raise self._failure
        if self.sink.error == native.FULL:
            self.sink.error = native.NOTHING
            self._next()
        super().check()

    def events(self) -> None:
        """Hand over the last block; nothing is kept here."""
        self._hand_over()


def open_arena(opening: Opening, *, stamp_each: bool = False) -> Arena:
    """Return the arena for what a reader was asked for: one in memory, or one whose blocks are written meanwhile."""
    if opening.feed is not None:
        return BlockArena(opening.record, opening.feed, stamp_each=stamp_each)
    return Arena(opening.record, opening.capacity, keep=opening.keep, stamp_each=stamp_each)
