"""The cells of a session: one transport in one setting, with a row for each repeat."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from statistics import median

from ringbench.analysis.setting import Setting
from ringbench.analysis.view import Record, order_of
from ringbench.data.stats import Interval, median_interval

_PER = 1000


@lru_cache(maxsize=4096)
def median_of(values: tuple[float, ...]) -> Interval:
    """Return the median of *values* with its interval, computed once however many figures and tables show it."""
    return median_interval(values)


@dataclass(frozen=True)
class Cell:
    """One transport in one setting."""

    setting: Setting
    transport: str
    rows: tuple[Record, ...]
    """A row for each repeat, valid ones only."""

    @property
    def buffer_bytes(self) -> int | None:
        """Return the size this transport really had, over all CPUs."""
        return next((int(row["buffer_bytes"]) for row in self.rows if row["buffer_bytes"] is not None), None)

    @property
    def rings(self) -> int | None:
        """Return how many rings that was; None where the session doesn't say."""
        return next((len(str(row["rings"]).split()) for row in self.rows if row.get("rings")), None)

    @property
    def repeats(self) -> int:
        """Return how many repeats it has."""
        return len({_block(place, row) for place, row in enumerate(self.rows)})

    def by_block(self, column: str) -> dict[str, float]:
        """Return *column* of each repeat that has it."""
        found: dict[str, list[float]] = {}
        for place, row in enumerate(self.rows):
            if row.get(column) is not None:
                found.setdefault(_block(place, row), []).append(float(row[column]))
        return {block: median(values) for block, values in found.items()}

    def values(self, column: str) -> list[float]:
        """Return *column* of each repeat that has it."""
        return list(self.by_block(column).values())

    def per_thousand(self, column: str) -> list[float]:
        """Return *column* per 1,000 delivered events, of each repeat that has both."""
        found, delivered = self.by_block(column), self.by_block("delivered")
        return [_PER * found[block] / delivered[block] for block in found if delivered.get(block)]

    def interval(self, column: str) -> Interval:
        """Return the median of *column* over the repeats with its interval."""
        return median_of(tuple(self.values(column)))

    def has(self, column: str) -> bool:
        """Tell whether *column* was measured in any repeat."""
        return any(row.get(column) is not None for row in self.rows)


def _block(place: int, row: Record) -> str:
    """Name the repeat that a row belongs to. One that names none is known by its place."""
    return f"place {place}" if row["block"] is None else str(row["block"])


def cells_of(rows: Iterable[Record]) -> list[Cell]:
    """Group *rows* into cells, in the order in which they are shown."""
    found: dict[tuple[Setting, str], list[Record]] = {}
    for row in rows:
        found.setdefault((Setting.of(row), str(row["transport"] or "unknown")), []).append(row)
    cells = [Cell(setting, transport, tuple(group)) for (setting, transport), group in found.items()]
    return sorted(cells, key=lambda cell: (cell.setting.preference, order_of(cell.transport)))
