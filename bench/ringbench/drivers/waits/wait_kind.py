"""What a way of waiting is: its name, and how a reading thread waits so between two looks at its rings."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from ringbench.drivers.readers.reader import Reader

POLL_S = 0.02
"""A wait is cut here, so that the end of the window is seen in time."""


@dataclass(frozen=True)
class Rings:
    """What a reading thread waits for."""

    readers: Sequence[Reader]
    """One, or the two of a paired trial."""
    stays_ready: Sequence[bool]
    """Of each one's transport, whether epoll finds it ready as long as a record is unread."""

    @property
    def descriptors(self) -> list[int]:
        """Descriptors that become readable when a transport wakes its reader."""
        return [descriptor for each in self.readers for descriptor in each.descriptors]

    def drain(self) -> int:
        """Hand over what is there now; return how many records."""
        return sum(each.drain() for each in self.readers)


class Waiter(Protocol):
    """A way of waiting, at work. It belongs to one thread."""

    def step(self, end_ns: int | None) -> int:
        """Wait, at most until *end_ns* or for :data:`POLL_S`, then hand over what is there; return how many records."""

    def close(self) -> None:
        """Let go of what it waits by; the readers are others'."""


def no_pace(sleep_s: float) -> float | None:
    """Return None: for a way that has no pace unless one is named."""
    return None


@dataclass(frozen=True, kw_only=True)
class WaitKind:
    """A way of waiting by its name, and how to begin it."""

    name: str
    usage: str
    """Its name with its pace, as a person writes it."""
    description: str
    begin: Callable[[Rings, float], Waiter]
    """(rings, pace in seconds) -> the way at work. Raises MissingRequirementError where what it takes is lacking."""
    words: Callable[[str, bool], str]
    """(pace as a text, '' for none; whether the reader is woken) -> what reports say; '' where it goes without
    saying."""
    place: int = 100
    """Its place in reports: lower is shown first, then by name."""
    is_woken: bool = False
    """Whether it looks only when the transport has woken it."""
    on_timer: bool = False
    """Whether it looks by the clock, asleep in between: where nobody is woken, that is how it usually is."""
    usual_pace: Callable[[float], float | None] = no_pace
    """``--drain-interval`` in seconds -> its pace where none is named."""
    needs: str | None = None
    """What not every kernel has of what it takes: a name of :data:`ringbench.drivers.features.FEATURES`."""
