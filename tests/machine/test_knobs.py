"""Each knob, on machines made of files."""

from __future__ import annotations

from typing import Any

import pytest

from ringbench.machine import limits, mounts, processors, tracing
from ringbench.machine.cgroup import MemoryCgroup
from ringbench.machine.frequency import Governor, Throttling, Turbo
from ringbench.machine.idle import IdleStates
from ringbench.machine.interrupts import Affinity, Watchdogs
from ringbench.machine.numa import Nodes
from tests.machine.machine_files import CGROUP, CLOCK, CPU, IN_V1, IRQ, KERNEL, NODE, TWO_CORES, UNDER_V1, V2, idle


@pytest.mark.parametrize(
    ("knob", "files", "verdict", "seen"),
    [
        (Governor(), {f"{CPU}/cpu0/cpufreq/scaling_governor": "performance\n"}, "ok", "performance"),
        (
            Governor(),
            {f"{CPU}/cpu{n}/cpufreq/scaling_governor": name for n, name in enumerate(["powersave", "performance"])},
            "matters",
            "performance, powersave",
        ),
        (Turbo(), {f"{CPU}/intel_pstate/no_turbo": "0"}, "matters", "on"),
        (Turbo(), {f"{CPU}/intel_pstate/no_turbo": "1"}, "ok", "off"),
        (Turbo(), {f"{CPU}/cpufreq/boost": "1"}, "matters", "on"),
        (processors.Online(), {f"{CPU}/online": "0"}, "matters", "1 (0)"),
        (processors.Online(), {f"{CPU}/online": "0-1"}, "ok", "2 (0-1)"),
        (processors.Online(), {f"{CPU}/online": "0-1,4"}, "ok", "3 (0-1,4)"),
        (processors.Siblings(), {f"{CPU}/smt/active": "1"}, "matters", "on"),
        (processors.Siblings(), {f"{CPU}/smt/active": "1", **TWO_CORES}, "matters", "on, 2 cores"),
        (processors.Isolated(), {f"{CPU}/isolated": "\n"}, "ok", "none"),
        (processors.Isolated(), {f"{CPU}/isolated": "2-3\n"}, "matters", "2-3"),
        (processors.Load(), {"proc/loadavg": "7.50 1 1 1/2 3", f"{CPU}/online": "0-1"}, "matters", "7.50 tasks"),
        (processors.Clock(), {f"{CLOCK}/current_clocksource": "tsc"}, "ok", "tsc"),
        (processors.Clock(), {f"{CLOCK}/current_clocksource": "hpet"}, "matters", "hpet"),
        (processors.Hypervisor(), {"proc/stat": "cpu  10 0 10 60 0 0 0 20 0 0"}, "matters", "20.0%"),
        (processors.Hypervisor(), {"proc/stat": "cpu  10 0 10 80 0 0 0 0 0 0"}, "ok", "no, 0.0%"),
        (
            processors.Hypervisor(),
            {"proc/stat": "cpu  10 0 10 80 0 0 0 0 0 0", f"{CLOCK}/available_clocksource": "kvm-clock tsc"},
            "ok",
            "yes (kvm), 0.0%",
        ),
        (
            processors.Hypervisor(),
            {"sys/class/dmi/id/product_name": "Standard PC (i440FX + PIIX, 1996)\n"},
            "matters",
            "emulated",
        ),
        (tracing.Jit(), {"proc/sys/net/core/bpf_jit_enable": "0"}, "matters", "off"),
        (tracing.Jit(), {"proc/sys/net/core/bpf_jit_enable": "1"}, "ok", "on"),
        (tracing.JitHardening(), {"proc/sys/net/core/bpf_jit_harden": "2"}, "matters", "2"),
        (tracing.RunStatistics(), {"proc/sys/kernel/bpf_stats_enabled": "1"}, "matters", "on"),
        (tracing.RunStatistics(), {}, "matters", "absent"),
        (tracing.Lockdown(), {"sys/kernel/security/lockdown": "none integrity [confidentiality]"}, "blocks", "none"),
        (tracing.Lockdown(), {"sys/kernel/security/lockdown": "none [integrity] confidentiality"}, "ok", "none"),
        (tracing.OtherTracing(), {"sys/kernel/tracing/current_tracer": "function\n"}, "matters", "tracer function"),
        (
            tracing.OtherTracing(),
            {"sys/kernel/tracing/events/sched/sched_process_fork/enable": "1"},
            "matters",
            "sched_process_fork",
        ),
        (limits.PerfAccess(), {}, "blocks", "absent"),
        (limits.PidMax(), {"proc/sys/kernel/pid_max": "32768"}, "ok", "32768, soon used again"),
        (limits.PidMax(), {"proc/sys/kernel/pid_max": "4194304"}, "ok", "4194304"),
        (limits.Memlock(), {"proc/self/limits": "Max locked memory  unlimited unlimited bytes"}, "ok", "unlimited"),
        (mounts.Tracefs(), {"proc/self/mounts": "a /sys/kernel/tracing tracefs rw 0 0\n"}, "ok", "/sys/kernel/tracing"),
        (mounts.Tracefs(), {"proc/self/mounts": "a /sys/kernel/debug debugfs rw 0 0\n"}, "ok", "debug/tracing"),
        (mounts.Tracefs(), {"proc/self/mounts": "a /elsewhere tracefs rw 0 0\n"}, "blocks", "not mounted"),
        (mounts.Bpffs(), {"proc/self/mounts": "none /sys/fs/bpf bpf rw 0 0\n"}, "ok", "/sys/fs/bpf"),
        (Affinity(), {f"{IRQ}/default_smp_affinity": "f\n"}, "ok", "none set up"),
        (
            Affinity(),
            {f"{IRQ}/8/effective_affinity_list": "\n", f"{IRQ}/9/effective_affinity_list": "1"},
            "ok",
            "1, on",
        ),
        (Affinity(), {f"{IRQ}/9/smp_affinity_list": "0-2"}, "ok", "1, on CPUs 0-2"),
        (
            Affinity(),  # what it is allowed is more than what it was given
            {
                f"{IRQ}/9/smp_affinity_list": "0-3",
                f"{IRQ}/9/effective_affinity_list": "0",
                f"{IRQ}/default_smp_affinity": "3",
                f"{CPU}/isolated": "2-3",
            },
            "ok",
            "1, on CPUs 0",
        ),
        (
            Affinity(),
            {
                f"{IRQ}/9/effective_affinity_list": "0",
                f"{IRQ}/10/effective_affinity_list": "3",
                f"{CPU}/isolated": "2-3",
            },
            "matters",
            "2, on CPUs 0,3; isolated CPUs 3 take some",
        ),
        (
            Affinity(),  # CPU 33 is the second bit of the higher word
            {f"{IRQ}/default_smp_affinity": "00000002,00000001", f"{CPU}/isolated": "32-33"},
            "matters",
            "new ones may go to isolated CPUs 33",
        ),
        (
            Affinity(),
            {f"{IRQ}/9/effective_affinity_list": "1", "proc/7/comm": "irqbalance\n"},
            "matters",
            "1, on CPUs 1; irqbalance runs",
        ),
        (Watchdogs(), {f"{KERNEL}/nmi_watchdog": "1", f"{KERNEL}/soft_watchdog": "1"}, "matters", "NMI on, soft on"),
        (
            Watchdogs(),
            {f"{KERNEL}/nmi_watchdog": "0", f"{KERNEL}/soft_watchdog": "1", f"{KERNEL}/watchdog_cpumask": "0-1\n"},
            "ok",
            "NMI off, soft on, on CPUs 0-1",
        ),
        (
            Watchdogs(),
            {f"{KERNEL}/soft_watchdog": "0", f"{KERNEL}/watchdog_cpumask": "0"},
            "ok",
            "NMI absent, soft off",
        ),
        (Nodes(), {f"{NODE}/online": "0", f"{KERNEL}/numa_balancing": "1"}, "ok", "1, automatic balancing on"),
        (Nodes(), {f"{NODE}/online": "0-1\n"}, "matters", "2"),
        (Nodes(), {f"{NODE}/online": "0-1", f"{NODE}/has_cpu": "0"}, "ok", "1"),
        (
            Nodes(),
            {f"{NODE}/has_cpu": "1-2", f"{NODE}/node1/cpulist": "0-3,8-11\n", f"{KERNEL}/numa_balancing": "0"},
            "matters",
            "2, automatic balancing off; node 1 has CPUs 0-3,8-11",
        ),
        (IdleStates(), {f"{CPU}/cpuidle/current_driver": "none\n"}, "ok", "none: none to choose from"),
        (IdleStates(), idle(("POLL", "0", "0"), ("C1E", "10", "0")), "ok", "intel_idle: down to C1E, 10 us"),
        (IdleStates(), idle(("POLL", "0", "0"), ("C6", "133", "0")), "matters", "intel_idle: down to C6, 133 us"),
        (IdleStates(), idle(("C1", "2", "0"), ("C6", "133", "1")), "ok", "down to C1, 2 us"),
        (
            IdleStates(),  # one CPU that sleeps deep is enough
            {**idle(("C1", "2", "0"), ("C6", "133", "1")), **idle(("C1", "2", "0"), ("C6", "140", "0"), cpu=1)},
            "matters",
            "down to C6, 140 us",
        ),
        (
            Throttling(),
            {f"{CPU}/cpu{n}/thermal_throttle/core_throttle_count": "0" for n in range(2)},
            "ok",
            "core 0 times",
        ),
        (
            Throttling(),  # a package's count stands at each of its CPUs
            {
                f"{CPU}/cpu{n}/thermal_throttle/{kind}_throttle_count": "7"
                for n in range(2)
                for kind in ("core", "package")
            },
            "matters",
            "core 7, package 7 times since boot",
        ),
        (Throttling(), {f"{CPU}/cpu9/thermal_throttle/package_throttle_count": "0"}, "ok", "package 0 times"),
        (
            Throttling(),
            {
                f"{CPU}/cpu0/thermal_throttle/{kind}_throttle_count": count
                for kind, count in (("core", "0"), ("package", "1"))
            },
            "matters",
            "core 0, package 1 times",
        ),
        (MemoryCgroup(), IN_V1, "ok", "v1"),
        (MemoryCgroup(), UNDER_V1, "matters", "v1, this process's own out of sight"),
        (MemoryCgroup(), {**V2, f"{CGROUP}/cgroup.subtree_control": "cpu memory\n"}, "ok", "v2"),
        (MemoryCgroup(), {**V2, f"{CGROUP}/cgroup.subtree_control": "cpu\n"}, "matters", "not handed down"),
        (MemoryCgroup(), {**V2, f"{CGROUP}/cgroup.controllers": "cpu\n"}, "matters", "v2, without memory"),
        (MemoryCgroup(), {"proc/self/cgroup": "4:memory:/own\n"}, "matters", "absent"),  # named, but not mounted
        (MemoryCgroup(), {}, "matters", "absent"),
        (
            MemoryCgroup(),
            {**IN_V1, "proc/cmdline": "quiet cgroup.memory=nosocket,nokmem\n"},
            "matters",
            "v1, no kernel memory",
        ),
        (MemoryCgroup(), {**IN_V1, "proc/cmdline": "cgroup.memory=nosocket x=nokmem\n"}, "ok", "v1"),
    ],
)
def test_what_is_seen(machine: Any, knob: Any, files: dict[str, str], verdict: str, seen: str) -> None:
    finding = knob.examine(machine(files))
    assert finding is not None
    assert finding.verdict == verdict
    assert seen in finding.seen
    assert (finding.fix is not None) == (verdict != "ok")


@pytest.mark.parametrize(
    ("knob", "files", "fix"),
    [
        (
            Affinity(),
            {f"{CPU}/online": "0-3", f"{CPU}/isolated": "2-3", f"{IRQ}/9/effective_affinity_list": "2"},
            "boot with irqaffinity=0-1, or echo 0-1 > /proc/irq/N/smp_affinity_list for each N",
        ),
        (Affinity(), {f"{IRQ}/default_smp_affinity": "1", "proc/7/comm": "irqbalance"}, "systemctl stop irqbalance"),
        (processors.Isolated(), {f"{CPU}/isolated": "2-3\n"}, "run with --cpus 2-3, or with none of them"),
        (
            processors.Siblings(),
            {f"{CPU}/smt/active": "1", **TWO_CORES},
            f"echo off > /{CPU}/smt/control, or run with --cpus 0-1 (a CPU of each core)",
        ),
        (
            Nodes(),
            {f"{NODE}/online": "0-1", f"{NODE}/node0/cpulist": "0-1", f"{KERNEL}/numa_balancing": "2"},
            "choose CPUs of one node: --cpus 0-1 (node 0); sysctl kernel.numa_balancing=0",
        ),
        (
            MemoryCgroup(),
            {**V2, f"{CGROUP}/cgroup.subtree_control": ""},
            "echo +memory > /sys/fs/cgroup/cgroup.subtree_control",
        ),
    ],
)
def test_what_would_change_it(machine: Any, knob: Any, files: dict[str, str], fix: str) -> None:
    finding = knob.examine(machine(files))
    assert finding is not None
    assert finding.fix == fix
