"""From intervals to verdicts: nothing else decides."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringbench.analysis.claims.claim import (
    Claim,
    Condition,
    Decides,
    Judged,
    Outcome,
    Verdict,
    as_json,
    at_least,
    between,
    less_than,
    more_than,
    verdict,
)
from ringbench.data.stats import Interval


def _interval(low: float | None, high: float | None) -> Interval:
    return Interval(low, low, high, 10)


@pytest.mark.parametrize(
    ("decides", "low", "high", "outcome"),
    [
        (at_least(5), 5.0, 9.0, True),
        (at_least(5), 4.9, 9.0, None),
        (at_least(5), 1.0, 4.9, False),
        (more_than(0), 0.0, 3.0, None),
        (more_than(0), 0.0, 0.0, False),
        (more_than(0), 0.1, 3.0, True),
        (less_than(1), 0.5, 0.9, True),
        (less_than(1), 0.9, 1.1, None),
        (less_than(1), 1.0, 1.2, False),
        (between(5, 20), 6.0, 12.0, True),
        (between(5, 20), 4.0, 12.0, None),
        (between(5, 20), 1.0, 2.0, False),
        (between(5, 20), 30.0, 40.0, False),
    ],
)
def test_a_condition_holds_where_the_whole_interval_is_on_the_claims_side(
    decides: Decides, low: float, high: float, outcome: bool | None
) -> None:
    assert decides(_interval(low, high)) is outcome


@pytest.mark.parametrize("decides", [at_least(1), more_than(1), less_than(1), between(1, 2)])
def test_without_an_interval_nothing_is_decided(decides: Decides) -> None:
    assert decides(Interval(5.0, None, None, 4)) is None
    assert decides(Interval(None, None, None, 0)) is None


@given(st.floats(-1e6, 1e6), st.floats(0, 1e6), st.floats(-1e6, 1e6))
def test_what_holds_never_fails_with_the_opposite_claim(low: float, width: float, limit: float) -> None:
    found = _interval(low, low + width)
    assert not (at_least(limit)(found) is True and less_than(limit)(found) is True)
    assert at_least(limit)(found) is not False or less_than(limit)(found) is True


@pytest.mark.parametrize(
    ("outcomes", "said"),
    [
        ([True, True], Verdict.HOLDS),
        ([True, False], Verdict.ONLY_WHEN),
        ([True, None], Verdict.ONLY_WHEN),
        ([False, False], Verdict.FAILS),
        ([False, None], Verdict.UNTOLD),  # one circumstance is unknown: it could hold there
        ([None, None], Verdict.UNTOLD),
        ([], Verdict.UNTOLD),
    ],
)
def test_the_verdict_follows_from_the_outcomes(outcomes: list[bool | None], said: Verdict) -> None:
    assert verdict(outcomes) is said


def _claim(*conditions: Condition) -> Claim:
    return Claim(99, "made-up", "A is B.", "a test", "none", (), conditions)


def test_the_words_name_the_circumstances_that_hold_and_mark_what_is_confounded() -> None:
    one = Condition("it rains", "ratio", lambda _: Interval(None, None, None, 0), at_least(1))
    two = Condition("it is dry", "ratio", lambda _: Interval(None, None, None, 0), at_least(1), confounded="two differ")
    outcomes = (Outcome(one, _interval(2.0, 3.0), True), Outcome(two, _interval(0.5, 0.6), False))
    judged = Judged(_claim(one, two), outcomes)
    assert judged.words == "holds only when it rains"
    open_ = (outcomes[0], Outcome(two, _interval(0.5, 1.6), None))
    assert Judged(_claim(one, two), open_).words == "holds only when it rains (undecided: it is dry)"
    assert outcomes[1].words.endswith("(does not hold) [confounded: two differ]")
    plain = as_json(judged)
    assert plain["verdict"] == "holds only when"
    assert [c["holds"] for c in plain["conditions"]] == [True, False]  # type: ignore[index,attr-defined]
