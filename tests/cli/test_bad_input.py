"""What a person can get wrong, and what the machine can lack: one or two lines and an exit status, nothing lost."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from ringbench.cli import _COMMANDS
from ringbench.drivers.transports import TRANSPORTS, USER_SPACE
from ringbench.machine import isolation
from ringbench.run.interleave import worktree
from tests import ROOT
from tests.cli.inside import inside
from tests.nobody import AS_NOBODY


def ringbench(
    *arguments: str, cwd: Path, before: Sequence[str] = (), **environment: str
) -> subprocess.CompletedProcess[str]:
    path = os.pathsep.join(
        filter(None, [environment.pop("FIRST", ""), str(ROOT / "bench"), os.environ.get("PYTHONPATH")])
    )
    return subprocess.run(
        [*before, sys.executable, "-m", "ringbench", *arguments],
        cwd=cwd, env={**os.environ, "PYTHONPATH": path, **environment},
        capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip


def refused(done: subprocess.CompletedProcess[str], *said: str) -> None:
    assert done.returncode == 2, (done.returncode, done.stdout, done.stderr)
    assert done.stdout == ""
    assert "Traceback" not in done.stderr
    assert "defect" not in done.stderr
    assert len(done.stderr.strip().splitlines()) <= 2, done.stderr
    for text in said:
        assert text in done.stderr


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["run", "--transport", "ringbuff"], "Did you mean 'ringbuf"),
        (["run", "--profile", "quik"], "Did you mean 'quick'"),
        (["run", "--buffer-bytes", "5000"], "Nearest: 8192"),
        (["run", "--buffer-bytes", "lots"], "is not a size"),
        (["run", "--buffer-bytes", "-1"], "is not a size"),
        (["run", "--duration", "-3"], "is not a time: write it like"),
        (["run", "--duration", "0"], "more than 0"),
        (["run", "--cpus", "0,999"], "CPU 999 is not online"),
        (["run", "--cpus", "zero"], "not a list of CPUs"),
        (["run", "--repeats", "0"], "'--repeats': 0 is not in the range"),
        (["run", "--workload", "command"], "behind --"),
        (["run", "--workload", "stress-ng:no-such-thing"], "has no stressor"),
        (["run", "--", "no-such-program-anywhere"], "no such program"),
        (["run", "--resume", "nowhere"], "nowhere"),
        (["run", "--no-such-option"], "No such option"),
        (["report", "nowhere"], "nowhere"),
        (["report"], "SESSION"),
        (["export", "nowhere", "--format", "csv"], "nowhere"),
        (["export", "nowhere", "--format", "xls"], "xls"),
        (["frobnicate"], "No such command"),
        (["run", "--mode", "pared"], "'pared' is not one of 'paired'"),
        (["run", "--reader", "bulky"], "Did you mean 'bulk"),
        (["run", "--wakeup", "batch:0"], "write it like batch:500"),
        (["run", "--wait", "nap"], "unknown wait"),
        (["run", "--placement", "there"], "unknown placement"),
        (["run", "--workload", "fork-exec@0%"], "behind the @"),
        (["run", "--events-to", "tape"], "Valid: memory, disk"),
        (["run", "--precision", "120%"], "less than 100 %"),
        (["run", "--precision", "nan"], "write it like 5% or 0.05"),
        (["run", "--max-time", "2d"], "write it like"),
        (["run", "--drain-interval", "25h"], "at most a day"),
        (["run", "--producers", "0"], "'--producers'"),
        (["run", "--record-bytes", "0"], "at least 1 byte"),
        (["run", "--seed", "-1"], "'--seed'"),
        (["run", "--keep-events", "some"], "'--keep-events'"),
        (["ab"], "--base"),
        (["ab", "--base", "HEAD", "--mode", "TYPO"], "'TYPO' is not one of 'paired'"),
        (["ab", "--base", "HEAD", "--transport", "prf"], "Did you mean 'perf'"),
        (["ab", "--base", "HEAD", "--reader", "TYPO"], "unknown reader"),
        (["ab", "--base", "HEAD", "--profile", "cii"], "Did you mean 'ci'"),
        (["ab", "--base", "HEAD", "--repeats", "0"], "'--repeats'"),
        (["ab", "--base", "HEAD", "--max-time", "0"], "more than 0"),
        (["ab", "--base", "HEAD", "--seed", "x"], "'--seed'"),
        (["ab", "--base", "no-such-revision"], "no revision no-such-revision"),
        (["ab", "--base", "HEAD", "--head", "no-such-revision"], "no revision no-such-revision"),
        (["claims", "--only", "nonsense"], "unknown claim"),
        (["claims", "--repeats", "0"], "'--repeats'"),
        (["claims", "--seed", "-1"], "'--seed'"),
        (["claims", "--from", "nowhere"], "nowhere"),
        (["claims", "--from", "nowhere", "--repeats", "5"], "--repeats does nothing beside --from"),
        (["claims", "--list", "--from", "nowhere"], "--from does nothing beside --list"),
        (["selftest", "aa", "--from", "nowhere", "--only", "same"], "--only does nothing beside --from"),
        (["selftest", "gate", "--from", "nowhere", "--blocks", "64"], "--blocks does nothing beside --from"),
        (["selftest", "gate", "--real", "1", "--comparisons", "9"], "--comparisons does nothing beside --real"),
        (["nesting", "--from", "nowhere", "--transport", "perf"], "--transport does nothing beside --from"),
        (["nesting", "--json", "--markdown"], "--markdown does nothing beside --json"),
        (["history", "nowhere", "--baselines", "nowhere"], "--baselines does nothing beside SESSION"),
        (["selftest", "aa", "--only", "nonsense"], "'--only'"),
        (["selftest", "aa", "--repeats", "0"], "'--repeats'"),
        (["selftest", "aa", "--from", "nowhere"], "nowhere"),
        (["selftest", "gate", "--blocks", "0"], "'--blocks'"),
        (["selftest", "gate", "--comparisons", "0"], "'--comparisons'"),
        (["selftest", "gate", "--real", "0"], "'--real'"),
        (["selftest", "gate", "--max-time", "soon"], "is not a time"),
        (["selftest", "gate", "--max-time", "1h", "--real", "3"], "--real's comparisons"),
        (["selftest", "gate", "--seed", "-1"], "'--seed'"),
        (["selftest", "gate", "--from", "nowhere"], "nowhere"),
        (["nesting", "--transport", "prf"], "Did you mean 'perf'"),
        (["nesting", "--transport", "ftrace"], "carries no records of programs that interrupt"),
        (["nesting", "--transport", "mapped-ring"], "carries no records of programs that interrupt"),
        (["nesting", "--duration", "0"], "more than 0"),
        (["nesting", "--out", "."], "is a directory"),
        (["nesting", "--out", "/dev/null/found.json"], "'/dev/null' is not a folder"),
        (["nesting", "--from", "nowhere"], "nowhere"),
        (["compare", "a"], "HEAD"),
        (["compare", "a", "b", "--across", "time"], "'--across'"),
        (["baseline", "save", "latest", "--keep", "0"], "'--keep'"),
        (["baseline", "show", "nothing"], "no baseline"),
        (["history", "--metric", "nonsense"], "unknown metric"),
        (["order", "nowhere"], "nowhere"),
        (["ringdump", "--map-id", "0"], "'--map-id'"),
        (["ringdump", "--plot", "rings.gif"], "rings.png"),
        (["ringdump", "--save", "."], "is a directory"),
        (["ringdump", "nowhere.json"], "nowhere.json"),
        (["doctor", "--jsn"], "No such option"),
        (["list", "transports"], "unexpected extra argument"),
    ],
)
def test_a_wrong_call_is_refused_before_anything_is_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str], said: str
) -> None:
    monkeypatch.setattr(isolation, "warm_up", nothing_is_started)
    monkeypatch.setattr(worktree, "version", nothing_is_started)
    refused(inside(*arguments, cwd=tmp_path), said)
    assert list(tmp_path.iterdir()) == []


def nothing_is_started(*arguments: object) -> None:
    raise AssertionError(f"started, although the call is wrong: {arguments}")


@pytest.mark.parametrize(
    "arguments",
    [
        ["run", "--profile", "smoke"],
        ["claims", "--only", "zero-copy"],
        ["selftest", "aa", "--only", "same"],
        ["ab", "--base", "."],
        ["selftest", "gate"],
    ],
)
def test_an_out_that_holds_something_is_refused_before_anything_is_started(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str]
) -> None:
    monkeypatch.setattr(isolation, "warm_up", nothing_is_started)
    for folder in (tmp_path / "mine", tmp_path / "mine" / "base", tmp_path / "mine" / "again"):
        folder.mkdir()
        (folder / "thesis.txt").write_text("years of work")
    refused(inside(*arguments, "--out", "mine", cwd=tmp_path), "not empty")


@pytest.mark.parametrize("command", [[], ["baseline"]])
def test_without_a_command_the_help_is_shown(tmp_path: Path, command: list[str]) -> None:
    done = inside(*command, cwd=tmp_path)
    assert "Usage: ringbench" in done.stdout + done.stderr
    assert "ringbench: " not in done.stderr


def test_a_folder_that_is_not_empty_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").write_text("years of work")
    if os.geteuid() == 0:
        refused(ringbench("run", "--profile", "smoke", "--out", "mine", cwd=tmp_path), "not empty")
    assert [p.name for p in (tmp_path / "mine").iterdir()] == ["thesis.txt"]


@pytest.mark.bpf
def test_a_place_that_cannot_be_written_is_refused_before_measuring(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    refused(ringbench("run", "--out", "file", cwd=tmp_path), "file")
    refused(ringbench("run", "--out", "/proc/session", cwd=tmp_path), "/proc/session")


@pytest.mark.bpf
def test_without_root_it_says_so(tmp_path: Path) -> None:
    tmp_path.chmod(0o777)
    refused(ringbench("run", cwd=tmp_path, before=AS_NOBODY, HOME=str(tmp_path)), "needs root", "sudo")
    assert not list(tmp_path.iterdir())


def test_a_dry_run_needs_no_root_and_measures_nothing(tmp_path: Path) -> None:
    done = inside("run", "--dry-run", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "trials" in done.stdout.splitlines()[-1]
    assert "about" in done.stdout.splitlines()[-1]
    plan = json.loads(inside("run", "--dry-run", "--json", cwd=tmp_path).stdout)
    assert len(plan["trials"]) > 10
    assert list(tmp_path.iterdir()) == []


@pytest.mark.bpf
def test_pypis_bcc_is_recognised(tmp_path: Path) -> None:
    fake = tmp_path / "fake"
    (fake / "bcc").mkdir(parents=True)
    (fake / "bcc" / "__init__.py").write_text("__version__ = '0.1'\n")
    refused(ringbench("run", cwd=tmp_path, FIRST=str(fake)), "PyPI's unrelated project", "python3-bpfcc")
    assert not (tmp_path / "results").exists()


@pytest.mark.bpf
def test_without_bcc_it_says_what_to_install(tmp_path: Path) -> None:
    fake = tmp_path / "fake"
    fake.mkdir()
    (fake / "bcc.py").write_text("raise ModuleNotFoundError(\"No module named 'bcc'\")\n")
    refused(ringbench("run", cwd=tmp_path, FIRST=str(fake)), "python3-bpfcc", "never `pip install bcc`")


@pytest.mark.bpf
def test_without_headers_it_says_so(tmp_path: Path) -> None:
    if Path(f"/lib/modules/{os.uname().release}/build").exists() or Path("/sys/kernel/kheaders.tar.xz").exists():
        done = ringbench("run", cwd=tmp_path, BCC_KERNEL_SOURCE=str(tmp_path))
    else:
        done = ringbench("run", cwd=tmp_path, RINGBENCH_CACHE=str(tmp_path / "cache"), BCC_KERNEL_SOURCE="")
    refused(done, "headers")


@pytest.mark.bpf
def test_without_the_right_to_use_bpf_it_says_so(tmp_path: Path) -> None:
    without = ["setpriv", "--bounding-set=-sys_admin,-bpf,-perfmon", "--inh-caps=-all"]
    command = [*without, sys.executable, "-m", "ringbench", "run"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "bench")}
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    refused(done, "BPF is not allowed here, even as root", "Operation not permitted", "CAP_BPF")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.bpf
def test_without_tracefs_it_says_so(tmp_path: Path) -> None:
    gone = "for m in /sys/kernel/tracing /sys/kernel/debug/tracing /sys/kernel/debug; do umount $m 2>/dev/null; done; "
    command = ["unshare", "--mount", "sh", "-c", gone + f"exec {sys.executable} -m ringbench run"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "bench")}
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    refused(done, "tracefs is not mounted", "with-env")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.bpf
def test_without_stress_ng_it_says_what_to_install(tmp_path: Path) -> None:
    (tmp_path / "bin").mkdir()
    done = ringbench("run", "--workload", "stress-ng:vfork", cwd=tmp_path, PATH=str(tmp_path / "bin"))
    refused(done, "apt install stress-ng")


def test_a_damaged_session_is_refused_in_one_line(tmp_path: Path) -> None:
    reference = ROOT / "results" / "reference"
    damages = {
        "json": lambda f: (f / "session.json").write_text("{"),
        "newer": lambda f: (f / "session.json").write_text(
            json.dumps(json.loads((f / "session.json").read_text()) | {"schema_version": 99})
        ),
        "truncated": lambda f: (f / "trials.parquet").write_bytes((f / "trials.parquet").read_bytes()[:-100]),
        "gone": lambda f: (f / "trials.parquet").unlink(),
    }
    for name, damage in damages.items():
        folder = tmp_path / name
        shutil.copytree(reference, folder)
        damage(folder)
        for command in (["report", name], ["export", name, "--format", "csv"]):
            done = inside(*command, cwd=tmp_path)
            refused(done, name)
            assert len(done.stderr.strip().splitlines()) == 1


def test_list_names_everything_and_whether_it_is_available(tmp_path: Path) -> None:
    listed = json.loads(inside("list", "--json", cwd=tmp_path).stdout)
    assert list(listed)[:6] == ["transports", "readers", "wakeups", "workloads", "profiles", "metrics"]
    for rows in listed.values():
        assert rows
        assert all(isinstance(row["name"], str) and isinstance(row["available"], bool) for row in rows)
    assert {row["name"] for row in listed["transports"]} == {*TRANSPORTS, *USER_SPACE}
    assert "fork-exec" in inside("list", cwd=tmp_path).stdout


@pytest.mark.parametrize("command", [[], *([name] for name in _COMMANDS if name != "side")])
def test_every_command_has_help_with_an_example(tmp_path: Path, command: list[str]) -> None:
    done = inside(*command, "--help", cwd=tmp_path)
    assert done.returncode == 0
    assert "ringbench" in done.stdout.split("Usage:")[1][20:]


def test_an_unexpected_error_shows_no_traceback_unless_asked(tmp_path: Path) -> None:
    done = ringbench("export", "\x1b[31mred", "--format", "csv", cwd=tmp_path)
    assert done.returncode == 2
    assert "\x1b" not in done.stderr
    assert "Traceback" in ringbench("--debug", "report", "nowhere", cwd=tmp_path).stderr


@pytest.mark.parametrize(
    ("arguments", "wanted"),
    [
        (["--debug", "report", "nowhere"], True),
        (["--debug", "run", "--mode", "TYPO"], True),
        (["report", "--", "--debug"], False),
        (["run", "--buffer-bytes", "5000", "--", "true", "--debug"], False),
        (["run", "--out", "--debug", "--buffer-bytes", "5000"], False),
        (["run", "--debug"], False),
    ],
)
def test_a_traceback_is_shown_where_the_option_is_given_and_not_where_its_text_is(
    tmp_path: Path, arguments: list[str], wanted: bool
) -> None:
    done = inside(*arguments, cwd=tmp_path)
    assert done.returncode == 2
    assert ("Traceback" in done.stderr) is wanted, done.stderr


@pytest.mark.parametrize("verb", ["", *(name for name in _COMMANDS if name != "side")])
def test_help_shows_examples_a_line_each(verb: str, tmp_path: Path) -> None:
    done = inside(*verb.split(), "--help", cwd=tmp_path)
    assert done.returncode == 0
    assert "\\b" not in done.stdout
    _, _, examples = done.stdout.partition("Example")
    assert [line for line in examples.splitlines()[1:] if line.split()[:1] in (["ringbench"], ["sudo"])], done.stdout
