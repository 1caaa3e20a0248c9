"""A ringbuf as it lies in memory: its two positions, and every record between them with header, length and flags.

The layout is kernel/bpf/ringbuf.c's. A position counts bytes since the ring was made, goes on at 0 behind the last u64,
and is a place in the data by its low bits, as the data's size is a power of two. A record is 8 bytes of header
(struct bpf_ringbuf_hdr: u32 length with the two flags on top, u32 page offset), its payload, and padding to 8 bytes.
Bytes are taken as they come, from a ring or from a file of anybody's: what cannot be a ring is InvalidMeasurementError.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from itertools import takewhile

from ringbench.errors import InvalidMeasurementError
from ringbench.kernel.ringbuf import BUSY, DISCARD, HEADER, stride
from ringbench.spec.codes import InvalidCode

_MODULO = 1 << 64


@dataclass(frozen=True)
class Snapshot:
    """The mapped memory of a ringbuf at one moment."""

    consumer: int
    """Position up to which the reader has given room back: bytes, u64."""
    producer: int
    """Position behind the last reservation: bytes, u64."""
    pending: int
    """Where the kernel's search for the oldest busy record stands; 0 in kernels without it (commit cfa1a2329a69)."""
    data: bytes
    """The data, once: in memory it is mapped twice in a row, so that what crosses its end can be read in one go."""


@dataclass(frozen=True, slots=True)
class Record:
    """One record between the two positions."""

    position: int
    """Of its header: bytes since the ring was made."""
    offset: int
    """Of its header in the data, in bytes."""
    word: int
    """The header's first u32: the length, and BUSY and DISCARD above it."""
    page_offset: int
    """The header's second u32: pages from the kernel's struct bpf_ringbuf to the header."""
    wraps: bool
    """Whether it crosses the end of the data and goes on at its beginning."""

    @property
    def length(self) -> int:
        """Return the bytes that were reserved, without header and padding."""
        return self.word & ~(BUSY | DISCARD)

    @property
    def total(self) -> int:
        """Return the bytes that it takes in the ring, with header and padding."""
        return stride(self.length)

    @property
    def busy(self) -> bool:
        """Return whether it is reserved and not yet submitted or discarded."""
        return bool(self.word & BUSY)

    @property
    def discarded(self) -> bool:
        """Return whether a reader steps over it."""
        return bool(self.word & DISCARD)

    @property
    def state(self) -> str:
        """Return 'busy', 'discarded' or 'committed'."""
        return "busy" if self.busy else "discarded" if self.discarded else "committed"


@dataclass(frozen=True)
class DecodedRing:
    """What a snapshot shows."""

    size: int
    """Bytes of data."""
    consumer: int
    producer: int
    pending: int
    records: tuple[Record, ...]
    """From the consumer's position to the producer's: in the order of their reservations."""

    @property
    def used(self) -> int:
        """Return the bytes between the positions."""
        return (self.producer - self.consumer) % _MODULO

    @property
    def free(self) -> int:
        """Return the bytes that are in no record."""
        return self.size - self.used

    @property
    def longest(self) -> int | None:
        """Return the length of the longest record that can be reserved now; None where none can.

        A reservation may take the producer at most size - 1 ahead of the consumer (__bpf_ringbuf_reserve()), so the
        last 8 bytes are never given away.
        """
        return self.free - 2 * HEADER if self.free >= 2 * HEADER else None

    @property
    def reachable(self) -> tuple[Record, ...]:
        """Return the records that a reader gets past now: up to the first busy one, at which it must stop."""
        return tuple(takewhile(lambda record: not record.busy, self.records))

    @property
    def reachable_bytes(self) -> int:
        """Return the bytes of the :attr:`reachable` records."""
        return sum(record.total for record in self.reachable)

    @property
    def waiting(self) -> int:
        """Return how many finished records lie behind a busy one, out of the reader's reach."""
        return sum(not record.busy for record in self.records[len(self.reachable) :])

    def spans(self, start: int, length: int) -> tuple[tuple[int, int], ...]:
        """Return where *length* bytes from position *start* on lie in the data: [begin, end), two of them at a wrap."""
        begin = start % self.size
        end = begin + length
        return ((begin, end),) if end <= self.size else ((begin, self.size), (0, end - self.size))


def decode(snapshot: Snapshot) -> DecodedRing:
    """Return what *snapshot* shows. Raises InvalidMeasurementError where positions or a record cannot be."""
    size = len(snapshot.data)
    if size < HEADER or size & size - 1:
        raise InvalidMeasurementError(
            f"the ringbuf is damaged: {size} bytes of data are no power of two.", InvalidCode.RING_DAMAGED
        )
    positions = (snapshot.consumer, snapshot.producer)
    used = (snapshot.producer - snapshot.consumer) % _MODULO
    # Never as much as the size: see DecodedRing.longest.
    if used >= size or any(position % 8 or not 0 <= position < _MODULO for position in positions):
        raise InvalidMeasurementError(
            f"the ringbuf is damaged: it has {size} bytes of data, "
            f"and its positions are {snapshot.consumer} (consumer) and {snapshot.producer} (producer).",
            InvalidCode.RING_DAMAGED,
        )
    records, reached = [], 0
    while reached < used:
        record = _record(snapshot, reached)
        reached += record.total
        if reached > used:
            raise InvalidMeasurementError(
                f"the ringbuf is damaged: the record at position {record.position} has a length of {record.length} "
                f"bytes, and reaches {reached - used} bytes past the producer's position.",
                InvalidCode.RING_DAMAGED,
            )
        records.append(record)
    return DecodedRing(size, snapshot.consumer, snapshot.producer, snapshot.pending, tuple(records))


@dataclass(frozen=True)
class Step:
    """A snapshot with its name and a sentence or two on what is seen."""

    name: str
    said: str
    snapshot: Snapshot
    decoded: DecodedRing

    @classmethod
    def of(cls, name: str, said: str, snapshot: Snapshot) -> Step:
        """Return the step of a *snapshot*. Raises as :func:`decode`."""
        return cls(name, said, snapshot, decode(snapshot))


@dataclass(frozen=True)
class RingDump:
    """Steps whose snapshots were taken together, and where."""

    taken: str
    """When: ISO 8601, UTC."""
    kernel: str
    """Release and architecture."""
    ringbench: str
    """The version that took them."""
    steps: tuple[Step, ...]


def _record(snapshot: Snapshot, reached: int) -> Record:
    """Return the record whose header lies *reached* bytes behind the consumer's position."""
    size = len(snapshot.data)
    position = (snapshot.consumer + reached) % _MODULO
    offset = position % size
    word, page_offset = struct.unpack_from("<II", snapshot.data, offset)  # never cut: both are multiples of 8
    wraps = offset + stride(word & ~(BUSY | DISCARD)) > size
    return Record(position, offset, word, page_offset, wraps)
