"""Whole trials against the real kernel: the account, identity, order, lives."""

from __future__ import annotations

import sys

import numpy as np
import pytest

from ringbench.data.metrics import ordering
from ringbench.spec.event import EVENT, EXEC, EXIT, FORK
from tests.kernel.conftest import Measure, share

COMBINATIONS = [
    (transport, reader, wakeup)
    for transport in ("perf", "ringbuf-output", "ringbuf-reserve")
    for reader in ("bulk", "callback")
    for wakeup in ("every", "adaptive", "none")
    if not (transport == "perf" and wakeup == "adaptive")
]


@pytest.mark.parametrize(("transport", "reader", "wakeup"), COMBINATIONS)
def test_the_account_of_an_isolated_trial_balances(measured: Measure, transport: str, reader: str, wakeup: str) -> None:
    outcome = measured(transport, reader=reader, wakeup=wakeup)
    recording = share(outcome, transport).recording
    assert recording.attempted == recording.delivered + recording.failed
    assert recording.attempted > 300
    assert recording.failed == 0
    assert recording.producer_runs >= recording.attempted * 0.9
    assert recording.producer_run_ns > 0
    assert recording.consumer_cpu_ns > 0
    assert outcome.task_map_full == 0


@pytest.mark.parametrize(
    ("transport", "code"), [("perf", "ENOSPC"), ("ringbuf-output", "EAGAIN"), ("ringbuf-reserve", "refused")]
)
@pytest.mark.parametrize("reader", ["bulk", "callback"])
def test_the_account_balances_when_events_are_dropped_and_names_the_reason(
    measured: Measure, transport: str, code: str, reader: str
) -> None:
    found = share(measured(transport, reader=reader, buffer_bytes=8192), transport)
    recording = found.recording
    assert recording.failed > 0
    assert recording.attempted == recording.delivered + recording.failed
    assert set(found.failed_by_code) == {code}
    assert (found.lost_reported is None) == transport.startswith("ringbuf")


@pytest.mark.parametrize("ringbuf", ["ringbuf-output", "ringbuf-reserve"])
@pytest.mark.parametrize("reader", ["bulk", "callback"])
def test_paired_transports_deliver_the_same_records_byte_by_byte(measured: Measure, ringbuf: str, reader: str) -> None:
    outcome = measured("perf", ringbuf, reader=reader, buffer_bytes=4 << 20)
    delivered = []
    for transport in ("perf", ringbuf):
        recording = share(outcome, transport).recording
        assert recording.failed == 0
        events = recording.events[list(EVENT.names or ())]
        delivered.append(np.sort(events.astype(EVENT), order=["cpu", "seq"]).tobytes())
    assert len(delivered[0]) > 300 * EVENT.itemsize
    assert delivered[0] == delivered[1]


def test_seq_counts_each_cpu_from_zero_without_a_gap(measured: Measure) -> None:
    events = share(measured("ringbuf-output", buffer_bytes=4 << 20), "ringbuf-output").recording.events
    for cpu in np.unique(events["cpu"]):
        assert (np.sort(events["seq"][events["cpu"] == cpu]) == np.arange((events["cpu"] == cpu).sum())).all()


def test_every_stamp_lies_in_the_window_and_before_its_reception(measured: Measure) -> None:
    recording = share(measured("perf", wakeup="every"), "perf").recording
    stamps = recording.events["ts_ns"].astype(np.int64)
    assert stamps.max() - stamps.min() < recording.wall_s * 1e9
    assert (recording.events["received_ns"].astype(np.int64) > stamps).all()


def test_ringbuf_keeps_the_causal_order_and_perf_breaks_it(measured: Measure) -> None:
    broken = 0
    for _ in range(3):
        outcome = measured("perf", "ringbuf-reserve", workload="stress-ng:vfork", buffer_bytes=8 << 20, duration_s=1.0)
        counts = {}
        for found in outcome.shares:
            assert found.recording.failed == 0
            events = found.recording.events
            counts[found.transport] = ordering.causal_violations(events["birth"], events["kind"])
        assert counts["ringbuf-reserve"] == 0
        broken += counts["perf"]
        if broken:
            break
    assert broken > 0


def test_lives_that_share_a_pid_have_births_of_their_own(measured: Measure) -> None:
    # Writing ns_last_pid makes the kernel hand out the same pid again; only the newest forks first.
    script = (
        "import os\n"
        "first = os.fork() or os._exit(0)\n"
        "os.waitpid(first, 0)\n"
        "for _ in range(50):\n"
        "    open('/proc/sys/kernel/ns_last_pid', 'w').write(str(first - 1))\n"
        "    child = os.fork() or os._exit(0)\n"
        "    os.waitpid(child, 0)\n"
    )
    outcome = measured("perf", "ringbuf-reserve", command=(sys.executable, "-c", script))
    for found in outcome.shares:
        events = found.recording.events
        forks = events[events["kind"] == FORK]
        pids, lives = np.unique(forks["pid"], return_counts=True)
        reused = pids[lives.argmax()]
        assert lives.max() > 10, "the kernel did not hand out the pid again"
        assert len(np.unique(forks["birth"])) == len(forks)
        exits = events[(events["kind"] == EXIT) & (events["pid"] == reused)]
        assert set(exits["birth"]) <= set(forks["birth"])
        assert len(np.unique(exits["birth"])) == len(exits)
    ring = share(outcome, "ringbuf-reserve").recording.events
    assert ordering.causal_violations(ring["birth"], ring["kind"]) == 0


def test_a_thread_that_execs_goes_on_as_its_own_life_under_the_leaders_pid(measured: Measure) -> None:
    script = (
        "import os, threading\n"
        "thread = threading.Thread(target=os.execv, args=('/bin/true', ['true']))\n"
        "thread.start()\n"
        "thread.join()\n"
    )
    outcome = measured("ringbuf-output", "ringbuf-reserve", command=(sys.executable, "-c", script))
    events = share(outcome, "ringbuf-reserve").recording.events
    born = {int(e["birth"]): int(e["pid"]) for e in events[events["kind"] == FORK]}
    taken_over = [e for e in events if e["kind"] == EXEC and born.get(int(e["birth"]), e["pid"]) != e["pid"]]
    assert len(taken_over) == 1
    life = events[events["birth"] == taken_over[0]["birth"]]
    assert life["kind"].tolist() == [FORK, EXEC, EXIT]
    leader = int(taken_over[0]["pid"])
    assert life["pid"].tolist() == [born[int(taken_over[0]["birth"])], leader, leader]
    former = events[(events["pid"] == leader) & (events["birth"] != taken_over[0]["birth"])]
    assert former["kind"].tolist() == [FORK, EXEC, EXIT]
    assert len(np.unique(former["birth"])) == 1
    assert ordering.causal_violations(events["birth"], events["kind"]) == 0


def test_a_command_is_watched_from_its_fork_to_its_exit_and_its_status_kept(measured: Measure) -> None:
    outcome = measured("perf", "ringbuf-reserve", command=("/bin/sh", "-c", "/bin/true; exit 7"))
    assert outcome.exit_status == 7
    events = share(outcome, "ringbuf-reserve").recording.events
    shells = events[(events["kind"] == EXEC) & (events["comm"] == b"sh")]
    assert len(shells) == 1
    # The runner's own fork is recorded too: nothing is left out.
    fork = events[(events["kind"] == FORK) & (events["birth"] == shells["birth"][0])]
    assert fork["comm"][0].startswith(b"python")
    assert EXIT in events["kind"][events["birth"] == shells["birth"][0]]
    children = events[(events["kind"] == FORK) & (events["parent_pid"] == shells["pid"][0])]
    assert len(children) >= 1


def test_hostile_names_arrive_as_they_are(measured: Measure) -> None:
    script = (
        "import ctypes, os\n"
        "for name in (b'\\x1b[31mred', b'<b>x&\"', b'\\xff\\xfe\\x80'):\n"
        "    if os.fork() == 0:\n"
        "        ctypes.CDLL(None).prctl(15, name, 0, 0, 0)\n"
        "        os._exit(0)\n"
        "    os.wait()\n"
    )
    outcome = measured("perf", "ringbuf-output", command=(sys.executable, "-c", script))
    for found in outcome.shares:
        events = found.recording.events
        names = set(events["comm"][events["kind"] == EXIT].tolist())
        assert {b"\x1b[31mred", b'<b>x&"', b"\xff\xfe\x80"} <= names
