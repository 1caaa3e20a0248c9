"""``ringbench claims``: published statements, judged on this machine."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ringbench.cli.options import REPEATS, SEED, refuse_beside

if TYPE_CHECKING:
    from ringbench.analysis.claims.claim import Claim

_EXAMPLES = """\b
Examples:
  sudo ringbench claims                        all of them, in about ten minutes
  sudo ringbench claims --only ringbuf-order   one
  ringbench claims --list                      what is claimed, where, and made under which conditions
  ringbench claims --from results/claims       judge what is stored already, without root
"""


@click.command("claims", epilog=_EXAMPLES)
@click.option("--list", "listing", is_flag=True, help="Show the claims and their sources; measure nothing.")
@click.option("--only", "ids", metavar="ID", multiple=True, help="Only this claim, by its id or number.")
@click.option("--from", "session", metavar="SESSION", help="Judge what SESSION holds (a folder, or `latest`).")
@click.option("--repeats", type=REPEATS, metavar="N", help="How often each scenario is measured.  [default: 10]")
@click.option("--seed", type=SEED, metavar="N", default=1, show_default=True, help="Random seed for the trial order.")
@click.option("--out", type=click.Path(path_type=Path), metavar="DIR", help="The session's folder, new or empty.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
@click.option("--quiet", is_flag=True, help="No progress.")
def claims_(
    listing: bool,
    ids: tuple[str, ...],
    session: str | None,
    repeats: int | None,
    seed: int,
    out: Path | None,
    as_json: bool,
    quiet: bool,
) -> int:
    """Measure what published statements claim, and judge each by the intervals. Needs root, but for --list and --from.

    A verdict is one of: holds; holds only when …; does not hold; can't be told here. It follows from measured
    intervals: a condition holds if its whole interval lies on the claim's side. Where the statement was made with more
    than one thing differing at a time, its figure is marked as confounded. The session is stored as any other;
    claims.md is written into it.
    """
    from ringbench.analysis.claims import claims

    chosen = claims(ids)
    if listing:
        refuse_beside("--list", "session", "repeats", "seed", "out")
        _list(chosen, as_json)
        return 0
    if session is not None:
        refuse_beside("--from", "repeats", "seed", "out", "quiet")
        return _judge(session, ids, as_json)
    from ringbench.analysis.claims import profile
    from ringbench.cli.measure import measured
    from ringbench.cli.run import RESULTS, name_by_time
    from ringbench.kernel import cpus
    from ringbench.machine import caches
    from ringbench.run.planner.options import RunOptions
    from ringbench.run.planner.planner import build

    plan = build(
        profile(chosen), RunOptions(repeats=repeats, seed=seed), cpus.online(), caches=caches.online_by_cache()
    )
    place = out or RESULTS / name_by_time()
    stored = measured(plan, place, keep_events="none", quiet=quiet)
    if stored is None:
        return 3
    return _judge(str(place), ids, as_json)


def _judge(session: str, ids: tuple[str, ...], as_json: bool) -> int:
    from ringbench.analysis.claims import claims, judged
    from ringbench.analysis.claims.claim import as_json as plain
    from ringbench.analysis.view import SessionView
    from ringbench.data.store import atomic
    from ringbench.data.store.folder import read_session
    from ringbench.report.markdown.claims_table import markdown, show

    stored = read_session(session, Path("results"))
    view = SessionView.of(stored)
    found = judged(view, claims(ids))
    atomic.write(stored.path / "claims.md", markdown(view, found).encode())
    if as_json:
        click.echo(json.dumps([plain(each) for each in found], indent=2))
    else:
        show(view, found, stored.path / "claims.md")
    return 3 if view.invalid or view.inconclusive else 0


def _list(chosen: Sequence[Claim], as_json: bool) -> None:
    if as_json:
        rows = [{"id": c.id, "statement": c.statement, "source": c.source, "verdict": None} for c in chosen]
        click.echo(json.dumps(rows, indent=2))
        return
    from ringbench.report.markdown.claims_table import listing

    listing(chosen)
