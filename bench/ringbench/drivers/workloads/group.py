"""Process groups: what a workload started, and what that started in turn."""

from __future__ import annotations

import contextlib
import os
import signal
import time

_PATIENCE_S = 2.0


def kill_group(leader: int) -> None:
    """Kill what is left of the process group of *leader* and wait until it is gone, for some seconds at most.

    The wait is bounded: those of the group that are no children of ours are reaped by init, whenever it does.
    """
    end = time.monotonic() + _PATIENCE_S
    with contextlib.suppress(ProcessLookupError, PermissionError):
        while time.monotonic() < end:
            os.killpg(leader, signal.SIGKILL)
            time.sleep(0.002)
