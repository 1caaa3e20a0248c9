"""Producers in user space against the real kernel: exact accounts, full targets, orders, the log's rules, kill -9."""

from __future__ import annotations

import contextlib
import dataclasses
import errno
import json
import os
import secrets
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from ringbench.data.metrics import compute
from ringbench.data.metrics.drops import account_error
from ringbench.data.metrics.ordering import late_events
from ringbench.data.store.folder import read_session
from ringbench.drivers import features
from ringbench.drivers.channels import USER_SPACE
from ringbench.drivers.channels.mapped_ring import MappedRing
from ringbench.drivers.channels.printk import MOST, MOST_PER_S
from ringbench.drivers.readers.arena import Arena
from ringbench.drivers.transports import find_transport
from ringbench.errors import OptionError
from ringbench.kernel import cpus, kmsg
from ringbench.machine import isolation
from ringbench.native.producer import Writer
from ringbench.run.planner.options import RunOptions
from ringbench.run.planner.planner import build
from ringbench.run.planner.profiles import PROFILES
from ringbench.run.trials import transport_only
from ringbench.run.trials.trial import Outcome, Share
from ringbench.spec.codes import InvalidCode
from ringbench.spec.plan import Plan
from ringbench.spec.record import WRITE
from tests.kernel.conftest import Measure, share
from tests.kernel.test_session import _environment, _eventually, ringbench

RINGS = ("msg-ring", "mapped-ring")
_TRIES, _ENOUGH = 20, 100
EVERYBODY = "writers:32@2500"
_ALLOWED = ("--allow-kmsg",)


@pytest.fixture
def written(measured: Measure) -> Callable[..., Share]:
    """Return a function that measures one transport of user space once."""

    def once(name: str, workload: str = EVERYBODY, **more: object) -> Share:
        found = share(measured(name, mode="transport-only", workload=workload, **{"duration_s": 0.15, **more}), name)
        assert isinstance(found, Share)
        return found

    return once


@pytest.fixture
def log() -> Iterator[Callable[[], list[str]]]:
    """Yield a function that returns the lines that the machine's log has got since, ours and the kernel's on ours."""
    fd = os.open(kmsg.PLACE, os.O_RDONLY | os.O_NONBLOCK)
    os.lseek(fd, 0, os.SEEK_END)

    def since() -> list[str]:
        lines = []
        with contextlib.suppress(BlockingIOError):
            while True:
                lines.append(os.read(fd, 8192).decode(errors="replace").partition("\n")[0])
        return [line for line in lines if ";ringbench " in line or "rb-" in line]

    yield since
    os.close(fd)


@pytest.mark.parametrize("workload", [EVERYBODY, "writers:1@500", "writers:8", "relay:1@500"])
@pytest.mark.parametrize("name", RINGS)
def test_the_account_is_exact(written: Callable[..., Share], name: str, workload: str) -> None:
    found = written(name, workload).recording
    assert account_error(found) is None
    assert found.checksum is not None
    assert found.checksum.holds
    assert found.attempted is not None
    assert found.attempted > 0
    assert compute(found)["producer_ns_per_event"] > 0


@pytest.mark.parametrize("name", RINGS)
def test_each_record_comes_once_and_whole(written: Callable[..., Share], name: str) -> None:
    found = written(name).recording
    events = found.events
    assert events is not None
    assert found.failed == 0
    assert len(events) == found.attempted
    for cpu in cpus.online():
        own = events[events["cpu"] == cpu]
        assert own["seq"].tolist() == list(range(len(own))), "a writer's records stay in their order"
        assert (np.diff(own["ts_ns"].astype(np.int64)) >= 0).all()
    assert (events["received_ns"] >= events["ts_ns"]).all()


def test_a_full_ring_in_memory_refuses_and_counts(written: Callable[..., Share]) -> None:
    found = written("mapped-ring", buffer_bytes=8192, wait="sleep:50ms")
    assert account_error(found.recording) is None
    assert found.recording.checksum is not None
    assert found.recording.checksum.holds
    assert set(found.failed_by_code) == {"EAGAIN"}
    assert found.recording.failed == found.failed_by_code["EAGAIN"] > 0


def test_a_full_target_of_io_uring_refuses_nothing_and_keeps_it_beyond_the_buffer(measured: Measure) -> None:
    outcome = measured(
        "msg-ring", mode="transport-only", workload=EVERYBODY, buffer_bytes=8192, wait="sleep:50ms", duration_s=0.2
    )
    found = share(outcome, "msg-ring")
    assert account_error(found.recording) is None
    assert found.recording.checksum.holds
    assert found.recording.failed == found.lost_reported == 0
    assert compute(found.recording)["peak_backlog"] > 2 * found.buffer_bytes / WRITE.nbytes
    assert any("kept records on a list of its own" in note for note in outcome.notes)


@pytest.mark.skipif(len(cpus.online()) < 2, reason="a relay of one has no order to lose")
@pytest.mark.parametrize("name", RINGS)
def test_in_a_relay_every_record_comes_after_the_one_before(written: Callable[..., Share], name: str) -> None:
    links = 0
    for _ in range(_TRIES):  # where others want the CPUs, a relay waits for whoever has none
        events = written(name, "relay:1@1000").recording.events
        assert events is not None
        assert late_events(events["ts_ns"]) == 0
        chain = events["seq"] * len(cpus.online()) + np.searchsorted(cpus.online(), events["cpu"])
        assert chain.tolist() == list(range(len(chain)))
        links += len(chain)
        if links > _ENOUGH:
            return
    pytest.fail(f"only {links} records in {_TRIES} relays")


class _RingEach(MappedRing):
    """A ring for each writer, read one after the other: what a shared one is not."""

    def __init__(self, buffer_bytes: int) -> None:
        super().__init__(buffer_bytes)
        self._others = [MappedRing(buffer_bytes) for _ in cpus.online()[1:]]
        every = [self.ring, *(other.ring for other in self._others)]
        drains = [ring.drain for ring in every]
        self.ring.drain = lambda sink: sum(drain(sink) for drain in drains)  # type: ignore[method-assign]

    def write(self, orders: Writer) -> None:
        place = cpus.online().index(orders.cpu)
        (super() if place == 0 else self._others[place - 1]).write(orders)


def _measure_ring_each(plan: Plan) -> Outcome:
    USER_SPACE["mapped-ring"] = dataclasses.replace(USER_SPACE["mapped-ring"], open_channel=_RingEach)
    return transport_only.measure(plan.trials[0], plan)


def _plan(*names: str, workload: str, consents: tuple[str, ...] = (), **more: object) -> Plan:
    choice = RunOptions(
        transports=names, workloads=(workload,), buffer_bytes=(1 << 20,), duration_s=0.2, repeats=1, consents=consents
    )
    plan = build(PROFILES["user-producers"], dataclasses.replace(choice, **more), cpus.online())  # type: ignore[arg-type]
    return dataclasses.replace(plan, trials=plan.trials[-1:])


@pytest.mark.skipif(len(cpus.online()) < 2, reason="one ring each is one ring")
def test_a_relay_shows_a_wrong_order() -> None:
    plan = _plan("mapped-ring", workload="relay:1@1000", producers=(len(cpus.online()),), waits=("sleep:10ms",))
    late = 0
    for _ in range(_TRIES):
        found = share(isolation.run(_measure_ring_each, plan, timeout_s=60), "mapped-ring").recording
        assert found.attempted == found.delivered
        late += late_events(found.events["ts_ns"])
        if late > 0:
            return
    pytest.fail("no record was late, though one ring was read after the other")


def _break_off(plan: Plan) -> Outcome:
    def refuse(self: MappedRing, orders: Writer) -> None:
        raise OSError(errno.ENOMEM, "no")

    MappedRing.write = refuse  # type: ignore[method-assign]
    return transport_only.measure(plan.trials[0], plan)


def _lose_one(plan: Plan) -> Outcome:
    transport_only.BulkReader.delivered = property(  # type: ignore[method-assign, assignment]
        lambda self: self._arena.count - 1
    )
    return transport_only.measure(plan.trials[0], plan)


def test_a_writer_that_breaks_off_and_a_record_that_is_lost_are_seen() -> None:
    plan = _plan("mapped-ring", workload="writers:1@500")
    with pytest.raises(Exception, match="a writer broke off after 0: Cannot allocate memory"):
        isolation.run(_break_off, plan, timeout_s=60)
    lossy = share(isolation.run(_lose_one, plan, timeout_s=60), "mapped-ring").recording
    error = account_error(lossy)
    assert error is not None
    assert error.code is InvalidCode.ACCOUNT_UNBALANCED
    assert "1 missing" in error.said


# ---- the kernel's log


def _needs_log() -> None:
    if reason := features.missing(find_transport("printk")):
        pytest.skip(reason)


def test_the_log_is_left_alone_without_the_option(tmp_path: Path, log: Callable[[], list[str]]) -> None:
    asked = ringbench("run", "--profile", "user-producers", "--transport", "printk", "--out", "s", cwd=tmp_path)
    assert asked.returncode == 2
    assert "Only with --allow-kmsg" in asked.stderr
    assert not list(tmp_path.iterdir())
    plan = _plan("printk", workload="writers:1@20", consents=_ALLOWED)
    with pytest.raises(OptionError, match="Only with --allow-kmsg"):
        isolation.run(transport_only.measure, plan.trials[0], dataclasses.replace(plan, consents=()), timeout_s=60)
    assert log() == []


def test_a_log_is_never_flooded(log: Callable[[], list[str]]) -> None:
    limits = f"at most {MOST_PER_S:g} a second"
    for workload, more, said in (
        ("writers:1", {}, f"printk flat out: {limits}"),
        ("writers:32@100", {}, limits),
        ("writers:1@20", {"repeats": 1000, "duration_s": 1.0}, f"at most {MOST:,}"),
        ("writers:1@20", {"repeats": None, "max_time_s": 60.0}, "any number of records"),
    ):
        plan = build(
            PROFILES["user-producers"],
            RunOptions(transports=("printk",), workloads=(workload,), consents=_ALLOWED, **more),  # type: ignore[arg-type]
            cpus.online(),
        )
        with pytest.raises(OptionError, match=said):
            transport_only.check(plan)
        with pytest.raises(OptionError, match=said):
            isolation.run(transport_only.measure, plan.trials[0], plan, timeout_s=60)
    assert log() == []


@pytest.mark.parametrize("per_s", [20, 80])
def test_what_the_kernel_suppresses_is_in_the_account_by_its_own_word(log: Callable[[], list[str]], per_s: int) -> None:
    _needs_log()
    plan = _plan("printk", workload=f"writers:1@{per_s}", consents=_ALLOWED, producers=(1,), duration_s=0.3)
    found = share(isolation.run(transport_only.measure, plan.trials[0], plan, timeout_s=60), "printk")
    recording = found.recording
    assert account_error(recording) is None
    assert recording.attempted == int(per_s * 0.3)
    lines = [line for line in log() if ";ringbench " in line]
    assert len(lines) == recording.delivered
    assert all(line.startswith("15,") for line in lines), "priority debug, facility user"
    limited = Path("/proc/sys/kernel/printk_devkmsg").read_text().strip() == "ratelimit"
    suppressed = max(0, recording.attempted - 10) if limited else 0
    assert recording.failed == found.lost_reported == suppressed
    assert found.failed_by_code == ({"suppressed": suppressed} if suppressed else {})
    assert found.buffer_bytes == kmsg.size_bytes()


def test_a_line_has_1024_bytes_at_most() -> None:
    _needs_log()
    reader, mark = kmsg.KmsgRing("none", "none"), f"<15>ringbench {secrets.token_hex(4)} ".encode()
    fd = os.open(kmsg.PLACE, os.O_WRONLY)
    with pytest.raises(OSError, match="Invalid argument"):
        os.write(fd, mark.ljust(1024, b".") + b"\n")
    assert os.write(fd, mark.ljust(1023, b".") + b"\n") == 1024
    assert mark[4:] in os.read(reader.fd, 8192)
    os.close(fd)
    reader.close()


def test_overwritten_lines_are_counted_by_the_logs_numbers(monkeypatch: pytest.MonkeyPatch) -> None:
    lines: list[bytes | OSError] = [
        b"15,7,1,-;ringbench x 0 100\n",
        BrokenPipeError(),
        b"6,12,1,-;somebody else's\n",
        b"15,13,1,-;ringbench x 1 200\n SUBSYSTEM=none\n",
        b"15,14,1,-;ringbench y 2 300\n",
        b"4,15,1,-;printk: rb-x: 3 output lines suppressed due to ratelimiting\n",
        b"4,16,1,-;printk: rb-y: 5 output lines suppressed due to ratelimiting\n",
        b"no line at all",
        BlockingIOError(),
    ]

    def read(fd: int, nbytes: int) -> bytes:
        line = lines.pop(0)
        if isinstance(line, OSError):
            raise line
        return line

    reader, arena = kmsg.KmsgRing("ringbench x", "rb-x"), Arena(WRITE, 10, keep=True)
    with monkeypatch.context() as patched:
        patched.setattr(os, "read", read)
        assert reader.drain(arena.sink) == 2
    reader.close()
    records, _ = arena.kept() if arena.count == 0 else (arena._records[:2], None)
    assert records["ts_ns"].tolist() == [100, 200]
    assert records["seq"].tolist() == [0, 1]
    assert (reader.overwritten, reader.suppressed) == (4, 3)


@pytest.mark.parametrize(
    ("levels", "devkmsg", "everything", "said"),
    [
        ("8 4 1 7", "on", "N", "the console shows lines below 8"),
        ("7 4 1 7", "ratelimit", "N", "it must be 4 or less"),
        ("7 4 1 7", "on", "N", None),
        ("4 4 1 7", "off", "N", "drops every line"),
        ("4 4 1 7", "ratelimit", "Y", "ignore_loglevel"),
        ("4 4 1 7", "ratelimit", "N", None),
    ],
)
def test_nothing_is_written_where_the_console_would_show_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, levels: str, devkmsg: str, everything: str, said: str | None
) -> None:
    for name, text in (("_LEVELS", levels), ("_FILTER", devkmsg), ("_EVERYTHING", everything)):
        place = tmp_path / name
        place.write_text(text + "\n")
        monkeypatch.setattr(kmsg, name, place)
    found = kmsg.refusal()
    assert (found is None) if said is None else (said in (found or ""))


# ---- sessions


def test_a_session_has_their_rows_and_its_page_the_table(tmp_path: Path) -> None:
    done = ringbench(
        *("run", "--profile", "user-producers", "--repeats", "1", "--duration", "0.05", "--quiet", "--out", "s"),
        *("--json", "--keep-events", "first", "--workload", EVERYBODY, "--buffer-bytes", "1M"),
        cwd=tmp_path,
    )
    assert done.returncode in (0, 3), done.stderr
    rows = read_session(tmp_path / "s", tmp_path).trials
    assert set(rows["mode"]) == {"transport-only"}
    assert set(rows["transport"]) == set(RINGS)
    assert rows["valid"].mean() > 0.8
    page = (tmp_path / "s" / "report.html").read_text()
    assert '<h2 id="user-producers">' in page
    assert json.loads(done.stdout)
    ordered = ringbench("order", "s", "--json", cwd=tmp_path)
    assert ordered.returncode == 0, ordered.stderr


def _family(ancestor: int) -> dict[int, int]:
    """Return the descendants of a process, each with its parent."""
    found: dict[int, int] = {}
    for pid in sorted(int(path.name) for path in Path("/proc").glob("[0-9]*")):
        with contextlib.suppress(OSError, IndexError):
            parent = int(Path(f"/proc/{pid}/stat").read_text(errors="replace").rpartition(")")[2].split()[1])
            if parent == ancestor or parent in found:
                found[pid] = parent
    return found


def _mapping(pids: dict[int, int], what: str) -> list[int]:
    """Return those of *pids* that have *what* mapped."""
    found = []
    for pid in pids:
        with contextlib.suppress(OSError):
            if what in Path(f"/proc/{pid}/maps").read_text(errors="replace"):
                found.append(pid)
    return found


@pytest.mark.parametrize(("name", "mapped"), [("msg-ring", "[io_uring]"), ("mapped-ring", "memfd:ringbench-ring")])
@pytest.mark.parametrize("victim", ["runner", "trial"])
def test_nothing_is_left_after_kill_minus_nine(tmp_path: Path, name: str, mapped: str, victim: str) -> None:
    command = [
        *(sys.executable, "-m", "ringbench", "run", "--profile", "user-producers", "--transport", name, "--quiet"),
        *("--workload", EVERYBODY, "--buffer-bytes", "1M", "--producers", str(len(cpus.online()))),
        *("--wait", "sleep:10ms", "--repeats", "1", "--duration", "30", "--out", "s"),
    ]
    with subprocess.Popen(
        command, cwd=tmp_path, env=_environment(), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
    ) as runner:
        assert _eventually(
            lambda: runner.poll() is not None or len(_mapping(_family(runner.pid), mapped)) > len(cpus.online()), 60
        )
        assert runner.poll() is None, runner.stderr and runner.stderr.read()
        family = _family(runner.pid)
        users = _mapping(family, mapped)
        (trial,) = [pid for pid in users if family[pid] not in users]
        if victim == "runner":
            runner.kill()
        else:
            os.kill(trial, signal.SIGKILL)
            assert runner.wait(60) == 3
            (row,) = read_session(tmp_path / "s", tmp_path).trials.to_dict("records")
            assert row["invalid_code"] == InvalidCode.PROCESS_DIED
    assert _eventually(lambda: not _mapping(dict.fromkeys(users, 0), mapped)), "an io_uring, or a ring, is still there"
