"""The mapped memory of one CPU's perf ring, and taking whole blocks of fixed-size records out of it.

Layout (include/uapi/linux/perf_event.h): a page with the positions data_head and data_tail, then a power of two of
pages of data. A record begins with type, misc and size; a raw sample is followed by a 4-byte length and the payload,
padded so that the whole is a multiple of 8. The data is mapped once, so a record can lie across the end.
"""

from __future__ import annotations

import mmap
import os

import numpy as np
import numpy.typing as npt

from bench.errors import MeasurementInvalid
from bench.kernel import syscalls

_HEAD = 1024  # offset of data_head in struct perf_event_mmap_page; data_tail follows
_HEADER = 8
_RAW_LENGTH = 4
SAMPLE, LOST, THROTTLE, UNTHROTTLE, LOST_SAMPLES = 9, 2, 5, 6, 13
_NO_MISC = 0xFFFF0000FFFFFFFF
"""A header without its misc field, which says in which CPU mode the sample was taken."""


class MappedPerfRing:
    """One CPU's ring, mapped. It owns *fd*, its perf event: closing it ends the ring."""

    def __init__(self, fd: int, cpu: int, pages: int, record_bytes: int) -> None:
        self.fd = fd
        self.cpu = cpu
        self.record_bytes = record_bytes
        self.stride = (_HEADER + _RAW_LENGTH + record_bytes + 7) & ~7
        self.lost = 0
        """Sum of what PERF_RECORD_LOST said; the losses after the last record that fitted are never said."""
        self._size = pages * mmap.PAGESIZE
        self._plain = SAMPLE | self.stride << 48
        self._memory = mmap.mmap(fd, mmap.PAGESIZE + self._size, mmap.MAP_SHARED, mmap.PROT_READ | mmap.PROT_WRITE)
        self._positions = np.frombuffer(self._memory, "<u8", 2, _HEAD)
        self._data = np.frombuffer(self._memory, np.uint8, self._size, mmap.PAGESIZE)
        self.position = int(self._positions[1])

    @classmethod
    def open(cls, cpu: int, pages: int, record_bytes: int, *, wakeup_events: int | None) -> MappedPerfRing:
        """Open a ring of *pages* data pages for *cpu*; *wakeup_events* as in syscalls.open_bpf_output()."""
        fd = syscalls.open_bpf_output(cpu, wakeup_events=wakeup_events)
        try:
            ring = cls(fd, cpu, pages, record_bytes)
            syscalls.enable(fd)
        except OSError:
            os.close(fd)
            raise
        return ring

    def pending_bytes(self) -> int:
        """Return the bytes written and not yet consumed."""
        return int(self._positions[0]) - self.position

    def take(self, into: npt.NDArray[np.void]) -> int:
        """Copy records, oldest first, into *into* (dtype V<record_bytes>, shape room); return how many.

        Raises MeasurementInvalid on a record that cannot be: an unknown type or size.
        """
        taken = 0
        while taken < len(into):
            pending = self.pending_bytes()
            start = self.position & (self._size - 1)
            count = min(min(pending, self._size - start) // self.stride, len(into) - taken)
            if count:
                headers: npt.NDArray[np.uint64] = np.ndarray(
                    count, "<u8", self._memory, mmap.PAGESIZE + start, (self.stride,)
                )
                plain = (headers & np.uint64(_NO_MISC)) == self._plain
                count = count if plain.all() else int(plain.argmin())
            if count:
                payload = mmap.PAGESIZE + start + _HEADER + _RAW_LENGTH
                into[taken : taken + count] = np.ndarray(count, into.dtype, self._memory, payload, (self.stride,))
                taken += count
                self._move(count * self.stride)
            elif pending:
                taken += self._take_one(into[taken:])
            else:
                break
        return taken

    def _take_one(self, into: npt.NDArray[np.void]) -> int:
        """Take the next record by itself: one across the end of the data, or one that is no sample."""
        head = self._bytes(0, _HEADER)
        kind = int.from_bytes(head[:4], "little")
        size = int.from_bytes(head[6:], "little")
        if size < _HEADER or size % 8 or size > self.pending_bytes():
            raise MeasurementInvalid(f"CPU {self.cpu}'s perf ring holds a record of type {kind} and {size} bytes.")
        body = self._bytes(_HEADER, size - _HEADER)
        taken = 0
        if kind == SAMPLE and size == self.stride:
            into[0] = np.frombuffer(body, into.dtype, 1, _RAW_LENGTH)[0]
            taken = 1
        elif kind == LOST:
            self.lost += int.from_bytes(body[8:16], "little")
        elif kind not in (THROTTLE, UNTHROTTLE, LOST_SAMPLES):
            raise MeasurementInvalid(f"CPU {self.cpu}'s perf ring holds a record of type {kind} and {size} bytes.")
        self._move(size)
        return taken

    def _bytes(self, offset: int, length: int) -> bytes:
        start = (self.position + offset) & (self._size - 1)
        first = self._data[start : start + length].tobytes()
        return first + self._data[: length - len(first)].tobytes()

    def _move(self, nbytes: int) -> None:
        self.position += nbytes
        self._positions[1] = self.position

    def close(self) -> None:
        """Unmap and close the perf event."""
        del self._positions, self._data
        self._memory.close()
        os.close(self.fd)
