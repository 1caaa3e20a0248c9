"""The analysis of order on a terminal."""

from __future__ import annotations

import io
import sys
from collections.abc import Sequence
from typing import TextIO

from rich.console import Console
from rich.padding import Padding
from rich.table import Table as Drawn
from rich.text import Text

from ringbench.analysis.order import text
from ringbench.analysis.order.survey import Surveyed
from ringbench.analysis.order.table import Table, figures, kinds, latencies, pairs, remains
from ringbench.analysis.order.timeline import headline, lines, worst
from ringbench.analysis.view import shown

_MAX_WIDTH = 120


def show(surveyed: Sequence[Surveyed], file: TextIO | None = None, width: int | None = None) -> None:
    """Print everything that was found to *file* (stdout)."""
    file = file or sys.stdout
    if isinstance(file, io.TextIOWrapper):
        file.reconfigure(errors="replace")
    console = Console(file=file, width=width, highlight=False, markup=False, emoji=False)
    console.width = min(console.width, _MAX_WIDTH)
    if not surveyed:
        console.print("No recorded events: measure with --keep-events first or all.")
        return
    for each in surveyed:
        _recording(console, each)
    console.print()
    _table(console, latencies(list(surveyed)))
    for each in surveyed:
        if said := text.blocks(each.order):
            console.print(Padding(Text(f"{shown(each.order.transport)}: {said}", "dim"), (0, 0, 0, 2)))
    _worst(console, surveyed)


def answers(console: Console, surveyed: Sequence[Surveyed]) -> None:
    """Print the answers alone, for the report of a session."""
    for each in surveyed:
        console.print(Padding(Text.assemble(text.answer(each.order), (f" ({text.where(each)})", "dim")), (0, 0, 0, 2)))


def _recording(console: Console, each: Surveyed) -> None:
    console.print()
    console.print(Text.assemble((shown(each.order.transport), "bold"), "  ", (text.where(each), "dim")))
    for said in (text.answer(each.order), *text.causes(each.order)):
        console.print(Padding(Text(said), (0, 0, 0, 2)))
    if each.order.delivered.late_events:
        for table in (figures(each.order), remains(each.order), kinds(each.order), pairs(each.order)):
            if table.rows:
                _table(console, table)


def _table(console: Console, table: Table) -> None:
    drawn = Drawn(box=None, padding=(0, 2, 0, 0), pad_edge=False, header_style="dim")
    for name in table.head:
        drawn.add_column(name, overflow="fold")
    for row in table.rows:
        drawn.add_row(*(Text(cell) for cell in row))
    console.print()
    console.print(Padding(Text(table.title, "bold"), (0, 0, 0, 2)))
    console.print(Padding(drawn, (0, 0, 0, 2)))


def _worst(console: Console, surveyed: Sequence[Surveyed]) -> None:
    for number, (each, example) in enumerate(worst(surveyed), start=1):
        console.print()
        console.print(Text(f"{number}. {shown(each.order.transport)}: {headline(example)}"))
        drawn = Drawn(box=None, padding=(0, 2, 0, 0), pad_edge=False, header_style="dim")
        for name in ("stamped", "CPU", "what", "who", "delivered", "after", "place"):
            drawn.add_column(name)
        for line in lines(example):
            drawn.add_row(
                *(Text(cell) for cell in (line.stamped, line.cpu, line.kind, line.who)),
                *(Text(cell) for cell in (line.turn, line.delivered, line.place)),
            )
        console.print(Padding(drawn, (0, 0, 0, 3)))
