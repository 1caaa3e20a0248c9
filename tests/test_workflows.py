"""The workflows, the action and the nightly job: what they promise, and that the commands in them exist.

Their schema is checked by ``nox -s workflows``; here are the rules of our own.
"""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import click
import pytest
import yaml

from bench.cli import cli
from tests.gate.stored import stored
from tests.gate.worlds import rows, slower, wander

ROOT = Path(__file__).parents[1]
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
ACTION = ROOT / "action.yml"
SCRIPT = ROOT / ".github" / "action.sh"
NIGHTLY = ROOT / "contrib" / "systemd" / "nightly.sh"

if not (ROOT / ".git").exists() and not ACTION.exists():
    pytest.skip("a source archive carries no workflows: needs a checkout", allow_module_level=True)


def loaded(path: Path) -> dict[Any, Any]:
    return yaml.safe_load(path.read_text())


def steps(document: dict[Any, Any]) -> list[dict[str, Any]]:
    jobs = document.get("jobs", {"": document.get("runs", {})})
    return [step for job in jobs.values() for step in job["steps"]]


def step_of(workflow: str, name: str) -> dict[str, Any]:
    document = loaded(ROOT / ".github" / "workflows" / f"{workflow}.yml")
    (found,) = [step for step in steps(document) if step.get("name") == name]
    return found


def bash(step: dict[str, Any], folder: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run a step as the runner does, which knows of pipefail only where `shell: bash` is said."""
    shell = ["bash", "--noprofile", "--norc", "-eo", "pipefail"] if step.get("shell") == "bash" else ["bash", "-e"]
    return subprocess.run(
        [*shell, "-c", step["run"]], cwd=folder, env={**os.environ, **environment}, capture_output=True, text=True,
        check=False, timeout=60,
    )  # fmt: skip


def sudo(folder: Path, script: str) -> str:
    """Return a PATH on which sudo is *script*: it stands for the command that measures."""
    (folder / "bin").mkdir()
    (folder / "bin" / "sudo").write_text(f"#!/bin/bash\n{script}\n")
    (folder / "bin" / "sudo").chmod(0o755)
    return f"{folder / 'bin'}:{os.environ['PATH']}"


def test_the_three_are_there() -> None:
    assert [path.stem for path in WORKFLOWS] == ["checks", "gate", "smoke"]


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_actions_are_pinned_to_commits_and_say_which_release(path: Path) -> None:
    used = [line for line in path.read_text().splitlines() if "uses:" in line]
    assert used
    for line in used:
        assert re.search(r"uses: [\w-]+/[\w-]+@[0-9a-f]{40} # v[\d.]+$", line), line


@pytest.mark.parametrize("path", [*WORKFLOWS, ACTION], ids=lambda path: path.stem)
def test_nothing_from_outside_is_put_into_a_script(path: Path) -> None:
    for step in steps(loaded(path)):
        assert "${{" not in step.get("run", "")


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_each_reads_only_keeps_no_token_and_uploads_always(path: Path) -> None:
    document = loaded(path)
    assert document["permissions"] == {"contents": "read"}
    assert "concurrency" in document
    assert all(job["timeout-minutes"] <= 30 for job in document["jobs"].values())
    used = {step["uses"].partition("@")[0]: step for step in steps(document) if "uses" in step}
    assert used["actions/checkout"]["with"]["persist-credentials"] is False
    assert used["actions/upload-artifact"]["if"] == "always()"
    assert "pull_request_target" not in document[True]  # YAML reads the key `on` as true


def test_only_the_gate_asks_for_a_machine_of_your_own() -> None:
    for path in WORKFLOWS:
        for job in loaded(path)["jobs"].values():
            assert ("self-hosted" in str(job["runs-on"])) == (path.stem == "gate")


def test_the_gate_is_never_for_forks_and_one_at_a_time() -> None:
    path = ROOT / ".github" / "workflows" / "gate.yml"
    document = loaded(path)
    (job,) = document["jobs"].values()
    # The whole of it: a further `||` would let in what the rest keeps out.
    own = "github.event.pull_request.head.repo.full_name == github.repository"
    assert job["if"] == f"github.event_name != 'pull_request' || {own}"
    assert set(document[True]) == {"push", "pull_request", "workflow_dispatch"}
    # A fork can take the `if:` out of its own copy. What does keep it out must be told where people look.
    for told in (path, ROOT / "docs" / "ci.md"):
        assert "Require approval for all external contributors" in told.read_text()
    # Without the queue, a third run replaces the second, and what that one's push changed is compared by none.
    assert document["concurrency"] == {"group": "gate-machine", "cancel-in-progress": False, "queue": "max"}
    (measuring,) = [step["run"] for step in job["steps"] if "ringbench ab" in step.get("run", "")]
    assert '--base "$base" --head "$head"' in measuring


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    folder = tmp_path / "repository"
    git = ["git", "-c", "user.name=a", "-c", "user.email=a@example.org", "-c", "init.defaultBranch=main"]
    subprocess.run([*git, "init", "-q", str(folder)], check=True)
    for name in ("one", "two", "three"):
        subprocess.run([*git, "commit", "-q", "--allow-empty", "-m", name], cwd=folder, check=True)
    return folder


@pytest.mark.parametrize(
    ("environment", "base"),
    [
        ({"EVENT": "push", "BEFORE": "HEAD~2"}, "HEAD~2"),
        ({"EVENT": "push", "BEFORE": "0" * 40}, "HEAD~1"),  # the first push of a branch
        ({"EVENT": "push", "BEFORE": "1" * 40}, "HEAD~1"),  # what a forced push left behind
        ({"EVENT": "pull_request", "TARGET": "HEAD~1"}, "HEAD~1"),
        ({"EVENT": "workflow_dispatch", "ASKED_BASE": "HEAD~2", "ASKED_HEAD": "main"}, "HEAD~2"),
    ],
)
def test_the_gate_finds_its_base(repository: Path, environment: dict[str, str], base: str) -> None:
    told = repository / "told"
    done = bash(step_of("gate", "Which base"), repository, GITHUB_ENV=str(told), **environment)
    assert done.returncode == 0, done.stderr
    meant = [
        subprocess.run(["git", "rev-parse", name], cwd=repository, capture_output=True, text=True, check=True).stdout
        for name in (base, "HEAD")
    ]
    assert told.read_text() == f"base={meant[0]}head={meant[1]}"


@pytest.mark.parametrize("asked", ["main\nBASH_ENV=/tmp/other", "--all", "nothing", "$(touch owned)", ""])
@pytest.mark.parametrize("which", ["ASKED_BASE", "ASKED_HEAD"])
def test_the_gate_takes_no_revision_that_is_none(repository: Path, which: str, asked: str) -> None:
    told = repository / "told"
    environment = {"EVENT": "workflow_dispatch", "ASKED_BASE": "main", "ASKED_HEAD": "main", which: asked}
    done = bash(step_of("gate", "Which base"), repository, GITHUB_ENV=str(told), **environment)
    assert done.returncode != 0
    assert "there is no revision" in done.stderr
    assert not told.exists()
    assert not (repository / "owned").exists()


ANSWERED = "mkdir -p results/gate && touch results/gate/compare.json;"


@pytest.mark.parametrize(
    ("script", "inconclusive", "status"),
    [
        (f"{ANSWERED} exit 0", "warn", 0),
        (f"{ANSWERED} exit 1", "warn", 1),
        ("exit 2", "warn", 2),
        (f"{ANSWERED} exit 3", "warn", 0),
        (f"{ANSWERED} exit 3", "", 0),  # a push has no inputs
        (f"{ANSWERED} exit 3", "fail", 3),
        ("exit 3", "warn", 3),  # it broke off
    ],
)
def test_the_gate_ends_as_it_says(tmp_path: Path, script: str, inconclusive: str, status: int) -> None:
    done = bash(
        step_of("gate", "Measure both in turn"), tmp_path, PATH=sudo(tmp_path, script), INCONCLUSIVE=inconclusive,
        base="a", head="b",
    )  # fmt: skip
    assert done.returncode == status, done.stderr


DISTURBED = 'echo "ringbench: inconclusive: 5 of 9 trials were disturbed; the report says by what." >&2;'
INVALID = 'echo "ringbench: 2 measurements are invalid; the report says which and why." >&2;'
INTERRUPTED = 'echo "ringbench: interrupted." >&2;'


@pytest.mark.parametrize(
    ("script", "status"),
    [
        ("exit 0", 0),
        (f"{DISTURBED} exit 3", 0),
        (f"{INVALID} exit 3", 3),
        (f"{INVALID} {DISTURBED} exit 3", 3),
        (f"{INTERRUPTED} exit 3", 3),
        ("exit 2", 2),
    ],
)
def test_smoke_lets_pass_what_is_disturbed_and_nothing_that_is_invalid(
    tmp_path: Path, script: str, status: int
) -> None:
    done = bash(step_of("smoke", "Capture"), tmp_path, PATH=sudo(tmp_path, script))
    assert done.returncode == status, done.stderr


def test_what_run_says_of_disturbed_and_invalid_is_what_is_looked_for() -> None:
    said = (ROOT / "bench" / "cli" / "measuring.py").read_text()
    for searching in (step_of("smoke", "Capture")["run"], SCRIPT.read_text()):
        for words in ("ringbench: inconclusive", "invalid; the report says"):
            assert words in searching
            assert words in said


def command_lines() -> list[tuple[str, str]]:
    """Return every call of ringbench in the workflows, the action, the nightly job and the documents."""
    files = [*WORKFLOWS, SCRIPT, NIGHTLY, ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
    found = []
    for path in files:
        for line in path.read_text().splitlines():
            match = re.search(r'with-env"? ringbench ([a-z-]+(?: .*)?)', line)
            if match and "…" not in line:
                found.append((path.name, re.split(r"\s{2,}#|\s#\s|\|\||>|\)|`| ;;|&&|<| 2>| \| ", match[1])[0].strip()))
    return found


def test_there_are_commands_to_try() -> None:
    files = {file for file, _ in command_lines()}
    assert {"gate.yml", "smoke.yml", "action.sh", "nightly.sh", "ci.md", "README.md"} <= files


@pytest.mark.parametrize(("file", "line"), command_lines(), ids=lambda value: value[:60])
def test_each_command_is_one(file: str, line: str) -> None:
    words = ["7" if word.startswith("$") else word for word in shlex.split(line) if word != "${arguments[@]}"]
    if words[0].startswith("-"):
        return
    command: click.Command | None = cli.get_command(click.Context(cli), words[0])
    assert command is not None, line
    words = words[1:]
    while isinstance(command, click.Group) and words:
        command = command.get_command(click.Context(command), words[0])
        assert command is not None, line
        words = words[1:]
    try:
        command.make_context(command.name, list(words))
    except click.exceptions.Exit:
        pass
    except click.MissingParameter:
        assert file.endswith(".md"), line  # there, a command as it is spoken of: `ringbench compare`
    except click.UsageError as error:
        pytest.fail(f"{file}: ringbench {line}: {error.format_message()}")


# ---- the action's script ---------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def sessions(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder, drift = tmp_path_factory.mktemp("sessions"), wander(1)
    sides = {"sides": {"id": "one", "blocks": 20}}
    stored(folder / "base", rows(1, drift=drift), **sides)
    stored(folder / "worse", rows(3, drift=drift, change=slower("fill_ns_per_event", 0.2)), **sides)
    stored(folder / "noisy", rows(2, noise=0.5), **sides)
    return folder


def action(
    folder: Path, with_env: str, environment: dict[str, str]
) -> tuple[subprocess.CompletedProcess[str], dict[str, str]]:
    """Run the action's script where *with_env* stands for with-env; return how it ended and its outputs."""
    output, tools = folder / "output", folder / "project"
    (tools / ".github").mkdir(parents=True)
    shutil.copy(SCRIPT, tools / ".github")
    for path, text in ((tools / "with-env", with_env), (folder / "bin" / "sudo", 'exec "$@"')):
        path.parent.mkdir(exist_ok=True)
        path.write_text(f"#!/bin/bash\n{text}\n")
        path.chmod(0o755)
    path = f"{folder / 'bin'}:{os.environ['PATH']}"
    done = subprocess.run(
        ["bash", str(tools / ".github" / "action.sh")], cwd=folder, capture_output=True, text=True, check=False,
        env={**os.environ, **environment, "GITHUB_OUTPUT": str(output), "PATH": path}, timeout=120,
    )  # fmt: skip
    told = output.read_text().splitlines() if output.exists() else []
    return done, dict(line.partition("=")[::2] for line in told)


@pytest.mark.parametrize(
    ("head", "more", "status", "verdict"),
    [
        ("base", {}, 0, "same"),
        ("worse", {}, 1, "regressed"),
        ("noisy", {}, 0, "inconclusive"),
        ("noisy", {"FAIL_ON_INCONCLUSIVE": "true"}, 3, "inconclusive"),
        ("base", {"BASE": "missing; touch owned", "FIRST_RUN": "true"}, 0, "first-run"),
        ("base", {"BASE": "missing"}, 2, "none"),
        ("worse", {"ACROSS": "kernel bcc"}, 1, "regressed"),
    ],
)
def test_the_action_ends_as_it_says(
    sessions: Path, tmp_path: Path, head: str, more: dict[str, str], status: int, verdict: str
) -> None:
    environment = {
        "MODE": "compare", "PROFILE": "ci",
        "BASE": str(sessions / "base"), "HEAD": str(sessions / head), "ACROSS": "", "FIRST_RUN": "false",
        "FAIL_ON_INCONCLUSIVE": "false", "OUT": str(tmp_path / "out"), **more,
    }  # fmt: skip
    real = f'export PYTHONPATH={ROOT}\nshift\nexec {sys.executable} -m bench "$@"'
    done, told = action(tmp_path, real, environment)
    assert done.returncode == status, done.stderr
    assert told["verdict"] == verdict
    assert told["report"] == (str(tmp_path / "out" / "compare.html") if verdict != "none" else "")
    assert not (tmp_path / "owned").exists()
    if verdict != "none":
        assert json.loads((tmp_path / "out" / "compare.json").read_text())["verdict"] == verdict


@pytest.mark.parametrize(
    ("script", "fail", "status", "verdict"),
    [
        ("exit 0", "false", 0, "measured"),
        (f"{DISTURBED} exit 3", "false", 0, "inconclusive"),
        (f"{DISTURBED} exit 3", "true", 3, "inconclusive"),
        (f"{INVALID} exit 3", "false", 3, "none"),
        (f"{INTERRUPTED} exit 3", "false", 3, "none"),
        ("exit 2", "false", 2, "none"),
    ],
)
def test_the_action_measures(tmp_path: Path, script: str, fail: str, status: int, verdict: str) -> None:
    environment = {
        "MODE": "run", "PROFILE": "smoke", "FAIL_ON_INCONCLUSIVE": fail, "OUT": "session",
        "BASE": "", "HEAD": "", "ACROSS": "", "FIRST_RUN": "false",
    }  # fmt: skip
    said = 'echo "$*" >said; mkdir session; echo page >session/report.html;'
    done, told = action(tmp_path, f"{said} {script}", environment)
    assert done.returncode == status, done.stderr
    assert told == {"verdict": verdict, "status": re.findall(r"exit (\d)", script)[0], "report": "session/report.html"}
    assert (tmp_path / "said").read_text() == "ringbench run --profile smoke --out session --quiet\n"


@pytest.mark.parametrize("more", [{"MODE": "other"}, {"OUT": "a\nverdict=same"}, {"BASE": ""}, {"HEAD": ""}])
def test_the_action_refuses_what_it_cannot_do(tmp_path: Path, more: dict[str, str]) -> None:
    environment = {
        "MODE": "compare", "PROFILE": "ci", "FAIL_ON_INCONCLUSIVE": "false", "OUT": "out",
        "BASE": "a", "HEAD": "b", "ACROSS": "", "FIRST_RUN": "false", **more,
    }  # fmt: skip
    done, told = action(tmp_path, "touch called", environment)
    assert done.returncode == 2
    assert done.stdout.startswith("::error title=ringbench::")
    assert told == {}
    assert not (tmp_path / "called").exists()


# ---- the nightly job -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", [0, 3, 2])
def test_the_nightly_job_keeps_what_is_good_and_removes_what_is_old(tmp_path: Path, status: int) -> None:
    (tmp_path / "contrib" / "systemd").mkdir(parents=True)
    shutil.copy(NIGHTLY, tmp_path / "contrib" / "systemd")
    nightly = tmp_path / "results" / "nightly"
    for name in ("2020-01-01T00-00-00", "my own folder", "2020-01-01T00-00-00-mine"):
        (nightly / name).mkdir(parents=True)
        os.utime(nightly / name, (0, 0))
    for day in range(1, 5):  # of a machine that has been off for long: the newest stay
        (nightly / f"2020-02-0{day}T00-00-00").mkdir()
        os.utime(nightly / f"2020-02-0{day}T00-00-00", (0, 0))
    fake = f'#!/bin/bash\necho "$*" >>said\ncase "$2" in run) mkdir -p "$6" && exit {status} ;; esac\n'
    (tmp_path / "with-env").write_text(fake)
    (tmp_path / "with-env").chmod(0o755)
    done = subprocess.run(
        ["bash", str(tmp_path / "contrib" / "systemd" / "nightly.sh")], capture_output=True, text=True, check=False,
        env={**os.environ, "KEEP_BASELINES": "7", "KEEP_SESSIONS": "3"},
    )  # fmt: skip
    assert done.returncode == (2 if status == 2 else 0), done.stderr
    said = (tmp_path / "said").read_text()
    assert ("baseline save results/nightly/" in said) == (status == 0)
    assert ("--keep 7" in said) == (status == 0)
    assert (nightly / "2020-01-01T00-00-00").exists() == (status == 2)
    # Of the three that stay one is this night's.
    assert len(list(nightly.glob("2020-02-*"))) == (4 if status == 2 else 2)
    assert (nightly / "my own folder").exists()
    assert (nightly / "2020-01-01T00-00-00-mine").exists()


def test_the_units_are_ones_that_systemd_understands() -> None:
    units = sorted(str(path) for path in NIGHTLY.parent.glob("ringbench-nightly.*"))
    assert len(units) == 2
    if shutil.which("systemd-analyze") is None:
        pytest.skip("needs systemd-analyze")
    done = subprocess.run(["systemd-analyze", "verify", *units], capture_output=True, text=True, check=False)
    ours = [line for line in done.stderr.splitlines() if "ringbench" in line and "not executable" not in line]
    assert not ours, done.stderr
