"""The lock files: what with-env installs, from any index, for any supported Python."""

from __future__ import annotations

import re

from tests import ROOT


def test_the_locks_name_no_place() -> None:
    for name in ("requirements.lock", "requirements-dev.lock"):
        text = (ROOT / name).read_text()
        assert not [word for word in ("http:", "https:", "file:", "--index", "--find-links", " @ ") if word in text]
        pinned = [line for line in text.splitlines() if line and not line.startswith((" ", "#"))]
        assert all("==" in line and line.endswith("\\") for line in pinned)
        assert text.count("--hash=sha256:") >= len(pinned)


def test_the_two_locks_agree() -> None:
    """What the first command installs serves the second: the test tools' lock holds every pin of the other one."""
    run, dev = (
        set(re.findall(r"^([\w.-]+==\S+)", (ROOT / name).read_text(), re.MULTILINE))
        for name in ("requirements.lock", "requirements-dev.lock")
    )
    assert run <= dev, run - dev
