"""A transport as one object: how its map is declared (TransportSpec), opened, mapped, charged and waited for.

Whoever asks for something of a transport asks this object. Nothing outside looks at a transport's name.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from typing import ClassVar

from ringbench import native
from ringbench.errors import MissingRequirementError
from ringbench.kernel import smaps
from ringbench.kernel.program import Program, memlock_bytes
from ringbench.kernel.ring import Ring
from ringbench.machine import caches
from ringbench.spec.transport import TransportSpec
from ringbench.spec.wakeups import Wakeup

Close = Callable[[], None]


@dataclass(frozen=True)
class Transport(TransportSpec):
    """A transport of BPF programs. A subclass says what is particular about its memory."""

    mapping: ClassVar[str] = smaps.BPF_MAP
    """What /proc/PID/smaps calls its mappings; '' where nothing is mapped."""
    viewable: ClassVar[bool] = False
    """Whether records can be looked at where they lie in its rings."""
    poll_stays_ready: ClassVar[bool] = False
    """Whether epoll finds it ready as long as a record is unread, and not only once for each wake-up."""
    faults_inside: ClassVar[bool] = False
    """Whether its own submission can be made to fault, and so to meet another one."""

    def open(self, program: Program, buffer_bytes: int, wakeup: Wakeup) -> list[Ring]:
        """Return its rings, *buffer_bytes* of data over all of them, in the order of the CPUs where each has one.

        Raises MissingRequirementError where the compiled loops are needed and were not built, and NotImplementedError
        where only a library can read it.
        """
        raise NotImplementedError(f"{self.name} cannot be mapped")

    def open_unread(self, program: Program, buffer_bytes: int, stack: ExitStack, *, stack_bytes: int = 0) -> None:
        """Make what its programs need to submit, where a reader makes it; nobody reads. *stack* lets go of it.

        *stack_bytes*: how much of the caller's stack each record carries besides, where :attr:`faults_inside`.
        """

    def maps(self, program: Program, rings: Sequence[int]) -> list[int]:
        """Return the descriptors of the maps that it is made of, for their fdinfo. *rings*: the reader's."""
        return [program.map_fd(self.map_name)]

    def charge(self, data_bytes: int, rings: int) -> Close | None:
        """Make its buffer once more, outside of any program, for the memory cgroup; return what frees it.

        *data_bytes*: of event data over all *rings*. None where that can't be had. Raises OSError.
        """
        return None

    def memory(
        self, program: Program, buffer_bytes: int, rings: Sequence[int], beside: Iterable[Transport] = ()
    ) -> dict[str, int | None]:
        """Return {'physical', 'memlock', 'rss'} in bytes, while its reader has it mapped: three true answers.

        *rings*: the reader's descriptors. *beside*: the trial's other transports. RSS is that of all mappings of its
        kind, so beside another one of that kind it would be both, and is None. What a machine can't say is None.
        """
        tells = all(other.mapping != self.mapping for other in beside)
        resident = smaps.resident_bytes(self.mapping) if self.mapping else 0
        return {
            "physical": self.physical_bytes(buffer_bytes, len(self.rings(caches.online_by_cache()))),
            "memlock": memlock_bytes(self.maps(program, rings)),
            "rss": resident if tells else None,
        }

    def need_loops(self) -> None:
        """Raise MissingRequirementError where the compiled loops were not built."""
        if reason := native.missing():
            raise MissingRequirementError(f"{self.name} needs the compiled loops: {reason}")
