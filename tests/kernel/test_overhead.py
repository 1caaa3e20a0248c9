"""Overhead trials against the real kernel: every stage, its account, and that it does what its name says."""

from __future__ import annotations

import dataclasses
import math
import os
from pathlib import Path

import pytest

from ringbench.data.metrics.drops import account_error
from ringbench.data.metrics.overhead import METRIC
from ringbench.drivers.workloads import operation
from ringbench.drivers.workloads.rounds import Rounds
from ringbench.errors import InvalidMeasurementError, OptionError
from ringbench.kernel import cpus
from ringbench.machine import isolation
from ringbench.run.planner.options import RunOptions
from ringbench.run.planner.planner import build
from ringbench.run.planner.profiles import PROFILES
from ringbench.run.trials import overhead
from ringbench.spec.trial import Trial

pytestmark = pytest.mark.alone

_PLAN = build(PROFILES["overhead"], RunOptions(repeats=1, duration_s=0.1, placements=("free",)), cpus.online())
_TRIALS = {f"{t.workload} {t.stage} {t.transports[0]} {t.wakeup}": t for t in _PLAN.trials}


@pytest.mark.parametrize("name", sorted(_TRIALS))
def test_every_stage_is_timed_and_its_account_balances(name: str) -> None:
    trial = _TRIALS[name]
    outcome = isolation.run(overhead.measure, trial, _PLAN, timeout_s=120)
    (share,) = outcome.shares
    recording, found = share.recording, share.recording.overhead
    assert found
    # The rounds' own clock: they come one after the other, and no operation is over within 10 ns. How much of the time
    # they fill is the machine's mood: between two of them both processes must be woken.
    assert 10 * found.operations < found.ns < recording.wall_s * 1e9
    assert account_error(recording) is None
    values = METRIC.compute(recording)
    assert values["operation_ns"] == pytest.approx(found.events_per_operation * values["operation_ns_per_event"])
    if trial.stage == "bare":
        assert (recording.attempted, recording.delivered) == (None, None)
        return
    assert recording.failed == 0
    assert recording.attempted >= found.operations * found.events_per_operation
    if trial.workload.startswith("firehose"):  # nobody else calls with that pid; its first round isn't counted
        a_round = overhead._operations(trial, found.events_per_operation)
        assert found.operations % a_round == 0
        assert recording.attempted == (found.operations + a_round) * found.events_per_operation
    delivered = None if trial.stage == "probe" else recording.attempted
    assert recording.delivered == delivered
    assert recording.checksum is None or recording.checksum.holds is True


def test_a_buffer_too_small_for_a_round_is_not_filled_beyond_what_it_holds() -> None:
    small = dataclasses.replace(_TRIALS["firehose:1 unread ringbuf-reserve none"], asked_bytes=8192)
    (share,) = isolation.run(overhead.measure, small, _PLAN, timeout_s=120).shares
    assert share.recording.failed == 0
    assert share.recording.attempted == share.recording.delivered > 10_000


def test_a_workload_without_an_operation_is_refused() -> None:
    with pytest.raises(OptionError, match=r"can be timed one by one\. Those that have: fork-exec, firehose:B"):
        operation("stress-ng:fork")
    with pytest.raises(OptionError, match="can be timed one by one"):
        operation("fork-exec@60%")


def _die(_: object) -> None:
    with Rounds(operation("firehose:1").loop(), cpus.online()[0]) as rounds:
        rounds.begin(1 << 40)
        assert rounds.took_ns(wait_s=0.01) is None
        children = [p for p in Path("/proc").glob("[0-9]*") if _parent(p) == os.getpid()]
        for child in children:
            os.kill(int(child.name), 9)
        rounds.took_ns(wait_s=10)


def _parent(process: Path) -> int:
    try:
        return int((process / "stat").read_text(errors="replace").rpartition(")")[2].split()[1])
    except (OSError, IndexError):
        return -1


def test_a_producer_that_dies_makes_the_trial_invalid() -> None:
    with pytest.raises(InvalidMeasurementError, match="the producer ended by itself"):
        isolation.run(_die, None, timeout_s=60)


def test_submission_costs_more_than_no_submission_and_a_wake_up_more_than_either() -> None:
    def ns(name: str) -> float:
        trial: Trial = _TRIALS[name]
        (share,) = isolation.run(overhead.measure, trial, _PLAN, timeout_s=120).shares
        return float(METRIC.compute(share.recording)["operation_ns"] or 0)

    # In turn, and the least of two to six each: the order is what is tested, not a time.
    names = ("bare nothing none", "probe nothing none", "unread perf none", "read perf every")
    least = [math.inf] * len(names)
    for turn in range(6):
        least = [min(before, ns(f"firehose:1 {name}")) for before, name in zip(least, names, strict=True)]
        if turn and least == sorted(least):
            return
    pytest.fail(f"the least of six each, in ns: {dict(zip(names, least, strict=True))}")
