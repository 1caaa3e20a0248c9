"""The times of a trial: warm-up, window, end; and what is read at its ends."""

from __future__ import annotations

import contextlib
import os
import sys
import threading
import time
from collections.abc import Sequence

from ringbench.drivers.readers import Reader
from ringbench.drivers.workloads import Workload
from ringbench.errors import InvalidMeasurementError
from ringbench.kernel import program, syscalls
from ringbench.spec.codes import InvalidCode
from ringbench.spec.plan import Plan

_LEAD_S = 0.002
"""How far ahead a window's start lies, so that it is set before it comes."""
_CHECK_S = 2.0
"""Time between two looks at whether the load still runs. Each costs the reader the interpreter's lock for a moment."""
_SWITCH_S = 20e-6
"""A reader that polls gives the interpreter's lock away at each look and has it back before this thread wakes up; each
time, the wait after which it must yield begins anew (CPython, ceval_gil.c, take_gil()). With the usual 5 ms it never
ends, and a thread that is woken in vain thousands of times a second takes its CPU from the load. With this it ends
where looks lie further apart; where they don't, the reader gives way when something is due
(:attr:`WindowController.due`)."""


class WindowController(threading.Thread):
    """Keeps the times: starts the load, sets the window, reads the run statistics at its ends, stops the load.

    A thread of its own, since a reader that is given more than it can take does not come back before the load ends.
    """

    def __init__(self, loaded: program.Program, load: Workload, plan: Plan, readers: Sequence[Reader]) -> None:
        super().__init__(daemon=True)
        self._readers = readers
        self._program = loaded
        self._load = load
        self._plan = plan
        self._failure: BaseException | None = None
        self._window_set = threading.Event()
        self.start_ns = 0
        """When the window starts."""
        self.end_ns: int | None = None
        """When the window ends, once that is known: a command ends when it wants. The reader looks at it each round."""
        self.wall_s = 0.0
        self.started_ns = 0
        self.run_ns: int | None = None
        self.runs: int | None = None
        self.cpu_ns = 0
        """This thread's CPU time during the window."""
        self.done: int | None = None
        """Operations that the load did in the window."""
        self.notes: list[str] = []
        self._opened = False

    @property
    def due(self) -> bool:
        """Whether this thread has something to do now, so that a reader that polls must let it in."""
        now = time.monotonic_ns()
        return now >= self.start_ns and (not self._opened or (self.end_ns is not None and now >= self.end_ns))

    def run(self) -> None:
        """Go from warm-up to the end of the load; a failure is kept for :meth:`finish`."""
        sys.setswitchinterval(_SWITCH_S)
        try:
            with contextlib.suppress(OSError):
                # Runs for microseconds, but must do so on time, also where the load takes every CPU.
                os.sched_setscheduler(0, os.SCHED_FIFO | os.SCHED_RESET_ON_FORK, os.sched_param(1))
            with contextlib.ExitStack() as stack:
                stats = self._statistics(stack)
                if self._plan.command:
                    self._command()
                else:
                    self._timed()
                self.done = self._done()
                self.cpu_ns = time.thread_time_ns() - self._cpu_before_ns
                for each in self._readers:
                    each.interrupt()
                if stats:
                    after = self._program.runs()
                    self.run_ns, self.runs = after[0] - self._before[0], after[1] - self._before[1]
            self._load.stop()
        except BaseException as error:
            self._failure = error
            self.end_ns = 0
        finally:
            self._window_set.set()

    def wait_for_window(self) -> None:
        """Wait until the window is set, or cannot be. A reader that begins earlier competes with that for its CPU."""
        self._window_set.wait()

    def _statistics(self, stack: contextlib.ExitStack) -> bool:
        try:
            stack.enter_context(syscalls.bpf_stats())
        except OSError as error:
            self.notes.append(f"producer cost not measured: bpf stats cannot be switched on ({error.strerror}).")
            return False
        return True

    def _timed(self) -> None:
        self._load.start()
        start = time.monotonic_ns() + int((self._plan.warmup_s + _LEAD_S) * 1e9)
        end = start + int(self._plan.duration_s * 1e9)
        self._program.set_window(start, end)
        if time.monotonic_ns() >= start:
            raise InvalidMeasurementError(
                "the window began before it was set: the load took every CPU in the meantime.",
                InvalidCode.WINDOW_MISSED,
            )
        self.start_ns, self.end_ns = start, end
        self._window_set.set()
        _sleep_until(start)
        self._open()
        while time.monotonic_ns() < end:
            time.sleep(min(_CHECK_S, max(0.0, (end - time.monotonic_ns()) / 1e9)))
            self._load.finished()  # raises when a load that should go on has ended
        self.wall_s = (end - start) / 1e9

    def _command(self) -> None:
        """The window opens before the command starts and is shut once it has ended: all of its events are in it."""
        self.start_ns = start = time.monotonic_ns() + int(_LEAD_S * 1e9)
        self._program.set_window(start, (1 << 63) - 1)
        self._window_set.set()
        _sleep_until(start)
        self._open()
        self._load.start()
        limit = self._plan.time_limit_s
        while not self._load.finished():
            time.sleep(0.005)
            if limit is not None and time.monotonic_ns() - start > limit * 1e9:
                self.notes.append(f"the command was ended after {limit:g} s (--duration).")
                self._load.stop()
                break
        end = time.monotonic_ns()
        self._program.set_window_end(start, end)
        self.end_ns = end
        self.wall_s = (end - start) / 1e9

    def _open(self) -> None:
        self._before = self._program.runs()
        self.started_ns = time.time_ns()
        self._cpu_before_ns = time.thread_time_ns()
        self._done_before = self._load.done()
        self._opened = True

    def _done(self) -> int | None:
        done = self._load.done()
        return None if done is None or self._done_before is None else done - self._done_before

    def finish(self) -> None:
        """Wait for the end of the load; raise what went wrong."""
        self.join()
        if self._failure is not None:
            raise self._failure
        if self.wall_s <= 0:
            raise InvalidMeasurementError(
                "the measured window has no length: the load ended before it began.", InvalidCode.LOAD_ENDED
            )


def _sleep_until(at_ns: int) -> None:
    time.sleep(max(0.0, (at_ns - time.monotonic_ns()) / 1e9))
