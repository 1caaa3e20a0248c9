"""Which CPUs there are, and who else uses them."""

from __future__ import annotations

from pathlib import Path

from bench.machine.files import count_list, line, number, read
from bench.machine.knob import Finding, Verdict
from bench.machine.virtual import emulated
from bench.store.text import one_line

_CPU = "sys/devices/system/cpu"
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
        count = count_list(cpus)
        if count is None:
            return None
        verdict: Verdict = "ok" if count >= _ENOUGH_CPUS else "matters"
        return Finding(self.name, f"{count} ({cpus})", verdict, self.why, None if count >= _ENOUGH_CPUS else "use more")


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
        return Finding(self.name, "on", "matters", self.why, "choose CPUs of different cores with --cpus (lscpu -e)")


class Isolated:
    """CPUs kept free of other work at boot."""

    name = "isolated CPUs"
    why = "the default workload runs on all CPUs that are not isolated; --cpus on isolated ones gives calmer figures"
    metrics = ("drops", "throughput", "cost", "latency")

    def examine(self, root: Path) -> Finding | None:
        """Return the isolated CPUs; None on a kernel that does not tell."""
        text = read(root, f"{_CPU}/isolated")
        if text is None:
            return None
        return Finding(self.name, one_line(text) or "none", "ok", self.why)


class Hypervisor:
    """A virtual machine, and CPU time that its host gave to others."""

    name = "virtual machine"
    steal = "time stolen by the host counts as cost and latency of whatever ran then"
    emulation = "emulated CPUs show function, never speed: no transport may be ranked by what is measured here"
    metrics = ("drops", "throughput", "cost", "wakeups", "capacity", "latency")

    def examine(self, root: Path) -> Finding | None:
        """Return what the machine is, and the share of CPU time stolen since it started."""
        if emulated(root):
            return Finding(self.name, "emulated CPUs (QEMU without KVM)", "matters", self.emulation, "use real CPUs")
        words = (line(root, "proc/stat") or "").split()
        ticks = [int(word) for word in words[1:9] if word.isdecimal()]
        is_guest = " hypervisor" in (read(root, "proc/cpuinfo") or "")
        if len(ticks) < 8:  # steal is the eighth
            return None
        stolen = ticks[7] / max(1, sum(ticks))
        seen = f"{'yes' if is_guest else 'no'}, {stolen:.1%} of CPU time stolen since boot"
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
        cpus = count_list(line(root, f"{_CPU}/online")) or 1
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
