"""What stops a CPU in the middle of what it does: device interrupts, and the kernel's watchdogs."""

from __future__ import annotations

import re
from pathlib import Path

from ringbench.machine.files import line, matching, members, number
from ringbench.machine.knob import Finding
from ringbench.spec.cpu_list import show
from ringbench.text import one_line

_IRQ = "proc/irq"
_CPU = "sys/devices/system/cpu"
_KERNEL = "proc/sys/kernel"


class Affinity:
    """The CPUs on which device interrupts land."""

    name = "interrupt affinity"
    why = (
        "interrupts stop a producer or the reader midway; on isolated CPUs they undo the isolation, and irqbalance "
        "moves them between trials (how many come a second, one look does not tell)"
    )
    metrics = ("drops", "throughput", "cost", "latency")

    def examine(self, root: Path) -> Finding | None:
        """Return where interrupts land now, where new ones may, and whether irqbalance moves them."""
        landing = self._landing(root)
        default = self._default(root)
        if not landing and default is None:
            return None
        isolated = members(root, f"{_CPU}/isolated") or frozenset()
        taken = frozenset().union(*landing)
        seen = [f"{len(landing)}, on CPUs {show(taken)}" if landing else "none set up"]
        fixes = []
        if hit := isolated & taken:
            seen.append(f"isolated CPUs {show(hit)} take some")
        if open_to_new := {cpu for cpu in isolated if (default or 0) >> cpu & 1}:
            seen.append(f"new ones may go to isolated CPUs {show(open_to_new)}")
        if hit or open_to_new:
            others = show((members(root, f"{_CPU}/online") or frozenset()) - isolated) or "LIST"
            fixes.append(f"boot with irqaffinity={others}, or echo {others} > /{_IRQ}/N/smp_affinity_list for each N")
        # By default it keeps off isolated CPUs (setup_banned_cpus(), cputree.c), and moves what lands on the others.
        if any(line(path, "comm") == "irqbalance" for path in matching(root, "proc/[0-9]*")):
            seen.append("irqbalance runs")
            fixes.append("systemctl stop irqbalance")
        text = one_line("; ".join(seen))
        return Finding(self.name, text, "matters" if fixes else "ok", self.why, "; ".join(fixes) or None)

    def _landing(self, root: Path) -> list[frozenset[int]]:
        """Return the CPUs of each interrupt that is set up.

        Its effective CPUs are those it was given, few of those it is allowed, and none before it is set up. A kernel
        without them (CONFIG_GENERIC_IRQ_EFFECTIVE_AFF_MASK) tells the allowed ones alone.
        """
        found = []
        for folder in matching(root, f"{_IRQ}/[0-9]*"):
            effective = members(folder, "effective_affinity_list")
            found.append(members(folder, "smp_affinity_list") if effective is None else effective)
        return [cpus for cpus in found if cpus]

    def _default(self, root: Path) -> int | None:
        """Return the mask of CPUs that an interrupt is allowed when it is first requested."""
        text = line(root, f"{_IRQ}/default_smp_affinity")  # 32 bits between commas, the highest first
        if text is None or not re.fullmatch(r"[0-9a-f]{1,8}(,[0-9a-f]{8})*", text):
            return None
        return int(text.replace(",", ""), 16)


class Watchdogs:
    """The kernel's watchdogs against CPUs that hang."""

    name = "watchdogs"
    # hw_nmi_get_sample_period(), arch/x86/kernel/apic/hw_nmi.c: the cycles of watchdog_thresh seconds, by default 10;
    # set_sample_period(), kernel/watchdog.c: two fifths of it
    why = (
        "the one for hard lockups (NMI) takes a hardware counter from each CPU, and interrupts it for every 10 s of "
        "work: the longest latencies; the soft one is a timer, every 4 s"
    )
    metrics = ("latency",)

    def examine(self, root: Path) -> Finding | None:
        """Return which watchdogs run, on which CPUs; None on a kernel without them."""
        # What is read is what runs, not what was asked for (proc_watchdog_common(), kernel/watchdog.c).
        hard, soft = number(root, f"{_KERNEL}/nmi_watchdog"), number(root, f"{_KERNEL}/soft_watchdog")
        if hard is None and soft is None:
            return None
        seen = f"NMI {_word(hard)}, soft {_word(soft)}"
        watched = members(root, f"{_KERNEL}/watchdog_cpumask")
        if (hard or soft) and watched:
            seen += f", on CPUs {show(watched)}"
        if hard:
            return Finding(self.name, one_line(seen), "matters", self.why, "sysctl kernel.nmi_watchdog=0")
        return Finding(self.name, one_line(seen), "ok", self.why)


def _word(value: int | None) -> str:
    return "absent" if value is None else "on" if value else "off"
