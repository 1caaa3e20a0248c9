"""Every way to read a ringbuf against a model in plain Python, over rings that the test writes itself."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.native.fake import BUSY, DISCARD, MODULO, PAGE, FakeRingbuf, payload
from tests.native.model import Model
from tests.native.path import Path
from tests.native.paths import OF_RINGBUF, filling, opened
from tests.native.scripts import BASES, LIMITS, TORTURE, lengths, scripts, sizes, starts

RECORD = 56
STRIDE = 64
ROW = 12
"""Records in the tests that try every place."""
ALL = MODULO - 1

every_way = pytest.mark.parametrize("kind", OF_RINGBUF)
filling_ways = pytest.mark.parametrize("kind", filling(OF_RINGBUF))


def _row(fake: FakeRingbuf, count: int = ROW, first: int = 0) -> None:
    for number in range(first, first + count):
        assert fake.add(payload(number, RECORD))


@every_way
def test_a_full_ring_comes_out_whole_wherever_it_begins_and_wraps(kind: type[Path]) -> None:
    for offset in range(0, PAGE, 8):
        with FakeRingbuf(BASES[offset // 8 % len(BASES)] - PAGE + offset) as fake, opened(kind, fake, RECORD) as path:
            model = Model(fake, path)
            while fake.add(payload(len(fake.written), RECORD)):
                pass
            assert model.take(ALL) is None
            assert len(model.everything) == PAGE // STRIDE - 1


@every_way
def test_a_ring_may_be_full_to_its_last_byte(kind: type[Path]) -> None:
    with FakeRingbuf(MODULO - 200 * 8) as fake, opened(kind, fake, RECORD) as path:
        model = Model(fake, path)
        fake.consumer += STRIDE  # the kernel itself always leaves a byte
        _row(fake, PAGE // STRIDE)
        fake.consumer -= STRIDE
        assert model.take(ALL) is None
        assert len(model.everything) == PAGE // STRIDE


@every_way
@pytest.mark.parametrize("length", [RECORD, 0, 5, 300])
def test_a_discarded_record_is_stepped_over_wherever_it_lies(kind: type[Path], length: int) -> None:
    for place in range(ROW + 1):
        with FakeRingbuf(MODULO - place * STRIDE) as fake, opened(kind, fake, RECORD) as path:
            model = Model(fake, path)
            _row(fake, place)
            fake.add(payload(99, length), DISCARD)
            _row(fake, ROW - place, place)
            assert model.take(ALL) is None
            assert len(model.everything) == ROW


@every_way
@pytest.mark.parametrize("verdict", [0, DISCARD])
def test_everything_behind_a_record_that_is_not_committed_waits_for_it(kind: type[Path], verdict: int) -> None:
    for place in range(ROW + 1):
        with FakeRingbuf(BASES[2] - place * STRIDE) as fake, opened(kind, fake, RECORD) as path:
            model = Model(fake, path)
            _row(fake, place)
            late = fake.add(payload(99, RECORD), BUSY)
            assert late is not None
            _row(fake, ROW - place, place)
            assert model.take(ALL) is None
            assert model.take(ALL) is None
            assert len(model.everything) == place
            fake.commit(late, verdict)
            assert model.take(ALL) is None
            assert len(model.everything) == ROW + (not verdict)


@every_way
def test_a_call_hands_over_as_many_as_it_may_and_the_next_goes_on_there(kind: type[Path]) -> None:
    for limit in range(1, ROW + 2):
        with FakeRingbuf(MODULO - limit * STRIDE) as fake, opened(kind, fake, RECORD) as path:
            model = Model(fake, path)
            _row(fake)
            for call in range(1, ROW + 2):
                assert model.take(limit) is None
                assert len(model.everything) == min(ROW, call * limit)


@every_way
def test_a_record_of_another_length_is_refused_and_those_before_it_are_delivered(kind: type[Path]) -> None:
    foreign = 7 if kind.any_length else 48  # any length will do, if the number lies in it
    for place in range(ROW):
        with FakeRingbuf(MODULO - place * STRIDE) as fake, opened(kind, fake, RECORD) as path:
            model = Model(fake, path)
            _row(fake, place)
            fake.add(payload(99, foreign))
            _row(fake, 2, place)
            assert model.take(ALL) == "foreign"
            assert len(model.everything) == place


@filling_ways
def test_a_record_that_does_not_fit_stays_in_the_ring(kind: type[Path]) -> None:
    for slots in range(1, ROW):
        with FakeRingbuf(MODULO - slots * STRIDE) as fake, opened(kind, fake, RECORD, slots=slots) as path:
            model = Model(fake, path)
            _row(fake)
            assert model.take(ALL) == "full"
            assert len(model.everything) == slots
            assert model.take(ALL) == "full"
            model.empty()
            model.take_all()
            # What a library's loop has handed to the callback is consumed in any case.
            assert len(model.everything) == ROW or path.refused == "consumed"


@filling_ways
def test_one_byte_too_few_is_too_few(kind: type[Path]) -> None:
    for slots in range(1, ROW):
        room = slots * RECORD - 1
        with FakeRingbuf(BASES[1]) as fake, opened(kind, fake, RECORD, slots=slots, room=room) as path:
            model = Model(fake, path)
            _row(fake)
            assert model.take(ALL) == "full"
            assert len(model.everything) == slots - 1


VERBS = (
    *[("add", 0)] * 5,
    *[("add", flags) for flags in (DISCARD, BUSY)],
    *[("junk", flags) for flags in (DISCARD, BUSY)],
    *[("commit", flags) for flags in (0, DISCARD)],
    *[("take", 0)] * 3,
    *[("many", 0)] * 2,
)


@every_way
@TORTURE
@given(
    start=starts,
    size=sizes,
    length=lengths,
    seq_offset=st.sampled_from([0, 0, 8, 3]),
    slots=st.sampled_from([1, 2, 7, 1000]),
    foreign=st.one_of(st.none(), st.integers(0, 300)),
    script=scripts(VERBS),
)
def test_whatever_happens_each_committed_record_comes_out_once_and_in_order(
    kind: type[Path],
    start: int,
    size: int,
    length: int,
    seq_offset: int,
    slots: int,
    foreign: int | None,
    script: list[tuple[str, int, int]],
) -> None:
    length = max(length, seq_offset + 8)
    with FakeRingbuf(start, size) as fake, opened(kind, fake, length, seq_offset=seq_offset, slots=slots) as path:
        model = Model(fake, path)

        def add(salt: int, flags: int) -> bool:
            own = seq_offset + 8 + salt % 1024 if kind.any_length and salt % 3 else length
            return fake.add(payload(len(fake.written), own, seq_offset), flags) is not None

        for verb, flags, value in script:
            if verb == "add":
                add(value, flags)
            elif verb == "many":
                all(add(salt * 7, 0) for salt in range(value % 200))
            elif verb == "junk":
                record = fake.add(payload(len(fake.written), value % 300), flags)
                if record:
                    record.doomed = True
            elif verb == "commit":
                busy = [record for record in fake.written if record.what == "busy"]
                if busy:
                    record = busy[value % len(busy)]
                    fake.commit(record, DISCARD if record.doomed else flags)
            elif model.take(LIMITS[value % len(LIMITS)]) == "full":
                model.empty()
        for record in fake.written:
            if record.what == "busy":
                fake.commit(record, DISCARD)
        if foreign is not None and foreign != length:
            fake.add(payload(len(fake.written), foreign, seq_offset))
        model.take_all()
