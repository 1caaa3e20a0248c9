"""An account that was tampered with makes the trial invalid, and the reason says what is missing."""

from __future__ import annotations

import re

import pytest

from ringbench.kernel import cpus
from ringbench.machine import isolation
from ringbench.run.planner.options import RunOptions
from ringbench.run.planner.planner import build
from ringbench.run.session import rows
from ringbench.spec.codes import InvalidCode
from ringbench.spec.profile import Group, Profile
from tests.kernel import sabotage

PROFILE = Profile(
    "test",
    "one trial",
    (Group("isolated", ("ringbuf-output",), ("bulk",), ("none",), ("firehose:8@2k",), (8,)),),
    1,
    0.2,
)

REASONS = {
    "nothing": (None, ""),
    "a lost increment": (InvalidCode.ACCOUNT_UNBALANCED, r"\(\d+ too many\)"),
    "a record read twice": (InvalidCode.ACCOUNT_UNBALANCED, r"\(1 too many\)"),
    "a record skipped": (InvalidCode.ACCOUNT_UNBALANCED, r"\(1 missing\)"),
    "one read twice, one skipped": (InvalidCode.CHECKSUM_MISMATCH, ""),
    "residue not drained": (InvalidCode.ACCOUNT_UNBALANCED, r"\(\d+ missing\)"),
}


def test_each_sabotage_is_tried() -> None:
    assert set(REASONS) == set(sabotage.SABOTAGE)


@pytest.mark.parametrize("name", REASONS)
def test_a_sabotaged_account_makes_the_trial_invalid(name: str) -> None:
    # Woken for every 500th record, and asleep in between, so that a part of them is left to the final drain.
    choice = RunOptions(wakeups=("batch:500",), waits=("epoll",), producers=(1,), repeats=1)
    plan = build(PROFILE, choice, cpus.online())
    (trial,) = plan.trials
    outcome = isolation.run(sabotage.measure, name, trial, plan, timeout_s=60)
    (share,) = outcome.shares
    row = rows.row_of(trial, plan, outcome, share, {}, 0.0)
    assert row["attempted"] > 1_000
    if name == "residue not drained":
        assert row["residual"] == 0
    elif name == "nothing":
        assert row["residual"] > 0, "nothing was left to the final drain: this test could not fail"
    code, numbers = REASONS[name]
    assert (row["valid"], row["invalid_code"]) == (code is None, code)
    assert re.search(numbers, row["invalid_reason"] or "")
