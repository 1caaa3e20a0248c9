"""The memory that a transport takes, counted in the ways that a running trial can: computed, memlock and RSS.

They differ, and each is true of something else; what a machine can't say is None. The fourth, the memory cgroup's, is
weighed apart (:mod:`bench.kernel.weigh`).
"""

from __future__ import annotations

import re
from pathlib import Path

from bench.kernel import cpus
from bench.kernel.program import Program
from bench.transports import Transport

_MAPPINGS = {"shared-ring": "anon_inode:bpf-map", "ring-per-cpu": "anon_inode:[perf_event]"}


def of(transport: Transport, program: Program, buffer_bytes: int, *, alone: bool) -> dict[str, int | None]:
    """Return {'physical', 'memlock', 'rss'} of a transport in bytes, while its reader has it mapped.

    RSS is that of the mappings of its kind, so it tells the transports apart by kind only; with two of a kind in one
    trial it would be both (*alone* False and the same kind), and is None.
    """
    kinds = [t.shape for t in program.transports]
    tells = alone or kinds.count(transport.shape) == 1
    return {
        "physical": transport.physical_bytes(buffer_bytes, len(cpus.online())),
        "memlock": program.memlock_bytes(transport),
        "rss": mapped_rss(_MAPPINGS[transport.shape]) if tells else None,
    }


def mapped_rss(name: str) -> int | None:
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
