"""Holding events back and sorting them: what it costs, and what comes out.

A consumer that holds back for a window W keeps events sorted by stamp, and lets one go once the highest stamp delivered
lies W above its own. An event x that arrives when the highest stamp is M comes out of order exactly if an event above
it has been let go: one with a stamp of at most M - W. Let A be the lowest stamp above x's that was delivered before x.
Then x comes out in order exactly if A > M - W, so M - A + 1 is the shortest window that does for x, and the quantiles
of that over all events are the shortest windows for a share of them. Nothing has to be simulated to know it.

This is the clock of the stamps. A consumer that also lets events go by its own clock, after W without a newer one, does
so no later than this says but for the last events of a recording.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from ringbench.data.order.chunk import Chunk
from ringbench.data.order.compiled import STEP, HoldState, address, at, library
from ringbench.data.order.distribution import Distribution

MOST = 4
"""Windows at a time: as many as struct step has room for."""


class Hold:
    """Up to four windows, in one reading."""

    def __init__(self, windows_ns: list[int]) -> None:
        if len(windows_ns) > MOST:
            raise ValueError(f"{MOST} windows at most, not {len(windows_ns)}")
        self.windows_ns = windows_ns
        self.latency = [Distribution() for _ in windows_ns]
        """From stamp to being let go, of each window; events held at the end of the recording are not in it."""
        self._states = (HoldState * max(1, len(windows_ns)))(
            *(
                HoldState(window=window, latency=latency.address, bits=latency.bits)
                for window, latency in zip(windows_ns, self.latency, strict=True)
            )
        )
        self._steps = np.empty(0, STEP)
        self._seen = np.zeros(1, np.uint64)
        self.events = 0

    def arrive(self, chunk: Chunk, seen: npt.NDArray[np.uint64]) -> None:
        """Take the next chunk, with the highest stamps seen."""
        steps = np.empty(len(chunk), STEP)
        found = library().hold_arrivals(
            *(self._address, len(self.windows_ns), at(chunk.ts_ns), at(seen), at(chunk.received_ns)),
            *(len(chunk), chunk.first, at(self._seen), at(steps)),
        )
        # A window of 0 holds nothing, so it needs no step.
        holding = [state for state in self._states if state.window]
        gone = min((int(state.step) for state in holding), default=len(self._steps))
        for state in holding:
            state.step -= gone
        self._steps = np.concatenate([self._steps[gone:], steps[:found]])
        self.events += len(chunk)

    def release(self, items: npt.NDArray[np.void]) -> None:
        """Take the next items of stamp order (dtype ITEM), which no window may still hold but at the end."""
        library().hold_release(
            *(self._address, len(self.windows_ns), at(items), len(items), at(self._steps), len(self._steps))
        )

    def held_at_end(self, window: int) -> int:
        """Return how many events were held still when the recording ended."""
        state = self._states[window]
        return self.events - int(state.at_once) - int(state.let_go)

    def most_held(self, window: int) -> int:
        """Return the most events that were held at once."""
        return max(int(self._states[window].peak), self.held_at_end(window))

    def longest_ns(self, window: int) -> int:
        """Return the longest latency of an event that was let go."""
        return int(self._states[window].most_latency)

    @property
    def _address(self) -> int:
        return address(self._states)
