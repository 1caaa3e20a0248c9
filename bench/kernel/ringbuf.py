"""The mapped memory of a ringbuf: positions, headers, and taking whole blocks of fixed-size records out of it.

Layout (kernel/bpf/ringbuf.c): the consumer's position on a page of its own, writable; then the producers' position on
a page, and the data mapped twice in a row, both read-only. A record is an 8-byte header (length with the BUSY and
DISCARD bits, page offset) and its payload, rounded up to 8 bytes. Records lie in the order of their reservations.
"""

from __future__ import annotations

import mmap

import numpy as np
import numpy.typing as npt

from bench.errors import MeasurementInvalid

BUSY = 1 << 31
DISCARD = 1 << 30
HEADER = 8


class MappedRingbuf:
    """One ringbuf, mapped; :meth:`take` copies records of *record_bytes* out and moves the consumer on.

    Plain loads and stores are enough on x86-64, whose loads are not reordered with loads, nor stores with stores;
    the reader that uses this refuses other machines.
    """

    def __init__(self, fd: int, data_bytes: int, record_bytes: int) -> None:
        self.fd = fd
        self.record_bytes = record_bytes
        self.stride = (HEADER + record_bytes + 7) & ~7
        self._mask = data_bytes - 1
        self._consumer = mmap.mmap(fd, mmap.PAGESIZE, mmap.MAP_SHARED, mmap.PROT_READ | mmap.PROT_WRITE, offset=0)
        self._producer = mmap.mmap(
            fd, mmap.PAGESIZE + 2 * data_bytes, mmap.MAP_SHARED, mmap.PROT_READ, offset=mmap.PAGESIZE
        )
        self._consumer_position = np.frombuffer(self._consumer, "<u8", 1)
        self._producer_position = np.frombuffer(self._producer, "<u8", 1)
        self.position = int(self._consumer_position[0])
        self.discarded = 0

    def pending_bytes(self) -> int:
        """Return the bytes reserved and not yet consumed, headers included."""
        return int(self._producer_position[0]) - self.position

    def take(self, into: npt.NDArray[np.void]) -> int:
        """Copy committed records, oldest first, into *into* (dtype V<record_bytes>, shape room); return how many.

        Stops at a record still BUSY, as everything behind it must wait; steps over discarded ones. Raises
        MeasurementInvalid on a record of another length, since the ring then carries something else than events.
        """
        taken = 0
        while taken < len(into):
            start = self.position & self._mask
            count = min(self.pending_bytes() // self.stride, len(into) - taken)
            if count:
                headers: npt.NDArray[np.uint32] = np.ndarray(
                    count, "<u4", self._producer, mmap.PAGESIZE + start, (self.stride,)
                )
                # One comparison tests length, BUSY and DISCARD at once.
                plain = headers == self.record_bytes
                count = count if plain.all() else int(plain.argmin())
            if count:
                block: npt.NDArray[np.void] = np.ndarray(
                    count, into.dtype, self._producer, mmap.PAGESIZE + start + HEADER, (self.stride,)
                )
                into[taken : taken + count] = block
                taken += count
                self._move(count * self.stride)
            elif not self._step_over():
                break
        return taken

    def _step_over(self) -> bool:
        """Step over one discarded record; False where there is nothing to step over yet."""
        if self.pending_bytes() < HEADER:
            return False
        offset = mmap.PAGESIZE + (self.position & self._mask)
        header = int(np.ndarray(1, "<u4", self._producer, offset)[0])
        if header & BUSY:
            return False
        length = header & ~DISCARD
        if header & DISCARD:
            self._move((HEADER + length + 7) & ~7)
            self.discarded += 1
            return True
        if length == self.record_bytes:
            return True  # committed since the comparison: take it in the next round
        raise MeasurementInvalid(
            f"the ringbuf holds a record of {length} bytes where {self.record_bytes} were expected."
        )

    def _move(self, nbytes: int) -> None:
        self.position += nbytes
        self._consumer_position[0] = self.position

    def close(self) -> None:
        """Unmap. The map itself belongs to the program."""
        del self._consumer_position, self._producer_position
        self._consumer.close()
        self._producer.close()
