"""One measurement at a time on a machine: two would disturb each other, and neither would know."""

from __future__ import annotations

import contextlib
import fcntl
import os
import struct
from collections.abc import Iterator
from pathlib import Path

from ringbench.data.store.lock import open_lock, try_lock
from ringbench.errors import OptionError
from ringbench.text import one_line

PLACE = Path("/run/ringbench.lock")
"""Only root may write there, and only root measures. The kernel lets go of the lock with the process, kill -9
included."""
_FLOCK = struct.Struct("hhqqi")
"""struct flock of fcntl(2) on 64-bit Linux: type, whence, start, length, pid."""


@contextlib.contextmanager
def exclusive(place: Path = PLACE) -> Iterator[None]:
    """Hold the machine for the length of the block. OptionError, naming who has it, where another process does.

    Where the file cannot be made (a read-only system), nothing is held: that is no reason not to measure.
    """
    try:
        descriptor = open_lock(place, 0o600)
    except OSError:
        yield
        return
    try:
        if not try_lock(descriptor):
            raise OptionError(
                f"another ringbench is measuring on this machine{_who(descriptor)}: two would disturb each other. "
                "Wait until it is done."
            )
        yield
    finally:
        os.close(descriptor)


def _who(descriptor: int) -> str:
    asked = _FLOCK.pack(fcntl.F_WRLCK, os.SEEK_SET, 0, 0, 0)
    try:
        pid = _FLOCK.unpack(fcntl.fcntl(descriptor, fcntl.F_GETLK, asked))[4]
        words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")[-6:]
    except (OSError, struct.error):
        return ""
    return f" (process {pid}: {one_line(b' '.join(words).decode(errors='replace'), 80)})" if pid else ""
