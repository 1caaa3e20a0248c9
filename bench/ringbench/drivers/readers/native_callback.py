"""What the readers have in common whose library calls a native callback for each record: no Python in between.

The callback (bench/ringbench/native/rings.c) counts the record, sums its number and, where records are kept, copies and
stamps it.
"""

from __future__ import annotations

import ctypes
from abc import ABC, abstractmethod

from ringbench.drivers.readers.block_arena import open_arena
from ringbench.drivers.readers.reader import Opening
from ringbench.spec.event import Events


class NativeCallbackReader(ABC):
    """A library's reader with the sink of an arena as the callback's context."""

    def __init__(self, opening: Opening) -> None:
        self._shared = opening.shared
        self._arena = open_arena(opening, stamp_each=True)
        if not opening.keep:
            self._arena.sink.records = 0  # a C program with nothing to keep looks at a record where it lies
        self._context = ctypes.addressof(self._arena.sink)

    @property
    def delivered(self) -> int:
        """Records handed over so far."""
        return self._arena.count

    @property
    def seq_sum(self) -> int:
        """Sum of their sequence numbers."""
        return self._arena.seq_sum

    @property
    def lost_reported(self) -> int | None:
        """What the library's lost callback was told; None for the ringbuf, which never says."""
        return None if self._shared else int(self._arena.sink.lost)

    def kernel_write_cost(self) -> None:
        """None: a program writes what it reads."""
        return

    def count_lost(self) -> dict[str, int]:
        """Return {}: what it reads refuses when it is full."""
        return {}

    @property
    def position(self) -> None:
        """None: the libraries don't tell."""
        return None

    @property
    def arena_bytes(self) -> int:
        """Memory set aside for records."""
        return self._arena.nbytes if self._arena.keep else 0

    def drain(self) -> int:
        """Consume without waiting."""
        return self._handed_over(None)

    def poll(self, timeout_s: float) -> int:
        """The library's own poll. Its unit is the millisecond."""
        return self._handed_over(max(1, round(timeout_s * 1000)))

    def _handed_over(self, timeout_ms: int | None) -> int:
        sink = self._arena.sink
        before = sink.count
        sink.in_call = 0
        self._call(timeout_ms)
        if sink.error:
            self._arena.check()
        return int(sink.count - before)

    @abstractmethod
    def _call(self, timeout_ms: int | None) -> None:
        """Have the library consume (None) or poll, once."""

    def interrupt(self) -> None:
        """Nothing to do: the callback ends a call at its limit, where the library lets it."""
        return

    def events(self) -> Events | None:
        """Return the recorded events in order of delivery; None where they are written to disk."""
        return self._arena.events()
