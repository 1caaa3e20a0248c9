"""`threads`: a worker for each CPU starts a thread and awaits its end, again and again: forks and exits, no exec."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator

from ringbench.drivers.workloads.workers import Loop, Slot, Workers
from ringbench.drivers.workloads.workload import Request, Workload, WorkloadKind
from ringbench.errors import OptionError


class Threads(Workers):
    """One worker for each of *cpus*, free to run on any of them."""

    def __init__(self, cpus: tuple[int, ...]) -> None:
        super().__init__([cpus] * len(cpus))

    @contextlib.contextmanager
    def work(self) -> Iterator[Loop]:
        """Yield the loop that a worker runs."""
        yield _loop


def _loop(slot: Slot) -> None:
    while True:
        thread = threading.Thread(target=_nothing)
        thread.start()
        thread.join()
        slot.count()


def _nothing() -> None:
    return


def _make(request: Request) -> Workload:
    if request.argument is not None:
        raise OptionError(f"workload threads:{request.argument}: it takes nothing behind a colon.")
    return Threads(request.cpus)


def _missing() -> str | None:
    return None


KIND = WorkloadKind(
    "threads", "threads", "a worker for each CPU starts threads that end at once: no exec", _make, _missing
)
