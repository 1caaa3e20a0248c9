"""Rings laid out by hand in memfds, byte for byte as the kernel lays them out.

tests/kernel/test_real_layout.py compares them with the kernel's. What is written is listed beside the memory, so that
a test knows what a reader must make of it. The padding behind a payload is left as it was, as the kernel leaves it.
"""

from __future__ import annotations

import mmap
import os
import struct
from dataclasses import dataclass
from typing import TypeVar

F = TypeVar("F", bound="Fake")

PAGE = mmap.PAGESIZE
MODULO = 1 << 64
NOISE = bytes(i * i * 31 % 251 for i in range(8192 + (1 << 16)))

BUSY, DISCARD = 1 << 31, 1 << 30
LOST, THROTTLE, UNTHROTTLE, SAMPLE, LOST_SAMPLES = 2, 5, 6, 9, 13
LONGEST_PERF = (1 << 16) - 8
"""Bytes of the longest perf record: its header's size has 16 bits."""


def sequence(number: int) -> int:
    """Return the sequence number of the record *number*: never 0, and large, so that sums of a few go past 2^64."""
    return (number + 1) * 0x9E3779B97F4A7C15 % MODULO


def payload(number: int, length: int, seq_offset: int = 0) -> bytes:
    """Return a payload that no other number has, with its sequence number at *seq_offset* where that lies in it."""
    noise = NOISE[number % 8192 :][:length]
    if length < seq_offset + 8:
        return noise
    return noise[:seq_offset] + struct.pack("<Q", sequence(number)) + noise[seq_offset + 8 :]


@dataclass
class Written:
    """A record as it was written, and what it is to a reader."""

    what: str
    """event, busy, skipped (nothing to hand over), lost (perf tells of *lost* records) or unknown (perf's type)."""
    at: int
    """The position of its header."""
    total: int
    """Its bytes in the ring, header and padding included."""
    payload: bytes = b""
    """What its length covers: for perf, the padding too."""
    lost: int = 0
    doomed: bool = False
    """Busy, and it must not become an event."""


class Fake:
    """Memory of a memfd with *size* bytes of data, once or several times in a row; the rest is the subclasses'.

    It is a context manager, which closes it. Whatever maps it has a descriptor of its own, or borrows this one.
    """

    def __init__(self, name: str, start: int, data_bytes: int, before: int, copies: int, fill: int) -> None:
        self.size = data_bytes
        self.written: list[Written] = []
        self.start = start % MODULO
        self.fd = os.memfd_create(name)
        os.ftruncate(self.fd, before + copies * data_bytes)
        self._memory = mmap.mmap(self.fd, before + copies * data_bytes)
        self._copies = tuple(before + i * data_bytes for i in range(copies))
        self.put(0, bytes([fill]) * data_bytes)

    def __enter__(self: F) -> F:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def put(self, position: int, content: bytes) -> None:
        """Write *content* at a position, whatever is there."""
        at = position % self.size
        whole = len(content) <= self.size - at
        first, rest = (content, b"") if whole else (content[: self.size - at], content[self.size - at :])
        for copy in self._copies:
            self._memory[copy + at : copy + at + len(first)] = first
            if rest:
                self._memory[copy : copy + len(rest)] = rest

    def at(self, position: int, length: int) -> bytes:
        """Return *length* bytes from a position on."""
        at, data = position % self.size, self._copies[0]
        first = self._memory[data + at : data + min(at + length, self.size)]
        return first + self._memory[data : data + length - len(first)]

    def image(self) -> bytes:
        """Return all of the data."""
        return self._memory[self._copies[0] : self._copies[0] + self.size]

    def word(self, offset: int, value: int | None = None) -> int:
        """Return one of the positions, after setting it if *value* is given."""
        if value is not None:
            struct.pack_into("<Q", self._memory, offset, value % MODULO)
        return int(struct.unpack_from("<Q", self._memory, offset)[0])

    def close(self) -> None:
        """Unmap, and close the memfd."""
        self._memory.close()
        os.close(self.fd)


class FakeRingbuf(Fake):
    """A ringbuf: the consumer's page, the producers' page, and the data twice (kernel/bpf/ringbuf.c)."""

    def __init__(self, start: int = 0, data_bytes: int = PAGE, fill: int = 0xA5) -> None:
        super().__init__("ringbuf", start, data_bytes, 2 * PAGE, 2, fill)
        self.word(0, start)
        self.word(PAGE, start)

    @property
    def consumer(self) -> int:
        """The consumer's position."""
        return self.word(0)

    @consumer.setter
    def consumer(self, position: int) -> None:
        self.word(0, position)

    @property
    def producer(self) -> int:
        """The producers' position."""
        return self.word(PAGE)

    @producer.setter
    def producer(self, position: int) -> None:
        self.word(PAGE, position)

    def add(self, content: bytes, flags: int = 0) -> Written | None:
        """Reserve and write a record as __bpf_ringbuf_reserve() does; None where there is no room."""
        at, total = self.producer, (8 + len(content) + 7) & ~7
        if (at + total - self.consumer) % MODULO > self.size - 1:
            return None
        # Which page of struct bpf_ringbuf the header lies on: three come before the data.
        self.put(at, struct.pack("<II", len(content) | flags, 3 + at % self.size // PAGE) + content)
        self.producer = at + total
        record = Written(_state(flags), at, total, content)
        self.written.append(record)
        return record

    def commit(self, record: Written, flags: int = 0) -> None:
        """Finish a record that was BUSY."""
        self.put(record.at, struct.pack("<I", len(record.payload) | flags))
        record.what = _state(flags)


def _state(flags: int) -> str:
    return "busy" if flags & BUSY else "skipped" if flags & DISCARD else "event"


class FakePerf(Fake):
    """A CPU's perf ring: a page with the positions, and the data once (include/uapi/linux/perf_event.h)."""

    def __init__(self, start: int = 0, data_bytes: int = PAGE, fill: int = 0xA5) -> None:
        super().__init__("perf", start, data_bytes, PAGE, 1, fill)
        self._end = self.start
        self._hidden: list[Written] = []
        self.unsaid = 0
        """Samples lost since the last record."""
        self.word(1024, start)
        self.word(1032, start)

    @property
    def tail(self) -> int:
        """The reader's position."""
        return self.word(1032)

    @tail.setter
    def tail(self, position: int) -> None:
        self.word(1032, position)

    @property
    def head(self) -> int:
        """The kernel's position."""
        return self.word(1024)

    @head.setter
    def head(self, position: int) -> None:
        self.word(1024, position)

    def sample(self, content: bytes, misc: int = 1, event_id: int = 7, *, publish: bool = True) -> Written | None:
        """Write a raw sample as bpf_perf_event_output() does; None, and counted as lost, where there is no room.

        The first record after a loss comes with a LOST record before it, and needs the room for both
        (kernel/events/ring_buffer.c, __perf_output_begin()).
        """
        raw = ((len(content) + 4 + 7) & ~7) - 4
        before = 24 if self.unsaid else 0
        if not self._room(before + 12 + raw):
            self.unsaid += 1
            return None
        if before:
            self.lost(self.unsaid, event_id, publish=publish)
            self.unsaid = 0
        padding = self.at(self._end + 12 + len(content), raw - len(content))
        head = struct.pack("<IHHI", SAMPLE, misc, 12 + raw, raw)
        return self.append(head + content + padding, Written("event", 0, 0, content + padding), publish=publish)

    def lost(self, count: int, event_id: int = 7, *, publish: bool = True) -> Written | None:
        """Write a LOST record."""
        record = Written("lost", 0, 0, lost=count)
        return self.append(struct.pack("<IHHQQ", LOST, 0, 24, event_id, count), record, publish=publish)

    def other(self, kind: int, size: int, *, known: bool = True) -> Written | None:
        """Write a record of another type, with a size that is true."""
        content = struct.pack("<IHH", kind, 0, size) + NOISE[: size - 8]
        return self.append(content, Written("skipped" if known else "unknown", 0, 0))

    def append(self, content: bytes, record: Written, *, publish: bool = True) -> Written | None:
        """Write any bytes as the next record; None where there is no room."""
        if not self._room(len(content)):
            return None
        record.at, record.total = self._end, len(content)
        self.put(self._end, content)
        self._end = (self._end + len(content)) % MODULO
        self._hidden.append(record)
        if publish:
            self.publish()
        return record

    def publish(self) -> None:
        """Let the reader see what was written."""
        self.head = self._end
        self.written += self._hidden
        self._hidden = []

    def _room(self, nbytes: int) -> bool:
        # CIRC_SPACE(): a ring is never filled to the last byte.
        return nbytes <= (self.tail - self._end - 1) % MODULO % self.size
