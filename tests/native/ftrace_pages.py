"""ftrace's pages as the tests make them, and what is in them by a second, slow reading."""

from __future__ import annotations

import ctypes
import struct
from collections.abc import Sequence
from dataclasses import dataclass

from ringbench import native
from ringbench.kernel.ftrace import _Runs

PAGE_BYTES, COMMIT, DATA = 4096, 8, 16
FORK, EXEC, EXIT = 366, 365, 369
FORMATS = (
    native.Traced(FORK, 24, 20, 12, 8, 0),
    native.Traced(EXEC, 20, 12, 16, 8, 0),
    native.Traced(EXIT, 28, 24, 24, 8, 16),
)
"""Of Linux 6.18: fork and exec have texts of any length, an exit one of 16 bytes."""


def located(offset: int, length: int) -> bytes:
    """Return a __data_loc."""
    return struct.pack("<HH", offset & 0xFFFF, length & 0xFFFF)


def fork(parent: int, child: int, comm: bytes) -> bytes:
    """Return a fork's data."""
    text = comm + b"\0"
    fields = struct.pack("<HBBi", FORK, 0, 0, parent) + located(24, len(text)) + struct.pack("<i", parent)
    return fields + located(24, len(text)) + struct.pack("<i", child) + text


def exec_(pid: int, old_pid: int, path: bytes) -> bytes:
    """Return an exec's data."""
    text = path + b"\0"
    return struct.pack("<HBBi", EXEC, 0, 0, pid) + located(20, len(text)) + struct.pack("<ii", pid, old_pid) + text


def exit_(pid: int, comm: bytes) -> bytes:
    """Return an exit's data."""
    return struct.pack("<HBBi16sii?", EXIT, 0, 0, pid, comm, pid, 120, True)


def record(data: bytes, delta: int, long: bool = False) -> bytes:
    """Return an event with its header; *long*: its length in a word of its own, as that of a large one."""
    padded = data + b"\0" * (-len(data) % 4)
    if long or len(padded) > 28 * 4:
        return struct.pack("<II", delta << 5, len(padded) + 4) + padded
    return struct.pack("<I", delta << 5 | len(padded) // 4) + padded


def extend(delta: int) -> bytes:
    """Return what moves the time on by more than an event can."""
    return struct.pack("<II", (delta & (1 << 27) - 1) << 5 | 30, delta >> 27)


def stamp(ts_ns: int) -> bytes:
    """Return an absolute stamp."""
    return struct.pack("<II", (ts_ns & (1 << 27) - 1) << 5 | 31, ts_ns >> 27 & 0xFFFFFFFF)


def padding(nbytes: int) -> bytes:
    """Return a discarded event of *nbytes*, four at least."""
    return struct.pack("<II", 1 << 5 | 29, nbytes).ljust(4 + nbytes, b"\0")


def page(ts_ns: int, events: Sequence[bytes], commit: int | None = None) -> bytes:
    """Return a page that says it has so many bytes of *events*."""
    content = b"".join(events)
    told = len(content) if commit is None else commit
    return (struct.pack("<QQ", ts_ns, told) + content).ljust(PAGE_BYTES, b"\xee")[:PAGE_BYTES]


@dataclass
class Ring:
    """A ring that has one page in hand, at *address*; all of its records are of the window, from *first_ns* on."""

    address: int
    first_ns: int = 1
    next_ns: int = 0

    def __post_init__(self) -> None:
        self.runs = _Runs(counting=1)
        for span in (self.runs.counted, self.runs.window):
            span.first_ns, span.next_ns = self.first_ns, self.next_ns
        self.ring = native.Ftrace(
            page=self.address,
            page_bytes=PAGE_BYTES,
            pages=1,
            commit=COMMIT,
            commit_bytes=8,
            data=DATA,
            spans=ctypes.addressof(self.runs),
            cpu=3,
            events=FORMATS,
        )
