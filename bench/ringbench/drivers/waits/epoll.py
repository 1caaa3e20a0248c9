"""`epoll`: asleep in epoll until the transport wakes it."""

from __future__ import annotations

import time

from ringbench.drivers.waits.wait_kind import POLL_S, Rings, WaitKind
from ringbench.kernel.epoll_set import epoll_set


class Epoll:
    """A single reader sleeps in its own call; for two there is one epoll set."""

    def __init__(self, rings: Rings, pace_s: float) -> None:
        self._rings, self._pace_s = rings, pace_s
        self._epoll = epoll_set(rings.descriptors) if len(rings.readers) > 1 else None

    def step(self, end_ns: int | None) -> int:
        """Sleep until woken, hand over, and pause where anything was there."""
        if self._epoll is None:
            taken = self._rings.readers[0].poll(POLL_S)
        else:
            taken = self._rings.drain() if self._epoll.poll(POLL_S) else 0
        if taken and self._pace_s:
            time.sleep(self._pace_s)
        return taken

    def close(self) -> None:
        """Close the set."""
        if self._epoll is not None:
            self._epoll.close()


def _words(pace: str, woken: bool) -> str:
    if not woken:
        return "asleep in epoll until woken"
    return f"asleep {pace} after each look" if pace else ""


WAIT = WaitKind(
    name="epoll",
    usage="epoll[:TIME]",
    description="sleeps in epoll until the transport wakes it; TIME: and that long after each look",
    begin=Epoll,
    words=_words,
    is_woken=True,
    place=1,
)
