"""The action: how it ends, what it tells the job, and what it refuses; and that smoke is this action."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from ringbench.data.store import session_json
from ringbench.spec.codes import SessionVerdict
from tests import ROOT
from tests.analysis.gate.stored import stored
from tests.analysis.gate.worlds import rows, slower, wander

ACTION = ROOT / "action.yml"
SMOKE = ROOT / ".github" / "workflows" / "smoke.yml"
SCRIPT = ROOT / ".github" / "action.sh"

if not (ROOT / ".git").exists() and not ACTION.exists():
    pytest.skip("a source archive carries no workflows: needs a checkout", allow_module_level=True)


def measured(folder: Path, verdict: str) -> str:
    """Return a line of shell that leaves at ./session what a run leaves whose session.json has that *verdict*.

    It prints what the real one does, too; nobody is to look for words in it.
    """
    about = {"verdict": verdict} if verdict else {}
    stored(folder / "made", rows(1)[:1], **about)
    return f"cp -r {folder / 'made'} session; echo 'ringbench: inconclusive: no code' >&2;"


def test_a_session_in_doubt_says_so_where_the_action_looks(tmp_path: Path) -> None:
    """The stand-in below says what ringbench says: session.json of this version takes its verdicts, and no others."""
    for verdict in SessionVerdict:
        assert (
            session_json.read(stored(tmp_path / verdict, rows(1)[:1], verdict=verdict.value))[0]["verdict"] == verdict
        )
    with pytest.raises(ValueError, match="verdict"):
        stored(tmp_path / "other", rows(1)[:1], verdict="in doubt")


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
    ("found", "ended", "fail", "status", "verdict"),
    [
        ("answered", 0, "false", 0, "measured"),
        ("partly", 0, "false", 0, "measured"),
        ("inconclusive", 3, "false", 0, "inconclusive"),
        ("inconclusive", 3, "true", 3, "inconclusive"),
        ("invalid", 3, "false", 3, "none"),
        ("", 3, "false", 3, "none"),  # interrupted
        ("inconclusive", 2, "false", 2, "none"),
    ],
)
def test_the_action_measures(tmp_path: Path, found: str, ended: int, fail: str, status: int, verdict: str) -> None:
    environment = {
        "MODE": "run", "PROFILE": "smoke", "FAIL_ON_INCONCLUSIVE": fail, "OUT": "session",
        "BASE": "", "HEAD": "", "ACROSS": "", "FIRST_RUN": "false",
    }  # fmt: skip
    said = f'echo "$*" >said; {measured(tmp_path, found)} echo page >session/report.html;'
    done, told = action(tmp_path, f"{said} exit {ended}", environment)
    assert done.returncode == status, done.stderr
    assert told == {"verdict": verdict, "status": str(ended), "report": "session/report.html"}
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
