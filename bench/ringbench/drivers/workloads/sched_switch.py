"""`sched-switch`: two processes on each of the chosen CPUs hand a byte back and forth; a context switch is an event.

A process that waits for the byte gives up its CPU, and its partner, pinned to the same one, gets it: one switch a
hand-over, on all CPUs at once, with nothing but a read() and a write() in between. All switches of the machine count,
the reader's own too. At a load (``sched-switch@50%``) one of the two waits for its turn, its CPU busy where that is
near.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator

from ringbench.drivers.workloads.workers import Loop, Slot, Workers
from ringbench.drivers.workloads.workload import Request, Workload, WorkloadKind
from ringbench.errors import MissingRequirementError, OptionError
from ringbench.kernel import probe
from ringbench.native import producer


class SchedSwitch(Workers):
    """A pair of processes pinned to each CPU in *cpus*; *per_s* in hand-overs a second for each pair."""

    def __init__(self, cpus: tuple[int, ...], per_s: float | None = None) -> None:
        super().__init__([(cpu,) for cpu in cpus for _ in range(2)], None if per_s is None else per_s / 2)

    def check(self) -> None:
        """Check that the loop was built."""
        if reason := producer.missing():
            raise MissingRequirementError(reason)

    @contextlib.contextmanager
    def work(self) -> Iterator[Loop]:
        """Yield the loop that each side of a pair runs: native, and endless."""
        call = producer.library().hand_over
        interval_ns = 0 if self._per_s is None else max(1, round(1e9 / self._per_s))
        with contextlib.ExitStack() as stack:
            pipes = [os.pipe() for _ in self._affinities]  # whence each worker gets its byte
            for descriptor in (end for pipe in pipes for end in pipe):
                stack.callback(os.close, descriptor)
            for _, entry in pipes[::2]:
                os.write(entry, b"b")

            def loop(slot: Slot) -> None:
                mine, partner = slot.index, slot.index ^ 1
                call(pipes[mine][0], pipes[partner][1], slot.address, 0 if mine % 2 else interval_ns)

            yield loop

    def lives(self) -> int | None:
        """None: it makes no processes."""
        return None


def _make(request: Request) -> Workload:
    if request.argument is not None:
        raise OptionError(f"sched-switch:{request.argument}: it takes no argument but a load, like sched-switch@50%.")
    return SchedSwitch(request.cpus, request.per_s)


def _probe(request: Request) -> probe.Probe:
    return probe.SCHED_SWITCH


KIND = WorkloadKind(
    "sched-switch",
    "sched-switch[@LOAD]",
    "two processes on each CPU hand a byte back and forth; every context switch of the machine is an event",
    _make,
    producer.missing,
    _probe,
    paced=True,
)
