"""ftrace: the same tracepoints in a private tracefs instance, a ring of pages for each CPU that drops what doesn't fit.

The kernel itself writes the record, beside the program, which only counts (bpf/transport/ftrace.h). So it carries the
events of a life and no others, of the lengths that their texts have.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from ringbench.drivers.transport import Transport
from ringbench.kernel.ftrace import Ftrace as Instance
from ringbench.kernel.program import Program
from ringbench.kernel.ring import Ring
from ringbench.spec.published import PER_CPU
from ringbench.spec.transport import PAGE
from ringbench.spec.wakeups import Wakeup

_FEWEST = 2
"""Pages of a CPU's ring at least (kernel/trace/ring_buffer.c, ring_buffer_resize())."""
_BUFFER_PAGE = 64
"""struct buffer_page, in whole cache lines: what the kernel knows of each page."""


def _possible(asked: int, cpus: int) -> int:
    return max(_FEWEST, -(-asked // (PAGE * cpus))) * PAGE * cpus


def _physical(data: int, cpus: int) -> int:
    # kernel/trace/ring_buffer.c, rb_allocate_cpu_buffer(): the pages, and one that the reader has in exchange; in each,
    # 16 bytes are its header. Not in it: what a kernel with CONFIG_TRACER_SNAPSHOT sets aside for a snapshot.
    pages = data // PAGE + cpus
    return pages * (PAGE + _BUFFER_PAGE)


def _stride(record: int) -> int:
    # A fork: 4 bytes of header, 24 of fields, two names of up to 16; an exit 40; an exec 24 and its path.
    return 64


def _sized(data: int, cpus: int, record: int) -> tuple[str, ...]:
    return ("-DNOTE_RUN=note_run_ftrace",)


@dataclass(frozen=True)
class Ftrace(Transport):
    """Its rings are those of a tracefs instance, whose pages a system call reads.

    The memory cgroup is not charged: the pages are asked for without __GFP_ACCOUNT (kernel/trace/ring_buffer.c,
    __rb_allocate_pages()).
    """

    mapping: ClassVar[str] = ""  # but for a page of the program's notes

    def open(self, program: Program, buffer_bytes: int, wakeup: Wakeup) -> list[Ring]:
        """Make the instance and switch its events on."""
        self.need_loops()
        return list(Instance(program, self, buffer_bytes).rings)

    def maps(self, program: Program, rings: Sequence[int]) -> list[int]:
        """Return none: no map's fdinfo counts the rings."""
        return []


FTRACE = Ftrace(
    name="ftrace",
    shape="ring-per-cpu",
    map_name="ftrace_runs",
    submit="submit_ftrace",
    source="ftrace.h",
    wakeups=("none",),
    description="the tracepoints in a private tracefs instance: a ring per CPU that the kernel itself writes to",
    round_size=_possible,
    physical_bytes=_physical,
    stride=_stride,
    sized=_sized,
    needs="tracefs instance",
    own_records="event",
    limits="carry what a program makes: only what the tracepoints have; say in the record whose life it is of",
    published=PER_CPU,
)
