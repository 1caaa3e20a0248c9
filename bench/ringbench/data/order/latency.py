"""From stamp to reader: the whole distribution, and the part of it that the reader's own blocks add."""

from __future__ import annotations

import numpy as np

from ringbench.data.order.chunk import U8, Chunk
from ringbench.data.order.compiled import LatencyState, address, at, library
from ringbench.data.order.distribution import Distribution, nearest_rank

_LONGEST_BLOCK = 1 << 20
_COUNTS_BITS = 16


class Latency:
    """Counts ``received_ns - ts_ns`` of every event, and what its block waited for.

    The stamp is taken in the kernel when the event happens, whether or not the reader is awake, so an event that waits
    is counted with all of its wait: there is no coordinated omission. What a block adds is how much older an event is
    than the youngest of its block: the youngest was all that this drain could have been waiting for.
    """

    def __init__(self) -> None:
        self.positive, self._negative, self.batching = Distribution(), Distribution(), Distribution()
        self.state = LatencyState(
            bits=self.positive.bits,
            bins=self.positive.address,
            negative=self._negative.address,
            batching=self.batching.address,
        )
        self._rest: tuple[U8, U8] = (np.empty(0, np.uint64), np.empty(0, np.uint64))

    def feed(self, chunk: Chunk) -> None:
        """Take the next chunk."""
        ts_ns, received_ns = chunk.ts_ns, chunk.received_ns
        if len(self._rest[0]):
            ts_ns = np.concatenate([self._rest[0], ts_ns])
            received_ns = np.concatenate([self._rest[1], received_ns])
        # The last block may go on in the next chunk. One without an end is cut: it is no reader's.
        changes = np.flatnonzero(received_ns[1:] != received_ns[:-1])
        end = int(changes[-1]) + 1 if len(changes) else len(ts_ns) if len(ts_ns) > _LONGEST_BLOCK else 0
        library().latency_feed(address(self.state), at(ts_ns), at(received_ns), end)
        self._rest = ts_ns[end:], received_ns[end:]

    def finish(self) -> None:
        """Count the last block."""
        ts_ns, received_ns = self._rest
        library().latency_feed(address(self.state), at(ts_ns), at(received_ns), len(ts_ns))
        self._rest = ts_ns[:0], received_ns[:0]

    @property
    def total(self) -> int:
        """Events counted."""
        return self.positive.total + self._negative.total

    @property
    def negative(self) -> int:
        """Events received before their stamp, which cannot be: something is wrong where there are any."""
        return self._negative.total

    def closely(self, share: tuple[int, int]) -> Closely | None:
        """Return what finds the exact nearest-rank quantile in another reading; None where there is no event."""
        if not self.total:
            return None
        rank = nearest_rank(share, self.total)
        if rank > self.negative:
            return Closely(*self.positive.rank(rank - self.negative))
        # Of what cannot be, the bounds of its bin are enough.
        low, high, _ = self._negative.rank(self.negative - rank + 1)
        return Closely(-high, -high, 1) if low == high else Closely(-low, -low, 1)


class Closely:
    """A quantile that lies within bounds, narrowed down by reading again until one value is left."""

    def __init__(self, low: int, high: int, rank: int) -> None:
        """Look for the *rank*-th smallest of the values within *low* and *high*."""
        self.low, self.high, self._rank = low, high, rank
        self._prepare()

    @property
    def found(self) -> int | None:
        """The value, once it is known."""
        return self.low if self.low == self.high else None

    def feed(self, chunk: Chunk) -> None:
        """Take the next chunk."""
        if self.found is None:
            library().count_closely(
                *(at(self._counts), len(self._counts), self.low, self._shift),
                *(at(chunk.ts_ns), at(chunk.received_ns), len(chunk)),
            )

    def narrow(self) -> None:
        """Look more closely, after a whole reading."""
        if self.found is not None:
            return
        counted = np.cumsum(self._counts)
        place = int(np.searchsorted(counted, np.uint64(self._rank)))
        self._rank -= int(counted[place - 1]) if place else 0
        self.low += place << self._shift
        self.high = self.low + (1 << self._shift) - 1
        self._prepare()

    def _prepare(self) -> None:
        width = self.high - self.low + 1
        self._shift = max(0, (width - 1).bit_length() - _COUNTS_BITS)
        self._counts = np.zeros(-(-width >> self._shift) if width > 1 else 1, np.uint64)


class Quantiles:
    """Several quantiles of one distribution, on the way to being exact."""

    def __init__(self, latency: Latency, shares: dict[str, tuple[int, int]]) -> None:
        """Look for *shares* of what *latency* has counted."""
        self._sought = {name: latency.closely(share) for name, share in shares.items()}

    @property
    def unsure(self) -> list[Closely]:
        """Those that another reading must narrow."""
        return [each for each in self._sought.values() if each is not None and each.found is None]

    @property
    def found(self) -> dict[str, int | None]:
        """The values by name; None of no event."""
        return {name: None if each is None else each.found for name, each in self._sought.items()}

    def feed(self, chunk: Chunk) -> None:
        """Take the next chunk."""
        for each in self.unsure:
            each.feed(chunk)

    def narrow(self) -> None:
        """Look more closely, after a whole reading."""
        for each in self.unsure:
            each.narrow()
