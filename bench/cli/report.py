"""``ringbench report``: a stored session's page, summary and plots, drawn again."""

from __future__ import annotations

from pathlib import Path

import click

from bench.report import write_report
from bench.report.document import as_json, dumps
from bench.report.terminal import show
from bench.store.folder import read_session
from bench.store.text import printable

_EXAMPLE = """\b
Example, the recorded session that comes with the project:
  ringbench report results/reference --out /tmp/reference
"""


@click.command("report", epilog=_EXAMPLE)
@click.argument("session", metavar="SESSION")
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="Folder for the files; it is made if it is missing.  [default: SESSION]",
)
@click.option("--json", "as_document", is_flag=True, help="Print one JSON document instead of the tables.")
def report(session: str, out: Path | None, as_document: bool) -> None:
    """Draw and write the report of SESSION again. Needs no root.

    SESSION is a session's folder, or `latest`. Written are report.html (one file that opens offline), summary.md and
    plots/*.png and *.svg. The answers go to stdout: for each question the figures side by side, with their unit,
    the number of repeats and a 95 % interval, and a sentence.
    """
    stored = read_session(session, Path("results"))
    written = write_report(stored, out or stored.path)
    if as_document:
        click.echo(dumps(as_json(stored)))
        click.echo(f"report: {printable(str(written[0]))}", err=True)
    else:
        show(stored, written)
