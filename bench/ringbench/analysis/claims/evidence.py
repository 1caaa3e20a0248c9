"""What a session measured, as claims ask for it: figures of cells, by block, with their intervals."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields
from typing import Any

from ringbench.analysis.cells import Cell, cells_of, median_of
from ringbench.analysis.comparison import Comparison, contrast
from ringbench.analysis.setting import Setting
from ringbench.analysis.view import SessionView
from ringbench.data.stats import Interval
from ringbench.spec import cpu_list

_FIELDS = frozenset(field.name for field in fields(Setting))


class Missing(Exception):
    """The session doesn't hold what is asked for; its text says what."""


class Unclear(Missing, ValueError):
    """The session, made for other questions, doesn't say which of its cells is meant, or none differ in one factor."""


@dataclass(frozen=True)
class Select:
    """Which cell: its transport, and as much of its setting as tells it from the others."""

    transport: str
    setting: dict[str, Any]

    def __str__(self) -> str:
        """Return it in words."""
        return " ".join([self.transport, *(f"{name}={value}" for name, value in self.setting.items())])

    def but(self, **changed: Any) -> Select:
        """Return the cell that differs from this one in what is *changed*."""
        values = {"transport": self.transport, **self.setting, **changed}
        return select(**values)


def select(transport: str, **setting: Any) -> Select:
    """Return a selection; TypeError for a name that is no part of a setting.

    Beside the fields of a setting, *producers* is the number of CPUs, and *size* 'largest' or 'smallest' of those there
    are: which bytes these have hangs on the machine.
    """
    if unknown := set(setting) - _FIELDS - {"producers", "size"}:
        raise TypeError(f"no part of a setting: {', '.join(sorted(unknown))}")
    return Select(transport, setting)


class Evidence:
    """A session's cells."""

    def __init__(self, view: SessionView) -> None:
        self.cpus = view.cpus
        self.emulated = view.emulated
        self._cells = cells_of(view.figures)

    def cell(self, wanted: Select) -> Cell:
        """Return the one cell that *wanted* names; Missing where there is none, Unclear where there are several."""
        found = [cell for cell in self._cells if _is(cell, wanted)]
        if not found:
            raise Missing(f"not measured here: {wanted}")
        if size := wanted.setting.get("size"):
            choose = {"largest": max, "smallest": min}[size]
            asked = choose(cell.setting.asked_bytes or 0 for cell in found)
            found = [cell for cell in found if (cell.setting.asked_bytes or 0) == asked]
        if len(found) > 1:
            raise Unclear(f"not one but {len(found)} cells here are {wanted}")
        return found[0]

    def ratio(self, column: str, base: Select, head: Select, *, confounded: bool = False) -> Interval:
        """Return head / base of *column* over blocks; Unclear where they differ in more than one factor."""
        return self._contrast(base, head, confounded=confounded).ratio(column)

    def difference(self, column: str, base: Select, head: Select) -> Interval:
        """Return head - base of *column* over blocks; Unclear where they differ in more than one factor."""
        return self._contrast(base, head).difference(column)

    def median(self, column: str, wanted: Select) -> Interval:
        """Return the median of *column* over the repeats."""
        return self.cell(wanted).interval(column)

    def largest(self, column: str, wanted: Select) -> Interval:
        """Return the largest of *column*: for 'never', no repeat may be left out."""
        values = self.cell(wanted).values(column)
        if not values:
            raise Missing(f"{column} was not measured: {wanted}")
        value = max(values)
        return Interval(value, value, value, len(values))

    def blocks(self, compute: Callable[..., float | None], *figures: tuple[str, Select]) -> list[float]:
        """Return what *compute* makes of several figures of one block, for each block that has them all."""
        by_block = [self.cell(wanted).by_block(column) for column, wanted in figures]
        blocks = [block for block in by_block[0] if all(block in other for other in by_block)]
        values = [compute(*(each[block] for each in by_block)) for block in blocks]
        return [value for value in values if value is not None]

    def derived(self, compute: Callable[..., float | None], *figures: tuple[str, Select]) -> Interval:
        """Return the median over blocks of what :meth:`blocks` returns."""
        return median_of(tuple(self.blocks(compute, *figures)))

    def _contrast(self, base: Select, head: Select, *, confounded: bool = False) -> Comparison:
        try:
            return contrast(self.cell(base), self.cell(head), confounded=confounded)
        except Missing:
            raise
        except ValueError as error:
            raise Unclear(str(error)) from None


def _is(cell: Cell, wanted: Select) -> bool:
    if cell.transport != wanted.transport:
        return False
    given = dict(wanted.setting)
    producers = given.pop("producers", None)
    given.pop("size", None)
    if producers is not None and cpu_list.count(cell.setting.cpus) != producers:
        return False
    return all(getattr(cell.setting, name) == value for name, value in given.items())
