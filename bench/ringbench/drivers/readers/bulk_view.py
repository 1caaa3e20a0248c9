"""The `bulk-view` reader: records are looked at where they lie in the mapped ring, and nothing is copied.

For analysis on the fly, and for large records, where copying dominates. The producers get the room back only when the
view is given up; ``bulk-view:TIME`` holds each view for that long, to show what that does to them.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator
from typing import cast

import numpy as np
import numpy.typing as npt

from ringbench import native
from ringbench.drivers.readers.arena import CALL_LIMIT, Arena
from ringbench.drivers.readers.bulk import BulkReader, missing, open_all
from ringbench.drivers.readers.reader import Opening, Reader, ReaderKind
from ringbench.errors import OptionError
from ringbench.kernel.mapped_ring import MappedRing
from ringbench.kernel.ring import Ring
from ringbench.spec.event import Events
from ringbench.spec.pace import PACE_S
from ringbench.units import parse_seconds


@contextlib.contextmanager
def view(ring: MappedRing, dtype: np.dtype[np.void], limit: int = CALL_LIMIT) -> Iterator[npt.NDArray[np.void]]:
    """Yield the next records of *ring* (dtype *dtype*, shape n, read-only) where they lie; then move the position.

    n is what lies in a row: up to a discarded or foreign record, the end of a perf ring's data, or *limit*. An array
    kept beyond the block shows what the producers write there next.
    """
    count = ring.plain(limit)
    yield ring.records(count, dtype)
    if count:
        ring.advance(count)


class BulkViewReader(BulkReader):
    """Counts records and sums their numbers where they lie. What lies across a seam is taken as `bulk` takes it."""

    def __init__(self, opening: Opening, hold_s: float) -> None:
        arena = Arena(opening.record, 1, keep=False)
        super().__init__(open_all(opening), arena, compiled=native.missing() is None)
        self._record = opening.record
        self._hold_s = hold_s

    def _take(self, ring: Ring) -> int:
        mapped = cast("MappedRing", ring)  # as `reads` below makes sure
        count, seq_sum = mapped.plain_sum(CALL_LIMIT, self._record)
        if count:
            self._look_at(mapped.records(count, self._record.dtype), seq_sum)
            mapped.advance(count)
        if count or not mapped.pending_bytes():
            return count
        self._arena.sink.limit = 1
        return super()._take(ring)

    def _look_at(self, records: npt.NDArray[np.void], seq_sum: int) -> None:
        sink = self._arena.sink
        sink.seq_sum += seq_sum
        sink.count += len(records)
        sink.bytes += len(records) * self._record.nbytes
        if self._hold_s:
            time.sleep(self._hold_s)

    def events(self) -> Events | None:
        """None: they were only looked at."""
        return None


def _hold(argument: str | None) -> float:
    if argument is None:
        return 0.0
    try:
        return parse_seconds(argument)
    except ValueError as error:
        raise OptionError(f"reader bulk-view:{argument}: {error}") from error


def _check(argument: str) -> None:
    if _hold(argument) > 1:
        raise OptionError(f"reader bulk-view:{argument}: a view is held for at most 1 s.")


def _open(opening: Opening) -> Reader:
    return BulkViewReader(opening, _hold(opening.argument))


KIND = ReaderKind(
    "bulk-view",
    "the records looked at where they lie in the mapped ring, no copy; each view is held for TIME, if given",
    missing,
    _open,
    keeps=False,
    pace_s=PACE_S,
    reads=lambda transport: transport.viewable,
    usage="bulk-view[:TIME]",
    check=_check,
    place=2,
)
