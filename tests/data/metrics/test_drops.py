"""The account of a trial: figures are passed on as counted, and an account that doesn't add up is told."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from ringbench.data.metrics.drops import METRIC, account_error, drop_rate
from ringbench.data.metrics.recording import Recording
from ringbench.spec.codes import InvalidCode

counts = st.integers(0, 2**40)


def recorded(attempted: int, delivered: int, failed: int, residual: int = 0) -> Recording:
    return Recording(
        wall_s=1.0, attempted=attempted, failed=failed, delivered=delivered, residual=residual, record_bytes=56
    )


def test_the_columns_are_the_contracts_in_its_order() -> None:
    assert [c.name for c in METRIC.columns] == ["attempted", "delivered", "failed", "residual", "drop_rate"]
    assert [c.unit for c in METRIC.columns] == ["events"] * 4 + [""]
    assert [c.integer for c in METRIC.columns] == [True] * 4 + [False]
    assert list(METRIC.compute(recorded(1, 1, 0))) == [c.name for c in METRIC.columns]


def test_every_count_lands_in_the_column_of_its_name() -> None:
    row = METRIC.compute(recorded(attempted=10, delivered=8, failed=2, residual=3))
    assert row == {"attempted": 10, "delivered": 8, "failed": 2, "residual": 3, "drop_rate": 0.2}


def test_the_drop_rate_of_nothing_attempted_is_unknown_not_zero() -> None:
    assert drop_rate(0, 0) is None
    assert METRIC.compute(recorded(0, 0, 0))["drop_rate"] is None


def test_a_drop_rate_of_zero_is_zero_not_unknown() -> None:
    assert METRIC.compute(recorded(5, 5, 0))["drop_rate"] == 0.0


@given(counts, counts)
def test_the_drop_rate_is_the_exact_fraction_rounded_once(delivered: int, failed: int) -> None:
    attempted = delivered + failed
    expected = float(Fraction(failed, attempted)) if attempted else None
    assert drop_rate(attempted, failed) == expected


def test_an_account_of_nothing_is_no_account() -> None:
    error = account_error(recorded(0, 0, 0))
    assert error is not None
    assert error.code is InvalidCode.NOTHING_PRODUCED


@given(counts, counts, counts)
def test_an_account_that_adds_up_is_no_error_whatever_its_residual(delivered: int, failed: int, residual: int) -> None:
    assume(delivered + failed)
    assert account_error(recorded(delivered + failed, delivered, failed, residual)) is None


@given(counts, counts, st.integers(-(2**20), 2**20).filter(bool))
def test_an_account_that_is_off_by_any_number_is_told(delivered: int, failed: int, off: int) -> None:
    error = account_error(recorded(delivered + failed + off, delivered, failed))
    assert error is not None
    assert error.code is InvalidCode.ACCOUNT_UNBALANCED
    assert str(abs(off)) in error.said


@pytest.mark.parametrize(
    ("attempted", "delivered", "failed", "sentence"),
    [
        (
            100,
            90,
            5,
            "The account does not add up: 100 attempted, but 90 delivered + 5 failed = 95 (5 missing).",
        ),
        (
            100,
            99,
            2,
            "The account does not add up: 100 attempted, but 99 delivered + 2 failed = 101 (1 too many).",
        ),
    ],
)
def test_the_error_names_every_figure_and_the_difference(
    attempted: int, delivered: int, failed: int, sentence: str
) -> None:
    assert account_error(recorded(attempted, delivered, failed)) == (InvalidCode.ACCOUNT_UNBALANCED, sentence)
