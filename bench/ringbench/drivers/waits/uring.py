"""`uring`: asleep in io_uring, a multishot poll on each descriptor, until the transport wakes it."""

from __future__ import annotations

import time

from ringbench.drivers.waits.wait_kind import POLL_S, Rings, WaitKind
from ringbench.kernel.uring_poll import UringPoll


class UringWait:
    """One io_uring for all descriptors.

    epoll asks a ringbuf's state whenever it is asked itself: ready, as long as a record is unread. io_uring tells of
    each wake-up once, and nobody is woken for what a look has left. Under `adaptive` that may be any record: one that
    was committed when the consumer's position had not reached it yet, if only just (kernel/bpf/ringbuf.c,
    bpf_ringbuf_commit()). So it looks again until nothing is left. A perf event's poll takes the wake-up away, for
    epoll, too (kernel/events/core.c, perf_poll()).
    """

    def __init__(self, rings: Rings, pace_s: float) -> None:
        self._rings, self._pace_s = rings, pace_s
        self._left = False
        self._uring = UringPoll(rings.descriptors, POLL_S)

    def step(self, end_ns: int | None) -> int:
        """Sleep until woken, unless anything was left, hand over, and pause where anything was there."""
        if not self._left and not self._uring.wait():
            return 0
        each = [reader.drain() for reader in self._rings.readers]
        self._left = any(taken for taken, stays in zip(each, self._rings.stays_ready, strict=True) if stays)
        if any(each) and self._pace_s:
            time.sleep(self._pace_s)
        return sum(each)

    def close(self) -> None:
        """Close it."""
        self._uring.close()


def _words(pace: str, woken: bool) -> str:
    return "asleep in io_uring" + (f", and {pace} after each look" if pace else "")


WAIT = WaitKind(
    name="uring",
    usage="uring[:TIME]",
    description="sleeps in io_uring, a multishot poll on each descriptor, until it is woken; TIME: as with epoll",
    begin=UringWait,
    words=_words,
    is_woken=True,
    needs="io_uring's poll of a ring",
    place=2,
)
