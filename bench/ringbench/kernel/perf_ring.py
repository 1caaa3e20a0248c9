"""The mapped memory of one CPU's perf ring, and taking whole blocks of fixed-size records out of it.

Layout (include/uapi/linux/perf_event.h): a page with the positions data_head and data_tail, then a power of two of
pages of data. A record begins with type, misc and size; a raw sample is followed by a 4-byte length and the payload,
padded so that the whole is a multiple of 8. The data is mapped once, so a record can lie across the end.
"""

from __future__ import annotations

import ctypes
import mmap
import os

import numpy as np
import numpy.typing as npt

from ringbench import native
from ringbench.errors import InvalidMeasurementError
from ringbench.kernel import syscalls
from ringbench.kernel.mapped_ring import MappedRing
from ringbench.spec.codes import InvalidCode
from ringbench.spec.wakeups import Wakeup

_HEAD = 1024  # offset of data_head in struct perf_event_mmap_page; data_tail follows
_HEADER = 8
_RAW_LENGTH = 4
SAMPLE, LOST = 9, 2
_LAST_KNOWN = 21  # enum perf_event_type of Linux 6.9
_NO_MISC = 0xFFFF0000FFFFFFFF
"""A header without its misc field, which says in which CPU mode the sample was taken."""
_MODULO = 1 << 64
"""Positions are u64 and go on at 0 behind the last."""


class MappedPerfRing(MappedRing):
    """One CPU's ring, mapped. It owns *fd*, its perf event: closing it ends the ring.

    :meth:`drain` is the compiled loop, :meth:`take` numpy's, as in :class:`~ringbench.kernel.ringbuf.MappedRingbuf`.
    """

    _plain_loop = "perf_plain"

    def __init__(self, fd: int, cpu: int, pages: int, record_bytes: int) -> None:
        self.fd = fd
        self.cpu = cpu
        self.record_bytes = record_bytes
        self.stride = (_HEADER + _RAW_LENGTH + record_bytes + 7) & ~7
        self.size = pages * mmap.PAGESIZE
        self._lost = 0
        """Sum of what PERF_RECORD_LOST said to :meth:`take`; losses behind the last record are never said."""
        self._plain_header = SAMPLE | self.stride << 48
        self._memory = mmap.mmap(fd, mmap.PAGESIZE + self.size, mmap.MAP_SHARED, mmap.PROT_READ | mmap.PROT_WRITE)
        self._positions = np.frombuffer(self._memory, "<u8", 2, _HEAD)
        self._data = np.frombuffer(self._memory, np.uint8, self.size, mmap.PAGESIZE)
        self._seam = ctypes.create_string_buffer(1 << 16)
        head = self._positions.ctypes.data
        self.ring = native.PerfRing(
            head, head + 8, self._data.ctypes.data, self.size, int(self._positions[1]), ctypes.addressof(self._seam)
        )
        """The same ring for the compiled loops; its ``position`` is the reader's."""

    @classmethod
    def open(cls, cpu: int, pages: int, record_bytes: int, wakeup: Wakeup) -> MappedPerfRing:
        """Open a ring of *pages* data pages for *cpu* that wakes its reader as *wakeup* says."""
        fd = syscalls.open_bpf_output(cpu, wakeup)
        try:
            ring = cls(fd, cpu, pages, record_bytes)
            syscalls.enable(fd)
        except OSError:
            os.close(fd)
            raise
        return ring

    @property
    def lost(self) -> int:
        """Sum of PERF_RECORD_LOST that :meth:`take` met; the compiled loop's are in its sink."""
        return self._lost

    def pending_bytes(self) -> int:
        """Return the bytes written and not yet consumed; InvalidMeasurementError where the positions cannot be."""
        tail, head = self.position, int(self._positions[0])
        pending = (head - tail) % _MODULO
        if pending > self.size or pending % 8 or tail % 8:
            raise InvalidMeasurementError(
                f"CPU {self.cpu}'s perf ring is damaged: it has {self.size} bytes of data, "
                f"and its positions are {tail} (tail) and {head} (head).",
                InvalidCode.RING_DAMAGED,
            )
        return pending

    def drain(self, sink: native.Sink) -> int:
        """Hand over to *sink* what is there, as perf_drain() of rings.c; return how many records."""
        return int(native.library().perf_drain(self.ring, sink))

    def take(self, into: npt.NDArray[np.void]) -> int:
        """Copy records, oldest first, into *into* (dtype V<record_bytes>, shape room); return how many.

        Takes no more than was there at the call. Raises InvalidMeasurementError on a record that cannot be, or is not
        ours: an unknown type or size; it stays in the ring, and those before it are in *into*.
        """
        taken = 0
        end = self.position + self.pending_bytes()
        while taken < len(into) and (left := (end - self.position) % _MODULO):
            count = self._plain(left, len(into) - taken)
            if count:
                into[taken : taken + count] = self.records(count, into.dtype)
                taken += count
                self.advance(count)
            else:
                taken += self._take_one(into[taken:], left)
        return taken

    def records(self, count: int, dtype: np.dtype[np.void]) -> npt.NDArray[np.void]:
        """Return a read-only view of the next *count* records, as :class:`MappedRing` says."""
        if not count:
            return np.empty(0, dtype)
        start = mmap.PAGESIZE + (self.position & (self.size - 1)) + _HEADER + _RAW_LENGTH
        view: npt.NDArray[np.void] = np.ndarray(count, dtype, self._memory, start, (self.stride,))
        view.flags.writeable = False
        return view

    def _plain(self, left: int, limit: int) -> int:
        start = self.position & (self.size - 1)
        count = min(min(left, self.size - start) // self.stride, limit)
        if not count:
            return 0
        headers: npt.NDArray[np.uint64] = np.ndarray(count, "<u8", self._memory, mmap.PAGESIZE + start, (self.stride,))
        plain = (headers & np.uint64(_NO_MISC)) == self._plain_header
        return count if plain.all() else int(plain.argmin())

    def _take_one(self, into: npt.NDArray[np.void], left: int) -> int:
        """Take one record of the *left* bytes by itself: one across the end of the data, or one that is no sample."""
        head = self._bytes(0, _HEADER)
        kind = int.from_bytes(head[:4], "little")
        size = int.from_bytes(head[6:], "little")
        unlike = InvalidMeasurementError(
            f"CPU {self.cpu}'s perf ring holds a record of type {kind} and {size} bytes.", InvalidCode.RING_DAMAGED
        )
        if size < _HEADER or size % 8 or size > left:
            raise unlike
        body = self._bytes(_HEADER, size - _HEADER)
        taken = 0
        if kind == SAMPLE and size == self.stride:
            into[0] = np.frombuffer(body, into.dtype, 1, _RAW_LENGTH)[0]
            taken = 1
        elif kind == LOST and size >= 24:
            self._lost += int.from_bytes(body[8:16], "little")
        elif not 0 < kind <= _LAST_KNOWN or kind in (SAMPLE, LOST):
            raise unlike
        self._move(size)
        return taken

    def _bytes(self, offset: int, length: int) -> bytes:
        start = (self.position + offset) & (self.size - 1)
        first = self._data[start : start + length].tobytes()
        return first + self._data[: length - len(first)].tobytes()

    def _move(self, nbytes: int) -> None:
        self.ring.position += nbytes
        self._positions[1] = self.ring.position

    def close(self) -> None:
        """Unmap and close the perf event."""
        del self._positions, self._data
        self._memory.close()
        os.close(self.fd)
