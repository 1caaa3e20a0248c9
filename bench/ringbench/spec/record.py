"""What a record looks like: an event (of a life, or a switch), a sample of any length that only has a number, or the
record of programs that interrupt each other.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ringbench.errors import OptionError
from ringbench.spec.event import EVENT, SWITCHED, WRITTEN

LONGEST = 8192
"""Bytes of the longest sample: the kernel's per-CPU allocator gives up to 32 KiB, and perf a record of 64 KiB."""


@dataclass(frozen=True)
class Record:
    """A record's layout, in C and in numpy."""

    struct: str
    """Its name in C."""
    header: str
    """The file under bpf/ that declares it, and RECORD."""
    dtype: np.dtype[np.void]
    """Its fields, of which one is ``seq`` (u8)."""
    varies: bool = False
    """Whether a record may be of any length from ``seq`` on, up to this one."""

    @property
    def nbytes(self) -> int:
        """Bytes of one record, without the transport's own header."""
        return self.dtype.itemsize

    @property
    def seq_offset(self) -> int:
        """Where the sequence number lies."""
        fields = self.dtype.fields
        if fields is None:
            raise TypeError(f"record {self.struct} has no fields, so no sequence number: {self.dtype}")
        return int(fields["seq"][1])

    @property
    def kept(self) -> bool:
        """Whether it is an event, which metrics of order and latency can be made of; a sample is only counted."""
        return self.dtype in (EVENT, SWITCHED, WRITTEN)


LIFECYCLE = Record("event", "event.h", EVENT)
SWITCH = Record("switched", "switched.h", SWITCHED)
WRITE = Record("written", "", WRITTEN)
"""Of no program: what a process wrote itself. Its number is ``seq`` with the writer's CPU above it, a u64."""

NESTED = Record(
    "nested",
    "nested.h",
    np.dtype(
        [
            ("seq", "<u8"),  # counts the records of its CPU and level, from 0
            ("ts_ns", "<u8"),  # CLOCK_MONOTONIC as its program began, before anything was reserved
            ("submit_ns", "<u8"),  # and just before the submission
            ("outer", "<u8"),  # the number, plus one, of the outer record that was interrupted; 0: none
            ("interruptions", "<u8"),  # an outer's: how often it was interrupted between the two
            ("cpu", "<u4"),
            ("level", "<u4"),  # an index into LEVELS
            ("check", "<u8"),  # over the words before
        ]
    ),
)
LEVELS = ("outer", "inner")
"""Names of a nested record's levels, by their number: a tracepoint's program, and a timer's that interrupts it."""


def sample(nbytes: int) -> Record:
    """Return the record of ``bpf/sample.h`` that is *nbytes* long; OptionError where there can be none."""
    if nbytes % 8 or not 8 <= nbytes <= LONGEST:
        raise OptionError(f"--record-bytes {nbytes}: a multiple of 8, at least 8 and at most {LONGEST}.")
    fields: list[tuple[str, str] | tuple[str, str, int]] = [("seq", "<u8")]
    if nbytes >= 16:
        fields.append(("ts_ns", "<u8"))
    if nbytes > 16:
        fields.append(("payload", "<u8", nbytes // 8 - 2))
    return Record("sample", "sample.h", np.dtype(fields))
