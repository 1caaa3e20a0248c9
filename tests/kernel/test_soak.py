"""Soak: every reader under the firehose for ``--soak S`` seconds: memory flat, account and checksum exact.

CI runs a second each. The long run: ``sudo ./with-env pytest tests/kernel/test_soak.py --soak 600 -s``.
"""

from __future__ import annotations

import json
import threading
from pathlib import Path

import pytest

from ringbench.data.metrics.drops import account_error
from ringbench.drivers.readers import READERS
from ringbench.kernel import cpus
from ringbench.machine import isolation
from ringbench.run.planner.options import RunOptions
from ringbench.run.planner.planner import build
from ringbench.run.planner.profiles import PROFILES
from ringbench.run.trials.trial import Outcome, measure
from ringbench.spec.plan import Plan

pytestmark = pytest.mark.alone

_SAMPLES = 50


def _resident_kib() -> int:
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("RssAnon:"):
            return int(line.split()[1])
    raise AssertionError("/proc/self/status has no line RssAnon")


def _watched(plan: Plan) -> tuple[Outcome, list[int]]:
    """Measure the plan's trial; return its outcome, and its process's anonymous memory in KiB, over the window."""
    sizes: list[int] = []
    over = threading.Event()

    def watch() -> None:
        while not over.wait(plan.duration_s / _SAMPLES):
            sizes.append(_resident_kib())

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        outcome = measure(plan.trials[0], plan)
    finally:
        over.set()
        watcher.join()
    return outcome, sizes


@pytest.mark.slow
@pytest.mark.parametrize("name", list(READERS))
def test_memory_stays_flat_and_the_account_exact(request: pytest.FixtureRequest, name: str) -> None:
    seconds = float(request.config.getoption("--soak"))
    choice = RunOptions(
        transports=("perf", "ringbuf-reserve"),
        readers=(name,),
        wakeups=("none",),
        waits=("sleep:200us",),
        workloads=("firehose:32",),
        buffer_bytes=(1 << 20,),
        mode="paired",
        duration_s=seconds,
        repeats=1,
    )
    plan = build(PROFILES["smoke"], choice, cpus.online())
    outcome, sizes = isolation.run(_watched, plan, timeout_s=seconds + 120)
    settled, later = sizes[len(sizes) // 5 : len(sizes) // 2], sizes[len(sizes) // 2 :]
    # A Python thread's own freelists and the allocator's caches move by some hundred KiB; a leak of a byte an event
    # would be megabytes within a second.
    assert max(later) - max(settled) < 1024
    for share in outcome.shares:
        recording = share.recording
        assert account_error(recording) is None
        assert recording.delivered > 100 * seconds
        told = {
            "reader": name,
            "transport": share.transport,
            "seconds": recording.wall_s,
            "attempted": recording.attempted,
            "delivered": recording.delivered,
            "failed": recording.failed,
            "checksum": recording.checksum.holds,
            "kib_settled": max(settled),
            "kib_later": max(later),
        }
        print(json.dumps(told))
