"""Which CPUs share a last-level cache: the groups within which a line that one writes is near to the others."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from ringbench.machine.files import line, matching, members, number

_CPU = "sys/devices/system/cpu"

Groups = tuple[tuple[int, ...], ...]


def online_by_cache(root: Path = Path("/")) -> Groups:
    """Return the online CPUs in groups that share a last-level cache, in the order of their lowest CPUs.

    Each CPU is in one group. Where the kernel tells of no cache (cpuN/cache, drivers/base/cacheinfo.c), a group is a
    NUMA node; where it tells of no node, all that are left are one group.
    """
    left = set(members(root, f"{_CPU}/online") or (0,))
    groups = []
    while left:
        first = min(left)
        # Whatever the files say, a CPU goes into one group, and each is in one.
        group = {first, *(_last_level(root, first) or _node(root, first) or left)} & left
        groups.append(tuple(sorted(group)))
        left -= group
    return tuple(groups)


def _last_level(root: Path, cpu: int) -> frozenset[int] | None:
    """Return the CPUs that share the cache of the highest level that *cpu* has for data; None where none is told."""
    found = max(_data_caches(root, cpu), default=None, key=lambda cache: cache[0])
    return None if found is None else found[1]


def _data_caches(root: Path, cpu: int) -> Iterator[tuple[int, frozenset[int]]]:
    for cache in matching(root / _CPU, f"cpu{cpu}/cache/index[0-9]*"):
        level, sharing = number(cache, "level"), members(cache, "shared_cpu_list")
        if level is not None and sharing and line(cache, "type") != "Instruction":
            yield level, sharing


def _node(root: Path, cpu: int) -> frozenset[int] | None:
    for node in matching(root / "sys/devices/system/node", "node[0-9]*"):
        cpus = members(node, "cpulist")
        if cpus and cpu in cpus:
            return cpus
    return None
