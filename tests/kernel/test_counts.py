"""What the probes count, against what the kernel itself counts."""

from __future__ import annotations

import time
from pathlib import Path

from ringbench.drivers.readers import READERS, Opening, reader
from ringbench.drivers.transports import find_transport
from ringbench.drivers.workloads import workload
from ringbench.kernel import program, syscalls
from ringbench.machine import isolation
from ringbench.run.planner.options import RunOptions
from ringbench.run.planner.planner import build
from ringbench.run.planner.profiles import PROFILES
from ringbench.spec.event import FORK
from ringbench.spec.wakeups import NOBODY


def _processes() -> int:
    """Return the forks since boot, by /proc/stat: the kernel's total_forks."""
    for line in Path("/proc/stat").read_text().splitlines():
        if line.startswith("processes "):
            return int(line.split()[1])
    raise AssertionError("/proc/stat has no line `processes`")


def _count() -> tuple[int, int, int, int]:
    """Return (forks surely between the two readings, the kernel's own count, forks at most, refused)."""
    load = workload("fork-exec", (0, 1))
    load.prepare()
    carried = find_transport("ringbuf-output")
    loaded = program.load([carried], sizes={carried.name: 16 << 20})
    source = reader("bulk").open(Opening(loaded, carried, 16 << 20, NOBODY, 400_000))
    loaded.set_window(1, (1 << 63) - 1)
    load.start()
    time.sleep(0.3)
    # Processes are made all the time; the readings have a length, so the count is held between two bounds.
    a0, before, a1 = time.monotonic_ns(), _processes(), time.monotonic_ns()
    time.sleep(0.5)
    b0, after, b1 = time.monotonic_ns(), _processes(), time.monotonic_ns()
    load.stop()
    syscalls.wait_for_producers()
    while source.drain():
        pass
    events = source.events()
    assert events is not None
    stamps = events["ts_ns"][events["kind"] == FORK]
    failed = loaded.account(carried).failed
    at_least = int(((stamps > a1) & (stamps < b0)).sum())
    at_most = int(((stamps > a0) & (stamps < b1)).sum())
    source.close()
    loaded.close()
    return at_least, after - before, at_most, failed


def test_fork_events_agree_with_the_kernels_own_count_of_forks() -> None:
    at_least, kernel, at_most, failed = isolation.run(_count, timeout_s=60)
    assert failed == 0
    assert kernel > 300
    # A fork is counted a moment before its tracepoint fires: one for each of the two workers can lie on the edge.
    assert at_least - 2 <= kernel <= at_most + 2


def _stats() -> tuple[int, int, int]:
    loaded = program.load([find_transport("perf")])
    load = workload("fork-exec", (0, 1))
    load.prepare()
    load.start()
    time.sleep(0.1)
    off = loaded.runs()[1]
    with syscalls.bpf_stats():
        time.sleep(0.1)
    on = loaded.runs()[1]
    time.sleep(0.1)
    after = loaded.runs()[1]
    load.stop()
    loaded.close()
    return off, on, after


def test_run_statistics_are_on_inside_the_block_only() -> None:
    if Path("/proc/sys/kernel/bpf_stats_enabled").read_text().strip() != "0":
        raise AssertionError("kernel.bpf_stats_enabled is on: this machine counts all the time")
    off, on, after = isolation.run(_stats, timeout_s=60)
    assert off == 0
    assert on > 0
    assert after == on


def test_lives_beyond_the_map_are_counted_as_refused_and_stay_nameless() -> None:
    refused, unnamed, named = isolation.run(_crowded, timeout_s=60)
    assert refused > 0
    assert unnamed == 0, "a fork event names the life it begins, whether or not the map had room"
    assert named > 300


def _crowded() -> tuple[int, int, int]:
    carried = find_transport("ringbuf-output")
    load = workload("fork-exec", (0, 1))
    load.prepare()
    loaded = program.load([carried], sizes={carried.name: 4 << 20}, lives=1)
    source = reader("bulk").open(Opening(loaded, carried, 4 << 20, NOBODY, 200_000))
    loaded.set_window(1, (1 << 63) - 1)
    load.start()
    time.sleep(0.3)
    load.stop()
    syscalls.wait_for_producers()
    while source.drain():
        pass
    events = source.events()
    assert events is not None
    forks = events[events["kind"] == FORK]
    refused = loaded.task_map_full()
    source.close()
    loaded.close()
    return refused, int((forks["birth"] == 0).sum()), len(forks)


def test_the_plan_of_the_ci_profile_uses_every_reader() -> None:
    plan = build(PROFILES["smoke"], RunOptions(), (0, 1))
    assert {t.reader for t in plan.trials} == set(READERS)
