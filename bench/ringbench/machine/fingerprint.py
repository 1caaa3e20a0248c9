"""What a session records of the machine it ran on, so that two sessions can be told apart later."""

from __future__ import annotations

import mmap
import os
import platform
from pathlib import Path

from ringbench.machine.files import field, line, matching, number, package_version, read
from ringbench.machine.toolchain import bcc_version, libbpf_version, stress_ng_version
from ringbench.machine.virtual import emulated, guest
from ringbench.spec import cpu_list
from ringbench.text import one_line

Value = str | int | bool | None | dict[str, str]

_CPU = "sys/devices/system/cpu"


def environment(root: Path = Path("/")) -> dict[str, Value]:
    """Return ``environment`` of session.json: plain values, None where the machine does not tell.

    Nothing in it names a person or the machine itself: no host name, no serial number, no kernel command line.
    """
    kernel = os.uname()
    return {
        "kernel": one_line(kernel.release),
        "kernel_build": one_line(kernel.version),
        "architecture": one_line(kernel.machine),
        "distribution": field(root, "etc/os-release", "PRETTY_NAME", "="),
        "machine": line(root, "sys/class/dmi/id/product_name"),
        "hypervisor": guest(root),
        "emulated": emulated(root),
        "cpu_model": field(root, "proc/cpuinfo", "model name") or field(root, "proc/cpuinfo", "CPU part"),
        "cpus_online": cpu_list.count(line(root, f"{_CPU}/online")),
        "cpus_possible": cpu_list.count(line(root, f"{_CPU}/possible")),
        "cpus_isolated": one_line(read(root, f"{_CPU}/isolated") or "") or None,
        "smt": _switch(number(root, f"{_CPU}/smt/active")),
        "governor": line(root, f"{_CPU}/cpu0/cpufreq/scaling_governor"),
        "clock_source": line(root, "sys/devices/system/clocksource/clocksource0/current_clocksource"),
        "memory_bytes": _memory(root),
        "page_bytes": mmap.PAGESIZE,
        "pid_max": number(root, "proc/sys/kernel/pid_max"),
        "bpf_jit": _switch(number(root, "proc/sys/net/core/bpf_jit_enable")),
        "bpf_jit_harden": number(root, "proc/sys/net/core/bpf_jit_harden"),
        "mitigations": _mitigations(root),
        "python": platform.python_version(),
        "bcc": bcc_version(),
        "bcc_package": package_version(root, "python3-bpfcc"),
        "libbpf": libbpf_version(root),
        "stress_ng": stress_ng_version(root),
    }


def _switch(value: int | None) -> bool | None:
    return None if value is None else value != 0


def _memory(root: Path) -> int | None:
    words = (field(root, "proc/meminfo", "MemTotal") or "").split()
    return int(words[0]) * 1024 if words and words[0].isdecimal() else None


def _mitigations(root: Path) -> dict[str, str] | None:
    """Return the kernel's answers to CPU vulnerabilities: they change what a system call and a BPF call cost."""
    files = matching(root, f"{_CPU}/vulnerabilities/*")
    found = {one_line(path.name): line(path.parent, path.name) for path in files}
    return {name: text for name, text in found.items() if text and text != "Not affected"} if files else None
