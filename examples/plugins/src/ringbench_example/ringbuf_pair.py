"""`ringbuf-pair`: two ringbufs, one for the CPUs with even numbers and one for the others."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from ringbench.drivers.transport import Close, Transport
from ringbench.kernel import ringbuf, syscalls
from ringbench.kernel.program import Program
from ringbench.kernel.ring import Ring
from ringbench.kernel.ringbuf import MappedRingbuf
from ringbench.spec.transport import ITS_PROGRAM, PAGE
from ringbench.spec.wakeups import Wakeup

_MAPS = ("ringbuf_pair_even", "ringbuf_pair_odd")


@dataclass(frozen=True)
class RingbufPair(Transport):
    """Both rings are maps that the program declares."""

    viewable: ClassVar[bool] = True
    poll_stays_ready: ClassVar[bool] = True

    def rings(self, caches: Sequence[Sequence[int]]) -> tuple[tuple[int, ...], ...]:
        """Return the CPUs that write to each ring: the even ones, and the odd ones where there are any."""
        online = sorted(cpu for cache in caches for cpu in cache)
        return tuple(filter(None, (tuple(cpu for cpu in online if cpu % 2 == odd) for odd in (0, 1))))

    def open(self, program: Program, buffer_bytes: int, wakeup: Wakeup) -> list[Ring]:
        """Map both rings; each has half of the bytes."""
        return [MappedRingbuf(fd, buffer_bytes // 2, program.record.nbytes) for fd in self.maps(program, ())]

    def maps(self, program: Program, rings: Sequence[int]) -> list[int]:
        """Return both maps."""
        return [program.map_fd(name) for name in _MAPS]

    def charge(self, data_bytes: int, rings: int) -> Close:
        """Make two ringbufs."""
        made = [syscalls.create_ringbuf(data_bytes // 2) for _ in _MAPS]

        def close() -> None:
            for fd in made:
                os.close(fd)

        return close


def _round_size(asked: int, rings: int) -> int:
    return 2 * ringbuf.round_size(-(-asked // 2), 1)


def _physical(data: int, rings: int) -> int:
    return 2 * ringbuf.physical_bytes(data // 2, 1)


def _sized(data: int, cpus: int, record: int) -> tuple[str, ...]:
    return (f"-DPAIR_PAGES={data // 2 // PAGE}",)


RINGBUF_PAIR = RingbufPair(
    name="ringbuf-pair",
    shape="ring-per-cpu",
    map_name=_MAPS[0],
    submit="submit_ringbuf_pair",
    source="ringbuf_pair.h",
    folder=Path(__file__).parent / "bpf",
    wakeups=("every", "adaptive", "batch", "none"),
    description="two ringbufs, for CPUs with even and odd numbers: half as many CPUs wait for each lock",
    round_size=_round_size,
    physical_bytes=_physical,
    stride=ringbuf.stride,
    sized=_sized,
    needs=ITS_PROGRAM,
)
