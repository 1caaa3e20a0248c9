"""Throughput: what was delivered over the window's length."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringbench.data.metrics.recording import Recording
from ringbench.data.metrics.throughput import METRIC, rate


def recorded(delivered: int, wall_s: float, record_bytes: int = 56) -> Recording:
    return Recording(
        wall_s=wall_s,
        attempted=2 * delivered,
        failed=delivered,
        delivered=delivered,
        residual=1,
        record_bytes=record_bytes,
    )


def test_the_columns_are_the_contracts_in_its_order() -> None:
    assert [c.name for c in METRIC.columns] == ["events_per_s", "bytes_per_s"]
    assert [c.unit for c in METRIC.columns] == ["events/s", "bytes/s"]
    assert [c.better for c in METRIC.columns] == ["higher", "higher"]
    assert not any(c.integer for c in METRIC.columns)
    assert list(METRIC.compute(recorded(1, 1.0))) == [c.name for c in METRIC.columns]


def test_delivered_events_count_and_attempted_ones_do_not() -> None:
    assert METRIC.compute(recorded(1_000, 0.5)) == {"events_per_s": 2_000.0, "bytes_per_s": 112_000.0}


def test_nothing_delivered_in_a_window_is_zero_not_unknown() -> None:
    assert METRIC.compute(recorded(0, 2.0)) == {"events_per_s": 0.0, "bytes_per_s": 0.0}


@pytest.mark.parametrize("wall_s", [0.0, -0.0, -1.0, float("nan"), float("-inf")])
def test_a_window_without_length_gives_no_rate(wall_s: float) -> None:
    assert METRIC.compute(recorded(10, wall_s)) == {"events_per_s": None, "bytes_per_s": None}


@given(st.integers(0, 2**40), st.floats(1e-6, 1e6))
def test_the_rate_is_the_exact_quotient_rounded(amount: int, wall_s: float) -> None:
    assert rate(amount, wall_s) == pytest.approx(float(Fraction(amount) / Fraction(wall_s)), rel=1e-15)


@given(st.integers(0, 2**32), st.floats(1e-3, 1e3), st.integers(1, 4096))
def test_bytes_per_event_are_the_records_size(delivered: int, wall_s: float, record_bytes: int) -> None:
    row = METRIC.compute(recorded(delivered, wall_s, record_bytes))
    events, size = row["events_per_s"], row["bytes_per_s"]
    assert events is not None
    assert size == pytest.approx(events * record_bytes, rel=1e-12)
