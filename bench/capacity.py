"""A capacity trial: fill the buffer, stop, drain it. What reader and producer can do without waiting for each other.

A round fills every ring to nine tenths, from the workload's CPUs in turn, by a program that BPF_PROG_TEST_RUN repeats.
Then nothing writes any more, and the reader's CPU drains. Rounds take turns: one times the drain, the next one memcpy
of the same bytes and the producer's run statistics, so that both meet the same caches and the same minutes.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import statistics
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from bench.errors import EnvironmentLacks
from bench.kernel import cpus, memory, program, syscalls
from bench.kernel import probe as probes
from bench.metrics import Recording
from bench.metrics.recording import Capacity, Checksum
from bench.placement import reader_cpus
from bench.plan import Plan, Trial
from bench.readers import Opening, Reader, argument, reader
from bench.transports import PAGE, Transport, transport
from bench.trial import Outcome, Share
from bench.wakeups import wakeup
from bench.workloads.firehose import RECORD_BYTES, records_a_call

_FULL = 0.9
_MOST_RUNS = 1 << 20
"""Runs that the kernel is asked for at once."""


@dataclass
class _Rounds:
    """What the rounds of a trial showed, in ns for each event."""

    drain: list[float] = field(default_factory=list)
    memcpy: list[float] = field(default_factory=list)
    fill: list[float] = field(default_factory=list)
    fill_stats: list[float] = field(default_factory=list)


class _Bench:
    """One transport, its reader, and the program that fills it."""

    def __init__(self, trial: Trial, loaded: program.Program, carrier: Transport, source: Reader, nbytes: int) -> None:
        self._loaded = loaded
        self._source = source
        self._run = loaded.repeatable("fill")
        self._stride = carrier.stride(loaded.record.nbytes)
        self._cpus = trial.cpus
        online = cpus.online()
        self._reader_cpus = reader_cpus(trial.placement, trial.cpus, online)
        ring = carrier.ring_bytes(nbytes, len(online))
        each = ring if carrier.shape == "ring-per-cpu" else ring // len(trial.cpus)
        self._runs = max(1, int(_FULL * each / self._stride / loaded.records_a_run))
        self._copy_from = np.ones(self.events * self._stride, np.uint8)
        self._copy_to = np.ones(self.events * self._stride, np.uint8)
        self.rounds = _Rounds()

    @property
    def events(self) -> int:
        """Records in a full buffer."""
        return self._runs * self._loaded.records_a_run * len(self._cpus)

    def fill(self) -> float:
        """Fill the buffer, each CPU its part; return the ns that a record took, by the kernel's own clock."""
        means = []
        for cpu in self._cpus:
            os.sched_setaffinity(0, (cpu,))
            left = self._runs
            while left:
                times = min(left, _MOST_RUNS)
                means.append(syscalls.run_repeatedly(self._run, times))
                left -= times
        os.sched_setaffinity(0, self._reader_cpus)
        return statistics.fmean(means) / self._loaded.records_a_run

    def empty(self) -> None:
        """Drain until nothing comes."""
        while self._source.drain():
            pass

    def timed_drain(self) -> None:
        """A round that times the drain."""
        self.rounds.fill.append(self.fill())
        began = time.perf_counter_ns()
        self.empty()
        self.rounds.drain.append((time.perf_counter_ns() - began) / self.events)

    def timed_memcpy(self) -> None:
        """A round that times memcpy of as many bytes, and reads the run statistics.

        The bytes are another buffer's, since not every reader's mapping can be had. They are written as the ring was,
        by the same CPUs just before, so they lie in the same caches.
        """
        try:
            with syscalls.bpf_stats():
                before = self._loaded.runs()
                self.fill()
                after = self._loaded.runs()
            runs = (after[1] - before[1]) * self._loaded.records_a_run
            self.rounds.fill_stats.append((after[0] - before[0]) / runs)
        except OSError:
            self.fill()
        for cpu, part in zip(self._cpus, np.array_split(self._copy_from, len(self._cpus)), strict=True):
            os.sched_setaffinity(0, (cpu,))
            part.fill(1)
        os.sched_setaffinity(0, self._reader_cpus)
        began = time.perf_counter_ns()
        ctypes.memmove(self._copy_to.ctypes.data, self._copy_from.ctypes.data, len(self._copy_to))
        self.rounds.memcpy.append((time.perf_counter_ns() - began) / self.events)
        self.empty()


def measure(trial: Trial, plan: Plan) -> Outcome:
    """Measure one capacity trial, for ``duration_s`` and three rounds of each kind at least.

    Needs root; to be called in a process of its own. Raises EnvironmentLacks where the kernel doesn't repeat programs.
    """
    carrier = transport(trial.transports[0])
    nbytes = trial.buffer_bytes(carrier.name, len(cpus.online()))
    events = records_a_call(trial.workload.partition(":")[2] or None)
    sent = probes.fill(events, trial.record_bytes or RECORD_BYTES)
    policy = wakeup(trial.wakeup)
    with contextlib.ExitStack() as stack:
        ring = nbytes if carrier.shape == "shared-ring" else PAGE
        loaded = program.load([carrier], probe=sent, ringbuf_bytes=ring, wakeup=policy)
        stack.callback(loaded.close)
        opening = Opening(loaded, carrier, nbytes, policy, 0, keep=False, argument=argument(trial.reader))
        source = reader(trial.reader).open(opening)
        stack.callback(source.close)
        bench = _Bench(trial, loaded, carrier, source, nbytes)
        started_ns, began = time.time_ns(), time.monotonic()
        try:
            bench.fill()  # a warm-up, counted as the others are
        except OSError as error:
            raise EnvironmentLacks(f"this kernel cannot repeat a BPF program for a test: {error.strerror}.") from error
        bench.empty()
        while time.monotonic() - began < plan.duration_s or len(bench.rounds.memcpy) < 3:
            bench.timed_drain()
            bench.timed_memcpy()
        share = _share(loaded, carrier, source, nbytes, bench.rounds, time.monotonic() - began)
    return Outcome((share,), started_ns, 0, None, None)


def _share(
    loaded: program.Program, carrier: Transport, source: Reader, nbytes: int, rounds: _Rounds, wall_s: float
) -> Share:
    account = loaded.account(carrier)
    recording = Recording(
        wall_s=wall_s,
        attempted=account.attempted,
        failed=account.failed,
        delivered=source.delivered,
        residual=0,
        record_bytes=loaded.record.nbytes,
        checksum=Checksum(account.seq_sum, account.refused_seq_sum, source.seq_sum),
        capacity=Capacity(
            drain_ns_per_event=statistics.median(rounds.drain),
            memcpy_ns_per_event=statistics.median(rounds.memcpy),
            fill_ns_per_event=statistics.median(rounds.fill),
            fill_stats_ns_per_event=_median(rounds.fill_stats),
        ),
        memory=memory.of(carrier, loaded, nbytes, alone=True),
    )
    return Share(carrier.name, nbytes, recording, account.failed_by_code, source.lost_reported, source.arena_bytes)


def _median(values: Sequence[float]) -> float | None:
    return statistics.median(values) if values else None
