"""One trial, in its own process: attach, warm up, measure, drain, account.

The measured window is a pair of times that the BPF program compares each event's stamp with, so what belongs to the
trial is decided in the kernel. Warm-up and the time after the window run through the same probes; they are neither
counted nor sent.
"""

from __future__ import annotations

import contextlib
import dataclasses
import os
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from ringbench.data.metrics import Recording
from ringbench.drivers.readers import Opening, Reader, argument, reader
from ringbench.drivers.readers.blocks import Fed
from ringbench.drivers.transports import Transport, buffer_bytes, find_transport
from ringbench.drivers.waits import wait
from ringbench.drivers.workloads import Workload, probe
from ringbench.kernel import cpus, program, syscalls
from ringbench.kernel.probe import Probe
from ringbench.machine import caches
from ringbench.run.trials.account import TrialAccount
from ringbench.run.trials.capture import Capture
from ringbench.run.trials.load import load_of
from ringbench.run.trials.read_loop import ReaderCounters, ReadLoop
from ringbench.run.trials.reader_account import ReaderAccount
from ringbench.run.trials.window_controller import WindowController
from ringbench.spec.placement import reader_cpus
from ringbench.spec.plan import Plan
from ringbench.spec.trial import Trial
from ringbench.spec.wakeups import wakeup

_GIVE_WAY_S = 50e-6
"""How long a reader sleeps so that the thread that keeps the times can have the interpreter's lock."""
_MOST_EVENTS = 16_000_000
"""Room at most, and where nobody knows how long a command takes: 0.9 GiB of address space, of memory what is used."""


@dataclass(frozen=True)
class Share:
    """What a trial found for one of its transports."""

    transport: str
    buffer_bytes: int
    recording: Recording
    failed_by_code: Mapping[str, int]
    lost_reported: int | None
    arena_bytes: int
    feed: Fed | None = None
    """What writing events to disk meanwhile did to the reader; None where they were kept in memory, or not at all."""
    streamed: Mapping[str, int | None] | None = None
    """Columns of order and latency, where the events were too many to be held at once."""


@dataclass(frozen=True)
class Outcome:
    """What a trial found."""

    shares: tuple[Share, ...]
    started_ns: int
    """CLOCK_REALTIME at the start of the window."""
    task_map_full: int
    offered_lives: int | None
    exit_status: int | None
    controller_cpu_ns: int = 0
    """CPU time, during the window, of the thread that keeps the times: what a trial's own accounting takes."""
    offered_per_s: float | None = None
    """Operations a second that the workload was asked for; None: flat out."""
    done_per_s: float | None = None
    """Operations a second that it did in the window; None where it doesn't know."""
    notes: tuple[str, ...] = field(default=())
    found_ns: int | None = None
    """When the final drain had ended (CLOCK_MONOTONIC)."""

    @property
    def captured(self) -> bool:
        """Whether the events were written to disk."""
        return any(share.feed is not None for share in self.shares)


def measure(trial: Trial, plan: Plan, place: Path | None = None) -> Outcome:
    """Measure one trial. Needs root; to be called in a process of its own.

    With *place*, events that the reader keeps are written to a new file there meanwhile, and there are none in the
    outcome (:attr:`Outcome.captured`).

    Raises MissingRequirementError when something is missing (before anything is attached, where that can be known),
    InvalidMeasurementError when the measurement broke off, and RingbenchError where *place* can't be written.
    """
    load, capture = load_of(plan, trial), None
    sent = probe(trial.workload, trial.record_bytes)
    with contextlib.ExitStack() as stack:
        if place is not None and sent.record.kept and reader(trial.reader).keeps:
            # Forked first, so that it holds nothing of what comes.
            capture = Capture(place, trial.transports, sent.record)
            stack.callback(capture.close)
        stack.callback(load.stop)
        load.prepare()
        return _TrialRun(trial, plan, load, sent, capture, stack).measure()


class _TrialRun:
    """A trial from its probes to its outcome: the one place where all parts meet."""

    def __init__(
        self,
        trial: Trial,
        plan: Plan,
        load: Workload,
        sent: Probe,
        capture: Capture | None,
        stack: contextlib.ExitStack,
    ) -> None:
        """Attach the probes of *sent* and open the readers; *stack* lets go of them."""
        self.trial, self.load, self.capture = trial, load, capture
        self.transports = [find_transport(name) for name in trial.transports]
        shared = caches.online_by_cache()
        self.sizes = {t.name: buffer_bytes(t.name, trial.asked_bytes, shared) for t in self.transports}
        self.loaded = program.load(
            self.transports,
            probe=sent,
            sizes=self.sizes,
            wakeup=wakeup(trial.wakeup),
            timed=len(self.transports) == 1,
        )
        stack.callback(self.loaded.close)
        self.readers: list[Reader] = []
        for each in self.transports:
            self.readers.append(reader(trial.reader).open(self._opening(each, _capacity(plan, sent), sent.record.kept)))
            stack.callback(self.readers[-1].close)
        if capture is not None:
            capture.wait_until_ready()
        self.read_loop = ReadLoop(self.readers, self.transports, wait(trial.wait, plan.drain_interval_s))
        stack.callback(self.read_loop.close)
        self.controller = WindowController(self.loaded, load, plan, self.readers)

    def _opening(self, transport: Transport, capacity: int, keep: bool) -> Opening:
        return Opening(
            self.loaded,
            transport,
            self.sizes[transport.name],
            wakeup(self.trial.wakeup),
            capacity,
            keep=keep,
            feed=None if self.capture is None else self.capture.feeds[transport.name],
            argument=argument(self.trial.reader),
        )

    def measure(self) -> Outcome:
        """Read through window and tail, empty the rings, and account for all of it."""
        self.controller.start()  # before this thread is pinned, which the controller must not be
        os.sched_setaffinity(0, reader_cpus(self.trial.placement, self.trial.cpus, cpus.online()))
        syscalls.sleep_exactly()
        self.controller.wait_for_window()
        begun, ended = self._read_window()
        last_ns = self._read_tail(self.read_loop.grace_s)
        self.controller.finish()
        syscalls.wait_for_producers()
        before = self.read_loop.counters()
        self.read_loop.empty()
        found_ns = time.monotonic_ns()
        tail_ns = max(0, last_ns - (self.controller.end_ns or 0))
        taken = ReaderAccount(begun, ended, before, tail_ns, found_ns)
        shares = tuple(self._share(index, taken) for index in range(len(self.transports)))
        if self.capture is not None:
            delivered = (source.delivered for source in self.readers)
            self.capture.finish(dict(zip(self.trial.transports, delivered, strict=True)))
        return self._outcome(shares, found_ns)

    def _read_window(self) -> tuple[ReaderCounters, ReaderCounters]:
        """Read until the window's end; return what the reading thread had done at its start and at its end."""
        controller, read_loop = self.controller, self.read_loop
        begun = read_loop.counters()
        while controller.end_ns is None or time.monotonic_ns() < controller.end_ns:
            read_loop.step(controller.end_ns)
            if time.monotonic_ns() < controller.start_ns:
                begun = read_loop.counters()
            elif controller.due:
                time.sleep(_GIVE_WAY_S)
        return begun, read_loop.counters()

    def _read_tail(self, grace_s: float) -> int:
        """Go on as the policy says until the load has ended and *grace_s* is over; return when the last record came.

        0 where none did.
        """
        last_ns = 0
        until_ns = time.monotonic_ns() + int(grace_s * 1e9)
        while self.controller.is_alive() or time.monotonic_ns() < until_ns:
            if self.read_loop.step(None):
                last_ns = time.monotonic_ns()
            if self.controller.is_alive():
                time.sleep(_GIVE_WAY_S)
        return last_ns

    def _share(self, index: int, taken: ReaderAccount) -> Share:
        transport, source = self.transports[index], self.readers[index]
        others = [other for other in self.transports if other is not transport]
        account = TrialAccount.of(self.loaded, transport, source)
        recording = taken.add_to(account.recording(self.controller.wall_s, self.loaded.record.nbytes), index, source)
        if not others:
            recording = self._with_producer_cost(recording, source)
        return Share(
            transport.name,
            self.sizes[transport.name],
            dataclasses.replace(
                recording,
                records_per_run=self.loaded.records_per_run,
                rings=transport.rings(caches.online_by_cache()),
                memory=transport.memory(self.loaded, self.sizes[transport.name], source.descriptors, others),
            ),
            account.failed_by_code,
            source.lost_reported,
            source.arena_bytes,
            feed=None if self.capture is None else self.capture.feeds[transport.name].account,
        )

    def _with_producer_cost(self, recording: Recording, source: Reader) -> Recording:
        """Add what the producer took; with two transports in one program it can't be told apart."""
        run_ns, runs = source.kernel_write_cost() or (self.controller.run_ns, self.controller.runs)
        return dataclasses.replace(
            recording, producer_run_ns=None if self.loaded.lingers else run_ns, producer_runs=runs
        )

    def _outcome(self, shares: tuple[Share, ...], found_ns: int) -> Outcome:
        controller, load = self.controller, self.load
        return Outcome(
            shares,
            controller.started_ns,
            self.loaded.task_map_full(),
            load.lives(),
            load.exit_status(),
            controller.cpu_ns,
            load.offered_per_s(),
            None if controller.done is None else controller.done / controller.wall_s,
            tuple(controller.notes),
            found_ns,
        )


def _capacity(plan: Plan, sent: Probe) -> int:
    if plan.command:
        return _MOST_EVENTS
    return min(_MOST_EVENTS, int((plan.duration_s + 0.2) * sent.most_per_s * len(cpus.online())))
