"""`bulk-in-parts`: the bulk reader, which stops after each ring to let others have the CPU."""

from __future__ import annotations

import os

from ringbench import native
from ringbench.drivers.readers.block_arena import open_arena
from ringbench.drivers.readers.bulk import BulkReader, missing, open_all
from ringbench.drivers.readers.reader import Opening, Reader, ReaderKind
from ringbench.kernel.ring import Ring


class BulkInParts(BulkReader):
    """Yields the CPU behind each ring."""

    def _take(self, ring: Ring) -> int:
        taken = super()._take(ring)
        os.sched_yield()
        return taken


def _open(opening: Opening) -> Reader:
    return BulkInParts(open_all(opening), open_arena(opening), compiled=native.missing() is None)


KIND = ReaderKind(
    "bulk-in-parts",
    "bulk, with a sched_yield() behind each ring",
    missing,
    _open,
    reads=lambda transport: True,
)
