"""A session, from plan to stored results: runs the trials, stores each as soon as it is done, resumes.

Nothing that was measured is ever lost: a trial is on disk before the next begins, and until the last one is, the
session says that it was interrupted.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ringbench.analysis.answers import answers, session_verdict
from ringbench.analysis.findings import findings
from ringbench.analysis.view import SessionView, plain
from ringbench.data.store import session_json
from ringbench.data.store.folder import SessionWriter
from ringbench.machine import interference, isolation
from ringbench.machine.fingerprint import environment
from ringbench.machine.measured_by import measured_by
from ringbench.run import adaptive
from ringbench.run.session.revision import revision
from ringbench.run.session.trial_runner import TrialRunner
from ringbench.run.trials import trial as trial_module
from ringbench.spec.plan import Plan
from ringbench.spec.trial import Trial


@dataclass(frozen=True)
class Progress:
    """What is told to whoever watches, once before each trial and once after the last."""

    done: int
    total: int
    trial: Trial | None
    invalid: int
    last: tuple[Mapping[str, Any], ...] = ()
    """The rows of the trial that has just ended, one a transport; none before the first."""
    lost: int = 0
    """Events lost so far, of all transports."""


Watcher = Callable[[Progress], None]


def manifest(plan: Plan, versions: dict[str, str | None], command_line: Sequence[str]) -> dict[str, Any]:
    """Return what session.json says at the start, but for times and status: what it takes to measure the same again."""
    return {
        "versions": versions,
        "seed": plan.seed,
        "profile": plan.profile,
        "plan": plan.as_json(),
        "environment": environment(),
        "measured_by": measured_by(),
        "notes": list(plan.notes),
        "command_line": list(command_line),
        "revision": revision(),
    }


def run(plan: Plan, writer: SessionWriter, watch: Watcher, *, keep_events: str = "all") -> None:
    """Measure what *writer* doesn't hold yet, and store it.

    *keep_events*: 'all' trials' events are stored, those of the 'first' block, or 'none'.
    On KeyboardInterrupt and on errors of the environment what was measured is stored and the session stays
    'interrupted'; the exception goes on to the caller.
    """
    isolation.warm_up(trial_module)
    announcer = _Announcer(watch, len(plan.trials), len(writer.done))
    runner = TrialRunner(plan, writer, keep_events=keep_events)
    try:
        with runner:
            while True:
                for trial in plan.trials:
                    if trial.trial not in writer.done:
                        announcer.before(trial)
                        announcer.after(runner.measure(trial))
                grown = adaptive.grown(plan, writer.rows())
                if isinstance(grown, str):
                    runner.notes.append(f"Stopped after {grown}")
                if not isinstance(grown, Plan):
                    break
                plan = runner.plan = grown
                writer.amend(plan=plan.as_json())
                announcer.total = len(plan.trials)
            isolation.wait_for_exits()
    except BaseException:
        writer.finish("interrupted", notes=merged(writer, runner.notes))
        raise
    announcer.before(None)
    writer.finish("complete", notes=merged(writer, runner.notes), **conclusion(writer))


def conclusion(writer: SessionWriter) -> dict[str, Any]:
    """Return what session.json says at the end of a session that is complete: what it is worth, and what it answers."""
    rows = [{name: plain(value) for name, value in row.items()} for row in writer.rows()]
    disturbance = interference.summary(rows)
    about = {**writer.manifest, "status": "complete", "disturbance": disturbance}
    view = SessionView(writer.path.name, about, tuple(rows))
    answered = answers(view, findings(view))
    return {
        "disturbance": disturbance,
        "verdict": session_verdict(view, answered).value,
        "answers": {name: code.value for name, code in answered.items()},
    }


def merged(writer: SessionWriter, notes: Sequence[str]) -> list[str]:
    """Return the session's notes with *notes* behind them, each once."""
    return list(dict.fromkeys([*session_json.notes_of(writer.manifest), *notes]))


@dataclass
class _Announcer:
    """What the watcher is told."""

    watch: Watcher
    total: int
    done: int
    invalid: int = 0
    lost: int = 0
    last: tuple[Mapping[str, Any], ...] = ()

    def before(self, trial: Trial | None) -> None:
        self.watch(Progress(self.done, self.total, trial, self.invalid, self.last, self.lost))

    def after(self, rows: Sequence[Mapping[str, Any]]) -> None:
        self.done += 1
        self.invalid += sum(not row["valid"] for row in rows)
        self.lost += sum(row.get("failed") or 0 for row in rows)  # a trial that broke off has none
        self.last = tuple(rows)
