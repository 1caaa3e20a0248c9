"""Memory: each way of counting has its own column, and what wasn't measured stays unknown."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringbench.data.metrics.memory import METRIC
from ringbench.data.metrics.recording import Recording

WAYS = ("physical", "memlock", "rss", "cgroup")


def recorded(memory: dict[str, int | None]) -> Recording:
    return Recording(wall_s=1.0, attempted=1, failed=0, delivered=1, residual=0, record_bytes=56, memory=memory)


def test_the_columns_are_the_contracts_in_its_order() -> None:
    assert [c.name for c in METRIC.columns] == [
        "memory_physical_bytes",
        "memory_memlock_bytes",
        "memory_rss_bytes",
        "memory_cgroup_bytes",
    ]
    assert {(c.unit, c.better, c.integer) for c in METRIC.columns} == {("bytes", "lower", True)}
    assert len({c.title for c in METRIC.columns}) == len(WAYS)
    assert list(METRIC.compute(recorded({}))) == [c.name for c in METRIC.columns]


def test_every_way_of_counting_lands_in_its_own_column() -> None:
    assert METRIC.compute(recorded({"rss": 3, "physical": 1, "cgroup": 4, "memlock": 2})) == {
        "memory_physical_bytes": 1,
        "memory_memlock_bytes": 2,
        "memory_rss_bytes": 3,
        "memory_cgroup_bytes": 4,
    }


@pytest.mark.parametrize("present", [c for r in range(5) for c in itertools.combinations(WAYS, r)])
def test_what_was_not_measured_is_unknown_not_zero(present: tuple[str, ...]) -> None:
    row = METRIC.compute(recorded({way: 4096 for way in present}))
    for way in WAYS:
        assert row[f"memory_{way}_bytes"] == (4096 if way in present else None)


@given(st.dictionaries(st.sampled_from([*WAYS, "swap"]), st.none() | st.integers(-(2**40), 2**40)))
def test_figures_are_passed_on_as_they_are_and_strange_ones_left_out(memory: dict[str, int | None]) -> None:
    row = METRIC.compute(recorded(memory))
    assert len(row) == len(WAYS)
    for way in WAYS:
        assert row[f"memory_{way}_bytes"] == memory.get(way)
