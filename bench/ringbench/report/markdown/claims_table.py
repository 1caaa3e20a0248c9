"""The claims as a table: on a terminal, and in Markdown for the docs."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from ringbench.analysis.claims.claim import Claim, Judged, Verdict
from ringbench.analysis.view import SessionView, shown
from ringbench.report.markdown.summary import escape

_LOOKS = {
    Verdict.HOLDS: "bold green",
    Verdict.ONLY_WHEN: "bold yellow",
    Verdict.FAILS: "bold red",
    Verdict.UNTOLD: "bold",
}


def show(view: SessionView, found: Sequence[Judged], written: Path) -> None:
    """Print each claim with its verdict and the figures that it follows from."""
    console = Console(highlight=False, markup=False, emoji=False)
    console.print(Text(f"Claims on {view.machine}, {view.ringbench}, session {view.name}", "dim"))
    for each in found:
        claim = each.claim
        console.print()
        console.print(Text.assemble((f"{claim.number:2}  {claim.statement}", "bold")))
        console.print(Padding(Text(f"{claim.source}. {claim.made_under}.", "dim"), (0, 0, 0, 4)))
        console.print(Padding(Text(each.words, _LOOKS[each.verdict]), (0, 0, 0, 4)))
        for outcome in each.outcomes:
            console.print(Padding(Text(outcome.words), (0, 0, 0, 6)))
        if claim.caveat:
            console.print(Padding(Text(claim.caveat, "dim"), (0, 0, 0, 4)))
    console.print()
    console.print(Text.assemble(("claims.md  ", "dim"), shown(written)), soft_wrap=True)


def listing(claims: Sequence[Claim]) -> None:
    """Print what is claimed, by whom, and under which conditions it was made."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for title in ("", "id", "statement", "source; made under"):
        table.add_column(title, overflow="fold")
    for claim in claims:
        table.add_row(
            str(claim.number), claim.id, claim.statement, f"{claim.source}; {claim.made_under}", end_section=True
        )
    Console(highlight=False, markup=False).print(table)


def markdown(view: SessionView, found: Sequence[Judged]) -> str:
    """Return the claims as a Markdown document: a table, then the figures behind each verdict."""
    rows = [f"| {e.claim.number} | {escape(e.claim.statement)} | {escape(e.words)} |" for e in found]
    parts = [
        "# Claims",
        f"{escape(view.machine)}; {escape(view.ringbench)}; session {escape(view.name)}. A verdict follows from 95 % "
        "intervals alone: a condition holds if its whole interval lies on the claim's side.",
        "\n".join(["| | Claim | Here |", "|---|---|---|", *rows]),
        *(_section(each) for each in found),
        "Measure it again: `sudo ./with-env ringbench claims`",
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _section(each: Judged) -> str:
    claim = each.claim
    lines = [
        f"## {claim.number}. {escape(claim.statement)}",
        "",
        f"**{escape(each.words)}**",
        "",
        f"Source: {escape(claim.source)}. Made under: {escape(claim.made_under)}.",
        "",
        *(f"- {escape(outcome.words)}" for outcome in each.outcomes),
    ]
    return "\n".join([*lines, "", escape(claim.caveat)] if claim.caveat else lines)
