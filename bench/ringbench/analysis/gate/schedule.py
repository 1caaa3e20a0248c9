"""When the gate looks, and what each look may cost: so that stopping early keeps the error rates."""

from __future__ import annotations

from dataclasses import dataclass

from ringbench.analysis.gate.rules import CHANGED, SAME, Levels
from ringbench.data.stats.spending import even, late, spent

FIRST, GROWTH = 8, 1.5
"""Blocks before the first look, and how many times as many before each later one: every look has its price."""


@dataclass(frozen=True)
class Schedule:
    """The looks of a comparison of so many blocks at most; one that looks once, at the end, is a schedule, too."""

    blocks: int
    several: bool
    """Whether it looks before the end."""

    def looks(self, blocks: int) -> tuple[int, ...]:
        """Return the looks that have been taken when a cell has so many *blocks*, the last of them now."""
        if not self.several:
            return (blocks,)
        return (*(look for look in self._planned() if look < blocks), blocks)

    def is_due(self, blocks: int) -> bool:
        """Tell whether to look after so many *blocks*."""
        return blocks >= self.blocks or (self.several and blocks in self._planned())

    def _planned(self) -> list[int]:
        found, look = [], float(FIRST)
        while round(look) < self.blocks:
            found.append(round(look))
            look *= GROWTH
        return [*found, self.blocks]

    def levels(self, blocks: int, tests: int, *, interleaved: bool) -> Levels:
        """Return the levels for a cell of so many *blocks*, one of so many *tests*, which share one error rate.

        The allowance is Bonferroni's: it holds whatever the figures have in common.
        """
        looks = self.looks(max(1, blocks))
        planned = max(self.blocks if self.several else looks[-1], looks[-1])
        changed = spent(CHANGED / max(1, tests), late, looks, planned)
        same = spent(SAME, even, looks, planned)
        return Levels(changed, same, interleaved)


ONCE = Schedule(1, several=False)
"""Two sessions that were measured as they were planned: one look, at the end."""
