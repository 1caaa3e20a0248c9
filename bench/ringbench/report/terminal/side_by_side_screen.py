"""Two sessions on a terminal: what each says to take, and how the transports compare in both."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TextIO

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from ringbench.analysis.advice import advice
from ringbench.analysis.caveats import caveats
from ringbench.analysis.findings import findings
from ringbench.analysis.side_by_side import NAMES, Pair, differences, pairs, reading
from ringbench.analysis.view import SessionView, shown

_COMMON = 6
"""Comparisons that are shown: the page has all."""


def show(views: tuple[SessionView, SessionView], written: Path, file: TextIO | None = None) -> None:
    """Print both *views* to *file* (stdout), and where the page *written* is."""
    console = Console(file=file or sys.stdout, highlight=False, markup=False, emoji=False)
    found = (findings(views[0]), findings(views[1]))
    for name, view, each in zip(NAMES, views, found, strict=True):
        console.print(Text.assemble((f"{name}  {view.name}", "bold"), f" ({view.status}): {view.machine}"))
        told = advice(view, each)
        console.print(Padding(Text(told.choice if told else "what to take can't be told from it"), (0, 0, 0, 3)))
        for caveat in caveats(view, each):
            console.print(Padding(Text.assemble(("! ", "bold yellow"), caveat), (0, 0, 0, 3)))
    differ = [name for name, _, _ in differences(views)]
    console.print(f"They differ in {', '.join(differ)}." if differ else "They differ in nothing that is recorded.")
    common = [pair for pair in pairs(found) if pair.rows]
    for pair in common[:_COMMON]:
        _pair(console, pair)
    if not common:
        console.print("They have no setting in common in which two transports were compared.")
    if len(common) > _COMMON:
        console.print(Text(f"{len(common) - _COMMON} more comparisons are on the page.", "dim"))
    console.print()
    console.print(Text.assemble(("report.html ", "dim"), shown(written)), soft_wrap=True)


def _pair(console: Console, pair: Pair) -> None:
    base, head = pair.transports
    console.print()
    console.print(Text.assemble((pair.question.name, "bold"), "  ", (pair.where, "dim")))
    table = Table(box=None, padding=(0, 1, 0, 0), pad_edge=False, header_style="bold")
    for title in ("", *(f"{name}: {head} against {base}" for name in NAMES), "better"):
        table.add_column(title, overflow="fold")
    for lines in pair.rows:
        sides = [line.against or line.verdict.value for line in lines]
        table.add_row(*(Text(words) for words in (lines[0].column.title, *sides, reading(lines))))
    console.print(Padding(table, (0, 0, 0, 2)))
