"""What holding back leaves of the causal violations that were delivered.

An effect e that came before its cause c comes out before it still, behind a window W, if it was let go before c came
(the highest stamp at c's arrival lies W or more above e's), or if the stamps say so themselves (e's is not above c's):
sorting cannot mend that. The highest stamp only grows, so among causes of a kind the last to come decides.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from ringbench.data.order.chunk import Chunk
from ringbench.data.order.tasks import Chosen
from ringbench.spec.event import EXEC, EXIT, FORK

Column = npt.NDArray[np.uint64]


class Picked:
    """The events of lives with a violation."""

    def __init__(self, chosen: Chosen) -> None:
        self._chosen = chosen
        self._parts: list[tuple[npt.NDArray[np.uint32], npt.NDArray[np.uint8], Column, Column]] = []

    def feed(self, chunk: Chunk, seen: Column) -> None:
        """Take the next chunk, with the highest stamps seen."""
        where, life = self._chosen.find(chunk.birth)
        if len(where):
            self._parts.append((life, chunk.kind[where], chunk.ts_ns[where], seen[where]))

    def left(self, windows_ns: list[int]) -> list[int | None]:
        """Return for each window how many violations it leaves."""
        if not self._parts:
            return [0] * len(windows_ns)
        life, kind, ts_ns, seen = (np.concatenate(columns) for columns in zip(*self._parts, strict=True))
        n_lives = int(life.max()) + 1
        needed = np.zeros(len(life), np.uint64)  # the shortest window behind which an event isn't early
        for cause, effects in ((FORK, (EXEC, EXIT)), (EXEC, (EXIT,))):
            last = np.full(n_lives, -1)
            of_cause = np.flatnonzero(kind == cause)
            last[life[of_cause]] = of_cause  # of repeated indices numpy keeps the last, and places ascend
            came = last[life]
            early = np.flatnonzero(np.isin(kind, effects) & (np.arange(len(life)) < came))
            mends = seen[came[early]] - ts_ns[early] + np.uint64(1)
            mends[ts_ns[early] <= ts_ns[came[early]]] = np.iinfo(np.uint64).max  # no window does
            needed[early] = np.maximum(needed[early], mends)
        return [int(np.count_nonzero(needed > np.uint64(window))) for window in windows_ns]
