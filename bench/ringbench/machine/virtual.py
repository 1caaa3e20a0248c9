"""Whether the CPUs are real, a guest's, or emulated."""

from __future__ import annotations

from pathlib import Path

from ringbench.machine.files import line, read

_QEMU_BOARD = "Standard PC"
"""DMI product name of QEMU's boards, with KVM or without."""


def emulated(root: Path = Path("/")) -> bool:
    """Return whether CPUs are emulated in software (QEMU's TCG), so that times say nothing of real ones.

    QEMU names its boards alike with and without KVM; KVM offers its guests a clock, emulation has none to offer.
    """
    board = line(root, "sys/class/dmi/id/product_name") or ""
    clocks = line(root, "sys/devices/system/clocksource/clocksource0/available_clocksource") or ""
    return board.startswith(_QEMU_BOARD) and "kvm-clock" not in clocks


def guest(root: Path = Path("/")) -> str | None:
    """Return what kind of virtual machine this is, as far as it tells; None on real hardware."""
    kind = line(root, "sys/hypervisor/type")
    if kind:
        return kind
    clocks = line(root, "sys/devices/system/clocksource/clocksource0/available_clocksource") or ""
    for clock, name in (("kvm-clock", "kvm"), ("hyperv", "hyperv"), ("xen", "xen")):
        if clock in clocks:
            return name
    if emulated(root):
        return "qemu-tcg"
    return "unknown" if " hypervisor" in (read(root, "proc/cpuinfo") or "") else None
