"""The mapped memory of a ringbuf: positions, headers, and taking whole blocks of fixed-size records out of it.

Layout (kernel/bpf/ringbuf.c): the consumer's position on a page of its own, writable; then the producers' position on
a page, and the data mapped twice in a row, both read-only. A record is an 8-byte header (length with the BUSY and
DISCARD bits, page offset) and its payload, rounded up to 8 bytes. Records lie in the order of their reservations.
"""

from __future__ import annotations

import mmap

import numpy as np
import numpy.typing as npt

from ringbench import native
from ringbench.errors import InvalidMeasurementError
from ringbench.kernel import uapi
from ringbench.kernel.mapped_ring import MappedRing
from ringbench.spec.codes import InvalidCode
from ringbench.spec.transport import PAGE

_DATA = mmap.PAGESIZE
_MODULO = 1 << 64
"""Positions are u64 and go on at 0 behind the last."""

BUSY, DISCARD, HEADER = uapi.RINGBUF_BUSY, uapi.RINGBUF_DISCARD, uapi.RINGBUF_HEADER
_POINTER = 8
_HEADER_PAGES = 3
"""struct bpf_ringbuf itself, the consumer's position, the producers' position (kernel/bpf/ringbuf.c)."""


def round_size(asked: int, rings: int) -> int:
    """Return the smallest power of two of pages that has *asked* bytes."""
    pages = -(-asked // PAGE)
    return (1 << max(0, pages - 1).bit_length()) * PAGE


def physical_bytes(data: int, rings: int) -> int:
    """Return the bytes that the kernel sets aside for a ringbuf of *data* bytes."""
    # kernel/bpf/ringbuf.c, bpf_ringbuf_area_alloc(): the data is mapped twice in a row, so the array of page pointers
    # holds each data page twice; the pages themselves exist once.
    pointers = _HEADER_PAGES + 2 * (data // PAGE)
    return data + _HEADER_PAGES * PAGE + pointers * _POINTER


def stride(record: int) -> int:
    """Return the bytes that a record takes in the ring."""
    # kernel/bpf/ringbuf.c, __bpf_ringbuf_reserve(): an 8-byte header and the record, rounded up to 8.
    return (HEADER + record + 7) & ~7


class MappedRingbuf(MappedRing):
    """One ringbuf, mapped: records of *record_bytes* are copied out of it, or looked at where they lie.

    :meth:`drain` is the compiled loop. :meth:`take` is numpy's: its plain loads and stores are enough on x86-64, whose
    loads are not reordered with loads, nor stores with stores; the reader refuses it on other machines.
    """

    _plain_loop = "ringbuf_plain"

    def __init__(self, fd: int, data_bytes: int, record_bytes: int) -> None:
        self.fd = fd
        self.record_bytes = record_bytes
        self.stride = stride(record_bytes)
        self.size = data_bytes
        self.discarded = 0
        self._consumer = mmap.mmap(fd, mmap.PAGESIZE, mmap.MAP_SHARED, mmap.PROT_READ | mmap.PROT_WRITE, offset=0)
        self._producer = mmap.mmap(
            fd, mmap.PAGESIZE + 2 * data_bytes, mmap.MAP_SHARED, mmap.PROT_READ, offset=mmap.PAGESIZE
        )
        self._consumer_position = np.frombuffer(self._consumer, "<u8", 1)
        self._producer_position = np.frombuffer(self._producer, "<u8", 1)
        data = self._producer_position.ctypes.data + _DATA
        self.ring = native.Ringbuf(
            self._consumer_position.ctypes.data,
            self._producer_position.ctypes.data,
            data,
            data_bytes,
            int(self._consumer_position[0]),
        )
        """The same ring for the compiled loops; its ``position`` is the consumer's."""

    def pending_bytes(self) -> int:
        """Return the bytes reserved and not yet consumed, headers included.

        Raises InvalidMeasurementError where the positions cannot be: the ring is damaged.
        """
        consumer, producer = self.position, int(self._producer_position[0])
        pending = (producer - consumer) % _MODULO
        if pending > self.size or pending % 8 or consumer % 8:
            raise InvalidMeasurementError(
                f"the ringbuf is damaged: it has {self.size} bytes of data, "
                f"and its positions are {consumer} (consumer) and {producer} (producer).",
                InvalidCode.RING_DAMAGED,
            )
        return pending

    def drain(self, sink: native.Sink) -> int:
        """Hand over to *sink* what is committed, as ringbuf_drain() of rings.c; return how many records."""
        return int(native.library().ringbuf_drain(self.ring, sink))

    def take(self, into: npt.NDArray[np.void]) -> int:
        """Copy committed records, oldest first, into *into* (dtype V<record_bytes>, shape room); return how many.

        Takes no more than was there at the call. Stops at a record still BUSY, as everything behind it must wait;
        steps over discarded ones. Raises InvalidMeasurementError on a record of another length, since the ring then
        carries something else than events, and on one that cannot be; it stays in the ring, and those before it are in
        *into*.
        """
        taken = 0
        end = self.position + self.pending_bytes()
        while taken < len(into) and (left := (end - self.position) % _MODULO):
            count = self._plain(left, len(into) - taken)
            if count:
                into[taken : taken + count] = self.records(count, into.dtype)
                taken += count
                self.advance(count)
            elif not self._step_over(left):
                break
        return taken

    def records(self, count: int, dtype: np.dtype[np.void]) -> npt.NDArray[np.void]:
        """Return a read-only view of the next *count* records, as :class:`MappedRing` says."""
        start = _DATA + (self.position & (self.size - 1)) + HEADER
        return np.ndarray(count, dtype, self._producer, start, (self.stride,))

    def _plain(self, left: int, limit: int) -> int:
        count = min(left // self.stride, limit)
        if not count:
            return 0
        start = _DATA + (self.position & (self.size - 1))
        headers: npt.NDArray[np.uint32] = np.ndarray(count, "<u4", self._producer, start, (self.stride,))
        # One comparison tests length, BUSY and DISCARD at once.
        plain = headers == self.record_bytes
        return count if plain.all() else int(plain.argmin())

    def _step_over(self, left: int) -> bool:
        """Step over one discarded record in the *left* bytes; False where there is nothing to step over yet."""
        offset = _DATA + (self.position & (self.size - 1))
        header = int(np.ndarray(1, "<u4", self._producer, offset)[0])
        if header & BUSY:
            return False
        length = header & ~DISCARD
        if stride(length) > left:
            raise InvalidMeasurementError(
                f"the ringbuf is damaged: a record of {length} bytes reaches past what is there.",
                InvalidCode.RING_DAMAGED,
            )
        if header & DISCARD:
            self._move(stride(length))
            self.discarded += 1
            return True
        if length == self.record_bytes:
            return True  # committed since the comparison: take it in the next round
        raise InvalidMeasurementError(
            f"the ringbuf holds a record of {length} bytes where {self.record_bytes} were expected.",
            InvalidCode.RING_DAMAGED,
        )

    def _move(self, nbytes: int) -> None:
        self.ring.position += nbytes
        self._consumer_position[0] = self.ring.position

    def close(self) -> None:
        """Unmap. The map itself belongs to the program."""
        del self._consumer_position, self._producer_position
        self._consumer.close()
        self._producer.close()
