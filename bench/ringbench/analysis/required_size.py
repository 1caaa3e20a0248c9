"""What a load needs to lose nothing, computed from its arrivals: the peak backlog, in sizes that a transport can have.

It is exact for the arrivals that were recorded and for the moments at which that reader took them, and stands beside
the smallest size that was measured without loss. Where the two differ, the worst moment of the one was not that of the
other: bigger backlogs are rarer, and a size is a power of two.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterable
from dataclasses import dataclass

from ringbench.analysis.cells import Cell
from ringbench.analysis.quantities import count, size
from ringbench.drivers.transports import TRANSPORTS

_SHOWN = 4


@dataclass(frozen=True)
class Need:
    """What one transport needs under one load."""

    transport: str
    events: int
    """Peak backlog: of the ring that had most, or of all together where there is one."""
    stride: int
    """Bytes that a record takes in the ring."""
    rings: int
    buffer_bytes: int
    """Over all CPUs, in a size that the transport can have."""
    repeats: int
    """Repeats without a loss, whose arrivals it rests on."""
    varies: bool = False
    """Whether records have no fixed length, and the stride is one that they hardly exceed."""
    by_cpu: tuple[tuple[int, int], ...] = ()
    """(CPU, peak backlog of its events alone), the largest first, where that is known."""

    def words(self) -> str:
        """Return 'perf 64 KiB (at most 264 events unread on a CPU: 264 on CPU 1, 80 on CPU 0; 72 bytes each)'."""
        where = "in all"
        if self.rings > 1 and TRANSPORTS[self.transport].is_shared is None:
            where = f"in one of {self.rings} rings"
        elif self.rings > 1:
            each = [f"{events:,} on CPU {cpu}" for cpu, events in self.by_cpu[:_SHOWN]]
            fewer = len(self.by_cpu) - _SHOWN
            each += [f"no more on {count(fewer, 'other')}"] if fewer > 0 else []
            where = f"on a CPU: {', '.join(each)}" if each else "on a CPU"
        most = "up to " if self.varies else ""
        end = f"{';' if ':' in where else ','} {most}{self.stride} bytes each"
        return f"{self.transport} {size(self.buffer_bytes)} (at most {count(self.events, 'event')} unread {where}{end})"


def need(cells: Iterable[Cell], cpus: int) -> Need | None:
    """Return what *cells*, one transport's under one load in any size, show to be needed on a machine of *cpus* CPUs.

    None where the arrivals are not known: records were only counted, or some were lost in every repeat; and where the
    session doesn't say how many rings there were.
    """
    cells = list(cells)
    if not cells or cells[0].transport not in TRANSPORTS or not cpus:
        return None
    transport = TRANSPORTS[cells[0].transport]
    column, rings = {
        "ring-per-cpu": ("peak_backlog_cpu", cpus),
        "ring-per-cache": ("peak_backlog_ring", cells[0].rings),
        "shared-ring": ("peak_backlog", 1),
    }[transport.shape]
    peaks = [peak for cell in cells for peak in cell.values(column)]
    if not peaks or not rings:
        return None
    stride = transport.stride(cells[0].setting.record_bytes)
    # A ring is never filled to the last byte: head and tail would be the same as in an empty one.
    wanted = (int(max(peaks)) * stride + 1) * rings
    possible = transport.round_size(wanted, rings)
    varies = transport.own_records is not None
    return Need(transport.name, int(max(peaks)), stride, rings, possible, len(peaks), varies, _by_cpu(cells))


def _by_cpu(cells: Iterable[Cell]) -> tuple[tuple[int, int], ...]:
    """Return the peak of each CPU over all repeats, as stored; what a session holds instead of that is passed over."""
    found: dict[int, int] = {}
    for row in (row for cell in cells for row in cell.rows):
        with contextlib.suppress(ValueError, TypeError, AttributeError, RecursionError):
            for cpu, events in json.loads(row["peak_backlog_by_cpu"]).items():
                found[int(cpu)] = max(found.get(int(cpu), 0), int(events))
    return tuple(sorted(found.items(), key=lambda item: (-item[1], item[0])))
