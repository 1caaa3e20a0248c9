"""``ringbench doctor``: what this machine can measure, and what disturbs it."""

from __future__ import annotations

import dataclasses
import json
import os
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from ringbench.drivers.features import Feature
    from ringbench.machine import Finding

_LOOKS = {"ok": ("ok", "green"), "matters": ("matters", "yellow"), "blocks": ("BLOCKS", "bold red")}


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document instead of the table.")
@click.pass_context
def doctor(context: click.Context, as_json: bool) -> None:
    """Show what this machine can measure, and what disturbs it. Changes nothing.

    Each line is a setting or a disturbance: what was seen, and whether it matters. Below stands why, for which metrics,
    and what would change it. Exit status 0 if everything that a measurement needs is there, 2 if something blocks it.

    Then what other designs than the two buffers are made of, each tried, with the words of who refused it. Only root
    can try.

    \b
    Example:
      sudo ./with-env ringbench doctor
      sudo ./with-env ringbench doctor --json | jq '.findings[] | select(.verdict != "ok")'
    """
    from ringbench import cli, machine
    from ringbench.drivers import features
    from ringbench.machine import isolation

    isolation.preload(cli)
    findings = machine.examine()
    blocked = [finding.name for finding in findings if finding.verdict == "blocks"]
    tried = features.features() if os.geteuid() == 0 else None
    if as_json:
        document = {
            "can_measure": not blocked,
            "findings": [dataclasses.asdict(finding) for finding in findings],
            "designs": None if tried is None else [dataclasses.asdict(feature) for feature in tried],
        }
        click.echo(json.dumps(document, indent=2))
    else:
        _show(findings)
        _show_designs(tried)
        click.echo(
            f"Cannot measure here: {', '.join(blocked)}." if blocked else "Everything a measurement needs is here."
        )
    context.exit(2 if blocked else 0)


def _show(findings: list[Finding]) -> None:
    """Print the findings as a table; below, for each that is not ok, why, for which metrics, and what changes it."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    console = Console(highlight=False)
    table = Table(box=None, pad_edge=False, show_edge=False)
    for title in ("setting", "verdict", "seen"):
        table.add_column(title, overflow="fold")
    for finding in findings:
        word, style = _LOOKS[finding.verdict]
        # Text, not markup: what was seen is the system's own wording
        table.add_row(Text(finding.name), Text(word, style), Text(finding.seen))
    console.print(table)
    console.print()
    for finding in findings:
        if finding.verdict != "ok":
            console.print(Text(f"{finding.name}: {finding.why}."))
            if finding.metrics:
                console.print(Text(f"  metrics it touches: {', '.join(finding.metrics)}"))
            if finding.fix:  # never broken into lines: it is there to be copied
                console.print(Text(f"  to change it: {finding.fix}"), soft_wrap=True)
    console.print()


def _show_designs(tried: list[Feature] | None) -> None:
    """Print what came of trying what designs are made of."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    console = Console(highlight=False)
    if tried is None:
        console.print("Designs: what this kernel and BCC can beside the two buffers, only root can try.\n")
        return
    table = Table(box=None, pad_edge=False, show_edge=False)
    for title in ("what designs are made of", "", "said"):
        table.add_column(title, overflow="fold")
    for feature in tried:
        word, style = ("can", "green") if feature.able else ("cannot", "yellow")
        table.add_row(Text(feature.name), Text(word, style), Text(feature.said))
    console.print(table)
    console.print()
