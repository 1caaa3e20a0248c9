"""The fixture that other projects test their event paths with: the documented example, and programs that go wrong."""

from __future__ import annotations

import contextlib
import gc
import os
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ringbench.errors import OptionError
from ringbench.tools.event_path import EventPath
from tests import ROOT

EXAMPLE = ROOT / "examples" / "test_my_event_path.py"
HEAD = "struct event { u64 ts_ns; u32 pid; u32 pad; };\n"
BODY = """
TRACEPOINT_PROBE(raw_syscalls, sys_enter)
{
    if (args->id != %d)
        return 0;
    %s
    return 0;
}
"""
GETPGID = 121 if os.uname().machine == "x86_64" else 155
FILL = "struct event e = {.ts_ns = bpf_ktime_get_ns(), .pid = 1};\n"
WAYS = {
    "perf": (
        "BPF_PERF_OUTPUT(events);",
        FILL + "ringbench_count(events.perf_submit(args, &e, sizeof(e)));",
    ),
    "ringbuf-output": (
        "BPF_RINGBUF_OUTPUT(events, 1);",
        FILL + "ringbench_count(events.ringbuf_output(&e, sizeof(e), BPF_RB_NO_WAKEUP));",
    ),
    "ringbuf-reserve": (
        "BPF_RINGBUF_OUTPUT(events, 1);",
        "struct event *e = events.ringbuf_reserve(sizeof(*e));\n"
        "    if (!e) return ringbench_count(-1), 0;\n"
        "    e->ts_ns = bpf_ktime_get_ns();\n    e->pid = 1;\n    e->pad = 0;\n"
        "    events.ringbuf_submit(e, BPF_RB_NO_WAKEUP);\n    ringbench_count(0);",
    ),
}


def text(way: str) -> str:
    table, submit = WAYS[way]
    return f"{HEAD}{table}\n{BODY % (GETPGID, submit)}"


def calls(n: int) -> None:
    for _ in range(n):
        os.getpgid(0)


@pytest.mark.parametrize("way", WAYS)
def test_what_a_tiny_buffer_loses_is_counted_to_the_last(event_path: Callable[..., Any], way: str) -> None:
    with event_path(text(way), pages=1, wakeup_events=1000) as path:
        calls(20_000)
    assert path.attempted >= 20_000
    assert path.attempted == path.delivered + path.failed
    assert path.failed > 0
    assert 0 < path.drop_rate < 1
    assert path.producer_ns_per_event > 0
    assert path.max_lateness_ns >= 0
    assert path.late_events >= path.timestamp_inversions >= 0


def test_without_a_stamp_there_is_no_order_and_without_events_no_rate(event_path: Callable[..., Any]) -> None:
    never = text("ringbuf-output").replace(f"!= {GETPGID}", "!= 100000")
    with event_path(never, stamp=None) as path:
        calls(10)
    assert (path.attempted, path.delivered, path.failed) == (0, 0, 0)
    assert path.drop_rate is None
    assert path.late_events is None
    assert path.producer_ns_per_event is None


def test_a_submission_that_is_not_counted_fails_the_test(tmp_path: Path) -> None:
    uncounted = text("ringbuf-output").replace("ringbench_count(events", "(events", 1)
    done = pytest_run(tmp_path, f"TEXT = {uncounted!r}\n", "    os.getpgid(0)")
    assert done.returncode == 1
    assert "the account does not add up: 0 attempted, 1 delivered" in done.stdout
    assert "ringbench_count()" in done.stdout


def test_what_is_wrong_with_a_program_is_said(tmp_path: Path) -> None:
    with pytest.raises(OptionError, match="no table 'other'"), EventPath(text("perf"), "other"):
        pass
    with pytest.raises(OptionError, match="with"):
        _ = EventPath(text("perf")).found
    bad = pytest_run(tmp_path, "TEXT = 'int x = ;'\n", "    pass")
    assert bad.returncode == 1
    assert "does not compile: program:1" in bad.stdout


def test_nothing_stays_when_the_block_raises(event_path: Callable[..., Any]) -> None:
    with pytest.raises(ZeroDivisionError), event_path(text("perf")) as path:
        raise ZeroDivisionError
    assert path.bpf is None
    with pytest.raises(OptionError):
        _ = path.attempted


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("raised", [None, ZeroDivisionError])
def test_rings_and_programs_are_gone_with_the_block(
    event_path: Callable[..., Any], way: str, raised: type[Exception] | None
) -> None:
    before = _held()
    gc.disable()  # what only the collector frees is held until who knows when
    try:
        with contextlib.suppress(ZeroDivisionError), event_path(text(way)):
            calls(10)
            if raised is not None:
                raise raised
        assert _held() == before
    finally:
        gc.enable()


def _held() -> Counter[str]:
    """What this process has open, by kind, and the rings that it has mapped."""
    held: Counter[str] = Counter()
    for fd in os.listdir("/proc/self/fd"):
        with contextlib.suppress(FileNotFoundError):  # the listing's own
            held[os.readlink(f"/proc/self/fd/{fd}")] += 1
    maps = Path("/proc/self/maps").read_text().splitlines()
    held.update(line.split()[-1] for line in maps)
    return Counter({name: count for name, count in held.items() if name.startswith("anon_inode:")})


def test_the_documented_example_passes_and_is_the_one_in_the_docs() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-s", str(EXAMPLE), "-p", "no:cacheprovider", "-c", os.devnull],
        cwd=EXAMPLE.parent, env={**os.environ, "RINGBENCH_REQUIRE_BPF": "1", "PYTHONPATH": str(ROOT / "bench")},
        capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout
    assert re.search(r"\d+ execs, \d+ late", done.stdout)
    block = re.search(r"```python\n(.*?)```", (ROOT / "docs" / "pytest.md").read_text(), re.DOTALL)
    assert block is not None
    assert block[1] == EXAMPLE.read_text()


@pytest.mark.parametrize("required", ["", "1"])
def test_without_root_it_is_skipped_or_fails(tmp_path: Path, required: str) -> None:
    patch = "import os\nos.geteuid = lambda: 1000\nTEXT = ''\n"
    done = pytest_run(tmp_path, patch, "    pass", RINGBENCH_REQUIRE_BPF=required)
    assert done.returncode == (1 if required else 0)
    assert "needs root" in done.stdout
    assert ("1 skipped" in done.stdout) == (not required)


def pytest_run(folder: Path, head: str, body: str, **environment: str) -> subprocess.CompletedProcess[str]:
    test = f"import os\n{head}\ndef test_it(event_path):\n  with event_path(TEXT) as path:\n{body}\n"
    (folder / "test_theirs.py").write_text(test)
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-rs", "test_theirs.py", "-p", "no:cacheprovider"],
        cwd=folder, env={**os.environ, "PYTHONPATH": str(ROOT / "bench"), **environment},
        capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip
