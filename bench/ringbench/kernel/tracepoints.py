"""Holding tracepoints open between trials, so that attaching and detaching a program takes no grace period.

The last user of a tracepoint waits for an RCU grace period when it leaves (kernel/trace/trace_event_perf.c,
perf_trace_event_unreg()): 60 ms and more for each of the three probes, a third of a short trial. A perf event that is
open and disabled makes the trial's probe not the last one. It records nothing, and dies with its descriptor.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterable, Iterator

from ringbench.kernel import cpus, syscalls
from ringbench.kernel.probe import LIFECYCLE
from ringbench.kernel.tracefs import ROOTS


@contextlib.contextmanager
def keep_enabled(names: Iterable[str] = LIFECYCLE.tracepoints) -> Iterator[tuple[int, ...]]:
    """Hold the tracepoints *names* for as long as the block lasts; yield their perf events' descriptors.

    Where one can't be held, trials take longer, no more.
    """
    descriptors = []
    with contextlib.ExitStack() as stack:
        for name in names:
            with contextlib.suppress(OSError, ValueError):
                descriptors.append(syscalls.open_tracepoint(_id(name), cpus.online()[0]))
                stack.callback(os.close, descriptors[-1])
        yield tuple(descriptors)


def _id(name: str) -> int:
    for root in ROOTS:
        path = root / "events" / name / "id"
        if path.exists():
            return int(path.read_text())
    raise FileNotFoundError(name)
