"""How far memory is from the CPUs that use it."""

from __future__ import annotations

from pathlib import Path

from ringbench.machine.files import members, number
from ringbench.machine.knob import Finding
from ringbench.spec.cpu_list import show
from ringbench.text import one_line

_NODE = "sys/devices/system/node"


class Nodes:
    """The NUMA nodes that have CPUs, and whether the kernel moves pages between nodes by itself."""

    name = "NUMA nodes"
    # bpf_ringbuf_area_alloc(), kernel/bpf/ringbuf.c; perf_mmap_alloc_page(), kernel/events/ring_buffer.c
    why = (
        "a ringbuf lies on the node that made it, each perf ring on that of its CPU: between nodes the one's producers "
        "pay, and the other's reader; balancing unmaps pages to learn who uses them"
    )
    metrics = ("drops", "throughput", "cost", "capacity", "latency")

    def examine(self, root: Path) -> Finding | None:
        """Return the nodes, their CPUs, and the state of automatic balancing; None on a kernel without NUMA."""
        nodes = members(root, f"{_NODE}/has_cpu") or members(root, f"{_NODE}/online")  # some have memory alone (CXL)
        if not nodes:
            return None
        balancing = number(root, "proc/sys/kernel/numa_balancing")
        seen = str(len(nodes))
        if balancing is not None:
            seen += f", automatic balancing {'on' if balancing else 'off'}"
        if len(nodes) == 1:
            return Finding(self.name, seen, "ok", self.why)
        first = min(nodes)
        near = show(members(root, f"{_NODE}/node{first}/cpulist") or ()) or "LIST"
        fix = f"choose CPUs of one node: --cpus {near} (node {first})"
        if balancing:
            fix += "; sysctl kernel.numa_balancing=0"
        return Finding(self.name, one_line(f"{seen}; node {first} has CPUs {near}"), "matters", self.why, fix)
