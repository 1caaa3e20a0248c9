"""Worker processes of the built-in workloads: forked before anything is attached, started by a byte, killed at the end.

They are forked early so that they hold no BPF descriptor or mapping, and the kernel kills them with their parent.
"""

from __future__ import annotations

import contextlib
import ctypes
import mmap
import os
import signal
import struct
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from ringbench.errors import InvalidMeasurementError
from ringbench.kernel.syscalls import die_with_parent, sleep_exactly
from ringbench.spec.codes import InvalidCode


def live_once(path: str) -> None:
    """Start *path* and wait for its end: one fork, one exec, one exit."""
    os.waitpid(os.posix_spawn(path, [path], {}), 0)


@dataclass(frozen=True)
class Slot:
    """Where one worker counts what it did, on a cache line of its own that its parent sees."""

    counts: mmap.mmap
    index: int

    def count(self) -> None:
        """Count one more."""
        struct.pack_into("<Q", self.counts, 64 * self.index, self.read() + 1)

    def read(self) -> int:
        """Return the count."""
        (count,) = struct.unpack_from("<Q", self.counts, 64 * self.index)
        return int(count)

    @property
    def address(self) -> int:
        """Return where the count lies, for native code."""
        return ctypes.addressof(ctypes.c_uint64.from_buffer(self.counts, 64 * self.index))


Loop = Callable[[Slot], None]
"""What a worker does, endlessly, counting in its slot."""


class Workers:
    """A process for each entry of *affinities*, the CPUs that it may run on. A subclass's work() says what they do.

    *per_s*: operations a second that each is asked for; None: flat out.
    """

    def __init__(self, affinities: Sequence[tuple[int, ...]], per_s: float | None = None) -> None:
        self._affinities = list(affinities)
        self._per_s = per_s
        self._counts = mmap.mmap(-1, 64 * max(1, len(affinities)))  # a cache line each, shared
        self._pids: list[int] = []
        self._go: int | None = None
        self._resources = contextlib.ExitStack()

    def work(self) -> contextlib.AbstractContextManager[Loop]:
        """Return a context that yields a worker's endless loop; it counts once a life."""
        raise NotImplementedError

    def check(self) -> None:
        """Nothing is needed but this Python."""

    def prepare(self) -> None:
        """Fork the workers; each waits for its byte."""
        loop = self._resources.enter_context(self.work())
        reading, self._go = os.pipe()
        parent = os.getpid()
        for index, affinity in enumerate(self._affinities):
            pid = os.fork()
            if pid == 0:
                os.close(self._go)
                self._run(index, affinity, reading, loop, parent)
            self._pids.append(pid)
        os.close(reading)

    def _run(self, index: int, affinity: tuple[int, ...], go: int, loop: Loop, parent: int) -> None:
        try:
            die_with_parent(parent)
            os.setpgid(0, 0)
            for number in (signal.SIGINT, signal.SIGTERM):
                signal.signal(number, signal.SIG_DFL)
            os.sched_setaffinity(0, affinity)
            sleep_exactly()
            if os.read(go, 1):
                loop(self._slot(index))
        finally:
            os._exit(1)

    def _slot(self, index: int) -> Slot:
        return Slot(self._counts, index)

    def start(self) -> None:
        """Let the workers go."""
        assert self._go is not None, "prepare() comes first"
        os.write(self._go, b"g" * len(self._pids))

    def finished(self) -> bool:
        """They go on until they are stopped. Raises InvalidMeasurementError where a worker has ended by itself."""
        for pid in self._pids:
            ended = os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT)  # left for stop() to reap
            if ended is not None:
                how = "was killed by signal" if ended.si_code != os.CLD_EXITED else "exited with status"
                raise InvalidMeasurementError(
                    f"the workload died half-way: worker {pid} {how} {ended.si_status}, "
                    f"{self.done():,} operations after its start.",
                    InvalidCode.LOAD_FAILED,
                )
        return False

    def stop(self) -> None:
        """Kill the workers with what they started, and wait for them."""
        if self._go is not None:
            os.close(self._go)
            self._go = None
        for pid in self._pids:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(pid, signal.SIGKILL)
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        for pid in self._pids:
            os.waitpid(pid, 0)
        self._pids.clear()
        self._resources.close()

    def done(self) -> int | None:
        """Return how many operations the workers have finished, by their own count."""
        return sum(self._slot(index).read() for index in range(len(self._affinities)))

    def lives(self) -> int | None:
        """Return how many lives the workers finished: an operation is one."""
        return self.done()

    def offered_per_s(self) -> float | None:
        """Return what all workers together are asked for."""
        return None if self._per_s is None else self._per_s * len(self._affinities)

    def exit_status(self) -> int | None:
        """None: they have none of interest."""
        return None
