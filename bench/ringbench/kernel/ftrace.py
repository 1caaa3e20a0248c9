"""ftrace's rings: the tracepoints of a life in a private tracefs instance, a ring for each CPU, read page by page.

The kernel writes these records, not the BPF program, so ftrace can't be told the window. Which records belong to it is
decided by what the program noted beside them (bpf/transport/ftrace.h): its runs and ftrace's stamps take turns on each
CPU. And ftrace's own account of the events that it dropped has to agree with the program's count of its runs, CPU by
CPU, or the trial is invalid.
"""

from __future__ import annotations

import ctypes
import mmap
import os
import re
from collections.abc import Sequence
from typing import ClassVar

from ringbench import native
from ringbench.errors import InvalidMeasurementError
from ringbench.kernel import cpus, ftrace_format, syscalls
from ringbench.kernel.program import Program
from ringbench.kernel.ring import Ring
from ringbench.kernel.tracefs import Instance
from ringbench.native import loader
from ringbench.spec.codes import InvalidCode
from ringbench.spec.transport import PAGE, TransportSpec

CLOCK = "mono"
"""ktime_get_mono_fast_ns(), which is what bpf_ktime_get_ns() reads (kernel/trace/trace.c, trace_clocks)."""
_SUB_BUFFER = 4080
"""Bytes of events in a page of 4 KiB: the kernel divides a size by them (kernel/trace/ring_buffer.c, BUF_PAGE_SIZE)."""
_EVENTS = (
    ("sched_process_fork", "child_pid", "parent_pid", "parent_comm"),
    ("sched_process_exec", "pid", "old_pid", "filename"),
    ("sched_process_exit", "pid", None, "comm"),
)
"""In the order of the kinds of event; its pid, the other one, and where the name is had from."""
_LOST = re.compile(r"^(overrun|commit overrun|dropped events): (\d+)$", re.MULTILINE)


class _Span(ctypes.Structure):
    _fields_ = loader.words("runs first_ns next_ns")


class _Runs(ctypes.Structure):
    """``struct ftrace_cpu`` of bpf/transport/ftrace.h."""

    _fields_ = [
        *loader.words("counting"),
        ("counted", _Span),
        ("window", _Span),
        *loader.words("first_ns second_ns looks idle_ns busy_ns"),
        ("unused", ctypes.c_uint64 * 4),
    ]


class Ftrace:
    """The instance with its events on, and the program's notes beside them; the rings are its :attr:`rings`.

    *transport*: whose map is ``ftrace_runs``. *data_bytes*: of all rings. The program must be attached already: so its
    callbacks come before ftrace's. If it is timed, so are they. Raises MissingRequirementError where tracefs or one of
    its settings can't be had.
    """

    def __init__(self, program: Program, transport: TransportSpec, data_bytes: int) -> None:
        online, runs_fd = cpus.online(), program.events(transport).map_fd
        self._looks: list[int] = []
        self._notes = mmap.mmap(runs_fd, PAGE * -(-(max(online) + 1) * ctypes.sizeof(_Runs) // PAGE))
        self._runs = (_Runs * (max(online) + 1)).from_buffer(self._notes)
        self._at_the_end: list[int] | None = None
        self.instance = Instance()
        try:
            pages = data_bytes // PAGE // len(online)
            layout = set_up(self.instance, pages)
            events = formats(self.instance)
            self.rings = [FtraceRing(self, cpu, self._runs[cpu], pages, layout, events) for cpu in online]
            self._open = len(self.rings)
            self._look(program, "look_first")
            self._look(program, "look_second")
            for name, *_ in _EVENTS:
                self.instance.set(f"events/sched/{name}/enable", "1")
            self._look(program, "look_third")
            syscalls.wait_for_producers()  # whoever began to run the callbacks before has no way to ftrace's
            for ring in self.rings:
                ring.runs.counting = 1
            if any(ring.lost_since_made() for ring in self.rings):
                raise InvalidMeasurementError(
                    "ftrace dropped events before the trial had begun; take a larger buffer.",
                    InvalidCode.LOST_OUTSIDE_WINDOW,
                )
        except BaseException:
            self._let_go()
            raise

    def _look(self, program: Program, name: str) -> None:
        """Have the function *name* look at the clock at each of the events, behind all that is there already."""
        if program.timed:
            fd = program.once_more(name)
            self._looks += [syscalls.attach_raw_tracepoint(event, fd) for event, *_ in _EVENTS]

    def lost_at_the_end(self, ring: FtraceRing) -> int:
        """Return what *ring* lost of the runs that were counted; the first call ends the counting.

        Call it once the rings were drained: what still runs then finds room. Raises InvalidMeasurementError where
        events were lost even then, so that nobody can say whether their runs were counted.
        """
        if self._at_the_end is None:
            before = [each.lost_since_made() for each in self.rings]
            for each in self.rings:
                each.runs.counting = 0
            syscalls.wait_for_producers()
            if before != [each.lost_since_made() for each in self.rings]:
                raise InvalidMeasurementError(
                    "ftrace dropped events while the trial was brought to its end.", InvalidCode.LOST_OUTSIDE_WINDOW
                )
            self._at_the_end = before
        return self._at_the_end[self.rings.index(ring)]

    def closed(self, ring: FtraceRing) -> None:
        """Remove the instance once its last ring is closed."""
        self._open -= 1
        if not self._open:
            self._let_go()

    def _let_go(self) -> None:
        for link in self._looks:
            os.close(link)
        self.instance.close()


class FtraceRing(Ring):
    """One CPU's ring."""

    numbered: ClassVar[bool] = False  # nobody in the kernel gave its records numbers
    names_births: ClassVar[bool] = False

    def __init__(
        self,
        of: Ftrace,
        cpu: int,
        runs: _Runs,
        pages: int,
        layout: ftrace_format.Page,
        events: Sequence[native.Traced],
    ) -> None:
        self._of = of
        self.cpu = cpu
        self.runs = runs
        self.fd = os.open(of.instance.path / f"per_cpu/cpu{cpu}/trace_pipe_raw", os.O_RDONLY | os.O_NONBLOCK)
        self._page = ctypes.create_string_buffer(layout.nbytes)
        self.ring = native.Ftrace(
            fd=self.fd,
            page=ctypes.addressof(self._page),
            page_bytes=layout.nbytes,
            pages=pages + 1,
            commit=layout.commit,
            commit_bytes=layout.commit_bytes,
            data=layout.data,
            spans=ctypes.addressof(runs),
            cpu=cpu,
            events=tuple(events),
        )

    @property
    def position(self) -> int:
        """Bytes of events read so far, those outside of the window included."""
        return int(self.ring.bytes)

    def drain(self, sink: native.Sink) -> int:
        """Hand over to *sink* what is there and of the window, as ftrace_drain() of ftrace.h; return how many.

        Raises OSError where the kernel refuses to let it be read.
        """
        count = int(native.library().ftrace_drain(self.ring, sink))
        if count < 0:
            raise OSError(-count, f"reading ftrace's pages of CPU {self.cpu}")
        return count

    def lost_since_made(self) -> int:
        """Return ftrace's own count of the events that it lost here since the instance was made."""
        return sum(int(count) for _, count in _LOST.findall(self._of.instance.read(f"per_cpu/cpu{self.cpu}/stats")))

    @property
    def kernel_write_cost(self) -> tuple[int, int]:
        """The ns that ftrace's callback took of this CPU in the window, and how often; (0, 0) where it isn't timed.

        What lies between two looks with nothing in between is taken off.
        """
        return int(self.runs.busy_ns) - int(self.runs.idle_ns), int(self.runs.looks)

    def count_dropped(self, sink: native.Sink) -> int:
        """Return how many events of the window ftrace dropped. To be called once, when nothing comes any more.

        A record that is missing was dropped: how many of them in the window, ftrace doesn't say. But each run that the
        program counted must have its record, or be among those that ftrace says it dropped. Raises
        InvalidMeasurementError where that isn't so.
        """
        lost = self._of.lost_at_the_end(self)
        self.drain(sink)
        counted, window = self.runs.counted, self.runs.window
        where = f"ftrace's account of CPU {self.cpu} does not add up:"
        if counted.runs != self.ring.counted + lost:
            raise InvalidMeasurementError(
                f"{where} {counted.runs} runs of the program, but {self.ring.counted} records + {lost} lost.",
                InvalidCode.KERNEL_ACCOUNT_MISMATCH,
            )
        missing = window.runs - self.ring.seq
        if not 0 <= missing <= lost:
            raise InvalidMeasurementError(
                f"{where} {missing} of the window are missing, and {lost} were lost in all.",
                InvalidCode.KERNEL_ACCOUNT_MISMATCH,
            )
        return int(missing)

    def close(self) -> None:
        """Close it; with the last ring goes the instance."""
        if self.fd >= 0:
            os.close(self.fd)
            self.fd = -1
            self._of.closed(self)


def set_up(instance: Instance, pages: int) -> ftrace_format.Page:
    """Give *instance* rings of *pages* pages that refuse what doesn't fit, and stamps of the program's own clock.

    Return how its pages are laid out. Raises MissingRequirementError where it can't be so.
    """
    layout = ftrace_format.page(instance.read("events/header_page"))
    instance.set("trace_clock", CLOCK)
    instance.set("options/overwrite", "0")
    instance.set("trace_options", "norecord-cmd")  # or each context switch would note the names of tasks
    instance.set("buffer_size_kb", str(max(1, pages * _SUB_BUFFER // 1024)))
    return layout


def formats(instance: Instance) -> list[native.Traced]:
    """Return how the three events are laid out here; MissingRequirementError where that is not known, or can't be
    read.
    """
    return [
        ftrace_format.event(instance.read(f"events/sched/{name}/format"), pid, other, text)
        for name, pid, other, text in _EVENTS
    ]


def tried() -> str:
    """Make an instance, set it up as a trial does, and remove it; return what was done. Raises
    MissingRequirementError.
    """
    instance = Instance()
    try:
        set_up(instance, 2)
        formats(instance)
    finally:
        instance.close()
    return "made, set up and removed"
