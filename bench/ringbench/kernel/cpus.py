"""The CPUs of this machine."""

from __future__ import annotations

from pathlib import Path

from ringbench.spec import cpu_list


def online() -> tuple[int, ...]:
    """Return the CPUs that are online."""
    return cpu_list.parse(Path("/sys/devices/system/cpu/online").read_text())
