"""`command`: the user's own command is the workload. It ends by itself; its output and exit status are reported."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys

from ringbench.drivers.workloads.group import kill_group
from ringbench.drivers.workloads.workload import Request, Workload, WorkloadKind
from ringbench.errors import MissingRequirementError, OptionError
from ringbench.kernel.syscalls import die_with_parent
from ringbench.machine.measured_by import caller

_STOP_S = 10.0


class Command:
    """A command, run as the user who called sudo, on the chosen CPUs.

    Its standard output goes to our standard error: standard output is for results.
    """

    def __init__(self, argv: tuple[str, ...], cpus: tuple[int, ...]) -> None:
        self._argv = argv
        self._cpus = cpus
        self._process: subprocess.Popen[bytes] | None = None
        self._status: int | None = None

    def check(self) -> None:
        """Check that the command is there."""
        if shutil.which(self._argv[0]) is None:
            raise MissingRequirementError(
                f"{self._argv[0]!r} cannot be run: no such program on PATH, or it is not executable."
            )

    def prepare(self) -> None:
        """Nothing: it is started in the measured window, so that all of its events are in it."""

    def start(self) -> None:
        """Run it."""
        identity = caller()
        environment = dict(os.environ)
        if identity is not None:
            environment.update(HOME=identity.pw_dir, USER=identity.pw_name, LOGNAME=identity.pw_name)

        trial = os.getpid()

        def settle() -> None:
            die_with_parent(trial)
            os.sched_setaffinity(0, self._cpus)

        try:
            self._process = subprocess.Popen(
                self._argv,
                stdin=subprocess.DEVNULL,
                stdout=sys.stderr.fileno(),
                env=environment,
                user=identity.pw_uid if identity else None,
                group=identity.pw_gid if identity else None,
                extra_groups=os.getgrouplist(identity.pw_name, identity.pw_gid) if identity else None,
                start_new_session=True,
                preexec_fn=settle,  # noqa: PLW1509 - takes no lock, so no thread can hold one
            )
        except OSError as error:
            raise MissingRequirementError(f"{self._argv[0]!r} cannot be run: {error.strerror}.") from error

    def finished(self) -> bool:
        """Whether it has ended."""
        return self._process is None or self._process.poll() is not None

    def stop(self) -> None:
        """End it if it still runs (SIGTERM to its whole group, then SIGKILL), and keep its status."""
        if self._process is None:
            return
        if self._process.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGTERM)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(_STOP_S)
            if self._process.poll() is None:
                self._process.kill()
        self._status = self._process.wait()
        kill_group(self._process.pid)
        self._process = None

    def lives(self) -> int | None:
        """None: only the command knows."""
        return None

    def done(self) -> int | None:
        """None: only the command knows."""
        return None

    def offered_per_s(self) -> float | None:
        """None: it runs as fast as it can."""
        return None

    def exit_status(self) -> int | None:
        """Return its exit status; negative: the signal that ended it."""
        return self._status


def _make(request: Request) -> Workload:
    if not request.command:
        raise OptionError("the workload `command` needs one: put it at the end, behind --, like `-- make -j2`.")
    return Command(tuple(request.command), request.cpus)


def _missing() -> str | None:
    return None


KIND = WorkloadKind(
    "command", "command", "the command behind --: its own processes are the events", _make, _missing, place=2
)
