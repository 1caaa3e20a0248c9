"""How often intervals show a difference between two things that are the same: ``python -m tests.stats.coverage``.

Compared are ways to make an interval for a ratio over blocks, on made-up trials like those of a shared machine: a
spread of 8 % a trial, a drift that both sides of a block share, outliers in one trial of twenty, counts with ties.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ringbench.data.stats.interval import expanded_tail

Floats = npt.NDArray[np.float64]
Bounds = tuple[float, float]
_SPREAD, _DRIFT, _OUTLIERS = 0.08, 0.15, 0.05
_RESAMPLES = 1000


@dataclass(frozen=True)
class World:
    """What trials are like."""

    name: str
    drift: bool = False
    outliers: bool = False
    ties: bool = False

    def draw(self, generator: np.random.Generator, blocks: int) -> tuple[Floats, Floats]:
        """Return (base, head) of so many blocks; both are the same thing."""
        sides = generator.normal(0, _SPREAD, (2, blocks))
        if self.outliers:
            far = generator.random((2, blocks)) < _OUTLIERS
            sides[far] += np.log(generator.uniform(1.5, 3, int(far.sum())))
        if self.drift:
            sides += np.cumsum(generator.normal(0, _DRIFT, blocks))
        values = 100 * np.exp(sides)
        return tuple(np.round(values / 5) * 5 if self.ties else values)  # type: ignore[return-value]


WORLDS = (
    World("steady"),
    World("drifting", drift=True),
    World("drifting, with outliers", drift=True, outliers=True),
    World("steady, with outliers", outliers=True),
    World("drifting counts", drift=True, ties=True),
)


def _of_ratios(base: Floats, head: Floats, picked: npt.NDArray[np.int64], tail: float) -> Bounds:
    medians = np.median(np.log(head / base)[picked], axis=1)
    low, high = np.quantile(medians, [tail, 1 - tail])
    return float(low), float(high)


def _of_medians(base: Floats, head: Floats, picked: npt.NDArray[np.int64], tail: float) -> Bounds:
    ratios = np.log(np.median(head[picked], axis=1) / np.median(base[picked], axis=1))
    low, high = np.quantile(ratios, [tail, 1 - tail])
    return float(low), float(high)


def percentile(n: int) -> float:
    """Return the plain percentile interval's tail."""
    del n
    return 0.025


def expanded(n: int) -> float:
    """Return the expanded interval's tail."""
    return expanded_tail(n, 0.95)


Way = tuple[Callable[[Floats, Floats, npt.NDArray[np.int64], float], Bounds], Callable[[int], float]]
WAYS: dict[str, Way] = {
    "ratio of medians, percentile": (_of_medians, percentile),
    "ratio of medians, expanded": (_of_medians, expanded),
    "median of ratios, percentile": (_of_ratios, percentile),
    "median of ratios, expanded (used)": (_of_ratios, expanded),
}


def false_differences(world: World, blocks: int, way: Way, comparisons: int, seed: int = 1) -> tuple[float, float]:
    """Return the share of *comparisons* whose interval excludes 1, and the mean width of the interval's logarithm."""
    generator = np.random.default_rng(seed)
    picked = np.random.default_rng(0).integers(0, blocks, (_RESAMPLES, blocks))
    bounds_of, tail_of = way
    excluding, width = 0, 0.0
    for _ in range(comparisons):
        low, high = bounds_of(*world.draw(generator, blocks), picked, tail_of(blocks))
        excluding += low > 1e-12 or high < -1e-12
        width += high - low
    return excluding / comparisons, width / comparisons


def main() -> None:
    """Print the table of docs/method.md."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--comparisons", type=int, default=4000)
    chosen = parser.parse_args()
    sizes = (5, 6, 8, 10, 20, 40)
    print("| Trials | Interval |", " | ".join(f"n = {n}" for n in sizes), "|")
    print("|---|---|" + "---|" * len(sizes))
    for world in WORLDS:
        for name, way in WAYS.items():
            found = [false_differences(world, n, way, chosen.comparisons) for n in sizes]
            print(f"| {world.name} | {name} |", " | ".join(f"{s:.1%} (±{w / 2:.0%})" for s, w in found), "|")


if __name__ == "__main__":
    main()
