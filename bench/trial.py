"""One trial, in its own process: attach, warm up, measure, drain, account.

The measured window is a pair of times that the BPF program compares each event's stamp with, so what belongs to the
trial is decided in the kernel. Warm-up and the time after the window run through the same probes; they are neither
counted nor sent.
"""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from dataclasses import dataclass, field

from bench.clerk import Clerk
from bench.drainer import Drainer
from bench.event import EVENT
from bench.kernel import cpus, memory, program, syscalls
from bench.metrics import Recording
from bench.plan import Plan, Trial
from bench.readers import Opening, Reader, reader
from bench.transports import PAGE, Transport, transport
from bench.workloads import Workload, workload

_EVENTS_PER_S = 200_000
"""Events a second and CPU that the reader's arena has room for: five times what a CPU makes of fork-exec."""
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
            opening = Opening(loaded, each, sizes[each.name], trial.wakeup, _capacity(trial, plan))
            readers.append(reader(trial.reader).open(opening))
            stack.callback(readers[-1].close)
        return _run(trial, plan, load, loaded, transports, sizes, readers)


def _capacity(trial: Trial, plan: Plan) -> int:
    if plan.command:
        return _MOST_EVENTS
    return min(_MOST_EVENTS, int((plan.duration_s + 0.2) * _EVENTS_PER_S * len(trial.cpus)))


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
        if clerk.opened:
            drainer.begin_counting()
    before = [each.delivered for each in readers]
    clerk.finish()
    syscalls.wait_for_producers()
    drainer.empty()
    cpu_ns = drainer.cpu_ns()
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
