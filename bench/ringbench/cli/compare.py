"""``ringbench compare``: the regression gate over two stored sessions."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from ringbench.spec.across import ACROSS

if TYPE_CHECKING:
    from ringbench.analysis.gate.comparison import Comparison

_EXAMPLES = """\b
Examples:
  ringbench compare results/before results/after
  ringbench compare baseline latest                          against the newest one saved for this machine
  ringbench compare results/6.1 results/6.12 --across kernel
  ringbench compare old.json new.json                        files of pytest --benchmark-json
  sudo ringbench ab --base main --head .                     measures both in one go: far more sensitive
"""


@click.command("compare", epilog=_EXAMPLES)
@click.argument("base")
@click.argument("head")
@click.option(
    "--across",
    multiple=True,
    type=click.Choice(ACROSS),
    help="Compare although they differ in this; repeatable.",
)
@click.option("--first-run", is_flag=True, help="A BASE that is missing is no error: there is none yet.")
@click.option("--out", type=click.Path(path_type=Path), metavar="DIR", help="Write page, summary, JUnit XML and JSON.")
@click.option("--all", "everything", is_flag=True, help="Show figures that are the same, too.")
@click.option("--json", "as_document", is_flag=True, help="Print one JSON document.")
def compare(  # one parameter an option
    base: str,
    head: str,
    across: tuple[str, ...],
    first_run: bool,
    out: Path | None,
    everything: bool,
    as_document: bool,
) -> int:
    """Compare HEAD with BASE: has anything become worse? Needs no root.

    BASE and HEAD are sessions' folders, or `latest`; BASE can be `baseline`. Each figure that is judged has a smallest
    effect worth reporting (ringbench list). It has regressed only if its interval lies beyond that effect, at a level
    that allows for all figures; it is the same only if it was shown to be within. Else the answer is: inconclusive.

    Exit status: 0 no regression; 1 regressed; 2 the two cannot be compared; 3 inconclusive.
    """
    from ringbench.analysis.gate.compare import compare as compared

    return report(
        compared(base, head, Path("results"), across=across, first=first_run),
        out,
        everything=everything,
        as_document=as_document,
    )


def report(comparison: Comparison, out: Path | None, *, everything: bool, as_document: bool) -> int:
    """Show *comparison*, write it where that was asked for, tell the CI system; return the exit status."""
    from ringbench.report import gate_files
    from ringbench.report.terminal.gate_screen import show

    written = gate_files.write(comparison, out) if out is not None else []
    if as_document:
        click.echo(gate_files.dumps(comparison))
    else:
        show(comparison, written, everything=everything)
    for line in gate_files.tell_ci(comparison):
        click.echo(line, err=as_document)
    return comparison.exit_status
