"""``ringbench ringdump``: a ringbuf as it lies in memory, live or recorded."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ringbench.cli.options import OutputFile
from ringbench.errors import MissingRequirementError, OptionError

if TYPE_CHECKING:
    from ringbench.tools.ringdump.dump import RingDump

_FIGURES = ("png", "svg")
_EXAMPLES = """\b
Examples:
  sudo ringbench ringdump                            step by step, from an empty ring to a full one
  sudo ringbench ringdump --save rings.json --plot rings.svg
  ringbench ringdump rings.json                      the same again, without root
  sudo ringbench ringdump --map-id 42                a ring of another program, as it is now
  ringbench ringdump rings.json --json | jq '.scenes[].records[] | select(.busy)'
"""


@click.command("ringdump", epilog=_EXAMPLES)
@click.argument("file", required=False, type=click.Path(path_type=Path))
@click.option(
    "--map-id",
    type=click.IntRange(1, (1 << 32) - 1),
    metavar="ID",
    help="Take a snapshot of the ringbuf with this map id (bpftool map). Its reader and producers notice nothing.",
)
@click.option("--save", type=OutputFile(), metavar="FILE", help="Write all that was seen, as JSON.")
@click.option("--plot", type=OutputFile(), metavar="FILE.png|svg", help="Draw it.")
@click.option("--json", "as_document", is_flag=True, help="Print one JSON document instead of the text.")
def ringdump(file: Path | None, map_id: int | None, save: Path | None, plot: Path | None, as_document: bool) -> None:
    """Show a BPF ringbuf as it lies in its mapped memory.

    Consumer's and producer's positions, and each record between them: its header with length, busy and discard flags,
    the bytes that it takes, and whether it wraps at the end of the data. Step by step: an empty ring, one record,
    several lengths, a discarded record, a reservation that is not submitted yet and what that does to all behind it,
    the wrap, and a full ring. FILE, written by --save, is shown without root.

    The steps are made in a ring of this command's own, of one page; nothing is attached to the system, and nothing
    stays behind. What --save writes of another program's ring holds that program's data. docs/ringdump.md has more.
    """
    if file is not None and map_id is not None:
        raise OptionError("give a recorded FILE or --map-id ID, not both.")
    if plot is not None and _format(plot) not in _FIGURES:
        raise OptionError(f"--plot {plot}: a figure is a .png or an .svg. Try {plot.with_suffix('.png')}.")
    dump = _dump(file, map_id)
    if save is not None:
        from ringbench.tools.ringdump import dump_json

        dump_json.write(save, dump)
        _say_where(save)
    if plot is not None:
        from ringbench.data.store import atomic
        from ringbench.report.figures import ringdump_figure, style

        atomic.write(plot, style.render(ringdump_figure.draw(dump), _format(plot)))
        _say_where(plot)
    if as_document:
        from ringbench.report.document.ringdump_document import as_json
        from ringbench.report.document.session_document import dumps

        click.echo(dumps(as_json(dump)))
    else:
        from ringbench.report.terminal.ringdump_screen import show

        show(dump)


def _dump(file: Path | None, map_id: int | None) -> RingDump:
    if file is not None:
        from ringbench.tools.ringdump import dump_json

        return dump_json.read(file)
    if os.geteuid() != 0:
        raise MissingRequirementError(
            "a live ring takes root: run `sudo ./with-env ringbench ringdump`, or give a recorded FILE."
        )
    from ringbench.tools.ringdump import steps

    return steps.live() if map_id is None else steps.of_map(map_id)


def _format(plot: Path) -> str:
    return plot.suffix.lower().removeprefix(".")


def _say_where(path: Path) -> None:
    from ringbench.text import printable

    click.echo(f"ringdump: {printable(str(path))}", err=True)
