"""Events go to disk while a trial runs, against the real kernel: all of them are there, and no writer outlives it."""

from __future__ import annotations

import contextlib
import functools
import os
import re
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ringbench.data.metrics.drops import account_error
from ringbench.data.store import events_parquet
from ringbench.data.store.folder import StoredSession, read_session
from ringbench.errors import InvalidMeasurementError
from ringbench.kernel import cpus
from ringbench.machine import isolation
from ringbench.run.planner.options import RunOptions
from ringbench.run.planner.planner import build
from ringbench.run.trials import trial as trial_module
from ringbench.run.trials.capture import Capture
from ringbench.run.trials.trial import Outcome
from ringbench.spec.event import EVENT, Events
from ringbench.spec.plan import Plan, Trial
from ringbench.spec.profile import BOTH, Group, Profile
from tests.kernel.ending import assert_measured
from tests.kernel.test_session import RUN, _environment, _eventually, _stored, ringbench

PAIR = ("perf", "ringbuf-reserve")
ONE = ["--profile", "smoke", "--duration", "0.3", "--mode", "paired", "--workload", "fork-exec", "--wakeup", "none"]
ONE += ["--transport", "perf", "--transport", "ringbuf-reserve", "--buffer-bytes", "1M", "--events-to", "disk"]


def planned(reader: str, *transports: str, wakeup: str = "none", **more: Any) -> tuple[Trial, Plan]:
    choice = RunOptions(
        transports=transports,
        readers=(reader,),
        wakeups=(wakeup,),
        workloads=() if "command" in more else ("fork-exec",),
        buffer_bytes=(4 << 20,),
        mode="paired" if len(transports) == 2 else "isolated",
        repeats=1,
        **{"duration_s": 0.3, **more},
    )
    group = Group(str(choice.mode), BOTH, ("bulk",), ("none",), ("fork-exec",), (1,))
    plan = build(Profile("test", "one trial", (group,), 1, 0.5, warmup_s=0.05), choice, cpus.online())
    (trial,) = plan.trials
    return trial, plan


def _in_small_blocks(trial: Trial, plan: Plan, place: Path) -> Outcome:
    trial_module.Capture = functools.partial(Capture, slots=500, blocks=4)  # type: ignore[assignment, misc]
    return trial_module.measure(trial, plan, place)


def assert_complete(events: Events) -> None:
    """Every CPU's numbers are there from 0, in the order in which a ring hands them over."""
    for cpu in np.unique(events["cpu"]):
        numbers = events["seq"][events["cpu"] == cpu]
        assert (np.sort(numbers) == np.arange(len(numbers))).all()


@pytest.mark.parametrize("reader", ["bulk", "callback", "libbpf", "compiled"])
def test_what_a_paired_trial_delivers_is_on_disk(tmp_path: Path, reader: str) -> None:
    trial, plan = planned(reader, *PAIR)
    outcome = isolation.run(_in_small_blocks, trial, plan, tmp_path / "t", timeout_s=60)
    assert outcome.captured
    written = events_parquet.read(tmp_path / "t")
    assert list(written) == list(PAIR)
    for share in outcome.shares:
        recording, events = share.recording, written[share.transport]
        assert account_error(recording) is None
        assert recording.checksum is not None
        assert recording.checksum.holds
        assert recording.failed == 0
        assert recording.events is None
        assert len(events) == recording.delivered == recording.attempted
        assert recording.delivered > 1000
        assert share.feed is not None
        assert share.feed.written_blocks == -(-recording.delivered // 500)
        assert_complete(events)
        assert (events["received_ns"] > events["ts_ns"]).all()
        assert (np.diff(events["received_ns"].astype(np.int64)) >= 0).all()
    same = [np.sort(e[list(EVENT.names or ())].astype(EVENT), order=["cpu", "seq"]) for e in written.values()]
    assert same[0].tobytes() == same[1].tobytes()


def test_each_record_a_wake_up_and_a_command_without_a_limit(tmp_path: Path) -> None:
    command = ("/bin/sh", "-c", "for i in 1 2 3 4 5 6 7 8 9; do /bin/true; done")
    trial, plan = planned("bulk", *PAIR, wakeup="every", command=command, duration_s=None)
    outcome = isolation.run(_in_small_blocks, trial, plan, tmp_path / "t", timeout_s=60)
    written = events_parquet.read(tmp_path / "t")
    for share in outcome.shares:
        assert account_error(share.recording) is None
        assert len(written[share.transport]) == share.recording.delivered
        assert_complete(written[share.transport])


@pytest.mark.parametrize("reader", ["bulk-view", "callback-bare"])
def test_a_reader_that_only_counts_writes_nothing(tmp_path: Path, reader: str) -> None:
    trial, plan = planned(reader, "ringbuf-output")
    outcome = isolation.run(trial_module.measure, trial, plan, tmp_path / "t", timeout_s=60)
    assert not outcome.captured
    assert outcome.shares[0].feed is None
    assert not (tmp_path / "t").exists()


def _dying(trial: Trial, plan: Plan, place: Path) -> Outcome:
    class Dying(Capture):
        def wait_until_ready(self) -> None:
            super().wait_until_ready()
            os.kill(self.pid or 0, signal.SIGKILL)

    trial_module.Capture = functools.partial(Dying, slots=100, blocks=2)  # type: ignore[assignment, misc]
    return trial_module.measure(trial, plan, place)


def test_a_trial_whose_writer_dies_is_invalid(tmp_path: Path) -> None:
    for reader in ("callback", "libbpf"):
        trial, plan = planned(reader, *PAIR)
        with pytest.raises(InvalidMeasurementError, match="writes events to disk died with status -9"):
            isolation.run(_dying, trial, plan, tmp_path / reader, timeout_s=60)


# ---- sessions ----


def assert_captured(session: StoredSession) -> None:
    trials = session.trials
    assert trials["valid"].all()
    assert (trials["written_blocks"] >= 1).all()
    assert (trials["writer_waits"] >= 0).all()
    assert trials["latency_p50_ns"].notna().all()
    assert trials["causal_violations"].notna().all()
    for _, row in trials.iterrows():
        events = session.event_arrays(row["trial"])[row["transport"]]
        assert len(events) == row["delivered"] > 0
        if not row["failed"]:
            assert_complete(events)


def _temporaries(folder: Path) -> list[Path]:
    return list(folder.glob("events/.ringbench-*")) if folder.exists() else []


def _holders(folder: Path) -> Iterator[int]:
    """Yield every process that has a file of the session's open."""
    for fd in Path("/proc").glob("[0-9]*/fd/*"):
        with contextlib.suppress(OSError):
            if os.readlink(fd).startswith(f"{folder.resolve()}/events/"):
                yield int(fd.parts[2])


def test_a_session_killed_while_it_writes_leaves_no_writer_and_resumes(tmp_path: Path) -> None:
    session = tmp_path / "s"
    with subprocess.Popen(
        [*RUN, *ONE, "--reader", "bulk", "--reader", "callback", "--repeats", "2", "--out", "s"],
        cwd=tmp_path, env=_environment(), stderr=subprocess.PIPE,
    ) as runner:  # fmt: skip
        assert _eventually(lambda: _stored(session) >= 2, 60), runner.stderr and runner.stderr.read()
        assert _eventually(lambda: bool(_temporaries(session) and list(_holders(session))))
        runner.kill()
    assert _eventually(lambda: not list(_holders(session)))
    left = _temporaries(session)
    before = _stored(session)
    assert left or before == 8
    assert all(re.fullmatch(rf"\.ringbench-{runner.pid}-\w+\.tmp", path.name) for path in left)
    assert_measured(ringbench("run", "--quiet", "--no-report", "--resume", "s", cwd=tmp_path), tmp_path / "s")
    resumed = read_session(session, tmp_path)
    assert resumed.manifest["plan"]["events_to"] == "disk"
    assert len(resumed.trials) == 8 > before
    assert_captured(resumed)
    assert not _temporaries(session)


def test_events_that_are_not_kept_are_measured_all_the_same(tmp_path: Path) -> None:
    few = [*ONE, "--reader", "bulk", "--repeats", "2", "--keep-events", "first", "--no-report"]
    done = ringbench("run", "--quiet", *few, "--out", "s", cwd=tmp_path)
    assert_measured(done, tmp_path / "s")
    session = read_session(tmp_path / "s", tmp_path)
    assert session.trials["latency_p50_ns"].notna().all()
    assert (session.trials["written_blocks"] >= 1).all()
    assert [path.name for path in (tmp_path / "s" / "events").iterdir()] == ["0001.parquet"]


def test_a_disk_that_fills_up_ends_in_one_line(tmp_path: Path) -> None:
    small = tmp_path / "small"
    small.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=150k", "ringbench-test", str(small)], check=True)
    try:
        out = str(small / "s")
        done = ringbench("run", "--quiet", *ONE, "--reader", "bulk", "--repeats", "9", "--out", out, cwd=tmp_path)
        assert done.returncode == 2
        assert "Traceback" not in done.stderr
        assert "No space left" in done.stderr
        assert read_session(small / "s", tmp_path).manifest["status"] == "interrupted"
        assert not _temporaries(small / "s")
    finally:
        subprocess.run(["umount", str(small)], check=True)
