"""``ringbench export``: a stored session's tables for other programs."""

from __future__ import annotations

from pathlib import Path

import click

from ringbench.data.store.formats import FORMATS

_EXAMPLE = """\b
Example, the latest session for a spreadsheet:
  ringbench export latest --format csv --out tables
"""


@click.command("export", epilog=_EXAMPLE)
@click.argument("session", metavar="SESSION")
@click.option("--format", "file_format", type=click.Choice(FORMATS), required=True, help="What to write.")
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="Folder for the files; it is made if it is missing.  [default: SESSION/export]",
)
def export(session: str, file_format: str, out: Path | None) -> None:
    r"""Write SESSION's tables as CSV, JSON or parquet. Needs no root.

    SESSION is a session's folder, or `latest`. Written are trials.FORMAT, a row for each trial and transport, and
    events/TRIAL.FORMAT for each trial whose events were recorded. The names of the files go to stdout.

    In CSV and JSON, bytes in a process's name that don't print are shown as \x1b and the like. In CSV, text that a
    spreadsheet would take for a formula (it begins with = + - @, a tab or a line break) gets a leading apostrophe.
    Parquet has everything exactly as it was recorded.
    """
    from ringbench.data.store.export import export as export_session
    from ringbench.data.store.folder import read_session
    from ringbench.text import printable

    stored = read_session(session, Path("results"))
    for path in export_session(stored, file_format, out or stored.path / "export"):
        click.echo(printable(str(path)))
