"""A session, from plan to stored results: runs the trials, stores each as soon as it is done, resumes.

Nothing that was measured is ever lost: a trial is on disk before the next begins, and until the last one is, the
session says that it was interrupted.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench import capacity, disturbance, isolation, overhead
from bench import trial as trial_module
from bench.disturbance import Meanwhile
from bench.errors import MeasurementInvalid
from bench.event import Events
from bench.kernel import attached, tracepoints, weigh
from bench.kernel import cpus as cpu_lists
from bench.machine.fingerprint import environment
from bench.machine.moment import Moment
from bench.plan import Plan
from bench.read_back import read_back, waited
from bench.rows import Weights, broken_row, row_of
from bench.scenario import Trial
from bench.store.folder import SessionWriter
from bench.transports import transport
from bench.trial import Outcome
from bench.workloads import probe

_STATISTICS = Path("/proc/sys/kernel/bpf_stats_enabled")
_PATIENCE_S = 60.0
"""How much longer than planned a trial may take before it is given up."""
_DISK_PATIENCE_S = 240.0
"""And how much longer, where its events are on their way to a slow disk."""
_CAPTURED = frozenset({"paired", "isolated"})
"""Modes whose events can be written to disk meanwhile; the others keep none."""

MEASURES: dict[str, Callable[..., Outcome]] = {
    "paired": trial_module.measure,
    "isolated": trial_module.measure,
    "capacity": capacity.measure,
    "overhead": overhead.measure,
}
"""What measures a trial, by its mode."""

_Found = tuple[list[dict[str, Any]], Mapping[str, Events] | Path, tuple[str, ...]]
"""Rows, events (or where they are), and notes."""


@dataclass(frozen=True)
class Progress:
    """What is told to whoever watches, once before each trial and once after the last."""

    done: int
    total: int
    trial: Trial | None
    invalid: int


Watcher = Callable[[Progress], None]


def manifest(plan: Plan, versions: dict[str, str | None], command_line: Sequence[str]) -> dict[str, Any]:
    """Return what session.json says at the start, but for times and status: what it takes to measure the same again."""
    return {
        "versions": versions,
        "seed": plan.seed,
        "profile": plan.profile,
        "plan": plan.as_json(),
        "environment": environment(),
        "notes": list(plan.notes),
        "command_line": list(command_line),
    }


def run(plan: Plan, writer: SessionWriter, watch: Watcher, *, keep_events: str = "all") -> None:
    """Measure what *writer* doesn't hold yet, and store it.

    *keep_events*: 'all' trials' events are stored, those of the 'first' block, or 'none'.
    On KeyboardInterrupt and on errors of the environment what was measured is stored and the session stays
    'interrupted'; the exception goes on to the caller.
    """
    isolation.warm_up()
    told = _Told(watch, len(plan.trials), len(writer.done))
    notes = _already_on()
    try:
        weights = _weigh(plan)
        names = sorted(_tracepoints(plan))
        with tracepoints.held(names) as held:
            surroundings = _Surroundings(held, names)
            while True:
                for trial in plan.trials:
                    if trial.trial not in writer.done:
                        told.before(trial)
                        keep = keep_events == "all" or (keep_events == "first" and trial.block == 1)
                        with _place(trial, plan, writer) as place:
                            rows, events, said = _one(trial, plan, weights, surroundings, place)
                            writer.add(rows, events if keep else {})
                        notes.extend(note for note in said if note not in notes)
                        told.after(rows)
                grown = plan.grown(writer.rows())
                if isinstance(grown, str):
                    notes.append(f"Stopped after {grown}")
                if not isinstance(grown, Plan):
                    break
                plan = grown
                writer.amend(plan=plan.as_json())
                told.total = len(plan.trials)
            isolation.settle()
    except BaseException:
        writer.finish("interrupted", notes=_merged(writer, notes))
        raise
    told.before(None)
    writer.finish("complete", notes=_merged(writer, notes), disturbance=disturbance.summary(writer.rows()))


def _already_on() -> list[str]:
    """Return a note where others had the run statistics switched on: they bear on trials that would have them off."""
    with contextlib.suppress(OSError):
        if int(_STATISTICS.read_text()):
            return [
                "kernel.bpf_stats_enabled was on already: each run of a BPF program reads the clock twice more, "
                "in every stage of an overhead trial, too."
            ]
    return []


@dataclass
class _Told:
    """What the watcher is told."""

    watch: Watcher
    total: int
    done: int
    invalid: int = 0

    def before(self, trial: Trial | None) -> None:
        self.watch(Progress(self.done, self.total, trial, self.invalid))

    def after(self, rows: Sequence[Mapping[str, Any]]) -> None:
        self.done += 1
        self.invalid += sum(not row["valid"] for row in rows)


@dataclass(frozen=True)
class _Surroundings:
    """What else is looked at before and after each trial."""

    held: Sequence[int]
    """Perf events on the session's tracepoints, named by *names*."""
    names: Sequence[str]

    def look(self) -> tuple[Moment, int | None]:
        return Moment.now(), attached.programs(self.held, self.names)


@contextlib.contextmanager
def _place(trial: Trial, plan: Plan, writer: SessionWriter) -> Iterator[Path | None]:
    """Yield where *trial*'s events may be written while it runs; what is still there afterwards is removed."""
    if plan.events_to != "disk" or trial.mode not in _CAPTURED:
        yield None
        return
    place = writer.capture_place()
    try:
        yield place
    finally:
        place.unlink(missing_ok=True)


def _one(trial: Trial, plan: Plan, weights: Weights, surroundings: _Surroundings, place: Path | None) -> _Found:
    isolation.settle()  # the last trial's own programs are gone, so those that are seen are others'
    before, programs = surroundings.look()
    rows, events, notes = _measured(trial, plan, weights, place)
    isolation.settle()
    after, programs_after = surroundings.look()
    if programs is not None and programs_after is not None:
        programs = max(programs, programs_after)
    meanwhile = Meanwhile(before, after, programs).columns()
    return [{**row, **meanwhile} for row in rows], events, notes


def _measured(trial: Trial, plan: Plan, weights: Weights, place: Path | None) -> _Found:
    began = time.monotonic()
    patience = None if plan.command else plan.warmup_s + plan.duration_s + _PATIENCE_S
    asked: tuple[object, ...] = (trial, plan)
    if place is not None:
        asked += (place,)
        patience = None if patience is None else patience + _DISK_PATIENCE_S
    try:
        outcome = isolation.run(MEASURES[trial.mode], *asked, timeout_s=patience)
    except MeasurementInvalid as error:
        return [broken_row(trial, plan, name, str(error)) for name in trial.transports], {}, ()
    trial_s = time.monotonic() - began
    captured = place if outcome.captured else None
    if captured is not None:
        outcome = read_back(trial.trial, outcome, captured)
    rows = [row_of(trial, plan, outcome, share, weights, trial_s) for share in outcome.shares]
    events = {s.transport: s.recording.events for s in outcome.shares if s.recording.events is not None}
    notes = outcome.notes + waited(trial.trial, outcome.shares)
    if outcome.births_refused:
        notes += (f"trial {trial.trial}: {outcome.births_refused} lives could not be named, the map was full.",)
    return rows, events if captured is None else captured, notes


def _tracepoints(plan: Plan) -> set[str]:
    """Return the tracepoints of every probe in the plan; a capacity trial attaches nothing."""
    trials = [trial for trial in plan.trials if trial.mode != "capacity"]
    return {name for trial in trials for name in probe(trial.workload, trial.record_bytes).tracepoints}


def _weigh(plan: Plan) -> Weights:
    """Weigh each buffer of the plan in the memory cgroup, once: it depends on kind and size alone."""
    online = len(cpu_lists.online())
    every = {(name, t.buffer_bytes(name, online)) for t in plan.trials for name in t.transports}
    wanted = sorted((name, size) for name, size in every if size)
    try:
        return isolation.run(_weigh_all, wanted) if wanted else {}
    except MeasurementInvalid:  # not worth a session: the column is null
        return {}


def _weigh_all(wanted: Sequence[tuple[str, int]]) -> Weights:
    return {(name, size): weigh.cgroup_bytes(transport(name), size) for name, size in wanted}


def _merged(writer: SessionWriter, notes: Sequence[str]) -> list[str]:
    return list(dict.fromkeys([*writer.manifest.get("notes", []), *notes]))
