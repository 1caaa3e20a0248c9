"""`burst`: everything on one CPU, in bursts, the others idle. Where one shared ring should need less memory.

A ring per CPU gives the busy CPU only its own share of the bytes; a shared ring gives it all of them.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator

from ringbench.drivers.workloads import tiny
from ringbench.drivers.workloads.workers import Loop, Slot, Workers, live_once
from ringbench.drivers.workloads.workload import Request, Workload, WorkloadKind
from ringbench.errors import OptionError

LIVES = 500
"""Lives in one burst, back to back."""
PERIOD_S = 0.1
"""Time from the start of one burst to the start of the next."""


class Burst(Workers):
    """One worker, pinned to the first of the chosen CPUs."""

    def __init__(self, cpus: tuple[int, ...], lives: int) -> None:
        super().__init__([cpus[:1]], lives / PERIOD_S)
        self._lives = lives

    @contextlib.contextmanager
    def work(self) -> Iterator[Loop]:
        """Yield the loop that the worker runs."""
        with tiny.program() as path:
            yield lambda slot: self._loop(path, slot)

    def _loop(self, path: str, slot: Slot) -> None:
        due = time.monotonic()
        while True:
            for _ in range(self._lives):
                live_once(path)
                slot.count()
            due = max(due + PERIOD_S, time.monotonic())
            time.sleep(max(0.0, due - time.monotonic()))


def _make(request: Request) -> Workload:
    text = request.argument or str(LIVES)
    if not (text.isascii() and text.isdecimal()) or not 0 < int(text) <= 1_000_000:
        raise OptionError(f"burst:{text} is not a number of lives: write it like burst:500.")
    return Burst(request.cpus, int(text))


def _missing() -> str | None:
    return None


KIND = WorkloadKind(
    "burst",
    "burst[:LIVES]",
    f"one worker on the first CPU starts LIVES ({LIVES}) tiny programs back to back every {PERIOD_S} s, others idle",
    _make,
    _missing,
    has_schedule=lambda argument: True,
)
