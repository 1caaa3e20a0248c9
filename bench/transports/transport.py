"""What user space must know of a transport."""

from __future__ import annotations

import mmap
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

PAGE = mmap.PAGESIZE

Shape = Literal["ring-per-cpu", "shared-ring"]
"""A ring for each CPU, read one after the other, or one ring that every CPU writes to."""


@dataclass(frozen=True)
class Transport:
    """A transport's names in the C source, and how its memory is laid out."""

    name: str
    shape: Shape
    map_name: str
    """The map that ``bpf/transport/<source>`` declares."""
    submit: str
    """The submit function that it declares."""
    source: str
    """Its file under bpf/transport/."""
    wakeups: tuple[str, ...]
    """The kinds of wake-up policy it can have."""
    sentence: str
    """What it is, in one sentence, for ``ringbench list``."""
    possible_bytes: Callable[[int, int], int]
    """(bytes asked for, CPUs online) -> bytes of event data that it gets, over all CPUs."""
    physical_bytes: Callable[[int, int], int]
    """(bytes of event data, CPUs online) -> bytes of memory that the kernel sets aside, from its layout."""
    stride: Callable[[int], int]
    """Bytes of a record -> bytes that it takes in the ring, its header included."""
    defines: tuple[str, ...] = ()
    """Compiler flags that only its programs get."""
    claim: str | None = None
    """The function that hands out a record where it will lie, for a transport that can; and the one that submits it."""
    publish: str | None = None

    def ring_bytes(self, data: int, cpus: int) -> int:
        """Return the bytes of one ring, of *data* bytes over *cpus* CPUs."""
        return data // cpus if self.shape == "ring-per-cpu" else data
