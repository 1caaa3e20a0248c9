"""A trial of a transport alone: processes of user space write records, one reader drains them, nothing is traced.

For what no BPF program can write to (ringbench.drivers.channels). Loads, window, account, drains and metrics are those
of the other trials, so that rows read alike; what differs is the producer. Its cost is by its own clock, around its
turns: the stamps are in it, and so is whatever took its CPU in a turn's midst.
"""

from __future__ import annotations

import contextlib
import dataclasses
import errno
import math
import os
import time

from ringbench.data.metrics.recording import Checksum
from ringbench.drivers.channels import USER_SPACE, Channel
from ringbench.drivers.readers.arena import Arena
from ringbench.drivers.readers.bulk import BulkReader
from ringbench.drivers.transports import buffer_bytes, find_transport
from ringbench.drivers.waits import wait
from ringbench.drivers.workloads.writers import Writers
from ringbench.errors import InvalidMeasurementError, OptionError
from ringbench.kernel import cpus, syscalls
from ringbench.machine import caches
from ringbench.run.trials.account import TrialAccount
from ringbench.run.trials.load import load_of
from ringbench.run.trials.read_loop import ReadLoop
from ringbench.run.trials.reader_account import ReaderAccount
from ringbench.run.trials.trial import Outcome, Share
from ringbench.spec.codes import InvalidCode
from ringbench.spec.placement import reader_cpus
from ringbench.spec.plan import Plan
from ringbench.spec.record import WRITE
from ringbench.spec.trial import Trial

MODE = "transport-only"
_LEAD_S = 0.002
"""From the moment when all writers are ready to the window, beside the warm-up, which is idle."""
_PATIENCE_S = 10.0
"""How long a writer may take to see that the window is over: one system call."""


def measure(trial: Trial, plan: Plan) -> Outcome:
    """Measure one trial of a transport of user space. Needs root; to be called in a process of its own.

    Raises MissingRequirementError where the transport can't be had, OptionError where :func:`check` does, and
    InvalidMeasurementError where the measurement broke off.
    """
    check(plan)
    transport, load = find_transport(trial.transports[0]), _writers(trial, plan)
    most = _most(trial, plan)
    with contextlib.ExitStack() as stack:
        opened = USER_SPACE[transport.name].open_channel(
            buffer_bytes(transport.name, trial.asked_bytes, caches.online_by_cache())
        )
        stack.callback(opened.close)
        # Flat out nobody knows how many there will be: they are counted and not kept.
        arena = Arena(WRITE, most * len(trial.cpus), keep=load.offered_per_s() is not None)
        load.through(opened, most)
        stack.callback(load.stop)
        load.prepare()
        reader = BulkReader([opened.ring], arena, compiled=True)
        os.sched_setaffinity(0, reader_cpus(trial.placement, trial.cpus, cpus.online()))
        syscalls.sleep_exactly()
        return _run(trial, plan, load, opened, reader)


def check(plan: Plan) -> None:
    """Raise OptionError where *plan* would do this machine harm, or what nobody allowed."""
    lines: dict[str, int] = {}
    for trial in plan.trials:
        for name in trial.transports:
            if find_transport(name).producers == "user-space":
                lines[name] = lines.get(name, 0) + _permitted(name, trial, plan)
    for name, planned in lines.items():
        most = USER_SPACE[name].most
        if most is not None and (planned > most or plan.growth is not None):
            told = "any number of" if plan.growth is not None else f"{planned:,}"
            raise OptionError(f"{name}: {told} records in a session, at most {most:,}. Lower --repeats or --duration.")


def _permitted(name: str, trial: Trial, plan: Plan) -> int:
    """Return how many records *trial* writes at most."""
    asked, kind, load = find_transport(name).requires_flag, USER_SPACE[name], _writers(trial, plan)
    if asked and asked not in plan.consents:
        raise OptionError(f"{name}: what it writes stays on this machine. Only with {asked}.")
    if kind.most_per_s is not None:
        turns_per_s = load.offered_per_s()
        if turns_per_s is None or turns_per_s * load.batch > kind.most_per_s:
            told = "flat out" if turns_per_s is None else f"at {turns_per_s * load.batch:g} records a second"
            raise OptionError(f"{name} {told}: at most {kind.most_per_s:g} a second, of all writers. Lower the load.")
    return _most(trial, plan) * len(trial.cpus)


def _writers(trial: Trial, plan: Plan) -> Writers:
    load = load_of(plan, trial)
    if not isinstance(load, Writers):
        raise OptionError(
            f"{trial.transports[0]} goes with the workloads writers:B and relay:B alone, not with {trial.workload}."
        )
    return load


def _most(trial: Trial, plan: Plan) -> int:
    """Return how many records each writer of *trial* may write: as many as there are turns for, flat out no end."""
    load = _writers(trial, plan)
    turns_per_s = load.offered_per_s()
    if turns_per_s is None:
        return 1 << 62
    return load.batch * math.ceil(turns_per_s / len(trial.cpus) * plan.duration_s)


def _run(trial: Trial, plan: Plan, load: Writers, opened: Channel, reader: BulkReader) -> Outcome:
    read_loop = ReadLoop([reader], [find_transport(trial.transports[0])], wait(trial.wait, plan.drain_interval_s))
    begin_ns, end_ns = load.begin(plan.warmup_s + _LEAD_S, plan.duration_s)
    begun = read_loop.counters()
    while time.monotonic_ns() < end_ns:
        if time.monotonic_ns() < begin_ns:
            begun = read_loop.counters()
        read_loop.step(end_ns)
    ended = read_loop.counters()
    last_ns, until_ns = 0, end_ns + int(read_loop.grace_s * 1e9)
    patience_ns = until_ns + int(_PATIENCE_S * 1e9)
    while not load.over() or time.monotonic_ns() < until_ns:
        if read_loop.step(None):
            last_ns = time.monotonic_ns()
        if time.monotonic_ns() > patience_ns:
            raise InvalidMeasurementError(
                f"a writer had not ended {_PATIENCE_S:g} s after the window.", InvalidCode.TIMED_OUT
            )
    before = read_loop.counters()
    read_loop.empty()
    found_ns = time.monotonic_ns()
    taken = ReaderAccount(begun, ended, before, max(0, last_ns - end_ns), found_ns)
    share = _share(trial, plan, load, opened, reader, taken)
    wall_s = (end_ns - begin_ns) / 1e9
    return Outcome(
        (share,),
        time.time_ns() - (time.monotonic_ns() - begin_ns),
        task_map_full=0,
        offered_lives=None,
        exit_status=None,
        offered_per_s=load.offered_per_s(),
        done_per_s=(load.done() or 0) / wall_s,
        notes=opened.notes(),
        found_ns=found_ns,
    )


def _share(trial: Trial, plan: Plan, load: Writers, opened: Channel, reader: BulkReader, taken: ReaderAccount) -> Share:
    account = _account(load, opened, reader)
    recording = taken.add_to(account.recording(plan.duration_s, WRITE.nbytes), 0, reader)
    recording = dataclasses.replace(
        recording, producer_run_ns=load.ns, producer_runs=account.attempted, memory=opened.memory()
    )
    name = trial.transports[0]
    return Share(name, opened.buffer_bytes, recording, account.failed_by_code, opened.lost_reported, reader.arena_bytes)


def _account(load: Writers, opened: Channel, reader: BulkReader) -> TrialAccount:
    """Return the account of the writers and the reader. To be called once, after the final drain."""
    refused = {errno.errorcode.get(code, "unknown"): count for code, count in load.refused().items()}
    lost = opened.lost(load.attempted - sum(refused.values()) - reader.delivered)
    # Of what was lost without a writer's knowledge nobody knows the numbers.
    checksum = Checksum(load.attempted_sum, load.refused_sum, None if lost else reader.seq_sum)
    return TrialAccount(load.attempted, {**refused, **lost}, reader.delivered, checksum)
