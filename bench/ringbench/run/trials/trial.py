"""One trial, in its own process: attach, warm up, measure, drain, account.

The measured window is a pair of times that the BPF program compares each event's stamp with, so what belongs to the
trial is decided in the kernel. Warm-up and the time after the window run through the same probes; they are neither
counted nor sent.
"""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from ringbench.data.metrics import Recording
from ringbench.data.metrics.recording import Checksum
from ringbench.drivers.readers import Opening, Reader, argument, reader
from ringbench.drivers.readers.blocks import Fed
from ringbench.drivers.transports import Transport, buffer_bytes, find_transport
from ringbench.drivers.waits import wait
from ringbench.drivers.workloads import Workload, probe
from ringbench.kernel import cpus, program, syscalls
from ringbench.kernel.probe import Probe
from ringbench.machine import caches
from ringbench.run.trials.capture import Capture
from ringbench.run.trials.load import load_of
from ringbench.run.trials.read_loop import ReadLoop
from ringbench.run.trials.window_controller import WindowController
from ringbench.spec.event import Events
from ringbench.spec.placement import reader_cpus
from ringbench.spec.plan import Plan
from ringbench.spec.trial import Trial
from ringbench.spec.wakeups import wakeup

GRACE_S = 0.05
"""How long the reader goes on with its own policy after the window, at least: what it doesn't get by then is stranded.
A reader on a timer is given two of its turns."""
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
    failed_by_code: dict[str, int]
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
        transports = [find_transport(name) for name in trial.transports]
        sizes = {t.name: buffer_bytes(t.name, trial.asked_bytes, caches.online_by_cache()) for t in transports}
        policy = wakeup(trial.wakeup)
        loaded = program.load(transports, probe=sent, sizes=sizes, wakeup=policy, timed=len(transports) == 1)
        stack.callback(loaded.close)
        readers = []
        for each in transports:
            opening = Opening(
                loaded,
                each,
                sizes[each.name],
                policy,
                _capacity(trial, plan, sent),
                keep=sent.record.kept,
                feed=None if capture is None else capture.feeds[each.name],
                argument=argument(trial.reader),
            )
            readers.append(reader(trial.reader).open(opening))
            stack.callback(readers[-1].close)
        if capture is not None:
            capture.wait_until_ready()
        read_loop = ReadLoop(readers, transports, wait(trial.wait, plan.drain_interval_s))
        stack.callback(read_loop.close)
        return _run(trial, plan, load, loaded, transports, sizes, readers, read_loop, capture)


def _capacity(trial: Trial, plan: Plan, sent: Probe) -> int:
    if plan.command:
        return _MOST_EVENTS
    return min(_MOST_EVENTS, int((plan.duration_s + 0.2) * sent.most_per_s * len(cpus.online())))


def _run(  # the one place where all parts meet
    trial: Trial,
    plan: Plan,
    load: Workload,
    loaded: program.Program,
    transports: Sequence[Transport],
    sizes: dict[str, int],
    readers: Sequence[Reader],
    read_loop: ReadLoop,
    capture: Capture | None,
) -> Outcome:
    controller = WindowController(loaded, load, plan, readers)
    controller.start()  # before this thread is pinned, which the controller must not be
    os.sched_setaffinity(0, reader_cpus(trial.placement, trial.cpus, cpus.online()))
    syscalls.sleep_exactly()
    controller.wait_for_window()
    begun = read_loop.reading()
    while controller.end_ns is None or time.monotonic_ns() < controller.end_ns:
        read_loop.look(controller.end_ns)
        if time.monotonic_ns() < controller.start_ns:
            begun = read_loop.reading()
        elif controller.due:
            time.sleep(_GIVE_WAY_S)
    ended = read_loop.reading()
    last_ns = _tail(read_loop, controller, max(GRACE_S, 2 * read_loop.pace_s))
    controller.finish()
    syscalls.wait_for_producers()
    before = read_loop.reading()
    read_loop.empty()
    found_ns = time.monotonic_ns()
    alone = len(transports) == 1
    shares = []
    for index, (each, source) in enumerate(zip(transports, readers, strict=True)):
        account, unseen = loaded.account(each), source.count_lost()
        residual = source.delivered - before.delivered[index]
        events = source.events()
        run_ns, runs = source.kernel_write_cost() or (controller.run_ns, controller.runs)
        recording = Recording(
            wall_s=controller.wall_s,
            attempted=account.attempted,
            failed=account.failed + sum(unseen.values()),
            delivered=source.delivered,
            residual=residual,
            record_bytes=loaded.record.nbytes,
            events=events,
            # What was lost unseen can be counted, but nobody has read its numbers.
            checksum=Checksum(account.seq_sum, account.refused_seq_sum, None if unseen else source.seq_sum),
            # Two transports in one program, one thread reading both: neither cost can be told apart.
            producer_run_ns=run_ns if alone and not loaded.lingers else None,
            producer_runs=runs if alone else None,
            records_per_run=loaded.records_per_run,
            consumer_cpu_ns=ended.cpu_ns - begun.cpu_ns if alone else None,
            consumed=ended.delivered[index] - begun.delivered[index] if alone else None,
            wakeups=ended.wakeups - begun.wakeups,
            context_switches=ended.context_switches - begun.context_switches,
            tail_ns=max(0, last_ns - (controller.end_ns or 0)) if last_ns else 0,
            stranded_age_ns=stranded_age_ns(events, residual, found_ns),
            rings=each.rings(caches.online_by_cache()),
            memory=each.memory(
                loaded, sizes[each.name], source.descriptors, [other for other in transports if other is not each]
            ),
        )
        shares.append(
            Share(
                each.name,
                sizes[each.name],
                recording,
                {**account.failed_by_code, **unseen},
                source.lost_reported,
                source.arena_bytes,
                feed=None if capture is None else capture.feeds[each.name].account,
            )
        )
    if capture is not None:
        capture.finish({each.name: source.delivered for each, source in zip(transports, readers, strict=True)})
    return Outcome(
        tuple(shares),
        controller.started_ns,
        loaded.task_map_full(),
        load.lives(),
        load.exit_status(),
        controller.cpu_ns,
        load.offered_per_s(),
        None if controller.done is None else controller.done / controller.wall_s,
        tuple(controller.notes),
        found_ns,
    )


def _tail(read_loop: ReadLoop, controller: WindowController, grace_s: float) -> int:
    """Go on as the policy says until the load has ended and *grace_s* is over; return when the last record came."""
    last_ns = 0
    until_ns = time.monotonic_ns() + int(grace_s * 1e9)
    while controller.is_alive() or time.monotonic_ns() < until_ns:
        if read_loop.look(None):
            last_ns = time.monotonic_ns()
        if controller.is_alive():
            time.sleep(_GIVE_WAY_S)
    return last_ns


def stranded_age_ns(events: Events | None, residual: int, found_ns: int) -> int | None:
    """Return the age of the oldest of the last *residual* events; None where there are none, or they weren't kept."""
    if events is None or not residual:
        return None
    return found_ns - int(np.min(events["ts_ns"][-residual:]))
