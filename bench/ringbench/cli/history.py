"""``ringbench history``: figures over time, with their steps."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ringbench.cli.options import refuse_beside

if TYPE_CHECKING:
    from ringbench.analysis.view import SessionView
    from ringbench.report.html.history_page import Line

RESULTS = Path("results")
_EXAMPLES = """\b
Examples:
  ringbench history                                 every baseline that is saved
  ringbench history --metric fill_ns_per_event --out site
  ringbench history results/2026-*                  sessions, instead of baselines
"""


@click.command("history", epilog=_EXAMPLES)
@click.argument("sessions", nargs=-1, metavar="[SESSION]...")
@click.option("--metric", "metrics", metavar="COLUMN", multiple=True, help="Only this one.  [default: all judged]")
@click.option("--machine", metavar="ID", help="Only this machine: an id as `baseline list` has it, or as a line here.")
@click.option(
    "--baselines",
    "root",
    type=click.Path(path_type=Path),
    metavar="DIR",
    default=RESULTS / "baselines",
    show_default=True,
    help="Where the baselines are.",
)
@click.option("--out", type=click.Path(path_type=Path), metavar="DIR", help="Write history.html and history.json.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def history(
    sessions: tuple[str, ...],
    metrics: tuple[str, ...],
    machine: str | None,
    root: Path,
    out: Path | None,
    as_json: bool,
) -> None:
    """Draw each metric over sessions in the order of time, and mark where it steps. Needs no root.

    Without SESSIONs, of every baseline under results/baselines. Machines and profiles have lines of their own; where
    the kernel, BCC, mitigations or the plan changed, that is marked. Damaged baselines are left out, and said.
    """
    from ringbench.analysis.history.series import METRICS
    from ringbench.data.metrics import COLUMNS
    from ringbench.errors import OptionError, unknown_name
    from ringbench.machine.identity import machine_id
    from ringbench.report.html import history_page
    from ringbench.text import printable

    if sessions:
        refuse_beside("SESSION", "root")
    for name in metrics:
        if name not in COLUMNS:
            raise unknown_name("metric", name, COLUMNS)
    views = _sessions(sessions) if sessions else _baselines(root)
    if machine is not None:
        names = [{history_page.hardware_id(view), machine_id(view.manifest.get("environment") or {})} for view in views]
        if views and not any(machine in known for known in names):
            raise unknown_name("machine", machine, sorted(set().union(*names)))
        views = [view for view, known in zip(views, names, strict=True) if machine in known]
    if not views:
        raise OptionError("there is no session to show: ringbench baseline save SESSION saves one.")
    lines = history_page.lines_of(views, metrics or METRICS)
    written = history_page.write(lines, out) if out is not None else []
    if as_json:
        click.echo(json.dumps(history_page.document(lines), indent=1, allow_nan=False))
    else:
        _show(lines)
    for path in written:
        click.echo(f"history: {printable(str(path))}", err=True)


def _sessions(names: tuple[str, ...]) -> list[SessionView]:
    from ringbench.analysis.view import SessionView
    from ringbench.data.store.folder import read_session

    return [SessionView.of(read_session(name, RESULTS)) for name in names]


def _baselines(root: Path) -> list[SessionView]:
    from ringbench.analysis.history import baselines
    from ringbench.analysis.view import SessionView
    from ringbench.data.store.folder import read_session
    from ringbench.errors import UnreadableSessionError
    from ringbench.text import printable

    found = []
    for each in baselines.listed(root):
        if each.damage:  # not opened: a link in it may lead anywhere
            click.echo(f"left out: {printable(str(each.path))}: {printable(each.damage)}", err=True)
            continue
        try:
            found.append(SessionView.of(read_session(each.path, RESULTS)))
        except UnreadableSessionError as error:
            click.echo(f"left out: {printable(str(error))}", err=True)
    return found


def _show(lines: list[Line]) -> None:
    from rich.console import Console
    from rich.table import Table

    from ringbench.analysis.quantities import amount, count

    console = Console(highlight=False, markup=False, emoji=False)
    for line in lines:
        stepped = line.stepped
        console.print(
            f"{line.name}: {count(len(line.views), 'session')}, {len(stepped)} of "
            f"{count(len(line.series), 'figure')} with a step."
        )
        if not stepped:
            continue
        table = Table(box=None, pad_edge=False, header_style="bold")
        for name in ("figure", "where", "before", "after", "step", ""):
            table.add_column(name, overflow="fold")
        for each in stepped:
            for step in each.steps:
                before, after = (amount(level, each.column.unit) for level in (step.before, step.after))
                reading = "worse" if each.is_worse(step) else "better"
                table.add_row(each.column.title, each.where, before, after, each.words(step), reading)
        console.print(table)
