"""The suite's check of itself: what it finds in sessions with planted differences."""

from __future__ import annotations

from itertools import count
from typing import Any

import numpy as np
import pytest

from ringbench.analysis.selftest.aa import BLOCKS, INJECTED, Checked, check, profile
from ringbench.analysis.view import SessionView
from ringbench.data.store.folder import read_session
from ringbench.drivers.transports import NOTHING, TRANSPORTS, find_transport
from ringbench.errors import OptionError
from ringbench.run.planner.options import RunOptions
from ringbench.run.planner.planner import build
from tests import ROOT
from tests.analysis.synthetic import Row, row, view

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
    columns = {
        "perf~inject:1": ("operation_ns_per_event", 430.0),
        "perf" + more: ("operation_ns_per_event", 430.0 + found),
    }
    rows += _cells(columns, random, mode="overhead", stage="unread")
    for r in rows:
        if r["transport"].endswith(more):
            r["injected_ns_per_event"] = _COST * float(np.exp(random.normal(0, 0.01)))
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
    plan = build(profile(), RunOptions(), (0, 1))
    blocks = max(trial.block for trial in plan.trials)
    pairs = [t for t in plan.trials if t.block == 1 and t.transports[0].endswith("~again")]
    assert len(pairs) * (blocks // BLOCKS) * 3 >= 190, "three figures of each pair at least, and more of some"
    runs = [t for t in plan.trials if t.block == 1 and t.stage == "unread" and t.transports[0].endswith(":1")]
    assert len(runs) * (blocks // BLOCKS) >= 20


def test_a_variant_is_its_transport_under_another_name() -> None:
    for name, plain in {**TRANSPORTS, NOTHING.name: NOTHING}.items():
        again, injected = find_transport(f"{name}~again"), find_transport(f"{name}~inject:9")
        assert (again.name, again.submit, again.defines) == (f"{name}~again", plain.submit, plain.defines)
        assert injected.defines == ("-DINJECTED=9",)


@pytest.mark.parametrize("name", ["perf~", "perf~twice", "perf~inject:0", "perf~inject:x", "perf~inject:100", "~again"])
def test_no_other_variant_is_known(name: str) -> None:
    with pytest.raises(OptionError, match="transport"):
        find_transport(name)


def _recorded(name: str) -> Checked:
    folder = ROOT / "results" / "reference" / name
    return check(SessionView.of(read_session(folder, folder.parent)))


def test_the_injected_cost_of_the_recorded_session_is_found() -> None:
    found = _recorded("injection")
    assert found.covered.n >= 20
    assert found.size_found is True
    share = found.covered
    assert f"{round((share.value or 0) * share.n)} of {share.n} runs" in (ROOT / "docs" / "method.md").read_text()


def test_the_recorded_session_of_one_thing_under_two_names_keeps_the_level() -> None:
    """A/A on recorded data: what docs/method.md tells of it is found again, by this version's analysis."""
    found = _recorded("selfcheck")
    assert found.false_differences.n >= 200
    assert found.level_kept is True
    told = (ROOT / "docs" / "method.md").read_text()
    hits, n = (sum(numbers) for numbers in zip(*found.excluding.values(), strict=True))
    assert f"{hits} of {n}" in told
