"""The machine: what it can measure, what disturbs it, and what to record of it. Changes nothing."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from ringbench.machine.cgroup import MemoryCgroup
from ringbench.machine.frequency import Governor, Throttling, Turbo
from ringbench.machine.idle import IdleStates
from ringbench.machine.interrupts import Affinity, Watchdogs
from ringbench.machine.knob import Finding, Knob, Verdict
from ringbench.machine.limits import Memlock, PerfAccess, PidMax, Privileges
from ringbench.machine.mounts import Bpffs, Debugfs, Tracefs
from ringbench.machine.numa import Nodes
from ringbench.machine.processors import Clock, Hypervisor, Isolated, Load, Online, Siblings
from ringbench.machine.toolchain import Bcc, CompiledLoops, Headers, Libbpf, StressNg
from ringbench.machine.tracing import Jit, JitHardening, Lockdown, OtherTracing, RunStatistics
from ringbench.text import one_line

__all__ = ["KNOBS", "Finding", "Knob", "Verdict", "examine"]

KNOBS: tuple[Knob, ...] = (
    Privileges(),
    Bcc(),
    Headers(),
    CompiledLoops(),
    Libbpf(),
    StressNg(),
    Tracefs(),
    Debugfs(),
    Bpffs(),
    Lockdown(),
    PerfAccess(),
    Memlock(),
    Jit(),
    JitHardening(),
    RunStatistics(),
    OtherTracing(),
    PidMax(),
    MemoryCgroup(),
    Online(),
    Siblings(),
    Isolated(),
    Nodes(),
    Affinity(),
    Watchdogs(),
    IdleStates(),
    Governor(),
    Turbo(),
    Throttling(),
    Clock(),
    Hypervisor(),
    Load(),
)
"""All knobs, what blocks first."""


def examine(root: Path = Path("/"), knobs: tuple[Knob, ...] = KNOBS) -> list[Finding]:
    """Return what is seen of each knob that this machine has."""
    findings = []
    for knob in knobs:
        try:
            finding = knob.examine(root)
        except (OSError, ValueError) as error:  # one odd file must not hide all the rest
            finding = Finding(knob.name, f"could not be read: {one_line(str(error))}", "ok", "nothing is known of it")
        if finding:
            findings.append(replace(finding, metrics=knob.metrics))
    return findings
