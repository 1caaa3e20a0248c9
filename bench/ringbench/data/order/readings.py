"""The readings that an analysis makes of a recording, each in chunks, two loops at a time."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial

import numpy as np
import numpy.typing as npt

from ringbench.data.order.chunk import Chunk, Source
from ringbench.data.order.displacement import Ranks
from ringbench.data.order.distribution import QUANTILES, Distribution, Spread, nearest_rank
from ringbench.data.order.examples import Worst
from ringbench.data.order.latency import Latency, Quantiles
from ringbench.data.order.lateness import Lateness
from ringbench.data.order.merged import Passes
from ringbench.data.order.reorder_window import Hold
from ringbench.data.order.residual_violations import Picked
from ringbench.data.order.result import Reading, Window
from ringbench.data.order.tasks import Chosen, Lives
from ringbench.spec.event import EVENT, SWITCH, SWITCHED, WRITE, WRITTEN

SHARES: dict[str, tuple[int, int]] = {"99%": (99, 100), "99.9%": (999, 1000), "99.99%": (9999, 10000), "all": (1, 1)}
"""Of events that are to come out in order, and the window is asked for."""
MOST_EARLY = 1 << 23
"""Lives with a violation whose events are picked out, for what windows leave of them; more are not looked into."""
_SHORTER = {SWITCH: SWITCHED, WRITE: WRITTEN}
"""Records that are shorter than an event, where a recording has no others."""

Tell = Callable[[str, int], None]
"""Told which reading it is and how many events of it are done."""


@dataclass(frozen=True)
class Merged:
    """The second reading."""

    reading: Reading | None
    """None where passes are too long to be merged."""
    passes: int


class Delivered:
    """The first reading: what was delivered, as it was delivered."""

    def __init__(self, source: Source, overlap_ns: int) -> None:
        self.lateness = Lateness(source.extent, overlap_ns, groups=True)
        self.ranks = Ranks(self.lateness)
        self.lives, self.by_pid = Lives(), Lives()
        self.latency = Latency()
        self.cpus: set[int] = set()

    def follow(self, chunk: Chunk, seen: npt.NDArray[np.uint64]) -> None:
        """Take what needs no ranks of the next chunk."""
        self.lives.feed(chunk, seen, chunk.birth)
        self.by_pid.feed(chunk, seen, chunk.pid.astype(np.uint64) + np.uint64(1))
        self.latency.feed(chunk)
        self.cpus.update(np.flatnonzero(np.bincount(chunk.cpu)).tolist())

    @property
    def in_blocks(self) -> bool:
        """Whether many events share one received stamp; a reader with a callback stamps each."""
        return 2 * int(self.latency.state.blocks) < self.latency.total

    def figures(self, quantiles: dict[str, int | None]) -> Reading:
        """Return what a consumer gets that does nothing about it; *quantiles*: of latency, by name, exact."""
        p50, p90, p99, p999, longest = (quantiles[name] for name in (*QUANTILES, "max"))
        return _reading(
            self.lateness, self.lives, Spread(p50, p90, p99, p999, longest, tuple(self.latency.positive.parts()))
        )

    def finish(self) -> None:
        """Count what waits still, and let go what no later reading needs."""
        self.ranks.finish()
        self.latency.finish()
        self.lives.close()
        self.by_pid.close()


class Readings:
    """Reads one source again and again."""

    def __init__(self, source: Source, overlap_ns: int, threads: ThreadPoolExecutor, tell: Tell) -> None:
        self._source, self._overlap_ns, self._threads, self._tell = source, overlap_ns, threads, tell

    def as_delivered(self) -> Delivered:
        """Read it as it was delivered: lateness, ranks, lives, latency."""
        found = Delivered(self._source, self._overlap_ns)
        for chunk in self._source.chunks():
            self._tell("as delivered", chunk.first)
            seen, holder = found.lateness.feed(chunk)
            self._both(
                partial(found.ranks.feed, chunk, seen, holder, chunk.floor_ns), partial(found.follow, chunk, seen)
            )
        found.finish()
        return found

    def merged(self, *, blocks: bool) -> Merged:
        """Read it merged within each pass of the reader. *blocks*: Delivered.in_blocks."""
        lateness, lives, latency = Lateness(self._source.extent, self._overlap_ns), Lives(), Distribution()
        passes = Passes(self._source.extent, blocks=blocks)
        longest = 0

        def take(chunk: Chunk) -> None:
            nonlocal longest
            seen, _ = lateness.feed(chunk)
            waited = chunk.received_ns - np.minimum(chunk.ts_ns, chunk.received_ns)
            longest = max(longest, int(waited.max(initial=0)))
            self._both(partial(latency.add, waited), partial(lives.feed, chunk, seen, chunk.birth))

        for chunk in self._source.chunks():
            self._tell("merged", chunk.first)
            for merged in passes.feed(chunk):
                take(merged)
        for merged in passes.finish():
            take(merged)
        return Merged(None if passes.cut else _reading(lateness, lives, latency.spread(longest)), passes.number)

    def held(self, first: Delivered, quantiles: Quantiles, worst: Worst) -> tuple[Window, ...]:
        """Read it sorted behind the windows that *first* found, and for the other two in the same go."""
        if not self._source.extent.events:
            return ()
        windows = [_window(first.ranks, share, self._source.extent.events) for share in SHARES.values()]
        hold = Hold(windows)
        lateness = Lateness(self._source.extent, self._overlap_ns)
        ranks = Ranks(lateness, hold.release)
        early = first.lives.early
        of_kind, every = first.lateness.kinds["events"], self._source.extent.events
        nbytes = next((record for kind, record in _SHORTER.items() if of_kind[kind] == every), EVENT).itemsize
        picked = Picked(Chosen(early if len(early) <= MOST_EARLY else early[:0]))

        def beside(chunk: Chunk, seen: npt.NDArray[np.uint64]) -> None:
            picked.feed(chunk, seen)
            quantiles.feed(chunk)
            worst.feed(chunk)

        for chunk in self._source.chunks():
            self._tell("held back", chunk.first)
            seen, holder = lateness.feed(chunk)
            hold.arrive(chunk, seen)
            # What the longest window may still hold stays, so that the step that lets it go is in hand.
            below = min(chunk.floor_ns, int(seen[-1]) - max(windows))
            self._both(partial(ranks.feed, chunk, seen, holder, below), partial(beside, chunk, seen))
        ranks.finish()
        quantiles.narrow()
        left = picked.left(windows) if len(early) <= MOST_EARLY else [None] * len(windows)
        return tuple(
            Window(
                share=name,
                window_ns=windows[place],
                late_events=first.ranks.late_behind(windows[place]),
                causal_violations=left[place],
                held_events=hold.most_held(place),
                held_bytes=hold.most_held(place) * nbytes,
                latency=hold.latency[place].spread(hold.longest_ns(place)),
                held_at_end=hold.held_at_end(place),
            )
            for place, name in enumerate(SHARES)
        )

    def until_exact(self, quantiles: Quantiles) -> None:
        """Read it for quantiles whose bins are still wider than one value: of latencies beyond a minute."""
        while quantiles.unsure:
            for chunk in self._source.chunks():
                self._tell("latency to the nanosecond", chunk.first)
                quantiles.feed(chunk)
            quantiles.narrow()

    def _both(self, one: Callable[[], object], other: Callable[[], object]) -> None:
        """Do both at a time, and raise what either raises."""
        beside = self._threads.submit(one)
        try:
            other()
        finally:
            beside.result()


def _window(ranks: Ranks, share: tuple[int, int], total: int) -> int:
    """Return the shortest window that does for *share* of the events, rounded up to the end of its bin."""
    return min(int(ranks.state.max_needed), ranks.needed.rank(nearest_rank(share, total))[1])


def _reading(lateness: Lateness, lives: Lives, latency: Spread) -> Reading:
    state = lateness.state
    return Reading(
        causal_violations=lives.violations,
        timestamp_inversions=int(state.inversions),
        same_cpu_inversions=int(state.same_cpu),
        close_swaps=int(state.close),
        late_events=int(state.late),
        max_lateness_ns=int(state.max_late),
        latency=latency,
    )
