"""The nightly job: what it keeps and removes, and its units."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests import ROOT

NIGHTLY = ROOT / "contrib" / "systemd" / "nightly.sh"

if not (ROOT / ".git").exists() and not NIGHTLY.exists():
    pytest.skip("a source archive carries no nightly job: needs a checkout", allow_module_level=True)


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
