"""What a metric is: a name, the columns it fills, and the function that computes them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

from ringbench.data.metrics.gate_rule import NO_EFFECT, GateRule
from ringbench.data.metrics.recording import Recording
from ringbench.data.metrics.section import Panel, Section

Number = int | float


@dataclass(frozen=True)
class Column:
    """One measured column of trials.parquet."""

    name: str
    unit: str
    """Unit as shown to a person: 'events/s', 'ns', 'bytes', 'events', or '' for a ratio."""
    better: Literal["lower", "higher"]
    title: str
    integer: bool
    """Stored as a nullable 64-bit integer; otherwise as a nullable double."""
    judged: GateRule | None = None
    """How the regression gate judges it; None: not at all."""
    not_judged: str = NO_EFFECT
    """Why the gate doesn't judge it, where it doesn't."""
    lead: tuple[str, str] | None = None
    """How a sentence on it begins, and what it counts: ('A trial showed', 'late events'); None: it is said in tables
    only, unless no other column of its section can be said."""
    brief: bool = False
    """Whether a short table has room for it, though no sentence says it."""
    wins: str = ""
    """Completes 'so perf …' where its section's word would be wrong, or say too much."""
    unranked: str = ""
    """Why transports are never ranked by it; '' where they are."""
    same_load: bool = False
    """Whether it ranks only transports that were offered the same load."""
    exact: bool = False
    """Computed, not sampled: one value is enough to compare."""
    only_some: bool = False
    """Whether it has a figure only where something happened: without any, there is nothing to show."""
    panel: Panel | None = None
    """How its section's figure draws it; None: not, unless no column of the section says how."""
    on_card: bool = False
    """Whether its section's card shows it."""


_PLAIN = Section()


@dataclass(frozen=True)
class Metric:
    """A named question with the columns that answer it."""

    name: str
    question: str
    columns: tuple[Column, ...]
    compute: Callable[[Recording], Mapping[str, Number | None]]
    section: Section | None = _PLAIN
    """How the report shows it; None: its columns are only stored."""
