"""The workloads: what makes events.

A workload is one file with a :class:`~ringbench.drivers.workloads.workload.WorkloadKind`;
registering it is one line here.
"""

from __future__ import annotations

from collections.abc import Sequence

from ringbench.data.plugins import with_plugins
from ringbench.drivers.workloads import burst, command, firehose, fork_exec, nested, sched_switch, stress_ng, writers
from ringbench.drivers.workloads.workload import Operation, Request, Workload, WorkloadKind
from ringbench.errors import OptionError, unknown_name
from ringbench.kernel.probe import Probe
from ringbench.spec.offered_load import Offered, split

WORKLOADS: dict[str, WorkloadKind] = with_plugins(
    "workloads",
    WorkloadKind,
    (
        fork_exec.KIND,
        burst.KIND,
        stress_ng.KIND,
        firehose.KIND,
        sched_switch.KIND,
        nested.KIND,
        writers.KIND,
        writers.RELAY,
        command.KIND,
    ),
)


def workload(
    name: str, cpus: tuple[int, ...], argv: Sequence[str] = (), *, flat_out_per_s: float | None = None
) -> Workload:
    """Make the workload called *name* (``fork-exec@60%``, ``stress-ng:vfork``); OptionError when there is none.

    *flat_out_per_s*: what it does flat out, in operations a second on each CPU, where a share of that is asked for.
    """
    kind, argument = _kind(name)
    load = offered(name)
    per_s = load.per_s if load else None
    if load and load.share:
        if flat_out_per_s is None:
            raise ValueError(f"workload {name} is a share of what is not known")
        per_s = load.share * flat_out_per_s
    return kind.make(Request(argument, cpus, argv, per_s=per_s))


def offered(name: str) -> Offered | None:
    """Return the load in *name*, None where the workload goes flat out; OptionError where it can't be had."""
    plain, load = split(name)
    if load and not _kind(plain)[0].paced:
        able = ", ".join(kind.name for kind in WORKLOADS.values() if kind.paced)
        raise OptionError(f"workload {name!r}: only these can be offered at a load: {able}.")
    if load and load.share and not _kind(plain)[0].by_itself:
        raise OptionError(f"workload {name!r}: nobody knows its flat out; give it a rate, like {plain}@2500.")
    return load


def probe(name: str, record_bytes: int | None = None) -> Probe:
    """Return the probe of the workload called *name*, its records *record_bytes* long where that can be chosen.

    Raises OptionError when there is no such workload, and for a length that its records cannot have.
    """
    kind, argument = _kind(name)
    if record_bytes is not None and kind.record_bytes is None:
        raise OptionError(f"--record-bytes: the records of {kind.name} have one length; choose it for firehose:B.")
    return kind.probe(Request(argument, (), (), record_bytes))


def operation(name: str) -> Operation:
    """Return the operation of the workload called *name*; OptionError where it can't be done one by one, flat out."""
    kind, argument = _kind(name)
    if kind.operation is None or offered(name):
        able = ", ".join(known.usage.partition("[")[0] for known in WORKLOADS.values() if known.operation)
        raise OptionError(f"workload {name!r} has no operation that can be timed one by one. Those that have: {able}.")
    return kind.operation(Request(argument, ()))


def usual_record_bytes(name: str) -> int | None:
    """Return how long the records of the workload called *name* usually are where that can be chosen, else None."""
    return _kind(name)[0].record_bytes


def known(name: str) -> tuple[WorkloadKind, str | None] | None:
    """Return the kind of the workload called *name*, and its argument; None where it is not installed."""
    kind, _, argument = name.partition("@")[0].partition(":")
    return (WORKLOADS[kind], argument or None) if kind in WORKLOADS else None


def kind_of(name: str) -> WorkloadKind:
    """Return the kind of the workload called *name*; OptionError when there is no such workload."""
    return _kind(name)[0]


def _kind(name: str) -> tuple[WorkloadKind, str | None]:
    kind, _, argument = split(name)[0].partition(":")
    if kind not in WORKLOADS:
        raise unknown_name("workload", name, [k.usage for k in WORKLOADS.values()])
    return WORKLOADS[kind], argument or None


__all__ = [
    "WORKLOADS",
    "Operation",
    "Workload",
    "WorkloadKind",
    "kind_of",
    "known",
    "offered",
    "operation",
    "probe",
    "usual_record_bytes",
    "workload",
]
