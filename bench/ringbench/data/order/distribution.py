"""Distributions in log-linear bins: exact below 2^bits, and above to one part in 2^bits, however large the values."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ringbench.data.order.compiled import at, library

BITS = 12
"""A bin's width is at most 1/4096 of its values."""


QUANTILES: dict[str, tuple[int, int]] = {"p50": (1, 2), "p90": (9, 10), "p99": (99, 100), "p999": (999, 1000)}
"""Shares, as fractions of integers."""


@dataclass(frozen=True)
class Spread:
    """A distribution over events: nearest-rank quantiles, and counts for drawing."""

    p50: int | None
    p90: int | None
    p99: int | None
    p999: int | None
    max: int | None
    counts: tuple[tuple[int, int], ...]
    """(highest value, events) of each part that holds any, ascending; parts are an eighth of a doubling."""


class Distribution:
    """How often each value was counted. ``bins`` is u8; the compiled loops add to it."""

    def __init__(self, bits: int = BITS) -> None:
        self.bits = bits
        self.bins: npt.NDArray[np.uint64] = np.zeros((65 - bits) << bits, np.uint64)

    @property
    def address(self) -> int:
        """Where the bins are."""
        return at(self.bins)

    @property
    def total(self) -> int:
        """Values counted."""
        return int(self.bins.sum())

    def add(self, values: npt.NDArray[np.uint64]) -> None:
        """Count *values* (u8, shape n)."""
        values = np.ascontiguousarray(values, np.uint64)
        library().count_bins(self.address, self.bits, at(values), len(values))

    def place(self, value: int) -> int:
        """Return the bin that *value* falls into."""
        octave = max(0, value.bit_length() - 1 - self.bits)
        return (octave << self.bits) + (value >> octave)

    def bounds(self, place: int) -> tuple[int, int]:
        """Return the lowest and the highest value of bin *place*."""
        if place < 1 << self.bits:
            return place, place
        octave = (place >> self.bits) - 1
        mantissa = place - (octave << self.bits)
        return mantissa << octave, ((mantissa + 1) << octave) - 1

    def rank(self, rank: int) -> tuple[int, int, int]:
        """Return the bounds of the bin of the *rank*-th smallest value (from 1), and its rank within that bin.

        Raises ValueError where there is none.
        """
        places, counted = self._counted()
        if not len(places) or not 1 <= rank <= counted[-1]:
            raise ValueError(f"no value of rank {rank}")
        at = int(np.searchsorted(counted, rank))
        before = int(counted[at - 1]) if at else 0
        return (*self.bounds(int(places[at])), rank - before)

    def spread(self, longest: int | None = None) -> Spread:
        """Return the quantiles, each the upper bound of its bin, and *longest*, the greatest value if it is known."""
        places, counted = self._counted()
        if not len(places):
            return Spread(None, None, None, None, None, ())
        highest = self.bounds(int(places[-1]))[1] if longest is None else longest
        ranks = [nearest_rank(share, int(counted[-1])) for share in QUANTILES.values()]
        bins = [int(places[np.searchsorted(counted, rank)]) for rank in ranks]
        p50, p90, p99, p999 = (min(highest, self.bounds(place)[1]) for place in bins)
        return Spread(p50, p90, p99, p999, highest, tuple(self.parts()))

    def parts(self) -> list[tuple[int, int]]:
        """Return (highest value, count) of eighths of doublings, those that hold any: fit for drawing and for JSON."""
        places, counted = self._counted()
        ends, first = np.unique(_eighths(places, self.bits), return_index=True)
        counts = np.diff(counted[np.append(first[1:], len(counted)) - 1], prepend=0) if len(places) else counted
        return list(zip(ends.tolist(), counts.tolist(), strict=True))

    def _counted(self) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
        """Return the bins that hold any value, and how many values lie up to the end of each."""
        places = np.flatnonzero(self.bins)
        return places, np.cumsum(self.bins[places].astype(np.int64))


def nearest_rank(share: tuple[int, int], total: int) -> int:
    """Return ceil(share * total), at least 1, in integers (Hyndman & Fan 1996, definition 1)."""
    return max(1, -(-share[0] * total // share[1]))


def _eighths(places: npt.NDArray[np.int64], bits: int) -> npt.NDArray[np.uint64]:
    """Return the highest value of the eighth of a doubling that holds each bin of *places*: one of u8 a bin.

    A bin lies wholly within one eighth: both are cut at powers of two, and *bits* is 3 or more. Values below 16 stand
    for themselves.
    """
    octave = np.maximum((places >> bits) - 1, 0)
    mantissa = places - (octave << bits)
    highest = ((mantissa + 1).astype(np.uint64) << octave.astype(np.uint64)) - np.uint64(1)
    # Of a float64 the exponent is the integer's length: a mantissa has at most bits + 1 of the 53.
    shift = np.maximum(np.frexp(mantissa)[1].astype(np.int64) + octave - 4, 0).astype(np.uint64)
    ends: npt.NDArray[np.uint64] = (((highest >> shift) + np.uint64(1)) << shift) - np.uint64(1)
    return ends
