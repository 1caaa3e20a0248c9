"""One planned trial after another: measured, with what else went on meanwhile, and stored before the next begins."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

from ringbench.data.store.folder import SessionWriter
from ringbench.drivers import memcg_charge
from ringbench.drivers.transports import buffer_bytes, find_transport
from ringbench.drivers.workloads import probe
from ringbench.errors import InvalidMeasurementError
from ringbench.kernel import other_programs, tracepoints
from ringbench.machine import caches, isolation
from ringbench.machine.interference import SystemDelta
from ringbench.machine.system_counters import SystemCounters
from ringbench.run.session.read_back import read_back, waited
from ringbench.run.session.rows import MemcgCharges, broken_row, row_of
from ringbench.run.trials import capacity, overhead, transport_only
from ringbench.run.trials import trial as trial_module
from ringbench.run.trials.trial import Outcome
from ringbench.spec.event import Events
from ringbench.spec.plan import Plan
from ringbench.spec.trial import Trial

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
    transport_only.MODE: transport_only.measure,
}
"""What measures a trial, by its mode."""
STEPPED: dict[str, Callable[..., Outcome]] = {"capacity": capacity.measure_stepped}
"""What measures a trial turn by turn, by its mode: those that attach nothing, so that two can be open at a time."""

Rows = list[dict[str, Any]]
_Around = tuple[SystemCounters, int | None]
_Found = tuple[Rows, Mapping[str, Events] | Path, tuple[str, ...]]
"""Rows, events (or where they are), and notes."""


@dataclass
class OpenTrial:
    """A trial that is measured in turns."""

    trial: Trial
    process: isolation.SteppedProcess[Outcome]
    before: _Around
    began: float


class TrialRunner:
    """Measures the trials of a plan; a context manager, which holds their tracepoints open meanwhile."""

    def __init__(self, plan: Plan, writer: SessionWriter, *, keep_events: str = "all", family: int | None = None):
        """*keep_events*: 'all' trials' events are stored, those of the 'first' block, or 'none'.

        *family*: the process whose descendants are all part of the measurement; None: this one.
        """
        self.plan = plan
        self.writer = writer
        self.notes = _already_on()
        self._keep_events = keep_events
        self._family = family
        self._charges: MemcgCharges = {}
        self._names = sorted(_tracepoints(plan))
        self._stack = contextlib.ExitStack()
        self._held: Sequence[int] = ()

    def __enter__(self) -> TrialRunner:
        """Hold the tracepoints, and weigh each buffer."""
        self._charges = _charges_of(self.plan)
        self._held = self._stack.enter_context(tracepoints.keep_enabled(self._names))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Let go of them."""
        self._stack.close()

    def measure(self, trial: Trial) -> Rows:
        """Measure a whole trial and store it; return its rows. What the environment lacks is raised."""
        with self._place(trial) as place:
            before = self._look()
            return self._store(trial, before, *_measured(trial, self.plan, self._charges, place))

    def open(self, trial: Trial) -> OpenTrial:
        """Begin *trial*, of a mode in :data:`STEPPED`; it does its turns when they are asked for."""
        before = self._look()
        process = isolation.SteppedProcess(STEPPED[trial.mode], trial, self.plan, timeout_s=_PATIENCE_S)
        return OpenTrial(trial, process, before, time.monotonic())

    def close(self, opened: OpenTrial) -> Rows:
        """End a trial that was opened, and store it; return its rows."""
        trial = opened.trial
        try:
            outcome = opened.process.end()
        except InvalidMeasurementError as error:
            return self.give_up(opened, str(error), error.code)
        found = _rows_of(trial, self.plan, outcome, self._charges, time.monotonic() - opened.began)
        return self._store(trial, opened.before, found, {}, outcome.notes)

    def give_up(self, opened: OpenTrial, reason: str, code: str) -> Rows:
        """End a trial that cannot go on, for a *reason* with its *code*, and store that; return its rows."""
        opened.process.kill()
        trial = opened.trial
        rows = [broken_row(trial, self.plan, name, reason, code) for name in trial.transports]
        return self._store(trial, opened.before, rows, {}, ())

    def _store(
        self,
        trial: Trial,
        before: _Around,
        rows: Rows,
        events: Mapping[str, Events] | Path,
        notes: Sequence[str],
    ) -> Rows:
        after = self._look()
        programs = before[1]
        if programs is not None and after[1] is not None:
            programs = max(programs, after[1])
        meanwhile = SystemDelta(before[0], after[0], programs).columns()
        rows = [{**row, **meanwhile} for row in rows]
        keep = self._keep_events == "all" or (self._keep_events == "first" and trial.block == 1)
        self.writer.add(rows, events if keep else {})
        self.notes.extend(note for note in notes if note not in self.notes)
        return rows

    def _look(self) -> _Around:
        isolation.wait_for_exits()  # the last trial's own programs are gone, so those that are seen are others'
        return SystemCounters.now(family=self._family), other_programs.programs(self._held, self._names)

    @contextlib.contextmanager
    def _place(self, trial: Trial) -> Iterator[Path | None]:
        """Yield where *trial*'s events may be written while it runs; what is still there afterwards is removed."""
        if self.plan.events_to != "disk" or trial.mode not in _CAPTURED:
            yield None
            return
        place = self.writer.capture_place()
        try:
            yield place
        finally:
            place.unlink(missing_ok=True)


def _measured(trial: Trial, plan: Plan, charges: MemcgCharges, place: Path | None) -> _Found:
    began = time.monotonic()
    patience = None if plan.command else plan.warmup_s + plan.duration_s + _PATIENCE_S
    asked: tuple[object, ...] = (trial, plan)
    if place is not None:
        asked += (place,)
        patience = None if patience is None else patience + _DISK_PATIENCE_S
    try:
        outcome = isolation.run(MEASURES[trial.mode], *asked, timeout_s=patience)
    except InvalidMeasurementError as error:
        return [broken_row(trial, plan, name, str(error), error.code) for name in trial.transports], {}, ()
    trial_s = time.monotonic() - began
    captured = place if outcome.captured else None
    if captured is not None:
        outcome = read_back(trial.trial, outcome, captured)
    rows = _rows_of(trial, plan, outcome, charges, trial_s)
    events = {s.transport: s.recording.events for s in outcome.shares if s.recording.events is not None}
    notes = outcome.notes + waited(trial.trial, outcome.shares)
    if outcome.task_map_full:
        notes += (f"trial {trial.trial}: {outcome.task_map_full} lives could not be named, the map was full.",)
    return rows, events if captured is None else captured, notes


def _rows_of(trial: Trial, plan: Plan, outcome: Outcome, charges: MemcgCharges, trial_s: float) -> Rows:
    return [row_of(trial, plan, outcome, share, charges, trial_s) for share in outcome.shares]


def _already_on() -> list[str]:
    """Return a note where others had the run statistics switched on: they bear on trials that would have them off."""
    with contextlib.suppress(OSError):
        if int(_STATISTICS.read_text()):
            return [
                "kernel.bpf_stats_enabled was on already: each run of a BPF program reads the clock twice more, "
                "in every stage of an overhead trial, too."
            ]
    return []


def _tracepoints(plan: Plan) -> set[str]:
    """Return the tracepoints of every probe in the plan; a capacity trial attaches nothing."""
    trials = [trial for trial in plan.trials if trial.mode != "capacity"]
    return {name for trial in trials for name in probe(trial.workload, trial.record_bytes).tracepoints}


def _charges_of(plan: Plan) -> MemcgCharges:
    """Weigh each buffer of the plan in the memory cgroup, once: it depends on kind and size alone."""
    shared = caches.online_by_cache()
    every = {(name, buffer_bytes(name, t.asked_bytes, shared)) for t in plan.trials for name in t.transports}
    wanted = sorted((name, size) for name, size in every if size and find_transport(name).producers == "bpf")
    try:
        return isolation.run(_charge_all, wanted) if wanted else {}
    except InvalidMeasurementError:  # not worth a session: the column is null
        return {}


def _charge_all(wanted: Sequence[tuple[str, int]]) -> MemcgCharges:
    return {(name, size): memcg_charge.cgroup_bytes(find_transport(name), size) for name, size in wanted}
