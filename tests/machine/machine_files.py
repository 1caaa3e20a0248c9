"""Where the files of a machine lie, and those of some machines."""

from __future__ import annotations

CPU = "sys/devices/system/cpu"
CLOCK = "sys/devices/system/clocksource/clocksource0"
NODE = "sys/devices/system/node"
IRQ = "proc/irq"
KERNEL = "proc/sys/kernel"
CGROUP = "sys/fs/cgroup"


def idle(*states: tuple[str, str, str], cpu: int = 0) -> dict[str, str]:
    """The files of a CPU's idle states, each of (name, latency, disable)."""
    files = {f"{CPU}/cpuidle/current_driver": "intel_idle\n"}
    for number, values in enumerate(states):
        for name, value in zip(("name", "latency", "disable"), values, strict=True):
            files[f"{CPU}/cpu{cpu}/cpuidle/state{number}/{name}"] = f"{value}\n"
    return files


TWO_CORES = {
    f"{CPU}/cpu{cpu}/topology/thread_siblings_list": siblings
    for cpu, siblings in enumerate(("0,2\n", "1,3\n", "0,2\n", "1,3\n"))
}
# /proc/self/cgroup and the controllers' files
UNDER_V1 = {"proc/self/cgroup": "4:memory:/own\n0::/\n", f"{CGROUP}/memory/memory.usage_in_bytes": "1\n"}
IN_V1 = {**UNDER_V1, f"{CGROUP}/memory/own/cgroup.procs": ""}
V2 = {"proc/self/cgroup": "0::/own\n", f"{CGROUP}/cgroup.controllers": "cpu memory\n"}
