"""The ringbuf: one ring for all CPUs, a power of two of pages, through `output`, `reserve` or a dynptr."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Any, ClassVar

from ringbench.drivers.transport import Close, Transport
from ringbench.kernel import syscalls
from ringbench.kernel.program import Program
from ringbench.kernel.ring import Ring
from ringbench.kernel.ringbuf import MappedRingbuf, physical_bytes, round_size, stride
from ringbench.spec.published import WANTS
from ringbench.spec.transport import PAGE, Look
from ringbench.spec.wakeups import Wakeup


@dataclass(frozen=True)
class Ringbuf(Transport):
    """Its ring is the map that the program declares."""

    viewable: ClassVar[bool] = True
    poll_stays_ready: ClassVar[bool] = True

    def open(self, program: Program, buffer_bytes: int, wakeup: Wakeup) -> list[Ring]:
        """Map the program's ring."""
        return [MappedRingbuf(program.events(self).map_fd, buffer_bytes, program.record.nbytes)]

    def charge(self, data_bytes: int, rings: int) -> Close:
        """Make a ringbuf."""
        fd = syscalls.create_ringbuf(data_bytes)
        return lambda: os.close(fd)


def _sized(data: int, cpus: int, record: int) -> tuple[str, ...]:
    return (f"-DRINGBUF_PAGES={data // PAGE}",)


def _ringbuf(name: str, slug: str, description: str, *, in_place: bool, **others: Any) -> Ringbuf:
    return Ringbuf(
        name=name,
        shape="shared-ring",
        library="ringbuf",
        map_name=f"{slug}_events",
        submit=f"submit_{slug}",
        source=f"{slug}.h",
        wakeups=("every", "adaptive", "batch", "bytes", "none"),
        description=description,
        round_size=round_size,
        physical_bytes=physical_bytes,
        stride=stride,
        sized=_sized,
        reserve=f"reserve_{slug}" if in_place else None,
        commit=f"commit_{slug}" if in_place else None,
        published=WANTS,
        **others,
    )


RINGBUF_OUTPUT = _ringbuf(
    "ringbuf-output",
    "ringbuf_output",
    "BPF_RINGBUF_OUTPUT: one shared ring, ringbuf_output() copies the record in",
    in_place=False,
    place=2,
    role="buffer",
    look=Look("#56b4e9", "^", ":"),
    limits="spare the copy",
)
RINGBUF_RESERVE = _ringbuf(
    "ringbuf-reserve",
    "ringbuf_reserve",
    "BPF_RINGBUF_OUTPUT: one shared ring, ringbuf_reserve() and ringbuf_submit()",
    in_place=True,
    place=3,
    role="head",
    look=Look("#0072b2", "s", "--"),
    limits="reserve a length that is no constant",
)
RINGBUF_DYNPTR = _ringbuf(
    "ringbuf-dynptr",
    "ringbuf_dynptr",
    "one shared ring, bpf_ringbuf_reserve_dynptr() for a length that need not be a constant, bpf_dynptr_write()",
    in_place=False,
    needs="dynptr reservation",
    limits="be had before Linux 5.19",
)
