"""Intervals: the figure itself against an obvious version, its bounds against the exact bootstrap of a median."""

from __future__ import annotations

import math
import warnings

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from ringbench.data.stats import Interval, median_interval, ratio_interval
from ringbench.data.stats.interval import expanded_tail

finite = st.floats(-1e9, 1e9, allow_subnormal=False)
positive = st.floats(1e-6, 1e9)
samples = st.lists(finite, min_size=5, max_size=12)
blocks = st.lists(st.tuples(positive, positive), min_size=5, max_size=12)
NAN = math.nan


def slow_median(values: list[float]) -> float:
    ordered = sorted(values)
    middle = len(ordered) // 2
    return ordered[middle] if len(ordered) % 2 else (ordered[middle - 1] + ordered[middle]) / 2


def chance_that_a_resampled_median_is_at_most(rank: int, n: int) -> float:
    """Return P(median of a resample <= the rank-th smallest), exact for odd n (Efron 1979, section 3).

    At least half of the n draws must be among the *rank* smallest: a binomial tail.
    """
    share = rank / n
    return sum(math.comb(n, k) * share**k * (1 - share) ** (n - k) for k in range((n + 1) // 2, n + 1))


def slow_bounds(values: list[float], confidence: float) -> tuple[float, float]:
    """Return the exact percentile-bootstrap bounds of the median of an odd number of distinct values."""
    n, ordered = len(values), sorted(values)
    tail = expanded_tail(n, confidence)
    at_most = [chance_that_a_resampled_median_is_at_most(rank, n) for rank in range(1, n + 1)]
    low = next(value for value, chance in zip(ordered, at_most, strict=True) if chance >= tail)
    high = next(value for value, chance in zip(ordered, at_most, strict=True) if chance >= 1 - tail)
    return low, high


def _sure(confidence: float, n: int) -> bool:
    """Tell whether no chance lies within 5 standard errors of the tail that is cut: then 9,999 resamples can't err."""
    tail = expanded_tail(n, confidence)
    error = 5 * math.sqrt(tail * (1 - tail) / 9_999)
    chances = [chance_that_a_resampled_median_is_at_most(rank, n) for rank in range(1, n + 1)]
    return all(abs(chance - edge) > error for chance in chances for edge in (tail, 1 - tail))


_SURE = [(confidence, n) for confidence in (0.95, 0.8, 0.5) for n in range(5, 42, 2) if _sure(confidence, n)]


def test_there_are_sizes_to_be_sure_of() -> None:
    assert len(_SURE) > 15


@pytest.mark.parametrize(("confidence", "n"), _SURE)
def test_the_bounds_are_those_of_the_exact_bootstrap(confidence: float, n: int) -> None:
    values = [float(i * i) for i in range(n)]
    interval = median_interval(values, confidence=confidence)
    assert interval == Interval(slow_median(values), *slow_bounds(values, confidence), n)


def test_the_interval_covers_the_truth_about_as_often_as_it_says() -> None:
    generator = np.random.default_rng(7)
    covered = 0
    for _ in range(100):
        interval = median_interval(generator.normal(10.0, 2.0, size=25))
        assert interval.low is not None
        assert interval.high is not None
        covered += interval.low <= 10.0 <= interval.high
    assert 88 <= covered <= 99


@settings(deadline=None, max_examples=40)
@given(samples)
@example([1.0] * 4 + [3.0267005451078136e-114])  # scipy's own bounds lie a rounding error outside the values
@example([0.0] * 4 + [-495950068.62468594])
def test_the_value_is_the_median_and_lies_within_bounds_that_lie_within_the_values(values: list[float]) -> None:
    interval = median_interval(values)
    assert interval.value == slow_median(values)
    assert interval.n == len(values)
    assert interval.low is not None
    assert interval.high is not None
    assert min(values) <= interval.low <= interval.value <= interval.high <= max(values)


@settings(deadline=None, max_examples=20)
@given(samples)
def test_more_confidence_never_narrows_the_interval(values: list[float]) -> None:
    narrow, wide = median_interval(values, confidence=0.5), median_interval(values, confidence=0.99)
    assert narrow.low is not None
    assert narrow.high is not None
    assert wide.low is not None
    assert wide.high is not None
    assert wide.low <= narrow.low <= narrow.high <= wide.high


def test_the_same_seed_draws_the_same_interval_and_another_seed_another() -> None:
    values = np.random.default_rng(1).lognormal(size=2001)
    assert median_interval(values, seed=3) == median_interval(values, seed=3)
    assert len({median_interval(values, seed=seed) for seed in range(20)}) > 1


def test_the_interval_neither_reads_nor_moves_numpys_global_generator() -> None:
    np.random.seed(1)
    before = median_interval([1.0, 5.0, 2.0, 8.0])
    drawn = np.random.random()
    np.random.seed(1)
    assert np.random.random() == drawn
    assert median_interval([1.0, 5.0, 2.0, 8.0]) == before


@pytest.mark.parametrize("values", [[], [NAN], [NAN] * 5, [None, None, None]])
def test_nothing_measured_gives_no_figure_at_all(values: list[float | None]) -> None:
    assert median_interval(values) == Interval(None, None, None, 0)


@pytest.mark.parametrize(
    ("values", "median", "n"),
    [([4.0], 4.0, 1), ([4.0, 6.0], 5.0, 2), ([4.0, NAN, 6.0, None], 5.0, 2), ([1.0, 2.0, 3.0, 9.0], 2.5, 4)],
)
def test_fewer_than_five_values_have_a_median_and_no_bounds(values: list[float | None], median: float, n: int) -> None:
    assert median_interval(values) == Interval(median, None, None, n)


def test_five_values_are_enough_for_bounds() -> None:
    assert median_interval([1.0, 5.0, 3.0, 2.0, 4.0]) == Interval(3.0, 1.0, 5.0, 5)


@settings(deadline=None, max_examples=20)
@given(samples, st.integers(0, 3))
def test_what_was_not_measured_changes_nothing(values: list[float], place: int) -> None:
    assert median_interval([*values[:place], NAN, None, *values[place:]]) == median_interval(values)


@pytest.mark.parametrize("value", [0.0, 0.1, -5.0, 1e300])
def test_equal_values_give_an_interval_without_width_and_without_warnings(value: float) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert median_interval([value] * 7) == Interval(value, value, value, 7)
        assert median_interval([value, NAN, *[value] * 4]) == Interval(value, value, value, 5)


def test_a_spread_sample_raises_no_warnings_either() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        median_interval([1.0, 2.0, NAN, 9.0, 1.0, 1.0, 1.0])
        ratio_interval([1.0, 2.0, 3.0, 0.0, NAN], [2.0, 2.0, 1.0, 5.0, 1.0])


@pytest.mark.parametrize("confidence", [0.0, 1.0, -0.5, 95.0, NAN])
def test_a_confidence_that_is_no_probability_is_refused(confidence: float) -> None:
    with pytest.raises(ValueError, match="confidence"):
        median_interval([1.0, 2.0, 3.0], confidence=confidence)
    with pytest.raises(ValueError, match="confidence"):
        ratio_interval([], [], confidence=confidence)


def test_infinite_values_are_refused() -> None:
    with pytest.raises(ValueError, match="infinite"):
        median_interval([1.0, math.inf, 2.0])
    with pytest.raises(ValueError, match="infinite"):
        ratio_interval([1.0, 2.0], [1.0, math.inf])


def test_drift_common_to_a_block_cancels() -> None:
    drift = np.array([1.0, 1.9, 0.7, 1.2, 2.0, 0.5, 1.1, 1.4])
    interval = ratio_interval(100 * drift, 110 * drift)
    assert (interval.value, interval.low, interval.high) == pytest.approx((1.1, 1.1, 1.1), rel=1e-12)
    assert interval.n == 8


def test_ratios_are_of_head_over_base_and_pair_by_block() -> None:
    assert ratio_interval([1.0, 10.0, 100.0], [2.0, 40.0, 800.0]).value == pytest.approx(4.0)
    # The medians are equal; only the blocks tell that head is usually higher.
    assert ratio_interval([1.0, 2.0, 3.0], [2.0, 3.0, 1.0]).value == pytest.approx(1.5)


def test_an_even_number_of_blocks_takes_the_geometric_mean_of_the_middle_two() -> None:
    interval = ratio_interval([1.0, 1.0], [2.0, 8.0])
    assert interval.value == pytest.approx(4.0)
    assert (interval.low, interval.high, interval.n) == (None, None, 2)


@settings(deadline=None, max_examples=30)
@given(blocks)
def test_exchanging_base_and_head_gives_the_reciprocal(pairs: list[tuple[float, float]]) -> None:
    base, head = [b for b, _ in pairs], [h for _, h in pairs]
    there, back = ratio_interval(base, head), ratio_interval(head, base)
    for one, other in ((there.value, back.value), (there.low, back.high), (there.high, back.low)):
        assert one is not None
        assert other is not None
        assert one * other == pytest.approx(1.0, rel=1e-9)


@settings(deadline=None, max_examples=30)
@given(blocks, st.integers(0, 3), st.sampled_from([0.5, 0.8, 0.95]))
def test_the_ratio_is_the_exponential_of_the_median_log_ratio_bounds_and_all(
    pairs: list[tuple[float, float]], seed: int, confidence: float
) -> None:
    base, head = [b for b, _ in pairs], [h for _, h in pairs]
    logs = median_interval([math.log(h) - math.log(b) for b, h in pairs], seed=seed, confidence=confidence)
    interval = ratio_interval(base, head, seed=seed, confidence=confidence)
    for ratio, log in ((interval.value, logs.value), (interval.low, logs.low), (interval.high, logs.high)):
        assert log is not None
        assert ratio == pytest.approx(math.exp(log), rel=1e-9)
    assert interval.n == len(pairs)


def test_a_ratios_bounds_are_drawn_from_its_seed() -> None:
    base, head = np.random.default_rng(2).lognormal(size=(2, 80))
    assert ratio_interval(base, head, seed=3) == ratio_interval(base, head, seed=3)
    assert len({ratio_interval(base, head, seed=seed) for seed in range(5)}) > 1


@settings(deadline=None, max_examples=20)
@given(blocks, st.sampled_from([(NAN, 1.0), (1.0, NAN), (0.0, 1.0), (1.0, 0.0), (0.0, 0.0), (NAN, NAN)]))
def test_a_block_without_a_ratio_is_left_out_whole(
    pairs: list[tuple[float, float]], without: tuple[float, float]
) -> None:
    longer = [pairs[0], without, *pairs[1:]]
    assert ratio_interval([b for b, _ in longer], [h for _, h in longer]) == ratio_interval(
        [b for b, _ in pairs], [h for _, h in pairs]
    )


def test_equal_halves_have_a_ratio_of_exactly_one() -> None:
    values = [3.0, 0.1, 7e9, 5.0, 2.0]
    assert ratio_interval(values, values) == Interval(1.0, 1.0, 1.0, 5)


def test_no_blocks_give_no_ratio() -> None:
    assert ratio_interval([], []) == Interval(None, None, None, 0)
    assert ratio_interval([NAN, 0.0], [1.0, 1.0]) == Interval(None, None, None, 0)


@pytest.mark.parametrize(("base", "head"), [([1.0, -1.0], [1.0, 1.0]), ([1.0, 1.0], [-1e-9, 1.0]), ([NAN], [-1.0])])
def test_negative_values_are_refused(base: list[float], head: list[float]) -> None:
    with pytest.raises(ValueError, match="negative"):
        ratio_interval(base, head)


def test_unpaired_blocks_are_refused() -> None:
    with pytest.raises(ValueError, match="3 of base, 2 of head"):
        ratio_interval([1.0, 2.0, 3.0], [1.0, 2.0])


def test_the_tails_are_cut_further_out_the_fewer_values_there_are() -> None:
    tails = [expanded_tail(n, 0.95) for n in (5, 6, 10, 20, 100, 10_000)]
    assert tails == sorted(tails)
    assert tails[0] < 0.002
    assert tails[2] == pytest.approx(0.0086, abs=0.0002)
    assert tails[-1] == pytest.approx(0.025, abs=0.0002)
