"""``ringbench order``: in what order recorded events came, how late they were, and how long a consumer must wait."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from ringbench.analysis.order.survey import Surveyed
    from ringbench.data.order.readings import Tell

_EXAMPLES = """\b
Examples:
  ringbench order latest                    the first repeat of each setting whose events were kept
  ringbench order results/reference/events/0004.parquet
  ringbench order big.parquet --json | jq '.recordings[].windows'
"""


@click.command("order", epilog=_EXAMPLES)
@click.argument("recorded", metavar="SESSION|EVENTS.parquet")
@click.option("--json", "as_document", is_flag=True, help="Print one JSON document instead of the tables.")
def order(recorded: str, as_document: bool) -> None:
    """Analyse the order and the latency of recorded events. Needs no root.

    Given is a session's folder, `latest`, or any parquet file with the columns ts_ns, received_ns, cpu, kind, pid and
    birth (comm and transport if they are there), in the order in which its events were delivered; it may be larger than
    memory. For each transport: every event that came late and by how much, who made the disorder, how long to hold
    events back so that 99 %, 99.9 %, 99.99 % and all come out in order and what that keeps in memory, what merging and
    sorting leave, latency from stamp to reader, and the ten worst violations as they happened.

    Names in the JSON are those of trials.parquet. docs/order.md says how each figure is defined.
    """
    from ringbench.cli.order_progress import reading
    from ringbench.report.document.order_document import as_json
    from ringbench.report.document.session_document import dumps
    from ringbench.report.terminal.order_screen import show

    with reading() as tell:
        found = _surveyed(recorded, tell)
    if as_document:
        click.echo(dumps({"recordings": [as_json(each) for each in found]}))
    else:
        show(found)


def _surveyed(recorded: str, tell: Tell) -> list[Surveyed]:
    from ringbench.analysis.order.survey import of_file, survey
    from ringbench.data.store.folder import read_session

    path = Path(recorded)
    if recorded != "latest" and path.exists() and not path.is_dir():
        return of_file(path, tell)
    return survey(read_session(recorded, Path("results")), tell)
