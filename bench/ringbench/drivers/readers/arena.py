"""Where a reader puts records: memory set aside before the trial, so that none is asked for while it runs.

The arena is bounded. One that keeps its records stops the trial when it is full: nothing is dropped unseen. One that
only counts is small, so that it stays in the processor's cache, and starts again at its beginning when it is full.
"""

from __future__ import annotations

import itertools
import mmap
import time

import numpy as np
import numpy.typing as npt

from ringbench import native
from ringbench.errors import InvalidMeasurementError
from ringbench.spec.codes import InvalidCode
from ringbench.spec.event import Events, delivered
from ringbench.spec.record import Record

_TOUCHED = 1_000_000
"""Records whose pages are touched beforehand: 56 MB of events."""
COUNTING_BYTES = 128 << 10
"""An arena that only counts: a quarter of a usual second-level cache."""
CALL_LIMIT = 1 << 16
"""Records that one call of a reader may hand over, so that it comes back under any load: some milliseconds' worth."""


class Arena:
    """Room for *capacity* records in order of delivery (*keep*), or for a few of them, and the count of them all.

    ``sink`` is the same memory for the compiled loops, and the one place where it is counted.
    """

    def __init__(self, record: Record, capacity: int, *, keep: bool, stamp_each: bool = False) -> None:
        self.keep = keep
        rooms = capacity if keep else max(1, COUNTING_BYTES // record.nbytes)
        self._records = np.zeros(rooms, record.dtype)
        # Touch the pages now rather than in the measured window; not all of them where the room is for the worst case.
        self._records[:_TOUCHED].view(np.uint8)[:: np.intp(mmap.PAGESIZE)] = 1
        self.opaque: npt.NDArray[np.void] = self._records.view(f"V{record.nbytes}")
        """The same memory as records without fields: numpy copies these in whole."""
        self._received = np.zeros(rooms if keep and stamp_each else 0, np.uint64)
        self._ends = np.zeros(rooms if record.varies else 0, np.uint64)
        self._blocks: list[tuple[int, int]] = []
        self.sink = native.Sink(
            records=self._records.ctypes.data,
            ends=self._ends.ctypes.data if record.varies else 0,
            received_ns=self._received.ctypes.data if len(self._received) else 0,
            room=self._records.nbytes,
            slots=rooms,
            record_bytes=0 if record.varies else record.nbytes,
            seq_offset=record.seq_offset,
            overwrite=not keep,
            limit=CALL_LIMIT,
        )

    @property
    def count(self) -> int:
        """Records handed over so far."""
        return int(self.sink.count)

    @property
    def seq_sum(self) -> int:
        """Sum of their sequence numbers, modulo 2^64."""
        return int(self.sink.seq_sum)

    @property
    def nbytes(self) -> int:
        """Bytes set aside."""
        return int(self._records.nbytes + self._received.nbytes + self._ends.nbytes)

    def payloads(self) -> list[memoryview]:
        """Return what is kept of records of any length, each as it came, perf's padding included."""
        content = self._records.view(np.uint8).data
        ends = [0, *self._ends[: self.sink.kept].tolist()]
        return [content[start:end] for start, end in itertools.pairwise(ends)]

    def room(self) -> npt.NDArray[np.void]:
        """Return the free part (dtype V<record bytes>), at most CALL_LIMIT records of it.

        Raises InvalidMeasurementError when an arena that keeps is full.
        """
        if self.sink.kept == len(self.opaque):
            if self.keep:
                raise self._full()
            self.sink.kept = self.sink.used = 0
        kept = int(self.sink.kept)
        return self.opaque[kept : kept + CALL_LIMIT]

    def took(self, count: int) -> None:
        """Note that numpy put *count* records into :meth:`room`."""
        sink, kept = self.sink, int(self.sink.kept)
        sink.seq_sum += int(self._records["seq"][kept : kept + count].sum(dtype=np.uint64))
        sink.kept += count
        sink.used += count * self._records.itemsize
        sink.count += count
        sink.bytes += count * self._records.itemsize

    def received(self, count: int) -> None:
        """Note that the last *count* records are in hand now, where each hasn't a stamp of its own."""
        if count and self.keep and not len(self._received):
            self._blocks.append((count, time.monotonic_ns()))

    def check(self) -> None:
        """Raise InvalidMeasurementError where a compiled loop or a callback had to stop."""
        sink = self.sink
        if sink.error == native.FULL:
            raise self._full()
        if sink.error == native.UNEXPECTED_RECORD:
            raise InvalidMeasurementError(
                f"the ring holds a record of {sink.error_bytes} bytes (type {sink.error_kind}) "
                f"where {sink.record_bytes} were expected.",
                InvalidCode.RING_DAMAGED,
            )
        if sink.error:
            raise InvalidMeasurementError(
                f"the ring is damaged: a record of type {sink.error_kind} and {sink.error_bytes} bytes cannot be.",
                InvalidCode.RING_DAMAGED,
            )

    def events(self) -> Events | None:
        """Return what was kept, in order of delivery (dtype DELIVERED; a copy), or None where it was only counted."""
        return delivered(*self.kept()) if self.keep else None

    def kept(self) -> tuple[npt.NDArray[np.void], npt.NDArray[np.uint64]]:
        """Return the records of an arena that keeps them, in order of delivery, and when each was in hand (no copy)."""
        if len(self._received):
            return self._records[: self.count], self._received[: self.count]
        counts = np.array([count for count, _ in self._blocks], np.int64)
        times = np.repeat(np.array([at for _, at in self._blocks], np.uint64), counts)
        return self._records[: self.count], times

    def _full(self) -> InvalidMeasurementError:
        return InvalidMeasurementError(
            f"the reader's arena is full after {self.count:,} events; shorten --duration or lower the load.",
            InvalidCode.READER_FULL,
        )
