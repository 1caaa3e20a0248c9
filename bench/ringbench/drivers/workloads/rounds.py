"""A producer that does as many operations as it is told, times them, and waits: one round after the other."""

from __future__ import annotations

import contextlib
import os
import select
import signal
import struct
import time
from types import TracebackType

from ringbench.drivers.workloads.workload import Operations
from ringbench.errors import InvalidMeasurementError
from ringbench.kernel.syscalls import die_with_parent
from ringbench.spec.codes import InvalidCode


class Rounds:
    """A process pinned to *cpu*, forked when entered: before anything is attached, so that it holds nothing of it."""

    def __init__(self, operations: contextlib.AbstractContextManager[Operations], cpu: int) -> None:
        self._operations = operations
        self._cpu = cpu
        self._pid: int | None = None

    def __enter__(self) -> Rounds:
        """Fork the process; it waits for the first round."""
        orders, self._orders = os.pipe()
        self._answers, answers = os.pipe()
        parent = os.getpid()
        pid = os.fork()
        if pid == 0:
            self._serve(orders, answers, parent)
        self._pid = pid
        os.close(orders)
        os.close(answers)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End it with what it started."""
        if self._pid is not None:
            for stop in (os.killpg, os.kill):
                with contextlib.suppress(ProcessLookupError):
                    stop(self._pid, signal.SIGKILL)
            os.waitpid(self._pid, 0)
            os.close(self._orders)
            os.close(self._answers)
            self._pid = None

    def begin(self, operations: int) -> None:
        """Have it do that many *operations*."""
        os.write(self._orders, struct.pack("<Q", operations))

    def took_ns(self, *, wait_s: float) -> int | None:
        """Return the ns that the round took, by its own clock; None if it isn't over within *wait_s*.

        Raises InvalidMeasurementError where the process has ended.
        """
        if not select.select([self._answers], [], [], wait_s)[0]:
            return None
        answer = os.read(self._answers, 8)
        if len(answer) < 8:
            raise InvalidMeasurementError(
                "the producer ended by itself, in the middle of the measurement.", InvalidCode.LOAD_ENDED
            )
        return int(struct.unpack("<Q", answer)[0])

    def _serve(self, orders: int, answers: int, parent: int) -> None:
        try:
            die_with_parent(parent)
            os.setpgid(0, 0)
            for number in (signal.SIGINT, signal.SIGTERM):
                signal.signal(number, signal.SIG_DFL)
            os.close(self._orders)
            os.close(self._answers)
            os.sched_setaffinity(0, (self._cpu,))
            with self._operations as operate:
                while order := os.read(orders, 8):
                    (times,) = struct.unpack("<Q", order)
                    began = time.monotonic_ns()
                    operate(times)
                    os.write(answers, struct.pack("<Q", time.monotonic_ns() - began))
        finally:
            os._exit(1)
