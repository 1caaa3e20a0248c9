"""When a session has enough repeats."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from ringbench.data.store.schema import TRIALS
from ringbench.errors import OptionError
from ringbench.run.adaptive import grown as grown_by
from ringbench.run.adaptive.precision import reason as reason_of
from ringbench.run.adaptive.precision import widest
from ringbench.run.planner.options import RunOptions
from ringbench.run.planner.planner import build
from ringbench.run.planner.profiles import PROFILES
from ringbench.spec.growth import FEWEST, UntilPrecise
from ringbench.spec.plan import Plan
from tests.analysis import synthetic


def _rows(blocks: int, spread: float, trial_s: float = 2.0) -> list[dict[str, Any]]:
    """Trials of two transports, alike but for noise of a relative *spread*."""
    drawn = np.random.default_rng(1)
    rows = []
    for block in range(1, blocks + 1):
        for place, transport in enumerate(("perf", "ringbuf-reserve")):
            cost = float(500 * np.exp(drawn.normal(0, spread)))
            row = synthetic.row(mode="isolated", transport=transport, block=block, trial=f"{block}-{place}")
            row = {**dict.fromkeys(TRIALS.names), **row}
            rows.append({**row, "producer_ns_per_event": cost, "trial_s": trial_s, "valid": True, "saturated": None})
    return rows


@pytest.mark.parametrize("rule", [UntilPrecise(precision=0.5), UntilPrecise(max_time_s=0.1), UntilPrecise(0.5, 0.1)])
def test_nothing_ends_a_session_before_five_blocks(rule: UntilPrecise) -> None:
    assert reason_of(rule, _rows(FEWEST - 1, 0.001)) is None
    assert reason_of(rule, _rows(FEWEST, 0.001))


def test_blocks_are_added_until_the_widest_interval_is_narrow_enough() -> None:
    rule = UntilPrecise(precision=0.05)
    assert reason_of(rule, _rows(FEWEST, 0.2)) is None
    reason = reason_of(rule, _rows(200, 0.2))
    assert reason
    assert reason.startswith("200 repeats: every interval is within ±0.05 (widest ±0.0")
    assert "producer_ns_per_event of perf against ringbuf-reserve" in reason


def test_a_time_ends_it_by_the_seconds_that_trials_took_and_says_how_wide_it_stayed() -> None:
    rule = UntilPrecise(precision=0.001, max_time_s=30)
    assert reason_of(rule, _rows(7, 0.2)) is None  # 14 trials of 2 s
    assert "30 s were up (widest interval ±0." in (reason_of(rule, _rows(8, 0.2)) or "")


def test_saturated_and_invalid_trials_give_no_interval() -> None:
    rows = _rows(FEWEST, 0.1)
    assert widest(rows)[0]
    assert widest([{**row, "saturated": True} for row in rows]) == (None, "")
    assert widest([{**row, "valid": False} for row in rows]) == (None, "")


def test_a_plan_grows_by_whole_blocks_that_come_out_the_same_again() -> None:
    plan = build(PROFILES["smoke"], RunOptions(precision=0.05, max_time_s=60), (0, 1))
    assert plan.repeats == FEWEST
    assert any("within ±0.05" in note and "60 s are up" in note for note in plan.notes)
    assert plan.growth == UntilPrecise(0.05, 60)
    grown = grown_by(plan, [])
    again = Plan.from_json(plan.as_json(), plan.notes)
    assert isinstance(grown, Plan)
    assert again == plan
    assert grown_by(again, []) == grown
    new = grown.trials[len(plan.trials) :]
    assert {trial.block for trial in new} == {FEWEST + 1}
    assert sorted(t.scenario for t in new) == sorted(t.scenario for t in plan.trials if t.block == 1)
    assert len({trial.trial for trial in grown.trials}) == len(grown.trials)
    fixed = build(PROFILES["smoke"], RunOptions(repeats=FEWEST + 1), (0, 1))
    assert fixed.trials == grown.trials


@pytest.mark.parametrize(
    ("choice", "said"),
    [
        (RunOptions(precision=0.0), "more than 0 and less than 100 %"),
        (RunOptions(precision=1.0), "more than 0 and less than 100 %"),
        (RunOptions(max_time_s=-1.0), "--max-time -1: seconds"),
        (RunOptions(precision=0.1, repeats=5), "choose one of the two"),
        (RunOptions(precision=0.1, command=("true",)), "a COMMAND is run as often as --repeats says"),
    ],
)
def test_rules_that_make_no_sense_are_refused(choice: RunOptions, said: str) -> None:
    with pytest.raises(OptionError, match=said):
        build(PROFILES["smoke"], choice, (0, 1))
