"""docs/sched-switch.md: its program runs, and each of the article's mistakes does what the page says."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from ringbench.drivers.readers import READERS
from ringbench.kernel import headers
from tests import ROOT

PAGE = (ROOT / "docs" / "sched-switch.md").read_text()
EXAMPLE = (ROOT / "examples" / "sched_switch.py").read_text()
DEFINITION = "struct event {\n    u32 pid;\n    u32 cpu;\n};\n"
PROGRAM_ENDS = '    return 0;\n}\n"""'

pytestmark = pytest.mark.skipif(READERS["libbpf"].missing() is not None, reason="needs libbpf 1.0 or newer")


def run(folder: Path, text: str) -> subprocess.CompletedProcess[str]:
    script = folder / "sched_switch.py"
    script.write_text(text)
    tree = headers.find()
    environment = os.environ if tree is None else {**os.environ, "BCC_KERNEL_SOURCE": str(tree)}
    return subprocess.run(
        [sys.executable, str(script), "0.3"],
        cwd=folder, env=environment, capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip


def changed(before: str, after: str) -> str:
    assert EXAMPLE.count(before) == 1, before
    return EXAMPLE.replace(before, after)


def row(mistake: str) -> str:
    (found,) = [line for line in PAGE.splitlines() if line.startswith("|") and mistake in line.split("|")[1]]
    return found


def test_the_program_of_the_page_counts_switches_and_ends(tmp_path: Path) -> None:
    (block,) = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    assert block == EXAMPLE
    done = run(tmp_path, block)
    assert done.returncode == 0, done.stderr
    assert sum(map(int, re.findall(r"^CPU \d+: (\d+) switches$", done.stdout, re.MULTILINE))) > 10
    assert re.search(r"^lost: \d+$", done.stdout, re.MULTILINE)


@pytest.mark.parametrize(
    ("mistake", "text", "said"),
    [
        ("ringbuf_commit", changed("ringbuf_submit", "ringbuf_commit"), "no member named 'ringbuf_commit'"),
        (
            "before its definition",
            changed(DEFINITION, "").replace(PROGRAM_ENDS, PROGRAM_ENDS.replace('"""', f'\n{DEFINITION}"""')),
            "incomplete type",
        ),
    ],
    ids=["commit", "definition"],
)
def test_what_does_not_compile_is_refused_as_the_page_says(tmp_path: Path, mistake: str, text: str, said: str) -> None:
    assert said in row(mistake)
    done = run(tmp_path, text)
    assert done.returncode == 1
    assert said in done.stderr


def test_a_null_callback_is_taken_and_crashes_at_the_first_record(tmp_path: Path) -> None:
    assert "SIGSEGV" in row("null callback")
    opened = changed("end = time", "print('opened', flush=True)\nend = time")
    done = run(tmp_path, opened.replace("CALLBACK(on_event)", "CALLBACK()", 1))
    assert done.stdout == "opened\n"
    assert done.returncode == -signal.SIGSEGV
