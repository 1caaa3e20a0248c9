"""Plug-ins of another project: the example package is installed and measured with; ringbench itself is as it was."""

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from ringbench.data.store.folder import read_session
from tests import ROOT

RUN = (
    *("--transport", "perf", "--transport", "ringbuf-pair", "--reader", "bulk-in-parts", "--mode", "paired"),
    *("--workload", "threads", "--buffer-bytes", "1M", "--wakeup", "none", "--duration", "0.3", "--repeats", "5"),
)


def _ringbench(site: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    path = os.pathsep.join([str(site), str(ROOT / "bench")])
    return subprocess.run(
        [sys.executable, "-m", "ringbench", *arguments],
        env={**os.environ, "PYTHONPATH": path}, cwd=site, capture_output=True, text=True, check=False, timeout=240,
    )  # fmt: skip


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder on the import path that the example package is installed into."""
    folder = tmp_path_factory.mktemp("site")
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-build-isolation", "--no-index"]
    done = subprocess.run(
        [*pip, "--target", folder, ROOT / "examples" / "plugins"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return folder


@pytest.fixture(scope="module")
def session(site: Path) -> Path:
    """A session of real paired trials, with the package's transport, reader, workload and metric."""
    done = _ringbench(site, "run", "--out", "session", "--quiet", *RUN)
    assert done.returncode in (0, 3), done.stderr  # a busy host may disturb the trials
    return site / "session"


def test_it_is_listed_with_the_others(site: Path) -> None:
    done = _ringbench(site, "list", "--json")
    assert done.returncode == 0, done.stderr
    found: dict[str, list[dict[str, Any]]] = json.loads(done.stdout)
    for group, name in {
        "transports": "ringbuf-pair",
        "readers": "bulk-in-parts",
        "workloads": "threads",
        "metrics": "dispersion",
    }.items():
        (entry,) = [each for each in found[group] if each["name"] == name]
        assert entry["available"] is True


def test_its_account_is_exact_and_both_carry_the_same(session: Path) -> None:
    rows = read_session(session, session.parent).trials.to_dict("records")
    assert len(rows) == 10
    for row in rows:
        assert row["valid"], row["invalid_reason"]
        assert row["attempted"] == row["delivered"] + row["failed"] > 100
        assert bool(row["seq_checked"])
        assert row["workload"] == "threads"
        assert row["reader"] == "bulk-in-parts"
    by_trial: dict[str, set[int]] = {}
    for row in rows:
        by_trial.setdefault(row["trial"], set()).add(row["attempted"])
    assert all(len(attempted) == 1 for attempted in by_trial.values())
    pair = next(row for row in rows if row["transport"] == "ringbuf-pair")
    assert pair["buffer_bytes"] == 1 << 20
    assert pair["memory_memlock_bytes"] > 1 << 20


def test_its_metric_has_a_column(site: Path, session: Path) -> None:
    done = _ringbench(site, "export", str(session), "--format", "csv", "--out", "exported")
    assert done.returncode == 0, done.stderr
    with (site / "exported" / "trials.csv").open(newline="") as table:
        column = [float(row["dispersion"]) for row in csv.DictReader(table)]
    assert len(column) == 10
    assert min(column) > 0


def test_its_rows_are_in_the_report(session: Path) -> None:
    page, summary = ((session / name).read_text() for name in ("report.html", "summary.md"))
    assert "ringbuf-pair" in page
    assert "ringbuf-pair" in summary
    assert "bulk-in-parts" in page


def test_where_it_is_not_installed_its_session_is_read_all_the_same(session: Path, tmp_path: Path) -> None:
    done = _ringbench(tmp_path, "report", str(session), "--out", str(tmp_path / "again"))
    assert done.returncode == 0, done.stderr
    assert "ringbuf-pair" in (tmp_path / "again" / "report.html").read_text()


def test_one_that_cannot_be_loaded_is_left_out_and_said(tmp_path: Path) -> None:
    folder = tmp_path / "broken-1.0.dist-info"
    folder.mkdir()
    (folder / "METADATA").write_text("Metadata-Version: 2.1\nName: broken\nVersion: 1.0\n")
    (folder / "entry_points.txt").write_text(
        "[ringbench.transports]\nmine = broken:T\n[ringbench.readers]\nr = os:sep\n"
    )
    (tmp_path / "broken.py").write_text("raise RuntimeError('no \\x1b[31mway')\n")
    done = _ringbench(tmp_path, "list", "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["transports"]
    assert "plug-in mine of broken is left out: RuntimeError: no" in done.stderr
    assert "plug-in r of broken is left out: os:sep is no ReaderKind" in done.stderr
    assert "\x1b" not in done.stderr
