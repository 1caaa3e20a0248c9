"""A queue map from user space: there is nothing to map, so each record takes a system call."""

from __future__ import annotations

import ctypes

from ringbench import native
from ringbench.kernel import syscalls
from ringbench.kernel.ring import Ring


class QueueMapRing(Ring):
    """A queue map of records of *record_bytes* each; records are popped one by one, oldest first."""

    def __init__(self, fd: int, record_bytes: int) -> None:
        self.fd = fd
        self._record_bytes = record_bytes
        self._record = ctypes.create_string_buffer(record_bytes)
        self._popped = 0

    @property
    def position(self) -> int:
        """Bytes popped so far."""
        return self._popped * self._record_bytes

    def drain(self, sink: native.Sink) -> int:
        """Hand over to *sink* what is there, at most its limit, as queue_drain() of rings.c; return how many records.

        Raises OSError where the kernel refuses for another reason than that the queue is empty.
        """
        count = int(native.library().queue_drain(self.fd, syscalls.number("bpf"), ctypes.addressof(self._record), sink))
        if count < 0:
            raise OSError(-count, "taking a record out of the queue map")
        self._popped += count
        return count

    def close(self) -> None:
        """Nothing: the map belongs to the program."""
