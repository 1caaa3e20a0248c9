"""Every way to read a CPU's perf ring against a model in plain Python, over rings that the test writes itself."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringbench import native
from tests.native.called import on_perf_of_bcc
from tests.native.fake import LONGEST_PERF, LOST_SAMPLES, MODULO, PAGE, THROTTLE, UNTHROTTLE, FakePerf, payload
from tests.native.model import Model
from tests.native.path import Keeping, Path
from tests.native.paths import OF_PERF, filling, opened
from tests.native.scripts import BASES, LIMITS, TORTURE, lengths, scripts, sizes, starts

RECORD = 56
STRIDE = 72
ROW = 12
"""Records in the tests that try every place."""
ALL = MODULO - 1

every_way = pytest.mark.parametrize("kind", OF_PERF)
filling_ways = pytest.mark.parametrize("kind", filling(OF_PERF))


def _row(fake: FakePerf, count: int = ROW, first: int = 0) -> None:
    for number in range(first, first + count):
        assert fake.sample(payload(number, RECORD), misc=(1, 2, 0x4001)[number % 3])


@every_way
def test_a_full_ring_comes_out_whole_wherever_it_begins_and_wraps(kind: type[Path]) -> None:
    for offset in range(0, PAGE, 8):
        with FakePerf(BASES[offset // 8 % len(BASES)] - PAGE + offset) as fake, opened(kind, fake, RECORD) as path:
            model = Model(fake, path)
            while fake.sample(payload(len(fake.written), RECORD)):
                pass
            assert model.take(ALL) is None
            assert len(model.everything) == PAGE // STRIDE


@every_way
def test_a_ring_may_be_full_to_its_last_byte(kind: type[Path]) -> None:
    length = 52  # a stride of 64
    with FakePerf(MODULO - 20 * 64) as fake, opened(kind, fake, length) as path:
        model = Model(fake, path)
        assert fake.sample(payload(0, length))
        fake.tail += 64  # the kernel itself always leaves a byte
        for number in range(1, PAGE // 64):
            assert fake.sample(payload(number, length))
        fake.tail -= 64
        assert model.take(ALL) is None
        assert len(model.everything) == PAGE // 64


def _lost(fake: FakePerf) -> None:
    assert fake.lost(1 << 40)


def _throttle(fake: FakePerf) -> None:
    assert fake.other(THROTTLE, 32)


def _unthrottle(fake: FakePerf) -> None:
    assert fake.other(UNTHROTTLE, 32)


def _lost_samples(fake: FakePerf) -> None:
    assert fake.other(LOST_SAMPLES, 16)


def _as_long_as_ours(fake: FakePerf) -> None:
    assert fake.other(THROTTLE, STRIDE)


def _nothing_but_a_header(fake: FakePerf) -> None:
    assert fake.other(THROTTLE, 8)


@every_way
@pytest.mark.parametrize("add", [_lost, _throttle, _unthrottle, _lost_samples, _as_long_as_ours, _nothing_but_a_header])
def test_a_record_that_is_no_event_is_counted_and_stepped_over_wherever_it_lies(
    kind: type[Path], add: Callable[[FakePerf], None]
) -> None:
    for place in range(ROW + 1):
        for end_of_data in (place * STRIDE, place * STRIDE + 16):  # behind the record before it, and within it
            with FakePerf(MODULO - end_of_data) as fake, opened(kind, fake, RECORD) as path:
                model = Model(fake, path)
                _row(fake, place)
                add(fake)
                _row(fake, ROW - place, place)
                assert model.take(ALL) is None
                assert len(model.everything) == ROW


@every_way
def test_a_loss_is_said_with_the_next_record_and_counted_once(kind: type[Path]) -> None:
    with FakePerf(MODULO - 5 * STRIDE) as fake, opened(kind, fake, RECORD) as path:
        model = Model(fake, path)
        for lap in range(1, 5):
            for number in range(100):
                fake.sample(payload(lap * 100 + number, RECORD))
            assert model.take(ALL) is None
            model.empty()
        assert model.told["lost"] + fake.unsaid == 400 - len(model.everything) > 100


@every_way
def test_a_record_that_is_not_written_to_its_end_is_not_there_yet(kind: type[Path]) -> None:
    for place in range(ROW):
        with FakePerf(BASES[2] - place * STRIDE - 16) as fake, opened(kind, fake, RECORD) as path:
            model = Model(fake, path)
            _row(fake, place)
            assert fake.sample(payload(99, RECORD), publish=False)
            assert model.take(ALL) is None
            assert len(model.everything) == place
            fake.publish()
            assert model.take(ALL) is None
            assert len(model.everything) == place + 1


@every_way
def test_a_call_hands_over_as_many_as_it_may_and_the_next_goes_on_there(kind: type[Path]) -> None:
    for limit in range(1, ROW + 2):
        with FakePerf(MODULO - limit * STRIDE - 8) as fake, opened(kind, fake, RECORD) as path:
            model = Model(fake, path)
            _row(fake)
            for call in range(1, ROW + 2):
                assert model.take(limit) is None
                assert len(model.everything) == min(ROW, call * limit) or not path.bounded


@every_way
@pytest.mark.parametrize("foreign", ["shorter", "longer", "of an unknown type", "of no type"])
def test_a_foreign_record_is_refused_and_those_before_it_are_delivered(kind: type[Path], foreign: str) -> None:
    for place in range(ROW):
        with FakePerf(MODULO - place * STRIDE - 8) as fake, opened(kind, fake, RECORD) as path:
            model = Model(fake, path)
            _row(fake, place)
            if foreign == "shorter":
                fake.sample(payload(99, 4))  # no room for a number
            elif foreign == "longer":
                fake.sample(payload(99, RECORD + 5))
            else:
                fake.other(22 if "unknown" in foreign else 0, STRIDE, known=False)
            error = model.take(ALL)
            refuses = (
                kind.refused != "eaten" if foreign.startswith("of") else not (kind.any_length and "long" in foreign)
            )
            assert error == ("foreign" if refuses else None)
            assert model.everything[:place] == [payload(number, RECORD) for number in range(place)] or kind.any_length


@filling_ways
def test_a_record_that_does_not_fit_stays_in_the_ring(kind: type[Path]) -> None:
    for slots in range(1, ROW):
        with FakePerf(MODULO - slots * STRIDE - 8) as fake, opened(kind, fake, RECORD, slots=slots) as path:
            model = Model(fake, path)
            _row(fake)
            assert model.take(ALL) == "full"
            assert len(model.everything) == slots
            assert model.take(ALL) == "full"
            model.empty()
            model.take_all()
            # What a library's loop has handed to the callback is consumed in any case.
            assert len(model.everything) == ROW or path.refused != "stays"


@filling_ways
def test_one_byte_too_few_is_too_few(kind: type[Path]) -> None:
    each = RECORD + 4 if kind.any_length else RECORD  # with the padding
    for slots in range(1, ROW):
        room = slots * each - 1
        with FakePerf(BASES[1] - 8) as fake, opened(kind, fake, RECORD, slots=slots, room=room) as path:
            model = Model(fake, path)
            _row(fake)
            assert model.take(ALL) == "full"
            assert len(model.everything) == slots - 1


@every_way
def test_the_longest_record_that_perf_can_have_comes_out_whole_across_the_end_of_the_data(kind: type[Path]) -> None:
    length = LONGEST_PERF - 12
    for before_the_end in (8, 16, 4096, LONGEST_PERF - 8, LONGEST_PERF):
        with FakePerf(MODULO - before_the_end, 32 * PAGE) as fake, opened(kind, fake, length) as path:
            model = Model(fake, path)
            assert fake.sample(payload(1, length))
            assert model.take(ALL) is None
            assert len(model.everything) == 1


@pytest.mark.skipif(native.missing() is not None, reason=native.missing() or "")
@pytest.mark.parametrize("record_bytes", [0, RECORD])
def test_a_length_below_zero_from_bcc_is_refused(record_bytes: int) -> None:
    with FakePerf() as fake, opened(Keeping, fake, RECORD) as path:
        assert isinstance(path, Keeping)
        path.sink.record_bytes = record_bytes
        on_perf_of_bcc(path.sink, path.ring.ring.data, -1)
        assert path.sink.error == native.UNEXPECTED_RECORD
        assert path.sink.count == 0


VERBS = (
    *[("sample", misc) for misc in (1, 1, 1, 2, 0x4001)],
    ("partly", 1),
    *[("lost", count) for count in (1, 1 << 40, ALL)],
    *[("other", kind) for kind in (THROTTLE, UNTHROTTLE, LOST_SAMPLES, 1, 21)],
    *[("take", 0)] * 4,
    *[("many", 1)] * 2,
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
def test_whatever_happens_each_sample_comes_out_once_and_in_order_and_losses_add_up(
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
    with FakePerf(start, size) as fake, opened(kind, fake, length, seq_offset=seq_offset, slots=slots) as path:
        model = Model(fake, path)
        sent = 0

        def sample(salt: int, misc: int, *, publish: bool = True) -> bool:
            nonlocal sent
            sent += 1
            own = seq_offset + 8 + salt % 1024 if kind.any_length and salt % 3 else length
            return fake.sample(payload(sent, own, seq_offset), misc, publish=publish) is not None

        for verb, own, value in script:
            if verb == "sample":
                sample(value, own)
            elif verb == "partly":
                sample(value, own, publish=False)
            elif verb == "many":
                all(sample(salt * 7, own) for salt in range(value % 200))
            elif verb == "lost":
                fake.lost(own)
            elif verb == "other":
                fake.other(own, 8 + 8 * (value % 9))
            elif model.take(LIMITS[value % len(LIMITS)]) == "full":
                model.empty()
        fake.publish()
        if foreign is not None:
            fake.sample(payload(sent, foreign, seq_offset))
        model.take_all()
