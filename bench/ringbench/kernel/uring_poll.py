"""Sleeping in io_uring until a descriptor is ready: a multishot poll on each, armed once.

A multishot poll (IORING_OP_POLL_ADD with IORING_POLL_ADD_MULTI, Linux 5.13) posts a completion for each wake-up of its
descriptor and goes on, where epoll is asked anew. It tells of wake-ups, not of states (io_uring/poll.c,
io_poll_check_events(): the file is polled when it wakes, and once when the poll is armed): as epoll with EPOLLET does.
What lies in a ring whose last wake-up has been taken, nobody tells of again.
"""

from __future__ import annotations

import ctypes
import errno
import os
import select
import struct
from collections.abc import Sequence

from ringbench.errors import InvalidMeasurementError, MissingRequirementError
from ringbench.kernel import syscalls
from ringbench.kernel.uring import CQE_F_MORE, POLL_ADD, POLL_ADD_MULTI, Uring
from ringbench.spec.codes import InvalidCode

_DEFERRED = 1 << 12 | 1 << 13
"""IORING_SETUP_SINGLE_ISSUER and IORING_SETUP_DEFER_TASKRUN (Linux 6.1): completions are posted by who waits. Otherwise
each wake-up of a reader at work interrupts it, which its producers pay for (io_uring/io_uring.c, TWA_SIGNAL)."""
_GETEVENTS, _EXT_ARG = 1 << 0, 1 << 3
"""Of io_uring_enter: wait for completions; the last argument is a struct io_uring_getevents_arg (Linux 5.11)."""
_MODULO = 1 << 32
_LEAST = 64
"""Completions that the ring has room for at least; each wait takes all there are."""


class UringPoll:
    """Descriptors and their polls. One thread makes it and waits."""

    def __init__(self, descriptors: Sequence[int], timeout_s: float) -> None:
        """Arm a poll on each descriptor; a wait lasts *timeout_s* at most.

        Raises MissingRequirementError where io_uring, or a wait with a time limit, is not to be had.
        """
        self._descriptors = tuple(descriptors)
        self._ring = _ring(len(self._descriptors))
        # A look costs a microsecond or two, so what is the same in each is made once.
        self._head = ctypes.c_uint32.from_address(self._ring.cq_head)
        self._tail = ctypes.c_uint32.from_address(self._ring.cq_tail)
        self._words = (ctypes.c_uint32 * (4 * self._ring.cq_entries)).from_address(self._ring.cqes)
        whole, part = divmod(round(timeout_s * 1e9), 10**9)
        self._time = ctypes.create_string_buffer(struct.pack("<qq", whole, part), 16)
        argument = struct.pack("<QIIQ", 0, 0, 0, ctypes.addressof(self._time))  # no signal mask
        self._argument = ctypes.create_string_buffer(argument, len(argument))
        flags = _GETEVENTS | _EXT_ARG
        self._sleep = syscalls.prepared(
            "io_uring_enter", *map(ctypes.c_long, (self._ring.fd, 0, 1, flags)), self._argument, ctypes.c_long(24)
        )
        self._arm(range(len(self._descriptors)))

    def wait(self) -> bool:
        """Sleep until a descriptor wakes who polls it, or until the time is over; return whether one did.

        A poll that the kernel has ended, as it does when the ring overflows, is armed again. Raises
        InvalidMeasurementError where one failed, OSError where the kernel refuses to wait.
        """
        if self._tail.value == self._head.value and (code := -self._sleep()) > 0:
            if code not in (errno.ETIME, errno.EINTR):
                raise OSError(code, f"io_uring_enter: {os.strerror(code)}")
            return False
        return self._taken()

    def _taken(self) -> bool:
        """Take the completions that are there; return whether there were any."""
        head, tail, ended = self._head.value, self._tail.value, []
        for position in range(head, head + (tail - head) % _MODULO):
            word = 4 * (position % self._ring.cq_entries)
            if not self._words[word + 3] & CQE_F_MORE:
                place, code = self._words[word], ctypes.c_int32(self._words[word + 2]).value
                if code < 0:
                    raise InvalidMeasurementError(
                        f"io_uring's poll of a ring ended: {os.strerror(-code)}.", InvalidCode.READER_FAILED
                    )
                ended.append(place)
        self._head.value = tail
        if ended:
            self._arm(ended)
        return head != tail

    def _arm(self, places: Sequence[int]) -> None:
        for place in places:
            fd = self._descriptors[place]
            self._ring.push(POLL_ADD, fd, user_data=place, len_=POLL_ADD_MULTI, op_flags=select.EPOLLIN)
        self._ring.enter(len(places))

    def close(self) -> None:
        """Let go of the ring, and with it of the polls."""
        self._ring.close()


def _ring(descriptors: int) -> Uring:
    room = max(_LEAST, 2 * descriptors)
    try:
        return Uring(descriptors, cq_entries=room, flags=_DEFERRED)
    except MissingRequirementError:  # an older kernel, which knows io_uring, or says why not
        return Uring(descriptors, cq_entries=room)
