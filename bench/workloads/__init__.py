"""The workloads: what makes fork, exec and exit events.

A workload is one file with a :class:`~bench.workloads.workload.Kind`; registering it is one line here.
"""

from __future__ import annotations

from collections.abc import Sequence

from bench.errors import UsageError, unknown_name
from bench.kernel.probe import Probe
from bench.workloads import burst, command, firehose, fork_exec, stress_ng
from bench.workloads.workload import Kind, Request, Workload

WORKLOADS: dict[str, Kind] = {
    kind.name: kind for kind in (fork_exec.KIND, burst.KIND, stress_ng.KIND, firehose.KIND, command.KIND)
}


def workload(name: str, cpus: tuple[int, ...], argv: Sequence[str] = ()) -> Workload:
    """Make the workload called *name* (``fork-exec``, ``stress-ng:vfork``); UsageError when there is none."""
    kind, argument = _kind(name)
    return kind.make(Request(argument, cpus, argv))


def probe(name: str, record_bytes: int | None = None) -> Probe:
    """Return the probe of the workload called *name*, its records *record_bytes* long where that can be chosen.

    Raises UsageError when there is no such workload, and for a length that its records cannot have.
    """
    kind, argument = _kind(name)
    if record_bytes is not None and kind.record_bytes is None:
        raise UsageError(f"--record-bytes: the records of {kind.name} have one length; choose it for firehose:B.")
    return kind.probe(Request(argument, (), (), record_bytes))


def usual_record_bytes(name: str) -> int | None:
    """Return how long the records of the workload called *name* usually are where that can be chosen, else None."""
    return _kind(name)[0].record_bytes


def _kind(name: str) -> tuple[Kind, str | None]:
    kind, _, argument = name.partition(":")
    if kind not in WORKLOADS:
        raise unknown_name("workload", name, [k.usage for k in WORKLOADS.values()])
    return WORKLOADS[kind], argument or None


__all__ = ["WORKLOADS", "Kind", "Workload", "probe", "usual_record_bytes", "workload"]
