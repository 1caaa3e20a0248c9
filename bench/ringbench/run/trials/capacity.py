"""A capacity trial: fill the buffer, stop, drain it. What reader and producer can do without waiting for each other.

A round fills every ring to nine tenths, from the workload's CPUs in turn, by a program that BPF_PROG_TEST_RUN repeats.
Then nothing writes any more, and the reader's CPU drains. Rounds take turns: one times the drain, the next one memcpy
of the same bytes and the producer's run statistics, so that both meet the same caches and the same minutes.
"""

from __future__ import annotations

import contextlib
import ctypes
import dataclasses
import os
import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np

from ringbench.data.metrics.recording import Capacity
from ringbench.drivers.readers import Opening, Reader, argument, reader
from ringbench.drivers.transports import Transport, buffer_bytes, find_transport
from ringbench.drivers.workloads.firehose import RECORD_BYTES, records_a_call
from ringbench.errors import MissingRequirementError
from ringbench.kernel import cpus, program, syscalls
from ringbench.kernel import probe as probes
from ringbench.machine import caches
from ringbench.run.trials.account import TrialAccount
from ringbench.run.trials.trial import Outcome, Share
from ringbench.spec.placement import reader_cpus
from ringbench.spec.plan import Plan
from ringbench.spec.trial import Trial
from ringbench.spec.wakeups import NOBODY, Wakeup, wakeup

_FULL = 0.9
_FEWEST = 3
"""Rounds of each kind at least."""
_MOST_RUNS = 1 << 20
"""Runs that the kernel is asked for at once."""


class FullBuffer:
    """A transport, its reader, and the program that fills it; :func:`full_buffer` opens one."""

    def __init__(
        self, loaded: program.Program, transport: Transport, source: Reader, nbytes: int, filled_from: Sequence[int]
    ) -> None:
        self.loaded = loaded
        self.transport = transport
        self.source = source
        self.nbytes = nbytes
        self._run = loaded.repeatable("fill")
        self.filled_from = tuple(filled_from)
        rings = transport.rings(caches.online_by_cache())
        # The ring that most CPUs fill is the first to be full.
        most = max(len(set(ring) & set(self.filled_from)) for ring in rings)
        each = transport.ring_bytes(nbytes, len(rings)) // most
        self._runs = max(1, int(_FULL * each / self.stride / loaded.records_per_run))

    @property
    def stride(self) -> int:
        """Bytes that a record takes in the ring."""
        return self.transport.stride(self.loaded.record.nbytes)

    @property
    def events(self) -> int:
        """Records in a full buffer."""
        return self._runs * self.loaded.records_per_run * len(self.filled_from)

    def fill(self) -> float:
        """Fill the buffer, each CPU its part; return the ns that a record took, by the kernel's own clock.

        Raises MissingRequirementError where the kernel doesn't repeat programs. The calling thread may run where it
        could.
        """
        means = []
        for _ in self.turns():
            left = self._runs
            while left:
                times = min(left, _MOST_RUNS)
                try:
                    means.append(syscalls.run_repeatedly(self._run, times))
                except OSError as error:
                    raise MissingRequirementError(
                        f"this kernel cannot repeat a BPF program: {error.strerror}."
                    ) from error
                left -= times
        return statistics.fmean(means) / self.loaded.records_per_run

    def turns(self) -> Iterator[int]:
        """Yield the index of each CPU that fills, with this thread on it; afterwards it may run where it could."""
        allowed = os.sched_getaffinity(0)
        for index, cpu in enumerate(self.filled_from):
            os.sched_setaffinity(0, (cpu,))
            yield index
        os.sched_setaffinity(0, allowed)

    def empty(self) -> None:
        """Drain until nothing comes."""
        while self.source.drain():
            pass


@contextlib.contextmanager
def full_buffer(
    transport: Transport,
    reader_name: str,
    *,
    nbytes: int,
    record_bytes: int,
    filled_from: Sequence[int],
    records_per_run: int = 8,
    policy: Wakeup = NOBODY,
) -> Iterator[FullBuffer]:
    """Yield a buffer of *nbytes* over all CPUs with its reader open, to be filled and emptied again and again."""
    sent = probes.fill(records_per_run, record_bytes)
    loaded = program.load([transport], probe=sent, sizes={transport.name: nbytes}, wakeup=policy)
    with contextlib.ExitStack() as stack:
        stack.callback(loaded.close)
        opening = Opening(loaded, transport, nbytes, policy, 0, keep=False, argument=argument(reader_name))
        source = reader(reader_name).open(opening)
        stack.callback(source.close)
        yield FullBuffer(loaded, transport, source, nbytes, filled_from)


@dataclass
class _Rounds:
    """The rounds of a trial, in ns for each event."""

    buffer: FullBuffer
    drain: list[float] = field(default_factory=list)
    memcpy: list[float] = field(default_factory=list)
    fill: list[float] = field(default_factory=list)
    fill_stats: list[float] = field(default_factory=list)

    def __post_init__(self) -> None:
        nbytes = self.buffer.events * self.buffer.stride
        self._from, self._to = np.ones(nbytes, np.uint8), np.ones(nbytes, np.uint8)

    def timed_drain(self) -> None:
        """A round that times the drain."""
        self.fill.append(self.buffer.fill())
        began = time.perf_counter_ns()
        self.buffer.empty()
        self.drain.append((time.perf_counter_ns() - began) / self.buffer.events)

    def timed_memcpy(self) -> None:
        """A round that times memcpy of as many bytes, and reads the run statistics.

        The bytes are another buffer's, since not every reader's mapping can be had. They are written as the ring was,
        by the same CPUs just before, so they lie in the same caches.
        """
        self._fill_with_statistics()
        parts = np.array_split(self._from, len(self.buffer.filled_from))
        for index in self.buffer.turns():
            parts[index].fill(1)
        began = time.perf_counter_ns()
        ctypes.memmove(self._to.ctypes.data, self._from.ctypes.data, len(self._to))
        self.memcpy.append((time.perf_counter_ns() - began) / self.buffer.events)
        self.buffer.empty()

    def _fill_with_statistics(self) -> None:
        loaded = self.buffer.loaded
        with contextlib.ExitStack() as stack:
            try:
                stack.enter_context(syscalls.bpf_stats())
            except OSError:  # before Linux 5.8
                self.buffer.fill()
                return
            before = loaded.runs()
            self.buffer.fill()
            after = loaded.runs()
        self.fill_stats.append((after[0] - before[0]) / (after[1] - before[1]) / loaded.records_per_run)

    def result(self) -> Capacity:
        """Return the medians."""
        return Capacity(
            drain_ns_per_event=statistics.median(self.drain),
            memcpy_ns_per_event=statistics.median(self.memcpy),
            fill_ns_per_event=statistics.median(self.fill),
            fill_stats_ns_per_event=statistics.median(self.fill_stats) if self.fill_stats else None,
        )


def measure(trial: Trial, plan: Plan) -> Outcome:
    """Measure one capacity trial, for ``duration_s`` and three rounds of each kind at least.

    Needs root; to be called in a process of its own. Raises MissingRequirementError where the kernel doesn't repeat
    programs.
    """
    began: list[float] = []

    def more() -> bool:
        began.append(time.monotonic())
        return began[-1] - began[0] < plan.duration_s or len(began) <= _FEWEST

    return measure_stepped(more, trial, plan)


def measure_stepped(more: Callable[[], bool], trial: Trial, plan: Plan) -> Outcome:
    """Measure one capacity trial, a round of each kind whenever *more* returns True; as :func:`measure`."""
    transport, online = find_transport(trial.transports[0]), cpus.online()
    with full_buffer(
        transport,
        trial.reader,
        nbytes=buffer_bytes(transport.name, trial.asked_bytes, caches.online_by_cache()),
        record_bytes=trial.record_bytes or RECORD_BYTES,
        filled_from=trial.cpus,
        records_per_run=records_a_call(trial.workload.partition(":")[2] or None),
        policy=wakeup(trial.wakeup),
    ) as buffer:
        os.sched_setaffinity(0, reader_cpus(trial.placement, trial.cpus, online))
        started_ns, began = time.time_ns(), time.monotonic()
        rounds = _Rounds(buffer)
        buffer.fill()  # a warm-up, in the account as the others are
        buffer.empty()
        while more():
            rounds.timed_drain()
            rounds.timed_memcpy()
        share = _share(buffer, rounds.result(), time.monotonic() - began)
    return Outcome((share,), started_ns, 0, None, None)


def _share(buffer: FullBuffer, found: Capacity, wall_s: float) -> Share:
    account = TrialAccount.of(buffer.loaded, buffer.transport, buffer.source)
    recording = dataclasses.replace(
        account.recording(wall_s, buffer.loaded.record.nbytes),
        residual=0,
        capacity=found,
        rings=buffer.transport.rings(caches.online_by_cache()),
        memory=buffer.transport.memory(buffer.loaded, buffer.nbytes, buffer.source.descriptors),
    )
    return Share(
        buffer.transport.name,
        buffer.nbytes,
        recording,
        account.failed_by_code,
        buffer.source.lost_reported,
        buffer.source.arena_bytes,
    )
