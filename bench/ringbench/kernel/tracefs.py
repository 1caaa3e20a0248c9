"""A private instance of tracefs: made, set up, and removed afterwards, whatever happens to this process.

An instance is a folder, and outlives whoever made it. So a watchdog is started first: a shell in a session of its own,
which waits for the end of a pipe that this process holds open, and then removes the folder. Should that be killed, too,
the next instance to be made sweeps: a name tells which process it is of, and that of a process that is gone is removed.
"""

from __future__ import annotations

import contextlib
import itertools
import os
import re
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

from ringbench.errors import MissingRequirementError

ROOTS = (Path("/sys/kernel/tracing"), Path("/sys/kernel/debug/tracing"))
"""Where tracefs is mounted."""
_NAME = re.compile(r"ringbench-(\d+)-(\d+)-(\d+)-\d+")
_PATIENCE_S = 5.0
_NUMBERS = itertools.count()

# While a reader has one of its files open, an instance can't be removed (EBUSY): the kernel closes a dead process's
# files in its own time, so the watchdog tries again for some seconds.
_WATCHDOG = """read _
tries=200
while [ -d "$0" ] && [ $tries -gt 0 ]; do
	echo 0 >"$0/events/enable"
	rmdir "$0" && break
	sleep 0.05
	tries=$((tries - 1))
done 2>/dev/null
"""


def instances() -> Path:
    """Return the folder in which instances are made; MissingRequirementError where there is none."""
    for root in ROOTS:
        if (root / "instances").is_dir():
            return root / "instances"
    raise MissingRequirementError(
        f"no tracefs with instances at {' or '.join(map(str, ROOTS))}. "
        "Run through ./with-env, or `mount -t tracefs none /sys/kernel/tracing`."
    )


class Instance:
    """A tracefs instance of this process's own; :meth:`close` removes it.

    Raises MissingRequirementError where the kernel, its lockdown or a mount doesn't let us have one.
    """

    def __init__(self) -> None:
        folder = instances()
        sweep(folder)
        self.path = folder / f"ringbench-{os.getpid()}-{_started(os.getpid())}-{_namespace()}-{next(_NUMBERS)}"
        reading, self._held = os.pipe()  # neither is inherited by what this process starts
        self._watchdog = subprocess.Popen(
            ["/bin/sh", "-c", _WATCHDOG, str(self.path)],
            stdin=reading, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd="/", start_new_session=True,
        )  # fmt: skip
        os.close(reading)
        try:
            self.path.mkdir()
        except OSError as error:
            self._dismiss()
            raise MissingRequirementError(f"no instance can be made in {folder}: {error.strerror}.") from error

    def set(self, name: str, value: str) -> None:
        """Write *value* to the file *name*; MissingRequirementError with the kernel's word where it is refused."""
        try:
            (self.path / name).write_text(value)
        except OSError as error:
            raise MissingRequirementError(f"tracefs refuses {value!r} for {name}: {error.strerror}.") from error

    def read(self, name: str) -> str:
        """Return the text of the file *name*; MissingRequirementError where it can't be read."""
        try:
            return (self.path / name).read_text(errors="replace")
        except OSError as error:
            raise MissingRequirementError(f"tracefs does not let {name} be read: {error.strerror}.") from error

    def close(self) -> None:
        """Remove the instance, with what it has enabled. Every file in it must be closed; again does nothing."""
        if self._watchdog.poll() is None:
            _removed(self.path, _PATIENCE_S)
            self._dismiss()

    def _dismiss(self) -> None:
        os.close(self._held)
        self._watchdog.wait()


def sweep(folder: Path) -> None:
    """Remove the instances in *folder* that a process of this suite left behind; no others are touched.

    Processes of other PID namespaces can't be seen from here, so theirs are left alone.
    """
    for path, pid, started, namespace in _ours(folder):
        if namespace == _namespace() and _started(pid) != started:
            _removed(path, 0)


def _ours(folder: Path) -> Iterator[tuple[Path, int, int, int]]:
    """Yield each instance with a name of ours: its path, and what it tells: process, start, PID namespace."""
    for path in folder.iterdir():
        if match := _NAME.fullmatch(path.name):
            yield path, int(match[1]), int(match[2]), int(match[3])


def _removed(path: Path, patience_s: float) -> None:
    end = time.monotonic() + patience_s
    while True:
        with contextlib.suppress(OSError):
            (path / "events" / "enable").write_text("0")
        with contextlib.suppress(OSError):
            path.rmdir()
        if not path.exists() or time.monotonic() >= end:
            return
        time.sleep(0.01)


def _started(pid: int) -> int | None:
    """Return when process *pid* started, in clock ticks since boot (proc_pid_stat(5)); None where there is none."""
    try:
        return int(Path(f"/proc/{pid}/stat").read_text(errors="replace").rpartition(")")[2].split()[19])
    except (OSError, IndexError, ValueError):
        return None


def _namespace() -> int:
    return os.stat("/proc/self/ns/pid").st_ino
