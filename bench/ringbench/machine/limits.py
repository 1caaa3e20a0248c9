"""What this process may do, and how much of it."""

from __future__ import annotations

import os
import re
from pathlib import Path

from ringbench.machine.files import line, number, read
from ringbench.machine.knob import Finding

_FEW_PIDS = 32768
_MEMLOCK = "Max locked memory"


def is_root() -> bool:
    """Return whether this process may load tracing programs the simple way: as root."""
    return os.geteuid() == 0


class Privileges:
    """Root or not."""

    name = "privileges"
    why = "loading BPF programs on the kernel's tracepoints needs root; reports and comparisons do not"
    metrics = ()

    def examine(self, root: Path) -> Finding | None:
        """Return who runs this."""
        if is_root():
            return Finding(self.name, "root", "ok", self.why)
        return Finding(self.name, "not root", "blocks", self.why, "sudo ./with-env ringbench ...")


class PerfAccess:
    """Who may open perf events, and how much memory their rings may lock."""

    name = "perf events"
    why = "without root, a strict level forbids the perf buffer, and its rings may lock only so much memory"
    metrics = ()

    def examine(self, root: Path) -> Finding | None:
        """Return perf_event_paranoid and the memory that a user's rings may lock for each CPU."""
        level = number(root, "proc/sys/kernel/perf_event_paranoid")
        if level is None:
            why = "the kernel has no perf events: the perf buffer cannot be opened"
            return Finding(self.name, "absent", "blocks", why, "use a kernel with CONFIG_PERF_EVENTS")
        locked = number(root, "proc/sys/kernel/perf_event_mlock_kb")
        seen = f"paranoid {level}, {'unknown' if locked is None else locked} KiB a CPU (root: no limit)"
        if is_root() or level < 0:
            return Finding(self.name, seen, "ok", self.why)
        return Finding(self.name, seen, "matters", self.why, "run as root")


class Memlock:
    """The limit on locked memory, which older kernels also apply to BPF maps."""

    name = "locked memory"
    why = (
        "kernels before 5.11 charge BPF maps to it (BCC raises it as root), and all charge what perf's rings take "
        "beyond their own allowance: a large ring may be refused"
    )
    metrics = ()

    def examine(self, root: Path) -> Finding | None:
        """Return the soft limit in bytes, and the hard one, up to which it may be raised without root."""
        for row in (read(root, "proc/self/limits") or "").split("\n"):
            limits = re.fullmatch(
                rf"{_MEMLOCK}\s+(unlimited|\d{{1,20}})\s+(unlimited|\d{{1,20}})\s+bytes\s*", row, re.ASCII
            )
            if limits is None:
                continue
            soft, hard = limits.groups()
            if soft == "unlimited":
                return Finding(self.name, soft, "ok", self.why)
            seen = f"{soft} bytes (hard limit {hard})"
            if is_root():  # has CAP_IPC_LOCK, which perf_mmap() asks for (kernel/events/core.c)
                return Finding(self.name, seen, "ok", self.why)
            fix = "ulimit -l unlimited" if hard == "unlimited" else "run as root"
            return Finding(self.name, seen, "matters", self.why, fix)
        return None


class PidMax:
    """How many process numbers there are before they are used again."""

    name = "pid_max"
    why = "where it is low, a fork storm uses pids again within seconds: lives are told apart by birth, never by pid"
    metrics = ()

    def examine(self, root: Path) -> Finding | None:
        """Return kernel.pid_max."""
        seen = line(root, "proc/sys/kernel/pid_max")
        value = number(root, "proc/sys/kernel/pid_max")
        if seen is None or value is None:
            return None
        return Finding(self.name, f"{seen}, soon used again" if value <= _FEW_PIDS else seen, "ok", self.why)
