"""The workloads: what makes fork, exec and exit events.

A workload is one file with a :class:`~bench.workloads.workload.Kind`; registering it is one line here.
"""

from __future__ import annotations

from collections.abc import Sequence

from bench.errors import unknown_name
from bench.workloads import burst, command, fork_exec, stress_ng
from bench.workloads.workload import Kind, Request, Workload

WORKLOADS: dict[str, Kind] = {kind.name: kind for kind in (fork_exec.KIND, burst.KIND, stress_ng.KIND, command.KIND)}


def workload(name: str, cpus: tuple[int, ...], argv: Sequence[str] = ()) -> Workload:
    """Make the workload called *name* (``fork-exec``, ``stress-ng:vfork``); UsageError when there is none."""
    kind, _, argument = name.partition(":")
    if kind not in WORKLOADS:
        raise unknown_name("workload", name, [k.usage for k in WORKLOADS.values()])
    return WORKLOADS[kind].make(Request(argument or None, cpus, argv))


__all__ = ["WORKLOADS", "Kind", "Workload", "workload"]
