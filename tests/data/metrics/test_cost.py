"""Cost: nanoseconds of the producer a run, and of the reader an event."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringbench.data.metrics.cost import METRIC, mean_ns
from ringbench.data.metrics.recording import Recording


def recorded(
    delivered: int = 10,
    run_ns: int | None = None,
    runs: int | None = None,
    cpu_ns: int | None = None,
    records_per_run: int = 1,
    attempted: int | None = None,
) -> Recording:
    if attempted is None:
        attempted = (runs or 1_000) * records_per_run
    return Recording(
        wall_s=1.0,
        attempted=attempted,
        failed=attempted - delivered,
        delivered=delivered,
        residual=5,
        record_bytes=56,
        producer_run_ns=run_ns,
        producer_runs=runs,
        consumer_cpu_ns=cpu_ns,
        consumed=delivered,
        records_per_run=records_per_run,
    )


def test_the_columns_are_the_contracts_in_its_order() -> None:
    assert [c.name for c in METRIC.columns] == ["producer_ns_per_event", "consumer_cpu_ns_per_event"]
    assert [c.unit for c in METRIC.columns] == ["ns", "ns"]
    assert [c.better for c in METRIC.columns] == ["lower", "lower"]
    assert not any(c.integer for c in METRIC.columns)
    assert list(METRIC.compute(recorded())) == [c.name for c in METRIC.columns]


def test_the_producer_is_divided_by_its_runs_and_the_reader_by_what_it_delivered() -> None:
    row = METRIC.compute(recorded(delivered=10, run_ns=9_000, runs=40, cpu_ns=45))
    assert row == {"producer_ns_per_event": 225.0, "consumer_cpu_ns_per_event": 4.5}


@pytest.mark.parametrize(("run_ns", "runs"), [(None, None), (None, 5), (5, None), (5, 0), (0, 0)])
def test_a_producer_that_was_not_measured_or_never_ran_has_no_cost(run_ns: int | None, runs: int | None) -> None:
    assert METRIC.compute(recorded(run_ns=run_ns, runs=runs))["producer_ns_per_event"] is None


@pytest.mark.parametrize(("delivered", "cpu_ns"), [(10, None), (0, 10), (0, None)])
def test_a_reader_that_was_not_measured_or_delivered_nothing_has_no_cost(delivered: int, cpu_ns: int | None) -> None:
    assert METRIC.compute(recorded(delivered, cpu_ns=cpu_ns))["consumer_cpu_ns_per_event"] is None


def test_a_measured_cost_of_zero_is_zero_not_unknown() -> None:
    row = METRIC.compute(recorded(run_ns=0, runs=7, cpu_ns=0))
    assert row == {"producer_ns_per_event": 0.0, "consumer_cpu_ns_per_event": 0.0}


def test_a_run_that_submits_several_records_is_shared_out_among_them() -> None:
    assert METRIC.compute(recorded(run_ns=9_000, runs=10, records_per_run=8))["producer_ns_per_event"] == 112.5


@pytest.mark.parametrize(("runs", "known"), [(89, False), (90, True), (100, True), (110, True), (111, False)])
def test_runs_that_are_not_those_of_the_records_have_no_cost(runs: int, known: bool) -> None:
    row = METRIC.compute(recorded(run_ns=9_000, runs=runs, records_per_run=4, attempted=400))
    assert (row["producer_ns_per_event"] is not None) is known


def test_one_side_unknown_leaves_the_other_known() -> None:
    assert METRIC.compute(recorded(run_ns=30, runs=3)) == {
        "producer_ns_per_event": 10.0,
        "consumer_cpu_ns_per_event": None,
    }


@given(st.integers(0, 2**62), st.integers(1, 2**40))
def test_the_mean_is_the_exact_fraction_rounded_once(total_ns: int, count: int) -> None:
    assert mean_ns(total_ns, count) == float(Fraction(total_ns, count))
