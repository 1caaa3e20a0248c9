"""What a channel is: something that processes of user space write records to, and one process reads."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

from ringbench.drivers.transport import Transport
from ringbench.kernel.ring import Ring
from ringbench.native.producer import Writer
from ringbench.spec.transport import Producers, Shape


class Channel(Protocol):
    """One open channel. It is opened before its writers are forked, so that they have what they need of it."""

    @property
    def ring(self) -> Ring:
        """What the reader drains."""

    @property
    def buffer_bytes(self) -> int:
        """Bytes of record data that it really has room for."""

    def write(self, orders: Writer) -> None:
        """Write records as *orders* say, until the window is over. Called in a writer's own process, once.

        Raises OSError where the kernel refuses more than a record.
        """

    def lost(self, missing: int) -> Mapping[str, int]:
        """Return how many records were lost that no writer was told of, by what became of them. After the last drain.

        *missing*: attempted, not refused and not delivered. It limits what only a bound is known of, and nothing else.
        """

    @property
    def lost_reported(self) -> int | None:
        """What the kernel itself said it lost; None where it never says."""

    def notes(self) -> tuple[str, ...]:
        """Return what a reader of the results must know of this trial."""

    def memory(self) -> dict[str, int | None]:
        """Return its memory in bytes by way of counting, as Transport.memory() does."""

    def close(self) -> None:
        """Let go of descriptors and mappings."""


@dataclass(frozen=True, kw_only=True)
class UserTransport(Transport):
    """A transport that processes of user space write to, as no BPF program can. It has no map and no C source."""

    shape: Shape = "shared-ring"
    map_name: str = ""
    submit: str = ""
    source: str = ""
    wakeups: tuple[str, ...] = ("none",)
    producers: Producers = "user-space"
    open_channel: Callable[[int], Channel]
    """Bytes of record data -> the open channel. Raises MissingRequirementError."""
    carries: str = ""
    """Whether it could carry the events of BPF programs, and why not."""
    record: str = ""
    """What a record of it is."""
    most_per_s: float | None = None
    """Records a second of all writers together that it may be offered, where more would harm the machine."""
    most: int | None = None
    """Records of a whole session, likewise."""
