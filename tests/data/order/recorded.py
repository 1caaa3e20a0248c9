"""A recording that a test makes up."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from ringbench.data.order.chunk import CHUNK, Chunk, Extent, floors
from ringbench.data.order.compiled import MOST_CPUS
from ringbench.spec.event import KINDS, Events

_CALLED = {"cpu": "CPU", "kind": "kind"}


class Recorded:
    """A recording in memory: what chunks of a file are compared with."""

    def __init__(self, events: Events, chunk: int = CHUNK) -> None:
        """Take *events* (dtype DELIVERED, delivery order, shape n).

        Raises ValueError for a CPU or a kind that there can't be.
        """
        for name, most in (("cpu", MOST_CPUS), ("kind", len(KINDS))):
            if len(events) and events[name].max() >= most:
                raise ValueError(f"an event of {_CALLED[name]} {events[name].max()}: they are below {most}")
        self._events = events
        self._chunk = chunk
        starts = range(0, len(events), chunk)
        self._columns = {
            "ts_ns": np.ascontiguousarray(events["ts_ns"]),
            "received_ns": np.ascontiguousarray(events["received_ns"]),
            "cpu": events["cpu"].astype(np.uint16),
            "kind": events["kind"].astype(np.uint8),
            "pid": np.ascontiguousarray(events["pid"]),
            "birth": np.ascontiguousarray(events["birth"]),
        }
        lowest = [int(self._columns["ts_ns"][start : start + chunk].min()) for start in starts]
        self._floors = floors(lowest)
        self._starts = starts

    @property
    def extent(self) -> Extent:
        """How long it is, and over which times and CPUs."""
        if not len(self._events):
            return Extent(0, 0, 0, 0)
        ts_ns = self._columns["ts_ns"]
        return Extent(len(ts_ns), int(ts_ns.min()), int(ts_ns.max()), int(self._events["cpu"].max()) + 1)

    def chunks(self) -> Iterator[Chunk]:
        """Yield it from its beginning, the same each time."""
        for start, floor in zip(self._starts, self._floors, strict=True):
            part = {name: column[start : start + self._chunk] for name, column in self._columns.items()}
            yield Chunk(first=start, floor_ns=floor, **part)

    def events(self, places: npt.NDArray[np.int64]) -> Events:
        """Return the events at *places*."""
        return self._events[places]
