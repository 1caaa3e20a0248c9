"""Progress of a session on standard error: a bar where a person watches, nothing in CI."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.text import Text

from bench.plan import Plan
from bench.session import Progress as State
from bench.session import Watcher


@contextlib.contextmanager
def watching(plan: Plan, *, quiet: bool) -> Iterator[Watcher]:
    """Yield what a session calls before each trial. A command's own output would be overdrawn, so it gets no bar."""
    if quiet or plan.command or not sys.stderr.isatty():
        yield lambda _: None
        return
    console = Console(stderr=True, highlight=False)
    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(bar_width=24),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
    )
    # Four times a second: at rich's own pace it takes a hundredth of a CPU from what is measured.
    with Progress(*columns, console=console, transient=True, refresh_per_second=4) as bar:
        task = bar.add_task("warming up", total=len(plan.trials))

        def watch(state: State) -> None:
            what = "done"
            if state.trial is not None:
                trial = state.trial
                what = f"{trial.workload} {'+'.join(trial.transports)} {trial.reader}/{trial.wakeup}"
            if state.invalid:
                what += f" ({state.invalid} invalid)"
            bar.update(task, completed=state.done, total=state.total, description=Text(what).plain)

        yield watch
