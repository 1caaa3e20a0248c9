"""The search for the smallest buffer that loses nothing: bisection over the sizes a transport can have.

Every load and transport has a search of its own; a block holds one trial of each that goes on, so that those which meet
at a size meet in the same minutes. A size at which anything was lost is done with at once; one is clean once nothing
was lost in all of its repeats. Then every size up to the largest frontier is measured a few times more, for the curve.
What comes next is told by what is stored alone, so a session that was interrupted goes on as it would have.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ringbench.spec.growth import FEWEST, SizeSearch
from ringbench.spec.trial import Trial

_PATIENCE = 2
"""Tries of a size, in times of its repeats, before it is given up: invalid and saturated trials show nothing."""


@dataclass(frozen=True)
class Tries:
    """What a size has shown so far."""

    clean: int = 0
    lossy: int = 0
    without: int = 0
    """Trials that show nothing: invalid or saturated."""

    @property
    def all(self) -> int:
        """Return how often it was tried."""
        return self.clean + self.lossy + self.without


def next_block(search: SizeSearch, trials: Sequence[Trial], rows: Sequence[Mapping[str, Any]]) -> list[Trial] | str:
    """Return the cells of the next block after *trials*, or why *rows* are enough."""
    tried = _tried(trials, rows)
    next_sizes = [(line, following(search, tries)) for line, tries in tried.items()]
    wanted = [(line, size) for line, size in next_sizes if size is not None] or _for_the_curve(search, tried)
    if not wanted:
        return "the search: every load and transport has its smallest size without loss, or none up to the largest."
    return [dataclasses.replace(line, asked_bytes=size) for line, size in wanted]


def following(search: SizeSearch, tried: Mapping[int, Tries]) -> int | None:
    """Return the size to try next after *tried*, tries by size; None once the search has ended."""
    sizes = search.sizes
    lossy = [place for place, size in enumerate(sizes) if size in tried and tried[size].lossy]
    clean = [place for place, size in enumerate(sizes) if size in tried and _is_clean(search, tried[size])]
    low = max((place for place in lossy if not clean or place < clean[0]), default=-1)
    if clean:
        place = (low + clean[0]) // 2
        if clean[0] - low <= 1:
            return None
    elif low >= 0:
        place = low + 1
    else:  # nothing is known yet of the size that was begun with
        place = next((place for place, size in enumerate(sizes) if size in tried), 0)
    if place >= len(sizes) or tried.get(sizes[place], Tries()).without > _PATIENCE * search.repeats:
        return None
    return sizes[place]


def found(search: SizeSearch, tried: Mapping[int, Tries]) -> int | None:
    """Return the smallest size that is clean, None where none is."""
    return next((size for size in search.sizes if size in tried and _is_clean(search, tried[size])), None)


def _is_clean(search: SizeSearch, tries: Tries) -> bool:
    return not tries.lossy and tries.clean >= search.repeats


def _for_the_curve(search: SizeSearch, tried: Mapping[Trial, Mapping[int, Tries]]) -> list[tuple[Trial, int]]:
    shown = {line: {s: t for s, t in tries.items() if t.clean or t.lossy} for line, tries in tried.items()}
    largest = max((found(search, tries) or max(tries) for tries in shown.values() if tries), default=0)
    return [
        (line, size)
        for line, tries in tried.items()
        for size in search.sizes
        if shown[line] and size <= largest and tries.get(size, Tries()).all < FEWEST
    ]


def _tried(trials: Sequence[Trial], rows: Sequence[Mapping[str, Any]]) -> dict[Trial, dict[int, Tries]]:
    """Return, for each load and transport (a trial without number, block and size), its tries by size."""
    of_trial = {row["trial"]: row for row in rows}
    tried: dict[Trial, dict[int, Tries]] = {}
    for trial in trials:
        line = dataclasses.replace(trial, trial="", block=0, asked_bytes=0)
        by_size = tried.setdefault(line, {})
        row, before = of_trial.get(trial.trial), by_size.get(trial.asked_bytes, Tries())
        if row is None or not row["valid"] or row["saturated"] or row["failed"] is None:
            by_size[trial.asked_bytes] = dataclasses.replace(before, without=before.without + 1)
        elif row["failed"]:
            by_size[trial.asked_bytes] = dataclasses.replace(before, lossy=before.lossy + 1)
        else:
            by_size[trial.asked_bytes] = dataclasses.replace(before, clean=before.clean + 1)
    return tried
