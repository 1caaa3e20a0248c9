"""Damaged rings: every reader that follows positions and lengths stops with an error, where the damage is.

That nothing outside of the mapping is read is shown by test_memory_checker.py.
"""

from __future__ import annotations

import ctypes
import struct
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringbench import native
from tests.native import walk
from tests.native.called import on_perf_of_libbpf
from tests.native.fake import BUSY, DISCARD, LOST, MODULO, PAGE, SAMPLE, THROTTLE, FakePerf, FakeRingbuf, payload
from tests.native.path import Keeping, Path
from tests.native.paths import WALKERS, opened
from tests.native.scripts import BASES, TORTURE, starts

RECORD = 56
ROW = 6
ALL = MODULO - 1

every_walker = pytest.mark.parametrize("kind", WALKERS)
compiled = pytest.mark.skipif(native.missing() is not None, reason=native.missing() or "")


def _row(fake: FakeRingbuf | FakePerf) -> list[bytes]:
    for number in range(ROW):
        content = payload(number, RECORD)
        assert fake.add(content) if isinstance(fake, FakeRingbuf) else fake.sample(content)
    return [record.payload for record in fake.written]


def _stops(path: Path, fake: FakeRingbuf | FakePerf, at: int, before: list[bytes]) -> None:
    """Assert that the path delivers *before*, and then says again and again that it cannot go on from *at*."""
    contents = before if path.any_length else [content[:RECORD] for content in before]
    for expected in (contents, []):
        taken = path.take(ALL)
        assert taken.error in ("damaged", "refused")
        assert taken.count == len(expected)
        if taken.records is not None:
            assert list(taken.records) == expected
        assert path.ring.position == at
        assert (fake.consumer if isinstance(fake, FakeRingbuf) else fake.tail) == at


# ---- the ringbuf ----------------------------------------------------------------------------------------------------


@every_walker
@pytest.mark.parametrize("flags", [0, DISCARD])
@pytest.mark.parametrize("too_much", [1, 8, PAGE, 1 << 20, (1 << 30) - 1])
def test_a_length_past_what_was_produced_ends_it_there(kind: type[Path], too_much: int, flags: int) -> None:
    for place in range(ROW):
        with FakeRingbuf(BASES[3] - place * 64) as fake, opened(kind, fake, RECORD) as path:
            contents = _row(fake)
            at = fake.written[place].at
            there = (fake.producer - at) % MODULO - 8
            fake.put(at, struct.pack("<I", min(there + too_much, (1 << 30) - 1) | flags))
            _stops(path, fake, at, contents[:place])


@every_walker
def test_a_record_that_is_produced_in_part_ends_it_there(kind: type[Path]) -> None:
    for there in range(8, 64, 8):
        with FakeRingbuf(BASES[2] - 64) as fake, opened(kind, fake, RECORD) as path:
            contents = _row(fake)
            fake.producer -= 64 - there
            _stops(path, fake, fake.written[-1].at, contents[:-1])


@every_walker
def test_a_busy_record_may_say_any_length(kind: type[Path]) -> None:
    with FakeRingbuf() as fake, opened(kind, fake, RECORD) as path:
        _row(fake)
        fake.put(fake.written[2].at, struct.pack("<I", 0xFFFFFFFF))
        assert path.take(ALL).error is None
        assert path.ring.position == fake.written[2].at


# ---- positions ------------------------------------------------------------------------------------------------------

POSITIONS: dict[str, Callable[[int, int], tuple[int, int]]] = {
    "the producer behind": lambda tail, head: (tail, tail - 8),
    "the producer a ring behind": lambda tail, head: (tail, tail - PAGE),
    "the consumer ahead": lambda tail, head: (head + 64, head),
    "a ring and a word apart": lambda tail, head: (tail, tail + PAGE + 8),
    "2^32 too far apart": lambda tail, head: (tail, head + (1 << 32)),
    "2^63 too far apart": lambda tail, head: (tail, head + (1 << 63)),
    **{f"the producer {n} off": lambda tail, head, n=n: (tail, head + n) for n in range(1, 8)},  # type: ignore[misc]
    **{f"the consumer {n} off": lambda tail, head, n=n: (tail + n, head) for n in range(1, 8)},  # type: ignore[misc]
    **{f"both {n} off": lambda tail, head, n=n: (tail + n, head + n) for n in range(1, 8)},  # type: ignore[misc]
}

every_position = pytest.mark.parametrize("positions", POSITIONS)


@every_walker
@every_position
def test_positions_of_a_ringbuf_that_cannot_be_are_refused(kind: type[Path], positions: str) -> None:
    for base in BASES:
        with FakeRingbuf(base - 128) as fake:
            _row(fake)
            fake.consumer, fake.producer = POSITIONS[positions](fake.consumer, fake.producer)
            with opened(kind, fake, RECORD) as path:
                _stops(path, fake, fake.consumer, [])


@every_walker
@every_position
def test_positions_of_a_perf_ring_that_cannot_be_are_refused(kind: type[Path], positions: str) -> None:
    for base in BASES:
        with FakePerf(base - 128) as fake:
            _row(fake)
            fake.tail, fake.head = POSITIONS[positions](fake.tail, fake.head)
            with opened(kind, fake, RECORD) as path:
                _stops(path, fake, fake.tail, [])


# ---- perf's records -------------------------------------------------------------------------------------------------


@every_walker
@pytest.mark.parametrize("type_", [SAMPLE, LOST, THROTTLE])
@pytest.mark.parametrize("size", [0, 1, 4, 7, 12, 20, 71, 73, "a word past the head", (1 << 16) - 8, (1 << 16) - 1])
def test_a_size_that_cannot_be_ends_it_there(kind: type[Path], type_: int, size: int | str) -> None:
    for place in range(ROW):
        for off in (0, 8, 32):  # where the end of the data lies, against the record
            with FakePerf(BASES[3] - place * 72 - off) as fake, opened(kind, fake, RECORD) as path:
                contents = _row(fake)
                at = fake.written[place].at
                says = size if isinstance(size, int) else (fake.head - at) % MODULO + 8
                fake.put(at, struct.pack("<IHH", type_, 1, says))
                _stops(path, fake, at, contents[:place])


@every_walker
@pytest.mark.parametrize(("type_", "size"), [(SAMPLE, 8), (LOST, 8), (LOST, 16)])
def test_a_record_too_short_for_its_type_ends_it_there(kind: type[Path], type_: int, size: int) -> None:
    for end_of_data in (0, 8, 16, 24):
        with FakePerf(BASES[3] - ROW * 72 - end_of_data) as fake, opened(kind, fake, RECORD) as path:
            contents = _row(fake)
            record = fake.other(type_, size)
            assert record
            _stops(path, fake, record.at, contents)


@every_walker
@pytest.mark.parametrize("raw", [61, 64, 1000, 1 << 31, (1 << 32) - 12, (1 << 32) - 1])
def test_a_raw_length_past_its_record_is_never_followed(kind: type[Path], raw: int) -> None:
    for place in range(ROW):
        for off in (0, 8, 16, 32):
            with FakePerf(BASES[3] - place * 72 - off) as fake, opened(kind, fake, RECORD) as path:
                contents = _row(fake)
                at = fake.written[place].at
                fake.put(at + 8, struct.pack("<I", raw))
                if kind.any_length or kind.__name__ == "Stamping":
                    _stops(path, fake, at, contents[:place])
                    continue
                # Where records have one length, the size says it, and the raw length is mostly not looked at.
                taken = path.take(ALL)
                assert taken.count == (place if taken.error else ROW)
                if taken.records is not None:
                    assert list(taken.records) == [content[:RECORD] for content in contents][: taken.count]


@compiled
@pytest.mark.parametrize(
    ("type_", "size", "raw"),
    [(SAMPLE, 0, 0), (SAMPLE, 8, 0), (SAMPLE, 72, 61), (SAMPLE, 72, (1 << 32) - 1), (LOST, 0, 0), (LOST, 16, 0)],
)
@pytest.mark.parametrize("record_bytes", [0, RECORD])
def test_the_callback_of_libbpf_refuses_a_record_that_cannot_be(
    type_: int, size: int, raw: int, record_bytes: int
) -> None:
    with FakePerf() as fake, opened(Keeping, fake, RECORD) as path:
        assert isinstance(path, Keeping)
        path.sink.record_bytes = record_bytes
        path.sink.limit = 10
        record = ctypes.create_string_buffer(struct.pack("<IHHI", type_, 1, size, raw), 72)
        assert on_perf_of_libbpf(path.sink, ctypes.addressof(record)) == -1
        assert path.sink.error == native.DAMAGED
        assert path.sink.count == path.sink.lost == 0


# ---- anything -------------------------------------------------------------------------------------------------------

# What is healthy comes often, so that the walk gets somewhere.
LENGTHS = (*[RECORD] * 60, 0, 8, 40, 64, PAGE, 1 << 20)
FLAGS = (*[0] * 30, *[DISCARD] * 15, BUSY, BUSY | DISCARD)
TYPES = (*[SAMPLE] * 30, *[LOST] * 4, THROTTLE, THROTTLE, 0, 22)
SIZES = (*[72] * 40, 16, 24, 32, 80, 0, 12, 4096)

anything = given(
    start=starts,
    words=st.one_of(st.just(PAGE // 8), st.integers(0, PAGE // 8)),
    noise=st.binary(max_size=PAGE),
    lies=st.one_of(st.just([]), *[st.lists(st.integers(0, 1 << 16), min_size=15, max_size=60)] * 3),
)


def _draw(n: int, *choices: tuple[int, ...]) -> tuple[int, ...]:
    drawn = []
    for choice in choices:
        n, index = divmod(n, len(choice))
        drawn.append(choice[index])
    return *drawn, n


def _spread(fake: FakeRingbuf | FakePerf, noise: bytes, headers: list[tuple[bytes, int]]) -> None:
    """Fill the data with *noise*, and lay headers over it, each at the length that is given from the one before."""
    fake.put(0, ((noise or b"\0") * PAGE)[:PAGE])
    at = fake.start
    for header, total in headers:
        fake.put(at, header)
        at += total


def _agree(path: Path, expected: walk.Walk) -> None:
    taken = path.take(ALL)
    assert taken.count >= len(expected.records)
    if taken.records is not None:
        assert list(taken.records)[: len(expected.records)] == expected.records
    if not expected.unsure:
        assert taken.count == len(expected.records)
        assert taken.error == expected.error or (taken.error == "refused" and expected.error)
        assert path.ring.position == expected.position


@every_walker
@TORTURE
@anything
def test_whatever_lies_in_a_ringbuf_is_read_as_the_layout_says_or_refused(
    kind: type[Path], start: int, words: int, noise: bytes, lies: list[int]
) -> None:
    with FakeRingbuf(start) as fake:
        headers = []
        for lie in lies:
            flags, length, more = _draw(lie, FLAGS, LENGTHS)
            headers.append((struct.pack("<II", length | flags, 3), 64 if more % 8 == 7 else (8 + length + 7) & ~7))
        _spread(fake, noise, headers)
        fake.producer = start + 8 * words
        with opened(kind, fake, RECORD) as path:
            own = 0 if kind.any_length else RECORD
            _agree(path, walk.ringbuf(fake, start, fake.producer, own, 8))


@every_walker
@TORTURE
@anything
def test_whatever_lies_in_a_perf_ring_is_read_as_the_layout_says_or_refused(
    kind: type[Path], start: int, words: int, noise: bytes, lies: list[int]
) -> None:
    with FakePerf(start) as fake:
        headers = []
        for lie in lies:
            type_, size, more = _draw(lie, TYPES, SIZES)
            raw = more % 100 if more % 16 == 15 else max(0, size - 12)
            headers.append((struct.pack("<IHHI", type_, 1, size, raw), 72 if more % 8 == 7 else size))
        _spread(fake, noise, headers)
        fake.head = start + 8 * words
        with opened(kind, fake, RECORD) as path:
            own = 0 if kind.any_length else RECORD
            _agree(path, walk.perf(fake, start, fake.head, own, 8))
