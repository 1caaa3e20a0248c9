"""What else goes on while a session measures: other programs on its tracepoints, loads that can't be had."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from ringbench.drivers.transports import find_transport
from ringbench.kernel import other_programs, program, tracepoints
from ringbench.kernel.probe import LIFECYCLE
from ringbench.machine import isolation
from ringbench.spec import cpu_list
from tests.kernel.ending import assert_measured

NAMES = sorted(LIFECYCLE.tracepoints)

_TRACEPOINT = "TRACEPOINT_PROBE(sched, sched_process_exit) { return 0; }"
_RAW = "RAW_TRACEPOINT_PROBE(sched_process_fork) { return 0; }"


def _count_beside(text: str | None) -> tuple[int | None, int | None]:
    with tracepoints.keep_enabled(NAMES) as held:
        before = other_programs.programs(held, NAMES)
        beside = program.load([find_transport("perf")], text=text) if text else None
        during = other_programs.programs(held, NAMES)
        if beside is not None:
            beside.close()
    return before, during


@pytest.mark.parametrize(("text", "more"), [(None, 0), (_TRACEPOINT, 1)])
def test_programs_on_the_same_tracepoints_are_counted(text: str | None, more: int) -> None:
    before, during = isolation.run(_count_beside, text, timeout_s=60)
    assert before is not None
    assert during == before + more


def test_raw_tracepoints_on_the_same_events_are_counted_where_they_are_links() -> None:
    before, during = isolation.run(_count_beside, _RAW, timeout_s=60)
    assert before is not None
    assert during is not None
    assert during - before in (0, 1)  # BCC attaches by BPF_RAW_TRACEPOINT_OPEN: a link from Linux 5.8 on


def _run(place: Path, *options: str) -> subprocess.CompletedProcess[str]:
    command = [
        sys.executable,
        "-m",
        "ringbench",
        "run",
        "--quiet",
        "--no-report",
        "--out",
        str(place),
        "--keep-events",
        "none",
    ]
    command += ["--reader", "bulk", "--mode", "isolated", "--transport", "ringbuf-output", "--duration", "0.3"]
    return subprocess.run([*command, *options], capture_output=True, text=True, check=False)


def test_every_cell_is_offered_the_same_and_one_that_cannot_take_it_is_saturated(tmp_path: Path) -> None:
    loads = ("fork-exec@20%", "fork-exec@900000")
    options = [option for load in loads for option in ("--workload", load)]
    done = _run(tmp_path / "s", *options, "--wakeup", "none", "--repeats", "2")
    assert_measured(done, tmp_path / "s")
    manifest = json.loads((tmp_path / "s" / "session.json").read_text())
    (flat_out,) = manifest["plan"]["flat_out"]
    rows = pd.read_parquet(tmp_path / "s" / "trials.parquet").set_index("workload")
    assert rows["valid"].all()
    offered = set(rows.loc["fork-exec@20%", "offered_per_s"])
    assert len(offered) == 1
    assert offered.pop() == pytest.approx(0.2 * flat_out["per_s"] * len(cpu_list.parse(flat_out["cpus"])))
    assert rows.loc["fork-exec@900000", "saturated"].tolist() == [True, True]
    assert rows.loc["fork-exec@900000", "done_per_s"].max() < 900_000


def test_a_session_stops_by_its_rule_and_says_how(tmp_path: Path) -> None:
    done = _run(tmp_path / "s", "--workload", "fork-exec@20%", "--wakeup", "none", "--precision", "90%")
    assert_measured(done, tmp_path / "s")
    manifest = json.loads((tmp_path / "s" / "session.json").read_text())
    assert manifest["plan"]["growth"] == {"kind": "precision", "precision": 0.9, "max_time_s": None}
    assert any(note.startswith("Stopped after 5 repeats: every interval is within") for note in manifest["notes"])
    assert len(manifest["plan"]["trials"]) == 5
    assert manifest["disturbance"]["trials"] == 5


def test_a_session_grows_until_its_time_is_up(tmp_path: Path) -> None:
    done = _run(tmp_path / "s", "--workload", "fork-exec@20%", "--wakeup", "none", "--max-time", "6")
    assert_measured(done, tmp_path / "s")
    manifest = json.loads((tmp_path / "s" / "session.json").read_text())
    rows = pd.read_parquet(tmp_path / "s" / "trials.parquet")
    assert rows["block"].max() == len(rows) == len(manifest["plan"]["trials"]) > 5
    assert rows["trial_s"].iloc[:-1].sum() < 6 <= rows["trial_s"].sum()
