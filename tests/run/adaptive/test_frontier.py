"""The search for the smallest size without loss, on made-up transports whose losses are known."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ringbench.errors import OptionError
from ringbench.run.adaptive import grown as grown_by
from ringbench.run.planner.options import RunOptions
from ringbench.run.planner.planner import build
from ringbench.run.planner.profiles import PROFILES
from ringbench.spec.growth import FEWEST, SizeSearch
from ringbench.spec.plan import Plan
from ringbench.spec.trial import Trial

K = 10
Measure = Callable[[Trial], dict[str, Any]]


def _search(measure: Measure, repeats: int | None = None) -> tuple[Plan, list[dict[str, Any]], str]:
    """Run a session whose trials are made up; return the plan, its rows, and why it ended."""
    plan = build(PROFILES["frontier"], RunOptions(repeats=repeats), (0, 1))
    rows: list[dict[str, Any]] = []
    for _ in range(2000):
        stored = {row["trial"] for row in rows}
        rows += [{"trial": t.trial, **measure(t)} for t in plan.trials if t.trial not in stored]
        assert plan.growth
        # Whatever is stored is all that is needed: the plan could have been interrupted here.
        grown = grown_by(Plan.from_json(plan.as_json(), plan.notes), rows)
        if isinstance(grown, str):
            return plan, rows, grown
        plan = grown
    raise AssertionError("the search has no end")


def _row(failed: int, *, valid: bool = True, saturated: bool | None = False) -> dict[str, Any]:
    return {"valid": valid, "saturated": saturated, "failed": failed}


def _sizes(plan: Plan) -> list[int]:
    assert isinstance(plan.growth, SizeSearch)
    return plan.growth.sizes


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 13), st.integers(0, 13), st.integers(1, 12))
def test_the_smallest_size_without_loss_is_found_for_each_load_and_transport(one: int, two: int, repeats: int) -> None:
    sizes = _sizes(build(PROFILES["frontier"], RunOptions(), (0, 1)))
    least = {"perf": sizes[one], "ringbuf-reserve": sizes[two]}
    plan, rows, _ = _search(lambda t: _row(int(t.asked_bytes < least[t.transports[0]])), repeats)
    tries = Counter((t.workload, t.transports[0], t.asked_bytes) for t in plan.trials)
    assert len(rows) == len(plan.trials)
    for (_, transport, size), n in tries.items():
        assert n >= min(FEWEST, repeats) or size > max(least.values())
        if size == least[transport]:
            assert n >= repeats  # the very size that is reported
        if size < least[transport]:
            assert n <= FEWEST  # one loss shows it; the rest is for the curve
    for workload in ("fork-exec@60%", "burst"):
        for transport, size in least.items():
            assert tries[workload, transport, size]
            assert tries[workload, transport, size // 2] or size == sizes[0]


def test_in_each_block_a_cell_stands_once_and_all_of_its_searches_that_go_on() -> None:
    plan, _, _ = _search(lambda t: _row(int(t.asked_bytes < 1 << 20)))
    for block in {t.block for t in plan.trials}:
        cells = Counter((t.workload, t.transports, t.asked_bytes) for t in plan.trials if t.block == block)
        assert max(cells.values()) == 1
        assert len({(workload, transports) for workload, transports, _ in cells}) == 4


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10_000))
def test_with_losses_that_come_by_chance_the_size_that_is_reported_was_clean_and_the_search_ends(seed: int) -> None:
    drawn = random.Random(seed)
    plan, rows, _ = _search(lambda t: _row(int(drawn.random() < min(1.0, 3e4 / t.asked_bytes))))
    of_trial = {row["trial"]: row["failed"] for row in rows}
    by_cell: dict[tuple[Any, ...], list[int]] = {}
    for t in plan.trials:
        by_cell.setdefault((t.workload, t.transports, t.asked_bytes), []).append(of_trial[t.trial])
    for line in {cell[:2] for cell in by_cell}:
        clean = [c[2] for c, failed in by_cell.items() if c[:2] == line and not any(failed) and len(failed) >= K]
        lossy = [c[2] for c, failed in by_cell.items() if c[:2] == line and any(failed)]
        if clean and min(clean) > _sizes(plan)[0]:
            assert min(clean) // 2 in lossy


def test_a_load_that_no_size_holds_ends_at_the_largest() -> None:
    plan, _, reason = _search(lambda _: _row(5))
    assert max(t.asked_bytes for t in plan.trials) == _sizes(plan)[-1]
    assert "or none up to the largest" in reason


@pytest.mark.parametrize("row", [_row(0, valid=False), _row(0, saturated=True)])
def test_trials_that_show_nothing_are_no_proof_and_no_endless_loop(row: dict[str, Any]) -> None:
    plan, _, _ = _search(lambda _: row)
    assert isinstance(plan.growth, SizeSearch)
    assert len(plan.trials) <= 4 * (2 * K + 1)


@pytest.mark.parametrize(
    "choice",
    [
        RunOptions(buffer_bytes=(1 << 20,)),
        RunOptions(command=("true",)),
        RunOptions(mode="paired"),
        RunOptions(precision=0.1),
        RunOptions(max_time_s=9.0),
    ],
)
def test_what_the_search_decides_by_itself_can_not_be_chosen(choice: RunOptions) -> None:
    with pytest.raises(OptionError, match="searches the buffer's size by itself"):
        build(PROFILES["frontier"], choice, (0, 1))
