"""Programs that interrupt each other on one CPU, and what each transport makes of their records.

Beside ordinary trials of the workload, whose rows have the account: here the records themselves are kept and looked
into (ringbench.tools.nesting.interruptions), and failures are told by level. That is a table of its own, since no other
workload could fill its columns in trials.parquet.
"""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Mapping
from dataclasses import dataclass

from ringbench.data.metrics.drops import account_error
from ringbench.drivers.readers.arena import Arena
from ringbench.drivers.readers.bulk import BulkReader
from ringbench.drivers.transports import find_transport
from ringbench.drivers.workloads import workload
from ringbench.kernel import cpus, program, syscalls
from ringbench.kernel.probe import nested
from ringbench.machine import caches
from ringbench.run.trials.account import TrialAccount
from ringbench.spec.record import LEVELS, NESTED
from ringbench.spec.wakeups import NOBODY
from ringbench.tools.nesting.interruptions import Interruptions, interruptions

BUFFER_BYTES = 1 << 20
_LEAD_S = 0.05
"""From the start of the load to that of the window."""
PAUSE_S = 20e-6
"""Between two looks of the reader: short, so that it sees an inner record while the outer one is still under way."""
LONG_PAUSE_S = 20e-3
"""One that fills a small buffer."""
_PER_S = 200_000
"""Records a second and CPU that there is room for: more than lingering programs and the timer make together."""


@dataclass(frozen=True)
class Nested:
    """What one transport did with them. Counts of records."""

    transport: str
    buffer_bytes: int
    wall_s: float
    attempted: int
    delivered: int
    failed: int
    """Refused, and overwritten before it was read."""
    attempted_by_level: Mapping[str, int]
    failed_by_level: Mapping[str, Mapping[str, int]]
    """level -> return code -> refused submissions; ``refused`` where a reservation gives none."""
    overwritten: int
    account_error: str | None
    """Why the account doesn't add up; None when it does, numbers and sum of sequence numbers."""
    interruptions: Interruptions


def measure(name: str, seconds: float = 1.0, buffer_bytes: int = BUFFER_BYTES, pause_s: float = PAUSE_S) -> Nested:
    """Measure the transport called *name* for *seconds*, *buffer_bytes* over all CPUs. In a process of its own.

    The outer programs run on all CPUs but the last, where the reader looks (on the only one where there is one); the
    timer runs on all. *pause_s*: between two looks of the reader. Needs root. Raises MissingRequirementError where
    something is missing, InvalidMeasurementError where the load ended before its time.
    """
    online, transport = cpus.online(), find_transport(name)
    rings = transport.rings(caches.online_by_cache())
    size = transport.round_size(buffer_bytes, len(rings))
    load = workload("nested", online[:-1] or online)
    load.check()
    with contextlib.ExitStack() as stack:
        stack.callback(load.stop)
        load.prepare()
        loaded = program.load([transport], probe=nested(), sizes={name: size})
        stack.callback(loaded.close)
        arena = Arena(NESTED, int(_PER_S * (seconds + 1) * len(online)), keep=True)
        reader = BulkReader(transport.open(loaded, size, NOBODY), arena, compiled=True)
        stack.callback(reader.close)
        os.sched_setaffinity(0, online[-1:])
        syscalls.sleep_exactly()
        load.start()
        begin = time.monotonic_ns() + int(_LEAD_S * 1e9)
        end = begin + int(seconds * 1e9)
        loaded.set_window(begin, end)
        while time.monotonic_ns() < end:
            reader.drain()
            time.sleep(pause_s)
        load.finished()
        load.stop()
        syscalls.wait_for_producers()
        while reader.drain():
            pass
        each = [loaded.account(transport, level) for level in range(len(LEVELS))]
        account = TrialAccount.of(loaded, transport, reader)
        records, received_ns = arena.kept()
        error = account_error(account.recording(seconds, NESTED.nbytes))
        return Nested(
            transport=name,
            buffer_bytes=size,
            wall_s=seconds,
            attempted=account.attempted or 0,
            delivered=reader.delivered,
            failed=account.failed or 0,
            attempted_by_level={level: of.attempted for level, of in zip(LEVELS, each, strict=True)},
            failed_by_level={level: of.failed_by_code for level, of in zip(LEVELS, each, strict=True)},
            overwritten=account.failed_by_code.get("overwritten", 0),
            account_error=error and error.said,
            interruptions=interruptions(records, received_ns, shared_ring=len(rings) == 1),
        )
