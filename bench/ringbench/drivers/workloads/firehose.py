"""`firehose:B`: a cheap system call in a native loop on each of the chosen CPUs, B records a call.

The most that a producer can send: nothing is forked, and the call does next to nothing. A producer is pinned to each
CPU. At a load (``firehose:32@50%``) it waits for each call's turn, its CPU busy where that is near.
"""

from __future__ import annotations

import contextlib
import ctypes
from collections.abc import Iterator

from ringbench import native
from ringbench.drivers.workloads.workers import Loop, Slot, Workers
from ringbench.drivers.workloads.workload import Operation, Operations, Request, Workload, WorkloadKind
from ringbench.errors import MissingRequirementError, OptionError
from ringbench.kernel import probe
from ringbench.native import producer

RECORD_BYTES = 32
MOST = 512
"""Records a call at most: the kernel's own benchmark sends 500."""


class Firehose(Workers):
    """A producer pinned to each CPU in *cpus*."""

    def __init__(self, cpus: tuple[int, ...], per_s: float | None = None) -> None:
        super().__init__([(cpu,) for cpu in cpus], per_s)

    def check(self) -> None:
        """Check that the loop was built."""
        if reason := producer.missing():
            raise MissingRequirementError(reason)

    @contextlib.contextmanager
    def work(self) -> Iterator[Loop]:
        """Yield the loop that a producer runs: native, and endless."""
        call = producer.library().firehose
        interval_ns = 0 if self._per_s is None else max(1, round(1e9 / self._per_s))

        def loop(slot: Slot) -> None:
            call(native.UNLIMITED, probe.FIREHOSE_PID, slot.address, interval_ns)

        yield loop

    def lives(self) -> int | None:
        """None: it makes no processes."""
        return None


def records_a_call(argument: str | None) -> int:
    """Return B of ``firehose:B``; OptionError when it is no such number."""
    text = argument or "1"
    if not (text.isascii() and text.isdecimal()) or not 1 <= int(text) <= MOST:
        raise OptionError(f"firehose:{text} is not a number of records a call, 1 to {MOST}: write it like firehose:32.")
    return int(text)


def _make(request: Request) -> Workload:
    records_a_call(request.argument)
    return Firehose(request.cpus, request.per_s)


def _probe(request: Request) -> probe.Probe:
    return probe.firehose(records_a_call(request.argument), request.record_bytes or RECORD_BYTES)


@contextlib.contextmanager
def _calls() -> Iterator[Operations]:
    call, done = producer.library().firehose, ctypes.c_uint64()
    yield lambda times: call(times, probe.FIREHOSE_PID, ctypes.addressof(done), 0)


def _operation(request: Request) -> Operation:
    return Operation(_calls, records_a_call(request.argument))


KIND = WorkloadKind(
    "firehose",
    "firehose:B[@LOAD]",
    f"a producer pinned to each CPU calls getpgid() in a native loop, B records a call (--record-bytes {RECORD_BYTES})",
    _make,
    producer.missing,
    _probe,
    RECORD_BYTES,
    paced=True,
    operation=_operation,
    sampled=True,
)
