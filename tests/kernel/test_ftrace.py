"""ftrace beside the program: an exact account, its own order, and an instance that is gone whoever is killed."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from unittest import mock

import numpy as np
import pytest

from ringbench import native
from ringbench.data.metrics.drops import account_error
from ringbench.data.metrics.ordering import causal_violations, cross_cpu_lives
from ringbench.data.metrics.overhead import METRIC
from ringbench.drivers import features
from ringbench.drivers.transports import TRANSPORTS, find_transport
from ringbench.errors import InvalidMeasurementError, OptionError
from ringbench.kernel import cpus, ftrace, probe, program, tracefs
from ringbench.machine import isolation
from ringbench.run.planner.options import RunOptions
from ringbench.run.planner.planner import build
from ringbench.run.planner.profiles import PROFILES
from ringbench.run.trials import overhead, trial
from ringbench.spec.plan import Plan
from ringbench.spec.trial import Trial
from tests import ROOT
from tests.kernel.conftest import Measure, share
from tests.kernel.test_session import _environment, _eventually

FTRACE = TRANSPORTS["ftrace"]


@pytest.fixture(scope="module", autouse=True)
def _possible() -> None:
    if reason := features.missing(FTRACE):
        pytest.skip(reason)


def _instances() -> set[str]:
    return {path.name for path in tracefs.instances().iterdir()}


@pytest.fixture(autouse=True)
def _nothing_stays() -> Iterator[None]:
    before = _instances()
    yield
    isolation.wait_for_exits()
    assert _eventually(lambda: _instances() <= before), _instances() - before


def test_every_event_is_found_in_both_as_the_other_has_it(measured: Measure) -> None:
    outcome = measured("ringbuf-reserve", "ftrace", buffer_bytes=1 << 20, duration_s=0.3)
    ours, theirs = (share(outcome, name).recording for name in ("ringbuf-reserve", "ftrace"))
    for each in (ours, theirs):
        assert account_error(each) is None
        assert (each.failed, each.delivered) == (0, each.attempted)
    assert ours.attempted == theirs.attempted > 300
    assert theirs.checksum.holds is None
    for cpu in np.unique(ours.events["cpu"]):
        mine, its = (np.sort(e.events[e.events["cpu"] == cpu], order="seq") for e in (ours, theirs))
        for field in ("seq", "kind", "pid", "comm"):
            assert (mine[field] == its[field]).all(), field
        # The program's callback comes first, ftrace's second, before the next event on this CPU.
        assert (mine["ts_ns"] < its["ts_ns"]).all()
        assert (its["ts_ns"][:-1] < mine["ts_ns"][1:]).all()
    # Lives are named afterwards, and each as one that the program named; but for those that began before the window.
    mine, its = (np.sort(each.events, order=["cpu", "seq"]) for each in (ours, theirs))
    known = its["birth"] != 0
    assert known.sum() > 0.8 * len(its)
    names = set(zip(mine["birth"][known].tolist(), its["birth"][known].tolist(), strict=True))
    assert len(names) == len({name for name, _ in names}) == len({name for _, name in names})
    assert (mine["parent_pid"] == its["parent_pid"])[known].all()


def test_its_order_is_a_cpus_own_and_none_between_them(measured: Measure) -> None:
    contradicted = moved = 0
    for _ in range(5):
        found = share(measured("ftrace", duration_s=0.5), "ftrace")
        recording, events = found.recording, found.recording.events
        assert account_error(recording) is None
        assert found.failed_by_code == {}
        for cpu in np.unique(events["cpu"]):
            own = events[events["cpu"] == cpu]
            assert (np.diff(own["ts_ns"].astype(np.int64)) > 0).all()
            assert own["seq"].tolist() == list(range(len(own)))
        contradicted += causal_violations(events["birth"], events["kind"])
        moved += cross_cpu_lives(events["birth"], events["cpu"])
        if contradicted:
            break
    assert contradicted or moved < 10, "a life's effects on another CPU than its fork are read before it now and then"
    assert recording.producer_runs == recording.attempted, "each event of the window was looked at, and no other"
    assert recording.producer_run_ns > 0
    assert recording.memory == {
        "physical": FTRACE.physical_bytes(1 << 20, len(cpus.online())),
        "memlock": None,
        "rss": 0,
    }


def test_what_did_not_fit_is_counted_and_the_account_is_exact(measured: Measure) -> None:
    size = FTRACE.round_size(1, len(cpus.online()))
    found = share(measured("ftrace", buffer_bytes=size, wait="sleep:100ms", duration_s=0.5), "ftrace")
    recording = found.recording
    assert account_error(recording) is None
    assert found.failed_by_code == {"dropped": recording.failed}
    assert recording.failed > 0
    assert recording.delivered > 100
    assert recording.attempted == recording.delivered + recording.failed
    assert recording.checksum.holds is None


_drain, _lost = ftrace.FtraceRing.drain, ftrace.FtraceRing.lost_since_made


def _a_page_less(ring: ftrace.FtraceRing, sink: native.Sink) -> int:
    """Read the ring, but for a page of each ring, once."""
    if ring.ring.seq and ring.ring.foreign == 0:
        with contextlib.suppress(BlockingIOError):
            ring.ring.foreign = len(os.read(ring.fd, ring.ring.page_bytes))
    return _drain(ring, sink)


def _one_more(ring: ftrace.FtraceRing) -> int:
    """Count a drop that never was, once the trial has begun."""
    return _lost(ring) + (ring.ring.seq > 0)


WRONG = {"a page that nobody read": ("drain", _a_page_less), "a drop that never was": ("lost_since_made", _one_more)}


def _measured_wrongly(how: str, asked: Trial, plan: Plan) -> trial.Outcome:
    with mock.patch.object(ftrace.FtraceRing, *WRONG[how]):
        return trial.measure(asked, plan)


def _plan(duration_s: float = 0.3, workload: str = "fork-exec") -> Plan:
    choice = RunOptions(
        transports=("ftrace",), mode="isolated", workloads=(workload,), repeats=1, duration_s=duration_s,
        buffer_bytes=(1 << 20,),
    )  # fmt: skip
    return build(PROFILES["designs"], choice, cpus.online())


@pytest.mark.parametrize("how", WRONG)
def test_an_account_that_does_not_add_up_is_no_measurement(how: str) -> None:
    plan = _plan()
    with pytest.raises(InvalidMeasurementError, match=r"ftrace's account of CPU \d+ does not add up"):
        isolation.run(_measured_wrongly, how, plan.trials[0], plan, timeout_s=60)


_look = ftrace.Ftrace._look


def _looks_too_early(self: ftrace.Ftrace, loaded: program.Program, name: str) -> None:
    """Look for the third time, too, before ftrace's callback is there: with nothing in between."""
    if name != "look_third":
        _look(self, loaded, name)
    if name == "look_second":
        _look(self, loaded, "look_third")


def _measured_without_the_callback(asked: Trial, plan: Plan) -> trial.Outcome:
    with mock.patch.object(ftrace.Ftrace, "_look", _looks_too_early):
        return trial.measure(asked, plan)


def test_what_its_callback_takes_is_what_lies_between_two_looks(measured: Measure) -> None:
    def each(outcome: trial.Outcome) -> float:
        found = share(outcome, "ftrace").recording
        assert account_error(found) is None
        return float(found.producer_run_ns / found.producer_runs)

    plan = _plan()
    nothing = each(isolation.run(_measured_without_the_callback, plan.trials[0], plan, timeout_s=60))
    assert each(measured("ftrace", duration_s=0.3)) > 3 * abs(nothing)
    assert share(measured("ftrace", "ringbuf-reserve", duration_s=0.1), "ftrace").recording.producer_run_ns is None


def test_what_it_cannot_carry_is_refused_before_anything_is_attached() -> None:
    said = "ftrace carries fork, exec and exit alone, as the kernel's tracepoints write them"
    for workload in ("firehose:8", "sched-switch", "nested"):
        with pytest.raises(OptionError, match=f"nothing is left to measure: left out: workload {workload}: {said}"):
            _plan(workload=workload)
    with pytest.raises(OptionError, match=said):
        program.load([FTRACE], probe=probe.SCHED_SWITCH)
    disk = build(PROFILES["designs"], RunOptions(events_to="disk"), cpus.online())
    assert any("left out: ftrace with --events-to disk" in note for note in disk.notes)
    assert not any("ftrace" in each.transports for each in disk.trials)


@pytest.mark.parametrize("stage", ["unread", "read"])
def test_what_it_costs_the_workload_can_be_timed(stage: str) -> None:
    choice = RunOptions(
        transports=("ftrace",), workloads=("fork-exec",), placements=("free",), repeats=1, duration_s=0.2
    )
    plan = build(PROFILES["overhead"], choice, cpus.online())
    (asked,) = [each for each in plan.trials if each.stage == stage]
    (found,) = isolation.run(overhead.measure, asked, plan, timeout_s=60).shares
    assert account_error(found.recording) is None
    assert found.recording.attempted == found.recording.delivered > 30
    assert METRIC.compute(found.recording)["operation_ns_per_event"] > 0


# ---- what stays behind: nothing --------------------------------------------------------------------------------------

_RUNNER = f"""
from ringbench.machine import isolation
from ringbench.run.trials import trial
from {__name__} import _plan

plan = _plan(60.0, "fork-exec:100")
isolation.run(trial.measure, plan.trials[0], plan)
"""


def _parent(pid: int) -> int:
    with contextlib.suppress(OSError, IndexError):
        return int(Path(f"/proc/{pid}/stat").read_text(errors="replace").rpartition(")")[2].split()[1])
    return 0


def _of(runner: int) -> tuple[Path, int] | None:
    """Return the instance of a descendant of *runner*, and which process that is."""
    for path, pid, *_ in tracefs._ours(tracefs.instances()):
        above = pid
        while above > 1 and above != runner:
            above = _parent(above)
        if above == runner:
            return path, pid
    return None


@contextlib.contextmanager
def _measuring() -> Iterator[tuple[subprocess.Popen[bytes], Path, int]]:
    """Yield a runner whose trial is under way, its instance, and the trial's process."""
    root = str(ROOT)
    with subprocess.Popen([sys.executable, "-c", _RUNNER], cwd=root, env=_environment(), stderr=subprocess.PIPE) as run:
        try:
            assert _eventually(lambda: _of(run.pid) is not None, 60), "no instance was made"
            path, pid = _of(run.pid) or (Path(), 0)
            assert _eventually(lambda: (path / "events/sched/sched_process_exit/enable").read_text().startswith("1"))
            yield run, path, pid
        finally:
            run.kill()


@pytest.mark.parametrize("whom", ["the trial", "the runner"])
def test_kill_minus_nine_leaves_no_instance(whom: str) -> None:
    with _measuring() as (runner, path, pid):
        os.kill(pid if whom == "the trial" else runner.pid, signal.SIGKILL)
        assert _eventually(lambda: not path.exists())


def _with_an_instance(then: str) -> tuple[str, list[str]]:
    instance = tracefs.Instance()
    watchdog = instance._watchdog.pid
    if then == "tell":
        open_files = [os.readlink(fd) for fd in Path(f"/proc/{watchdog}/fd").iterdir()]
        session = os.getsid(watchdog)
        instance.close()
        return instance.path.name, [*open_files, str(session == watchdog)]
    Path(then).write_text(instance.path.name)
    os.kill(watchdog, signal.SIGKILL)
    os.kill(os.getpid(), signal.SIGKILL)
    return "", []


def test_the_watchdog_holds_a_pipes_end_and_nothing_else() -> None:
    name, held = isolation.run(_with_an_instance, "tell", timeout_s=30)
    assert name not in _instances()
    *open_files, leads_its_session = held
    assert leads_its_session == "True"
    assert sorted(file.partition(":")[0] for file in open_files) == ["/dev/null", "/dev/null", "pipe"]


def _made() -> str:
    instance = tracefs.Instance()
    instance.close()
    return instance.path.name


def test_what_a_killed_watchdog_left_is_swept_and_what_is_not_ours_is_left_alone(tmp_path: Path) -> None:
    with pytest.raises(InvalidMeasurementError, match="died with status -9"):
        isolation.run(_with_an_instance, str(tmp_path / "name"), timeout_s=30)
    stale = (tmp_path / "name").read_text()
    folder, me = tracefs.instances(), os.getpid()
    assert stale in _instances()
    foreign = [
        folder / name
        for name in (
            "somebody-elses",
            "ringbench-and-more",
            f"ringbench-{me}-{tracefs._started(me)}-{tracefs._namespace()}-77",  # its process lives
            "ringbench-1-2-3-4",  # of another PID namespace
        )
    ]
    try:
        for path in foreign:
            path.mkdir()
        assert isolation.run(_made, timeout_s=30) not in _instances()
        assert stale not in _instances()
        assert {path.name for path in foreign} <= _instances()
    finally:
        for path in foreign:
            path.rmdir()


def _no_clock() -> str:
    with mock.patch.object(ftrace, "CLOCK", "no such clock"):
        return ftrace.tried()


def test_what_the_kernel_refuses_is_told_in_its_words() -> None:
    assert features.tried(_no_clock) == (False, "tracefs refuses 'no such clock' for trace_clock: Invalid argument.")
    assert features.tried(ftrace.tried) == (True, "made, set up and removed")


def test_variants_count_their_runs_too() -> None:
    assert find_transport("ftrace~again").sized(0, 1, 56) == FTRACE.sized(0, 1, 56) != ()
