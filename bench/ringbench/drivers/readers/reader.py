"""What a reader is: the verbs that every reader has on every transport."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from ringbench.drivers.readers.blocks import Feed
from ringbench.drivers.transport import Transport
from ringbench.kernel import cpus
from ringbench.kernel.program import Program
from ringbench.spec.event import Events
from ringbench.spec.record import Record
from ringbench.spec.transport import PAGE
from ringbench.spec.wakeups import Wakeup


class Reader(Protocol):
    """Reads one transport's records. It belongs to one thread; only ``interrupt`` may come from another.

    ``drain`` and ``poll`` come back under any load: after CALL_LIMIT records at the most, or, where the library's loop
    cannot be stopped, once the producers are quiet.
    """

    @property
    def delivered(self) -> int:
        """Records handed over so far."""

    @property
    def seq_sum(self) -> int | None:
        """Sum of their sequence numbers, modulo 2^64; None where the reader doesn't look into them."""

    @property
    def lost_reported(self) -> int | None:
        """What the transport itself said was lost; None where it never says (the ringbuf)."""

    @property
    def position(self) -> int | None:
        """Bytes of the ring consumed so far, headers included; None where the library doesn't tell."""

    @property
    def arena_bytes(self) -> int:
        """Memory set aside for records before the trial."""

    @property
    def descriptors(self) -> tuple[int, ...]:
        """Descriptors that become readable when the transport wakes its reader."""

    def drain(self) -> int:
        """Hand over what is there now; return how many records."""

    def poll(self, timeout_s: float) -> int:
        """Wait until the transport wakes the reader, at most *timeout_s*, and hand over; return how many records."""

    def interrupt(self) -> None:
        """Have a call that is under way in another thread return soon, where that can be."""

    def kernel_write_cost(self) -> tuple[int, int] | None:
        """Return the ns that the kernel took to write the records of the window by itself, and how often it did.

        None where a program writes them, whose runs have it.
        """

    def count_lost(self) -> dict[str, int]:
        """Return what was lost without its producer's being told, by what became of it: {'overwritten': 3}.

        To be called once, after the final drain. Empty with transports that refuse instead. Raises
        InvalidMeasurementError where a transport's own count says that this can't be so.
        """

    def events(self) -> Events | None:
        """Return the recorded events in order of delivery; None where they were only counted, or are written to disk.

        Then it hands over the rest of them, and the reader reads no more.
        """

    def close(self) -> None:
        """Let go of descriptors and mappings."""


@dataclass(frozen=True)
class Opening:
    """What a reader needs to open a transport."""

    program: Program
    transport: Transport
    buffer_bytes: int
    """Bytes of record data over all CPUs, as the transport really has them."""
    wakeup: Wakeup
    capacity: int
    """Records the arena has room for."""
    keep: bool = True
    """Whether records are kept, or only counted."""
    feed: Feed | None = None
    """Blocks for records that are written to disk meanwhile; None: what is kept is kept in memory, up to *capacity*."""
    argument: str | None = None
    """What stands behind the colon of the reader's name."""

    @property
    def record(self) -> Record:
        """The record that the transport carries."""
        return self.program.record

    @property
    def shared(self) -> bool:
        """Whether all CPUs write to one ring."""
        return self.transport.shape == "shared-ring"

    @property
    def pages_per_cpu(self) -> int:
        """Pages of data in each CPU's ring."""
        return self.buffer_bytes // PAGE // len(cpus.online())


@dataclass(frozen=True)
class ReaderKind:
    """A reader by its name, and how to open it."""

    name: str
    description: str
    missing: Callable[[], str | None]
    """Why it cannot work on this machine; None when it can."""
    open: Callable[[Opening], Reader]
    keeps: bool = True
    """Whether it keeps records where it is asked to; else it only counts."""
    pace_s: float | None = None
    """How long it pauses after each look where nobody chose otherwise; None: not at all, as the libraries' loops do."""
    usage: str = ""
    """Its name with its argument, as a person writes it; '' where it takes none."""
    reads: Callable[[Transport], bool] = lambda transport: transport.library is not None
    """Whether it can read a transport; by default, whether a library can."""
    cannot: Callable[[Transport, Wakeup], str | None] = lambda transport, wakeup: None
    """Why it cannot have such a wake-up with a transport that it can read; None when it can."""
    check: Callable[[str], None] = lambda argument: None
    """Raises OptionError when the argument makes no sense."""
    place: int = 100
    """Its place in reports: lower is shown first, then by name."""

    def refuses(self, transport: Transport, wakeup: Wakeup) -> str | None:
        """Return why this reader cannot have *transport* under *wakeup*; None when it can."""
        if not self.reads(transport):
            return f"it cannot read {transport.name}"
        return self.cannot(transport, wakeup)
