"""One measurement at a time on a machine."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from ringbench.errors import OptionError
from ringbench.machine.lock import exclusive
from tests import ROOT

HOLD = """
import sys
from pathlib import Path
from ringbench.machine.lock import exclusive
with exclusive(Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""


def test_a_second_one_is_told_who_has_it_and_the_lock_goes_with_the_process(tmp_path: Path) -> None:
    place = tmp_path / "lock"
    other = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(place)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd=ROOT,
    )
    assert other.stdout is not None
    assert other.stdout.readline() == b"held\n"
    with pytest.raises(OptionError, match=f"another ringbench is measuring.*process {other.pid}"), exclusive(place):
        pass
    os.kill(other.pid, signal.SIGKILL)
    other.wait()
    with exclusive(place):
        pass
    with exclusive(place):  # and again, once it was let go
        pass


def test_where_no_lock_can_be_made_it_goes_on_without(tmp_path: Path) -> None:
    with exclusive(tmp_path / "no-such-folder" / "lock"):
        pass
