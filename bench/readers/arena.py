"""Where a reader puts events: memory set aside before the trial, so that none is asked for while it runs."""

from __future__ import annotations

import mmap
import time

import numpy as np
import numpy.typing as npt

from bench.errors import MeasurementInvalid
from bench.event import EVENT, Events, delivered

_TOUCHED = 1_000_000
"""Records whose pages are touched beforehand: 56 MB."""


class Arena:
    """Room for *capacity* records in order of delivery, and the time at which each block of them was received."""

    def __init__(self, capacity: int) -> None:
        self._records = np.zeros(capacity, EVENT)
        # Touch the pages now rather than in the measured window; not all of them where the room is for the worst case.
        self._records[:_TOUCHED].view(np.uint8)[:: np.intp(mmap.PAGESIZE)] = 1
        self.opaque: npt.NDArray[np.void] = self._records.view(f"V{EVENT.itemsize}")
        """The same memory as records without fields: numpy copies these in whole."""
        self.count = 0
        self._blocks: list[tuple[int, int]] = []

    @property
    def nbytes(self) -> int:
        """Bytes set aside."""
        return int(self._records.nbytes)

    def room(self) -> npt.NDArray[np.void]:
        """Return the free part (dtype V56). Raises MeasurementInvalid when the arena is full: nothing is dropped."""
        if self.count == len(self.opaque):
            raise MeasurementInvalid(
                f"the reader's arena is full after {self.count:,} events; shorten --duration or lower the load."
            )
        return self.opaque[self.count :]

    def received(self, count: int) -> None:
        """Note that *count* records were put into :meth:`room` and are in hand now."""
        if count:
            self.count += count
            self._blocks.append((count, time.monotonic_ns()))

    def events(self) -> Events:
        """Return everything received so far, in order of delivery (dtype DELIVERED); a copy."""
        counts = np.array([count for count, _ in self._blocks], np.int64)
        times = np.array([at for _, at in self._blocks], np.uint64)
        return delivered(self._records[: self.count], np.repeat(times, counts))
