"""How fast order is analysed: in proportion to the events, within a bounded memory, and sooner than they were captured.

The curve up to a hundred million events, on a machine that does nothing else:

    sudo ./with-env pytest tests/bench/test_order.py --events 1e8 -k curve -s --basetemp DIR_WITH_2_GB
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from ringbench.data.order import analyse
from ringbench.data.order.file import EventsFile
from ringbench.data.store import events_writer
from ringbench.kernel import cpus
from ringbench.machine import isolation
from ringbench.run.planner.options import RunOptions
from ringbench.run.planner.planner import build
from ringbench.run.planner.profiles import PROFILES
from ringbench.run.trials.trial import measure
from tests.bench.conftest import Duel, Timed
from tests.data.order.planted import Planted, Recipe, drained_by_cpu

pytestmark = pytest.mark.slow

SMALL, LARGE = 200_000, 1_600_000
"""Events, about. Where time grows faster than the events, eight times as many take longer for each."""
EVENTS_A_LIFE = 2.9
MOST_BYTES = 3 << 30


def written(path: Path, events: float, cpus_: int = 2) -> Planted:
    return Recipe(round(events / EVENTS_A_LIFE), cpus=cpus_).write(path)


def ns_per_event(path: Path, shared_ring: bool) -> Timed:
    def once() -> float:
        began = time.monotonic_ns()
        ((name, stream),) = EventsFile(path).streams().items()
        order = analyse(stream, name, shared_ring=shared_ring)
        return (time.monotonic_ns() - began) / order.events

    return once


@pytest.mark.parametrize("shared_ring", [True, False], ids=["shared-ring", "ring-per-cpu"])
def test_time_grows_with_the_events_and_no_faster(duel: Duel, tmp_path: Path, shared_ring: bool) -> None:
    for name, events in (("small", SMALL), ("large", LARGE)):
        if shared_ring:
            written(tmp_path / name, events)
            continue
        with events_writer.replacing(tmp_path / name, ["perf"]) as writer:
            for part, _ in Recipe(round(events / EVENTS_A_LIFE), cpus=64, swaps=0, moved_forks=0).parts():
                writer.add("perf", drained_by_cpu(part))
    large, small = (ns_per_event(tmp_path / name, shared_ring) for name in ("large", "small"))
    duel(large, small, least=0.75, unit="ns/event", small=SMALL, large=LARGE)


def test_the_curve(benchmark: Any, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    """Each decade up to ``--events``, as a user would: the command on a file, in a process of its own."""
    most, curve = float(request.config.getoption("--events")), []
    decades = [10.0**power for power in range(6, 12) if 10.0**power <= most * 1.001]

    def analysed() -> None:
        for events in decades:
            path = tmp_path / f"{events:.0e}.parquet"
            planted = written(path, events)
            with open(tmp_path / "found.json", "w+b") as out:
                began = time.monotonic()
                process = subprocess.Popen(
                    [sys.executable, "-m", "ringbench", "order", str(path), "--json"], stdout=out, cwd=os.getcwd()
                )
                _, status, usage = os.wait4(process.pid, 0)
                took = time.monotonic() - began
                out.seek(0)
                (found,) = json.load(out)["recordings"]
            path.unlink()
            assert status == 0
            assert {name: found[name] for name in vars(planted) if name in found} == vars(planted)
            assert usage.ru_maxrss * 1024 < MOST_BYTES
            curve.append(
                {"events": found["events"], "s": took, "cpu_s": usage.ru_utime + usage.ru_stime, "kib": usage.ru_maxrss}
            )
            print(
                f"\n{found['events']:>12,} events {took:8.2f} s {1e9 * took / found['events']:7.0f} ns an event "
                f"{usage.ru_maxrss / 1024:8.0f} MiB"
            )

    benchmark.pedantic(analysed, rounds=1)
    benchmark.extra_info.update(curve=curve)


@pytest.mark.skipif(len(cpus.online()) < 2, reason="disorder across CPUs needs two")
def test_it_is_analysed_sooner_than_it_was_captured(duel: Duel, tmp_path: Path) -> None:
    choice = RunOptions(
        transports=("perf", "ringbuf-reserve"), readers=("bulk",), wakeups=("none",), workloads=("stress-ng:vfork",),
        buffer_bytes=(8 << 20,), mode="paired", duration_s=1.0, repeats=1,
    )  # fmt: skip
    planned = build(PROFILES["smoke"], choice, cpus.online())
    (trial,) = planned.trials
    outcome = isolation.run(measure, trial, planned, timeout_s=60)
    events = {share.transport: share.recording.events for share in outcome.shares}
    captured_ns = outcome.shares[0].recording.wall_s * 1e9
    events_writer.store(tmp_path / "events.parquet", events)
    told = {name: len(array) for name, array in events.items()}

    def analysis() -> float:
        began = time.monotonic_ns()
        for name, stream in EventsFile(tmp_path / "events.parquet").streams().items():
            analyse(stream, name, shared_ring=name != "perf")
        return float(time.monotonic_ns() - began)

    duel(analysis, lambda: captured_ns, least=1.0, unit="ns", events=told)
