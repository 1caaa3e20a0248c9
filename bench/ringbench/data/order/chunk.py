"""A recording as it is analysed: columns of events in delivery order, in chunks, as often as they are asked for."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from ringbench.spec.event import Events

CHUNK = 1 << 18
"""Events of a chunk at most: what is worked on at a time stays near the processor's cache."""

U8 = npt.NDArray[np.uint64]

COLUMNS = ("ts_ns", "received_ns", "cpu", "kind", "pid", "birth")
"""What order and latency are made of: the columns of a chunk."""
Columns = dict[str, npt.NDArray[Any]]
"""Them by name, of one length."""


def joined(parts: Sequence[Columns]) -> Columns:
    """Return *parts*, at least one, as one; contiguous."""
    if len(parts) == 1:
        return {name: np.ascontiguousarray(column) for name, column in parts[0].items()}
    return {name: np.concatenate([part[name] for part in parts]) for name in COLUMNS}


@dataclass(frozen=True)
class Chunk:
    """Consecutive events in delivery order: contiguous columns of one length."""

    first: int
    """Place of the first one in the whole recording."""
    ts_ns: U8
    received_ns: U8
    cpu: npt.NDArray[np.uint16]
    kind: npt.NDArray[np.uint8]
    """Indices into :data:`ringbench.spec.event.KINDS`."""
    pid: npt.NDArray[np.uint32]
    birth: U8
    """0 where the life began before the session."""
    floor_ns: int
    """The lowest stamp of all later chunks: what lies below it has its final place."""

    def __len__(self) -> int:
        return len(self.ts_ns)


@dataclass(frozen=True)
class Extent:
    """What must be known of a recording before it is read."""

    events: int
    first_ns: int
    """Lowest and highest stamp; 0 where there is no event."""
    last_ns: int
    cpus: int
    """One more than the highest CPU number."""


class Source(Protocol):
    """One transport's recording."""

    @property
    def extent(self) -> Extent:
        """How long it is, and over which times and CPUs."""

    def chunks(self) -> Iterator[Chunk]:
        """Yield it from its beginning, the same each time."""

    def events(self, places: npt.NDArray[np.int64]) -> Events:
        """Return the events at *places* (i8, ascending): whole records, dtype DELIVERED."""


NO_FLOOR = (1 << 64) - 1


def floors(lowest: list[int]) -> list[int]:
    """Return for each chunk the lowest stamp of all later ones, from the *lowest* of each; NO_FLOOR after the last."""
    found = [NO_FLOOR] * len(lowest)
    for place in range(len(lowest) - 2, -1, -1):
        found[place] = min(found[place + 1], lowest[place + 1])
    return found
