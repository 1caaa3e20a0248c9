"""The suite's check of itself: what it finds in sessions with planted differences."""

from __future__ import annotations

from itertools import count
from typing import Any

import numpy as np
import pytest

from bench.choice import Choice
from bench.errors import UsageError
from bench.planning import build
from bench.selfcheck import BLOCKS, INJECTED, PROFILE, check
from bench.transports import NOTHING, TRANSPORTS, transport
from tests.report.synthetic import Row, row, view

_RUNS = 20
_COST = 250.0


def _cells(columns: dict[str, tuple[str, float]], random: np.random.Generator, **setting: Any) -> list[Row]:
    """Return a row for each block and transport: *columns* says what is measured, and its true value."""
    rows = []
    for block in range(1, _RUNS * BLOCKS + 1):
        drift = random.normal(0, 0.1)
        for name, (column, value) in columns.items():
            measured = value * np.exp(drift + random.normal(0, 0.02))
            rows.append(row(transport=name, block=block, **{column: float(measured)}, **setting))
    return rows


def _session(*, apart: float = 1.0, found: float = _COST) -> list[Row]:
    """Return a session whose second names cost *apart* times as much, and where *found* ns are found of a cost."""
    random, number = np.random.default_rng(5), count()
    names = {"perf": 280.0, "ringbuf-reserve": 60.0}
    rows = []
    for wakeup in ("none", "batch:500"):
        columns = {
            name + again: ("producer_ns_per_event", ns * (apart if again else 1.0))
            for name, ns in names.items()
            for again in ("", "~again")
        }
        rows += _cells(columns, random, wakeup=wakeup)
    more = f"~inject:{1 + INJECTED}"
    for name, stage, ns in (("nothing", "probe", _COST), ("ringbuf-reserve", "unread", found)):
        columns = {f"{name}~inject:1": ("operation_ns_per_event", 430.0)}
        columns[name + more] = ("operation_ns_per_event", 430.0 + ns)
        rows += _cells(columns, random, mode="overhead", stage=stage)
    return [{**r, "trial": f"t{next(number)}"} for r in rows]


def test_a_thing_compared_with_itself_shows_a_difference_no_more_often_than_it_may() -> None:
    found = check(view(_session()))
    assert found.false_differences.n == 2 * 2 * _RUNS
    assert found.level_kept is True


def test_a_real_difference_between_the_names_is_told() -> None:
    found = check(view(_session(apart=1.1)))
    assert found.false_differences.value is not None
    assert found.false_differences.value > 0.5
    assert found.level_kept is False


def test_an_injected_cost_is_found() -> None:
    found = check(view(_session()))
    (injection,) = found.injections
    assert injection.truth.value == pytest.approx(_COST, rel=0.05)
    assert len(injection.found) == len(injection.covering) == _RUNS
    assert found.size_found is True


def test_one_that_is_found_too_small_is_not() -> None:
    assert check(view(_session(found=0.8 * _COST))).size_found is False


def test_a_session_without_such_trials_shows_nothing() -> None:
    found = check(view([row(producer_ns_per_event=5.0)]))
    assert found.level_kept is None
    assert found.size_found is None


def test_its_profile_has_enough_comparisons_by_default() -> None:
    plan = build(PROFILE, Choice(), (0, 1))
    blocks = max(trial.block for trial in plan.trials)
    pairs = [t for t in plan.trials if t.block == 1 and t.transports[0].endswith("~again")]
    assert len(pairs) * (blocks // BLOCKS) * 3 >= 190, "three figures of each pair at least, and more of some"
    runs = [t for t in plan.trials if t.block == 1 and t.stage == "unread" and t.transports[0].endswith(":1")]
    assert len(runs) * (blocks // BLOCKS) >= 20


def test_a_variant_is_its_transport_under_another_name() -> None:
    for name, plain in {**TRANSPORTS, NOTHING.name: NOTHING}.items():
        again, injected = transport(f"{name}~again"), transport(f"{name}~inject:9")
        assert (again.name, again.submit, again.defines) == (f"{name}~again", plain.submit, plain.defines)
        assert injected.defines == ("-DINJECTED=9",)


@pytest.mark.parametrize("name", ["perf~", "perf~twice", "perf~inject:0", "perf~inject:x", "perf~inject:100", "~again"])
def test_no_other_variant_is_known(name: str) -> None:
    with pytest.raises(UsageError, match="transport"):
        transport(name)
