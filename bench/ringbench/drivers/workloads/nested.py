"""`nested`: on each CPU, a program that lingers with its record under way, and a timer's program that interrupts it.

Both submit to the same transport. The call that sets off the first is the firehose's; the timer needs nobody.
"""

from __future__ import annotations

from ringbench.drivers.workloads.firehose import Firehose
from ringbench.drivers.workloads.workload import Request, Workload, WorkloadKind
from ringbench.errors import OptionError
from ringbench.kernel import probe
from ringbench.native import producer


def _make(request: Request) -> Workload:
    _no_argument(request)
    return Firehose(request.cpus)


def _probe(request: Request) -> probe.Probe:
    _no_argument(request)
    return probe.nested()


def _no_argument(request: Request) -> None:
    if request.argument is not None:
        raise OptionError(f"workload nested:{request.argument}: nested takes no argument.")


KIND = WorkloadKind(
    "nested",
    "nested",
    "a timer's program interrupts a tracepoint's whose record is under way, on each CPU; they share the transport",
    _make,
    producer.missing,
    _probe,
)
