"""The one record every transport carries, as numpy sees it.

``bpf/event.h`` is the same record as the kernel sees it. The two are compared field by field whenever a program
is loaded (:func:`bench.kernel.program.check_layout`), so neither can change alone.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

FORK, EXEC, EXIT = 0, 1, 2
KINDS = ("fork", "exec", "exit")
"""Names of the kinds of event, by their number in the record."""

EVENT: np.dtype[np.void] = np.dtype(
    [
        ("ts_ns", "<u8"),  # CLOCK_MONOTONIC, taken before the record is submitted
        ("seq", "<u8"),  # counts the events of its CPU, from 0
        ("birth", "<u8"),  # the fork that began this life; 0: before the session
        ("cpu", "<u4"),
        ("pid", "<u4"),  # the kernel's pid: a thread's id; of a fork, the child's
        ("parent_pid", "<u4"),  # 0 where the life began before the session
        ("kind", "<u4"),  # an index into KINDS
        ("comm", "S16"),  # raw bytes: any process can name itself anything
    ]
)
"""56 bytes, no padding."""

DELIVERED: np.dtype[np.void] = np.dtype([*((name, EVENT[name]) for name in EVENT.names or ()), ("received_ns", "<u8")])
"""A delivered event: the record, and when the reader had it (CLOCK_MONOTONIC, the clock of ``ts_ns``)."""

Events = npt.NDArray[np.void]
"""A one-dimensional structured array of dtype DELIVERED, in the order of delivery."""


def delivered(events: npt.NDArray[np.void], received_ns: npt.NDArray[np.uint64]) -> Events:
    """Join records (dtype EVENT, shape n) with the times they were received at (u8, shape n) into DELIVERED."""
    out = np.empty(len(events), DELIVERED)
    for name in EVENT.names or ():
        out[name] = events[name]
    out["received_ns"] = received_ns
    return out
