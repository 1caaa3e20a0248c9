"""The memory that a transport takes, counted in the ways that a running trial can: computed, memlock and RSS.

They differ, and each is true of something else; what a machine can't say is None. The fourth, the memory cgroup's, is
weighed apart (:mod:`ringbench.drivers.transports.memcg_charge`).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from ringbench.drivers.transports import Transport
from ringbench.kernel.program import Program
from ringbench.machine import caches

_BPF_MAP = "anon_inode:bpf-map"
_UNMAPPED = ("queue", "ftrace")
"""Layouts of which nothing is mapped. (Beside ftrace's, a page of the program's notes is: see :func:`_mapping`.)"""


def of(
    transport: Transport, program: Program, buffer_bytes: int, *, alone: bool, rings: Sequence[int] = ()
) -> dict[str, int | None]:
    """Return {'physical', 'memlock', 'rss'} of a transport in bytes, while its reader has it mapped.

    *rings*: descriptors of the maps in its array of maps, where it has one.
    RSS is that of the mappings of its kind, so it tells the transports apart by kind only; with two of a kind in one
    trial it would be both (*alone* False and the same kind), and is None.
    """
    mapped = [_mapping(t) for t in program.transports]
    tells = alone or mapped.count(_mapping(transport)) == 1
    own = 0 if transport.layout in _UNMAPPED else mapped_rss(_mapping(transport))
    return {
        "physical": transport.physical_bytes(buffer_bytes, len(transport.rings(caches.online_by_cache()))),
        "memlock": program.memlock_bytes(transport, rings),
        "rss": own if tells else None,
    }


def _mapping(transport: Transport) -> str:
    """Return what /proc/PID/smaps calls the mappings of *transport*."""
    return "anon_inode:[perf_event]" if transport.layout == "perf" else _BPF_MAP


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
