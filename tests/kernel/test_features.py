"""What kernel and BCC can, by trying it: the words of who refuses, and compilers that end their process."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest
from click.testing import CliRunner

from ringbench.cli.list import list_
from ringbench.drivers import features
from ringbench.drivers.transports import TRANSPORTS
from ringbench.drivers.waits import WAITS
from ringbench.errors import MissingRequirementError, OptionError
from ringbench.kernel import linked_list
from ringbench.machine import isolation
from ringbench.machine.toolchain import bcc_version
from ringbench.run import preflight
from ringbench.run.planner.options import RunOptions
from ringbench.run.planner.planner import build
from ringbench.run.planner.profiles import PROFILES
from tests import ROOT
from tests.cli.inside import inside
from tests.nobody import AS_NOBODY

# What BCC 0.26's compiler makes of a ticket of 32 bits is an LLVM fatal error, which ends the process.
_TOO_NARROW = """
BPF_ARRAY(next, u32, 1);

int draw(struct __sk_buff *skb)
{
	u32 zero = 0, *ticket = next.lookup(&zero);

	return ticket ? __sync_fetch_and_add(ticket, 1) : 0;
}
"""
_DENIED = """
int wander(struct __sk_buff *skb)
{
	return *(volatile int *)8;
}
"""


def _draw_narrow() -> str:
    return features._compiled(_TOO_NARROW, "draw", [])


def _die() -> str:
    os.abort()


def _wander() -> str:
    return features._compiled(_DENIED, "wander", [])


def _misspell() -> str:
    return features._compiled("int f(struct __sk_buff *skb) { return nothing_of_that_name; }", "f", [])


@pytest.fixture
def _no_ticket(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(features, "FEATURES", {**features.FEATURES, "atomic ticket": _die})
    features.feature.cache_clear()
    yield
    features.feature.cache_clear()


def test_a_compiler_that_ends_its_process_ends_no_more_than_the_trial_and_is_heard() -> None:
    able, said = features.tried(_draw_narrow)
    if able:
        pytest.skip("this compiler can make it")
    assert "XADD" in said or "fetch" in said.lower() or "select" in said


def test_who_dies_without_a_word_is_told_by_the_status() -> None:
    able, said = features.tried(_die)
    assert not able
    assert "died with status -6" in said


@pytest.mark.parametrize(
    ("attempt", "said"),
    [
        (_wander, "R1 invalid mem access "),
        (_misspell, "use of undeclared identifier 'nothing_of_that_name'"),
    ],
)
def test_what_is_told_is_the_verdict_of_verifier_or_compiler(attempt: Callable[[], str], said: str) -> None:
    able, heard = features.tried(attempt)
    assert not able
    assert heard.startswith(said)


@pytest.mark.usefixtures("_no_ticket")
def test_a_transport_that_cannot_be_made_is_listed_as_such_and_left_out_of_plans(tmp_path: Path) -> None:
    ring = TRANSPORTS["ticket-ring"]
    reason = features.missing(ring)
    assert reason is not None
    assert reason.startswith("atomic ticket: ")
    listed = {each["name"]: each for each in json.loads(CliRunner().invoke(list_, ["--json"]).stdout)["transports"]}
    assert not listed["ticket-ring"]["available"]
    assert listed["ticket-ring"]["missing"] == reason
    assert listed["perf"]["available"]
    plan = build(PROFILES["designs"], RunOptions(), (0, 1), features.missing)
    assert any(note == f"left out: ticket-ring: {reason}." for note in plan.notes)
    carried = {name for trial in plan.trials for name in trial.transports}
    assert carried >= {"perf", "ringbuf-reserve"}
    assert "ticket-ring" not in carried
    with pytest.raises(OptionError, match="nothing is left to measure: left out: ticket-ring: atomic ticket"):
        build(PROFILES["smoke"], RunOptions(transports=("ticket-ring",)), (0, 1), features.missing)
    elsewhere = build(PROFILES["smoke"], RunOptions(transports=("ticket-ring",), mode="isolated"), (0, 1))
    with pytest.raises(MissingRequirementError, match="ticket-ring is not available here: atomic ticket"):
        preflight.check(elsewhere)
    done = inside("run", "--transport", "ticket-ring", "--out", "s", cwd=tmp_path)
    assert done.returncode == 2
    assert "atomic ticket" in done.stderr
    assert not list(tmp_path.iterdir())


def test_what_a_transport_needs_is_something_that_is_tried() -> None:
    needs = {thing.needs for things in (TRANSPORTS, WAITS) for thing in things.values()} - {None}
    known = {"atomic ticket", "dynptr reservation", "arena ring", "tracefs instance", "io_uring's poll of a ring"}
    assert needs == known <= set(features.FEATURES)


def test_each_is_told_and_none_stays_open() -> None:
    features.feature.cache_clear()
    before = set(os.listdir("/proc/self/fd"))
    found = features.features()
    isolation.wait_for_exits()
    assert [feature.name for feature in found] == list(features.FEATURES)
    assert all(feature.said for feature in found)
    # One descriptor more is a pipe to the fork server, where that was not running yet.
    assert not [fd for fd in set(os.listdir("/proc/self/fd")) - before if "bpf" in os.readlink(f"/proc/self/fd/{fd}")]


_RAW_TRACEPOINT, _PERF_EVENT = 17, 7


def _list_in(kind: int) -> str:
    linked_list.load(kind)
    return "loaded"


def test_a_list_is_refused_for_the_type_of_the_program_alone() -> None:
    found = features.feature("linked list in a tracepoint program")
    if found.able or "tracing progs" not in found.said:
        pytest.skip(f"this kernel says: {found.said}")
    assert features.tried(partial(_list_in, linked_list.SCHED_CLS)) == (True, "loaded")
    for kind in (_RAW_TRACEPOINT, _PERF_EVENT):
        assert features.tried(partial(_list_in, kind)) == (False, found.said)


_UNPRIVILEGED = """
import sys
from ringbench.cli import main
from ringbench.errors import MissingRequirementError
from ringbench.drivers import features
from ringbench.drivers.transports import TRANSPORTS

assert features.missing(TRANSPORTS["ticket-ring"]) is None
try:
    features.features()
except MissingRequirementError as error:
    print(error)
sys.argv = ["ringbench", "doctor"]
main()
"""


def test_without_root_nothing_is_tried_and_that_is_said(tmp_path: Path) -> None:
    done = subprocess.run(
        [*AS_NOBODY, sys.executable, "-c", _UNPRIVILEGED],
        cwd=tmp_path, env={**os.environ, "PYTHONPATH": str(ROOT / "bench"), "HOME": str(tmp_path)},
        capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    assert "needs root" in done.stdout.splitlines()[0], done.stderr
    assert "only root can try" in done.stdout
    assert "Traceback" not in done.stderr


_DOC = (ROOT / "docs" / "designs-refused.md").read_text()
_TOLD = {
    name: (here, said)
    for name, here, said in re.findall(r"^\| ([^|]+) \| (can|cannot) \| `(.+?)` \|", _DOC, re.MULTILINE)
}


def test_the_docs_tell_of_each() -> None:
    assert list(_TOLD) == list(features.FEATURES)


def _versions() -> str:
    linux = ".".join(os.uname().release.split(".")[:2])
    return f"Linux {linux} and BCC {'.'.join(str(bcc_version()).split('.')[:2])} "


@pytest.mark.parametrize("name", _TOLD)
def test_the_docs_have_its_words(name: str) -> None:
    found = features.feature(name)
    seen = ("can" if found.able else "cannot", found.said)
    if seen != _TOLD[name] and _versions() not in _DOC:
        pytest.skip(f"this machine is another one, and says: {found.said}")
    assert _TOLD[name] == seen
