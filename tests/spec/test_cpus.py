"""Lists of CPUs."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringbench.errors import OptionError
from ringbench.spec import cpu_list


@given(st.sets(st.integers(0, 300), min_size=1))
def test_a_list_that_is_shown_reads_back(numbers: set[int]) -> None:
    assert cpu_list.parse(cpu_list.show(numbers)) == tuple(sorted(numbers))


def test_a_list_is_shown_as_the_kernel_does() -> None:
    assert cpu_list.show([4, 0, 1, 2, 7]) == "0-2,4,7"


@pytest.mark.parametrize("text", ["", "a", "1-", "-1", "3-1", "1,,2", "0-99999999999", "1;2", "٣", "1 2"])
def test_what_is_no_list_is_refused(text: str) -> None:
    with pytest.raises(OptionError, match="not a list of CPUs"):
        cpu_list.parse(text)


@pytest.mark.parametrize(
    ("text", "count"),
    [("0-3,8", 5), ("0", 1), ("0-1,1", 2), ("", None), (None, None), ("0-", None), ("3-1", None), ("a", None)],
)
def test_a_list_is_counted(text: str | None, count: int | None) -> None:
    assert cpu_list.count(text) == count
