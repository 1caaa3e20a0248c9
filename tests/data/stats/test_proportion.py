"""Shares and what bounds them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringbench.data.stats import Interval
from ringbench.data.stats.proportion import share_interval


def test_a_known_share_has_its_known_interval() -> None:
    found = share_interval(10, 200)
    assert found.value == 0.05
    assert (found.low, found.high) == pytest.approx((0.0242, 0.0900), abs=2e-4)  # Clopper & Pearson's tables
    assert share_interval(0, 0) == Interval(None, None, None, 0)


@given(st.integers(1, 500), st.data())
def test_the_interval_holds_the_share_and_mirrors(n: int, data: st.DataObject) -> None:
    hits = data.draw(st.integers(0, n))
    found, mirrored = share_interval(hits, n), share_interval(n - hits, n)
    assert found.low is not None
    assert found.high is not None
    assert mirrored.high is not None
    assert 0 <= found.low <= hits / n <= found.high <= 1
    assert found.low == pytest.approx(1 - mirrored.high, abs=1e-9)


@pytest.mark.parametrize(("hits", "n"), [(-1, 3), (4, 3)])
def test_what_is_no_share_is_refused(hits: int, n: int) -> None:
    with pytest.raises(ValueError, match="is no share"):
        share_interval(hits, n)
