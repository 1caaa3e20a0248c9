"""``ringbench compare``: its verdict, its exit status, what it writes, and what it refuses."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest

from ringbench.spec.codes import Note, NoteCode
from tests.analysis.gate.stored import benchmarks, stored
from tests.analysis.gate.worlds import rows, slower, wander
from tests.cli.inside import inside
from tests.cli.test_bad_input import ROOT, refused

EVIL = "\x1b[31m<script>alert(1)</script>|`|](x)\u202e%0A::error::\r\n"
SIDES = {"sides": {"id": "one", "blocks": 20}}


@pytest.fixture(scope="module")
def sessions(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three sides of one comparison: a base, the same again, and one that is slower."""
    folder, drift = tmp_path_factory.mktemp("sessions"), wander(1)
    stored(folder / "base", rows(1, drift=drift, noise=0.01), **SIDES)
    stored(folder / "same", rows(2, drift=drift, noise=0.01), **SIDES)
    change = slower("fill_ns_per_event", 0.2, "ringbuf-reserve")
    stored(
        folder / "slower",
        rows(3, drift=drift, noise=0.01, change=change),
        revision="beef",
        notes=[Note("it was clear.", NoteCode.ENDED), "of the head alone."],
        **SIDES,
    )
    return folder


def verdict(*arguments: str, cwd: Path, **environment: str) -> tuple[int, dict]:
    done = inside("compare", *arguments, "--json", cwd=cwd, **environment)
    assert done.stderr == "", done.stderr
    found = json.loads(done.stdout)
    assert found["exit_status"] == done.returncode
    return done.returncode, found


def test_a_session_against_itself_is_the_same(sessions: Path, tmp_path: Path) -> None:
    for folder in (str(sessions / "base"), str(ROOT / "results" / "reference")):
        status, found = verdict(folder, folder, cwd=tmp_path)
        assert (status, found["verdict"]) == (0, "same")
    shutil.copytree(sessions / "base", tmp_path / "copy")
    assert verdict(str(sessions / "base"), "copy", cwd=tmp_path)[0] == 0


def test_the_three_verdicts(sessions: Path) -> None:
    status, found = verdict("base", "same", cwd=sessions)
    assert (status, found["verdict"], found["interleaved"]) == (0, "same", True)
    status, found = verdict("base", "slower", cwd=sessions)
    assert (status, found["verdict"]) == (1, "regressed")
    worse = [(f["metric"], c["transport"]) for c in found["cells"] for f in c["figures"] if f["verdict"] == "regressed"]
    assert worse == [("fill_ns_per_event", "ringbuf-reserve")]
    status, found = verdict("slower", "base", cwd=sessions)
    assert (status, found["verdict"]) == (0, "improved")


def test_two_that_were_measured_apart_are_not_paired(sessions: Path, tmp_path: Path) -> None:
    stored(tmp_path / "base", rows(1, drift=wander(1)))
    stored(tmp_path / "head", rows(2, drift=wander(2)), started="2026-11-02T00:00:00+00:00")
    status, found = verdict("base", "head", cwd=tmp_path)
    assert (status, found["verdict"], found["interleaved"]) == (3, "inconclusive", False)
    assert found["more_blocks"] or any(f["more_blocks"] is None for c in found["cells"] for f in c["figures"])


def test_what_it_writes(sessions: Path, tmp_path: Path) -> None:
    summary = tmp_path / "summary"
    done = inside(
        "compare", str(sessions / "base"), str(sessions / "slower"), "--out", "out", cwd=tmp_path,
        GITHUB_ACTIONS="true", GITHUB_STEP_SUMMARY=str(summary),
    )  # fmt: skip
    assert done.returncode == 1
    assert "Regressed: producer alone" in done.stdout
    (error,) = [line for line in done.stdout.splitlines() if line.startswith("::error")]
    assert "title=fill_ns_per_event regressed::" in error
    assert "ringbuf-reserve" in error
    out = tmp_path / "out"
    assert sorted(path.name for path in out.iterdir()) == ["compare.html", "compare.json", "junit.xml", "summary.md"]
    assert summary.read_text().strip() == (out / "summary.md").read_text().strip()
    assert "## ringbench: ❌ regressed" in summary.read_text()
    assert len(summary.read_text().splitlines()) < 60
    suite = ElementTree.parse(out / "junit.xml").getroot()[0]
    failed = [case.get("name") for case in suite if case.find("failure") is not None]
    assert failed == ["fill_ns_per_event"]
    assert int(suite.get("tests", 0)) == len(list(suite.iter("testcase")))
    assert suite.get("failures") == "1"
    page = (out / "compare.html").read_text()
    assert "beef" in page
    assert "it was clear" in page
    assert "of the head alone" not in page
    assert "<svg" in page


def test_an_inconclusive_answer_is_a_warning_and_a_skipped_test(tmp_path: Path) -> None:
    stored(tmp_path / "base", rows(1, 3), **SIDES)
    stored(tmp_path / "head", rows(2, 3), **SIDES)
    done = inside("compare", "base", "head", "--out", "out", cwd=tmp_path, GITHUB_ACTIONS="true")
    assert done.returncode == 3
    assert "::warning title=ringbench%3A inconclusive::" in done.stdout
    suite = ElementTree.parse(tmp_path / "out" / "junit.xml").getroot()[0]
    assert int(suite.get("skipped", 0)) == len(list(suite.iter("skipped"))) > 1


# ---- the first run, and what must not be compared -------------------------------------------------------------------


def test_a_base_that_is_not_there_yet_is_a_first_run_only_if_that_is_said(sessions: Path, tmp_path: Path) -> None:
    head = str(sessions / "base")
    refused(inside("compare", "nowhere", head, cwd=tmp_path), "nowhere", "--first-run")
    for base in (["nowhere", "--first-run"], ["baseline"], ["results/baselines/some-machine/some-name"]):
        status, found = verdict(base[0], head, *base[1:], cwd=tmp_path)
        assert (status, found["verdict"], found["cells"]) == (0, "first-run", [])
        assert "First run" in inside("compare", base[0], head, *base[1:], cwd=tmp_path).stdout


@pytest.mark.parametrize(
    ("what", "change"),
    [
        ("kernel", {"environment": {"kernel": "6.19.0"}}),
        ("machine", {"environment": {"cpu_model": "Another CPU"}}),
        ("bcc", {"environment": {"bcc": "0.31.0"}}),
        ("configuration", {"environment": {"clock_source": "hpet"}}),
        ("tools", {"environment": {"python": "3.13.0"}}),
        ("profile", {"profile": "quick"}),
        ("profile", {"plan": {"duration_s": 2.0}}),
        ("seed", {"seed": 2}),
    ],
)
def test_what_differs_is_refused_unless_it_is_meant(sessions: Path, tmp_path: Path, what: str, change: dict) -> None:
    stored(tmp_path / "head", rows(2, drift=wander(1)), **SIDES, **change)
    base = str(sessions / "base")
    refused(inside("compare", base, "head", cwd=tmp_path), f"--across {what}")
    status, found = verdict(base, "head", "--across", what, cwd=tmp_path)
    assert status in (0, 3)
    assert any(note.startswith(f"compared across {what}: ") for note in found["notes"])


@pytest.mark.parametrize("side", ["base", "head"])
def test_an_interrupted_session_is_in_doubt(sessions: Path, tmp_path: Path, side: str) -> None:
    stored(tmp_path / "cut", rows(2, drift=wander(1)), status="interrupted", ended=None, **SIDES)
    whole = str(sessions / "base")
    status, found = verdict(*(("cut", whole) if side == "base" else (whole, "cut")), cwd=tmp_path)
    assert (status, found["verdict"]) == (3, "inconclusive")
    assert f"the {side} is interrupted" in found["doubts"]


def test_a_damaged_an_older_and_a_newer_session(sessions: Path, tmp_path: Path) -> None:
    base = str(sessions / "base")
    for name in ("damaged", "newer", "older", "empty"):
        shutil.copytree(sessions / "same", tmp_path / name)
    (tmp_path / "damaged" / "trials.parquet").write_bytes(b"PAR1 no")
    refused(inside("compare", base, "damaged", cwd=tmp_path), "trials.parquet")
    manifest = json.loads((tmp_path / "newer" / "session.json").read_text())
    (tmp_path / "newer" / "session.json").write_text(json.dumps({**manifest, "schema_version": 99}))
    refused(inside("compare", base, "newer", cwd=tmp_path), "99", "upgrade")
    (tmp_path / "older" / "session.json").write_text(json.dumps({**manifest, "schema_version": 3}))
    assert verdict(base, "older", cwd=tmp_path)[0] == 0
    (tmp_path / "empty" / "session.json").unlink()
    refused(inside("compare", base, "empty", cwd=tmp_path), "session.json")


def test_a_comparison_with_another_plan_has_nothing_in_common(tmp_path: Path) -> None:
    stored(tmp_path / "base", rows(1))
    stored(tmp_path / "head", [{**row, "asked_bytes": 4096} for row in rows(2)])
    status, found = verdict("base", "head", cwd=tmp_path)
    assert (status, found["verdict"]) == (3, "inconclusive")


def test_names_and_notes_that_are_hostile_show_as_text(sessions: Path, tmp_path: Path) -> None:
    evil = [{**row, "transport": EVIL, "reader": EVIL, "workload": EVIL} for row in rows(2, drift=wander(1))]
    trials = [{**row, "trial": f"t{number}"} for number, row in enumerate(evil)]
    stored(tmp_path / "evil", trials, revision=EVIL, **SIDES)
    summary = tmp_path / "summary"
    done = inside(
        "compare", str(sessions / "base"), "evil", "--out", "out", "--all", cwd=tmp_path, GITHUB_ACTIONS="true",
        GITHUB_STEP_SUMMARY=str(summary),
    )  # fmt: skip
    assert done.returncode == 3
    said = [
        done.stdout,
        done.stderr,
        *((tmp_path / "out" / n).read_text() for n in ("compare.html", "junit.xml", "compare.json")),
    ]
    for text in (*said, summary.read_text()):
        assert "\x1b" not in text
        assert "\u202e" not in text
    assert "<script" not in (tmp_path / "out" / "compare.html").read_text()
    assert "<script" not in summary.read_text()
    assert not [line for line in done.stdout.splitlines() if line.startswith("::error::")]
    ElementTree.parse(tmp_path / "out" / "junit.xml")


# ---- files of pytest-benchmark ---------------------------------------------------------------------------------------


def test_two_files_of_pytest_benchmark(tmp_path: Path) -> None:
    drawn = np.random.default_rng(1)
    rounds = {name: np.exp(drawn.normal(0, 0.01, 40)) for name in ("a", "b")}
    again = {name: np.exp(drawn.normal(0, 0.01, 40)) for name in ("a", "b")}
    benchmarks(tmp_path / "base.json", rounds)
    benchmarks(tmp_path / "same.json", again)
    benchmarks(tmp_path / "slow.json", {"a": again["a"] * 1.5, "b": again["b"]}, drop_rate=[0.0] * 40)
    assert verdict("base.json", "base.json", cwd=tmp_path)[0] == 0
    assert verdict("base.json", "same.json", cwd=tmp_path)[1]["verdict"] == "same"
    status, found = verdict("base.json", "slow.json", cwd=tmp_path)
    assert (status, found["verdict"]) == (1, "regressed")
    assert [c["cell"] for c in found["cells"] if c["verdict"] == "regressed"] == ["a"]


def test_losses_in_extra_info_are_judged_too(tmp_path: Path) -> None:
    benchmarks(tmp_path / "base.json", {"a": [1.0] * 9}, drop_rate=[0.0] * 9)
    benchmarks(tmp_path / "head.json", {"a": [1.0] * 9}, drop_rate=[0.0] * 8 + [0.001])
    status, found = verdict("base.json", "head.json", cwd=tmp_path)
    assert (status, found["verdict"]) == (1, "regressed")


def test_files_without_rounds_are_in_doubt_and_others_refused(tmp_path: Path) -> None:
    benchmarks(tmp_path / "base.json", {"a": [1.0, 1.1]})
    benchmarks(tmp_path / "head.json", {"a": []})
    assert verdict("base.json", "head.json", cwd=tmp_path)[0] == 3
    (tmp_path / "other.json").write_text("[]")
    refused(inside("compare", "base.json", "other.json", cwd=tmp_path), "other.json")
    refused(inside("compare", "missing.json", "head.json", cwd=tmp_path), "missing.json", "--first-run")
    assert verdict("missing.json", "head.json", "--first-run", cwd=tmp_path)[1]["verdict"] == "first-run"
