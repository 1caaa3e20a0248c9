"""A reader that waits in io_uring on the real kernel: woken by perf and ringbufs, armed again, gone when killed."""

from __future__ import annotations

import errno
import json
import os
import signal
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from ringbench.cli.list import list_
from ringbench.data.metrics.drops import account_error
from ringbench.drivers import features
from ringbench.drivers.waits import WAITS
from ringbench.errors import InvalidMeasurementError, MissingRequirementError, OptionError
from ringbench.kernel import cpus, syscalls, uring_poll
from ringbench.kernel.uring_poll import UringPoll
from ringbench.run import preflight
from ringbench.run.planner.options import RunOptions
from ringbench.run.planner.planner import build
from ringbench.run.planner.profiles import PROFILES
from tests.kernel.conftest import BUFFERS, Measure, share
from tests.kernel.test_session import RUN, _environment, _eventually, _kernel_objects


@pytest.fixture(autouse=True)
def _has_it() -> None:
    if reason := features.missing(WAITS["uring"]):
        pytest.skip(reason)


CELLS = [
    (transport, reader, policy)
    for transport in ("perf", "ringbuf-reserve", "ringbuf-per-cpu")
    for reader in ("bulk", "libbpf", "callback")
    for policy in ("every", "adaptive", "batch:20")
    if (transport, policy) != ("perf", "adaptive")
    and (reader == "bulk" or (transport != "ringbuf-per-cpu" and policy != "adaptive"))
]


@pytest.mark.parametrize(("transport", "reader", "policy"), CELLS)
def test_it_is_woken_and_the_account_is_exact(measured: Measure, transport: str, reader: str, policy: str) -> None:
    found = measured(transport, reader=reader, wakeup=policy, wait="uring", workload="fork-exec:200", duration_s=0.2)
    recording = share(found, transport).recording
    assert account_error(recording) is None
    assert recording.checksum.holds
    assert recording.failed == 0
    assert recording.delivered > 50
    assert recording.wakeups > 0
    # What waits for the final drain is the last batch of each CPU, if that is not full.
    assert recording.residual <= (19 * len(cpus.online()) if policy == "batch:20" else 0)


@pytest.mark.parametrize("policy", ["adaptive", "batch:500"])
def test_flat_out_nothing_stays_asleep_on_a_full_ring(measured: Measure, policy: str) -> None:
    # A wake-up that was missed would leave a ring of 64 KiB full for the rest of the window.
    found = measured(
        "ringbuf-reserve", wakeup=policy, wait="uring", workload="firehose:8", buffer_bytes=1 << 16, duration_s=0.4
    )
    recording = share(found, "ringbuf-reserve").recording
    assert account_error(recording) is None
    assert recording.delivered > 20 * (1 << 16) / 40
    assert recording.wakeups > 20


def test_in_a_pair_both_transports_wake_it_and_carry_the_same_bytes(measured: Measure) -> None:
    outcome = measured(
        "perf", "ringbuf-reserve", wakeup="every", wait="uring", workload="fork-exec:300", duration_s=0.3
    )
    perf, ringbuf = (share(outcome, name).recording.events for name in ("perf", "ringbuf-reserve"))
    fields = [field for field in perf.dtype.names if field != "received_ns"]
    assert len(perf) == len(ringbuf) > 100
    in_order = [np.sort(each[fields], order=["cpu", "seq"]) for each in (perf, ringbuf)]
    assert (in_order[0] == in_order[1]).all()
    assert (perf["received_ns"] >= perf["ts_ns"]).all()


@pytest.fixture
def event() -> Iterator[int]:
    fd = os.eventfd(0)
    yield fd
    os.close(fd)


@pytest.mark.parametrize("flags", [0, uring_poll._DEFERRED], ids=["at once", "deferred"])
def test_a_poll_that_the_kernel_ended_is_armed_again(monkeypatch: pytest.MonkeyPatch, event: int, flags: int) -> None:
    monkeypatch.setattr(uring_poll, "_DEFERRED", flags)
    armed: list[tuple[int, ...]] = []
    arm = UringPoll._arm

    def seen(self: UringPoll, places: list[int]) -> None:
        armed.append(tuple(places))
        arm(self, places)

    monkeypatch.setattr(UringPoll, "_arm", seen)
    poll = UringPoll((event, syscalls.create_ringbuf(4096)), 0.01)
    for _ in range(10_000):  # where each is posted at once, more than the ring of completions holds
        os.eventfd_write(event, 1)
    assert poll.wait()
    while poll.wait():
        pass
    assert armed == ([(0, 1), (0,)] if flags == 0 else [(0, 1)])
    for _ in range(3):
        os.eventfd_write(event, 1)
        assert poll.wait()
        assert not poll.wait(), "once for each wake-up"
    poll.close()


def test_a_poll_that_failed_ends_the_measurement() -> None:
    poll = UringPoll((1 << 30,), 0.01)  # no descriptor has such a number
    with pytest.raises(InvalidMeasurementError, match="Bad file descriptor"):
        poll.wait()
    poll.close()


def _held_by(pid: int) -> set[tuple[str, int]]:
    """Return the BPF objects that a process has descriptors of."""
    found = set()
    for info in Path(f"/proc/{pid}/fdinfo").iterdir():
        fields = dict(line.split(":", 1) for line in info.read_text().splitlines() if ":" in line)
        found |= {(kind, int(fields[f"{kind}_id"])) for kind in ("map", "prog") if f"{kind}_id" in fields}
    return {("program" if kind == "prog" else kind, number) for kind, number in found}


def _waiting_in(folder: Path) -> int | None:
    """Return the process that works in *folder* and has an io_uring; None while there is none."""
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if os.readlink(process / "cwd") == str(folder) and any(
                "io_uring" in os.readlink(fd) for fd in (process / "fd").iterdir()
            ):
                return int(process.name)
        except OSError:
            continue
    return None


@pytest.mark.parametrize("whom", ["trial", "runner"])
def test_kill_minus_nine_leaves_no_ring_no_thread_and_no_program(tmp_path: Path, whom: str) -> None:
    more = ["--profile", "smoke", "--mode", "isolated", "--transport", "ringbuf-reserve", "--reader", "bulk"]
    more += ["--wakeup", "adaptive", "--wait", "uring", "--workload", "fork-exec:100", "--repeats", "1"]
    with subprocess.Popen(
        [*RUN, *more, "--duration", "30", "--out", "s"], cwd=tmp_path, env=_environment(), stderr=subprocess.DEVNULL
    ) as runner:
        assert _eventually(lambda: _waiting_in(tmp_path) is not None, 60)
        trial = _waiting_in(tmp_path)
        assert trial is not None
        names = {(task / "comm").read_text() for task in Path(f"/proc/{trial}/task").iterdir()}
        assert not [name for name in names if name.startswith("iou-")], "polls need no threads of the kernel's"
        objects = _held_by(trial)
        assert objects
        os.kill(trial if whom == "trial" else runner.pid, signal.SIGKILL)
        if whom == "trial":
            assert _eventually(lambda: not Path(f"/proc/{trial}").exists())
            runner.terminate()
    assert _eventually(lambda: not Path(f"/proc/{trial}").exists())
    assert _waiting_in(tmp_path) is None
    assert _eventually(lambda: not objects & _kernel_objects())


def _polled_without_io_uring() -> str:
    """Try what the wait needs where io_uring_setup() is refused, as by seccomp or kernel.io_uring_disabled."""
    make = syscalls.call

    def refuse(name: str, *arguments: object) -> int:
        if name == "io_uring_setup":
            raise OSError(errno.EPERM, "io_uring_setup: Operation not permitted")
        return make(name, *arguments)

    syscalls.call = refuse
    return features._polled()


@pytest.fixture
def _refused(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    tries = {**features.FEATURES, str(WAITS["uring"].needs): _polled_without_io_uring}
    monkeypatch.setattr(features, "FEATURES", tries)
    features.feature.cache_clear()
    yield
    features.feature.cache_clear()


@pytest.mark.usefixtures("_refused")
def test_where_it_is_refused_lists_and_plans_say_so() -> None:
    reason = features.missing(WAITS["uring"])
    assert reason is not None
    assert reason.startswith("io_uring's poll of a ring: io_uring cannot be had (io_uring_setup: Operation not permi")
    listed = json.loads(CliRunner().invoke(list_, ["--json"]).stdout)["waits"]
    assert {row["name"]: row.get("missing") for row in listed} == {**dict.fromkeys(WAITS), "uring": reason}
    choice = RunOptions(wakeups=("every",), waits=("uring", "epoll"), transports=BUFFERS, mode="isolated")
    plan = build(PROFILES["smoke"], choice, (0, 1), features.missing)
    assert f"left out: wait uring: {reason}." in plan.notes
    assert {trial.wait for trial in plan.trials} == {"epoll"}
    alone = replace(choice, waits=("uring",))
    with pytest.raises(OptionError, match="nothing is left to measure: left out: wait uring"):
        build(PROFILES["smoke"], alone, (0, 1), features.missing)
    with pytest.raises(MissingRequirementError, match="--wait uring is not available here: io_uring"):
        preflight.check(build(PROFILES["smoke"], alone, (0, 1)))
