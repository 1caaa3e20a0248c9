"""When a benchmark fails: where the whole interval lies below what is accepted, twice."""

from __future__ import annotations

import pytest

from ringbench.data.stats import Interval
from tests.bench.conftest import check

BELOW, ACROSS = Interval(0.4, 0.3, 0.49, 5), Interval(0.4, 0.3, 0.51, 5)


def _never() -> Interval:
    raise AssertionError("it was measured again")


def test_an_interval_that_reaches_what_is_accepted_passes_at_once() -> None:
    check(ACROSS, 0.5, _never)


def test_one_below_is_measured_again_before_it_fails() -> None:
    check(BELOW, 0.5, lambda: ACROSS)
    with pytest.raises(AssertionError, match=r"at most 0\.49, then 0\.49: 0\.50 is the least accepted"):
        check(BELOW, 0.5, lambda: BELOW)
