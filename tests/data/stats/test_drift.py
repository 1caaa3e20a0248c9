"""Two series measured apart: drift between them must not look like a change."""

from __future__ import annotations

import numpy as np
import pytest

from ringbench.data.stats import Interval
from ringbench.data.stats.drift import BATCHES, apart_interval


def walked(drawn: np.random.Generator, n: int, drift: float, noise: float) -> np.ndarray:
    """Noise on a level that wanders: an AR(1) that forgets within about a session."""
    levels, level = [], drawn.normal(0, drift)
    for _ in range(n):
        level = 0.9 * level + drawn.normal(0, drift * np.sqrt(1 - 0.81))
        levels.append(level)
    return np.array(levels) + drawn.normal(0, noise, n)


@pytest.mark.parametrize("drift", [0.0, 0.05, 0.2])
def test_drift_between_two_sessions_raises_no_alarm(drift: float) -> None:
    drawn, repeats, tail = np.random.default_rng(5), 1500, 0.01
    alarms = 0
    for _ in range(repeats):
        found = apart_interval(walked(drawn, 20, drift, 0.05), walked(drawn, 20, drift, 0.05), tail)
        alarms += found.low is not None and found.low > 0
    assert alarms <= tail * repeats + 4 * (tail * repeats) ** 0.5


def test_on_a_quiet_machine_a_tenth_is_found() -> None:
    drawn = np.random.default_rng(6)
    found = apart_interval(drawn.normal(0, 0.01, 20), drawn.normal(np.log(1.1), 0.01, 20), 0.0005)
    assert found.low is not None
    assert found.low > 0.03


def test_few_values_have_no_interval() -> None:
    assert apart_interval([], [1.0], 0.01) == Interval(None, None, None, 0)
    found = apart_interval([1.0] * (BATCHES - 1), [2.0] * 9, 0.01)
    assert found == Interval(1.0, None, None, BATCHES - 1)
    assert apart_interval([1.0] * BATCHES, [2.0] * BATCHES, 0.01) == Interval(1.0, 1.0, 1.0, BATCHES)
    with pytest.raises(ValueError, match="tail"):
        apart_interval([1.0], [1.0], 0.5)
