"""``ringbench list``: what there is to choose from."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from ringbench.analysis.gate.registry import Judged


def catalogue() -> dict[str, list[dict[str, Any]]]:
    """Return everything that can be chosen, by kind; each entry has a name and whether it is available here."""
    from ringbench.analysis.gate.registry import JUDGED
    from ringbench.data.metrics import METRICS
    from ringbench.drivers import features
    from ringbench.drivers.readers import READERS
    from ringbench.drivers.transports import TRANSPORTS, USER_SPACE
    from ringbench.drivers.waits import WAITS
    from ringbench.drivers.workloads import WORKLOADS
    from ringbench.run.planner.profiles import PROFILES
    from ringbench.spec.placement import PLACEMENTS
    from ringbench.spec.wakeups import WAKEUPS

    return {
        "transports": [
            {"name": t.name, "what": t.description, "wakeups": list(t.wakeups), **_availability(features.missing(t))}
            for t in (*TRANSPORTS.values(), *USER_SPACE.values())
        ],
        "readers": [
            {"name": r.name, "usage": r.usage or r.name, "what": r.description, **_availability(r.missing())}
            for r in READERS.values()
        ],
        "wakeups": [
            {"name": w.name, "available": True, "usage": w.usage, "what": w.description} for w in WAKEUPS.values()
        ],
        "workloads": [
            {"name": w.name, "usage": w.usage, "what": w.description, **_availability(w.missing())}
            for w in WORKLOADS.values()
        ],
        "profiles": [
            {"name": p.name, "available": True, "what": p.description, "repeats": p.repeats, "duration_s": p.duration_s}
            for p in PROFILES.values()
        ],
        "metrics": [
            {
                "name": m.name,
                "available": True,
                "what": m.question,
                "columns": [c.name for c in m.columns],
                "judged": [_judged(JUDGED[c.name]) for c in m.columns if c.name in JUDGED],
            }
            for m in METRICS
        ],
        "waits": [
            {"name": w.name, "usage": w.usage, "what": w.description, **_availability(features.missing(w))}
            for w in WAITS.values()
        ],
        "placements": [{"name": name, "available": True, "what": what} for name, what in PLACEMENTS.items()],
    }


def _judged(judged: Judged) -> dict[str, Any]:
    """Return how the regression gate judges a column."""
    return {
        "column": judged.column.name,
        "better": judged.column.better,
        "judged_by": judged.kind,
        "smallest_effect": judged.smallest,
    }


def _availability(missing: str | None) -> dict[str, Any]:
    return {"available": True} if missing is None else {"available": False, "missing": missing}


_EXAMPLE = """\b
Example:
  ringbench list
  ringbench list --json | jq '.workloads[].name'
"""


@click.command("list", epilog=_EXAMPLE)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def list_(as_json: bool) -> None:
    """List transports, readers, wake-ups, workloads, profiles and metrics.

    Transports and waits that not every kernel and compiler has are tried first, as far as root asks; others see all.
    """
    from ringbench import cli
    from ringbench.machine import isolation

    isolation.preload(cli)
    entries = catalogue()
    if as_json:
        click.echo(json.dumps(entries, indent=2))
        return
    from rich.console import Console
    from rich.table import Table

    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("")
    table.add_column("name", no_wrap=True)
    table.add_column("what it is")
    for kind, rows in entries.items():
        for number, row in enumerate(rows):
            missing = "" if row["available"] else f" [not available here: {row['missing']}]"
            name = str(row.get("usage", row["name"]))
            table.add_row(kind if number == 0 else "", name, row["what"] + missing, end_section=row is rows[-1])
    Console(highlight=False, markup=False).print(table)
