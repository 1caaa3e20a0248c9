"""Which CPUs there are, and who else uses them."""

from __future__ import annotations

from pathlib import Path

from ringbench.machine.files import line, matching, members, number
from ringbench.machine.knob import Finding, Verdict
from ringbench.machine.virtual import emulated, guest
from ringbench.spec import cpu_list
from ringbench.text import one_line

_CPU = "sys/devices/system/cpu"
_SIBLINGS = "cpu[0-9]*/topology/thread_siblings_list"
_ENOUGH_CPUS = 2
_MUCH_STEAL = 0.01
_MUCH_LOAD = 0.5
"""Runnable tasks for each CPU, over the last minute."""


class Online:
    """How many CPUs are online."""

    name = "CPUs online"
    why = "with one CPU the reader stops the producer: drops and latency are the scheduler's, not the transport's"
    metrics = ("drops", "throughput", "wakeups", "latency", "ordering")

    def examine(self, root: Path) -> Finding | None:
        """Return the list of online CPUs."""
        cpus = line(root, f"{_CPU}/online")
        count = cpu_list.count(cpus)
        if count is None:
            return None
        seen = f"{count} ({cpus})"
        if count >= _ENOUGH_CPUS:
            return Finding(self.name, seen, "ok", self.why)
        return Finding(self.name, seen, "matters", self.why, "give the machine a second CPU")


class Siblings:
    """Simultaneous multithreading."""

    name = "SMT"
    why = "two CPUs share one core: a producer beside its reader slows both, and cost depends on which CPUs were chosen"
    metrics = ("drops", "throughput", "cost", "latency")

    def examine(self, root: Path) -> Finding | None:
        """Return whether SMT is active; None where the kernel does not tell."""
        active = number(root, f"{_CPU}/smt/active")
        if active is None:
            return None
        if active == 0:
            return Finding(self.name, "off", "ok", self.why)
        apart = self._one_of_each_core(root)
        seen = f"on, {len(apart)} cores" if apart else "on"
        fix = (
            f"echo off > /{_CPU}/smt/control, or run with --cpus {cpu_list.show(apart) or 'LIST'} (a CPU of each core)"
        )
        return Finding(self.name, one_line(seen), "matters", self.why, fix)

    def _one_of_each_core(self, root: Path) -> set[int]:
        cores = (members(path.parent, path.name) for path in matching(root / _CPU, _SIBLINGS))
        return {min(siblings) for siblings in cores if siblings}


class Isolated:
    """CPUs kept free of other work at boot."""

    name = "isolated CPUs"
    why = (
        "by default the workload takes every CPU: on isolated ones nothing else runs and the scheduler moves no task "
        "away, so the figures are of two kinds of CPU"
    )
    metrics = ("drops", "throughput", "cost", "latency")

    def examine(self, root: Path) -> Finding | None:
        """Return the isolated CPUs; None on a kernel that does not tell."""
        isolated = members(root, f"{_CPU}/isolated")
        if isolated is None:
            return None
        if not isolated:
            return Finding(self.name, "none", "ok", self.why)
        cpus = cpu_list.show(isolated)
        return Finding(self.name, one_line(cpus), "matters", self.why, f"run with --cpus {cpus}, or with none of them")


class Hypervisor:
    """A virtual machine, and CPU time that its host gave to others."""

    name = "virtual machine"
    steal = "time stolen by the host counts as cost and latency of whatever ran then"
    emulation = "emulated CPUs show function, never speed: no transport may be ranked by what is measured here"
    metrics = ("drops", "throughput", "cost", "wakeups", "capacity", "latency")

    def examine(self, root: Path) -> Finding | None:
        """Return whose guest the machine is, and the share of CPU time stolen since it started."""
        if emulated(root):
            return Finding(self.name, "emulated CPUs (QEMU without KVM)", "matters", self.emulation, "use real CPUs")
        words = (line(root, "proc/stat") or "").split()
        ticks = [int(word) for word in words[1:9] if word.isdecimal()]
        if len(ticks) < 8:  # steal is the eighth
            return None
        stolen = ticks[7] / max(1, sum(ticks))
        kind = guest(root)
        is_guest = f"yes ({kind})" if kind else "no"
        seen = f"{is_guest}, {stolen:.1%} of CPU time stolen since boot"
        verdict: Verdict = "matters" if stolen > _MUCH_STEAL else "ok"
        return Finding(self.name, seen, verdict, self.steal, "measure on a quieter host" if verdict != "ok" else None)


class Load:
    """Other work on the machine."""

    name = "other load"
    why = "whatever else runs takes CPU time from producers and reader: every figure spreads"
    metrics = ("drops", "throughput", "cost", "wakeups", "capacity", "latency", "ordering")

    def examine(self, root: Path) -> Finding | None:
        """Return the load average of the last minute."""
        first = (line(root, "proc/loadavg") or "").split(" ")[0]
        cpus = cpu_list.count(line(root, f"{_CPU}/online")) or 1
        try:
            load = float(first)
        except ValueError:
            return None
        busy = load > _MUCH_LOAD * cpus
        seen = f"{load:.2f} tasks running, on {cpus} CPUs (last minute)"
        return Finding(self.name, seen, "matters" if busy else "ok", self.why, "stop what top shows" if busy else None)


class Clock:
    """The clock that stamps events, in the kernel and here."""

    name = "clock source"
    why = "every event is stamped twice; a clock read through a device costs a microsecond instead of 20 ns"
    metrics = ("cost", "capacity", "latency")
    _fast = ("tsc", "kvm-clock", "arch_sys_counter", "hyperv_clocksource_tsc_page")

    def examine(self, root: Path) -> Finding | None:
        """Return the clock source in use."""
        source = line(root, "sys/devices/system/clocksource/clocksource0/current_clocksource")
        if source is None:
            return None
        if source in self._fast:
            return Finding(self.name, source, "ok", self.why)
        return Finding(self.name, source, "matters", self.why, "boot with tsc=reliable if the CPU's clock is sound")
