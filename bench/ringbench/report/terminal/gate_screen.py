"""A comparison on a terminal: the verdict, what has changed or is open, and the rest in a line."""

from __future__ import annotations

import io
import sys
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from ringbench.analysis.gate.comparison import Comparison, change, sides
from ringbench.analysis.gate.gate import Figure, GatedCell
from ringbench.analysis.gate.verdict import Verdict
from ringbench.analysis.quantities import count

_STYLES = {
    Verdict.REGRESSED: "bold red",
    Verdict.INCONCLUSIVE: "yellow",
    Verdict.IMPROVED: "green",
    Verdict.SAME: "",
    Verdict.FIRST_RUN: "",
    Verdict.NOT_JUDGED: "dim",
}
_SHOWN = (Verdict.REGRESSED, Verdict.IMPROVED, Verdict.INCONCLUSIVE)
_MOST, _INDENT = 40, 2


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
        for cell in sorted(gated.cells, key=lambda cell: list(Verdict).index(cell.verdict))
        for figure in cell.figures
        if everything or figure.judgement.verdict in _SHOWN
    ]
    last: GatedCell | None = None
    for cell, figure in chosen if everything else chosen[:_MOST]:
        if cell is not last:
            console.print(Text(f"{cell.pair.transport}, {cell.pair.name}", style="bold"))
            last = cell
        console.print(Padding(_line(figure), (0, 0, 0, _INDENT)))
    if not everything and len(chosen) > _MOST:
        console.print(f"… and {len(chosen) - _MOST} more: --all shows them.")
    for cell in gated.cells:
        if cell.why:
            console.print(f"{cell.pair.transport}, {cell.pair.name}: {cell.why}")
    alike = len(gated.figures(Verdict.SAME))
    if alike and not everything:
        console.print(f"{count(alike, 'figure')} the same; --all shows them.")
    if written:
        console.print(f"report: {written[0]}")


def _line(figure: Figure) -> Table:
    """Return one figure: its verdict, then its name, both sides and the change, as wide as there is room."""
    judgement, found = figure.judgement, figure.judgement.change
    base, head = sides(figure)
    decided = judgement.verdict in (Verdict.REGRESSED, Verdict.IMPROVED) and found is not None
    told = [f"{figure.title}: {base} → {head}", change(figure), "" if found is None else f"n {found.n}"]
    if found is not None and not decided:
        told.append(judgement.why)
    row = Table.grid(padding=(0, 1))
    row.add_column(width=max(len(verdict.value) for verdict in Verdict))
    row.add_column(overflow="fold")
    row.add_row(Text(judgement.verdict.value, style=_STYLES[judgement.verdict]), ", ".join(filter(None, told)))
    return row
