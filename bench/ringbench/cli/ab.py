"""``ringbench ab``: two versions of the project measured in one go, and the gate's verdict."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ringbench.cli import names
from ringbench.cli.invocation import command_line
from ringbench.cli.options import DURATION, REPEATS, SEED, TIMES

if TYPE_CHECKING:
    from ringbench.run.interleave.rounds import Progress

_EXAMPLES = """\b
Examples:
  sudo ringbench ab --base main                  the checkout as it is, against main
  sudo ringbench ab --base v0.2 --head HEAD      two revisions
  sudo ringbench ab --base HEAD --head HEAD      the gate against itself: nothing may come out
  sudo ringbench ab --base main --max-time 120 --transport ringbuf-reserve
"""


@click.command("ab", epilog=_EXAMPLES)
@click.option("--base", required=True, metavar="REV", help="A revision: a branch, a tag, a commit.")
@click.option("--head", default=".", show_default=True, metavar="REV", help="Another one; . is the checkout as it is.")
@names.option(
    "--profile",
    "profile_name",
    type=names.PROFILE,
    metavar="P",
    default="ci",
    show_default=True,
    help="What is measured:",
)
@names.option("--transport", "transports", type=names.TRANSPORT, metavar="T", multiple=True, help="Only these, of:")
@names.option("--reader", "readers", type=names.READER, metavar="R", multiple=True, help="Only these, of:")
@click.option("--mode", type=names.MODE, metavar="M", help=f"Only trials of this kind. {names.MODE_HELP}")
@click.option("--repeats", type=REPEATS, metavar="N", help="Blocks at most.  [default: the profile's]")
@click.option(
    "--max-time", type=DURATION, default=300.0, metavar="TIME", help=f"Measuring, at most. {TIMES}  [default: 300]"
)
@click.option(
    "--seed",
    type=SEED,
    metavar="N",
    default=1,
    show_default=True,
    help="Random seed for the order of trials and sides.",
)
@click.option("--out", type=click.Path(path_type=Path), metavar="DIR", help="A folder, new or empty.")
@click.option("--all", "everything", is_flag=True, help="Show figures that are the same, too.")
@click.option("--json", "as_document", is_flag=True, help="Print one JSON document.")
@click.option("--quiet", is_flag=True, help="No progress.")
def ab(  # one parameter an option
    base: str,
    head: str,
    profile_name: str,
    transports: tuple[str, ...],
    readers: tuple[str, ...],
    mode: str | None,
    repeats: int | None,
    max_time: float,
    seed: int,
    out: Path | None,
    everything: bool,
    as_document: bool,
    quiet: bool,
) -> int:
    """Measure two versions of this project in turn, and compare them. Needs root, and a clone.

    Each gets a work tree and an environment of its own (half a minute), gone afterwards. They take turns trial by
    trial, and where nothing has to be attached, round by round, so what slows the machine slows both. It stops once
    the answer is clear, at looks whose error rates are accounted for, or when --max-time is up.

    Exit status: 0 no regression; 1 regressed; 2 it cannot be measured; 3 inconclusive.
    """
    from ringbench.analysis.gate.compare import of_sessions
    from ringbench.analysis.view import SessionView
    from ringbench.cli import trial_processes
    from ringbench.cli.compare import report
    from ringbench.cli.run import RESULTS, name_by_time
    from ringbench.data.store import atomic
    from ringbench.data.store.folder import check_new, read_session
    from ringbench.drivers import features
    from ringbench.kernel import cpus, program
    from ringbench.machine import caches, isolation
    from ringbench.machine.lock import exclusive
    from ringbench.run.calibration import calibrated
    from ringbench.run.interleave.ab import BASE, HEAD, measure
    from ringbench.run.interleave.worktree import check_revision, version
    from ringbench.run.planner.options import RunOptions
    from ringbench.run.planner.planner import build
    from ringbench.run.planner.profiles import profile

    check_revision(base)
    check_revision(head)
    trial_processes.prepare()
    choice = RunOptions(transports=transports, readers=readers, mode=mode, repeats=repeats, seed=seed)
    plan = build(profile(profile_name), choice, cpus.online(), features.missing, caches.online_by_cache())
    place = out or RESULTS / f"ab-{name_by_time()}"
    check_new(place)
    program.need_root()
    atomic.make_folder(place)
    with exclusive(), contextlib.ExitStack() as stack:
        isolation.warm_up()
        versions = {}
        for name, asked in ((BASE, base), (HEAD, head)):
            _say(f"preparing {name}: {asked}", quiet=quiet)
            versions[name] = stack.enter_context(version(asked, place / f"{name}.log"))
        with _watching(quiet=quiet) as watch:
            measure(calibrated(plan), versions, place, command_line(), watch, max_time)
    before, after = (SessionView.of(read_session(place / name, place)) for name in (BASE, HEAD))
    return report(of_sessions(before, after, across=("tools",)), place, everything=everything, as_document=as_document)


def _say(text: str, *, quiet: bool) -> None:
    if not quiet:
        click.echo(text, err=True)


@contextlib.contextmanager
def _watching(*, quiet: bool) -> Iterator[Callable[[Progress], None]]:
    """Yield what is told before each trial: a bar where a person watches, else nothing."""
    if quiet or not sys.stderr.isatty():
        yield lambda _: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, TextColumn, TimeElapsedColumn
    from rich.progress import Progress as Bar

    columns: tuple[Any, ...] = (TextColumn("{task.description}", markup=False), BarColumn(24), TimeElapsedColumn())
    with Bar(*columns, console=Console(stderr=True, highlight=False), transient=True, refresh_per_second=4) as bar:
        task = bar.add_task("measuring", total=None)

        def watch(state: Progress) -> None:
            done = (state.block - 1 + state.done / state.total) / state.blocks
            what = (
                f"block {state.block} of at most {state.blocks}: {state.trial.mode} {'+'.join(state.trial.transports)}"
            )
            bar.update(task, total=1.0, completed=done, description=what)

        yield watch
