"""What this process may do, and how much of it."""

from __future__ import annotations

import os
from pathlib import Path

from bench.machine.files import line, number, read
from bench.machine.knob import Finding
from bench.store.text import one_line

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
    why = "kernels before 5.11 charge maps to it (BCC raises it as root), so a large ring may be refused"
    metrics = ()

    def examine(self, root: Path) -> Finding | None:
        """Return the soft limit, in bytes."""
        for row in (read(root, "proc/self/limits") or "").split("\n"):
            words = row.removeprefix(_MEMLOCK).split()
            if row.startswith(_MEMLOCK) and words:
                limited = words[0] != "unlimited" and not is_root()
                seen = one_line(words[0]) + ("" if words[0] == "unlimited" else " bytes")
                return Finding(
                    self.name,
                    seen,
                    "matters" if limited else "ok",
                    self.why,
                    "ulimit -l unlimited" if limited else None,
                )
        return None


class PidMax:
    """How many process numbers there are before they are used again."""

    name = "pid_max"
    why = "a fork storm then uses pids again within seconds: lives are told apart by birth, tools that go by pid err"
    metrics = ()

    def examine(self, root: Path) -> Finding | None:
        """Return kernel.pid_max."""
        seen = line(root, "proc/sys/kernel/pid_max")
        value = number(root, "proc/sys/kernel/pid_max")
        if seen is None or value is None:
            return None
        if value > _FEW_PIDS:
            return Finding(self.name, seen, "ok", self.why)
        return Finding(self.name, seen, "matters", self.why, "sysctl kernel.pid_max=4194304")
