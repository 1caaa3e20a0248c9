"""What the reading thread did in a trial: in the window, in the time after it, in the final drain."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

import numpy as np

from ringbench.data.metrics import Recording
from ringbench.drivers.readers import Reader
from ringbench.run.trials.read_loop import ReaderCounters
from ringbench.spec.event import Events


@dataclass(frozen=True)
class ReaderAccount:
    """One thread's account, of one reader or the two of a paired trial."""

    begun: ReaderCounters
    """At the window's start."""
    ended: ReaderCounters
    """At its end."""
    before_drain: ReaderCounters
    tail_ns: int
    """From the window's end to the last record that the reader's own policy brought; 0: none came after it."""
    found_ns: int
    """When the final drain had ended (CLOCK_MONOTONIC)."""

    def add_to(self, recording: Recording, index: int, source: Reader) -> Recording:
        """Return *recording* with what was done for *source*, the reader at that *index*, and its events.

        CPU time is one reader's alone: what each of two took of a thread can't be told apart.
        """
        residual, events = source.delivered - self.before_drain.delivered[index], source.events()
        alone = len(self.begun.delivered) == 1
        return dataclasses.replace(
            recording,
            residual=residual,
            events=events,
            consumer_cpu_ns=self.ended.cpu_ns - self.begun.cpu_ns if alone else None,
            consumed=self.ended.delivered[0] - self.begun.delivered[0] if alone else None,
            wakeups=self.ended.wakeups - self.begun.wakeups,
            context_switches=self.ended.context_switches - self.begun.context_switches,
            tail_ns=self.tail_ns,
            stranded_age_ns=stranded_age_ns(events, residual, self.found_ns),
        )


def stranded_age_ns(events: Events | None, residual: int, found_ns: int) -> int | None:
    """Return the age of the oldest of the last *residual* events; None where there are none, or they weren't kept."""
    if events is None or not residual:
        return None
    return found_ns - int(np.min(events["ts_ns"][-residual:]))
