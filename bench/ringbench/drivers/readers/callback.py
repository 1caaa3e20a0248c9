"""The `callback` readers: BCC's own API with a Python callback, which is what people use today.

``callback`` decodes each record by ``.event()``; ``callback-bare`` only counts. The callbacks are closures over local
names, so that they cost what a short script's would.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import numpy as np

from ringbench.drivers.readers.block_arena import BlockArena
from ringbench.drivers.readers.reader import Opening, Reader, ReaderKind
from ringbench.drivers.transports import Transport
from ringbench.errors import InvalidMeasurementError, MissingRequirementError, RingbenchError
from ringbench.kernel import program
from ringbench.spec.codes import InvalidCode
from ringbench.spec.event import Events, delivered
from ringbench.spec.wakeups import Wakeup

_NEVER = 0x7FFFFFFF
_MODULO = 1 << 64
_SPILL = 4096
"""Records that are kept as Python's objects before they go into a block: under a millisecond's copying."""


class CallbackReader:
    """Counts (``bare``), or decodes each record and keeps its bytes and the time, or only sums its number.

    BCC swallows what a callback raises (ctypes prints it and goes on), so a failure is kept and raised by the verbs.
    """

    def __init__(self, opening: Opening, *, bare: bool) -> None:
        self._bpf: Any = opening.program.bpf
        self._table: Any = opening.program.events(opening.transport)
        self._shared = opening.shared
        self._record = opening.record
        self._kept: list[bytes] = []
        self._stamps: list[int] = []
        self._keeps = opening.keep and not bare
        self._arena = BlockArena(self._record, opening.feed, stamp_each=True) if opening.feed is not None else None
        self._lost = 0
        self._failure: BaseException | None = None
        self._stop = 0
        self._counted: Callable[[], tuple[int, int | None]] = lambda: (0, None)
        if bare or not self._keeps:
            on_record = self._on_bare() if bare else self._on_counted()
        else:
            on_record = self._on_kept() if self._arena is None else self._on_written(self._arena)
        if self._shared:
            self._table.open_ring_buffer(on_record)
        else:
            self._open_perf(opening, on_record)

    def _open_perf(self, opening: Opening, on_record: Callable[[Any, int, int], int]) -> None:
        options: dict[str, Any] = {"page_cnt": opening.pages_per_cpu, "lost_cb": self._on_lost}
        if opening.wakeup.perf_records != 1:
            options["wakeup_events"] = opening.wakeup.perf_records or _NEVER
        try:
            self._table.open_perf_buffer(on_record, **options)
        except TypeError as error:
            raise MissingRequirementError(
                f"this BCC cannot set perf's wake-ups ({error}): use --wakeup every."
            ) from error

    # What a callback returns ends BCC's poll of a ringbuf if it is negative, with this record consumed. Perf's is
    # ignored: that poll ends when the rings are empty.

    def _on_bare(self) -> Callable[[Any, int, int], int]:
        count = 0

        def on_record(context: Any, data: int, size: int) -> int:
            nonlocal count
            count += 1
            return self._stop

        self._counted = lambda: (count, None)
        return on_record

    def _on_counted(self) -> Callable[[Any, int, int], int]:
        decode = self._table.event
        count = total = 0

        def on_record(context: Any, data: int, size: int) -> int:
            nonlocal count, total
            try:
                event = decode(data)
                total += event.seq
                count += 1
            except BaseException as error:
                self._failure = self._failure or error
            return self._stop

        self._counted = lambda: (count, total % _MODULO)
        return on_record

    def _on_kept(self) -> Callable[[Any, int, int], int]:
        decode, keep, stamp, now = self._table.event, self._kept.append, self._stamps.append, time.monotonic_ns

        def on_record(context: Any, data: int, size: int) -> int:
            try:
                keep(bytes(decode(data)))  # the decoded event lies in the ring, and is gone after the callback
                stamp(now())
            except BaseException as error:
                self._failure = self._failure or error
            return self._stop

        return on_record

    def _on_written(self, arena: BlockArena) -> Callable[[Any, int, int], int]:
        """As :meth:`_on_kept`, but some thousand records at a time go on to the blocks that are written to disk."""
        decode, kept, stamps, now = self._table.event, self._kept, self._stamps, time.monotonic_ns
        keep, stamp = kept.append, stamps.append

        def on_record(context: Any, data: int, size: int) -> int:
            try:
                keep(bytes(decode(data)))
                stamp(now())
                if len(stamps) >= _SPILL:
                    self._spill(arena)
            except BaseException as error:
                self._failure = self._failure or error
            return self._stop

        return on_record

    def _spill(self, arena: BlockArena) -> None:
        records, stamps = self._records(), np.array(self._stamps, np.uint64)
        self._kept.clear()
        self._stamps.clear()
        arena.put(records, stamps)

    def _on_lost(self, count: int) -> None:
        self._lost += count

    @property
    def delivered(self) -> int:
        """Records handed over so far."""
        if self._keeps:
            return len(self._stamps) + (0 if self._arena is None else self._arena.count)
        return self._counted()[0]

    @property
    def seq_sum(self) -> int | None:
        """Sum of the sequence numbers; None for the bare one, which doesn't look into the records."""
        if self._keeps:
            held = int(self._records()["seq"].sum(dtype=np.uint64))
            return held if self._arena is None else (held + self._arena.seq_sum) % _MODULO
        return self._counted()[1]

    @property
    def lost_reported(self) -> int | None:
        """What BCC's lost callback was told; None for the ringbuf, which never says."""
        return None if self._shared else self._lost

    def kernel_write_cost(self) -> None:
        """None: a program writes what it reads."""
        return

    def count_lost(self) -> dict[str, int]:
        """Return {}: what it reads refuses when it is full."""
        return {}

    @property
    def position(self) -> None:
        """None: BCC doesn't tell."""
        return None

    @property
    def arena_bytes(self) -> int:
        """Of the blocks, where events go to disk; else 0: objects are made as the events come, which is its cost."""
        return 0 if self._arena is None else self._arena.nbytes

    @property
    def descriptors(self) -> tuple[int, ...]:
        """The map's descriptor (ringbuf), or those of the perf events in it."""
        if self._shared:
            return (int(self._table.map_fd),)
        return program.perf_buffer_descriptors(self._bpf)

    def drain(self) -> int:
        """Consume everything without waiting."""
        before = self.delivered
        if self._shared:
            self._bpf.ring_buffer_consume()
        else:
            self._bpf.perf_buffer_consume()
        return self._since(before)

    def poll(self, timeout_s: float) -> int:
        """BCC's blocking poll."""
        before = self.delivered
        timeout_ms = max(1, round(timeout_s * 1000))
        if self._shared:
            self._bpf.ring_buffer_poll(timeout_ms)
        else:
            self._bpf.perf_buffer_poll(timeout_ms)
        return self._since(before)

    def _since(self, before: int) -> int:
        self._stop = 0
        if isinstance(self._failure, RingbenchError):  # of the process that writes events
            raise self._failure
        if self._failure is not None:
            raise InvalidMeasurementError(
                f"the callback failed: {self._failure!r}", InvalidCode.READER_FAILED
            ) from self._failure
        return self.delivered - before

    def interrupt(self) -> None:
        """End BCC's poll of a ringbuf at the next record. Its poll of a perf buffer ends when the rings are empty."""
        self._stop = -1

    def _records(self) -> np.ndarray[Any, np.dtype[np.void]]:
        return np.frombuffer(b"".join(self._kept), self._record.dtype)

    def events(self) -> Events | None:
        """Return the recorded events in order of delivery; None where they were counted, or are written to disk."""
        if self._arena is not None:
            self._spill(self._arena)
            self._arena.events()
            return None
        return delivered(self._records(), np.array(self._stamps, np.uint64)) if self._keeps else None

    def close(self) -> None:
        """Close the buffers. A ringbuf's goes with the program; perf's, which BCC would close too late, one by one."""
        if not self._shared:
            program.close_perf_buffers(self._table)
        self._table = self._bpf = None


def _missing() -> str | None:
    return None  # it works wherever BCC does


def _cannot(transport: Transport, wakeup: Wakeup) -> str | None:
    if transport.library == "perf" and wakeup.perf_bytes is not None:
        return "BCC cannot set perf's watermark"
    return None


def _open(opening: Opening) -> Reader:
    return CallbackReader(opening, bare=False)


def _open_bare(opening: Opening) -> Reader:
    return CallbackReader(opening, bare=True)


KIND = ReaderKind(
    "callback",
    "BCC's Python callback, each event decoded by .event(): what people use today",
    _missing,
    _open,
    cannot=_cannot,
    place=6,
)
BARE = ReaderKind(
    "callback-bare",
    "BCC's Python callback that only counts",
    _missing,
    _open_bare,
    keeps=False,
    cannot=_cannot,
    place=5,
)
