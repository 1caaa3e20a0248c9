"""What writing events to disk costs the reader, and what it makes it lose: against the same trial kept in memory.

A block of the pool lasts seconds and a row group half a minute at the pace of fork-exec, so both are made smaller here:
the writer packs and writes all the time, and each of these short trials meets its full cost for each event.
"""

from __future__ import annotations

import functools
import tempfile
from pathlib import Path
from typing import Any

import pytest

from ringbench.data.metrics.drops import account_error
from ringbench.kernel import cpus
from ringbench.machine import isolation
from ringbench.run.planner.options import RunOptions
from ringbench.run.planner.planner import build
from ringbench.run.trials import trial as trial_module
from ringbench.run.trials.capture import Capture
from ringbench.run.trials.trial import Outcome, Share
from ringbench.spec.plan import Plan
from ringbench.spec.profile import BOTH, Group, Profile
from ringbench.spec.trial import Trial
from tests.bench.conftest import Duel, Timed

pytestmark = pytest.mark.slow

SECONDS = 0.3
SLOTS, ROW_GROUP = 1 << 11, 1 << 13
TIGHT = 16 << 10
"""Bytes of a buffer that the reader has to look at every few milliseconds."""


def plan(mode: str, *transports: str, reader: str, nbytes: int) -> Plan:
    choice = RunOptions(
        transports=transports,
        readers=(reader,),
        wakeups=("none",),
        waits=("sleep:5ms",),
        workloads=("fork-exec",),
        buffer_bytes=(nbytes,),
        mode=mode,
        duration_s=SECONDS,
        repeats=1,
    )
    group = Group(mode, BOTH, (reader,), ("none",), ("fork-exec",), (1,))
    return build(Profile("test", "one trial", (group,), 1, SECONDS, warmup_s=0.1), choice, cpus.online())


def _written(trial: Trial, planned: Plan, place: Path) -> Outcome:
    made = functools.partial(Capture, slots=SLOTS, row_group=ROW_GROUP)
    trial_module.Capture = made  # type: ignore[assignment, misc]
    return trial_module.measure(trial, planned, place)


def shares(planned: Plan, told: dict[str, Any], *, disk: bool) -> tuple[Share, ...]:
    """Measure the plan's only trial; with *disk*, add to *told* how often the reader waited and what was written."""
    (trial,) = planned.trials
    if not disk:
        outcome = isolation.run(trial_module.measure, trial, planned, timeout_s=60)
        assert not any(account_error(share.recording) for share in outcome.shares)
        return outcome.shares
    with tempfile.TemporaryDirectory() as folder:
        outcome = isolation.run(_written, trial, planned, Path(folder) / "events", timeout_s=60)
    for share in outcome.shares:
        assert account_error(share.recording) is None
        assert share.feed is not None
        told["waits"] = told.get("waits", 0) + share.feed.waits
        told["wait_ns"] = told.get("wait_ns", 0) + share.feed.wait_ns
        told["blocks_written"] = told.get("blocks_written", 0) + share.feed.written_blocks
        told["events_written"] = told.get("events_written", 0) + (share.recording.delivered or 0)
    return outcome.shares


def test_cpu_time_of_the_reader(duel: Duel) -> None:
    planned = plan("isolated", "ringbuf-reserve", reader="bulk", nbytes=1 << 20)
    told: dict[str, Any] = {}

    def cost(*, disk: bool) -> float:
        (share,) = shares(planned, told, disk=disk)
        recording = share.recording
        assert recording.consumer_cpu_ns is not None
        assert recording.consumed
        return recording.consumer_cpu_ns / recording.consumed

    memory: Timed = functools.partial(cost, disk=False)
    disk: Timed = functools.partial(cost, disk=True)
    duel(disk, memory, least=0.6, unit="consumer CPU ns/event", account=told)


def test_what_is_delivered_from_a_buffer_that_is_just_large_enough(duel: Duel) -> None:
    planned = plan("paired", "perf", "ringbuf-reserve", reader="bulk", nbytes=TIGHT)
    told: dict[str, Any] = {}

    def attempts_a_delivery(*, disk: bool) -> float:
        found = [share.recording for share in shares(planned, told, disk=disk)]
        return sum(r.attempted or 0 for r in found) / sum(r.delivered or 0 for r in found)

    memory: Timed = functools.partial(attempts_a_delivery, disk=False)
    disk: Timed = functools.partial(attempts_a_delivery, disk=True)
    duel(disk, memory, least=0.95, unit="attempted/delivered", account=told)
