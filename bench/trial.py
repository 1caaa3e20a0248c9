"""One trial, in its own process: attach, warm up, measure, drain, account.

The measured window is a pair of times that the BPF program compares each event's stamp with, so what belongs to the
trial is decided in the kernel. Warm-up and the time after the window run through the same probes; they are neither
counted nor sent.
"""

from __future__ import annotations

import contextlib
import select
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

from bench.errors import MeasurementInvalid
from bench.event import EVENT
from bench.kernel import cpus, memory, program, syscalls
from bench.metrics import Recording
from bench.plan import Plan, Trial
from bench.readers import Opening, Reader, reader
from bench.transports import PAGE, Transport, transport
from bench.workloads import Workload, workload

_POLL_S = 0.02
_LEAD_S = 0.002
_EVENTS_PER_S = 400_000
"""Events a second that the reader's arena has room for: five times what two CPUs make of fork-exec."""
_ENDLESS_EVENTS = 16_000_000
"""Room where nobody knows how long a command takes: 0.9 GiB of address space, of memory only what is used."""


@dataclass(frozen=True)
class Share:
    """What a trial found for one of its transports."""

    transport: str
    buffer_bytes: int
    recording: Recording
    failed_by_code: dict[str, int]
    lost_reported: int | None
    arena_bytes: int


@dataclass(frozen=True)
class Outcome:
    """What a trial found."""

    shares: tuple[Share, ...]
    started_ns: int
    """CLOCK_REALTIME at the start of the window."""
    births_refused: int
    offered_lives: int | None
    exit_status: int | None
    notes: tuple[str, ...] = field(default=())


def measure(trial: Trial, plan: Plan) -> Outcome:
    """Measure one trial. Needs root; to be called in a process of its own.

    Raises EnvironmentLacks when something is missing (before anything is attached, where that can be known) and
    MeasurementInvalid when the measurement broke off.
    """
    load = workload(trial.workload, trial.cpus, plan.command)
    with contextlib.ExitStack() as stack:
        stack.callback(load.stop)
        load.prepare()
        transports = [transport(name) for name in trial.transports]
        sizes = {t.name: trial.buffer_bytes(t.name, len(cpus.online())) for t in transports}
        ring = next((sizes[t.name] for t in transports if t.shape == "shared-ring"), PAGE)
        loaded = program.load(transports, ringbuf_bytes=ring, wakeup=trial.wakeup)
        stack.callback(loaded.close)
        readers = []
        for each in transports:
            opening = Opening(loaded, each, sizes[each.name], trial.wakeup, _capacity(plan))
            readers.append(reader(trial.reader).open(opening))
            stack.callback(readers[-1].close)
        return _run(trial, plan, load, loaded, transports, sizes, readers)


def _capacity(plan: Plan) -> int:
    if plan.command:
        return _ENDLESS_EVENTS
    return int((plan.duration_s + 0.2) * _EVENTS_PER_S)


def _run(  # the one place where all parts meet
    trial: Trial,
    plan: Plan,
    load: Workload,
    loaded: program.Program,
    transports: Sequence[Transport],
    sizes: dict[str, int],
    readers: Sequence[Reader],
) -> Outcome:
    drainer = Drainer(readers, plan.drain_interval_s if trial.wakeup == "none" else None)
    clerk = Clerk(loaded, load, plan)
    clerk.start()
    while drainer.wait(clerk.end_ns):
        drainer.take()
        if clerk.opened and drainer.cpu_at_start_ns is None:
            drainer.cpu_at_start_ns = time.thread_time_ns()
    before = [each.delivered for each in readers]
    clerk.finish()
    syscalls.wait_for_producers()
    drainer.empty()
    cpu_ns = time.thread_time_ns() - (drainer.cpu_at_start_ns or 0)
    alone = len(transports) == 1
    shares = []
    for each, source, seen in zip(transports, readers, before, strict=True):
        account = loaded.account(each)
        recording = Recording(
            wall_s=clerk.wall_s,
            attempted=account.attempted,
            failed=account.failed,
            delivered=source.delivered,
            residual=source.delivered - seen,
            record_bytes=EVENT.itemsize,
            events=source.events(),
            # Two transports in one program, one thread reading both: neither cost can be told apart.
            producer_run_ns=clerk.run_ns if alone else None,
            producer_runs=clerk.runs if alone else None,
            consumer_cpu_ns=cpu_ns if alone else None,
            memory=memory.of(each, loaded, sizes[each.name], alone=alone),
        )
        shares.append(
            Share(
                each.name, sizes[each.name], recording, account.failed_by_code, source.lost_reported, source.arena_bytes
            )
        )
    return Outcome(
        tuple(shares), clerk.started_ns, loaded.births_refused(), load.lives(), load.exit_status(), tuple(clerk.notes)
    )


class Drainer:
    """The reading side's policy: when to look. A timer where nobody is woken, else a wait for the wake-up."""

    def __init__(self, readers: Sequence[Reader], interval_s: float | None) -> None:
        self._readers = readers
        self._interval_s = interval_s
        self._due = time.monotonic()
        self._epoll: select.epoll | None = None
        self.cpu_at_start_ns: int | None = None
        if interval_s is None and len(readers) > 1:
            self._epoll = select.epoll()
            for each in readers:
                for descriptor in each.descriptors:
                    self._epoll.register(descriptor, select.EPOLLIN)

    def wait(self, end_ns: int | None) -> bool:
        """Wait until it is time to look, as the policy says; False once the window is over (*end_ns*, if known)."""
        if self._interval_s is not None:
            self._due = max(self._due + self._interval_s, time.monotonic())
            until = self._due if end_ns is None else min(self._due, end_ns / 1e9)
            time.sleep(max(0.0, until - time.monotonic()))
        elif self._epoll is not None:
            self._epoll.poll(_POLL_S)
        return end_ns is None or time.monotonic_ns() < end_ns

    def take(self) -> None:
        """Hand over what is there. In a paired trial both readers have their turn."""
        if self._interval_s is not None or self._epoll is not None:
            for each in self._readers:
                each.drain()
        else:
            self._readers[0].poll(_POLL_S)

    def empty(self) -> None:
        """The final drain: the producers are quiet, so once nothing comes, nothing is left."""
        for each in self._readers:
            while each.drain():
                pass


class Clerk(threading.Thread):
    """Keeps the times: starts the load, sets the window, reads the run statistics at its ends, stops the load.

    A thread of its own, since a reader that is given more than it can take does not come back before the load ends.
    """

    def __init__(self, loaded: program.Program, load: Workload, plan: Plan) -> None:
        super().__init__(daemon=True)
        self._program = loaded
        self._load = load
        self._plan = plan
        self._failure: BaseException | None = None
        self.opened = False
        self.end_ns: int | None = None
        """When the window ends, once that is known. The reader looks at it each round."""
        self.wall_s = 0.0
        self.started_ns = 0
        self.run_ns: int | None = None
        self.runs: int | None = None
        self.notes: list[str] = []

    def run(self) -> None:
        """Go from warm-up to the end of the load; a failure is kept for :meth:`finish`."""
        try:
            with contextlib.ExitStack() as stack:
                stats = self._statistics(stack)
                if self._plan.command:
                    self._command()
                else:
                    self._timed()
                if stats:
                    after = self._program.runs()
                    self.run_ns, self.runs = after[0] - self._before[0], after[1] - self._before[1]
            self._load.stop()
        except BaseException as error:
            self._failure = error
            self.end_ns = 0

    def _statistics(self, stack: contextlib.ExitStack) -> bool:
        try:
            stack.enter_context(syscalls.bpf_stats())
        except OSError as error:
            self.notes.append(f"producer cost not measured: bpf stats cannot be switched on ({error.strerror}).")
            return False
        return True

    def _timed(self) -> None:
        self._load.start()
        start = time.monotonic_ns() + int((self._plan.warmup_s + _LEAD_S) * 1e9)
        end = start + int(self._plan.duration_s * 1e9)
        self._program.set_window(start, end)
        _sleep_until(start)
        self._open()
        self.end_ns = end
        while time.monotonic_ns() < end:
            time.sleep(min(0.1, max(0.0, (end - time.monotonic_ns()) / 1e9)))
            self._load.finished()  # raises when a load that should go on has ended
        self.wall_s = (end - start) / 1e9

    def _command(self) -> None:
        """The window opens before the command starts and is shut once it has ended: all of its events are in it."""
        start = time.monotonic_ns() + int(_LEAD_S * 1e9)
        self._program.set_window(start, (1 << 63) - 1)
        _sleep_until(start)
        self._open()
        self._load.start()
        limit = self._plan.time_limit_s
        while not self._load.finished():
            time.sleep(0.005)
            if limit is not None and time.monotonic_ns() - start > limit * 1e9:
                self.notes.append(f"the command was ended after {limit:g} s (--duration).")
                self._load.stop()
                break
        end = time.monotonic_ns()
        self._program.set_window_end(start, end)
        self.end_ns = end
        self.wall_s = (end - start) / 1e9

    def _open(self) -> None:
        self._before = self._program.runs()
        self.started_ns = time.time_ns()
        self.opened = True

    def finish(self) -> None:
        """Wait for the end of the load; raise what went wrong."""
        self.join()
        if self._failure is not None:
            raise self._failure
        if self.wall_s <= 0:
            raise MeasurementInvalid("the measured window has no length: the load ended before it began.")


def _sleep_until(at_ns: int) -> None:
    time.sleep(max(0.0, (at_ns - time.monotonic_ns()) / 1e9))
