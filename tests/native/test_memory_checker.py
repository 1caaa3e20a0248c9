"""The compiled loops under a memory checker: nothing outside of a ring's mapping, or of a sink, is ever touched."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import pytest

from ringbench.native import LIBRARY
from tests import ROOT

SOURCE = LIBRARY.with_name("rings.c")
CHECKED = ("-fsanitize=address,undefined", "-fno-sanitize-recover=all", "-g", "-O0")
"""-O0, so that every access in the source is one: an optimizer may leave out a load that nobody needs."""

# Each takes one check out of the source: (what stands there, what stands there instead).
WITHOUT = {
    "an ftrace page's commit": ("if (unlikely(end > ring->page_bytes))", "if (0)"),
    "an ftrace event's length": ("if (unlikely(bytes > end - at - header))", "if (0)"),
    "an ftrace event's second word": (
        "header = 8;\n\t\t\tif (unlikely(end - at < header))",
        "header = 8;\n\t\t\tif (0)",
    ),
    "an ftrace event's fields": ("if (bytes < format->least)", "if (0)"),
    "where an ftrace event's text lies": ("if (text > bytes || text_bytes > bytes - text)", "if (0)"),
    "a ringbuf's length": (
        "if (unlikely((((*word & ~DISCARD) + HEADER + 7ull) & ~7ull) > end - position))\n\t\treturn -2;",
        "",
    ),
    "the distance of a ringbuf's positions": ("end % 8 || end - position > ring->size", "end % 8"),
    "the distance for a view": ("end % 8 || end - ring->position > ring->size", "end % 8"),
    "the alignment of perf's positions": ("position % 8 || head % 8 || head - position", "head - position"),
    "perf's size against the head": (" || header.size > head - position", ""),
    "perf's end of the data": ("if (unlikely(at + header.size > ring->size))", "if (0)"),
    "perf's end of the data, in a run": (
        "uint64_t whole = head - position < ring->size - at ? head - position : ring->size - at;",
        "uint64_t whole = head - position;",
    ),
    "perf's raw length": ("if (unlikely(raw > header.size - 12u))", "if (0)"),
    "the size of a sample": ("if (unlikely(header.size < 16))", "if (0)"),
    "the size of a LOST record": ("if (header.size < 24)", "if (0)"),
    "room for a number": ("bytes >= least", "1"),
    "room in the sink": ("used + bytes > sink->room || ", ""),
    "entries in the sink": (" || sink->kept >= sink->slots", ""),
    "room in the sink, in a run": ("if (room < most)\n\t\t\tmost = room;", ""),
    "a length below zero from BCC": ("bytes < 0 || (", "("),
}


def _why_not() -> str | None:
    if shutil.which("gcc") is None:
        return "needs gcc: apt install gcc libc6-dev"
    if not os.path.isabs(_library_of_the_checker()):
        return "needs gcc's address sanitizer (libasan, of the package libgcc-dev)"
    return None


def _library_of_the_checker() -> str:
    asked = subprocess.run(["gcc", "-print-file-name=libasan.so"], capture_output=True, text=True, check=True)
    return asked.stdout.strip()


pytestmark = pytest.mark.skipif(_why_not() is not None, reason=_why_not() or "")


def _checked(folder: Path, text: str) -> subprocess.CompletedProcess[str]:
    """Build *text* with the checker, and replay the rings of checked.py with it."""
    source, library = folder / "rings.c", folder / "rings.so"
    source.write_text(text)
    build = ["gcc", "-std=c11", *CHECKED, "-fPIC", "-shared", "-I", str(SOURCE.parent), "-o", str(library), str(source)]
    built = subprocess.run(build, check=False, capture_output=True, text=True, timeout=60)
    assert built.returncode == 0, built.stderr
    environment = {**os.environ, "LD_PRELOAD": _library_of_the_checker(), "ASAN_OPTIONS": "detect_leaks=0"}
    command = [sys.executable, "-m", "tests.native.checked", str(library)]
    return subprocess.run(command, check=False, capture_output=True, text=True, cwd=ROOT, env=environment, timeout=60)


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Future[subprocess.CompletedProcess[str]]]:
    """The source as it is ('') and without each of its checks, all built and run side by side."""
    text = re.sub(
        r'#include "(rings/\w+\.h)"', lambda match: (SOURCE.parent / match[1]).read_text(), SOURCE.read_text()
    )
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        runs = {"": pool.submit(_checked, tmp_path_factory.mktemp("whole"), text)}
        for name, (there, instead) in WITHOUT.items():
            broken = text.replace(there, instead, 1)
            runs[name] = pool.submit(_checked, tmp_path_factory.mktemp("broken"), broken)
            assert broken != text, f"rings.c has no such check any more: {there}"
    return runs


Runs = dict[str, Future[subprocess.CompletedProcess[str]]]


def test_nothing_outside_of_a_ring_or_a_sink_is_touched(runs: Runs) -> None:
    run = runs[""].result()
    assert run.returncode == 0, run.stderr
    rings, records, calls = map(int, run.stdout.split())
    assert rings > 900
    assert records > 100_000
    assert calls > 1000


@pytest.mark.parametrize("check", WITHOUT)
def test_the_checker_sees_it_when_a_check_is_missing(runs: Runs, check: str) -> None:
    run = runs[check].result()
    assert run.returncode != 0
    assert "AddressSanitizer" in run.stderr or "runtime error" in run.stderr
