"""Files made under sudo belong to the person who typed sudo, not to root.

``sudo ringbench run`` has to be root to measure; what it leaves behind is read, moved and deleted without root.
"""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

_HIGHEST_ID = 2**32 - 2
"""2**32 - 1 is the -1 that makes chown leave an owner as it is: never an id."""


def chown_to_invoker(path: Path | int) -> None:
    """Chown *path* (or an open descriptor) to SUDO_UID:SUDO_GID, if this is root under sudo; else do nothing.

    A symbolic link is itself given away, never what it points to. A file system that knows no owners (vfat, 9p, an NFS
    export that squashes root) refuses; that is no reason to fail a measurement, so the refusal is ignored.
    """
    if os.geteuid() != 0:
        return
    uid, gid = _identifier("SUDO_UID"), _identifier("SUDO_GID")
    if uid is None:
        return
    group = -1 if gid is None else gid
    with contextlib.suppress(OSError):
        if isinstance(path, int):
            os.fchown(path, uid, group)
        else:
            os.chown(path, uid, group, follow_symlinks=False)


def _identifier(variable: str) -> int | None:
    """Return the numeric id in an environment *variable*; None where it is unset or anything but ASCII digits."""
    text = os.environ.get(variable, "")
    if not (text.isascii() and text.isdigit()) or len(text) > len(str(_HIGHEST_ID)):
        return None
    number = int(text)
    return number if number <= _HIGHEST_ID else None
