"""``ringbench report``: a stored session's page, summary and plots, drawn again."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from ringbench.errors import OptionError
from ringbench.text import printable

if TYPE_CHECKING:
    from ringbench.data.store.folder import StoredSession

_EXAMPLES = """\b
Examples:
  ringbench report results/reference --out /tmp/reference   the recorded session that comes with the project
  ringbench report results/old-kernel results/new-kernel    two, side by side in one page
"""


@click.command("report", epilog=_EXAMPLES)
@click.argument("sessions", metavar="SESSION [OTHER]", nargs=-1, required=True)
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="Folder for the files; made if missing.  [default: SESSION; of two, results/SESSION-vs-OTHER]",
)
@click.option("--identify", is_flag=True, help="Name host, user and command line; by default not, as pages get shared.")
@click.option("--json", "as_document", is_flag=True, help="Print one JSON document instead of the tables.")
def report(sessions: tuple[str, ...], out: Path | None, identify: bool, as_document: bool) -> None:
    """Draw and write the report of SESSION again. Needs no root.

    SESSION is a session's folder, or `latest`. Written are report.html (one file that opens offline), summary.md and
    plots/*.png and *.svg. The answers go to stdout: for each question the figures side by side, with their unit,
    the number of repeats and a 95 % interval, and a sentence.

    With OTHER, report.html shows both side by side, like those of two kernels or machines.
    """
    from ringbench.cli.write_report import written
    from ringbench.data.store.folder import read_session
    from ringbench.report.document.session_document import as_json, dumps
    from ringbench.report.terminal.session_screen import show

    if len(sessions) > 2:
        raise OptionError(f"{len(sessions)} sessions were given: a report is of one, or of two side by side.")
    stored = [read_session(session, Path("results")) for session in sessions]
    if len(stored) == 2:
        _beside((stored[0], stored[1]), out, identify=identify, as_document=as_document)
        return
    paths = written(stored[0], out or stored[0].path, identify=identify)
    if as_document:
        click.echo(dumps(as_json(stored[0], identify=identify)))
        click.echo(f"report: {printable(str(paths[0]))}", err=True)
    else:
        show(stored[0], paths)


def _beside(
    stored: tuple[StoredSession, StoredSession], out: Path | None, *, identify: bool, as_document: bool
) -> None:
    from ringbench.analysis.view import SessionView
    from ringbench.report.document.session_document import as_json, dumps
    from ringbench.report.side_by_side import write_side_by_side
    from ringbench.report.terminal import side_by_side_screen

    first, second = (SessionView.of(each, identify=identify) for each in stored)
    names = [each.path.resolve().name for each in stored]
    path = write_side_by_side((first, second), out or Path("results") / f"{names[0]}-vs-{names[1]}")
    if as_document:
        click.echo(dumps({"sessions": [as_json(each, identify=identify) for each in stored]}))
        click.echo(f"report: {printable(str(path))}", err=True)
    else:
        side_by_side_screen.show((first, second), path)
