"""What io_uring's reads bring of a ring's descriptor, tried on one that has a record ready.

A ringbuf's descriptor is that of a map, whose read() is a stub that returns EINVAL (kernel/bpf/syscall.c,
bpf_dummy_read()); a perf event's returns its counter (kernel/events/core.c, perf_read()). Records are in the mapping
alone. As both can be polled, io_uring waits until there are some, and only then asks. Of a descriptor that may block it
thinks that read() would, however ready it is (io_uring/rw.c, io_file_supports_nowait()), and waits for a next wake-up.
"""

from __future__ import annotations

import ctypes
import errno
import os
import struct

from ringbench.kernel.uring import Uring

READ, READ_MULTISHOT = 22, 49
"""Operations (enum io_uring_op); the second came with Linux 6.7."""
_LINK_TIMEOUT, _PROVIDE_BUFFERS = 15, 31
_IO_LINK, _BUFFER_SELECT = 1 << 2, 1 << 5
_BYTES = 4096
_PATIENCE_NS = 100_000_000


def read(fd: int, operation: int) -> bytes:
    """Return what *operation* brings of *fd*, made not to block, at most a page; it lasts no longer than 0.1 s.

    Raises OSError with the kernel's answer, or ETIME where there was none; MissingRequirementError where io_uring is
    not to be had.
    """
    memory = ctypes.create_string_buffer(_BYTES)
    limit = ctypes.create_string_buffer(struct.pack("<qq", 0, _PATIENCE_NS), 16)
    os.set_blocking(fd, False)
    with Uring(4) as ring:
        at, flags = ctypes.addressof(memory), _IO_LINK
        if operation == READ_MULTISHOT:  # it takes its memory from a group of buffers, here of one
            ring.push(_PROVIDE_BUFFERS, 1, addr=at, len_=_BYTES)
            _answer(ring, 1, 0)
            at, flags = 0, flags | _BUFFER_SELECT
        ring.push(operation, fd, user_data=1, addr=at, len_=_BYTES if at else 0, sqe_flags=flags)
        ring.push(_LINK_TIMEOUT, -1, user_data=2, addr=ctypes.addressof(limit), len_=1)
        return memory.raw[: _answer(ring, 2, 1)]


def _answer(ring: Uring, submitted: int, wanted: int) -> int:
    """Have *submitted* submissions taken; return the result of that called *wanted*. Raises OSError with its error."""
    ring.enter(submitted, wait=1)
    while True:
        for user_data, result, _ in ring.reap().tolist():
            if user_data == wanted:
                code = errno.ETIME if result == -errno.ECANCELED else -result
                if code > 0:
                    raise OSError(code, os.strerror(code))
                return int(result)
        ring.enter(wait=1)
