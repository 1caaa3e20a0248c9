"""A way to take records out of a ring, behind one verb: by numpy, by the compiled loops, or by looking."""

from __future__ import annotations

import itertools
import random
import struct
from abc import ABC, abstractmethod
from dataclasses import dataclass
from unittest.mock import patch

import numpy as np

from ringbench import native
from ringbench.drivers.readers.bulk import Ring
from ringbench.drivers.readers.bulk_view import view
from ringbench.errors import InvalidMeasurementError
from ringbench.kernel.ringbuf import MappedRingbuf
from ringbench.spec.record import Record
from tests.native.fake import MODULO

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
