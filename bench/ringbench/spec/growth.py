"""What can add blocks to a plan while its session goes on: a rule for when it ends. Frozen data.

What comes next is decided by ringbench.run.adaptive, from stored rows alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

FEWEST = 5
"""Repeats that are made at least: with fewer there is no 95 % interval."""
COLUMNS = (
    *("producer_ns_per_event", "consumer_cpu_ns_per_event", "events_per_s"),
    *("drain_ns_per_event", "fill_ns_per_event"),
)
"""The figures whose intervals are looked at. Losses, order and latency are told by size and pace of the load, more than
by repeats: they are not waited for."""


@dataclass(frozen=True)
class UntilPrecise:
    """Repeat until intervals are narrow, until a time is up, or both, whichever comes first."""

    kind: ClassVar[str] = "precision"
    precision: float | None = None
    """Half the width of an interval over its value, at most."""
    max_time_s: float | None = None
    """Seconds that trials may take together."""

    @property
    def words(self) -> str:
        """Return the rule in words."""
        parts = []
        if self.precision is not None:
            parts.append(f"every interval of {', '.join(COLUMNS)} is within ±{self.precision:.3g} of its value")
        if self.max_time_s is not None:
            parts.append(f"{self.max_time_s:g} s are up")
        return f"Blocks are added until {' or '.join(parts)}, {FEWEST} at least."


@dataclass(frozen=True)
class SizeSearch:
    """Search the smallest buffer that loses nothing."""

    kind: ClassVar[str] = "frontier"
    repeats: int
    """Repeats without a loss that make a size clean."""
    smallest_bytes: int
    largest_bytes: int

    @property
    def words(self) -> str:
        """Return the rule in words."""
        return (
            "The smallest size without loss is searched by bisection, for each load and transport; a size counts once "
            f"{self.repeats} of {self.repeats} repeats lost nothing. Smaller ones are then measured {FEWEST} times."
        )

    @property
    def sizes(self) -> list[int]:
        """Return the sizes there are, in bytes over all CPUs: every transport can have them."""
        count = (self.largest_bytes // self.smallest_bytes).bit_length()
        return [self.smallest_bytes << step for step in range(count)]


Growth = UntilPrecise | SizeSearch
GROWTHS: dict[str, type[UntilPrecise] | type[SizeSearch]] = {each.kind: each for each in (UntilPrecise, SizeSearch)}
"""By their kind, as session.json has it."""
