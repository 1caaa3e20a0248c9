"""Each event's place in stamp order: exact inversions over all pairs, displacement, and how long to wait.

A merge sort that goes along with the stream (Knight 1966, JASA 61: inversions by merging). What lies below every stamp
still to come has its final place and leaves; the rest waits. New events are merged in as soon as they are as many as
those that wait, so the whole takes O(n log n) steps, and no more memory than the disorder reaches back.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from ringbench.data.order.chunk import CHUNK, Chunk
from ringbench.data.order.compiled import ITEM, NONE, RanksState, address, at, library
from ringbench.data.order.distribution import Distribution
from ringbench.data.order.lateness import Lateness

Placed = Callable[[npt.NDArray[np.void]], None]


class Ranks:
    """Sorts a stream. ``inversions`` counts pairs delivered against their stamps; ties are none."""

    def __init__(self, lateness: Lateness, placed: Placed | None = None) -> None:
        """Count into the groups of *lateness*, which sees each chunk first. *placed* gets items in stamp order."""
        self._lateness = lateness
        self._placed = placed
        self._items = np.empty(2 * CHUNK, ITEM)
        self._scratch = np.empty(2 * CHUNK, ITEM)
        self._ends = np.empty(2 * CHUNK, np.uint64)
        self._sorted = 0
        self._held = 0
        self.inversions = 0
        self.most_held = 0
        """Events that waited at once."""
        self.displacement = Distribution()
        self.needed = Distribution()
        """For each event the shortest window, in ns, behind which it comes out in order
        (ringbench.data.order.reorder_window)."""
        self.state = RanksState(
            displacement=self.displacement.address, needed=self.needed.address, bits=self.displacement.bits
        )

    def feed(self, chunk: Chunk, seen: npt.NDArray[np.uint64], holder: npt.NDArray[np.uint16], below_ns: int) -> None:
        """Take the next chunk, with what Lateness.feed said of it; place items up to *below_ns*, none if negative."""
        self._make_room(len(chunk))
        library().make_items(
            at(self._items, self._held),
            *(at(chunk.ts_ns), at(seen), at(holder), at(chunk.cpu), at(chunk.kind), len(chunk), chunk.first),
        )
        self._held += len(chunk)
        if self._held - self._sorted >= max(CHUNK, self._sorted):
            self._place(below_ns)

    def finish(self) -> None:
        """Place what is left."""
        self._place(NONE)

    def late_behind(self, window_ns: int) -> int:
        """Return how many events come out of order behind a window that is 0, or the end of a bin, or the longest."""
        needed = self.needed
        if window_ns >= self.state.max_needed:
            return 0
        return int(needed.bins[needed.place(window_ns) + 1 :].sum())

    def _place(self, below_ns: int) -> None:
        loops, new = library(), self._held - self._sorted
        tail, scratch = at(self._items, self._sorted), at(self._scratch)
        self.most_held = max(self.most_held, self._held)
        self.inversions += loops.sort_items(tail, new, scratch, at(self._ends))
        self.inversions += loops.merge_items(at(self._items), self._sorted, new, scratch)
        ready = loops.up_to(at(self._items), self._held, below_ns) if below_ns >= 0 else 0
        loops.place_items(address(self.state), self._lateness.address, at(self._items), ready)
        if self._placed is not None:
            self._placed(self._items[:ready])
        self._sorted = self._held = self._held - ready
        self._items[: self._held] = self._items[ready : ready + self._held]

    def _make_room(self, more: int) -> None:
        wanted = self._held + more
        if wanted > len(self._items):
            grown = np.empty(max(wanted, 3 * len(self._items) // 2), ITEM)
            grown[: self._held] = self._items[: self._held]
            self._items = grown
            self._scratch = np.empty(0, ITEM)  # let go before there is a new one
            self._scratch, self._ends = np.empty(len(grown), ITEM), np.empty(len(grown), np.uint64)
