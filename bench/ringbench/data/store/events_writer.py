"""Writes events/TRIAL.parquet piece by piece, in row groups of one transport each: a trial can be larger than memory.

A row group holds at most ROW_GROUP events of one transport, in the order of delivery; those of several transports take
turns as they fill up. Whoever reads one transport need not touch the others' bytes, nor more than a group at once.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import BinaryIO

import numpy as np

from ringbench.data.store import atomic, events_parquet
from ringbench.spec.event import DELIVERED, Events

ROW_GROUP = 1 << 20
"""Events of a row group at most: 64 MiB in memory, some 9 MB in the file."""


class EventsWriter:
    """Writes one events file to an open binary *file*, which stays the caller's. Not whole before :meth:`close`.

    Holds up to *row_group* events of each transport, 64 bytes each.
    """

    def __init__(self, file: BinaryIO, transports: Sequence[str], row_group: int = ROW_GROUP) -> None:
        self._parquet = events_parquet.parquet_writer(file, events_parquet.schema(transports))
        self._row_group = row_group
        # Memory is taken as it is filled: an empty array of this size has no pages yet.
        self._held: dict[str, Events] = {name: np.empty(row_group, DELIVERED) for name in transports}
        self._count = dict.fromkeys(transports, 0)

    def add(self, transport: str, events: Events) -> None:
        """Append *events* (dtype DELIVERED, in the order of delivery; copied) to those of *transport*.

        Raises ValueError for what the schema has no room for, KeyError for a transport that was not announced, and
        OSError where the disk refuses.
        """
        held = self._held[transport]
        while len(events):
            start = self._count[transport]
            piece = events[: self._row_group - start]
            held[start : start + len(piece)] = piece
            self._count[transport] += len(piece)
            events = events[len(piece) :]
            if self._count[transport] == self._row_group:
                self._flush(transport)

    def close(self) -> None:
        """Write what is held, and the footer. Raises as :meth:`add` does."""
        for transport in self._held:
            if self._count[transport]:
                self._flush(transport)
        self._parquet.close()

    def abandon(self) -> None:
        """Let go, while the file is open still: what is in it is of no use. Does nothing after :meth:`close`."""
        with contextlib.suppress(Exception):  # pyarrow writes a footer even now, maybe to a disk that is full
            self._parquet.close()
        self._parquet.is_open = False  # or it would try again, and complain, when it is collected

    def _flush(self, transport: str) -> None:
        # Each call of write_table() begins a row group.
        table = events_parquet.to_table({transport: self._held[transport][: self._count[transport]]})
        self._parquet.write_table(table, row_group_size=self._row_group)
        self._count[transport] = 0


@contextlib.contextmanager
def replacing(path: Path, transports: Sequence[str], row_group: int = ROW_GROUP) -> Iterator[EventsWriter]:
    """Yield an :class:`EventsWriter` whose file is at *path*, whole, once the block has ended without an exception.

    Raises RingbenchError, one line, where the file system refuses; what was at *path* stays then.
    """
    with atomic.replacing(path) as file:
        writer = EventsWriter(file, transports, row_group)
        try:
            yield writer
            writer.close()
        finally:
            writer.abandon()


def store(path: Path, events: Mapping[str, Events]) -> None:
    """Write transports' *events* to *path*, one transport after the other; as :func:`replacing`."""
    with replacing(path, list(events)) as writer:
        for transport, array in events.items():
            writer.add(transport, array)
