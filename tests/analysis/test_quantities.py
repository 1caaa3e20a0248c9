from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringbench.analysis import quantities
from ringbench.analysis.quantities import amount, bounds, count, estimate, listed, number, positive, signed, size
from ringbench.data.stats import Interval


@pytest.mark.parametrize(
    ("value", "unit", "shown"),
    [
        (0.031, "", "3.1 %"),
        (0.0, "", "0 %"),
        (1.0, "", "100 %"),
        (0.000000123, "", "0.0000123 %"),
        (131072, "bytes", "128 KiB"),
        (1065288, "bytes", "1.02 MiB"),
        (240.4, "ns", "240 ns"),
        (15_200, "ns", "15.2 µs"),
        (2.5e9, "ns", "2.5 s"),
        (41_234.4, "events/s", "41,234 events/s"),
        (12_050_000, "events/s", "12.1 M events/s"),
        (999.96, "events", "1,000 events"),
        (-520, "ns", "-520 ns"),
        (7, "lives", "7 lives"),
        (None, "ns", "not measured"),
    ],
)
def test_an_amount_has_three_digits_and_a_unit_that_fits(value: float | None, unit: str, shown: str) -> None:
    assert amount(value, unit) == shown


@given(st.floats(allow_nan=False, allow_infinity=False, min_value=-1e18, max_value=1e18))
def test_no_number_but_zero_is_shown_as_zero(value: float) -> None:
    shown = float(number(value).replace(",", ""))
    assert (shown == 0) == (value == 0)
    assert math.isclose(shown, value, rel_tol=0.005)


def test_an_interval_is_in_the_unit_of_its_value() -> None:
    assert estimate(Interval(15_000, 900, 21_000, 5), "ns") == "15 µs [0.9, 21]"
    assert estimate(Interval(0, 0, 0.02, 5), "") == "0 % [0, 2]"


def test_an_interval_without_width_or_with_too_few_repeats_is_not_shown() -> None:
    assert estimate(Interval(4096, 4096, 4096, 5), "bytes") == "4 KiB"
    assert estimate(Interval(4096, None, None, 2), "bytes") == "4 KiB"
    assert bounds(Interval(None, None, None, 0), "bytes") == ""
    assert estimate(Interval(None, None, None, 0), "bytes") == estimate(None, "bytes") == "not measured"


def test_differences_have_a_sign_and_distances_have_none() -> None:
    fewer = Interval(-400.0, -450.0, -380.0, 5)
    assert signed(fewer, "events") == "-400 events [-450, -380]"
    assert signed(Interval(8192.0, None, None, 1), "bytes") == "+8 KiB"
    assert positive(fewer) == Interval(400.0, 380.0, 450.0, 5)
    assert positive(Interval(-1.0, None, None, 2)) == Interval(1.0, None, None, 2)


def test_a_ratio_is_a_factor() -> None:
    assert quantities.times(Interval(0.231, 0.21, 0.25, 5)) == "0.231 × [0.21, 0.25]"
    assert quantities.times(Interval(None, None, None, 0)) == "not measured"


def test_words() -> None:
    assert [count(n, "repeat") for n in (0, 1, 1200)] == ["0 repeats", "1 repeat", "1,200 repeats"]
    assert [listed(list(words)) for words in ("", "a", "ab", "abc")] == ["", "a", "a and b", "a, b and c"]
    assert size(None) == "unknown size"
