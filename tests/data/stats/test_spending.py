"""What looks may cost: never more in all than was to be spent."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringbench.data.stats.signed_rank import shift_interval
from ringbench.data.stats.spending import even, late, spent

looks = st.lists(st.integers(1, 60), min_size=1, max_size=8, unique=True).map(sorted)


@given(looks, st.integers(0, 40), st.floats(1e-6, 0.2), st.sampled_from([late, even]))
def test_all_looks_together_spend_no_more_than_there_is(found: list[int], more: int, alpha: float, by: object) -> None:
    blocks = found[-1] + more
    levels = [spent(alpha, by, found[: n + 1], blocks) for n in range(len(found))]  # type: ignore[arg-type]
    assert all(level >= 0 for level in levels)
    assert sum(levels) <= alpha * (1 + 1e-9)
    if not more:
        assert sum(levels) == pytest.approx(alpha)  # and at the end of all blocks, all of it


def test_late_spends_late_and_even_evenly() -> None:
    assert late(0.05, 0.25) < 0.001
    assert even(0.05, 0.25) > 0.01
    assert late(0.05, 0.0) == even(0.05, 0.0) == 0
    # Lan & DeMets 1983, table 1, two-sided 0.05 in one tail: the O'Brien-Fleming-like function after half of all.
    assert late(0.05, 0.5) == pytest.approx(0.00557, abs=1e-4)


@pytest.mark.parametrize("wrong", [[], [5, 5], [8, 4]])
def test_looks_that_do_not_ascend_are_refused(wrong: list[int]) -> None:
    with pytest.raises(ValueError, match="looks"):
        spent(0.05, even, wrong, 20)


@pytest.mark.parametrize("by", [late, even])
def test_stopping_early_keeps_the_error_rate(by: object) -> None:
    """Of series with no shift, looked at after 8, 12, 16 and 20 values: how many ever show one."""
    drawn, repeats, alpha, when = np.random.default_rng(3), 3000, 0.05, [8, 12, 16, 20]
    tails = [spent(alpha, by, when[: n + 1], 20) for n in range(4)]  # type: ignore[arg-type]
    alarms = 0
    for _ in range(repeats):
        values = drawn.standard_t(2, 20)
        found = (shift_interval(values[:n], tail) for n, tail in zip(when, tails, strict=True))
        alarms += any(i.low is not None and i.low > 0 for i in found)
    assert alarms <= alpha * repeats + 4 * (alpha * repeats) ** 0.5
    assert alarms >= alpha * repeats / 4


def test_looking_without_a_plan_does_not() -> None:
    """The test above can fail: the same looks, each at the whole level."""
    drawn, repeats, alpha = np.random.default_rng(3), 1500, 0.05
    alarms = 0
    for _ in range(repeats):
        values = drawn.standard_t(2, 20)
        alarms += any((shift_interval(values[:n], alpha).low or -1) > 0 for n in (8, 12, 16, 20))
    assert alarms > 1.5 * alpha * repeats
