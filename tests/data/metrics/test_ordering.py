"""Order against slow obvious versions, hand-made streams with a known answer, and what must always hold."""

from __future__ import annotations

import itertools
from typing import NamedTuple

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringbench.data.metrics.metric import Number
from ringbench.data.metrics.ordering import (
    METRIC,
    U4,
    U8,
    causal_violations,
    cross_cpu_lives,
    late_events,
    lives,
    max_displacement,
    max_lateness_ns,
    timestamp_inversions,
)
from ringbench.data.metrics.recording import Recording
from ringbench.spec.event import DELIVERED, EXEC, EXIT, FORK, SWITCH, Events

U64_MAX = 2**64 - 1
A, B, C = 2**63, 2**63 + 1, U64_MAX  # births that a detour through doubles would take for one another


class Seen(NamedTuple):
    """One delivered event, as much of it as order needs."""

    birth: int
    kind: int
    cpu: int = 0
    pid: int = 1
    ts_ns: int = 0


seen = st.builds(
    Seen,
    birth=st.sampled_from([0, 1, 2, A, B, C]),
    kind=st.sampled_from([FORK, EXEC, EXIT]),
    cpu=st.integers(0, 2),
)
streams = st.lists(seen, max_size=25)
edges = st.sampled_from([0, 1, 2**53, 2**53 + 1, 2**63 - 1, 2**63, 2**63 + 1, U64_MAX - 1, U64_MAX])
stamps = st.lists(st.one_of(st.integers(0, 8), edges, st.integers(0, U64_MAX)), max_size=30)


def u8(values: list[int]) -> U8:
    return np.array(values, np.uint64)


def births(stream: list[Seen]) -> U8:
    return u8([event.birth for event in stream])


def kinds(stream: list[Seen]) -> U4:
    return np.array([event.kind for event in stream], np.uint32)


def cpus(stream: list[Seen]) -> U4:
    return np.array([event.cpu for event in stream], np.uint32)


def violations(stream: list[Seen]) -> int:
    return causal_violations(births(stream), kinds(stream))


def computed(stream: list[Seen] | None) -> dict[str, Number | None]:
    """Return the metric's columns for a whole recording, as the benchmark computes them."""
    events: Events | None = None
    if stream is not None:
        events = np.zeros(len(stream), DELIVERED)
        for i, event in enumerate(stream):
            for name, value in event._asdict().items():
                events[i][name] = value
    n = len(stream or [])
    recording = Recording(wall_s=1.0, attempted=n, failed=0, delivered=n, residual=0, record_bytes=56, events=events)
    return dict(METRIC.compute(recording))


def slow_violations(stream: list[Seen]) -> int:
    must_precede = {(FORK, EXEC), (EXEC, EXIT), (FORK, EXIT)}
    count = 0
    for place, event in enumerate(stream):
        violated = False
        for later in stream[place + 1 :]:
            if later.birth == event.birth != 0 and (later.kind, event.kind) in must_precede:
                violated = True
        if violated:
            count += 1
    return count


def slow_late(ts: list[int]) -> list[int]:
    """Return by how much each late event is late."""
    late = []
    for place, stamp in enumerate(ts):
        if place and stamp < max(ts[:place]):
            late.append(max(ts[:place]) - stamp)
    return late


def slow_displacement(ts: list[int]) -> int:
    furthest = 0
    for place, stamp in enumerate(ts):
        due = 0  # the events that come before this one when sorted by stamp, ties in delivery order
        for other, other_stamp in enumerate(ts):
            if other_stamp < stamp or (other_stamp == stamp and other < place):
                due += 1
        furthest = max(furthest, abs(place - due))
    return furthest


def slow_lives(stream: list[Seen]) -> tuple[int, int]:
    """Return the lives with two events or more, and those of them on more than one CPU."""
    by_birth: dict[int, list[int]] = {}
    for event in stream:
        if event.birth:
            by_birth.setdefault(event.birth, []).append(event.cpu)
    several = crossing = 0
    for where in by_birth.values():
        if len(where) > 1:
            several += 1
            if len(set(where)) > 1:
                crossing += 1
    return several, crossing


def test_the_columns_are_the_contracts_in_its_order() -> None:
    assert [(c.name, c.unit) for c in METRIC.columns] == [
        ("causal_violations", "events"),
        ("timestamp_inversions", "events"),
        ("late_events", "events"),
        ("max_lateness_ns", "ns"),
        ("max_displacement", "events"),
        ("lives", "lives"),
        ("cross_cpu_lives", "lives"),
    ]
    assert all(c.integer for c in METRIC.columns)
    assert list(computed([])) == [c.name for c in METRIC.columns]


def test_a_reader_that_only_counted_leaves_order_unknown() -> None:
    assert computed(None) == dict.fromkeys((c.name for c in METRIC.columns), None)


def test_no_events_are_in_order() -> None:
    assert computed([]) == dict.fromkeys((c.name for c in METRIC.columns), 0)


def test_switches_have_an_order_and_no_life_to_contradict() -> None:
    stream = [Seen(0, SWITCH, ts_ns=30), Seen(0, SWITCH, cpu=1, ts_ns=20)]
    found = computed(stream)
    assert {name for name, value in found.items() if value is None} == {"causal_violations", "lives", "cross_cpu_lives"}
    assert found["late_events"] == found["timestamp_inversions"] == 1
    # Beside events of lives they are neither cause nor effect, whatever birth a file gives them.
    mixed = [Seen(A, SWITCH), Seen(A, EXEC), Seen(A, FORK), Seen(B, SWITCH, cpu=0), Seen(B, SWITCH, cpu=1)]
    assert [computed(mixed)[name] for name in ("causal_violations", "lives", "cross_cpu_lives")] == [1, 1, 0]


def test_every_figure_lands_in_the_column_of_its_name() -> None:
    stream = [
        Seen(A, EXIT, cpu=1, ts_ns=30),
        Seen(B, FORK, cpu=0, ts_ns=20),
        Seen(A, FORK, cpu=0, ts_ns=10),
        Seen(B, EXIT, cpu=0, ts_ns=40),
        Seen(C, FORK, cpu=2, ts_ns=38),
        Seen(A, EXEC, cpu=0, ts_ns=15),
    ]
    row = computed(stream)
    assert row == {
        "causal_violations": 1,
        "timestamp_inversions": 4,
        "late_events": 4,
        "max_lateness_ns": 25,
        "max_displacement": 4,
        "lives": 2,
        "cross_cpu_lives": 1,
    }
    assert all(type(value) is int for value in row.values())  # what JSON and Parquet take without asking


@pytest.mark.parametrize(
    ("delivered", "expected"),
    [
        pytest.param([FORK, EXEC, EXIT], 0, id="as it happened"),
        pytest.param([EXIT, FORK], 1, id="exit before its fork"),
        pytest.param([EXEC, FORK, EXIT], 1, id="exec before its fork"),
        pytest.param([FORK, EXIT, EXEC], 1, id="exit before its exec"),
        pytest.param([EXEC, EXIT, FORK], 2, id="both before the fork"),
        pytest.param([EXIT, EXEC, FORK], 2, id="reversed: the exit counts once, though two came too late"),
        pytest.param([EXIT, FORK, EXEC], 1, id="exit before both, counted once"),
        pytest.param([FORK, EXEC, EXEC, EXEC, EXIT], 0, id="several execs as they happened"),
        pytest.param([EXEC, EXEC, FORK, EXIT], 2, id="two execs before the fork"),
        pytest.param([EXEC, FORK, EXEC, EXIT], 1, id="one of two execs before the fork"),
        pytest.param([FORK, EXIT, EXEC, EXEC], 1, id="exit before two execs, counted once"),
        pytest.param([FORK, EXEC, EXIT, EXEC], 1, id="exit before the last of two execs"),
        pytest.param([EXEC, EXEC, EXIT], 0, id="fork dropped"),
        pytest.param([EXIT], 0, id="all but the exit dropped"),
        pytest.param([EXIT, EXEC], 1, id="fork dropped, the rest still contradicts itself"),
        pytest.param([EXEC, FORK], 1, id="exit dropped"),
    ],
)
def test_one_lifes_violations_are_known(delivered: list[int], expected: int) -> None:
    assert violations([Seen(A, kind) for kind in delivered]) == expected


def test_lives_that_began_before_the_session_never_count() -> None:
    assert violations([Seen(0, EXIT), Seen(0, EXEC), Seen(0, FORK)]) == 0


def test_a_reused_pid_is_not_mistaken_for_the_earlier_life() -> None:
    in_order = [Seen(A, FORK, pid=7), Seen(B, FORK, pid=7), Seen(A, EXIT, pid=7), Seen(B, EXIT, pid=7)]
    assert computed(in_order)["causal_violations"] == 0
    second_fork_last = [Seen(A, FORK, pid=7), Seen(A, EXIT, pid=7), Seen(B, EXIT, pid=7), Seen(B, FORK, pid=7)]
    assert computed(second_fork_last)["causal_violations"] == 1


def test_a_thread_that_execs_stays_the_same_life_under_its_leaders_pid() -> None:
    leader, thread, leader_exit = Seen(A, FORK, pid=10), Seen(B, FORK, pid=11), Seen(A, EXIT, pid=10)
    taken_over, thread_exit = Seen(B, EXEC, pid=10), Seen(B, EXIT, pid=10)
    # Pid 10's exit comes before pid 10's exec, and yet everything is as it happened.
    assert computed([leader, thread, leader_exit, taken_over, thread_exit])["causal_violations"] == 0
    # Pid 10's exec comes before the fork of pid 11, and they are one life.
    assert computed([leader, leader_exit, taken_over, thread, thread_exit])["causal_violations"] == 1


def test_neighbouring_births_are_different_lives() -> None:
    assert violations([Seen(A, EXIT), Seen(B, FORK), Seen(A + 2, EXEC), Seen(U64_MAX - 1, EXIT), Seen(C, FORK)]) == 0


@given(streams)
def test_violations_equal_the_obvious_count(stream: list[Seen]) -> None:
    assert violations(stream) == slow_violations(stream)


@given(streams)
def test_how_lives_are_interleaved_does_not_change_violations(stream: list[Seen]) -> None:
    life_by_life = sorted(stream, key=lambda event: event.birth)  # stable: each life's own order stays
    assert violations(life_by_life) == violations(stream)


@given(streams)
def test_a_stream_sorted_by_cause_has_no_violations(stream: list[Seen]) -> None:
    assert violations(sorted(stream, key=lambda event: event.kind)) == 0


@given(streams, st.data())
def test_dropping_an_event_never_adds_a_violation(stream: list[Seen], data: st.DataObject) -> None:
    kept = [event for event in stream if data.draw(st.booleans())]
    assert violations(kept) <= violations(stream)


@given(stamps)
def test_stamp_order_equals_the_obvious_counts(ts: list[int]) -> None:
    inversions = 0
    for before, after in itertools.pairwise(ts):
        if after < before:
            inversions += 1
    assert timestamp_inversions(u8(ts)) == inversions
    assert late_events(u8(ts)) == len(slow_late(ts))
    assert max_lateness_ns(u8(ts)) == max(slow_late(ts), default=0)
    assert max_displacement(u8(ts)) == slow_displacement(ts)


@pytest.mark.parametrize(
    ("ts", "inversions", "late", "lateness", "displacement"),
    [
        pytest.param([], 0, 0, 0, 0, id="nothing"),
        pytest.param([7], 0, 0, 0, 0, id="one"),
        pytest.param([5, 5, 5], 0, 0, 0, 0, id="ties are in order"),
        pytest.param([1, 2, 2, 3], 0, 0, 0, 0, id="ascending with a tie"),
        pytest.param([9, 1, 2, 3], 1, 3, 8, 3, id="one early event makes three late ones, but one inversion"),
        pytest.param([2, 3, 4, 1], 1, 1, 3, 3, id="one late event"),
        pytest.param([4, 3, 2, 1], 3, 3, 3, 3, id="reversed"),
        pytest.param([3, 1, 3, 1], 2, 2, 2, 2, id="ties keep their delivery order"),
        pytest.param([5, 5, 1, 5, 5], 1, 1, 4, 2, id="ties around a late event"),
        pytest.param([U64_MAX, 0], 1, 1, U64_MAX, 1, id="from one edge of u64 to the other"),
        pytest.param([0, U64_MAX], 0, 0, 0, 0, id="a leap forward is in order"),
        pytest.param([2**63, 2**63 - 1], 1, 1, 1, 1, id="across the sign bit"),
        pytest.param([2**53 + 1, 2**53], 1, 1, 1, 1, id="a nanosecond that doubles can't see"),
    ],
)
def test_a_streams_stamp_order_is_known(
    ts: list[int], inversions: int, late: int, lateness: int, displacement: int
) -> None:
    assert timestamp_inversions(u8(ts)) == inversions
    assert late_events(u8(ts)) == late
    assert max_lateness_ns(u8(ts)) == lateness
    assert max_displacement(u8(ts)) == displacement


def stamp_order(ts: list[int]) -> tuple[int, int, int, int]:
    array = u8(ts)
    return timestamp_inversions(array), late_events(array), max_lateness_ns(array), max_displacement(array)


@given(stamps)
def test_sorted_stamps_show_no_disorder(ts: list[int]) -> None:
    assert stamp_order(sorted(ts)) == (0, 0, 0, 0)


@given(stamps)
def test_the_four_figures_of_stamp_order_are_zero_together(ts: list[int]) -> None:
    assert len({bool(figure) for figure in stamp_order(ts)}) == 1


@given(stamps)
def test_every_inversion_is_a_late_event_and_the_first_event_is_never_late(ts: list[int]) -> None:
    inversions, late, _, displacement = stamp_order(ts)
    assert inversions <= late <= max(0, len(ts) - 1)
    assert displacement <= max(0, len(ts) - 1)


@given(st.lists(st.integers(0, 2**62), max_size=30), st.integers(0, 2**62))
def test_moving_the_clock_changes_nothing(ts: list[int], by: int) -> None:
    assert stamp_order([stamp + by for stamp in ts]) == stamp_order(ts)


@given(st.lists(st.integers(0, 2**60), max_size=30))
def test_a_slower_clock_scales_the_lateness_alone(ts: list[int]) -> None:
    inversions, late, lateness, displacement = stamp_order(ts)
    assert stamp_order([8 * stamp for stamp in ts]) == (inversions, late, 8 * lateness, displacement)


@given(streams)
def test_lives_equal_the_obvious_counts(stream: list[Seen]) -> None:
    several, crossing = lives(births(stream)), cross_cpu_lives(births(stream), cpus(stream))
    assert (several, crossing) == slow_lives(stream)
    assert crossing <= several


@given(streams.flatmap(lambda stream: st.tuples(st.just(stream), st.permutations(stream))))
def test_lives_do_not_depend_on_the_order_of_delivery(two: tuple[list[Seen], list[Seen]]) -> None:
    stream, shuffled = two
    assert lives(births(shuffled)) == lives(births(stream))
    assert cross_cpu_lives(births(shuffled), cpus(shuffled)) == cross_cpu_lives(births(stream), cpus(stream))


def test_a_life_needs_two_events_and_a_known_birth_to_count() -> None:
    stream = [Seen(0, EXEC, cpu=0), Seen(0, EXIT, cpu=1), Seen(A, FORK), Seen(B, FORK), Seen(B, EXIT)]
    assert lives(births(stream)) == 1
    assert cross_cpu_lives(births(stream), cpus(stream)) == 0


def test_a_life_that_comes_back_to_its_first_cpu_still_crossed() -> None:
    stream = [Seen(A, FORK, cpu=3), Seen(A, EXEC, cpu=1), Seen(A, EXIT, cpu=3)]
    assert cross_cpu_lives(births(stream), cpus(stream)) == 1
