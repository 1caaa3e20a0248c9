"""Which program makes the records: the probes of a lifecycle or of the scheduler, the firehose, the bare fill, or two
programs of which one interrupts the other.
"""

from __future__ import annotations

from dataclasses import dataclass

from ringbench.kernel import syscalls
from ringbench.spec.record import LEVELS, SWITCH, Record, sample
from ringbench.spec.record import LIFECYCLE as LIFECYCLE_RECORD
from ringbench.spec.record import NESTED as NESTED_RECORD

FIREHOSE_PID = 0x52494E47
"""The pid that the firehose asks getpgid() for. No process can have it: PID_MAX_LIMIT is 4 Mi (linux/threads.h)."""


@dataclass(frozen=True)
class Probe:
    """A file under bpf/ and what it needs."""

    source: str
    record: Record
    tracepoints: tuple[str, ...] = ()
    """Where it is attached, as tracefs names them."""
    after_account: tuple[str, ...] = ()
    """Further files under bpf/, that build on account.h."""
    defines: tuple[str, ...] = ()
    in_place: bool = False
    """Whether it fills a record where it will lie, with a transport that can."""
    records_per_run: int = 1
    """Records that one run of the program submits."""
    most_per_s: int = 200_000
    """Records a second and CPU that a reader has room for where it keeps them: five times what fork-exec makes."""
    timer_ns: int | None = None
    """How often each CPU runs its function `timer`, in ns of its clock; None where it has none."""
    lingers: bool = False
    """Whether it waits on purpose, so that its run time says nothing of what a record costs."""


LIFECYCLE = Probe(
    "lifecycle.c",
    LIFECYCLE_RECORD,
    ("sched/sched_process_fork", "sched/sched_process_exec", "sched/sched_process_exit"),
)


SCHED_SWITCH = Probe("sched_switch.c", SWITCH, ("sched/sched_switch",), most_per_s=2_000_000)


def firehose(events: int, record_bytes: int) -> Probe:
    """Return the probe of a cheap system call: *events* samples of *record_bytes* for each call."""
    return Probe(
        "firehose.c",
        sample(record_bytes),
        ("syscalls/sys_enter_getpgid",),
        ("emit_batch.h",),
        (*_emits_batch(events, record_bytes), f"-DFIREHOSE_PID={FIREHOSE_PID}"),
        in_place=True,
        records_per_run=events,
    )


def fill(events: int, record_bytes: int) -> Probe:
    """Return the program that BPF_PROG_TEST_RUN repeats: *events* samples of *record_bytes* a run, nothing attached."""
    return Probe(
        "fill.c",
        sample(record_bytes),
        (),
        ("emit_batch.h",),
        _emits_batch(events, record_bytes),
        in_place=True,
        records_per_run=events,
    )


TIMER_NS = 100_000
"""Ten thousand interruptions a second and CPU."""
LINGER_NS = 10_000
"""How long an outer program waits with its record under way: a tenth of the timer's interval, or all but never met."""


def nested() -> Probe:
    """Return the two programs that share a transport on each CPU, one over the other."""
    return Probe(
        "nested.c",
        NESTED_RECORD,
        ("raw_syscalls/sys_enter",),
        ("getpgid.h",),
        (f"-DLEVELS={len(LEVELS)}", f"-DLINGER_NS={LINGER_NS}", *_getpgid()),
        in_place=True,
        timer_ns=TIMER_NS,
        lingers=True,
    )


DEPTHS = 8
"""How deep programs are let into each other at most; no transport's limit lies that deep."""


def depth(*, inside: bool) -> Probe:
    """Return the program that lets others in while a record is under way, or *inside*, during its submission."""
    return Probe(
        "depth.c",
        sample(16),
        ("raw_syscalls/sys_enter",),
        ("getpgid.h",),
        ("-DRECORD_BYTES=16", f"-DDEPTHS={DEPTHS}", f"-DINSIDE={int(inside)}", *_getpgid()),
        in_place=True,
    )


def _getpgid() -> tuple[str, ...]:
    return (f"-DFIREHOSE_PID={FIREHOSE_PID}", f"-DGETPGID={syscalls.number('getpgid')}")


def _emits_batch(events: int, record_bytes: int) -> tuple[str, ...]:
    return (f"-DEVENTS={events}", f"-DRECORD_BYTES={record_bytes}")
