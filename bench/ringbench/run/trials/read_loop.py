"""When a reader looks, as its way of waiting says, and what its thread has done so far."""

from __future__ import annotations

import resource
import time
from collections.abc import Sequence
from dataclasses import dataclass

from ringbench.drivers.readers import Reader
from ringbench.drivers.transports import Transport
from ringbench.drivers.waits import Rings, Wait

GRACE_S = 0.05
"""How long the reader goes on with its own policy after the window, at least: what it doesn't get by then is stranded.
A reader on a timer is given two of its turns."""


@dataclass(frozen=True)
class ReaderCounters:
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

        Raises MissingRequirementError where what it is to wait in is lacking.
        """
        self._readers = readers
        self._wait = wait
        self._wakeups = 0
        rings = Rings(readers, [transport.poll_stays_ready for transport in transports])
        self._waiting = wait.way.begin(rings, self.pace_s)

    @property
    def pace_s(self) -> float:
        """How long it pauses between two looks."""
        return self._wait.pace_s or 0.0

    @property
    def grace_s(self) -> float:
        """How long it goes on after the window."""
        return max(GRACE_S, 2 * self.pace_s)

    def counters(self) -> ReaderCounters:
        """Return what this thread has done so far."""
        usage = resource.getrusage(resource.RUSAGE_THREAD)
        return ReaderCounters(
            time.thread_time_ns(),
            usage.ru_nvcsw + usage.ru_nivcsw,
            self._wakeups,
            tuple(each.delivered for each in self._readers),
        )

    def step(self, end_ns: int | None) -> int:
        """Wait as the policy says, at most until *end_ns*, then hand over what is there; return how many records."""
        taken = self._waiting.step(end_ns)
        self._wakeups += taken > 0
        return taken

    def empty(self) -> None:
        """The final drain: the producers are quiet, so once nothing comes, nothing is left."""
        for each in self._readers:
            while each.drain():
                pass

    def close(self) -> None:
        """Let go of what it waits by; the readers are others'."""
        self._waiting.close()
