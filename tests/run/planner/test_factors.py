"""The factors as people write them: wake-ups, waits, placements, amounts, lengths of records."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringbench.drivers.readers import READERS, reader
from ringbench.drivers.waits import WAITS, Wait, usual, wait
from ringbench.drivers.workloads import probe, workload
from ringbench.errors import OptionError
from ringbench.spec.pace import PACE_S
from ringbench.spec.placement import PLACEMENTS, reader_cpus
from ringbench.spec.record import LIFECYCLE, LONGEST, sample
from ringbench.spec.wakeups import NOBODY, WAKEUPS, Wakeup, wakeup
from ringbench.units import parse_bytes, parse_seconds, show_bytes, show_seconds


@given(st.integers(0, 2**40))
def test_bytes_come_back_as_they_were_shown(nbytes: int) -> None:
    assert parse_bytes(show_bytes(nbytes)) == nbytes


@given(st.integers(0, 10**12))
def test_times_come_back_as_they_were_shown_to_the_nanosecond(ns: int) -> None:
    assert round(parse_seconds(show_seconds(ns / 1e9)) * 1e9) == ns


@pytest.mark.parametrize("text", ["", "K", "-1", "1.5K", "1e3", "0x10", "1T", "١", "1 2", "9" * 20])
def test_what_is_no_size_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is not a size"):
        parse_bytes(text)


@pytest.mark.parametrize("text", ["", "us", "-1us", "1d", "nan", "inf", "1e999", "1..2", "١ms"])
def test_what_is_no_time_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is not a time"):
        parse_seconds(text)


policies = st.one_of(
    st.sampled_from([Wakeup("every"), Wakeup("adaptive"), NOBODY]),
    st.builds(Wakeup, st.sampled_from(["batch", "bytes"]), st.integers(1, 1 << 30)),
)


@given(policies)
def test_a_wakeup_is_named_as_it_is_read(policy: Wakeup) -> None:
    assert wakeup(policy.name) == policy


@given(st.builds(Wait, st.sampled_from(sorted(WAITS)), st.integers(1, 10**9).map(lambda ns: ns / 1e9)))
def test_a_wait_is_named_as_it_is_read(way: Wait) -> None:
    again = wait(way.name, 1.0)
    assert again.kind == way.kind
    assert again.pace_s == pytest.approx(way.pace_s)


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("evry", "Did you mean 'every'"),
        ("every:3", "every takes no number"),
        ("batch", "write it like batch:500"),
        ("batch:0", "write it like batch:500"),
        ("batch:x", "write it like batch:500"),
        ("batch:-1", "write it like batch:500"),
        ("bytes:", "write it like bytes:16K"),
        ("bytes:many", "write it like bytes:16K"),
        ("bytes:9999999999999", "write it like bytes:16K"),
    ],
)
def test_a_wakeup_that_makes_no_sense_is_refused(name: str, said: str) -> None:
    with pytest.raises(OptionError, match=said):
        wakeup(name)


@pytest.mark.parametrize("name", ["spn", "sleep:0", "spin:soon", "sleep:1000s"])
def test_a_wait_that_makes_no_sense_is_refused(name: str) -> None:
    with pytest.raises(OptionError, match="wait"):
        wait(name, 1.0)


def test_who_is_never_woken_looks_on_a_timer_and_cannot_wait_in_epoll() -> None:
    assert usual(NOBODY, 0.01, PACE_S) == Wait("sleep", 0.01)
    assert usual(wakeup("every"), 0.01, PACE_S) == Wait("epoll", PACE_S)
    assert usual(wakeup("every"), 0.01, None) == Wait("epoll")
    assert {kind for kind in WAITS if not wait(kind, 1.0).is_woken_by(NOBODY)} == {"epoll", "uring"}
    assert all(wait(kind, 1.0).is_woken_by(wakeup("batch:2")) for kind in WAITS)


@given(policies, st.integers(12, 30).map(lambda n: 1 << n), st.sampled_from([16, 40, 64, 1032]))
def test_a_ring_too_small_for_its_policy_is_told_before_it_hangs(policy: Wakeup, ring: int, stride: int) -> None:
    waited_for = {"batch": (policy.n or 0) * stride, "bytes": policy.n or 0}.get(policy.kind, 0)
    assert (policy.ring_too_small(ring, stride) is None) == (waited_for <= ring // 2)


@given(st.sampled_from(sorted(PLACEMENTS)), st.sets(st.integers(0, 63), min_size=1))
def test_the_readers_cpus_are_as_its_placement_says(name: str, online: set[int]) -> None:
    everywhere = sorted(online)
    for number in range(1, len(everywhere) + 1):
        taken = everywhere[:number]
        found = reader_cpus(name, taken, everywhere)
        if name == "same":
            assert found == (taken[0],)
        elif name == "other":
            assert len(found) == (number < len(everywhere))
            assert not set(found) & set(taken)
        else:
            assert list(found) == everywhere


@given(st.integers(1, LONGEST // 8).map(lambda words: words * 8))
def test_a_sample_is_as_long_as_asked_and_begins_with_its_number(nbytes: int) -> None:
    record = sample(nbytes)
    assert record.nbytes == nbytes
    assert record.seq_offset == 0
    assert not record.kept


@pytest.mark.parametrize("nbytes", [-8, 0, 4, 12, 8200])
def test_a_length_that_no_sample_can_have_is_refused(nbytes: int) -> None:
    with pytest.raises(OptionError, match="a multiple of 8"):
        sample(nbytes)


def test_the_events_of_a_lifecycle_have_one_length() -> None:
    assert LIFECYCLE.kept
    assert LIFECYCLE.seq_offset == 8
    with pytest.raises(OptionError, match="have one length"):
        probe("fork-exec", 32)


@pytest.mark.parametrize("name", ["firehose:0", "firehose:513", "firehose:x", "firehose:-1"])
def test_a_firehose_sends_a_sensible_number_of_records(name: str) -> None:
    with pytest.raises(OptionError, match="is not a number of records a call"):
        workload(name, (0,))


@pytest.mark.parametrize(
    ("name", "said"),
    [("bulkview", "Did you mean 'bulk"), ("bulk:1ms", "takes nothing behind a colon"), ("bulk-view:x", "is not a time"),
     ("bulk-view:2s", "at most 1 s")],
)  # fmt: skip
def test_a_reader_that_makes_no_sense_is_refused(name: str, said: str) -> None:
    with pytest.raises(OptionError, match=said):
        reader(name)


def test_every_kind_is_described() -> None:
    assert all(kind.description and kind.usage.startswith(kind.name) for kind in WAKEUPS.values())
    assert all(kind.description for kind in READERS.values())


def test_nested_is_two_programs_and_takes_no_argument() -> None:
    assert probe("nested").timer_ns
    assert probe("nested").lingers
    for ask in (probe, lambda name: workload(name, (0,))):
        with pytest.raises(OptionError, match="nested takes no argument"):
            ask("nested:5")
    with pytest.raises(OptionError, match="only these can be offered at a load"):
        workload("nested@50%", (0,))
    with pytest.raises(OptionError, match="have one length"):
        probe("nested", 64)
