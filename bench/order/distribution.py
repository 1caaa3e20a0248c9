"""Distributions in log-linear bins: exact below 2^bits, and above to one part in 2^bits, however large the values."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from bench.order.compiled import at, library

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
        counted = np.cumsum(self.bins)
        if not 1 <= rank <= int(counted[-1]):
            raise ValueError(f"no value of rank {rank} among {counted[-1]}")
        place = int(np.searchsorted(counted, np.uint64(rank)))
        before = int(counted[place - 1]) if place else 0
        return (*self.bounds(place), rank - before)

    def quantile(self, share: tuple[int, int]) -> int | None:
        """Return the upper bound of the nearest-rank quantile, *share* as a fraction of integers; None of no values."""
        total = self.total
        return self.rank(nearest_rank(share, total))[1] if total else None

    def spread(self, longest: int | None = None) -> Spread:
        """Return the quantiles, each the upper bound of its bin, and *longest*, the greatest value if it is known."""
        if longest is None:
            longest = self.quantile((1, 1))
        if longest is None or not self.total:
            return Spread(None, None, None, None, None, ())
        p50, p90, p99, p999 = (min(longest, self.quantile(share) or 0) for share in QUANTILES.values())
        return Spread(p50, p90, p99, p999, longest, tuple(self.parts()))

    def parts(self) -> list[tuple[int, int]]:
        """Return (highest value, count) of eighths of doublings, those that hold any: fit for drawing and for JSON."""
        found: dict[int, int] = {}
        for place in np.flatnonzero(self.bins):
            high = _eighth(self.bounds(int(place))[1])
            found[high] = found.get(high, 0) + int(self.bins[place])
        return sorted(found.items())


def nearest_rank(share: tuple[int, int], total: int) -> int:
    """Return ceil(share * total), at least 1, in integers (Hyndman & Fan 1996, definition 1)."""
    return max(1, -(-share[0] * total // share[1]))


def _eighth(value: int) -> int:
    if value < 16:
        return value
    shift = value.bit_length() - 4
    return (((value >> shift) + 1) << shift) - 1
