"""An overhead trial: what the workload's own loop takes with one stage of the tracing at work (ringbench.spec.stages).

One producer does rounds of operations on its CPU and times them itself, equally many in each round of each stage: what
a round costs by itself (a cold start; what else wants this CPU finds it free between the rounds, not in them) is then
the same everywhere, and no part of a difference. A round fills at most half of a buffer. In the stage `unread` it is
drained once the producer has stopped: submission without anybody reading. In `read` a reader is at work beside it.
"""

from __future__ import annotations

import contextlib
import dataclasses
import os
import time

from ringbench.data.metrics.recording import Overhead
from ringbench.drivers.readers import Opening, Reader, argument, reader
from ringbench.drivers.transports import TRANSPORTS, Transport, buffer_bytes, find_transport
from ringbench.drivers.waits import wait
from ringbench.drivers.workloads import operation, probe
from ringbench.drivers.workloads.rounds import Rounds
from ringbench.errors import InvalidMeasurementError
from ringbench.kernel import cpus, program, syscalls
from ringbench.machine import caches
from ringbench.run.trials.account import TrialAccount
from ringbench.run.trials.read_loop import ReadLoop
from ringbench.run.trials.trial import Outcome, Share
from ringbench.spec.codes import InvalidCode
from ringbench.spec.placement import reader_cpus
from ringbench.spec.plan import Plan
from ringbench.spec.stages import WITHOUT_TRANSPORT
from ringbench.spec.trial import Trial
from ringbench.spec.wakeups import wakeup

_MOST = 1024
"""Operations of a round at most, where the buffer has room for more."""
_PATIENCE_S = 30.0


def measure(trial: Trial, plan: Plan) -> Outcome:
    """Measure one overhead trial, for ``duration_s``. Needs root; to be called in a process of its own.

    Raises MissingRequirementError when something is missing and InvalidMeasurementError where the producer ended by
    itself.
    """
    work = operation(trial.workload)
    with Rounds(work.loop(), trial.cpus[0]) as rounds, contextlib.ExitStack() as stack:
        tracing = _Tracing(trial, plan)
        stack.callback(tracing.close)
        os.sched_setaffinity(0, reader_cpus(trial.placement, trial.cpus, cpus.online()))
        syscalls.sleep_exactly()
        started_ns, began = time.time_ns(), time.monotonic()
        found = _repeat(rounds, tracing, plan.duration_s, _operations(trial, work.events), work.events)
        share = tracing.share(found, time.monotonic() - began)
        task_map_full = tracing.loaded.task_map_full() if tracing.loaded else 0
    return Outcome((share,), started_ns, task_map_full, None, None)


class _Tracing:
    """What the stage has attached: nothing, a program, or a program with its reader."""

    def __init__(self, trial: Trial, plan: Plan) -> None:
        self.stage = trial.stage
        self.transport: Transport = find_transport(trial.transports[0])
        self.nbytes = buffer_bytes(self.transport.name, trial.asked_bytes, caches.online_by_cache())
        self.loaded: program.Program | None = None
        self.source: Reader | None = None
        self._read_loop: ReadLoop | None = None
        if self.stage == "bare":
            return
        policy, sent = wakeup(trial.wakeup), probe(trial.workload, trial.record_bytes)
        sizes = {self.transport.name: self.nbytes}
        self.loaded = program.load([self.transport], probe=sent, sizes=sizes, wakeup=policy)
        if self.stage not in WITHOUT_TRANSPORT:
            opening = Opening(
                self.loaded, self.transport, self.nbytes, policy, 0, keep=False, argument=argument(trial.reader)
            )
            self.source = reader(trial.reader).open(opening)
            self._read_loop = ReadLoop([self.source], [self.transport], wait(trial.wait, plan.drain_interval_s))
        self.loaded.set_window(1, (1 << 63) - 1)

    def await_round(self, rounds: Rounds, operations: int) -> int:
        """Do the reading side's part until the round is over; return the ns that it took."""
        took_ns, until = None, time.monotonic() + _PATIENCE_S
        while took_ns is None and time.monotonic() < until:
            if self.stage == "read" and self._read_loop is not None:
                self._read_loop.step(None)
                took_ns = rounds.took_ns(wait_s=0)
            else:
                took_ns = rounds.took_ns(wait_s=_PATIENCE_S)
        if took_ns is None:
            raise InvalidMeasurementError(
                f"a round of {operations} operations was not over after {_PATIENCE_S:g} s.", InvalidCode.TIMED_OUT
            )
        if self._read_loop is not None:
            self._read_loop.empty()
        return took_ns

    def share(self, found: Overhead, wall_s: float) -> Share:
        """Return what the trial found, with its account once nothing is under way any more."""
        if self.loaded is not None:
            self.loaded.set_window_end(1, 1)
            syscalls.wait_for_producers()
        if self._read_loop is not None:
            self._read_loop.empty()
        account = TrialAccount.of(self.loaded, self.transport, self.source)
        record_bytes = self.loaded.record.nbytes if self.loaded else 0
        recording = dataclasses.replace(
            account.recording(wall_s, record_bytes), injected_ns=account.injected_ns, overhead=found
        )
        lost = self.source.lost_reported if self.source is not None else None
        arena = self.source.arena_bytes if self.source is not None else 0
        return Share(self.transport.name, self.nbytes, recording, account.failed_by_code, lost, arena)

    def close(self) -> None:
        """Let go of what was attached."""
        if self._read_loop is not None:
            self._read_loop.close()
        if self.source is not None:
            self.source.close()
        if self.loaded is not None:
            self.loaded.close()


def _operations(trial: Trial, events: int) -> int:
    """Return the operations of a round, of so many *events* each: half of any transport's ring has room for them."""
    shared, nbytes = caches.online_by_cache(), probe(trial.workload, trial.record_bytes).record.nbytes
    rooms = [
        each.ring_bytes(buffer_bytes(each.name, trial.asked_bytes, shared), len(each.rings(shared)))
        // 2
        // each.stride(nbytes)
        for each in TRANSPORTS.values()
    ]
    return max(1, min(_MOST, min(rooms) // events))


def _repeat(rounds: Rounds, tracing: _Tracing, duration_s: float, operations: int, events: int) -> Overhead:
    """Do rounds of *operations*, each of so many *events*, for *duration_s*, and one before that."""
    ns = done = 0
    ends: float | None = None
    while ends is None or time.monotonic() < ends:
        rounds.begin(operations)
        took_ns = tracing.await_round(rounds, operations)
        if ends is None:
            ends = time.monotonic() + duration_s
        else:
            ns, done = ns + took_ns, done + operations
    return Overhead(ns, done, events)
