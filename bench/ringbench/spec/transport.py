"""What a transport is made of: its names in the C source, its sizes, and the memory that it takes. Frozen data.

What user space does with it (open, map, charge, wait) is ringbench.drivers.transport, built on this.
"""

from __future__ import annotations

import mmap
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from ringbench.spec.published import Published

PAGE = mmap.PAGESIZE
ITS_PROGRAM = "its own program"
"""What a transport needs where all that can be lacking is seen by loading a program that submits through it."""

Shape = Literal["ring-per-cpu", "ring-per-cache", "shared-ring"]
"""A ring for each CPU, or for the CPUs that share a last-level cache, read one after the other; or one ring that every
CPU writes to."""
Library = Literal["perf", "ringbuf"]
"""The two buffers that BCC's and libbpf's own readers know."""
Producers = Literal["bpf", "user-space"]
Role = Literal["base", "head", "buffer", "design"]
"""Its part in comparisons. 'base': what the others are compared with. 'head': what the base is compared with first, and
the other designs, too. 'buffer': another of those that BCC offers. 'design': any other."""
ROLES: tuple[Role, ...] = ("base", "head", "buffer", "design")
"""In the order in which the base is compared with them."""


@dataclass(frozen=True)
class Look:
    """How figures draw a transport."""

    color: str
    """As matplotlib takes it: '#d55e00'."""
    marker: str
    dashes: str
    """Of a line: in grey, colours alone don't tell lines apart."""


def whole_pages(asked: int, cpus: int) -> int:
    """Return *asked* bytes in whole pages: for a transport whose memory may have any number of them."""
    return -(-asked // PAGE) * PAGE


def no_flags(data: int, cpus: int, record: int) -> tuple[str, ...]:
    """Return no compiler flag: for a transport whose reader makes its rings."""
    return ()


@dataclass(frozen=True, kw_only=True)
class TransportSpec:
    """A transport's names in the C source, and how its memory is laid out."""

    name: str
    shape: Shape
    map_name: str
    """The map that ``bpf/transport/<source>`` declares; '' where it is made outside of the program."""
    submit: str
    """The submit function that it declares."""
    source: str
    """Its file under bpf/transport/, or in :attr:`folder`."""
    wakeups: tuple[str, ...]
    """The kinds of wake-up policy it can have."""
    description: str
    """What it is, in one sentence, for ``ringbench list``."""
    round_size: Callable[[int, int], int]
    """(bytes asked for, rings) -> bytes of event data that it gets, over all CPUs."""
    physical_bytes: Callable[[int, int], int]
    """(bytes of event data, rings) -> bytes of memory that the kernel sets aside, from its layout."""
    stride: Callable[[int], int]
    """Bytes of a record -> bytes that it takes in the ring, its header included; at most, where :attr:`own_records`."""
    sized: Callable[[int, int, int], tuple[str, ...]] = no_flags
    """(bytes of event data, CPUs, bytes of a record) -> compiler flags that make it so large."""
    defines: tuple[str, ...] = ()
    """Compiler flags that only its programs get."""
    builds_on: tuple[str, ...] = ()
    """Files that its own builds on, under bpf/, or in :attr:`folder`."""
    folder: Path | None = None
    """Where :attr:`source` and :attr:`builds_on` lie, for a transport of another project; None: under bpf/."""
    library: Library | None = None
    """As which of the two buffers the readers of BCC and libbpf can read it; None: they can't."""
    arena_bytes: Callable[[int], int] | None = None
    """Bytes of event data -> bytes of the BPF arena that it lies in; None: it lies in none."""
    reserve: str | None = None
    """The function that hands out a record where it will lie, for a transport that can; and the one that submits it."""
    commit: str | None = None
    producers: Producers = "bpf"
    """Who writes to it: BPF programs, or processes of user space where no program can (ringbench.drivers.channels)."""
    requires_flag: str | None = None
    """The option of ``ringbench run`` without which it is not measured, as what it writes stays on the machine."""
    needs: str | None = None
    """What not every kernel, or BCC, has of what it is made of: a name of
    :data:`ringbench.drivers.features.FEATURES`, or :data:`ITS_PROGRAM`."""
    own_records: str | None = None
    """The one record that it can carry, by its name in C, where the kernel makes its own out of a tracepoint's
    arguments, of no fixed length; None: any record, as the program fills it."""

    place: int = 100
    """Its place in reports: lower is shown first, then by name."""
    role: Role = "design"
    look: Look | None = None
    """How figures draw it; None: in one of the spare looks."""
    limits: str = ""
    """Completes 'It can't …'."""
    published: Published | None = None
    """What was published about it."""

    @property
    def is_shared(self) -> bool | None:
        """Whether all CPUs write to one ring; None where the machine's caches decide."""
        return None if self.shape == "ring-per-cache" else self.shape == "shared-ring"

    @property
    def keeps_order(self) -> bool:
        """Whether it promises an order between any two CPUs."""
        return self.shape == "shared-ring"

    def refuses(self, record: str) -> str | None:
        """Return why it cannot carry the *record* of that name; None when it can."""
        if self.own_records in (None, record):
            return None
        return f"{self.name} carries fork, exec and exit alone, as the kernel's tracepoints write them"

    def rings(self, caches: Sequence[Sequence[int]]) -> tuple[tuple[int, ...], ...]:
        """Return the CPUs that write to each of its rings, where those online share *caches*."""
        online = sorted(cpu for cache in caches for cpu in cache)
        if self.shape == "ring-per-cpu":
            return tuple((cpu,) for cpu in online)
        return tuple(map(tuple, caches)) if self.shape == "ring-per-cache" else (tuple(online),)

    def ring_bytes(self, data: int, rings: int) -> int:
        """Return the bytes of one ring, of *data* bytes over all of them."""
        return data if self.shape == "shared-ring" else data // rings
