"""``ringbench baseline`` and ``ringbench history``, as a user calls them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.analysis.gate.stored import stored
from tests.analysis.gate.worlds import rows, slower
from tests.cli.inside import inside
from tests.cli.test_bad_input import refused


@pytest.fixture
def nights(tmp_path: Path) -> Path:
    """Twelve nights; from the eighth on, filling takes a fifth longer, and the kernel is another one from the tenth."""
    for day in range(1, 13):
        change = slower("fill_ns_per_event", 0.2, "ringbuf-reserve") if day >= 8 else None
        stored(
            tmp_path / "nights" / f"{day:02d}", rows(day, 6, change=change), revision=f"{day:040x}",
            started=f"2026-11-{day:02d}T03:30:00+00:00", environment={"kernel": "6.19.0"} if day >= 10 else {},
        )  # fmt: skip
    return tmp_path


def test_the_first_run_then_a_baseline_then_a_comparison(nights: Path) -> None:
    first = inside("compare", "baseline", "nights/01", cwd=nights)
    assert (first.returncode, "First run" in first.stdout) == (0, True)
    saved = inside("baseline", "save", "nights/01", cwd=nights)
    assert saved.returncode == 0
    assert saved.stdout.startswith("results/baselines/")
    second = inside("compare", "baseline", "nights/02", "--json", cwd=nights)
    assert json.loads(second.stdout)["base"]["revision"].endswith("1")
    assert second.returncode in (0, 3)
    other = inside("compare", "baseline", "nights/10", "--json", cwd=nights)  # another kernel: another machine
    assert json.loads(other.stdout)["verdict"] == "first-run"
    (listed,) = json.loads(inside("baseline", "list", "--json", cwd=nights).stdout)
    assert listed["profile"] == "ci"
    assert "ci" in inside("baseline", "list", cwd=nights).stdout
    assert inside("baseline", "show", "latest", cwd=nights).returncode == 0
    refused(inside("baseline", "show", "nothing", cwd=nights), "unknown baseline")


def test_without_any(tmp_path: Path) -> None:
    assert "No baseline" in inside("baseline", "list", cwd=tmp_path).stdout
    refused(inside("baseline", "show", "latest", cwd=tmp_path), "baseline save")
    refused(inside("history", cwd=tmp_path), "no session")
    refused(inside("history", "--metric", "fil_ns_per_event", cwd=tmp_path), "fill_ns_per_event")


def test_history_marks_the_step_and_where_the_kernel_changed(nights: Path) -> None:
    names = [f"nights/{day:02d}" for day in range(12, 0, -1)]  # in any order
    done = inside("history", *names, "--out", "site", "--json", cwd=nights)
    assert done.returncode == 0, done.stderr
    (line,) = json.loads(done.stdout)
    assert line["sessions"] == 12
    stepped = [series for series in line["series"] if series["steps"]]
    assert [(s["metric"], s["transport"]) for s in stepped] == [("fill_ns_per_event", "ringbuf-reserve")]
    (step,) = stepped[0]["steps"]
    assert (step["place"], step["worse"]) == (7, True)
    assert step["after"] / step["before"] == pytest.approx(1.2, abs=0.05)
    conditions = [point["conditions"] for point in stepped[0]["points"]]
    assert len(set(conditions[:9])) == len(set(conditions[9:])) == 1
    assert conditions[0] != conditions[9]
    page = (nights / "site" / "history.html").read_text()
    assert "default-src 'none'" in page
    assert "<svg" in page
    shown = inside("history", *names, cwd=nights)
    assert "worse" in shown.stdout


def test_history_of_one_machine_by_either_of_its_names_and_from_elsewhere(nights: Path) -> None:
    for day in (1, 12):
        inside("baseline", "save", f"nights/{day:02d}", "--name", f"n{day}", cwd=nights)
    stored(nights / "other", rows(1, 2), environment={"cpu_model": "Another CPU"})
    inside("baseline", "save", "other", cwd=nights)
    (nights / "results" / "baselines").rename(nights / "moved")
    refused(inside("history", cwd=nights), "no session")
    whole = json.loads(inside("history", "--baselines", "moved", "--json", cwd=nights).stdout)
    assert sorted(line["sessions"] for line in whole) == [1, 2]
    (line,) = [line["machine"] for line in whole if line["sessions"] == 2]
    sessions = {line: 2, **{folder.name: 1 for folder in (nights / "moved").iterdir()}}
    for name, n in sessions.items():
        found = json.loads(inside("history", "--baselines", "moved", "--machine", name, "--json", cwd=nights).stdout)
        assert [each["sessions"] for each in found] == [n]
    refused(inside("history", "--baselines", "moved", "--machine", "nobody", cwd=nights), "unknown machine", line)


def test_baselines_that_are_damaged_are_left_out_and_said(nights: Path) -> None:
    for day in (1, 2):
        inside("baseline", "save", f"nights/{day:02d}", "--name", f"n{day}", cwd=nights)
    (place,) = (nights / "results" / "baselines").iterdir()
    (place / "n1" / "trials.parquet").write_bytes(b"no")
    done = inside("history", "--json", cwd=nights)
    assert done.returncode == 0
    assert "left out" in done.stderr
    assert json.loads(done.stdout)[0]["sessions"] == 1
