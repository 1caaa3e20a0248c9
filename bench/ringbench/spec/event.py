"""The records of events that every transport carries, as numpy sees them.

``bpf/event.h`` and ``bpf/switched.h`` are the same records as the kernel sees them. They are compared field by field
whenever a program is loaded (:func:`ringbench.kernel.source.layout_assertions`), so neither can change alone.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

FORK, EXEC, EXIT, SWITCH, WRITE = 0, 1, 2, 3, 4
KINDS = ("fork", "exec", "exit", "switch", "write")
"""Names of the kinds of event, by their number in the record."""

EVENT: np.dtype[np.void] = np.dtype(
    [
        ("ts_ns", "<u8"),  # CLOCK_MONOTONIC, taken before the record is submitted
        ("seq", "<u8"),  # counts the events of its CPU, from 0
        (
            "birth",
            "<u8",
        ),  # a number that its fork gave this life (bpf/lifecycle.c), no time; 0: before the session
        ("cpu", "<u4"),
        ("pid", "<u4"),  # the kernel's pid: a thread's id; of a fork, the child's
        ("parent_pid", "<u4"),  # 0 where the life began before the session
        ("kind", "<u4"),  # an index into KINDS
        ("comm", "S16"),  # raw bytes: any process can name itself anything
    ]
)
"""Of fork, exec and exit. 56 bytes, no padding."""

SWITCHED: np.dtype[np.void] = np.dtype([("ts_ns", "<u8"), ("seq", "<u8"), ("cpu", "<u4"), ("pid", "<u4")])
"""Of a context switch: *pid* is given *cpu* (0: it is idle). 24 bytes, no padding."""

WRITTEN: np.dtype[np.void] = np.dtype([("ts_ns", "<u8"), ("seq", "<u4"), ("cpu", "<u4")])
"""Of what a process wrote itself, on *cpu*: 16 bytes, as many as an io_uring's completion has."""

DELIVERED: np.dtype[np.void] = np.dtype([*((name, EVENT[name]) for name in EVENT.names or ()), ("received_ns", "<u8")])
"""A delivered event: the record, and when the reader had it (CLOCK_MONOTONIC, the clock of ``ts_ns``).

Of a switch, and of what was written, which have no life, ``birth`` and ``parent_pid`` are 0 and ``comm`` is empty; and
``pid`` is 0 of what was written."""
_KIND = {SWITCHED: SWITCH, WRITTEN: WRITE}

Events = npt.NDArray[np.void]
"""A one-dimensional structured array of dtype DELIVERED, in the order of delivery."""


def delivered(events: npt.NDArray[np.void], received_ns: npt.NDArray[np.uint64]) -> Events:
    """Join records (dtype EVENT, SWITCHED or WRITTEN, shape n) and when each was received (u8, shape n): DELIVERED."""
    out = np.zeros(len(events), DELIVERED)
    out["kind"] = _KIND.get(events.dtype, 0)
    for name in events.dtype.names or ():
        out[name] = events[name]
    out["received_ns"] = received_ns
    return out
