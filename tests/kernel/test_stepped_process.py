"""Trials that go by turns: rounds when they are asked for, the same rows, and nothing left when it goes wrong."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest

from ringbench.data.metrics import compute
from ringbench.data.metrics.drops import account_error
from ringbench.data.store.folder import read_session
from ringbench.errors import InvalidMeasurementError
from ringbench.kernel import cpus
from ringbench.machine import isolation
from ringbench.run.interleave.rounds import Interleaved
from ringbench.run.interleave.worker_client import WorkerClient
from ringbench.run.interleave.worktree import version
from ringbench.run.planner.options import RunOptions
from ringbench.run.planner.planner import build
from ringbench.run.planner.profiles import PROFILES
from ringbench.run.session.trial_runner import STEPPED

PLAN = build(
    PROFILES["ci"],
    RunOptions(mode="capacity", transports=("ringbuf-reserve",), readers=("bulk",), repeats=2),
    cpus.online(),
)


def opened() -> isolation.SteppedProcess:
    (trial, *_) = PLAN.trials
    return isolation.SteppedProcess(STEPPED["capacity"], trial, PLAN, timeout_s=30)


def test_it_does_as_many_rounds_as_it_is_asked_for() -> None:
    turns = opened()
    events = []
    for rounds in (3, 6):
        for _ in range(rounds):
            turns.turn()
        (share,) = turns.end().shares
        assert account_error(share.recording) is None
        row = compute(share.recording)
        assert row["fill_ns_per_event"]
        assert row["drain_ns_per_event"]
        events.append(row["attempted"] or 0)
        turns = opened()
    turns.kill()
    assert events[1] * 7 == events[0] * 13  # a round fills twice, and one fill came before


def test_one_that_dies_between_two_turns_is_said_to_have() -> None:
    turns = opened()
    turns.turn()
    pid = turns._started._process.pid
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    with pytest.raises(InvalidMeasurementError, match="died"):
        turns.turn()
    isolation.wait_for_exits()


def test_a_cell_that_a_side_does_not_know_is_left_out_and_what_is_open_is_stored_as_interrupted(tmp_path: Path) -> None:
    isolation.warm_up()
    with version(".", tmp_path / "log") as here:
        clients = [WorkerClient(name, here.side, here.folder, tmp_path / f"{name}.log") for name in ("base", "head")]
        try:
            lockstep = Interleaved(PLAN, clients, {"head": {"ringbuf-reserve": "ringbuf-reserve~nonsense"}})
            with pytest.raises(InvalidMeasurementError, match="no cell can be measured by all sides"):
                lockstep.begin({p.name: str(tmp_path / "a" / p.name) for p in clients}, {"id": "x"}, ["test"])
        finally:
            for client in clients:
                client.close()
        clients = [WorkerClient(name, here.side, here.folder, tmp_path / f"{name}.log") for name in ("base", "head")]
        try:
            lockstep = Interleaved(PLAN, clients)
            lockstep.begin({p.name: str(tmp_path / "b" / p.name) for p in clients}, {"id": "x"}, ["test"])
            assert (
                lockstep.run(lambda number: lockstep.plan.trials, max_time_s=0.001) == "0.001 s were up after 0 blocks."
            )
            assert lockstep.run(lambda number: lockstep.plan.trials if number == 1 else "enough") == "enough"
            clients[0]._process.kill()
            with pytest.raises(InvalidMeasurementError, match="base is gone"):
                lockstep.run(lambda number: lockstep.plan.trials)
        finally:
            for client in clients:
                client.close()
    head = read_session(tmp_path / "b" / "head", tmp_path)
    assert head.manifest["status"] == "interrupted"
    assert len(head.trials) == len([trial for trial in PLAN.trials if trial.block == 1])
    assert head.trials["valid"].all()
