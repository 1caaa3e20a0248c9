"""``ringbench baseline``: sessions that later ones are compared with."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from ringbench.analysis.history.baselines import Baseline

RESULTS = Path("results")
_EXAMPLES = """\b
Examples:
  ringbench baseline save latest               the newest session, for this machine and profile
  ringbench baseline save results/x --keep 30  and only the newest thirty of its kind stay
  ringbench baseline list
  ringbench compare baseline latest            compare with the newest
"""


@click.group("baseline", epilog=_EXAMPLES)
def baseline() -> None:
    """Save, list and show baselines: results/baselines/MACHINE/NAME. Needs no root.

    A machine is its hardware, its kernel and what it is set to: after an update of the kernel there is no baseline yet.
    """


@baseline.command("save")
@click.argument("session", metavar="SESSION")
@click.option("--name", metavar="NAME", help="[default: by its time, and its revision]")
@click.option(
    "--keep",
    type=click.IntRange(min=1),
    metavar="N",
    help="Remove older ones of the same machine and profile beyond N.",
)
def save(session: str, name: str | None, keep: int | None) -> None:
    """Save SESSION, a folder or `latest`, without its events and pages."""
    from ringbench.analysis.history import baselines
    from ringbench.data.store.folder import read_session
    from ringbench.text import printable

    stored = read_session(session, RESULTS)
    click.echo(printable(str(baselines.save(stored, RESULTS / baselines.FOLDER, name, keep))))


@baseline.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def list_(as_json: bool) -> None:
    """List what is saved, by machine and time."""
    from rich.console import Console
    from rich.table import Table

    from ringbench.analysis.history import baselines
    from ringbench.text import printable

    found = baselines.listed(RESULTS / baselines.FOLDER)
    if as_json:
        click.echo(json.dumps([_plain(each) for each in found], indent=1))
        return
    if not found:
        click.echo("No baseline is saved here. ringbench baseline save SESSION saves one.")
        return
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in ("machine", "name", "profile", "revision"):
        table.add_column(column, overflow="fold")
    for each in found:
        table.add_row(
            printable(each.machine), printable(each.name), each.damage or each.profile, (each.revision or "")[:12]
        )
    Console(highlight=False, markup=False).print(table)


@baseline.command("show")
@click.argument("name")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def show(name: str, as_json: bool) -> None:
    """Show the baseline NAME, or the `latest`: its figures, as ringbench report does."""
    from ringbench.data.store.folder import read_session
    from ringbench.report.document.session_document import as_json as document
    from ringbench.report.document.session_document import dumps
    from ringbench.report.terminal.session_screen import show as shown

    stored = read_session(_found(name).path, RESULTS)
    if as_json:
        click.echo(dumps(document(stored)))
    else:
        shown(stored, [])


def _found(name: str) -> Baseline:
    from ringbench.analysis.history import baselines
    from ringbench.errors import OptionError, unknown_name

    readable = [each for each in baselines.listed(RESULTS / baselines.FOLDER) if not each.damage]
    if not readable:
        raise OptionError("no baseline is saved here. Save one with: ringbench baseline save SESSION")
    if name == "latest":
        return max(readable, key=lambda each: each.started.timestamp() if each.started else 0.0)
    chosen = [each for each in readable if each.name == name]
    if not chosen:
        raise unknown_name("baseline", name, [each.name for each in readable])
    if len(chosen) > 1:
        raise OptionError(f"{len(chosen)} machines have a baseline {name}: name its folder to `ringbench report`.")
    return chosen[0]


def _plain(each: Baseline) -> dict[str, Any]:
    return {
        "machine": each.machine,
        "name": each.name,
        "path": str(each.path),
        "profile": each.profile,
        "revision": each.revision,
        "started": None if each.started is None else each.started.isoformat(),
        "damage": each.damage or None,
    }
