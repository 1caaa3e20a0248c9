"""What may be compared with what: two cells that differ in nothing but the transport.

Wake-ups, readers and sizes explain most published gaps between transports, so cells that differ in any of them never
meet in one comparison.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from ringbench.analysis.cells import Cell, median_of
from ringbench.analysis.quantities import size
from ringbench.analysis.setting import Setting
from ringbench.data.stats import Interval, ratio_interval
from ringbench.drivers.transports import known
from ringbench.spec.transport import ROLES

_NOTHING = Interval(None, None, None, 0)


@lru_cache(maxsize=4096)
def _ratio_of(base: tuple[float, ...], head: tuple[float, ...]) -> Interval:
    return ratio_interval(base, head)


@dataclass(frozen=True)
class Comparison:
    """Two transports in one setting; without ``head``, one that had no partner there."""

    base: Cell
    head: Cell | None = None

    @property
    def setting(self) -> Setting:
        """Return what both have in common."""
        return self.base.setting

    @property
    def cells(self) -> tuple[Cell, ...]:
        """Return the cells it has."""
        return (self.base, self.head) if self.head else (self.base,)

    @property
    def transports(self) -> list[str]:
        """Return who is compared."""
        return [cell.transport for cell in self.cells]

    @property
    def size_note(self) -> str:
        """Return a sentence where the two could not be given the same size, else ''."""
        if self.head is None or self.base.buffer_bytes == self.head.buffer_bytes:
            return ""
        return (
            f"Sizes not equal: of {size(self.setting.asked_bytes)} asked, {self.base.transport} had "
            f"{size(self.base.buffer_bytes)} and {self.head.transport} {size(self.head.buffer_bytes)}."
        )

    def paired(self, column: str) -> tuple[tuple[float, ...], tuple[float, ...]]:
        """Return *column* of base and head in the blocks where both have it."""
        base, head = self.base.by_block(column), self.head.by_block(column) if self.head else {}
        blocks = [block for block in base if block in head]
        return tuple(base[block] for block in blocks), tuple(head[block] for block in blocks)

    def ratio(self, column: str) -> Interval:
        """Return head / base by block; nothing where a pair has no ratio, since leaving it out would bend the rest."""
        base, head = self.paired(column)
        return _ratio_of(base, head) if all(value > 0 for value in (*base, *head)) else _NOTHING

    def difference(self, column: str) -> Interval:
        """Return head - base by block."""
        base, head = self.paired(column)
        return median_of(tuple(h - b for b, h in zip(base, head, strict=True)))


FACTORS = {
    "reader": ("reader", "placement"),
    "wake-up": ("wakeup", "wait", "drain_interval_s"),
    "load": ("workload", "record_bytes"),
    "CPUs": ("cpus",),
    "size": ("asked_bytes",),
    "mode": ("mode", "stage"),
}
"""What makes a setting, by the name of the factor that it belongs to. How a reader waits belongs to the wake-up: one
that sleeps in epoll or io_uring hears nothing where nobody is woken."""


def factors(base: Cell, head: Cell) -> tuple[str, ...]:
    """Return the factors in which two cells differ."""
    differ = ["transport"] if base.transport != head.transport else []
    for name, fields in FACTORS.items():
        if any(getattr(base.setting, field) != getattr(head.setting, field) for field in fields):
            differ.append(name)
    return tuple(differ)


def contrast(base: Cell, head: Cell, *, confounded: bool = False) -> Comparison:
    """Return the comparison of two cells that differ in one factor, whichever; in more only if said to be *confounded*.

    Raises ValueError otherwise: with two factors at a time nobody can tell which of them made the difference.
    """
    differ = factors(base, head)
    if len(differ) != 1 and not confounded:
        raise ValueError(
            f"{base.transport} and {head.transport} differ in {' and '.join(differ) or 'nothing'}, not in one"
        )
    return Comparison(base, head)


def comparisons(cells: Iterable[Cell]) -> list[Comparison]:
    """Return every pair of cells that differ only in transport: the first in the order of reports with each other one.

    A cell without a partner stands alone. The order of *cells* is kept.
    """
    groups: dict[Setting, list[Cell]] = {}
    for cell in cells:
        groups.setdefault(cell.setting, []).append(cell)
    found: list[Comparison] = []
    for group in groups.values():
        base, *others = group
        others.sort(key=lambda cell: _rank(cell.transport))
        found.extend([Comparison(base, head) for head in others] or [Comparison(base)])
    return found


def _rank(transport: str) -> int:
    """Return the sort key of a transport as the other side of a comparison: by its role."""
    found = known(transport)
    return ROLES.index("design" if found is None else found.role)
