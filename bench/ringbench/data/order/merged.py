"""The same events, had the reader merged the rings of a pass: how much of the disorder is its own.

A reader of a ring per CPU takes one ring after the other, so events of the first are delivered before older ones of
the second. A pass is what it took until it came back to a ring that it had left, or, where events come in blocks,
until a second block of one ring. Merging the streams of a pass, always the head with the lowest stamp first, is what
such a reader could do without holding anything back to the next pass.
What remains then is not the drain's order: an event was submitted after its ring was read and before a later one was.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from ringbench.data.order.chunk import COLUMNS, NO_FLOOR, Chunk, Columns, Extent, joined
from ringbench.data.order.compiled import HEAD, NONE, PassesState, address, at, library

LONGEST_PASS = 1 << 22
"""Events of a pass at most; a longer one is cut, and counted. 4 million are 145 MB."""


class Passes:
    """Turns a stream as it was delivered into one merged within each pass."""

    def __init__(self, extent: Extent, *, blocks: bool, longest: int = LONGEST_PASS) -> None:
        """Prepare for a recording of *extent*. *blocks*: a ring's events came as blocks, each with one stamp."""
        self.state = PassesState(longest=longest, blocks=blocks)
        self._waiting: list[Columns] = []
        self._given = 0
        self._last = np.full(max(1, extent.cpus), NONE, np.uint64)
        self._heads = np.empty(max(1, extent.cpus), HEAD)

    @property
    def number(self) -> int:
        """Passes so far."""
        return int(self.state.number)

    @property
    def cut(self) -> int:
        """Passes that were longer than they may be."""
        return int(self.state.cut)

    def feed(self, chunk: Chunk) -> Iterator[Chunk]:
        """Take the next chunk; yield what its passes that ended make, received when all of a pass was."""
        ends = np.empty(len(chunk), np.uint64)
        found = library().pass_ends(address(self.state), at(chunk.cpu), at(chunk.received_ns), len(chunk), at(ends))
        columns = {name: getattr(chunk, name) for name in COLUMNS}
        if not found:
            self._waiting.append(columns)
            return
        last = int(ends[found - 1])
        waited = sum(len(part["ts_ns"]) for part in self._waiting)
        whole = joined([*self._waiting, {name: column[:last] for name, column in columns.items()}])
        self._waiting = [{name: column[last:] for name, column in columns.items()}]
        yield self._merge(whole, ends[:found] + np.uint64(waited))

    def finish(self) -> Iterator[Chunk]:
        """Yield the last pass."""
        if self._waiting:
            whole = joined(self._waiting)
            yield self._merge(whole, np.array([len(whole["ts_ns"])], np.uint64))
        self._waiting = []

    def _merge(self, whole: Columns, ends: npt.NDArray[np.uint64]) -> Chunk:
        n = len(whole["ts_ns"])
        order, following = np.empty(n, np.uint64), np.empty(n, np.uint64)
        library().merge_passes(
            *(at(whole["ts_ns"]), at(whole["cpu"]), at(ends), len(ends)),
            *(at(order), at(following), at(self._last), at(self._heads)),
        )
        merged = {name: column[order] for name, column in whole.items()}
        lengths = np.diff(ends, prepend=np.uint64(0)).astype(np.int64)
        merged["received_ns"] = np.repeat(whole["received_ns"][ends.astype(np.int64) - 1], lengths)
        first, self._given = self._given, self._given + n
        return Chunk(first=first, floor_ns=NO_FLOOR, **merged)
