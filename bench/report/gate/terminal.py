"""A comparison on a terminal: the verdict, what has changed or is open, and the rest in a line."""

from __future__ import annotations

import io
import sys
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.table import Table
from rich.text import Text

from bench.gate.gate import Figure, GatedCell
from bench.gate.verdict import Verdict
from bench.report.gate.comparison import Comparison, change, sides
from bench.report.quantities import count

_STYLES = {
    Verdict.REGRESSED: "bold red",
    Verdict.INCONCLUSIVE: "yellow",
    Verdict.IMPROVED: "green",
    Verdict.SAME: "",
    Verdict.FIRST_RUN: "",
    Verdict.NOT_JUDGED: "dim",
}
_SHOWN = (Verdict.REGRESSED, Verdict.IMPROVED, Verdict.INCONCLUSIVE)
_MOST = 40


def show(comparison: Comparison, written: Sequence[Path] = (), *, everything: bool = False) -> None:
    """Print *comparison* on standard output; with *everything*, figures that are the same, too."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")  # a terminal that can't show 'µ' gets a '?', not a traceback
    console = Console(highlight=False, markup=False, emoji=False)
    gated = comparison.gated
    console.print(Text(comparison.headline, style=_STYLES[gated.verdict]))
    for note in (*gated.doubts, *comparison.notes):
        if gated.verdict is not Verdict.FIRST_RUN:
            console.print(f"  note: {note}")
    chosen = [
        (cell, figure)
        for verdict in Verdict
        for cell, figure in gated.figures(verdict)
        if everything or verdict in _SHOWN
    ]
    if chosen:
        console.print(_table(chosen if everything else chosen[:_MOST]))
    if not everything and len(chosen) > _MOST:
        console.print(f"… and {len(chosen) - _MOST} more: --all shows them.")
    for cell in gated.cells:
        if cell.why:
            console.print(f"  {cell.case.transport}, {cell.case.name}: {cell.why}")
    alike = len(gated.figures(Verdict.SAME))
    if alike and not everything:
        console.print(f"{count(alike, 'figure')} the same. --all shows them.")
    if written:
        console.print(f"report: {written[0]}")


def _table(chosen: Sequence[tuple[GatedCell, Figure]]) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in ("verdict", "figure", "base", "head", "change", "n"):
        table.add_column(name, justify="right" if name in ("base", "head", "n") else "left", overflow="fold")
    last = None
    for cell, figure in chosen:
        if cell is not last:
            table.add_row("", Text(f"{cell.case.transport}, {cell.case.name}", style="dim"))
            last = cell
        judgement, found = figure.judgement, figure.judgement.change
        why = (
            "" if judgement.verdict in (Verdict.REGRESSED, Verdict.IMPROVED) or found is None else f"; {judgement.why}"
        )
        table.add_row(
            Text(judgement.verdict.value, style=_STYLES[judgement.verdict]),
            figure.title,
            *sides(figure),
            change(figure) + why,
            "" if found is None else str(found.n),
        )
    return table
