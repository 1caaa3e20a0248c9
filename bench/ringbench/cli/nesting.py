"""``ringbench nesting``: programs that interrupt each other on one CPU, and what each transport makes of it."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ringbench.cli import names
from ringbench.cli.options import DURATION, TIMES, OutputFile, refuse_beside

if TYPE_CHECKING:
    from ringbench.tools.nesting.table import Document

SMALL_BYTES = 8192
"""A buffer that is full most of the time, looked at as seldom as it is."""
_PATIENCE_S = 60.0

_EXAMPLES = """\b
Examples:
  sudo ringbench nesting                         every transport, in half a minute
  sudo ringbench nesting --transport perf --json | jq '.depth'
  ringbench nesting --from results/reference/nested/nested.json
"""


@click.command("nesting", epilog=_EXAMPLES)
@names.option(
    "--transport", "transports", type=names.NESTED_TRANSPORT, metavar="T", multiple=True, help="Only these, of:"
)
@click.option(
    "--duration", type=DURATION, default=1.0, metavar="TIME", help=f"Window of each measurement. {TIMES}  [default: 1]"
)
@click.option("--from", "stored", type=click.Path(path_type=Path), metavar="FILE", help="Show what FILE holds.")
@click.option("--out", type=OutputFile(), metavar="FILE", help="Write the JSON document there, too.")
@click.option("--markdown", is_flag=True, help="Print the tables in Markdown.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def nesting(
    transports: tuple[str, ...], duration: float, stored: Path | None, out: Path | None, markdown: bool, as_json: bool
) -> int:
    """Interrupt programs while their records are under way, ten thousand times a second. Needs root, but for --from.

    A timer's program runs over a tracepoint's on the same CPU; both submit to the same transport, in a buffer of 1 MiB
    and in one that is full. For each transport: whether the account is exact, whether a record is torn, in which order
    the two records come, and at which depth submissions are refused. docs/nesting.md explains the figures.

    Exit status 3 where an account doesn't balance, or a record is torn.
    """
    from ringbench.data.store import atomic
    from ringbench.tools.nesting import table

    if stored is not None:
        refuse_beside("--from", "transports", "duration")
    if as_json:
        refuse_beside("--json", "markdown")
    found = _measure(transports, duration) if stored is None else table.read(stored)
    text = json.dumps(found, indent=1)
    if out is not None:
        out.parent.mkdir(parents=True, exist_ok=True)
        atomic.write(out, (text + "\n").encode())
    if as_json:
        click.echo(text)
    elif markdown:
        click.echo(table.markdown(found))
    else:
        table.show(found)
    return 3 if any(each["account_error"] or each["interruptions"]["torn"] for each in found["nested"]) else 0


def _measure(names: Sequence[str], seconds: float) -> Document:
    from ringbench import cli
    from ringbench.kernel import program, tracepoints
    from ringbench.kernel.probe import nested as probe
    from ringbench.machine import isolation
    from ringbench.machine.lock import exclusive
    from ringbench.tools.nesting import depth
    from ringbench.tools.nesting import nested as measuring

    program.need_root()
    isolation.warm_up(cli, measuring, depth)
    chosen = _available(names)
    volumes: list[dict[str, Any]] = []
    depths: list[dict[str, Any]] = []
    with exclusive(), tracepoints.keep_enabled(probe().tracepoints):
        for name in chosen:
            for nbytes, pause_s in (
                (measuring.BUFFER_BYTES, measuring.PAUSE_S),
                (SMALL_BYTES, measuring.LONG_PAUSE_S),
            ):
                patience_s = seconds + _PATIENCE_S
                volume = isolation.run(measuring.measure, name, seconds, nbytes, pause_s, timeout_s=patience_s)
                volumes.append(dataclasses.asdict(volume))
            depths.append(dataclasses.asdict(isolation.run(depth.measure, name, timeout_s=_PATIENCE_S)))
        isolation.wait_for_exits()
    return {"schema_version": 1, "machine": _machine(), "nested": volumes, "depth": depths}


def _available(names: Sequence[str]) -> list[str]:
    """Return the transports called *names*, or all that can be had here; MissingRequirementError where one cannot."""
    from ringbench.drivers import features
    from ringbench.drivers.transports import find_transport, transports_carrying
    from ringbench.errors import MissingRequirementError
    from ringbench.spec.record import NESTED

    able = []
    for each in map(find_transport, names or transports_carrying(NESTED.struct)):
        if (reason := features.missing(each)) is None:
            able.append(each.name)
        elif names:
            raise MissingRequirementError(
                f"{each.name} is not available here: {reason}. `ringbench list` shows what is."
            )
        else:
            click.echo(f"left out: {each.name}: {reason}.", err=True)
    return able


def _machine() -> dict[str, Any]:
    import platform

    from ringbench.kernel import cpus

    return {"kernel": platform.release(), "architecture": platform.machine(), "cpus": len(cpus.online())}
