"""Throughput under load: `bulk` against libbpf in each wake-up policy, and what the runner itself costs.

Each figure is a whole trial in a process of its own: one producer on a CPU, 32 records a call, the reader on another.
"""

from __future__ import annotations

import os
import statistics
import time
from typing import Any

import pytest

from ringbench.cli.progress import watching
from ringbench.drivers.transports import TRANSPORTS
from ringbench.kernel import cpus
from ringbench.machine import isolation
from ringbench.run.planner.options import RunOptions
from ringbench.run.planner.planner import build
from ringbench.run.planner.profiles import PROFILES
from ringbench.run.session.session import Progress
from ringbench.run.trials.trial import Share, measure
from ringbench.spec.plan import Plan
from ringbench.spec.wakeups import wakeup
from tests.bench.conftest import Duel, Timed
from tests.kernel.conftest import BUFFERS

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(len(cpus.online()) < 2, reason="a producer and a reader need a CPU each"),
]

POLICIES = ("every", "adaptive", "batch:500", "bytes:16K", "none")
CELLS = [(name, policy) for name in BUFFERS for policy in POLICIES if wakeup(policy).kind in TRANSPORTS[name].wakeups]
FEWEST_BLOCKS = 5
BRIEF = [("perf", "every"), ("perf", "none"), ("ringbuf-reserve", "adaptive")]
TIMER = "sleep:200us"
"""How both readers wait where nobody is woken."""
SECONDS = 0.2


def plan(transport: str, name: str, policy: str, **more: Any) -> Plan:
    choice = RunOptions(
        transports=(transport,),
        readers=(name,),
        wakeups=(policy,),
        waits=() if wakeup(policy).wakes else (TIMER,),
        placements=("other",),
        producers=(1,),
        workloads=("firehose:32",),
        buffer_bytes=(1 << 20,),
        mode="isolated",
        duration_s=SECONDS,
        repeats=1,
        **more,
    )
    return build(PROFILES["smoke"], choice, cpus.online())


def shared(planned: Plan) -> Share:
    (trial,) = planned.trials
    (share,) = isolation.run(measure, trial, planned, timeout_s=60).shares
    recording = share.recording
    assert recording.attempted == recording.delivered + recording.failed
    assert recording.checksum is not None
    assert recording.checksum.holds
    return share


def ns_per_event(planned: Plan) -> Timed:
    """Return what measures one trial and says how long an event that arrived took: the inverse of throughput."""

    def once() -> float:
        recording = shared(planned).recording
        return 1e9 * recording.wall_s / recording.delivered

    return once


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Measure every cell where somebody wants narrow intervals (--blocks); else one of each kind of policy and ring."""
    if "policy" in metafunc.fixturenames:
        whole = int(metafunc.config.getoption("--blocks")) > FEWEST_BLOCKS
        metafunc.parametrize(("transport", "policy"), CELLS if whole else BRIEF)


def test_bulk_against_libbpf(duel: Duel, transport: str, policy: str) -> None:
    bulk, libbpf = (plan(transport, name, policy) for name in ("bulk", "libbpf"))
    duel(
        ns_per_event(bulk),
        ns_per_event(libbpf),
        least=1.0,
        unit="ns/event",
        waits={name: p.trials[0].wait for name, p in (("bulk", bulk), ("libbpf", libbpf))},
    )


@pytest.mark.parametrize("transport", ["ringbuf-output", "perf"])
def test_a_watched_trial_costs_its_reader_what_an_unwatched_one_does(
    duel: Duel, transport: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    planned = plan(transport, "bulk", "batch:500")
    screen, terminal = os.openpty()
    monkeypatch.setattr("sys.stderr", os.fdopen(terminal, "w"))

    taken: dict[bool, list[float]] = {True: [], False: []}

    def cost(*, quiet: bool) -> float:
        with watching(planned, quiet=quiet) as watch:
            watch(Progress(0, 1, planned.trials[0], 0))
            cpu, wall = time.process_time(), time.monotonic()
            recording = shared(planned).recording
            taken[quiet].append((time.process_time() - cpu) / (time.monotonic() - wall))
        return recording.consumer_cpu_ns / recording.consumed

    duel(lambda: cost(quiet=False), lambda: cost(quiet=True), least=0.99, unit="CPU ns/event")
    assert os.read(screen, 1 << 16), "no progress was shown"
    # The whole process that shows it, in CPU time.
    assert statistics.median(taken[False]) - statistics.median(taken[True]) < 0.01, taken
    os.close(screen)


def test_the_thread_that_keeps_the_times_takes_less_than_a_hundredth_of_a_cpu(benchmark: Any) -> None:
    planned = plan("ringbuf-output", "bulk", "adaptive")
    (trial,) = planned.trials
    shares: list[float] = []

    def once() -> None:
        outcome = isolation.run(measure, trial, planned, timeout_s=60)
        shares.append(outcome.controller_cpu_ns / 1e9 / outcome.shares[0].recording.wall_s)

    benchmark.pedantic(once, rounds=5)
    benchmark.extra_info.update(unit="CPUs", shares=shares)
    # In CPU time, so other load doesn't matter: more than this it cannot take from a reader on the same CPU.
    assert sorted(shares)[2] < 0.01
