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
NIGHTLY = ROOT / "contrib" / "systemd" / "nightly.sh"


def loaded(path: Path) -> dict[Any, Any]:
    return yaml.safe_load(path.read_text())


def steps(document: dict[Any, Any]) -> list[dict[str, Any]]:
    jobs = document.get("jobs", {"": document.get("runs", {})})
    return [step for job in jobs.values() for step in job["steps"]]


def test_the_three_are_there() -> None:
    assert [path.stem for path in WORKFLOWS] == ["checks", "gate", "smoke"]


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


def test_the_gate_is_never_for_forks_and_one_at_a_time() -> None:
    document = loaded(ROOT / ".github" / "workflows" / "gate.yml")
    (job,) = document["jobs"].values()
    assert "github.event.pull_request.head.repo.full_name == github.repository" in job["if"]
    assert "self-hosted" in job["runs-on"]
    assert document["concurrency"] == {"group": "gate-machine", "cancel-in-progress": False}
    (measuring,) = [step["run"] for step in job["steps"] if "ringbench ab" in step.get("run", "")]
    assert '--base "$base" --head "$head"' in measuring


def command_lines() -> list[tuple[str, str]]:
    """Return every call of ringbench in the workflows, the action, the nightly job and the documents."""
    files = [*WORKFLOWS, NIGHTLY, ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
    found = []
    for path in files:
        for line in path.read_text().splitlines():
            match = re.search(r"with-env ringbench ([a-z-]+(?: .*)?)", line)
            if match and "…" not in line:
                found.append((path.name, re.split(r"\s{2,}#|\s#\s|\|\||>|\)|`| ;;|&&|<", match[1])[0].strip()))
    return found


def test_there_are_commands_to_try() -> None:
    assert len(command_lines()) > 10


@pytest.mark.parametrize(("file", "line"), command_lines(), ids=lambda value: value[:60])
def test_each_command_is_one(file: str, line: str) -> None:
    words = ["7" if word.startswith("$") else word for word in shlex.split(line)]
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
    except (click.MissingParameter, click.exceptions.Exit):
        pass  # a command as it is spoken of: `ringbench compare`
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
    output, tools = tmp_path / "output", tmp_path / "project"
    (tools / ".github").mkdir(parents=True)
    shutil.copy(ROOT / ".github" / "action.sh", tools / ".github")
    (tools / "with-env").write_text(
        f'#!/bin/bash\nexport PYTHONPATH={ROOT}\nshift\nexec {sys.executable} -m bench "$@"\n'
    )
    (tools / "with-env").chmod(0o755)
    environment = {
        "BASE": str(sessions / "base"), "HEAD": str(sessions / head), "ACROSS": "", "FIRST_RUN": "false",
        "FAIL_ON_INCONCLUSIVE": "false", "OUT": str(tmp_path / "out"), "GITHUB_OUTPUT": str(output), **more,
    }  # fmt: skip
    done = subprocess.run(
        ["bash", str(tools / ".github" / "action.sh")], cwd=tmp_path, env={**os.environ, **environment},
        capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip
    assert done.returncode == status, done.stderr
    told = dict(line.partition("=")[::2] for line in output.read_text().splitlines())
    assert told["verdict"] == verdict
    assert not (tmp_path / "owned").exists()
    if verdict != "none":
        assert json.loads((tmp_path / "out" / "compare.json").read_text())["verdict"] == verdict


# ---- the nightly job -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", [0, 3, 2])
def test_the_nightly_job_keeps_what_is_good_and_removes_what_is_old(tmp_path: Path, status: int) -> None:
    (tmp_path / "contrib" / "systemd").mkdir(parents=True)
    shutil.copy(NIGHTLY, tmp_path / "contrib" / "systemd")
    nightly = tmp_path / "results" / "nightly"
    for name in ("2020-01-01T00-00-00", "my own folder", "2020-01-01T00-00-00-mine"):
        (nightly / name).mkdir(parents=True)
        os.utime(nightly / name, (0, 0))
    fake = f'#!/bin/bash\necho "$*" >>said\ncase "$2" in run) mkdir -p "$6" && exit {status} ;; esac\n'
    (tmp_path / "with-env").write_text(fake)
    (tmp_path / "with-env").chmod(0o755)
    done = subprocess.run(
        ["bash", str(tmp_path / "contrib" / "systemd" / "nightly.sh")], capture_output=True, text=True, check=False,
        env={**os.environ, "KEEP_BASELINES": "7"},
    )  # fmt: skip
    assert done.returncode == (2 if status == 2 else 0), done.stderr
    said = (tmp_path / "said").read_text()
    assert ("baseline save results/nightly/" in said) == (status == 0)
    assert ("--keep 7" in said) == (status == 0)
    assert (nightly / "2020-01-01T00-00-00").exists() == (status == 2)
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
