"""Files that are there whole or not at all: written beside their place, synced, then renamed into it.

Whoever reads during a write, or after a kill -9 or a power cut in the middle of one, finds the old file or the new.
"""

from __future__ import annotations

import contextlib
import errno
import os
import re
import secrets
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO

from ringbench.data.store.owner import chown_to_invoker
from ringbench.errors import RingbenchError
from ringbench.text import printable

_TEMPORARY = re.compile(r"\.ringbench-(\d{1,10})-[0-9a-f]{16}\.tmp")
"""Name of a file being written, with the pid of its writer."""


def replace(path: Path, write: Callable[[BinaryIO], object]) -> None:
    """Put what *write* writes into the binary file it is given at *path*, atomically; missing folders are made.

    A symbolic link at *path* is replaced, not followed. Whatever goes wrong in between (an exception of *write* and
    Ctrl-C too), the temporary file is removed and what was at *path* stays. Raises RingbenchError, one line, where
    the file system refuses.
    """
    with replacing(path) as file:
        write(file)


def write(path: Path, data: bytes) -> None:
    """Put *data* at *path*, atomically; otherwise as :func:`replace`."""
    replace(path, lambda file: file.write(data))


@contextlib.contextmanager
def replacing(path: Path) -> Iterator[BinaryIO]:
    """Yield a binary file that is at *path* once the block has ended without an exception; as :func:`replace`."""
    make_folder(path.parent)
    place = temporary(path.parent)
    try:
        try:
            with creating(place) as file:
                yield file
            os.replace(place, path)
        except BaseException:
            with contextlib.suppress(OSError):
                place.unlink()
            raise
        _sync_folder(path.parent)
    except OSError as error:
        raise cannot_write(path, error) from error


def temporary(folder: Path) -> Path:
    """Return a new name in *folder* for what is being written: :func:`sweep` removes it once this process is gone."""
    return folder / f".ringbench-{os.getpid()}-{secrets.token_hex(8)}.tmp"


@contextlib.contextmanager
def creating(path: Path) -> Iterator[BinaryIO]:
    """Yield a new binary file at *path*; at the end of the block it is synced and given back. Raises OSError."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    with os.fdopen(os.open(path, flags, 0o666), "wb") as file:
        yield file
        file.flush()
        chown_to_invoker(file.fileno())
        os.fsync(file.fileno())


def adopt(written: Path, path: Path) -> None:
    """Rename *written*, a whole and synced file in the same folder, to *path*. RingbenchError where it is refused."""
    try:
        os.replace(written, path)
        _sync_folder(path.parent)
    except OSError as error:
        raise cannot_write(path, error) from error


def make_folder(path: Path) -> None:
    """Make the folder *path* and those above it that are missing, owned like everything else that is written.

    Raises RingbenchError where it can't be made or something else is in its place.
    """
    try:
        missing = []
        folder = path.absolute()
        while not folder.exists():
            missing.append(folder)
            folder = folder.parent
        for folder in reversed(missing):
            folder.mkdir(exist_ok=True)
            chown_to_invoker(folder)
        if not path.is_dir():
            raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR))
    except OSError as error:
        raise cannot_write(path, error) from error


def leftovers(folder: Path) -> list[Path]:
    """Return the temporary files in *folder* whose writer is gone: what a kill -9 leaves behind."""
    found = ((entry, _TEMPORARY.fullmatch(entry.name)) for entry in folder.iterdir())
    return [entry for entry, match in found if match and not _alive(int(match[1]))]


def sweep(folder: Path) -> None:
    """Remove the :func:`leftovers` in *folder*, if it is there. RingbenchError where that is refused."""
    try:
        for left in leftovers(folder) if folder.is_dir() else ():
            left.unlink(missing_ok=True)
    except OSError as error:
        raise cannot_write(folder, error) from error


def cannot_write(path: Path, error: OSError) -> RingbenchError:
    """Return the one line that a person sees when *path* can't be written: what failed and what to do."""
    reason = error.strerror or str(error)
    advice = "choose another --out"
    if error.errno in {errno.ENOSPC, errno.EDQUOT}:
        advice = "make room there, or choose another --out"
    elif error.errno == errno.EROFS:
        advice = "choose an --out on a file system that can be written"
    elif error.errno in {errno.EACCES, errno.EPERM}:
        reason += f" for user id {os.geteuid()}"
        advice = "choose another --out, or use sudo if an earlier run left it to root"
    return RingbenchError(f"cannot write {printable(str(path))}: {printable(reason)}; {advice}.")


def _sync_folder(folder: Path) -> None:
    """Make the rename itself survive a power cut. Some file systems can't sync a folder; the file is there anyway."""
    with contextlib.suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except OSError:  # somebody else's: alive
        return True
    return True
