"""Which program makes the records: the probes of a lifecycle, the firehose, or the fill without anything around it."""

from __future__ import annotations

from dataclasses import dataclass

from bench.record import LIFECYCLE as LIFECYCLE_RECORD
from bench.record import Record, sample

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
    records_a_run: int = 1
    """Records that one run of the program submits."""


LIFECYCLE = Probe(
    "lifecycle.c",
    LIFECYCLE_RECORD,
    ("sched/sched_process_fork", "sched/sched_process_exec", "sched/sched_process_exit"),
)


def firehose(events: int, record_bytes: int) -> Probe:
    """Return the probe of a cheap system call: *events* samples of *record_bytes* for each call."""
    return Probe(
        "firehose.c",
        sample(record_bytes),
        ("syscalls/sys_enter_getpgid",),
        ("spray.h",),
        (*_spray(events, record_bytes), f"-DFIREHOSE_PID={FIREHOSE_PID}"),
        in_place=True,
        records_a_run=events,
    )


def fill(events: int, record_bytes: int) -> Probe:
    """Return the program that BPF_PROG_TEST_RUN repeats: *events* samples of *record_bytes* a run, nothing attached."""
    return Probe(
        "fill.c",
        sample(record_bytes),
        (),
        ("spray.h",),
        _spray(events, record_bytes),
        in_place=True,
        records_a_run=events,
    )


def _spray(events: int, record_bytes: int) -> tuple[str, ...]:
    return (f"-DEVENTS={events}", f"-DRECORD_BYTES={record_bytes}")
