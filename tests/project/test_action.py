"""The action: how it ends, what it tells the job, and what it refuses; and that smoke is this action."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from tests import ROOT
from tests.analysis.gate.stored import stored
from tests.analysis.gate.worlds import rows, slower, wander

ACTION = ROOT / "action.yml"
SMOKE = ROOT / ".github" / "workflows" / "smoke.yml"
SCRIPT = ROOT / ".github" / "action.sh"

if not (ROOT / ".git").exists() and not ACTION.exists():
    pytest.skip("a source archive carries no workflows: needs a checkout", allow_module_level=True)


DISTURBED = 'echo "ringbench: inconclusive: 5 of 9 trials were disturbed; the report says by what." >&2;'
INVALID = 'echo "ringbench: 2 measurements are invalid; the report says which and why." >&2;'
INTERRUPTED = 'echo "ringbench: interrupted." >&2;'


def test_what_run_says_of_disturbed_and_invalid_is_what_is_looked_for() -> None:
    said = (ROOT / "bench" / "ringbench" / "cli" / "measure.py").read_text()
    for words in ("ringbench: inconclusive", "invalid; the report says"):
        assert words in SCRIPT.read_text()
        assert words in said


def test_smoke_is_this_action_and_lets_pass_what_is_only_in_doubt() -> None:
    (job,) = yaml.safe_load(SMOKE.read_text())["jobs"].values()
    (capture,) = [step for step in job["steps"] if step.get("name") == "Capture"]
    # Nothing that would hide how it ends; what it then does with each way to end is below.
    assert capture == {
        "name": "Capture", "uses": "./", "with": {"mode": "run", "profile": "smoke", "out": "results/smoke"},
    }  # fmt: skip
    inputs = yaml.safe_load(ACTION.read_text())["inputs"]
    assert set(capture["with"]) <= set(inputs)
    assert inputs["fail-on-inconclusive"]["default"] == "false"


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
    real = f'export PYTHONPATH={ROOT}/bench\nshift\nexec {sys.executable} -m ringbench "$@"'
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
        (f"{INVALID} {DISTURBED} exit 3", "false", 3, "none"),
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
