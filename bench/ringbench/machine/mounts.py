"""The kernel's own file systems that BPF and BCC use."""

from __future__ import annotations

from pathlib import Path

from ringbench.machine.files import read
from ringbench.machine.knob import Finding
from ringbench.machine.toolchain import bcc_package
from ringbench.text import one_line

TRACING = ("/sys/kernel/tracing", "/sys/kernel/debug/tracing")
"""Where tracefs may be: its own place, or the one inside debugfs that older programs know."""


def mounted(root: Path, kind: str) -> list[str]:
    """Return where file systems of *kind* are mounted."""
    rows = (row.split(" ") for row in (read(root, "proc/self/mounts") or "").split("\n"))
    return [one_line(row[1]) for row in rows if len(row) > 2 and row[2] == kind]  # what, where, kind


class Tracefs:
    """The description of tracepoints."""

    name = "tracefs"
    why = "tracepoints are described there: without it no program can be attached to one"
    metrics = ()

    def examine(self, root: Path) -> Finding | None:
        """Return where it is mounted."""
        places = [place for place in mounted(root, "tracefs") if place in TRACING]
        # in debugfs it is mounted by itself, on the first look
        if not places and "/sys/kernel/debug" in mounted(root, "debugfs"):
            places = [TRACING[1]]
        if places:
            return Finding(self.name, ", ".join(sorted(set(places))), "ok", self.why)
        fix = f"mount -t tracefs tracefs {TRACING[0]} (./with-env does)"
        return Finding(self.name, "not mounted", "blocks", self.why, fix)


class Debugfs:
    """The place where older BCC looks for tracefs."""

    name = "debugfs"
    why = "BCC before 0.26 finds tracepoints through it alone (iovisor/bcc#4216)"
    metrics = ()

    def examine(self, root: Path) -> Finding | None:
        """Return whether it is mounted in its usual place."""
        if "/sys/kernel/debug" in mounted(root, "debugfs"):
            return Finding(self.name, "/sys/kernel/debug", "ok", self.why)
        bcc = bcc_package()
        if bcc is None or TRACING[0] in (read(bcc, "__init__.py") or ""):
            return Finding(self.name, "not mounted", "ok", self.why)
        fix = "mount -t debugfs debugfs /sys/kernel/debug (./with-env does)"
        return Finding(self.name, "not mounted", "blocks", self.why, fix)


class Bpffs:
    """Where maps and programs can be pinned."""

    name = "bpffs"
    why = "nothing that ringbench measures is pinned; programs beside it (bpftool, libbpf) expect it"
    metrics = ()

    def examine(self, root: Path) -> Finding | None:
        """Return where it is mounted."""
        places = mounted(root, "bpf")
        return Finding(self.name, ", ".join(places) or "not mounted", "ok", self.why)
