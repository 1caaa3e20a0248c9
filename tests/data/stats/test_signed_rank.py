"""The exact interval of a shift: against scipy, against the definition, and how often it is wrong."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import wilcoxon

from ringbench.data.stats import Interval
from ringbench.data.stats.signed_rank import MOST, critical, least, shift_interval

values = st.lists(st.floats(-1e6, 1e6).map(lambda x: round(x, 3)), min_size=1, max_size=40)


@pytest.mark.parametrize("n", [1, 5, 8, 11])
def test_the_critical_value_counts_signs_as_the_definition_has_it(n: int) -> None:
    sums = [
        sum(r for r, up in zip(range(1, n + 1), signs, strict=True) if up)
        for signs in itertools.product([0, 1], repeat=n)
    ]
    for tail in (0.0005, 0.01, 0.025, 0.2):
        allowed = [k for k in range(1, n * (n + 1) // 2 + 2) if sum(s < k for s in sums) <= tail * 2**n]
        assert critical(n, tail) == (max(allowed) if allowed else None)


def test_a_published_interval() -> None:
    # Hollander, Wolfe & Chicken, example 3.1 and 3.4: Hamilton's depression scale, nine patients.
    before = [1.83, 0.50, 1.62, 2.48, 1.68, 1.88, 1.55, 3.06, 1.30]
    after = [0.878, 0.647, 0.598, 2.05, 1.06, 1.29, 1.06, 3.14, 1.29]
    found = shift_interval(np.subtract(after, before), 0.02)
    assert found.value == pytest.approx(-0.46)
    assert (found.low, found.high) == pytest.approx((-0.786, -0.010))


@given(values, st.sampled_from([0.001, 0.01, 0.05, 0.2]))
def test_it_holds_exactly_the_shifts_that_the_test_does_not_reject(differences: list[float], tail: float) -> None:
    found = shift_interval(differences, tail)
    if found.low is None:
        assert len(differences) < least(tail)
        return
    assert found.low <= found.value <= found.high
    apart = np.unique(np.abs(differences))
    if len(apart) < len(differences) or 0 in apart or len(differences) > 25:
        return  # scipy's own exact distribution is for neither ties nor zeros
    rejected = wilcoxon(differences, alternative="greater", method="exact").pvalue <= tail
    assert (found.low > 0) == rejected


@given(values, st.floats(-100, 100), st.sampled_from([0.01, 0.1]))
def test_it_moves_with_the_values_and_mirrors(differences: list[float], shift: float, tail: float) -> None:
    found = shift_interval(differences, tail)
    moved = shift_interval([value + shift for value in differences], tail)
    mirrored = shift_interval([-value for value in differences], tail)
    for one, other, sign in ((found, moved, 1), (found, mirrored, -1)):
        low, high = (other.low, other.high) if sign == 1 else (other.high, other.low)
        offset = shift if sign == 1 else 0.0
        assert other.value == pytest.approx(sign * one.value + offset, abs=1e-6)
        if one.low is not None:
            assert (low, high) == pytest.approx((sign * one.low + offset, sign * one.high + offset), abs=1e-6)


@pytest.mark.parametrize("n", [8, 20])
@pytest.mark.parametrize("tail", [0.01, 0.05])
def test_it_misses_the_centre_no_more_often_than_it_says(n: int, tail: float) -> None:
    """Of heavy tails, as times on a shared machine have them: t with two degrees of freedom."""
    drawn, repeats = np.random.default_rng(1), 2000
    missed = 0
    for _ in range(repeats):
        found = shift_interval(drawn.standard_t(2, n), tail)
        missed += found.low is not None and found.low > 0
    assert missed <= tail * repeats + 4 * (tail * repeats) ** 0.5
    if n == 20:
        assert missed >= tail * repeats / 3  # and is not so wide that it never does


def test_few_values_have_an_estimate_and_no_interval() -> None:
    assert shift_interval([], 0.05) == Interval(None, None, None, 0)
    assert shift_interval([1.0, 2.0], 0.05) == Interval(1.5, None, None, 2)
    assert least(2.0**-8) == 8
    assert shift_interval(np.arange(8.0), 2.0**-8).low is not None
    assert shift_interval(np.arange(7.0), 2.0**-8).low is None


def test_values_that_are_all_alike_have_an_interval_of_no_width() -> None:
    assert shift_interval([0.0] * 8, 0.01) == Interval(0.0, 0.0, 0.0, 8)


@settings(max_examples=20)
@given(st.sampled_from([0.0, 0.5, -1.0, float("nan")]))
def test_a_tail_that_is_none_is_refused(tail: float) -> None:
    with pytest.raises(ValueError, match="tail"):
        shift_interval([1.0], tail)


def test_what_has_no_rank_is_refused() -> None:
    with pytest.raises(ValueError, match="finite"):
        shift_interval([1.0, float("nan")], 0.05)
    with pytest.raises(ValueError, match="more than"):
        shift_interval(np.zeros(MOST + 1), 0.05)
