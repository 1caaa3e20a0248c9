"""Sessions against the real kernel: whole, interrupted, killed, resumed."""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import signal
import struct
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pandas as pd
import pytest

from ringbench.data.store import schemas
from ringbench.data.store.folder import read_session
from ringbench.kernel import syscalls
from ringbench.spec.codes import AnswerCode
from tests import ROOT
from tests.kernel.ending import assert_measured
from tests.nobody import AS_NOBODY

RUN = [sys.executable, "-m", "ringbench", "run", "--quiet"]
BRIEF = ["--profile", "smoke", "--duration", "0.15", "--repeats", "1"]
FEW = [*BRIEF, "--reader", "bulk", "--workload", "fork-exec"]
"""Some ten trials, for tests of what happens to a session rather than of what it measures."""
SIX = [*FEW, "--mode", "isolated", "--wakeup", "none", "--repeats", "2"]


def ringbench(*arguments: str, cwd: Path, timeout: float = 300, **more: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "ringbench", *arguments],
        cwd=cwd, env=_environment() | more, capture_output=True, text=True, timeout=timeout, check=False,
    )  # fmt: skip


def _environment() -> dict[str, str]:
    root = str(ROOT / "bench")
    return {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, [root, os.environ.get("PYTHONPATH")]))}


def _next_id(command: int, after: int) -> int | None:
    buffer = ctypes.create_string_buffer(struct.pack("<II", after, 0).ljust(128, b"\0"))
    try:
        syscalls.call("bpf", ctypes.c_long(command), buffer, ctypes.c_long(128))
    except OSError:
        return None
    return int(struct.unpack_from("<I", buffer.raw, 4)[0])


def _kernel_objects() -> set[tuple[str, int]]:
    """Return the ids of every BPF program (BPF_PROG_GET_NEXT_ID) and map (BPF_MAP_GET_NEXT_ID) in the kernel."""
    found = set()
    for kind, command in (("program", 11), ("map", 12)):
        number: int | None = 0
        while (number := _next_id(command, number or 0)) is not None:
            found.add((kind, number))
    return found


def _perf_events() -> set[tuple[str, str]]:
    found = set()
    for fd in Path("/proc").glob("[0-9]*/fd/*"):
        with contextlib.suppress(OSError):
            if os.readlink(fd) == "anon_inode:[perf_event]":
                found.add((fd.parts[2], fd.name))
    return found


def _eventually(what: Callable[[], bool], patience_s: float = 20) -> bool:
    """Return whether *what* becomes true; the patience only bounds a failure."""
    end = time.monotonic() + patience_s
    while time.monotonic() < end:
        if what():
            return True
        time.sleep(0.05)
    return what()


def _stored(folder: Path) -> int:
    try:
        return len(read_session(folder, folder.parent).trials)
    except Exception:
        return -1


CALLER = 12345


class Whole(NamedTuple):
    """A session that ran to its end under sudo, and what there was in the kernel before; several tests look at it."""

    folder: Path
    done: subprocess.CompletedProcess[str]
    objects: set[tuple[str, int]]
    events: set[tuple[str, str]]


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Whole:
    folder = tmp_path_factory.mktemp("whole")
    objects, events = _kernel_objects(), _perf_events()
    caller = {"SUDO_UID": str(CALLER), "SUDO_GID": str(CALLER)}
    done = ringbench("run", *BRIEF, "--json", "--out", "results/session", cwd=folder, **caller)
    return Whole(folder / "results" / "session", done, objects, events)


def test_a_session_measures_everything_it_planned(whole: Whole) -> None:
    folder, done = whole.folder, whole.done
    assert_measured(done, folder)
    session = read_session(folder, folder.parent)
    assert session.manifest["status"] == "complete"
    planned = {(t["trial"], name) for t in session.manifest["plan"]["trials"] for name in t["transports"]}
    assert set(zip(session.trials["trial"], session.trials["transport"], strict=True)) == planned
    assert session.trials["valid"].all()
    assert (session.trials["attempted"] == session.trials["delivered"] + session.trials["failed"]).all()


def test_nothing_is_left_in_the_kernel_after_a_session(whole: Whole) -> None:
    assert _eventually(lambda: not (_kernel_objects() - whole.objects) and not (_perf_events() - whole.events))


def test_json_is_one_document_with_the_column_names(whole: Whole) -> None:
    folder, done = whole.folder, whole.done
    document = json.loads(done.stdout)
    session = read_session(folder, folder.parent)
    assert len(document["trials"]) == len(session.trials)
    assert set(session.trials.columns) <= set(document["trials"][0])
    assert not list(schemas.validator("report").iter_errors(document))


def test_the_session_and_its_document_say_the_same_of_what_it_is_worth(whole: Whole) -> None:
    document, manifest = json.loads(whole.done.stdout), read_session(whole.folder, whole.folder.parent).manifest
    assert (manifest["verdict"], manifest["answers"]) == (document["verdict"], document["answers"])
    assert set(manifest["answers"].values()) <= set(AnswerCode)


def test_a_session_holds_report_plots_and_the_events_of_its_trials(
    whole: Whole,
) -> None:
    folder = whole.folder
    for name in ("report.html", "summary.md", "session.json", "trials.parquet"):
        assert (folder / name).stat().st_size > 100
    assert len(list((folder / "plots").glob("*.png"))) == len(list((folder / "plots").glob("*.svg"))) > 3
    session = read_session(folder, folder.parent)
    trials = session.trials
    # A firehose's samples are counted and not kept, and a bare callback does nothing but count.
    kept = trials[~trials["workload"].str.startswith("firehose") & (trials["reader"] != "callback-bare")]
    assert len(kept) > 10
    for trial, rows in kept.groupby("trial"):
        events = session.event_arrays(str(trial))
        for _, row in rows.iterrows():
            assert len(events[row["transport"]]) == row["delivered"]


def test_what_could_not_be_measured_is_null(whole: Whole) -> None:
    folder = whole.folder
    trials = read_session(folder, folder.parent).trials
    paired = trials[trials["mode"] == "paired"]
    assert paired["producer_ns_per_event"].isna().all()
    assert paired["consumer_cpu_ns_per_event"].isna().all()
    assert trials[trials["transport"] == "perf"]["memory_memlock_bytes"].isna().all()
    alone = trials[trials["mode"] == "isolated"]
    assert (alone["producer_ns_per_event"] > 0).all()
    assert (alone["consumer_cpu_ns_per_event"] > 0).all()
    ring = alone[alone["transport"] != "perf"]
    assert (ring["memory_rss_bytes"] >= 2 * ring["buffer_bytes"]).all()
    told = ring["memory_memlock_bytes"].dropna()  # kernels 5.11 to 6.3 do not say
    assert (told >= ring["buffer_bytes"][told.index]).all()


def test_files_made_under_sudo_belong_to_the_caller(whole: Whole) -> None:
    folder = whole.folder
    made = [folder.parent, *folder.parent.rglob("*")]
    assert len(made) > 10
    assert {path.stat().st_uid for path in made} == {CALLER}


def test_without_a_report_it_says_how_to_have_one(tmp_path: Path) -> None:
    few = [*FEW, "--mode", "isolated", "--transport", "perf", "--duration", "0.1"]
    done = ringbench("run", "--quiet", "--no-report", *few, "--out", "s", cwd=tmp_path)
    assert_measured(done, tmp_path / "s")
    assert "Draw it with: ringbench report s" in done.stderr
    assert not (tmp_path / "s" / "report.html").exists()


@pytest.mark.parametrize("moment", [0.0, 0.3])
def test_kill_minus_nine_leaves_nothing_behind_and_loses_no_finished_trial(tmp_path: Path, moment: float) -> None:
    objects, events = _kernel_objects(), _perf_events()
    session = tmp_path / "s"
    with subprocess.Popen(
        [*RUN, *SIX, "--out", "s"], cwd=tmp_path, env=_environment(), stderr=subprocess.PIPE
    ) as runner:
        assert _eventually(lambda: _stored(session) >= 3, 60), runner.stderr and runner.stderr.read()
        time.sleep(moment)
        before = _stored(session)
        assert before >= 3
        assert _eventually(lambda: bool(_kernel_objects() - objects)), "a trial attaches programs"
        runner.kill()
    left = _eventually(lambda: not (_kernel_objects() - objects) and not (_perf_events() - events))
    assert left, (_kernel_objects() - objects, _perf_events() - events)
    survived = read_session(session, tmp_path)
    assert len(survived.trials) >= before
    assert survived.manifest["status"] == "interrupted"
    resumed = ringbench("run", "--quiet", "--no-report", "--resume", "s", cwd=tmp_path)
    assert_measured(resumed, tmp_path / "s")
    after = read_session(session, tmp_path)
    assert after.manifest["status"] == "complete"
    pd.testing.assert_frame_equal(after.trials.head(len(survived.trials)), survived.trials)
    planned = {t["trial"] for t in after.manifest["plan"]["trials"]}
    assert set(after.trials["trial"]) == planned


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupt_keeps_what_was_measured_and_says_how_to_go_on(tmp_path: Path, how: signal.Signals) -> None:
    session = tmp_path / "s"
    with subprocess.Popen(
        [*RUN, *FEW, "--out", "s"], cwd=tmp_path, env=_environment(),
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True,
        # A shell has what it runs in its background ignore Ctrl-C, and that would be inherited.
        preexec_fn=lambda: signal.signal(how, signal.SIG_DFL),  # noqa: PLW1509
    ) as runner:  # fmt: skip
        assert _eventually(lambda: _stored(session) >= 2, 60)
        os.killpg(runner.pid, how)
        _, said = runner.communicate(timeout=60)
    assert runner.returncode == 3
    assert "--resume s" in said
    assert "Traceback" not in said
    stored = read_session(session, tmp_path)
    assert stored.manifest["status"] == "interrupted"
    assert len(stored.trials) >= 2


def test_a_command_is_the_workload_and_its_status_and_output_are_reported(tmp_path: Path) -> None:
    done = ringbench(
        "run", "--no-report", "--out", "s", "--", "/bin/sh", "-c", "echo from the command; exit 3", cwd=tmp_path
    )
    assert_measured(done, tmp_path / "s")
    assert "from the command" in done.stderr
    assert "from the command" not in done.stdout
    trials = read_session(tmp_path / "s", tmp_path).trials
    assert trials["workload_exit_status"].tolist() == [3, 3]
    assert trials["trial"].nunique() == 1
    assert "exit status 3" in (done.stdout + done.stderr)


def test_a_command_that_takes_longer_than_the_duration_is_ended_and_it_says_so(tmp_path: Path) -> None:
    done = ringbench("run", "--no-report", "--duration", "0.5", "--out", "s", "--", "sleep", "600", cwd=tmp_path)
    assert_measured(done, tmp_path / "s")
    session = read_session(tmp_path / "s", tmp_path)
    assert any("ended after 0.5 s" in note for note in session.manifest["notes"])
    assert session.trials["workload_exit_status"].tolist() == [-15, -15]


def test_report_needs_no_root_and_no_kernel(whole: Whole, tmp_path: Path) -> None:
    folder = whole.folder
    tmp_path.chmod(0o777)
    command = [sys.executable, "-m", "ringbench", "report", str(folder), "--out", str(tmp_path / "again")]
    environment = {**_environment(), "HOME": str(tmp_path)}
    done = subprocess.run(
        [*AS_NOBODY, *command], cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "again" / "report.html").exists()


def test_a_full_disk_ends_in_one_line_and_keeps_the_finished_trials(tmp_path: Path) -> None:
    small = tmp_path / "small"
    small.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=250k", "ringbench-test", str(small)], check=True)
    try:
        few = ["--quiet", "--no-report", *SIX, "--repeats", "9"]
        done = ringbench("run", *few, "--out", str(small / "s"), cwd=tmp_path)
        assert done.returncode == 2
        assert "Traceback" not in done.stderr
        assert "No space left" in done.stderr
        session = read_session(small / "s", tmp_path)
        assert session.manifest["status"] == "interrupted"
        assert len(session.trials) >= 1
    finally:
        subprocess.run(["umount", str(small)], check=True)
