"""Every way to take records out of a ring, behind one verb, so that each can be held against the same model.

The callbacks are called by loops that do what libbpf's and BCC's do: neither can be given a ring without a map.
"""

from __future__ import annotations

import ctypes
import itertools
import os
import random
import struct
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from unittest.mock import patch

import numpy as np
import pytest
from _pytest.mark import ParameterSet

from ringbench import native
from ringbench.drivers.readers.bulk import Ring
from ringbench.drivers.readers.bulk_view import view
from ringbench.errors import InvalidMeasurementError
from ringbench.kernel.perf_ring import MappedPerfRing
from ringbench.kernel.ringbuf import MappedRingbuf
from ringbench.spec.record import Record
from tests.native import fake as fakes
from tests.native.fake import BUSY, DISCARD, LOST, MODULO, SAMPLE, Fake, FakePerf, FakeRingbuf

ERRORS = {native.NOTHING: None, native.FULL: "full", native.UNEXPECTED_RECORD: "foreign", native.DAMAGED: "damaged"}


@dataclass(frozen=True)
class Taken:
    """What a call handed over."""

    count: int
    error: str | None = None
    """full, foreign, damaged; `refused` where the path doesn't say which."""
    records: tuple[bytes, ...] | None = None
    """Those of this call; None where they are not kept."""
    last: tuple[bytes, ...] = ()
    """Of a path that starts again when it is full: the last ones of all calls."""


class Path(ABC):
    """One way, for one ring. *slots* records and *room* bytes is what fits, for those that stop when they are full."""

    bounded = True
    """Whether a call hands over no more than its limit."""
    any_length = False
    """Whether records may have any length."""
    fills = False
    """Whether it stops when its arena is full."""
    refused = "stays"
    """What becomes of a record that is refused: it stays in the ring, is consumed, or all behind it is, too (eaten)."""

    def __init__(self, ring: Ring, seq_offset: int, slots: int, room: int) -> None:
        self.ring = ring
        self.seq_offset = seq_offset
        self.slots = slots
        self.room = room
        self.seq_sum = 0
        self.payload_bytes = 0

    @property
    def meets(self) -> bool:
        """Whether the limit counts what is no event, too."""
        return False

    @abstractmethod
    def take(self, limit: int) -> Taken:
        """Hand over at most *limit* records."""

    def empty(self) -> None:
        """Make room again, and forget the error."""
        return

    @property
    def told(self) -> dict[str, int]:
        """What was counted of records that are no events."""
        return {}

    def _count(self, records: list[bytes]) -> None:
        for record in records:
            self.seq_sum = (self.seq_sum + struct.unpack_from("<Q", record, self.seq_offset)[0]) % MODULO
            self.payload_bytes += len(record)


class ByNumpy(Path):
    """take() of the mapped rings."""

    def take(self, limit: int) -> Taken:
        ring = self.ring
        untouched = random.Random(1).randbytes(ring.record_bytes)
        into = np.frombuffer(untouched * min(limit, ring.size // ring.stride + 1), f"V{ring.record_bytes}").copy()
        try:
            count, error = ring.take(into), None
        except InvalidMeasurementError:
            # Those before the refused one are there, and nobody has said how many.
            count, error = sum(record.tobytes() != untouched for record in into), "refused"
        records = [record.tobytes() for record in into[:count]]
        self._count(records)
        return Taken(count, error, tuple(records))

    @property
    def told(self) -> dict[str, int]:
        if isinstance(self.ring, MappedRingbuf):
            return {"discarded": self.ring.discarded}
        return {"lost": self.ring.lost}


class BySink(Path):
    """What ends in a sink of rings.c, kept and given back call by call."""

    fills = True
    keeps, stamps, ends, overwrites = True, False, False, False

    def __init__(self, ring: Ring, seq_offset: int, slots: int, room: int) -> None:
        super().__init__(ring, seq_offset, slots, room)
        # What lies behind must stay as it is: a write past the room would show.
        self._arena = np.full(room + 64, 0xC3, np.uint8)
        self._ends = np.full(slots + 8, 0xC3C3, np.uint64)
        self._stamps = np.zeros(slots + 8, np.uint64)
        self.sink = native.Sink(
            records=self._arena.ctypes.data if self.keeps else 0,
            ends=self._ends.ctypes.data if self.ends else 0,
            received_ns=self._stamps.ctypes.data if self.stamps else 0,
            room=room,
            slots=slots,
            record_bytes=0 if self.any_length else ring.record_bytes,
            seq_offset=seq_offset,
            overwrite=self.overwrites,
        )

    def take(self, limit: int) -> Taken:
        sink = self.sink
        before, kept = sink.count, sink.kept
        sink.limit, sink.in_call = limit, 0
        self.hand_over(limit)
        self.seq_sum, self.payload_bytes = sink.seq_sum, sink.bytes
        count, error = sink.count - before, ERRORS[sink.error]
        assert self._arena[self.room :].tobytes() == b"\xc3" * 64
        assert set(self._ends[self.slots :].tolist()) == {0xC3C3}
        assert sink.used <= self.room
        assert sink.kept <= self.slots
        if not self.keeps:
            assert sink.kept == 0
            return Taken(count, error)
        if self.overwrites:
            return Taken(count, error, None, tuple(self._records()))
        assert sink.kept - kept == count
        if self.stamps:
            assert (np.diff(self._stamps[: sink.kept].astype(np.int64)) >= 0).all()
            assert self._stamps[: sink.kept].all()
        return Taken(count, error, tuple(self._records()[kept:]))

    def hand_over(self, limit: int) -> None:
        self.ring.drain(self.sink)

    def _records(self) -> list[bytes]:
        if self.ends:
            ends = [0, *self._ends[: self.sink.kept].tolist()]
            assert ends[-1] == self.sink.used
        else:
            ends = [i * self.ring.record_bytes for i in range(self.sink.kept + 1)]
            assert ends[-1] == self.sink.used
        return [self._arena[a:b].tobytes() for a, b in itertools.pairwise(ends)]

    def empty(self) -> None:
        self.sink.kept = self.sink.used = self.sink.error = 0

    @property
    def told(self) -> dict[str, int]:
        sink = self.sink
        if isinstance(self.ring, MappedRingbuf):
            return {"discarded": sink.discarded}
        return {"lost": sink.lost, "others": sink.others}


class Keeping(BySink):
    """The compiled drain that keeps records of one length."""


class Stamping(BySink):
    """The compiled drain that stamps each record, which is the loop's other way."""

    stamps = True


class AnyLength(BySink):
    """The compiled drain of records of any length, back to back."""

    any_length, ends = True, True


class Counting(BySink):
    """The compiled drain into a small arena that starts again at its beginning."""

    fills, overwrites = False, True


class InPlace(BySink):
    """The compiled drain that keeps nothing."""

    fills, keeps = False, False


class Viewing(Path):
    """ringbench.drivers.readers.bulk_view: looked at where they lie; what no view can show is taken by itself."""

    def __init__(self, ring: Ring, seq_offset: int, slots: int, room: int) -> None:
        super().__init__(ring, seq_offset, slots, room)
        self._dtype = np.dtype(
            {"names": ["seq"], "formats": ["<u8"], "offsets": [seq_offset], "itemsize": ring.record_bytes}
        )
        self._one = Keeping(ring, seq_offset, 1, ring.record_bytes)

    def take(self, limit: int) -> Taken:
        records: list[bytes] = []
        error = None
        try:
            while len(records) < limit:
                summed = self.ring.plain_sum(limit - len(records), Record("", "", self._dtype))
                with view(self.ring, self._dtype, limit - len(records)) as seen:
                    assert not len(seen) or not seen.flags.writeable
                    assert summed == (len(seen), int(seen["seq"].sum(dtype=np.uint64)))
                    shown = [bytes(record.data) for record in seen]
                if not shown:
                    self._one.empty()
                    one = self._by_itself()
                    error = one.error
                    shown = list(one.records or ())
                records += shown
                if not shown:
                    break
        except InvalidMeasurementError:
            error = "damaged"
        self._count(records)
        return Taken(len(records), error, tuple(records))

    def _by_itself(self) -> Taken:
        return self._one.take(1)

    @property
    def told(self) -> dict[str, int]:
        return self._one.told


class ViewingByNumpy(Viewing):
    """The same where the compiled loops were not built."""

    def __init__(self, ring: Ring, seq_offset: int, slots: int, room: int) -> None:
        super().__init__(ring, seq_offset, slots, room)
        self._copy = ByNumpy(ring, seq_offset, 1, 0)

    def take(self, limit: int) -> Taken:
        with patch.object(native, "missing", lambda: "not built"):
            return super().take(limit)

    def _by_itself(self) -> Taken:
        return self._copy.take(1)

    @property
    def told(self) -> dict[str, int]:
        return self._copy.told


_on_ringbuf = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_size_t)
_on_perf_of_libbpf = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_int, ctypes.c_void_p)
_on_perf_of_bcc = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_int)
_on_lost_of_bcc = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_uint64)


def on_perf_of_bcc(sink: native.Sink, data: int, length: int) -> None:
    """Call the callback as BCC does."""
    _on_perf_of_bcc(native.address("on_perf_of_bcc"))(ctypes.addressof(sink), data, length)


def on_perf_of_libbpf(sink: native.Sink, record: int) -> int:
    """Call the callback as libbpf does."""
    return int(_on_perf_of_libbpf(native.address("on_perf_of_libbpf"))(ctypes.addressof(sink), 0, record))


class Called(BySink):
    """A library's loop with the native callback: it consumes what the callback refuses, too."""

    refused = "consumed"

    def hand_over(self, limit: int) -> None:
        context = ctypes.addressof(self.sink)
        ring = self.ring
        step = self.ringbuf_step if isinstance(ring, MappedRingbuf) else self.perf_step
        end = struct.unpack("<Q", ctypes.string_at(self._end_of(ring), 8))[0]
        goes_on = True
        while goes_on and ring.position != end:
            at = ring.ring.data + ring.position % ring.size
            total, goes_on = step(context, at)
            ring._move(total)

    @property
    def meets(self) -> bool:
        return isinstance(self.ring, MappedPerfRing)

    @property
    def told(self) -> dict[str, int]:
        return {} if isinstance(self.ring, MappedRingbuf) else super().told  # a discarded record is never shown to us

    @staticmethod
    def _end_of(ring: Ring) -> int:
        return int(ring.ring.producer if isinstance(ring, MappedRingbuf) else ring.ring.head)

    @staticmethod
    def ringbuf_step(context: int, at: int) -> tuple[int, bool]:
        """libbpf's ringbuf_process_ring() (tools/lib/bpf/ringbuf.c), for one record."""
        (word,) = struct.unpack("<I", ctypes.string_at(at, 4))
        if word & BUSY:
            return 0, False
        length = word & ~DISCARD
        stop = not word & DISCARD and _on_ringbuf(native.address("on_ringbuf"))(context, at + 8, length) < 0
        return (8 + length + 7) & ~7, not stop

    def perf_step(self, context: int, at: int) -> tuple[int, bool]:
        """libbpf's perf_event_read_simple() (tools/lib/bpf/libbpf.c), for one record: always in one piece."""
        record, size = self._whole(at)
        status = on_perf_of_libbpf(self.sink, ctypes.addressof(record))
        return size, status == -2

    def _whole(self, at: int) -> tuple[ctypes.Array[ctypes.c_char], int]:
        (size,) = struct.unpack("<H", ctypes.string_at(at + 6, 2))
        first = ctypes.string_at(at, min(size, self.ring.ring.data + self.ring.size - at))
        content = first + ctypes.string_at(self.ring.ring.data, size - len(first))
        return ctypes.create_string_buffer(content, size), size


class CalledAnyLength(Called):
    """The same with records of any length."""

    any_length, ends = True, True


class CalledInPlace(Called):
    """The same with nothing kept, which is how records are counted there."""

    fills, keeps = False, False


class CalledByBcc(Called):
    """BCC's perf_reader_event_read() (src/cc/perf_reader.c): it goes on until the ring is empty, whatever we say."""

    bounded = False
    refused = "eaten"

    def perf_step(self, context: int, at: int) -> tuple[int, bool]:
        record, size = self._whole(at)
        address = ctypes.addressof(record)
        (kind,) = struct.unpack_from("<I", record, 0)
        if kind == SAMPLE:
            on_perf_of_bcc(self.sink, address + 12, struct.unpack_from("<I", record, 8)[0])
        elif kind == LOST:
            _on_lost_of_bcc(native.address("on_lost_of_bcc"))(context, struct.unpack_from("<Q", record, 16)[0])
        return size, True

    @property
    def told(self) -> dict[str, int]:
        return {"lost": self.sink.lost}


class CalledByBccAnyLength(CalledByBcc):
    """The same with records of any length."""

    any_length, ends = True, True


_COMPILED = pytest.mark.skipif(native.missing() is not None, reason=native.missing() or "")
_ON_BOTH: tuple[type[Path], ...] = (
    ByNumpy,
    Keeping,
    Stamping,
    AnyLength,
    Counting,
    InPlace,
    Viewing,
    ViewingByNumpy,
    Called,
    CalledAnyLength,
    CalledInPlace,
)


def _marked(paths: tuple[type[Path], ...]) -> list[ParameterSet]:
    pure = (ByNumpy,)
    return [pytest.param(path, id=path.__name__, marks=() if path in pure else _COMPILED) for path in paths]


OF_RINGBUF = _marked(_ON_BOTH)
OF_PERF = _marked((*_ON_BOTH, CalledByBcc, CalledByBccAnyLength))
WALKERS = _marked(tuple(path for path in _ON_BOTH if not issubclass(path, Called)))
"""Those that follow lengths and positions themselves, and must survive what they find."""


def filling(paths: list[ParameterSet]) -> list[ParameterSet]:
    """Return those of *paths* that stop when their arena is full."""
    return [path for path in paths if path.values[0].fills]  # type: ignore[union-attr]


@contextmanager
def opened(
    kind: type[Path], fake: Fake, record_bytes: int, *, seq_offset: int = 0, slots: int | None = None, room: int = 0
) -> Iterator[Path]:
    """Map a fake ring and yield a path out of it; by default with room for all that the ring can hold."""
    ring: Ring
    if isinstance(fake, FakeRingbuf):
        ring = MappedRingbuf(fake.fd, fake.size, record_bytes)
    else:
        assert isinstance(fake, FakePerf)
        ring = MappedPerfRing(os.dup(fake.fd), 0, fake.size // fakes.PAGE, record_bytes)
    most = 4 * fake.size // (8 if kind.any_length else record_bytes) + 1
    slots = most if slots is None else min(slots, most)
    try:
        yield kind(ring, seq_offset, slots, room or (fake.size if kind.any_length else slots * record_bytes))
    finally:
        ring.close()
