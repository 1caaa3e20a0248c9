"""What the mapped memory of a ringbuf and of a CPU's perf ring have in common: looking at records where they lie."""

from __future__ import annotations

import abc
import ctypes
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from ringbench import native
from ringbench.kernel.ring import Ring
from ringbench.spec.record import Record


class MappedRing(Ring):
    """A ring of records of *record_bytes* each that lie *stride* bytes apart, for one reader."""

    viewable: ClassVar[bool] = True
    _plain_loop: ClassVar[str]
    """The compiled loop behind :meth:`plain`, by its name in rings.c."""
    record_bytes: int
    stride: int
    ring: Any
    """The same ring for the compiled loops (a structure of ringbench.native); its ``position`` is the reader's."""

    @property
    def position(self) -> int:
        """Bytes consumed since the ring was made, headers included."""
        return int(self.ring.position)

    @abc.abstractmethod
    def pending_bytes(self) -> int:
        """Return the bytes there that are not yet consumed; InvalidMeasurementError where the positions cannot be."""

    @abc.abstractmethod
    def records(self, count: int, dtype: np.dtype[np.void]) -> npt.NDArray[np.void]:
        """Return a read-only view of the next *count* records, dtype *dtype*, where they lie in the mapping.

        *count* must be one that :meth:`plain` returned. The view holds until :meth:`advance`: what it shows after that
        may be overwritten at any time.
        """

    def plain(self, limit: int) -> int:
        """Return how many records lie in a row at the reader's position, whole and committed, at most *limit*."""
        left = self.pending_bytes()  # which refuses a damaged ring
        if native.missing() is None:
            return self._look(limit, 0, None)
        return self._plain(left, limit)

    def plain_sum(self, limit: int, record: Record) -> tuple[int, int]:
        """Return what :meth:`plain` does, and the sum of the sequence numbers of these *record*, modulo 2^64."""
        if native.missing() is not None:
            count = self.plain(limit)
            return count, int(self.records(count, record.dtype)["seq"].sum(dtype=np.uint64))
        self.pending_bytes()  # which refuses a damaged ring
        total = ctypes.c_uint64()
        return self._look(limit, record.seq_offset, ctypes.byref(total)), total.value

    def advance(self, count: int) -> None:
        """Give the next *count* records' room back to the producers."""
        self._move(count * self.stride)

    def _look(self, limit: int, seq_offset: int, total: Any) -> int:
        loop = getattr(native.library(), self._plain_loop)
        return int(loop(ctypes.byref(self.ring), self.record_bytes, limit, seq_offset, total))

    @abc.abstractmethod
    def _plain(self, left: int, limit: int) -> int:
        """Return by numpy how many records lie in a row in the *left* bytes, at most *limit*."""

    @abc.abstractmethod
    def _move(self, nbytes: int) -> None:
        """Move the reader's position, here and in the ring."""
