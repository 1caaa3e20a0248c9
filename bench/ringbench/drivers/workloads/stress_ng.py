"""`stress-ng:NAME`: one of stress-ng's stressors, an instance for each CPU."""

from __future__ import annotations

import contextlib
import functools
import os
import pwd
import re
import shutil
import signal
import subprocess
import tempfile
from pathlib import Path

from ringbench.drivers.workloads.group import kill_group
from ringbench.drivers.workloads.workload import Request, Workload, WorkloadKind
from ringbench.errors import InvalidMeasurementError, MissingRequirementError, OptionError
from ringbench.kernel.syscalls import die_with_parent
from ringbench.spec import cpu_list
from ringbench.spec.codes import InvalidCode

_REFUSE_ROOT = ("exec",)
"""Stressors that end at once when they are root's; they run as `nobody`."""
_PROCESS_MAKERS = ("fork", "vfork", "vforkmany", "exec", "spawn", "clone", "daemon")
_STOP_S = 10.0


class StressNg:
    """stress-ng with one stressor. Its own count of operations is read from its metrics when it has stopped."""

    def __init__(self, stressor: str, cpus: tuple[int, ...]) -> None:
        self._stressor = stressor
        self._cpus = cpus
        self._process: subprocess.Popen[bytes] | None = None
        self._folder: str | None = None
        self._lives: int | None = None

    def check(self) -> None:
        """Check that stress-ng is here and knows the stressor."""
        if reason := _missing():
            raise MissingRequirementError(reason)
        known = subprocess.run(["stress-ng", "--stressors"], capture_output=True, text=True, check=False).stdout.split()
        if known and self._stressor not in known:
            fitting = ", ".join(name for name in _PROCESS_MAKERS if name in known)
            raise OptionError(f"stress-ng has no stressor {self._stressor!r}; those that make processes are {fitting}.")

    def prepare(self) -> None:
        """Make the folder for its metrics and temporary files."""
        self._folder = tempfile.mkdtemp(prefix="ringbench-")
        os.chmod(self._folder, 0o777)

    def start(self) -> None:
        """Start an instance of the stressor for each CPU, all of them allowed on any of the chosen CPUs."""
        assert self._folder is not None, "prepare() comes first"
        user = "nobody" if self._stressor in _REFUSE_ROOT and os.geteuid() == 0 else None
        # Not --quiet: with it, stress-ng leaves the metrics out of its file as well.
        command = ["stress-ng", f"--{self._stressor}", str(len(self._cpus)), "--taskset", cpu_list.show(self._cpus)]
        command += ["--temp-path", self._folder, "--yaml", f"{self._folder}/metrics", "--metrics-brief"]
        follow = functools.partial(die_with_parent, os.getpid())
        self._process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd=self._folder,
            user=user,
            group=pwd.getpwnam(user).pw_gid if user else None,
            extra_groups=[] if user else None,
            start_new_session=True,
            preexec_fn=follow,  # noqa: PLW1509 - takes no lock, so no thread can hold one
        )

    def finished(self) -> bool:
        """Say why a stressor that ended by itself has failed: MissingRequirementError; killed,
        InvalidMeasurementError.
        """
        if self._process is not None and self._process.poll() is not None:
            if self._process.returncode < 0:
                raise InvalidMeasurementError(
                    f"the workload died half-way: stress-ng was killed by signal {-self._process.returncode}.",
                    InvalidCode.LOAD_FAILED,
                )
            raise MissingRequirementError(
                f"stress-ng --{self._stressor} ended by itself with status {self._process.returncode}: "
                f"try `stress-ng --{self._stressor} 1 --timeout 1` to see why."
            )
        return False

    def stop(self) -> None:
        """Interrupt it, so that it writes its metrics; kill it when that takes too long."""
        if self._process is not None:
            if self._process.poll() is None:
                self._process.send_signal(signal.SIGINT)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(_STOP_S)
            kill_group(self._process.pid)
            self._process.wait()
            self._process = None
        if self._folder is not None:
            self._lives = _operations(Path(self._folder) / "metrics")
            shutil.rmtree(self._folder, ignore_errors=True)
            self._folder = None

    def lives(self) -> int | None:
        """Return the stressor's own count of operations ("bogo ops"), over its whole run; None where it wrote none."""
        return self._lives

    def done(self) -> int | None:
        """None: it tells at its end."""
        return None

    def offered_per_s(self) -> float | None:
        """None: it goes flat out."""
        return None

    def exit_status(self) -> int | None:
        """None: it is interrupted, so its status says nothing."""
        return None


def _operations(metrics: Path) -> int | None:
    try:
        match = re.search(r"bogo-ops: (\d+)", metrics.read_text(errors="replace"))
    except OSError:
        return None
    return int(match.group(1)) if match else None


def _make(request: Request) -> Workload:
    if request.argument is None or not re.fullmatch(r"[a-z0-9-]+", request.argument):
        raise OptionError("stress-ng needs the name of a stressor: stress-ng:fork, stress-ng:vfork, stress-ng:exec.")
    return StressNg(request.argument, request.cpus)


def _missing() -> str | None:
    if shutil.which("stress-ng") is None:
        return "stress-ng is not installed: `apt install stress-ng`, or run through ./with-env."
    return None


KIND = WorkloadKind(
    "stress-ng", "stress-ng:NAME", "any stress-ng stressor that forks or execs, one instance a CPU", _make, _missing
)
