"""What a record looks like: the fork, exec and exit event, or a sample of any length that only carries its number."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from bench.errors import UsageError
from bench.event import EVENT

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
    def lifecycle(self) -> bool:
        """Whether it is an event of fork, exec or exit, which metrics of order and latency can be made of."""
        return self.dtype == EVENT


LIFECYCLE = Record("event", "event.h", EVENT)


def sample(nbytes: int) -> Record:
    """Return the record of ``bpf/sample.h`` that is *nbytes* long; UsageError where there can be none."""
    if nbytes % 8 or not 8 <= nbytes <= LONGEST:
        raise UsageError(f"--record-bytes {nbytes}: a multiple of 8, at least 8 and at most {LONGEST}.")
    fields: list[tuple[str, str] | tuple[str, str, int]] = [("seq", "<u8")]
    if nbytes >= 16:
        fields.append(("ts_ns", "<u8"))
    if nbytes > 16:
        fields.append(("payload", "<u8", nbytes // 8 - 2))
    return Record("sample", "sample.h", np.dtype(fields))
