"""When a reader looks: in epoll or io_uring until the transport wakes it, on a timer, or again and again at a pace."""

from __future__ import annotations

import resource
import select
import time
from collections.abc import Sequence
from dataclasses import dataclass

from ringbench.drivers.readers import Reader
from ringbench.drivers.transports import Transport
from ringbench.kernel.uring_poll import UringPoll
from ringbench.spec.waits import WOKEN, Wait

_POLL_S = 0.02
"""A wait is cut here, so that the end of the window is seen in time."""


@dataclass(frozen=True)
class Reading:
    """What the reading thread has done, at one moment."""

    cpu_ns: int
    """Its CPU time."""
    context_switches: int
    """How often it gave up a CPU, or was taken off one."""
    wakeups: int
    """Waits that ended with records to hand over."""
    delivered: tuple[int, ...]
    """Records handed over, by reader."""


class ReadLoop:
    """The reading side's policy, for one reader or the two of a paired trial. It belongs to one thread."""

    def __init__(self, readers: Sequence[Reader], transports: Sequence[Transport], wait: Wait) -> None:
        """Prepare to wait as *wait* says for the *readers* of *transports*.

        Raises MissingRequirementError where io_uring is lacking and it is to wait in that.
        """
        self._readers = readers
        self._wait = wait
        self._due = time.monotonic()
        self._wakeups = 0
        self._epoll: select.epoll | None = None
        self._uring: UringPoll | None = None
        # epoll asks a ringbuf's state whenever it is asked itself: ready, as long as a record is unread. io_uring tells
        # of each wake-up once, and nobody is woken for what a look has left. Under `adaptive` that may be any record:
        # one that was committed when the consumer's position had not reached it yet, if only just
        # (kernel/bpf/ringbuf.c, bpf_ringbuf_commit()). So it looks again until nothing is left. A perf event's poll
        # takes the wake-up away, for epoll, too (kernel/events/core.c, perf_poll()).
        self._stays_ready = [transport.poll_stays_ready for transport in transports]
        self._left = False
        descriptors = [descriptor for each in readers for descriptor in each.descriptors]
        if wait.kind == "uring":
            self._uring = UringPoll(descriptors, _POLL_S)
        elif wait.kind == "epoll" and len(readers) > 1:
            self._epoll = select.epoll()
            for descriptor in descriptors:
                self._epoll.register(descriptor, select.EPOLLIN)

    @property
    def pace_s(self) -> float:
        """How long it pauses between two looks."""
        return self._wait.pace_s or 0.0

    def reading(self) -> Reading:
        """Return what this thread has done so far."""
        usage = resource.getrusage(resource.RUSAGE_THREAD)
        return Reading(
            time.thread_time_ns(),
            usage.ru_nvcsw + usage.ru_nivcsw,
            self._wakeups,
            tuple(each.delivered for each in self._readers),
        )

    def look(self, end_ns: int | None) -> int:
        """Wait as the policy says, at most until *end_ns*, then hand over what is there; return how many records."""
        if self._wait.kind in WOKEN:
            taken = self._woken()
            if taken and self._wait.pace_s:
                time.sleep(self._wait.pace_s)
        else:
            self._pause(end_ns)
            taken = self._drain()
        self._wakeups += taken > 0
        return taken

    def _woken(self) -> int:
        if self._uring is not None:
            if not self._left and not self._uring.wait():
                return 0
            each = [reader.drain() for reader in self._readers]
            self._left = any(taken for taken, stays in zip(each, self._stays_ready, strict=True) if stays)
            return sum(each)
        if self._epoll is None:
            return self._readers[0].poll(_POLL_S)
        return self._drain() if self._epoll.poll(_POLL_S) else 0

    def _drain(self) -> int:
        return sum(each.drain() for each in self._readers)

    def _pause(self, end_ns: int | None) -> None:
        pace = self.pace_s
        if self._wait.kind == "sleep":
            self._due = max(self._due + pace, time.monotonic())
            until = self._due if end_ns is None else min(self._due, end_ns / 1e9)
            time.sleep(max(0.0, until - time.monotonic()))
            return
        until_ns = time.monotonic_ns() + int(pace * 1e9)
        while time.monotonic_ns() < until_ns:
            pass

    def empty(self) -> None:
        """The final drain: the producers are quiet, so once nothing comes, nothing is left."""
        for each in self._readers:
            while each.drain():
                pass

    def close(self) -> None:
        """Let go of what it waits by; the readers are others'."""
        if self._epoll is not None:
            self._epoll.close()
        if self._uring is not None:
            self._uring.close()
