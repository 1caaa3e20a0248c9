"""io_uring: one ring of submissions and one of completions, mapped, without any library.

Layout: include/uapi/linux/io_uring.h. A submission (SQE) is 64 bytes; a completion (CQE) 16: the submission's
``user_data``, a result, flags. Kernels with IORING_FEAT_SINGLE_MMAP (5.4, kernel commit 75b28affdd6a) map both rings at
once; older ones are refused here.
"""

from __future__ import annotations

import ctypes
import errno
import mmap
import os
import struct
from pathlib import Path
from types import TracebackType

import numpy as np
import numpy.typing as npt

from ringbench.errors import MissingRequirementError
from ringbench.kernel import syscalls

SQE_BYTES = 64
CQE = np.dtype([("user_data", "<u8"), ("res", "<i4"), ("flags", "<u4")])
"""A completion of a ring that is set up without IORING_SETUP_CQE32."""
Completions = npt.NDArray[np.void]
"""dtype :data:`CQE`, in the order in which the kernel posted them."""

POLL_ADD, MSG_RING = 6, 40
"""Operations (enum io_uring_op)."""
MSG_DATA = 0
"""MSG_RING's command in an SQE's ``addr``: post a completion into another ring."""
MSG_RING_FLAGS_PASS = 1 << 1
"""In an SQE's ``op_flags``: MSG_RING hands over its ``file_index`` as the completion's flags (6.3, cbeb47a7b5f0)."""
POLL_ADD_MULTI = 1 << 0
"""In an SQE's ``len``: POLL_ADD goes on after its first completion (5.13, kernel commit 88e41cf928a6)."""
CQE_F_MORE = 1 << 1
"""In a completion's ``flags``: the same submission will bring more."""

SETUP_CQSIZE, SETUP_CQE32 = 1 << 3, 1 << 11
_FEAT_SINGLE_MMAP = 1 << 0
_ENTER_GETEVENTS = 1 << 0
_SQ_CQ_OVERFLOW = 1 << 1
_OFF_SQ_RING, _OFF_SQES = 0, 0x10000000
_DISABLED = Path("/proc/sys/kernel/io_uring_disabled")

_PARAMS = struct.Struct("<30I")
"""struct io_uring_params: sizes, flags, CPU, idle, features, wq_fd, 3 reserved; then the offsets in SQ and CQ."""


class Uring:
    """One io_uring of this process: :meth:`push` submissions, :meth:`enter` the kernel, :meth:`reap` completions.

    Loads and stores of the shared positions are numpy's, plain, as those of the other rings' pure readers: enough on
    x86-64. One thread uses it.
    """

    def __init__(self, entries: int, *, cq_entries: int = 0, flags: int = 0) -> None:
        """Set up a ring of *entries* submissions and *cq_entries* completions (0: the kernel's choice, twice as many).

        Both are rounded up to powers of two; completions may not be fewer. Raises MissingRequirementError, with the
        kernel's words, where there is none to be had: not compiled in, switched off (kernel.io_uring_disabled), or
        before 5.4.
        """
        if cq_entries:
            flags |= SETUP_CQSIZE
        params = bytearray(_PARAMS.pack(0, cq_entries, flags, *[0] * 27))
        buffer = (ctypes.c_char * _PARAMS.size).from_buffer(params)
        try:
            self.fd = syscalls.call("io_uring_setup", ctypes.c_long(entries), buffer)
        except OSError as error:
            raise MissingRequirementError(_refusal(error)) from error
        del buffer
        fields = _PARAMS.unpack(params)
        self.sq_entries, self.cq_entries = fields[0], fields[1]
        if not fields[5] & _FEAT_SINGLE_MMAP:
            os.close(self.fd)
            raise MissingRequirementError(
                "this kernel's io_uring maps its two rings apart; ringbench knows it from Linux 5.4."
            )
        sq, cq = fields[10:20], fields[20:30]
        self.cqe_bytes = 32 if flags & SETUP_CQE32 else CQE.itemsize
        self.rings_bytes = max(sq[6] + 4 * self.sq_entries, cq[5] + self.cqe_bytes * self.cq_entries)
        """Bytes of both rings' mapping; the submissions have one of their own."""
        self.sqes_bytes = SQE_BYTES * self.sq_entries
        self._rings = mmap.mmap(
            self.fd, self.rings_bytes, flags=mmap.MAP_SHARED | mmap.MAP_POPULATE, offset=_OFF_SQ_RING
        )
        self._sqes = mmap.mmap(self.fd, self.sqes_bytes, flags=mmap.MAP_SHARED | mmap.MAP_POPULATE, offset=_OFF_SQES)
        self._sq_head, self._sq_tail, self._sq_flags = (self._word(sq[place]) for place in (0, 1, 4))
        self._cq_head, self._cq_tail, self._cq_overflow = (self._word(cq[place]) for place in (0, 1, 4))
        self._sq_mask, self._cq_mask = self.sq_entries - 1, self.cq_entries - 1
        array: npt.NDArray[np.uint32] = np.frombuffer(self._rings, "<u4", self.sq_entries, sq[6])
        array[:] = np.arange(self.sq_entries)  # place n of the queue is always submission n
        self._cqes = np.ndarray(self.cq_entries, CQE, self._rings, cq[5], (self.cqe_bytes,))
        self._pushed = int(self._sq_tail[0])
        # For compiled loops, which take their part of the work by these addresses.
        self.sq_tail, self.cq_head, self.cq_tail, self.cqes = (
            each.ctypes.data for each in (self._sq_tail, self._cq_head, self._cq_tail, self._cqes)
        )
        self.sqes = ctypes.addressof(ctypes.c_char.from_buffer(self._sqes))

    def _word(self, offset: int) -> npt.NDArray[np.uint32]:
        return np.frombuffer(self._rings, "<u4", 1, offset)

    def __enter__(self) -> Uring:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def push(
        self,
        opcode: int,
        fd: int,
        *,
        user_data: int = 0,
        off: int = 0,
        addr: int = 0,
        len_: int = 0,
        op_flags: int = 0,
        file_index: int = 0,
        sqe_flags: int = 0,
    ) -> None:
        """Put one submission into the ring; the kernel sees it at the next :meth:`enter`.

        The names are those of struct io_uring_sqe; *op_flags* is the union with poll32_events and msg_ring_flags.
        Raises ValueError where the ring is full.
        """
        if (self._pushed - int(self._sq_head[0])) & 0xFFFFFFFF >= self.sq_entries:
            raise ValueError(f"the {self.sq_entries} submissions of this ring are all waiting: enter() first")
        place = SQE_BYTES * (self._pushed & self._sq_mask)
        fields = (opcode, sqe_flags, 0, fd, off, addr, len_, op_flags, user_data, 0, 0, file_index, 0, 0)
        struct.pack_into("<BBHiQQIIQHHIQQ", self._sqes, place, *fields)
        self._pushed = (self._pushed + 1) & 0xFFFFFFFF
        self._sq_tail[0] = self._pushed

    def enter(self, submit: int = 0, *, wait: int = 0) -> int:
        """Have the kernel take *submit* submissions and wait for *wait* completions; return how many it took.

        Completions that had no room are brought in as far as there is now. Raises OSError.
        """
        return syscalls.call(
            "io_uring_enter",
            *(ctypes.c_long(word) for word in (self.fd, submit, wait, _ENTER_GETEVENTS)),
            None,
            ctypes.c_long(0),
        )

    def reap(self) -> Completions:
        """Take the completions that are there, and return a copy of them.

        No system call: those the kernel keeps on its overflow list come by :meth:`enter` (see :attr:`overflowing`).
        """
        head = int(self._cq_head[0])
        ready = (int(self._cq_tail[0]) - head) & 0xFFFFFFFF
        first = head & self._cq_mask
        behind = max(0, first + ready - self.cq_entries)  # those that lie at the start again
        taken = np.concatenate((self._cqes[first : first + ready - behind], self._cqes[:behind]))
        self._cq_head[0] = (head + ready) & 0xFFFFFFFF
        return taken

    @property
    def overflowing(self) -> bool:
        """Whether the kernel keeps completions in memory of its own, as the ring was full (IORING_SQ_CQ_OVERFLOW)."""
        return bool(self._sq_flags[0] & _SQ_CQ_OVERFLOW)

    @property
    def dropped(self) -> int:
        """Completions that the kernel had no memory to keep, since the ring was set up (the CQ's ``overflow``)."""
        return int(self._cq_overflow[0])

    def close(self) -> None:
        """Unmap and close; the kernel cancels what is under way."""
        del self._sq_head, self._sq_tail, self._sq_flags, self._cq_head, self._cq_tail, self._cq_overflow, self._cqes
        self._rings.close()
        self._sqes.close()
        os.close(self.fd)


def _refusal(error: OSError) -> str:
    if error.errno == errno.ENOSYS:
        return "this kernel has no io_uring (io_uring_setup: ENOSYS)."
    try:
        switched = _DISABLED.read_text().strip()
    except OSError:
        switched = "unknown"
    return f"io_uring cannot be had ({error.strerror}); kernel.io_uring_disabled is {switched}: 0 lets everybody."
