"""What a reader is: the verbs that every reader has on every transport."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from bench.event import Events
from bench.kernel.program import Program
from bench.transports import Transport


class Reader(Protocol):
    """Reads one transport's events. It belongs to one thread."""

    @property
    def delivered(self) -> int:
        """Records handed over so far."""

    @property
    def lost_reported(self) -> int | None:
        """What the transport itself said was lost; None where it never says (the ringbuf)."""

    @property
    def arena_bytes(self) -> int:
        """Memory set aside for events before the trial."""

    @property
    def descriptors(self) -> tuple[int, ...]:
        """Descriptors that become readable when the transport wakes its reader."""

    def drain(self) -> int:
        """Hand over what is there now; return how many records."""

    def poll(self, timeout_s: float) -> None:
        """Wait until the transport wakes the reader, at most *timeout_s*, and hand over what is there."""

    def events(self) -> Events:
        """Return the recorded events in order of delivery."""

    def close(self) -> None:
        """Let go of descriptors and mappings."""


@dataclass(frozen=True)
class Opening:
    """What a reader needs to open a transport."""

    program: Program
    transport: Transport
    buffer_bytes: int
    """Bytes of event data over all CPUs, as the transport really has them."""
    wakeup: str
    capacity: int
    """Events the arena has room for."""


@dataclass(frozen=True)
class Kind:
    """A reader by its name, and how to open it."""

    name: str
    sentence: str
    missing: Callable[[], str | None]
    """Why it cannot work on this machine; None when it can."""
    open: Callable[[Opening], Reader]
