"""What the user chose on the command line, and what is wrong with it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ringbench.drivers.readers import reader
from ringbench.drivers.transports import PAGE, find_transport
from ringbench.drivers.waits import wait
from ringbench.drivers.workloads import offered, workload
from ringbench.errors import OptionError, unknown_name
from ringbench.spec import cpu_list
from ringbench.spec.modes import mode
from ringbench.spec.offered_load import split
from ringbench.spec.placement import placement
from ringbench.spec.record import sample
from ringbench.spec.wakeups import wakeup

EVENTS_TO = ("memory", "disk")
"""Where events can go while a trial runs."""


def place_for_events(name: str) -> str:
    """Return *name* if it is one of :data:`EVENTS_TO`; OptionError lists them."""
    if name not in EVENTS_TO:
        raise unknown_name("place for events", name, EVENTS_TO)
    return name


@dataclass(frozen=True)
class RunOptions:
    """What the user chose on the command line; an empty tuple or None leaves it to the profile."""

    transports: tuple[str, ...] = ()
    readers: tuple[str, ...] = ()
    wakeups: tuple[str, ...] = ()
    waits: tuple[str, ...] = ()
    placements: tuple[str, ...] = ()
    producers: tuple[int, ...] = ()
    record_bytes: tuple[int, ...] = ()
    workloads: tuple[str, ...] = ()
    buffer_bytes: tuple[int, ...] = ()
    mode: str | None = None
    cpus: tuple[int, ...] | None = None
    duration_s: float | None = None
    drain_interval_s: float | None = None
    repeats: int | None = None
    precision: float | None = None
    """Half the width of an interval over its value."""
    max_time_s: float | None = None
    seed: int = 1
    events_to: str = "memory"
    """One of :data:`EVENTS_TO`."""
    consents: tuple[str, ...] = ()
    """Options by which the user allows what is not done otherwise: '--allow-kmsg'."""
    command: tuple[str, ...] = ()

    def check(self, online: Sequence[int]) -> None:
        """Raise OptionError for unknown names, impossible sizes and times, and CPUs that are not among *online*."""
        self._check_names(online)
        self._check_sizes()
        self._check_numbers(online)

    def _check_names(self, online: Sequence[int]) -> None:
        for name in self.transports:
            asked = find_transport(name).requires_flag
            if asked and asked not in self.consents:
                raise OptionError(f"--transport {name}: what it writes stays on this machine. Only with {asked}.")
        for name in self.readers:
            reader(name)
        for name in self.wakeups:
            wakeup(name)
        for name in self.waits:
            wait(name, 1.0)
        for name in self.placements:
            placement(name)
        if self.mode is not None:
            mode(self.mode)
        place_for_events(self.events_to)
        for name in self.workloads:
            offered(name)
            workload(split(name)[0], tuple(online), self.command or ("true",))
        if self.command and set(self.workloads) - {"command"}:
            raise OptionError("a COMMAND behind -- is the workload itself: leave --workload out, or the command.")
        if "command" in self.workloads and not self.command:
            raise OptionError("the workload `command` needs one: put it at the end, behind --, like `-- make -j2`.")

    def _check_sizes(self) -> None:
        for nbytes in self.record_bytes:
            sample(nbytes)
        for size in self.buffer_bytes:
            if size < PAGE or size & (size - 1):
                near = PAGE if size < PAGE else 1 << (size - 1).bit_length()
                rule = f"a ring is a power of two of bytes, at least a page ({PAGE})"
                raise OptionError(f"--buffer-bytes {size}: {rule}. Nearest: {near}.")
            if size > 1 << 30:
                raise OptionError(f"--buffer-bytes {size}: more than 1 GiB is not measured; take a smaller size.")

    def _check_numbers(self, online: Sequence[int]) -> None:
        if self.cpus is not None and (absent := sorted(set(self.cpus) - set(online))):
            raise OptionError(f"--cpus: CPU {cpu_list.show(absent)} is not online. Online: {cpu_list.show(online)}.")
        if self.precision is not None and not 0 < self.precision < 1:
            raise OptionError(f"--precision {self.precision:g}: more than 0 and less than 100 %.")
        for option, value in (
            *(("--duration", self.duration_s), ("--drain-interval", self.drain_interval_s)),
            ("--max-time", self.max_time_s),
        ):
            if value is not None and not 0 < value <= 86400:
                raise OptionError(f"{option} {value:g}: seconds, more than 0 and at most 86400.")
        for number in self.producers:
            if not 1 <= number <= len(self.cpus or online):
                raise OptionError(
                    f"--producers {number}: one for each CPU at most, and {len(self.cpus or online)} chosen."
                )
        if self.repeats is not None and not 1 <= self.repeats <= 10_000:
            raise OptionError(f"--repeats {self.repeats}: at least 1, at most 10000.")
