"""Steps in a series: planted ones are found, noise has none."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ringbench.data.stats.steps import FEWEST, MOST, SHORTEST, Step, _fit, _Level, steps

series = st.lists(st.floats(-1e3, 1e3).map(lambda x: round(x, 3)), min_size=FEWEST, max_size=14)


def cost(values: list[float], places: list[int], penalty: float) -> float:
    edges = [0, *places, len(values)]
    parts = [np.array(values[a:b]) for a, b in itertools.pairwise(edges)]
    return sum(float(np.abs(part - np.median(part)).sum()) for part in parts) + penalty * len(places)


@settings(max_examples=60, deadline=None)
@given(series, st.floats(0.01, 500))
def test_the_fit_is_the_best_of_all(values: list[float], penalty: float) -> None:
    n = len(values)
    every = [
        list(places)
        for k in range(n // SHORTEST)
        for places in itertools.combinations(range(1, n), k)
        if all(b - a >= SHORTEST for a, b in itertools.pairwise([0, *places, n]))
    ]
    best = min(cost(values, places, penalty) for places in every)
    assert cost(values, _fit(values, penalty), penalty) == pytest.approx(best, rel=1e-9, abs=1e-9)


@settings(deadline=None)
@given(st.integers(0, 10_000), st.integers(5, 25), st.sampled_from([0.2, -0.2, 1.0]))
def test_a_planted_step_of_ten_noises_is_found(seed: int, place: int, size: float) -> None:
    values = np.random.default_rng(seed).normal(1.0, 0.02, 30)
    values[place:] += size
    found = steps(list(values))
    assert len(found) >= 1
    nearest = min(found, key=lambda step: abs(step.place - place))
    assert abs(nearest.place - place) <= 1
    assert nearest.after - nearest.before == pytest.approx(size, abs=0.08)


def test_of_pure_noise_a_few_in_a_hundred_show_a_step() -> None:
    drawn, repeats = np.random.default_rng(4), 400
    shown = sum(bool(steps(list(drawn.normal(1.0, 0.05, 30)))) for _ in range(repeats))
    heavy = sum(bool(steps(list(drawn.standard_t(3, 30)))) for _ in range(repeats))
    assert shown <= 0.06 * repeats, shown
    assert heavy <= 0.10 * repeats, heavy


@pytest.mark.parametrize("n", [6, 12, 30])
def test_rare_counts_without_a_step_seldom_show_one(n: int) -> None:
    """Drops and violations are mostly 0: the median of the differences, 0 too, says nothing of how they vary."""
    drawn, repeats = np.random.default_rng(5), 400
    rare = sum(bool(steps([float(v) for v in drawn.poisson(0.3, n)])) for _ in range(repeats))
    amounts = sum(
        bool(steps(list(np.where(drawn.random(n) < 0.2, drawn.exponential(1.0, n), 0.0)))) for _ in range(repeats)
    )
    assert rare <= 0.09 * repeats, rare
    assert amounts <= 0.05 * repeats, amounts


def test_rare_counts_that_become_common_are_found() -> None:
    drawn, repeats = np.random.default_rng(6), 100
    found = 0
    for _ in range(repeats):
        values = np.concatenate([drawn.poisson(0.1, 15), drawn.poisson(4, 15)]).astype(float)
        found += any(abs(step.place - 15) <= 2 and step.after > step.before for step in steps(list(values)))
    assert found >= 0.85 * repeats, found


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(-50, 50), min_size=1, max_size=30))
def test_the_cost_of_a_level_is_kept_as_it_grows(values: list[int]) -> None:
    level = _Level()
    for place, value in enumerate(values, start=1):
        level.add(float(value))
        assert level.cost == np.abs(np.array(values[:place]) - np.median(values[:place])).sum()


@settings(deadline=None)
@given(st.integers(0, 1000), st.floats(0.01, 100), st.floats(-100, 100))
def test_units_do_not_matter_and_neither_does_the_direction(seed: int, scale: float, shift: float) -> None:
    values = np.random.default_rng(seed).normal(0, 0.1, 24)
    values[12:] += 1.5
    places = [step.place for step in steps(list(values))]
    assert [step.place for step in steps([scale * value + shift for value in values])] == places
    assert [24 - step.place for step in steps(list(values[::-1]))][::-1] == places


def test_computed_figures_step_without_noise() -> None:
    assert steps([4096.0] * 12) == []
    assert steps([4096.0] * 6 + [8192.0] * 6) == [Step(6, 4096.0, 8192.0)]
    assert steps([0.0] * 5 + [1.0] + [0.0] * 6) == []  # one odd session is none


def test_what_has_no_levels_is_refused() -> None:
    assert steps([1.0] * (FEWEST - 1)) == []
    with pytest.raises(ValueError, match="finite"):
        steps([1.0, float("nan")] * 5)
    with pytest.raises(ValueError, match="more than"):
        steps([0.0] * (MOST + 1))
