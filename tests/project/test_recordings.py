"""The recorded sessions: each can be read, each file is needed by a test, a doc or a notebook, and all are small."""

from __future__ import annotations

import functools
import re
import subprocess
from pathlib import Path

import pytest

from ringbench.analysis.selftest.gate_rates import VARIANTS
from ringbench.data.store.folder import read_session
from tests import ROOT

REFERENCE = ROOT / "results" / "reference"
SESSIONS = sorted(path.parent for path in REFERENCE.rglob("session.json"))
MAX_BYTES = 10_000_000
OF_A_SESSION = re.compile(r"(session\.json|trials\.parquet|events/\d+\.parquet)$")
READ_BY_NAME = {"checked.json", "real.json", "rings.json", "nested.json"}
"""Other tools' recordings: read by tests/project/test_docs.py, and by the commands that made them."""


def _tracked() -> list[Path]:
    try:
        told = subprocess.run(["git", "ls-files", "-z", REFERENCE], cwd=ROOT, capture_output=True, check=True)
    except (OSError, subprocess.CalledProcessError) as error:
        pytest.skip(f"not a git checkout: {error}")
    return [ROOT / name for name in told.stdout.decode().split("\0") if name]


@functools.cache
def _readers() -> str:
    folders = (ROOT / "docs", ROOT / "notebooks", ROOT / "tests")
    texts = [path for folder in folders for path in folder.rglob("*") if path.suffix in {".md", ".py"}]
    return "\n".join(path.read_text() for path in (ROOT / "README.md", *texts))


def test_they_are_small() -> None:
    assert sum(path.stat().st_size for path in _tracked()) <= MAX_BYTES


def test_each_file_is_needed() -> None:
    readers = _readers()
    for path in _tracked():
        name = str(path.relative_to(ROOT))
        if not OF_A_SESSION.search(name) and path.name not in {*READ_BY_NAME, "summary.md"}:
            assert name in readers, f"nothing shows or reads {name}"


@pytest.mark.parametrize("folder", SESSIONS, ids=[str(path.relative_to(REFERENCE)) for path in SESSIONS])
def test_each_session_is_needed_and_can_be_read(folder: Path) -> None:
    recording = folder.parent if folder.name in VARIANTS else folder
    named = (str(recording.relative_to(ROOT)), f'_recorded("{recording.relative_to(REFERENCE)}")')
    assert any(name in _readers() for name in named), f"nothing shows or reads {folder}"
    assert not read_session(folder, REFERENCE).trials.empty
