"""Progress of a session on standard error: a bar where a person watches, a line a trial where nobody does."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import click
from rich.console import Console, RenderableType
from rich.progress import BarColumn, MofNCompleteColumn, Progress, ProgressColumn, Task, TextColumn
from rich.table import Column
from rich.text import Text

from ringbench.run.session.session import Progress as State
from ringbench.run.session.session import Watcher
from ringbench.spec.plan import Plan
from ringbench.text import printable

_MINUTE = 60


@contextlib.contextmanager
def watching(plan: Plan, *, quiet: bool) -> Iterator[Watcher]:
    """Yield what a session calls before each trial and after the last.

    A command's own output would be overdrawn, so beside one there is no bar.
    """
    if quiet:
        yield lambda _: None
    elif plan.command or not sys.stderr.isatty():
        yield _line
    else:
        with _bar(len(plan.trials)) as watch:
            yield watch


@contextlib.contextmanager
def _bar(trials: int) -> Iterator[Watcher]:
    console = Console(stderr=True, highlight=False)
    # Four times a second: at rich's own pace it takes a hundredth of a CPU from what is measured.
    with _TwoLines(console=console, transient=True, refresh_per_second=4) as bar:
        task = bar.add_task("warming up", total=trials)

        def watch(state: State) -> None:
            for warning in warnings(state.last):
                console.print(Text.assemble(("! ", "bold yellow"), warning))
            bar.last = Text(f"last: {said(state.last)}" if state.last else "", "dim", no_wrap=True, overflow="ellipsis")
            lost = f"{state.lost:,} lost so far" if state.last else "measuring"
            bar.update(task, completed=state.done, total=state.total, description=lost)

        yield watch


class _TwoLines(Progress):
    """A bar, and below it what came last: always two lines, each cut at the terminal's edge, so that nothing jumps."""

    def __init__(self, **options: Any) -> None:
        count, left, words = (Column(no_wrap=True) for _ in range(3))
        super().__init__(
            BarColumn(bar_width=16),
            MofNCompleteColumn(table_column=count),
            _Left(table_column=left),
            TextColumn("{task.description}", markup=False, table_column=words),
            **options,
        )

    last = Text("")

    def get_renderables(self) -> Iterator[RenderableType]:
        """Yield the two lines."""
        yield self.make_tasks_table(self.tasks)
        yield self.last


class _Left(ProgressColumn):
    """What is left, in minutes: the mean of the trials so far, times those to come."""

    def render(self, task: Task) -> Text:
        if not task.completed or task.total is None or task.elapsed is None:
            return Text("")
        left = task.elapsed / task.completed * (task.total - task.completed)
        return Text(f"{left / _MINUTE:.0f} min left" if left >= _MINUTE else "< 1 min left")


def _line(state: State) -> None:
    """Write the trial that has just ended as one line."""
    if not state.last:
        return
    click.echo(f"[{state.done}/{state.total}] {said(state.last)}", err=True)
    for warning in warnings(state.last):
        click.echo(f"! {warning}", err=True)


def said(rows: Sequence[Mapping[str, Any]]) -> str:
    """Return what was measured and what came out: 'paired fork-exec bulk/none: perf 41,708/s, …'."""
    row = rows[0]
    what = f"{row['mode']} {row['workload']} {row['reader']}/{row['wakeup']}"
    return f"{printable(what)}: {rates(rows)}"


def rates(rows: Sequence[Mapping[str, Any]]) -> str:
    """Return 'perf 41,708/s, ringbuf-reserve 39,486/s, 12 lost'; of a trial without a rate, how many events it had."""
    told = []
    for row in rows:
        rate, lost = row.get("events_per_s"), row.get("failed")
        many = f"{rate:,.0f}/s" if rate is not None else f"{row.get('delivered') or 0:,} events"
        told.append(f"{printable(str(row['transport']))} {many}{f', {lost:,} lost' if lost else ''}")
    return ", ".join(told)


def warnings(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return what is wrong with a trial: that it is invalid, or was disturbed."""
    said = []
    for row in rows:
        if not row["valid"]:
            said.append(f"trial {row['trial']}, {row['transport']}: invalid: {row['invalid_reason']}")
        if row.get("disturbed"):
            said.append(f"trial {row['trial']} was disturbed: {row['disturbed']}")
    return [printable(text) for text in dict.fromkeys(said)]
