"""Loads that fail and machines that lack something: each a clear state in the results, never a zero."""

from __future__ import annotations

import dataclasses
import json
import os
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from ringbench.data.store.folder import read_session
from ringbench.drivers import memcg_charge
from ringbench.drivers.transports import TRANSPORTS
from ringbench.drivers.workloads.stress_ng import StressNg
from ringbench.drivers.workloads.workers import Workers
from ringbench.kernel import cpus, syscalls
from ringbench.machine import isolation
from ringbench.machine.lock import exclusive
from ringbench.run.planner.options import RunOptions
from ringbench.run.planner.planner import build
from ringbench.run.planner.profiles import PROFILES
from ringbench.run.session import trial_runner
from ringbench.run.trials.trial import Outcome, measure
from ringbench.spec.plan import Plan
from ringbench.spec.trial import Trial
from tests import ROOT
from tests.kernel.ending import assert_measured

ONE = (
    "--mode",
    "isolated",
    "--transport",
    "ringbuf-output",
    "--reader",
    "bulk",
    "--wakeup",
    "none",
    "--buffer-bytes",
    "64K",
)
ONE += ("--duration", "0.2", "--repeats", "1")
STATISTICS = Path("/proc/sys/kernel/bpf_stats_enabled")


def _run(folder: Path, *arguments: str, before: tuple[str, ...] = ()) -> subprocess.CompletedProcess[str]:
    command = [*before, sys.executable, "-m", "ringbench", "run", "--out", "s", "--quiet", "--no-report", *arguments]
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "bench")}
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)


def _rows(folder: Path) -> pd.DataFrame:
    return read_session(folder / "s", folder).trials


def _killed_half_way(trial: Trial, plan: Plan) -> Outcome:
    """Measure a trial one of whose processes is killed in the middle of the window."""
    start = Workers.start, StressNg.start

    def killing(index: int) -> Callable[[Any], None]:
        def begin(load: Any) -> None:
            start[index](load)
            pid = load._process.pid if index else load._pids[0]
            threading.Timer(0.5, os.kill, (pid, signal.SIGKILL)).start()

        return begin

    Workers.start, StressNg.start = killing(0), killing(1)  # type: ignore[method-assign]
    return measure(trial, plan)


@pytest.mark.parametrize(
    ("workload", "said"),
    [
        ("fork-exec", r"died half-way: worker \d+ was killed by signal 9, [\d,]+ operations after its start"),
        ("stress-ng:vfork", r"died half-way: stress-ng was killed by signal 9"),
    ],
)
def test_a_workload_that_dies_half_way_makes_its_trial_invalid(
    monkeypatch: pytest.MonkeyPatch, workload: str, said: str
) -> None:
    monkeypatch.setitem(trial_runner.MEASURES, "isolated", _killed_half_way)
    choice = RunOptions(workloads=(workload,), transports=("perf",), readers=("bulk",), duration_s=1.0, repeats=1)
    plan = build(PROFILES["quick"], dataclasses.replace(choice, mode="isolated", wakeups=("none",)), cpus.online())
    (row,), events, _ = trial_runner._measured(plan.trials[0], plan, {}, None)
    assert row["valid"] is False
    assert re.search(said, row["invalid_reason"])
    assert not {"events_per_s", "drop_rate", "attempted"} & set(row)  # null in the results
    assert events == {}


def test_a_workload_that_produces_nothing_is_invalid_and_says_so(tmp_path: Path) -> None:
    # So few calls a second that none falls into the window.
    done = _run(tmp_path, "--workload", "firehose:1@0.001", *ONE)
    rows = _rows(tmp_path)
    assert rows["attempted"].tolist() == [0], done.stderr
    assert rows["valid"].tolist() == [False]
    assert rows["invalid_code"].tolist() == ["nothing_produced"]
    assert rows["drop_rate"].isna().all()
    assert done.returncode == 3
    assert "1 measurements are invalid" in done.stderr


@pytest.fixture
def statistics_on() -> Iterator[None]:
    before = STATISTICS.read_text()
    STATISTICS.write_text("1")
    yield
    STATISTICS.write_text(before)


@pytest.mark.usefixtures("statistics_on")
def test_bpf_stats_that_are_on_already_are_said_and_left_on(tmp_path: Path) -> None:
    done = _run(tmp_path, "--workload", "firehose:1", *ONE)
    assert_measured(done, tmp_path / "s")
    manifest = json.loads((tmp_path / "s" / "session.json").read_text())
    assert any("bpf_stats_enabled was on already" in note for note in manifest["notes"])
    assert (_rows(tmp_path)["producer_ns_per_event"] > 0).all()
    assert STATISTICS.read_text().strip() == "1"


def test_without_perf_permission_it_says_so_and_leaves_nothing(tmp_path: Path) -> None:
    without = ("setpriv", "--bounding-set=-sys_admin,-perfmon", "--inh-caps=-all")
    done = _run(tmp_path, "--repeats", "1", before=without)
    assert done.returncode == 2
    assert "Operation not permitted" in done.stderr
    assert "CAP_PERFMON" in done.stderr
    assert "Traceback" not in done.stderr
    assert list(tmp_path.iterdir()) == []


def _without_cgroups(name: str) -> int | None:
    memcg_charge._memory_controller = lambda: None  # type: ignore[assignment]
    return memcg_charge.cgroup_bytes(TRANSPORTS[name], 1 << 20)


@pytest.mark.parametrize("name", TRANSPORTS)
def test_without_a_memory_cgroup_its_charge_is_null(name: str) -> None:
    assert isolation.run(_without_cgroups, name, timeout_s=60) is None


def _own(name: str) -> tuple[bool, int | None]:
    return memcg_charge._memory_controller() is not None, memcg_charge.cgroup_bytes(TRANSPORTS[name], 1 << 20)


def test_with_one_the_charge_is_that_of_the_kernels_layout_or_nothing() -> None:
    # A ringbuf is charged in whole (kernel/bpf/ringbuf.c allocates with the map's memcg), perf's pages are not
    # (kernel/events/ring_buffer.c allocates without __GFP_ACCOUNT).
    for name in ("ringbuf-output", "ringbuf-reserve"):
        there, charged = isolation.run(_own, name, timeout_s=60)
        if not there:
            assert charged is None
            continue
        computed = TRANSPORTS[name].physical_bytes(1 << 20, 2)
        assert charged is not None
        assert 0.9 * computed < charged < 1.2 * computed
    there, charged = isolation.run(_own, "perf", timeout_s=60)
    assert charged is None if not there else charged is not None and charged < (1 << 20) / 4


def test_the_statistics_can_be_had_twice_at_once() -> None:
    with syscalls.bpf_stats(), syscalls.bpf_stats():
        pass


MEASURING = {"run": ["--profile", "smoke"], "ab": ["--base", "."], "selftest": ["gate", "--blocks", "1"]}


@pytest.mark.parametrize("command", MEASURING)
def test_two_measurements_at_a_time_on_one_machine_are_refused(tmp_path: Path, command: str) -> None:
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "bench")}
    words = [sys.executable, "-m", "ringbench", command, *MEASURING[command], "--out", "out"]
    with exclusive():
        done = subprocess.run(
            words, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False, timeout=60
        )
    assert done.returncode == 2
    assert f"another ringbench is measuring on this machine (process {os.getpid()}" in done.stderr
    assert not list(tmp_path.rglob("session.json"))
