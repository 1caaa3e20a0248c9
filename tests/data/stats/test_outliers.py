"""What lies far from the other repeats."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringbench.data.stats.outliers import outliers

_VALUES = st.lists(st.floats(-1e6, 1e6, allow_subnormal=False), min_size=5, max_size=30)


@pytest.mark.parametrize(
    ("values", "far"),
    [
        ([10, 11, 9, 10, 10.5, 30], [5]),
        ([10, 11, 9, 10, 10.5, 9.5], []),
        ([10, 10, 10, 10, 10, 10, 10, 10, 11], [8]),  # more than half are equal
        ([7, 7, 7, 7, 7], []),
        ([1, 2, 3, 1000], []),  # too few to tell
        ([10, math.nan, 11, 9, 10, 10.5, 30], [6]),
        ([], []),
    ],
)
def test_a_value_far_from_the_others_is_flagged(values: list[float], far: list[int]) -> None:
    assert np.flatnonzero(outliers(values)).tolist() == far


@given(_VALUES, st.sampled_from([0.25, 2.0, 1024.0]), st.integers(-1000, 1000))
def test_scale_and_place_change_nothing(values: list[float], scale: float, place: int) -> None:
    whole = [float(round(value)) for value in values]  # powers of two and whole numbers: no rounding on the way
    assert outliers([value * scale + place * scale for value in whole]).tolist() == outliers(whole).tolist()


@given(_VALUES)
def test_never_are_more_than_half_flagged_nor_the_median(values: list[float]) -> None:
    mask = outliers(values)
    assert mask.sum() <= len(values) / 2
    ordered = sorted(values)
    assert not mask[values.index(ordered[len(ordered) // 2])] or len(values) % 2 == 0
