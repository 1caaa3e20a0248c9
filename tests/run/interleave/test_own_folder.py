"""Folders of revisions: gone with whoever made them, and swept by the next one where that could not be done."""

from __future__ import annotations

import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from ringbench.run.interleave.worktree import own_folder
from tests import ROOT

HOLD = """
import signal
from ringbench.run.interleave.worktree import own_folder
with own_folder() as folder:
    print(folder, flush=True)
    signal.pause()
"""


@pytest.fixture(autouse=True)
def _place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))


def test_it_is_gone_afterwards(tmp_path: Path) -> None:
    with own_folder() as folder:
        (folder / "project").mkdir()
        assert folder.parent == tmp_path
    assert not list(tmp_path.iterdir())


def test_what_a_killed_one_left_is_swept_and_what_a_living_one_holds_is_not(tmp_path: Path) -> None:
    environment = {"TMPDIR": str(tmp_path), "PYTHONPATH": str(ROOT / "bench"), "PATH": "/usr/bin:/bin"}
    with subprocess.Popen([sys.executable, "-c", HOLD], env=environment, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        held = Path(process.stdout.readline().strip())
        with own_folder():
            assert held.is_dir()
        process.send_signal(signal.SIGKILL)
    assert held.is_dir()
    with own_folder():
        assert not held.exists()


def test_links_are_not_followed(tmp_path: Path) -> None:
    theirs = tmp_path / "theirs"
    theirs.mkdir()
    (theirs / "file").touch()
    (tmp_path / "ringbench-ab-link").symlink_to(theirs)
    with own_folder():
        pass
    assert (theirs / "file").exists()
