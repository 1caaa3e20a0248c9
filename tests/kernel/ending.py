"""How a command that measured may end on a machine that is shared."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path


def assert_measured(done: subprocess.CompletedProcess[str], session: Path) -> None:
    """All of *session* was measured and is valid; that other things disturbed it is no fault of the code."""
    assert done.returncode in (0, 3), done.stderr
    verdict = json.loads((session / "session.json").read_text()).get("verdict")
    assert verdict in ({"inconclusive"} if done.returncode else {"answered", "partly"}), done.stderr
