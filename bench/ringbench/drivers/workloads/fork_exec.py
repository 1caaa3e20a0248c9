"""`fork-exec`: a worker for each CPU starts and awaits a tiny program, again and again. Needs no other program.

posix_spawn() is vfork and exec in C; of the 70 µs that a life takes, Python's loop has 3. The workers may run on any
of the chosen CPUs, as a shell's children do, so lives move between CPUs: pinned to one each, fork, exec and exit
would all happen there, and there would be no order between CPUs to keep.
"""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Iterator

from ringbench.drivers.workloads import tiny
from ringbench.drivers.workloads.workers import Loop, Slot, Workers, live_once
from ringbench.drivers.workloads.workload import Operation, Operations, Request, Workload, WorkloadKind
from ringbench.errors import OptionError


def pace(rate: float) -> Iterator[None]:
    """Yield at *rate* times a second on an absolute schedule: a late life does not push the later ones back."""
    start, n = time.monotonic(), 0
    while True:
        n += 1
        time.sleep(max(0.0, start + n / rate - time.monotonic()))
        yield


class ForkExec(Workers):
    """One worker for each CPU in *cpus*, each free to run on any of them; *per_s* in lives for each worker."""

    def __init__(self, cpus: tuple[int, ...], per_s: float | None) -> None:
        super().__init__([cpus] * len(cpus), per_s)

    @contextlib.contextmanager
    def work(self) -> Iterator[Loop]:
        """Yield the loop that a worker runs."""
        with tiny.program() as path:
            yield lambda slot: self._loop(path, slot)

    def _loop(self, path: str, slot: Slot) -> None:
        if self._per_s is None:
            while True:
                live_once(path)
                slot.count()
        for _ in pace(self._per_s):
            live_once(path)
            slot.count()


def _make(request: Request) -> Workload:
    rate = request.per_s
    if request.argument is not None:  # fork-exec:500 is the older way to write fork-exec@500
        try:
            rate = float(request.argument)
        except ValueError:
            rate = -1.0
        if not 0 < rate < 1e6 or request.per_s is not None:
            raise OptionError(
                f"fork-exec:{request.argument} is not a rate: write lives a second for each CPU, like fork-exec@500."
            )
    return ForkExec(request.cpus, rate)


@contextlib.contextmanager
def _lives() -> Iterator[Operations]:
    with tiny.program() as path:

        def live(times: int) -> None:
            for _ in range(times):
                live_once(path)

        yield live


def _operation(request: Request) -> Operation:
    return Operation(_lives, 3)


def _missing() -> str | None:
    return None if hasattr(os, "posix_spawn") else "this Python has no posix_spawn"


KIND = WorkloadKind(
    "fork-exec",
    "fork-exec[@LOAD]",
    "a worker for each CPU starts and awaits a tiny program; LOAD: 60% of flat out, or lives a second for each CPU",
    _make,
    _missing,
    paced=True,
    operation=_operation,
    place=1,
    is_usual=True,
    has_schedule=lambda argument: argument is not None,
)
