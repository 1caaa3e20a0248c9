"""What a kind of wake-up policy is: its name, and what it is for the ringbuf and for the perf buffer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


def nothing(n: int, stride: int) -> int:
    """Return 0: for a policy that waits for no more than a record."""
    return 0


@dataclass(frozen=True, kw_only=True)
class WakeupKind:
    """A kind of policy. Its N, where it has one, is what stands behind the colon of a policy's name; else it is 0."""

    name: str
    usage: str
    """Its name with N, as a person writes it."""
    description: str
    define: Callable[[int], str]
    """N -> the compiler flag that makes the ringbuf follow it (bpf/submit.h)."""
    place: int = 100
    """Its place in reports: lower is shown first, then by name."""
    words: str = ""
    """What reports call it; '': 'wake-up ' and its name."""
    wakes: bool = True
    """Whether anybody is ever woken."""
    perf_records: Callable[[int], int] | None = None
    """N -> records of a CPU that wake perf's reader (wakeup_events); None: it does not go by records."""
    perf_bytes: Callable[[int], int] | None = None
    """N -> unread bytes of a CPU that wake perf's reader (the watermark); None, without records: as late as can be."""
    least_bytes: Callable[[int, int], int] = nothing
    """(N, bytes of a record in the ring) -> bytes that must be unread before anybody is woken."""
    parse: Callable[[str], int] | None = None
    """What stands behind the colon -> N. Raises ValueError; None: nothing may stand there."""
    show: Callable[[int], str] = str
    """N, as :attr:`parse` reads it."""
    example: str = ""
    """A policy's name with N, for who got it wrong."""
