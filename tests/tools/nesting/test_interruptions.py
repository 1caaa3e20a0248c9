"""What nested records say, on records whose answer is known."""

from __future__ import annotations

import numpy as np
import pytest

from ringbench.spec.record import NESTED
from ringbench.tools.nesting.interruptions import Late, check, interruptions

OUTER, INNER = 0, 1
Row = tuple[int, int, int, int, int, int, int]


def made(*rows: Row) -> np.ndarray:
    """Return records from (cpu, level, seq, begin, submission, outer, interruptions), each with its checksum."""
    records = np.zeros(len(rows), NESTED.dtype)
    for place, (cpu, level, seq, begin, submit, outer, times) in enumerate(rows):
        records[place] = (seq, begin, submit, outer, times, cpu, level, 0)
    records["check"] = check(records)
    return records


def at(*times: int) -> np.ndarray:
    return np.array(times, np.uint64)


# An outer program from 100 to 200 that is interrupted from 150 to 160.
OUTER_ONE: Row = (0, OUTER, 7, 100, 200, 0, 1)
INNER_ONE: Row = (0, INNER, 3, 150, 160, 8, 0)


def test_a_reserved_record_comes_first_and_the_inner_one_is_late_against_submission() -> None:
    found = interruptions(made(OUTER_ONE, INNER_ONE), at(210, 210), shared_ring=True)
    assert (found.torn, found.outer, found.inner, found.interrupted) == (0, 1, 1, 1)
    assert (found.open_pairs, found.open_behind, found.in_submission, found.seen_meanwhile) == (1, 1, 0, 0)
    assert found.open_median_ns == 100
    assert found.by_begin == Late(0, None, None)
    assert found.by_submission == Late(1, 40, 40)


def test_a_copied_record_comes_last_and_is_late_against_begin() -> None:
    found = interruptions(made(INNER_ONE, OUTER_ONE), at(170, 210), shared_ring=True)
    assert (found.open_pairs, found.open_behind, found.in_submission, found.seen_meanwhile) == (1, 0, 0, 1)
    assert found.by_begin == Late(1, 50, 50)
    assert found.by_submission == Late(0, None, None)


@pytest.mark.parametrize("first", [OUTER, INNER])
def test_an_interrupt_of_the_submission_itself_is_no_open_pair(first: int) -> None:
    outer, inner = (0, OUTER, 7, 100, 200, 0, 0), (0, INNER, 3, 205, 206, 8, 0)
    rows = (outer, inner) if first == OUTER else (inner, outer)
    found = interruptions(made(*rows), at(300, 300), shared_ring=True)
    assert (found.open_pairs, found.in_submission, found.in_submission_behind) == (0, 1, int(first == OUTER))


def test_the_same_numbers_on_another_cpu_are_no_pair() -> None:
    found = interruptions(made((1, *OUTER_ONE[1:]), INNER_ONE), at(1, 1), shared_ring=True)
    assert (found.open_pairs, found.in_submission) == (0, 0)


def test_an_inner_record_whose_outer_one_was_lost_is_no_pair() -> None:
    found = interruptions(made((0, OUTER, 6, 50, 60, 0, 0), INNER_ONE), at(1, 1), shared_ring=True)
    assert (found.inner, found.open_pairs) == (1, 0)
    found = interruptions(made(INNER_ONE), at(1), shared_ring=True)
    assert (found.inner, found.open_pairs, found.open_median_ns) == (1, 0, None)


def test_rings_of_their_own_are_looked_at_alone() -> None:
    rows = ((0, OUTER, 0, 100, 110, 0, 0), (1, OUTER, 0, 50, 60, 0, 0))
    assert interruptions(made(*rows), at(1, 1), shared_ring=True).by_begin == Late(1, 50, 50)
    assert interruptions(made(*rows), at(1, 1), shared_ring=False).by_begin == Late(0, None, None)


@pytest.mark.parametrize("field", [name for name in NESTED.dtype.names or ()])
def test_a_record_with_one_word_of_another_is_torn_and_nothing_else(field: str) -> None:
    rows = (OUTER_ONE, (1, INNER, 9, 150, 160, 7, 2))
    records = made(*rows)
    records[field][0] = records[field][1]
    found = interruptions(records, at(1, 1), shared_ring=True)
    assert found.torn == 1
    assert (found.outer, found.inner) == (0, 1)


def test_two_words_that_change_places_are_seen() -> None:
    records = made(OUTER_ONE)
    records["ts_ns"], records["submit_ns"] = records["submit_ns"].copy(), records["ts_ns"].copy()
    assert interruptions(records, at(1), shared_ring=True).torn == 1


def test_no_records_are_nothing() -> None:
    found = interruptions(made(), at(), shared_ring=True)
    assert (found.torn, found.outer, found.open_pairs, found.by_begin) == (0, 0, 0, Late(0, None, None))
