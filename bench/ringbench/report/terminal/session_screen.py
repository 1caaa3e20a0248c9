"""The report on a terminal: perf and ringbuf side by side, a sentence for each question, and where the rest is.

No markup is parsed, and no text of a session reaches the terminal but what :class:`ringbench.analysis.view.SessionView`
has made printable.
"""

from __future__ import annotations

import io
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TextIO

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from ringbench.analysis.account import answered, checksums
from ringbench.analysis.advice import advice
from ringbench.analysis.caveats import caveats
from ringbench.analysis.findings import Finding, findings
from ringbench.analysis.judgement import Line
from ringbench.analysis.order.text import told
from ringbench.analysis.outliers import outliers_said
from ringbench.analysis.quantities import LEGEND, NOT_MEASURED, amount, bounds
from ringbench.analysis.sentences import TOLD
from ringbench.analysis.view import SessionView, shown
from ringbench.data.stats import Interval
from ringbench.data.store.folder import StoredSession
from ringbench.report.cards import cards
from ringbench.report.terminal import bars
from ringbench.report.terminal.order_screen import answers

_MAX_WIDTH = 110
_INDENT, _TITLE, _N, _GAPS = 2, 20, 4, 4
"""Widths of the left margin, of the names of figures, of n, and of all gaps between columns."""


def show(
    session: StoredSession, written: Sequence[Path] = (), file: TextIO | None = None, width: int | None = None
) -> None:
    """Print the report of *session* to *file* (stdout), and where what was *written* is."""
    view = SessionView.of(session)
    file = file or sys.stdout
    if isinstance(file, io.TextIOWrapper):
        file.reconfigure(errors="replace")  # a terminal that can't show 'µ' gets a '?', not a traceback
    console = Console(file=file, width=width, highlight=False, markup=False, emoji=False)
    console.width = min(console.width, _MAX_WIDTH)
    found = findings(view)
    console.print(
        Text.assemble((f"Session {view.name}", "bold"), f" ({view.status}): {view.machine}, {view.ringbench}")
    )
    for caveat in caveats(view, found):
        console.print(Text.assemble(("! ", "bold yellow"), caveat))
    _advice(console, view, found)
    heads: list[str] = []
    for finding in found:
        if finding.asked:
            heads = _block(console, finding, heads)
    if view.orders:
        console.print()
        console.print(Text.assemble(("how long to wait", "bold"), "  ", ("`ringbench order` tells more", "dim")))
        answers(console, told(view.orders))
    console.print()
    legend = f"{LEGEND} n: repeats. Ratios are taken repeat by repeat."
    for said in (_further(found), answered(found), checksums(view), outliers_said(view), legend):
        if said:
            console.print(Text(said, "dim"))
    _files(console, written)


def _advice(console: Console, view: SessionView, found: Sequence[Finding]) -> None:
    """Print what to take and how sure that is, and the figures it rests on as bars."""
    told = advice(view, found)
    if told is not None:
        console.print()
        console.print(Text.assemble(("On this machine, for this load: ", ""), (told.choice, "bold")))
        console.print(Padding(Text(told.load, "dim"), (0, 0, 0, _INDENT)))
        for said in (*told.because[:1], *told.sure[:1]):
            console.print(Padding(Text(said), (0, 0, 0, _INDENT)))
    bars.show(console, cards(found, view.cpus))


def _block(console: Console, finding: Finding, heads: list[str]) -> list[str]:
    """Print one question: its name and setting, its figures, its answer. Column heads only where they change."""
    console.print()
    console.print(Text.assemble((finding.question.name, "bold"), "  ", (_where(finding), "dim")))
    if finding.headline is not None:
        transports = finding.headline.comparison.transports
        table = _table(console.width, transports if transports != heads else [])
        for line in finding.headline.lines:
            if line.column.name in TOLD:
                table.add_row(*_row(line))
        console.print(Padding(table, (0, 0, 0, _INDENT)))
        heads = transports
    for statement in finding.brief:
        elsewhere = "" if statement.where == finding.said[0].where else f" ({statement.where})"
        console.print(Padding(Text.assemble(statement.text, (elsewhere, "dim")), (0, 0, 0, _INDENT)))
    return heads


def _further(found: Sequence[Finding]) -> str:
    """Return how many settings have figures that are not shown here, and where they are."""
    more = [f"{finding.question.name} {finding.further:,}" for finding in found if finding.further]
    return f"Settings that only the page shows: {', '.join(more)}." if more else ""


def _where(finding: Finding) -> str:
    headline = finding.headline
    return "" if headline is None else headline.comparison.setting.words()


def _table(width: int, transports: Sequence[str]) -> Table:
    each = max(8, (width - _INDENT - _TITLE - _N - _GAPS) // 3)
    table = Table(box=None, padding=(0, 1, 0, 0), show_header=bool(transports), pad_edge=False, header_style="bold")
    base, head = [*transports, "", ""][:2]
    table.add_column("", width=_TITLE, overflow="fold")
    for name in (base, head, f"against {base}" if head else ""):
        table.add_column(Text(name), width=each, overflow="fold")
    table.add_column("n", width=_N, overflow="fold")
    return table


def _row(line: Line) -> tuple[Text, ...]:
    against = line.against.replace(" [", "\n[") or ("" if line.head is None else line.verdict.value)
    return (
        Text(line.column.title),
        _cell(line.base, line.column.unit),
        Text("") if line.head is None else _cell(line.head, line.column.unit),
        Text(against, "" if line.winner else "dim"),
        Text(line.n),
    )


def _cell(figure: Interval, unit: str) -> Text:
    if figure.value is None:
        return Text(NOT_MEASURED, "dim")
    spread = bounds(figure, unit)
    return Text.assemble(amount(figure.value, unit), (f"\n{spread}" if spread else "", "dim"))


def _files(console: Console, written: Sequence[Path]) -> None:
    """Print where the page, the summary and the plots are; each path unbroken, so that it can be copied."""
    if not written:
        return
    console.print()
    plots = [path for path in written if path.suffix in (".png", ".svg")]
    named = [(path.name, path) for path in written if path not in plots]
    if plots:
        named.append((f"{len(plots)} plots", plots[0].parent))
    for name, path in named:
        console.print(Text.assemble((f"{name:12}", "dim"), shown(path)), soft_wrap=True)
