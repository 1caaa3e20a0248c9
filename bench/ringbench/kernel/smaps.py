"""What of this process's mappings is resident, by what the kernel calls them."""

from __future__ import annotations

import re
from pathlib import Path

BPF_MAP = "anon_inode:bpf-map"
PERF_EVENT = "anon_inode:[perf_event]"
IO_URING = "anon_inode:[io_uring]"


def resident_bytes(name: str) -> int | None:
    """Return the bytes that /proc/self/smaps counts as resident in the mappings called *name*; None if there is none.

    A ringbuf's data is mapped twice in a row and counted twice; newer kernels map perf's pages so that they are not
    counted at all (VM_PFNMAP).
    """
    total: int | None = None
    inside = False
    for line in Path("/proc/self/smaps").read_text(errors="replace").splitlines():
        if re.match(r"[0-9a-f]+-[0-9a-f]+ ", line):
            inside = line.rstrip().endswith(name)
        elif inside and line.startswith("Rss:"):
            total = (total or 0) + int(line.split()[1]) * 1024
    return total
