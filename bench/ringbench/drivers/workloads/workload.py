"""What a workload is: something that makes events, started and stopped around the measured window."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Protocol

from ringbench.kernel.probe import LIFECYCLE, Probe
from ringbench.spec.transport import Producers


class Workload(Protocol):
    """One running workload. ``prepare`` comes before any probe is attached; ``stop`` leaves no process behind."""

    def check(self) -> None:
        """Raise MissingRequirementError, saying what is missing, if it cannot run here; changes nothing."""

    def prepare(self) -> None:
        """Get ready: what can be done before the probes are attached."""

    def start(self) -> None:
        """Begin making processes."""

    def finished(self) -> bool:
        """Whether it ended by itself (a command; the others go on until stopped)."""

    def stop(self) -> None:
        """End it and wait until all of its processes are gone."""

    def lives(self) -> int | None:
        """Return how many processes it made from start to stop by its own count; None where it doesn't know."""

    def done(self) -> int | None:
        """Return how many operations (lives, calls) it has finished so far; None where it doesn't know meanwhile."""

    def offered_per_s(self) -> float | None:
        """Return how many operations a second it is asked for in all; None where it goes flat out."""

    def exit_status(self) -> int | None:
        """Return the exit status of a command (negative: the signal that ended it); None for the others."""


@dataclass(frozen=True)
class Request:
    """What a workload is asked for."""

    argument: str | None
    """What stands behind the colon of its name: ``vfork`` of ``stress-ng:vfork``, a rate of ``fork-exec:500``."""
    cpus: tuple[int, ...]
    command: Sequence[str] = ()
    record_bytes: int | None = None
    """How long its records are to be; None: their usual length. Only some workloads can choose."""
    per_s: float | None = None
    """Operations a second on each CPU, for workloads that can be paced; None: flat out."""


Operations = Callable[[int], None]
"""Does that many operations of a workload, by the process that calls it."""


@dataclass(frozen=True)
class Operation:
    """A workload's operation, to be done one after the other by a single producer."""

    loop: Callable[[], AbstractContextManager[Operations]]
    events: int
    """Events that one makes."""


def _lifecycle(request: Request) -> Probe:
    return LIFECYCLE


@dataclass(frozen=True)
class WorkloadKind:
    """A workload by its name, and how to make one."""

    name: str
    usage: str
    """Its name with its argument, as a person writes it: ``stress-ng:NAME``."""
    description: str
    make: Callable[[Request], Workload]
    """Raises OptionError when the argument makes no sense."""
    missing: Callable[[], str | None]
    """Why it cannot run on this machine; None when it can."""
    probe: Callable[[Request], Probe] = _lifecycle
    """The probe that makes records of what it does."""
    record_bytes: int | None = None
    """The usual length of its records where that can be chosen; None where it can't."""
    paced: bool = False
    """Whether it can be offered at a rate, behind an @ (ringbench.spec.offered_load)."""
    by_itself: bool = True
    """Whether it runs without a transport, so that its flat out can be found beforehand (ringbench.run.calibration)."""
    operation: Callable[[Request], Operation] | None = None
    """Its operation, where that can be done and timed one by one."""
    place: int = 100
    """Its place in reports: lower is shown first, then by name."""
    is_usual: bool = False
    """Whether designs of transports are shown by how they carry its events."""
    sampled: bool = False
    """Whether its records are samples, which are counted and not kept: they tell no order and no latency. A buffer can
    be filled with them, too."""
    has_schedule: Callable[[str | None], bool] = lambda argument: False
    """Argument -> whether it has a schedule of its own, the same for every transport, without being offered at a
    rate."""
    producers: Producers = "bpf"
    """Who writes its records: BPF programs, or processes of user space, to transports that only those can write to."""
    in_turn: bool = False
    """Whether each record is written after another one, so that a wrong order shows."""
