"""The mapped rings against a memory laid out by hand: busy and discarded records, wraps, LOST, foreign records."""

from __future__ import annotations

import mmap
import os
import struct
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bench.errors import MeasurementInvalid
from bench.kernel.perf_ring import LOST, SAMPLE, THROTTLE, MappedPerfRing
from bench.kernel.ringbuf import BUSY, DISCARD, MappedRingbuf

PAGE = mmap.PAGESIZE
RECORD = 56


def _payload(number: int) -> bytes:
    return struct.pack("<Q", number).ljust(RECORD, b"\xee")


def _numbers(taken: np.ndarray) -> list[int]:
    return [struct.unpack_from("<Q", record.tobytes())[0] for record in taken]


class FakeRingbuf:
    """A ringbuf's memory in a memfd, its data present twice, written as the kernel writes it."""

    def __init__(self, start: int, data_bytes: int = PAGE) -> None:
        self.size = data_bytes
        self.fd = os.memfd_create("ringbuf")
        os.ftruncate(self.fd, 2 * PAGE + 2 * data_bytes)
        self.producer = start
        os.pwrite(self.fd, struct.pack("<Q", start), 0)
        self._publish()

    def _publish(self) -> None:
        os.pwrite(self.fd, struct.pack("<Q", self.producer), PAGE)

    def _write(self, position: int, content: bytes) -> None:
        for i in range(0, len(content), 8):
            offset = (position + i) & (self.size - 1)
            for copy in (0, self.size):
                os.pwrite(self.fd, content[i : i + 8], 2 * PAGE + copy + offset)

    def consumer(self) -> int:
        return struct.unpack("<Q", os.pread(self.fd, 8, 0))[0]

    def add(self, number: int, flags: int = 0, length: int = RECORD) -> int | None:
        total = (8 + length + 7) & ~7
        if self.producer + total - self.consumer() > self.size:
            return None
        at = self.producer
        self._write(at, struct.pack("<II", length | flags, 0) + _payload(number)[:length].ljust(total - 8, b"\0"))
        self.producer += total
        self._publish()
        return at

    def commit(self, at: int, flags: int = 0) -> None:
        self._write(at, struct.pack("<II", RECORD | flags, 0))


@contextmanager
def ringbuf(start: int = 0) -> Iterator[tuple[FakeRingbuf, MappedRingbuf]]:
    fake = FakeRingbuf(start)
    mapped = MappedRingbuf(fake.fd, fake.size, RECORD)
    try:
        yield fake, mapped
    finally:
        mapped.close()
        os.close(fake.fd)


def test_everything_behind_a_busy_record_waits_for_it() -> None:
    room = np.empty(64, f"V{RECORD}")
    with ringbuf() as (fake, mapped):
        fake.add(1)
        busy = fake.add(2, BUSY)
        fake.add(3)
        assert busy is not None
        assert _numbers(room[: mapped.take(room)]) == [1]
        assert mapped.take(room) == 0
        fake.commit(busy)
        assert _numbers(room[: mapped.take(room)]) == [2, 3]


def test_a_record_of_another_length_is_refused_and_not_skipped() -> None:
    room = np.empty(64, f"V{RECORD}")
    with ringbuf() as (fake, mapped):
        fake.add(1)
        fake.add(2, length=40)
        with pytest.raises(MeasurementInvalid, match="40 bytes where 56"):
            mapped.take(room)
        assert _numbers(room[:1]) == [1]


steps = st.lists(
    st.one_of(
        st.tuples(st.just("add"), st.sampled_from([0, 0, 0, DISCARD, BUSY])),
        st.tuples(st.just("commit"), st.sampled_from([0, DISCARD])),
        st.tuples(st.just("take"), st.integers(1, 100)),
    ),
    max_size=300,
)


@settings(deadline=None, max_examples=150)
@given(start=st.integers(0, 2**40).map(lambda n: n * 64), script=steps)
def test_the_ringbuf_hands_over_each_committed_record_once_and_in_order(
    start: int, script: list[tuple[str, int]]
) -> None:
    """A model in plain Python: a list of [number, state] beside the real mapping."""
    with ringbuf(start) as (fake, mapped):
        model: list[list[int]] = []
        got: list[int] = []
        expected: list[int] = []
        for number, (verb, value) in enumerate([*script, ("finish", 0), ("take", 10_000)]):
            if verb == "add":
                at = fake.add(number, value)
                if at is not None:
                    model.append([number, value, at])
            elif verb == "commit" and (waiting := [m for m in model if m[1] == BUSY]):
                fake.commit(waiting[0][2], value)
                waiting[0][1] = value
            elif verb == "finish":
                for entry in model:
                    if entry[1] == BUSY:
                        fake.commit(entry[2])
                        entry[1] = 0
            elif verb == "take":
                room = np.empty(value, f"V{RECORD}")
                got += _numbers(room[: mapped.take(room)])
                taken = 0
                while model and model[0][1] != BUSY and taken < value:
                    entry = model.pop(0)
                    if entry[1] == 0:
                        expected.append(entry[0])
                        taken += 1
        assert got == expected
        assert mapped.position == fake.consumer()


class FakePerf:
    """A perf ring's memory in a memfd, written as the kernel writes it."""

    def __init__(self, start: int) -> None:
        self.size = PAGE
        self.fd = os.memfd_create("perf")
        os.ftruncate(self.fd, 2 * PAGE)
        self.head = start
        os.pwrite(self.fd, struct.pack("<QQ", start, start), 1024)

    def _tail(self) -> int:
        return struct.unpack("<Q", os.pread(self.fd, 8, 1032))[0]

    def _append(self, record: bytes) -> bool:
        if self.head + len(record) - self._tail() > self.size:
            return False
        for i in range(0, len(record), 8):
            os.pwrite(self.fd, record[i : i + 8], PAGE + ((self.head + i) & (self.size - 1)))
        self.head += len(record)
        os.pwrite(self.fd, struct.pack("<Q", self.head), 1024)
        return True

    def sample(self, number: int, misc: int = 1) -> bool:
        body = struct.pack("<I", RECORD + 4) + _payload(number) + b"\0" * 4
        return self._append(struct.pack("<IHH", SAMPLE, misc, 8 + len(body)) + body)

    def lost(self, count: int) -> bool:
        return self._append(struct.pack("<IHHQQ", LOST, 0, 24, 7, count))

    def other(self, kind: int, size: int) -> bool:
        return self._append(struct.pack("<IHH", kind, 0, size).ljust(max(size, 8), b"\0"))


@contextmanager
def perf(start: int = 0) -> Iterator[tuple[FakePerf, MappedPerfRing]]:
    fake = FakePerf(start)
    mapped = MappedPerfRing(fake.fd, 0, 1, RECORD)
    try:
        yield fake, mapped
    finally:
        mapped.close()


@settings(deadline=None, max_examples=150)
@given(
    start=st.integers(0, 2**40).map(lambda n: n * 8),
    script=st.lists(
        st.one_of(
            st.tuples(st.just("sample"), st.sampled_from([1, 2, 0x4001])),
            st.tuples(st.just("lost"), st.integers(0, 2**40)),
            st.tuples(st.just("throttle"), st.just(32)),
            st.tuples(st.just("take"), st.integers(1, 80)),
        ),
        max_size=300,
    ),
)
def test_the_perf_ring_hands_over_each_sample_once_and_sums_what_was_lost(
    start: int, script: list[tuple[str, int]]
) -> None:
    with perf(start) as (fake, mapped):
        sent: list[int] = []
        got: list[int] = []
        lost = 0
        for number, (verb, value) in enumerate([*script, ("take", 1000)]):
            if verb == "sample" and fake.sample(number, value):
                sent.append(number)
            elif verb == "lost" and fake.lost(value):
                lost += value
            elif verb == "throttle":
                fake.other(THROTTLE, value)
            elif verb == "take":
                room = np.empty(value, f"V{RECORD}")
                got += _numbers(room[: mapped.take(room)])
        assert got == sent
        assert mapped.lost == lost
        assert mapped.pending_bytes() == 0


@pytest.mark.parametrize(("kind", "size"), [(99, 16), (SAMPLE, 24), (SAMPLE, 4), (LOST, 0)])
def test_a_perf_record_that_cannot_be_is_refused(kind: int, size: int) -> None:
    with perf() as (fake, mapped):
        fake.other(kind, size)
        with pytest.raises(MeasurementInvalid, match=f"type {kind} and {size} bytes"):
            mapped.take(np.empty(8, f"V{RECORD}"))
