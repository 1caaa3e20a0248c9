"""Each event against those before it: inversions of neighbours, late events, and among whom.

The figures are those of ringbench.data.metrics.ordering, which is the reference that tests hold this to.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from ringbench.data.order.chunk import Chunk, Extent
from ringbench.data.order.compiled import GROUP, LatenessState, address, at, library
from ringbench.data.order.distribution import Distribution
from ringbench.spec.event import KINDS

MOST_PAIRED_CPUS = 512
"""Pairs of more CPUs are not told apart: their table would take more than 150 MB."""
_MOST_SPANS = 100_000


class Lateness:
    """Counts over a stream; ``state`` has them, ``late`` the distribution of lateness of every event, 0 included."""

    def __init__(self, extent: Extent, overlap_ns: int, *, groups: bool = False) -> None:
        """Prepare for a recording of *extent*.

        *overlap_ns*: how long two submissions can overlap. *groups*: count by pair of CPUs, kind and time as well.
        """
        self.late = Distribution()
        self.span_ns = span_ns(extent)
        cpus = extent.cpus if groups and extent.cpus <= MOST_PAIRED_CPUS else 0
        spans = (extent.last_ns - extent.first_ns) // self.span_ns + 1
        self.pairs = np.zeros((cpus, cpus), GROUP)
        """By the event's CPU, and by that of the event it came after."""
        self.kinds = np.zeros(len(KINDS) if groups else 0, GROUP)
        self.spans = np.zeros(spans if groups else 0, GROUP)
        self.state = LatenessState(
            overlap_ns=overlap_ns,
            bins=self.late.address,
            bits=self.late.bits,
            pairs=at(self.pairs) if cpus else 0,
            kinds=at(self.kinds) if groups else 0,
            spans=at(self.spans) if groups else 0,
            cpus=cpus,
            span_ns=self.span_ns,
            begin_ns=extent.first_ns,
            n_spans=spans,
        )

    def feed(self, chunk: Chunk) -> tuple[npt.NDArray[np.uint64], npt.NDArray[np.uint16]]:
        """Take the next chunk; return the highest stamp that each event had seen, and the CPU that it came from."""
        seen, holder = np.empty(len(chunk), np.uint64), np.empty(len(chunk), np.uint16)
        library().lateness_feed(
            self.address, at(chunk.ts_ns), at(chunk.cpu), at(chunk.kind), len(chunk), at(seen), at(holder)
        )
        return seen, holder

    @property
    def address(self) -> int:
        """Where the state is."""
        return address(self.state)


def span_ns(extent: Extent) -> int:
    """Return the time over which disorder is shown as one figure: a second; a tenth of one in short recordings.

    Stamps that lie years apart, as in a damaged file, make it longer: there are at most 100,000 spans.
    """
    length = extent.last_ns - extent.first_ns
    span = 1_000_000_000 if length >= 10_000_000_000 else 100_000_000
    while length // span >= _MOST_SPANS:
        span *= 10
    return span
