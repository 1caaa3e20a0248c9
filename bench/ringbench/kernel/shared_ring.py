"""A ring in memory that processes share: laid out as a BPF ringbuf is mapped, with the lock on the producers' page.

The memory is a memfd's, which has no name in any file system: it is gone with the last process that has it.
"""

from __future__ import annotations

import ctypes
import mmap
import os

from ringbench import native
from ringbench.kernel.ring import Ring
from ringbench.native import producer

_libc = ctypes.CDLL(None, use_errno=True)
_libc.mmap.restype = ctypes.c_void_p
_libc.mmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int, ctypes.c_int, ctypes.c_int, ctypes.c_long]
_libc.munmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t]
_ANYWHERE, _MAP_FIXED = None, 0x10
_LOCK = 64
"""Bytes from the producers' position to the lock: another cache line."""
NAME = "ringbench-ring"


class SharedRing(Ring):
    """A ring of *data_bytes* (a power of two of pages), made and read here; processes that are forked write to it."""

    def __init__(self, data_bytes: int) -> None:
        page = mmap.PAGESIZE
        self.fd = os.memfd_create(NAME, os.MFD_CLOEXEC)
        os.ftruncate(self.fd, 2 * page + data_bytes)
        self._bytes = 2 * page + 2 * data_bytes
        self._at = _map(_ANYWHERE, self._bytes, -1, 0)  # a place that is long enough
        _map(self._at, 2 * page + data_bytes, self.fd, 0)
        _map(self._at + 2 * page + data_bytes, data_bytes, self.fd, 2 * page)
        read, written, data = self._at, self._at + page, self._at + 2 * page
        self.ring = native.Ringbuf(read, written, data, data_bytes, 0)
        """For the reader, whose loop is the ringbuf's; its ``position`` is the reader's."""
        self.written = producer.SharedRing(read, written, data, data_bytes, written + _LOCK)
        """For the writers."""

    @property
    def position(self) -> int:
        """Bytes consumed so far, headers included."""
        return int(self.ring.position)

    def drain(self, sink: native.Sink) -> int:
        """Hand over to *sink* what is committed, as ringbuf_drain() of rings.c; return how many records."""
        return int(native.library().ringbuf_drain(self.ring, sink))

    def close(self) -> None:
        """Unmap and close."""
        _libc.munmap(self._at, self._bytes)
        os.close(self.fd)


def _map(at: int | None, nbytes: int, fd: int, offset: int) -> int:
    """Map, at *at* where that is given; a descriptor of -1 only keeps the place. Raises OSError."""
    where = _MAP_FIXED if at is not None else 0
    kind = mmap.MAP_SHARED if fd >= 0 else mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS
    protection = mmap.PROT_READ | mmap.PROT_WRITE if fd >= 0 else 0
    found = _libc.mmap(at, nbytes, protection, kind | where, fd, offset)
    if found in (None, ctypes.c_void_p(-1).value):
        code = ctypes.get_errno()
        raise OSError(code, f"mmap: {os.strerror(code)}")
    return int(found)
