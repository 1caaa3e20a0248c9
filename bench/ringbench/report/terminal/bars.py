"""The figures of the four cards as bars on a terminal: what is how many times the other is seen before it is read.

Each figure has a scale of its own, from 0 to the larger of the two, since their units have nothing in common.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from ringbench.analysis.judgement import Line
from ringbench.analysis.quantities import amount
from ringbench.report.cards import Card

_TITLE, _NAME, _BAR = 24, 16, 18
"""Widths of a figure's title, of a transport and of the longest bar, in columns."""
_EIGHTHS = " ▏▎▍▌▋▊▉█"


def show(console: Console, cards: Sequence[Card]) -> None:
    """Print the figures of *cards* that both transports have; nothing where there are none."""
    table = Table(box=None, padding=(0, 1, 0, 0), show_header=False, pad_edge=False)
    for width in (_TITLE, _NAME, _BAR):
        table.add_column(width=width, no_wrap=True, overflow="ellipsis")
    table.add_column(no_wrap=True)
    fine = console.encoding.lower().startswith("utf")
    for line in chain(*(card.lines for card in cards)):
        for place, (name, value) in enumerate(_values(line)):
            title = line.column.title if place == 0 else ""
            looks = "bold" if name == line.winner else ""
            bar = _bar(value, line, fine=fine)
            table.add_row(Text(title), Text(name, looks), Text(bar), Text(amount(value, line.column.unit)))
    if table.row_count:
        console.print(Padding(table, (1, 0, 0, 2)))


def _values(line: Line) -> list[tuple[str, float]]:
    """Return each transport with its figure; none where there are not two to be compared."""
    sides = (line.base, line.head)
    found = [
        (cell.transport, side.value)
        for cell, side in zip(line.comparison.cells, sides, strict=False)
        if side is not None and side.value is not None and side.value >= 0
    ]
    return found if len(found) == len(sides) else []


def _bar(value: float, line: Line, *, fine: bool) -> str:
    """Return a bar as long as *value* is, of the larger one of *line*; one that is not 0 is seen."""
    top = max(other for _, other in _values(line))
    if not value or not top:
        return ""
    eighths = max(1, round(value / top * _BAR * 8))
    if not fine:
        return "#" * max(1, round(eighths / 8))
    whole, rest = divmod(eighths, 8)
    return "█" * whole + (_EIGHTHS[rest] if rest else "")
