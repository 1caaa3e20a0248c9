"""Where the reader runs, against the CPUs of the workload."""

from __future__ import annotations

from collections.abc import Sequence

from ringbench.errors import unknown_name

PLACEMENTS = {
    "free": "wherever the scheduler puts it",
    "same": "pinned to the first of the workload's CPUs",
    "other": "pinned to a CPU that the workload doesn't use",
}


def placement(name: str) -> str:
    """Return *name* if it is a placement; OptionError lists the valid names."""
    if name not in PLACEMENTS:
        raise unknown_name("placement", name, PLACEMENTS)
    return name


def reader_cpus(name: str, workload: Sequence[int], online: Sequence[int]) -> tuple[int, ...]:
    """Return the CPUs that the reader may run on; none where the placement cannot be had."""
    if name == "same":
        return tuple(workload[:1])
    if name == "other":
        return tuple(cpu for cpu in online if cpu not in workload)[:1]
    return tuple(online)
