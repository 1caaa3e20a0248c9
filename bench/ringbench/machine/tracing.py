"""How the kernel runs BPF programs, and who else traces."""

from __future__ import annotations

import os
from collections import Counter
from pathlib import Path

from ringbench.machine.files import field, line, matching, number
from ringbench.machine.knob import Finding
from ringbench.text import one_line

_NET = "proc/sys/net/core"


class Jit:
    """Whether BPF programs are compiled to machine code."""

    name = "BPF JIT"
    why = "an interpreted program costs the producer several times more per event"
    metrics = ("throughput", "cost", "capacity")

    def examine(self, root: Path) -> Finding | None:
        """Return the state of the JIT; None where the kernel has none to switch."""
        value = number(root, f"{_NET}/bpf_jit_enable")
        if value is None:
            return None
        if value == 1:
            return Finding(self.name, "on", "ok", self.why)
        seen = "off" if value == 0 else f"on, with debug output ({value})"
        return Finding(self.name, seen, "matters", self.why, "sysctl net.core.bpf_jit_enable=1")


class JitHardening:
    """Blinding of constants in compiled BPF programs."""

    name = "BPF JIT hardening"
    why = "it adds instructions for every constant of the program: producer cost"
    metrics = ("throughput", "cost", "capacity")

    def examine(self, root: Path) -> Finding | None:
        """Return the hardening level; 1 spares root's programs, 2 none."""
        value = number(root, f"{_NET}/bpf_jit_harden")
        if value is None:
            return None
        matters = value > 1
        fix = "sysctl net.core.bpf_jit_harden=0" if matters else None
        return Finding(self.name, str(value), "matters" if matters else "ok", self.why, fix)


class RunStatistics:
    """The kernel's own statistics of each BPF program's run time."""

    name = "BPF statistics"
    why = "with them on for all, every program run reads the clock twice: tens of ns of producer cost an event"
    metrics = ("throughput", "cost", "capacity")

    def examine(self, root: Path) -> Finding | None:
        """Return whether statistics are on for the whole system."""
        value = number(root, "proc/sys/kernel/bpf_stats_enabled")
        if value is None:
            why = "the kernel has no kernel.bpf_stats_enabled: it is older than 5.1, or built without BPF"
            return Finding(self.name, "absent", "matters", why, "use a kernel with CONFIG_BPF_SYSCALL")
        if value == 0:
            return Finding(self.name, "off", "ok", self.why)
        return Finding(self.name, "on", "matters", self.why, "sysctl kernel.bpf_stats_enabled=0")


class Lockdown:
    """The kernel's lockdown."""

    name = "kernel lockdown"
    why = "in confidentiality mode BPF may not trace"
    metrics = ()

    def examine(self, root: Path) -> Finding | None:
        """Return the lockdown mode, the word in brackets; None where the kernel has no lockdown."""
        modes = line(root, "sys/kernel/security/lockdown")
        if modes is None:
            return None
        blocks = "[confidentiality]" in modes
        fix = "boot without lockdown=confidentiality" if blocks else None
        return Finding(self.name, modes, "blocks" if blocks else "ok", self.why, fix)


class OtherTracing:
    """Other programs on the same events: ftrace, and processes that hold BPF tracing programs."""

    name = "other tracing"
    why = "each further program on fork, exec, exit or system calls adds its own cost to every event: producer cost"
    metrics = ("throughput", "cost", "latency")
    _EVENTS = ("sched_process_fork", "sched_process_exec", "sched_process_exit")
    # enum bpf_prog_type, include/uapi/linux/bpf.h: kprobe, tracepoint, perf event, raw tracepoint (writable), tracing
    _TYPES = frozenset({"2", "5", "7", "17", "24", "26"})

    def examine(self, root: Path) -> Finding | None:
        """Return who else traces, as far as this user may see; programs that no process holds are not found."""
        seen = [f"ftrace: {name}" for name in self._EVENTS if self._ftrace_has(root, name)]
        tracer = line(root, "sys/kernel/tracing/current_tracer")
        if tracer not in (None, "nop"):
            seen.append(f"ftrace: tracer {tracer}")
        seen += [f"{comm}: {count} BPF programs" for comm, count in sorted(self._holders(root).items())]
        if not seen:
            return Finding(self.name, "none seen", "ok", self.why)
        return Finding(self.name, ", ".join(seen), "matters", self.why, "stop them while measuring")

    def _ftrace_has(self, root: Path, event: str) -> bool:
        return line(root, f"sys/kernel/tracing/events/sched/{event}/enable") not in (None, "0")

    def _holders(self, root: Path) -> Counter[str]:
        holders: Counter[str] = Counter()
        for process in matching(root, "proc/[0-9]*"):
            if process.name == str(os.getpid()):
                continue
            for link in matching(process, "fd/*"):
                try:
                    target = os.readlink(link)
                except OSError:
                    continue
                if target == "anon_inode:bpf-prog" and self._traces(process, link.name):
                    holders[line(process, "comm") or one_line(process.name)] += 1
        return holders

    def _traces(self, process: Path, descriptor: str) -> bool:
        return field(process, f"fdinfo/{descriptor}", "prog_type") in self._TYPES
