"""When a reader looks: on a timer where nobody is woken, else when the transport wakes it."""

from __future__ import annotations

import select
import time
from collections.abc import Sequence

from bench.readers import Reader

_POLL_S = 0.02
"""A wait is cut here, so that the end of the window is seen in time."""


class Drainer:
    """The reading side's policy, for one reader or the two of a paired trial. It belongs to one thread."""

    def __init__(self, readers: Sequence[Reader], interval_s: float | None) -> None:
        self._readers = readers
        self._interval_s = interval_s
        self._due = time.monotonic()
        self._epoll: select.epoll | None = None
        self._cpu_at_start_ns: int | None = None
        if interval_s is None and len(readers) > 1:
            self._epoll = select.epoll()
            for each in readers:
                for descriptor in each.descriptors:
                    self._epoll.register(descriptor, select.EPOLLIN)

    def begin_counting(self) -> None:
        """Count this thread's CPU time from now on; later calls change nothing."""
        if self._cpu_at_start_ns is None:
            self._cpu_at_start_ns = time.thread_time_ns()

    def cpu_ns(self) -> int | None:
        """Return the CPU time of this thread since begin_counting(), in ns; None if that was never called."""
        return None if self._cpu_at_start_ns is None else time.thread_time_ns() - self._cpu_at_start_ns

    def wait(self, end_ns: int | None) -> bool:
        """Wait until it is time to look, as the policy says; False once the window is over (*end_ns*, if known)."""
        if self._interval_s is not None:
            self._due = max(self._due + self._interval_s, time.monotonic())
            until = self._due if end_ns is None else min(self._due, end_ns / 1e9)
            time.sleep(max(0.0, until - time.monotonic()))
        elif self._epoll is not None:
            self._epoll.poll(_POLL_S)
        return end_ns is None or time.monotonic_ns() < end_ns

    def take(self) -> None:
        """Hand over what is there. In a paired trial both readers have their turn."""
        if self._interval_s is not None or self._epoll is not None:
            for each in self._readers:
                each.drain()
        else:
            self._readers[0].poll(_POLL_S)

    def empty(self) -> None:
        """The final drain: the producers are quiet, so once nothing comes, nothing is left."""
        for each in self._readers:
            while each.drain():
                pass
