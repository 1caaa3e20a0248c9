"""The machine at one moment: counters that two of are taken around a trial, to tell what else went on meanwhile."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean

from ringbench.machine.files import field, line, matching, number, read
from ringbench.text import one_line

_KERNEL_THREADS = 2
"""kthreadd: kernel threads are its children. What they do is mostly done for the workload itself."""


@dataclass(frozen=True)
class SystemCounters:
    """What the kernel had counted until now; None for what this machine doesn't tell."""

    at_s: float
    """CLOCK_MONOTONIC."""
    ticks: int | None
    """Of all CPUs, in any state, since the machine started."""
    stolen_ticks: int | None
    """Of these, given to other machines by the host."""
    switches: int | None
    """Context switches since the machine started."""
    load: float | None
    """Load average of the last minute. Our own workload is in it."""
    mhz: float | None
    """Mean frequency of the CPUs."""
    throttles: int | None
    """How often a core was slowed down for its heat."""
    perf_sample_rate: int | None
    """perf's highest rate of samples a second: the kernel lowers it when perf's interrupts take too long."""
    others: Mapping[int, tuple[float, str]]
    """CPU seconds of each process that is no descendant of ours and no kernel thread, with those of the children that
    it has awaited, and its name: so what a process used stays counted when it ends."""

    @classmethod
    def now(cls, root: Path = Path("/"), *, family: int | None = None) -> SystemCounters:
        """Read the counters. Takes some tens of microseconds for each process on the machine.

        *family*: the process that, with its descendants, is ours; None: the calling one.
        """
        ticks = [int(word) for word in (line(root, "proc/stat") or "").split()[1:9] if word.isdecimal()]
        return cls(
            at_s=time.monotonic(),
            ticks=sum(ticks) if ticks else None,
            stolen_ticks=ticks[7] if len(ticks) > 7 else None,
            switches=_counted(root, "ctxt"),
            load=_load(root),
            mhz=_mhz(root),
            throttles=_throttles(root),
            perf_sample_rate=number(root, "proc/sys/kernel/perf_event_max_sample_rate"),
            others=_others(root, family or os.getpid()),
        )


def _counted(root: Path, name: str) -> int | None:
    text = field(root, "proc/stat", name, " ")
    return int(text) if text and text.isdecimal() else None


def _load(root: Path) -> float | None:
    try:
        return float((line(root, "proc/loadavg") or "").split(" ")[0])
    except ValueError:
        return None


def _mhz(root: Path) -> float | None:
    """Return the mean of what cpufreq says, in MHz, else of /proc/cpuinfo (x86), which says what was seen lately."""
    paths = matching(root, "sys/devices/system/cpu/cpu[0-9]*/cpufreq/scaling_cur_freq")
    khz = [value for path in paths if (value := number(path.parent, path.name))]
    if khz:
        return fmean(khz) / 1000
    rows = (row.partition(":") for row in (read(root, "proc/cpuinfo") or "").split("\n"))
    try:
        mhz = [float(value) for key, _, value in rows if key.strip() == "cpu MHz"]
    except ValueError:
        return None
    return fmean(mhz) if mhz else None


def _throttles(root: Path) -> int | None:
    paths = matching(root, "sys/devices/system/cpu/cpu[0-9]*/thermal_throttle/core_throttle_count")
    counts = [value for path in paths if (value := number(path.parent, path.name)) is not None]
    return sum(counts) if counts else None


def _others(root: Path, family: int) -> dict[int, tuple[float, str]]:
    """Return the CPU seconds of every process but ours and the kernel's (proc_pid_stat(5), fields 14 to 17)."""
    parents: dict[int, int] = {}
    found: dict[int, tuple[float, str]] = {}
    per_s = os.sysconf("SC_CLK_TCK")
    for path in matching(root, "proc/[0-9]*/stat"):
        name, _, rest = (line(path.parent, path.name) or "").rpartition(")")
        words = rest.split()
        try:
            pid, parents[pid] = int(path.parent.name), int(words[1])
            found[pid] = sum(map(int, words[11:15])) / per_s, one_line(name.partition("(")[2])
        except (IndexError, ValueError):
            continue  # it has ended meanwhile
    ours = {family, _KERNEL_THREADS}
    return {pid: used for pid, used in found.items() if not _descends(pid, parents, ours)}


def _descends(pid: int, parents: Mapping[int, int], ancestors: set[int]) -> bool:
    seen: set[int] = set()
    while pid and pid not in seen:
        if pid in ancestors:
            return True
        seen.add(pid)
        pid = parents.get(pid, 0)
    return False
