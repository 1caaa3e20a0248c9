"""One writer at a time: two runs that add to one session would each drop the other's trials."""

from __future__ import annotations

import contextlib
import fcntl
import os
from collections.abc import Iterator
from pathlib import Path

from ringbench.data.store.atomic import cannot_write
from ringbench.data.store.owner import chown_to_invoker
from ringbench.errors import OptionError
from ringbench.text import printable

NAME = ".lock"


def open_lock(path: Path, mode: int) -> int:
    """Open the file *path*, made with *mode* where it is missing, for :func:`try_lock`. Raises OSError."""
    return os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, mode)


def try_lock(descriptor: int) -> bool:
    """Lock an open file for this process; tell whether no other process has it.

    A file system without locks refuses nobody. The kernel lets go with the process, kill -9 included, or when the
    process closes the file.
    """
    try:
        fcntl.lockf(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except (BlockingIOError, PermissionError):
        return False
    except OSError:
        pass
    return True


class Lock:
    """A folder held by this process until :meth:`release` or its end, kill -9 included: the kernel keeps the lock.

    The file .lock alone says nothing; it may be left behind. Processes forked from this one don't inherit the lock.
    """

    def __init__(self, folder: Path) -> None:
        """Take *folder*; OptionError if another process has it, RingbenchError if it can't be written."""
        self._path = folder / NAME
        try:
            self._descriptor: int | None = open_lock(self._path, 0o666)
        except OSError as error:
            raise cannot_write(self._path, error) from error
        chown_to_invoker(self._descriptor)
        if not try_lock(self._descriptor):
            self._close()
            raise OptionError(
                f"another ringbench is writing to {printable(str(folder))}; wait for it, or choose another --out."
            )

    @contextlib.contextmanager
    def released_on_failure(self) -> Iterator[None]:
        """Let the folder go if the block raises."""
        try:
            yield
        except BaseException:
            self.release()
            raise

    def release(self) -> None:
        """Let the folder go; again and again does nothing."""
        if self._descriptor is not None:
            with contextlib.suppress(OSError):
                self._path.unlink()
            self._close()

    def _close(self) -> None:
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None
