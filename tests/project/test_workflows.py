"""The workflows: what they promise, and that the commands in them, the action, the nightly job and the documents exist.

Their schema is checked by ``nox -s workflows``; here are the rules of our own.
"""

from __future__ import annotations

import os
import re
import shlex
import subprocess
from pathlib import Path
from typing import Any

import click
import pytest
import yaml

from ringbench.cli import cli
from tests import ROOT

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
        assert line.endswith("uses: ./") or re.search(r"uses: [\w-]+/[\w-]+@[0-9a-f]{40} # v[\d.]+$", line), line


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
    assert {"gate.yml", "action.sh", "nightly.sh", "ci.md", "README.md"} <= files


_STANDS_FOR = {"$profile": "ci", "${arguments[@]}": ""}
"""What stands for a variable of a script, where a number won't do."""


@pytest.mark.parametrize(("file", "line"), command_lines(), ids=lambda value: value[:60])
def test_each_command_is_one(file: str, line: str) -> None:
    words = [_STANDS_FOR.get(word.lower(), "7") if word.startswith("$") else word for word in shlex.split(line)]
    words = [word for word in words if word]
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


def test_the_gate_looks_at_folders_that_there_are() -> None:
    # `on` is what YAML 1.1 reads as true.
    paths = loaded(ROOT / ".github" / "workflows" / "gate.yml")[True]["pull_request"]["paths"]
    assert [path for path in paths if not (ROOT / path.removesuffix("/**")).exists()] == []
