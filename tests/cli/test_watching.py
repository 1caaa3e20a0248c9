"""What a person sees while it measures, on a real terminal of 80 columns; and what a file gets."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import struct
import subprocess
import sys
import termios
from functools import cache

import pytest

from tests import ROOT

SCRIPT = """
import sys, time
from types import SimpleNamespace
from ringbench.cli.progress import watching
from ringbench.run.session.session import Progress

def row(trial, transport, **more):
    return {"trial": trial, "transport": transport, "mode": "paired", "workload": "fork-exec" + 9 * "-\\x1b[31mlong",
            "reader": "bulk", "wakeup": "none", "valid": True, "invalid_reason": None, "disturbed": None,
            "events_per_s": 10_709_948.0, "failed": 17_685, "delivered": 5, **more}

plan = SimpleNamespace(command=None, trials=[None] * 48)
with watching(plan, quiet="quiet" in sys.argv) as watch:
    watch(Progress(0, 48, None, 0))
    time.sleep(0.3)
    for done in range(1, 4):
        rows = tuple(row(f"t{done}", name) for name in ("perf", "ringbuf-output", "ringbuf-reserve"))
        watch(Progress(done, 48, None, 0, rows, done * 53_055))
        time.sleep(0.3)
    bad = row("t4", "perf", valid=False, invalid_reason="hung", disturbed="cpu 0 was busy")
    watch(Progress(4, 48, None, 1, (bad,), 7))
    time.sleep(0.3)
    watch(Progress(5, 48, None, 1, (row("t5", "perf", events_per_s=None, failed=0),), 7))
"""


@cache
def on_a_terminal(*words: str, columns: int = 80, **environment: str) -> str:
    """Return what the script writes to a terminal."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    hidden = ("NO_COLOR", "FORCE_COLOR", "COLUMNS", "LINES")
    variables = {name: value for name, value in os.environ.items() if name not in hidden}
    process = subprocess.Popen(
        [sys.executable, "-c", SCRIPT, *words], stderr=theirs, stdout=subprocess.DEVNULL, cwd=ROOT,
        env={**variables, "TERM": "xterm-256color", **environment},
    )  # fmt: skip
    os.close(theirs)
    written = b""
    while True:
        try:
            read = os.read(ours, 65536)
        except OSError:  # EIO: the other end is closed
            break
        if not read:
            break
        written += read
    os.close(ours)
    assert process.wait(60) == 0, written
    return written.decode()


def lines(text: str) -> list[str]:
    """Return the lines of what was written, without colours and movements."""
    plain = re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", text)
    return [line.rstrip() for line in re.split(r"[\r\n]+", plain) if line.strip()]


@pytest.mark.parametrize("columns", [80, 60])
def test_a_person_sees_two_lines_that_never_wrap(columns: int) -> None:
    text = on_a_terminal(columns=columns)
    assert max(map(len, lines(text))) <= columns
    # Each frame goes up by as many lines as the one before had: more would be seen as a jump.
    assert "\x1b[1A" in text
    assert not re.search(r"(\x1b\[1A(\x1b\[2K)?){2}", text.rpartition("\x1b[?25h")[0])


def test_it_says_which_trial_what_is_left_how_fast_and_what_was_lost() -> None:
    told = lines(on_a_terminal())
    bars = [line for line in told if re.search(r"\d+/48", line)]
    assert any(re.search(r" 3/48 (< 1|\d+) min left 159,165 lost so far$", line) for line in bars)
    assert any(line.startswith("last: paired fork-exec") for line in told)


def test_a_trial_that_is_invalid_or_was_disturbed_is_told_at_once() -> None:
    told = lines(on_a_terminal())
    assert "! trial t4, perf: invalid: hung" in told
    assert "! trial t4 was disturbed: cpu 0 was busy" in told
    following = told[told.index("! trial t4 was disturbed: cpu 0 was busy") :]
    assert any("4/48" in line for line in following)


def test_nothing_of_it_stays_but_the_warnings() -> None:
    text = on_a_terminal()
    assert text.endswith("\x1b[?25h\r\x1b[1A\x1b[2K\x1b[1A\x1b[2K")  # the cursor is back, both lines are cleared


def test_no_colour_is_honoured_and_no_name_is_obeyed() -> None:
    assert re.search(r"\x1b\[[0-9;]*3[0-9]", on_a_terminal())
    text = on_a_terminal(NO_COLOR="1")
    assert not re.search(r"\x1b\[[0-9;]*[34][0-9]", text)
    assert "\\x1b[31m" in text


def test_quiet_is_quiet() -> None:
    assert on_a_terminal("quiet") == ""


def test_where_nobody_watches_each_trial_is_one_line() -> None:
    done = subprocess.run([sys.executable, "-c", SCRIPT], capture_output=True, text=True, check=True, cwd=ROOT)
    told = done.stderr.splitlines()
    assert [line.partition("]")[0] for line in told] == [
        "[1/48", "[2/48", "[3/48", "[4/48", "! trial t4, perf: invalid: hung",
        "! trial t4 was disturbed: cpu 0 was busy",
        "[5/48",
    ]  # fmt: skip
    assert told[0].endswith("perf 10,709,948/s, 17,685 lost, ringbuf-output 10,709,948/s, 17,685 lost, "
                            "ringbuf-reserve 10,709,948/s, 17,685 lost")  # fmt: skip
    assert told[-1].endswith("perf 5 events")
    assert "\x1b" not in done.stderr
    assert done.stdout == ""
