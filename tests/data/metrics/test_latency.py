"""Latency against a slow obvious version in Python's unbounded integers."""

from __future__ import annotations

from random import Random

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ringbench.data.metrics.latency import METRIC, latencies, percentile
from ringbench.data.metrics.recording import Recording
from ringbench.spec.event import DELIVERED, Events

U64_MAX, I64_MAX = 2**64 - 1, 2**63 - 1

stamps = st.one_of(
    st.integers(0, 20),
    st.integers(0, U64_MAX),
    st.sampled_from([0, 1, 2**63 - 1, 2**63, 2**63 + 1, U64_MAX - 1, U64_MAX]),
)
pairs = st.lists(st.tuples(stamps, stamps), max_size=30)
signed = st.lists(st.one_of(st.integers(-5, 5), st.integers(-(2**63), I64_MAX)), min_size=1, max_size=250)


def received(*stamped_and_received: tuple[int, int]) -> Events:
    events = np.zeros(len(stamped_and_received), DELIVERED)
    for i, (ts_ns, received_ns) in enumerate(stamped_and_received):
        events[i]["ts_ns"], events[i]["received_ns"] = ts_ns, received_ns
    return events


def recorded(events: Events | None) -> Recording:
    n = 0 if events is None else len(events)
    return Recording(wall_s=1.0, attempted=n, failed=0, delivered=n, residual=0, record_bytes=56, events=events)


def slow_percentile(values: list[int], percent: int) -> int:
    """Return the least value that at least percent of all the values don't exceed."""
    for candidate in sorted(values):
        not_above = 0
        for value in values:
            if value <= candidate:
                not_above += 1
        if 100 * not_above >= percent * len(values):
            return candidate
    raise AssertionError("the greatest value is exceeded by none")


def test_the_columns_are_the_contracts_in_its_order() -> None:
    names = ["latency_p50_ns", "latency_p90_ns", "latency_p99_ns", "latency_p999_ns", "latency_max_ns"]
    assert [c.name for c in METRIC.columns] == names
    assert {(c.unit, c.better, c.integer) for c in METRIC.columns} == {("ns", "lower", True)}
    assert list(METRIC.compute(recorded(received((1, 2))))) == [c.name for c in METRIC.columns]


@pytest.mark.parametrize("events", [None, received()])
def test_without_events_there_is_no_latency(events: Events | None) -> None:
    assert METRIC.compute(recorded(events)) == dict.fromkeys(column.name for column in METRIC.columns)


def test_an_event_received_before_its_stamp_shows_as_negative() -> None:
    assert latencies(received((100, 130), (100, 99), (5, 5))).tolist() == [30, -1, 0]
    assert METRIC.compute(recorded(received((100, 40))))["latency_max_ns"] == -60


def test_a_difference_beyond_i8_stops_at_its_bounds_and_keeps_its_sign() -> None:
    values = latencies(received((0, U64_MAX), (U64_MAX, 0), (U64_MAX, U64_MAX), (U64_MAX, U64_MAX - 1)))
    assert values.dtype == np.int64
    assert values.tolist() == [I64_MAX, -I64_MAX, 0, -1]


@given(pairs)
def test_latencies_equal_the_difference_in_unbounded_integers(rows: list[tuple[int, int]]) -> None:
    expected = []
    for ts_ns, received_ns in rows:
        expected.append(max(-I64_MAX, min(I64_MAX, received_ns - ts_ns)))
    assert latencies(received(*rows)).tolist() == expected


def test_latencies_leave_the_events_as_they_were() -> None:
    events = received((9, 4), (1, 2))
    before = events.copy()
    latencies(events)
    assert (events == before).all()


@given(signed, st.integers(0, 100))
@example(list(range(100)), 55)  # 0.55 * 100 is more than 55 in doubles: numpy's own rank is one too high
@example(list(range(100)), 7)
def test_a_percentile_is_the_least_value_that_enough_others_do_not_exceed(values: list[int], percent: int) -> None:
    assert percentile(np.array(values, np.int64), percent) == slow_percentile(values, percent)


@given(signed, st.sampled_from([50, 99, 100]))
def test_the_percentiles_reported_are_numpys_inverted_cdf(values: list[int], percent: int) -> None:
    array = np.array(values, np.int64)
    # Through ranks: numpy's interpolation must not be asked to subtract the bounds of i8 from each other.
    index = int(np.percentile(np.arange(len(values)), percent, method="inverted_cdf"))
    assert percentile(array, percent) == sorted(values)[index]


def test_a_hundred_known_latencies_have_known_percentiles() -> None:
    events = received(*((1_000, 1_000 + latency) for latency in range(100, 0, -1)))
    found = METRIC.compute(recorded(events))
    assert list(found.values()) == [50, 90, 99, 100, 100]


@given(pairs.filter(bool), st.randoms(use_true_random=False))
def test_the_order_of_delivery_does_not_matter(rows: list[tuple[int, int]], random: Random) -> None:
    shuffled = list(rows)
    random.shuffle(shuffled)
    assert METRIC.compute(recorded(received(*shuffled))) == METRIC.compute(recorded(received(*rows)))


@given(pairs.filter(bool))
def test_the_columns_are_python_integers_in_ascending_order(rows: list[tuple[int, int]]) -> None:
    values = list(METRIC.compute(recorded(received(*rows))).values())
    assert all(type(value) is int for value in values)
    assert values == sorted(values, key=lambda value: value or 0)


@pytest.mark.parametrize(("values", "percent"), [([], 50), ([1], -1), ([1], 101)])
def test_a_percentile_that_does_not_exist_is_refused(values: list[int], percent: int) -> None:
    with pytest.raises(ValueError, match="percent"):
        percentile(np.array(values, np.int64), percent)
