"""What a metric is: a name, the columns it fills, and the function that computes them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

from ringbench.data.metrics.recording import Recording

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


@dataclass(frozen=True)
class Metric:
    """A named question with the columns that answer it."""

    name: str
    question: str
    columns: tuple[Column, ...]
    compute: Callable[[Recording], Mapping[str, Number | None]]
