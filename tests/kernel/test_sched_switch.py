"""The workload sched-switch: a probe under the lock of the run queue, where the wrong wake-up would never come back."""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np
import pytest

from ringbench.data.metrics import ordering
from ringbench.data.metrics.drops import account_error
from ringbench.data.store.folder import read_session
from ringbench.drivers.readers import READERS
from ringbench.drivers.transports import TRANSPORTS
from ringbench.drivers.transports.nothing import NOTHING
from ringbench.drivers.workloads import workload
from ringbench.kernel import cpus, probe, program, syscalls
from ringbench.machine import isolation
from ringbench.spec.event import SWITCH, SWITCHED
from ringbench.spec.wakeups import wakeup
from tests.kernel.conftest import Measure, share
from tests.kernel.ending import assert_measured
from tests.kernel.test_session import ringbench

POLICIES = ("none", "every", "adaptive", "batch:500", "bytes:16K")
CELLS = [
    (transport.name, policy, reader)
    for transport in TRANSPORTS.values()
    for policy in POLICIES
    for reader in (("bulk", "libbpf") if policy in ("every", "adaptive") else ("bulk",))
    if wakeup(policy).kind in transport.wakeups
    and transport.refuses(probe.SCHED_SWITCH.record.struct) is None
    and READERS[reader].refuses(transport, wakeup(policy)) is None
]
PARTS = 4


@pytest.mark.parametrize(("transport", "policy", "reader"), CELLS)
def test_every_switch_is_accounted_for_and_nothing_stalls(
    measured: Measure, transport: str, policy: str, reader: str
) -> None:
    outcome = measured(
        transport, reader=reader, wakeup=policy, workload="sched-switch", buffer_bytes=4 << 20, duration_s=0.15
    )
    recording = share(outcome, transport).recording
    assert account_error(recording) is None
    assert recording.checksum.holds
    assert recording.record_bytes == SWITCHED.itemsize
    events = recording.events
    assert len(events) == recording.delivered
    assert set(np.unique(events["kind"])) == {SWITCH}
    # Each CPU went on switching to the end: none of them hung in a wake-up.
    for cpu in cpus.online():
        stamps = events["ts_ns"][events["cpu"] == cpu] - events["ts_ns"].min()
        part = stamps * PARTS // int(recording.wall_s * 1e9)
        assert np.bincount(part.astype(np.int64), minlength=PARTS).min() > 10


@pytest.mark.parametrize(
    ("transport", "policy"),
    [("perf", "every"), ("ringbuf-output", "every"), ("ringbuf-reserve", "every"), ("ringbuf-reserve", "adaptive")],
)
def test_a_reader_that_its_own_switches_wake_is_kept_awake_and_let_go_at_the_end(
    measured: Measure, transport: str, policy: str
) -> None:
    outcome = measured(transport, reader="libbpf", wakeup=policy, workload="sched-switch@1")
    recording = share(outcome, transport).recording
    assert account_error(recording) is None
    assert recording.residual == 0
    # It falls asleep, which is a switch, which wakes it, which is another: most of what it reads it has made itself.
    assert 2 * recording.context_switches > recording.attempted / 2


@pytest.mark.parametrize("reader", ["bulk", "libbpf"])
def test_paired_transports_deliver_the_same_switches(measured: Measure, reader: str) -> None:
    outcome = measured("perf", "ringbuf-reserve", reader=reader, workload="sched-switch", buffer_bytes=8 << 20)
    delivered = []
    for found in outcome.shares:
        assert account_error(found.recording) is None
        assert found.recording.failed == 0
        events = found.recording.events[list(SWITCHED.names or ())].astype(SWITCHED)
        delivered.append(np.sort(events, order=["cpu", "seq"]).tobytes())
    assert len(delivered[0]) > 1000 * SWITCHED.itemsize
    assert delivered[0] == delivered[1]


def test_the_tasks_that_are_given_a_cpu_are_those_of_the_workload(measured: Measure) -> None:
    found = share(measured("ringbuf-reserve", workload="sched-switch", buffer_bytes=4 << 20), "ringbuf-reserve")
    events = found.recording.events
    assert found.recording.failed == 0
    for cpu in cpus.online():
        given = events[events["cpu"] == cpu]
        given = given["pid"][np.argsort(given["seq"])]
        pids, times = np.unique(given, return_counts=True)
        pair = pids[np.argsort(times)[-2:]]
        mine = given[np.isin(given, pair)]
        # The byte goes to and fro: whoever has had the CPU gives it to the other, but for what comes in between.
        assert len(mine) > len(given) / 2
        assert np.mean(mine[1:] != mine[:-1]) > 0.9


def _ctxt() -> int:
    (line,) = [line for line in Path("/proc/stat").read_text().splitlines() if line.startswith("ctxt ")]
    return int(line.split()[1])


def _counted() -> tuple[int, int, int]:
    """Return what the program counted in a window, and what the kernel counted within it and around it."""
    load = workload("sched-switch", cpus.online())
    load.prepare()
    looks: list[tuple[int, int, int]] = []
    loaded = program.load([NOTHING], probe=probe.SCHED_SWITCH)
    try:
        load.start()
        start_ns = time.monotonic_ns() + 100_000_000
        end_ns = start_ns + 300_000_000
        loaded.set_window(start_ns, end_ns)
        while not looks or looks[-1][0] <= end_ns:
            looks.append((time.monotonic_ns(), _ctxt(), time.monotonic_ns()))
            time.sleep(0.002)
    finally:
        load.stop()
    syscalls.wait_for_producers()
    account = loaded.account(NOTHING)
    loaded.close()
    before = max(count for _, count, read_ns in looks if read_ns < start_ns)
    after = min(count for began_ns, count, _ in looks if began_ns > end_ns)
    inside = [count for began_ns, count, read_ns in looks if began_ns > start_ns and read_ns < end_ns]
    return account.attempted, inside[-1] - inside[0], after - before


def test_the_account_is_the_kernels_own_count_of_context_switches() -> None:
    attempted, within, around = isolation.run(_counted)
    assert within > 1000
    # A switch is counted before it is stamped: on each CPU one can lie on either side of each end of the window.
    at_the_ends = 2 * len(cpus.online())
    assert within - at_the_ends <= attempted <= around + at_the_ends


def test_a_session_of_switches_has_order_and_latency_and_none_of_what_needs_a_life(tmp_path: Path) -> None:
    setting = ["--mode", "isolated", "--reader", "libbpf", "--wakeup", "none", "--buffer-bytes", "4M", "--repeats", "1"]
    setting += ["--transport", "perf", "--transport", "ringbuf-reserve", "--duration", "0.3", "--events-to", "disk"]
    done = ringbench("run", "--workload", "sched-switch", *setting, "--out", "s", cwd=tmp_path)
    assert_measured(done, tmp_path / "s")
    session = read_session(tmp_path / "s", tmp_path)
    assert session.trials["valid"].all()
    assert session.trials["seq_checked"].all()
    assert session.trials["record_bytes"].tolist() == [SWITCHED.itemsize] * 2
    assert session.trials[["causal_violations", "lives", "cross_cpu_lives"]].isna().all(axis=None)
    assert (session.trials["latency_p50_ns"] > 0).all()
    for _, row in session.trials.iterrows():
        events = session.event_arrays(row["trial"])[row["transport"]]
        assert len(events) == row["delivered"] > 1000
        assert set(np.unique(events["kind"])) == {SWITCH}
        assert ordering.late_events(events["ts_ns"]) == row["late_events"]
    summary = (tmp_path / "s" / "summary.md").read_text()
    assert "24-byte records" in summary
    assert "causal violation among them" not in summary
