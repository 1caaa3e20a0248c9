"""Programs that interrupt each other on one CPU: nothing torn, nothing lost from the account, and who comes first."""

from __future__ import annotations

import contextlib
import functools
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from ringbench.cli.nesting import SMALL_BYTES
from ringbench.data.metrics.drops import account_error
from ringbench.drivers.transports import transports_carrying
from ringbench.kernel import cpus, tracepoints
from ringbench.kernel.probe import nested as probe
from ringbench.machine import isolation
from ringbench.spec.record import NESTED
from ringbench.tools.nesting import depth
from ringbench.tools.nesting.nested import BUFFER_BYTES, LONG_PAUSE_S, PAUSE_S, Nested
from tests.kernel import nesting
from tests.kernel.conftest import Measure, need, share
from tests.kernel.test_session import _environment, _eventually, _kernel_objects

RESERVE = ("ringbuf-reserve", "ringbuf-per-cpu", "ringbuf-per-cache")
"""What reserves a record before the lingering."""
CARRIERS = transports_carrying(NESTED.struct)
COPY = tuple(name for name in CARRIERS if name not in RESERVE)
ENOUGH = 300
"""Outer programs that must have been interrupted before anything is concluded: a tenth of a second's worth."""


@pytest.fixture(scope="module", autouse=True)
def _held_too() -> Iterator[None]:
    with tracepoints.keep_enabled(probe().tracepoints):
        yield


def measured(
    transport: str,
    buffer_bytes: int = BUFFER_BYTES,
    change: str = "nothing",
    enough: int = ENOUGH,
    pause_s: float = PAUSE_S,
) -> Iterator[Nested]:
    """Yield measurements until there were *enough* interruptions in all; fail where there never are."""
    need(transport)
    seen = 0
    for _ in range(20):
        found = isolation.run(nesting.measure, change, transport, 0.3, buffer_bytes, pause_s, timeout_s=60)
        yield found
        seen += found.interruptions.interrupted
        if seen >= enough:
            return
    pytest.fail(f"only {seen} outer programs were interrupted in twenty measurements")


@functools.cache
def as_it_is(transport: str) -> tuple[Nested, ...]:
    """Return measurements with room for everything, enough to conclude from; several tests look at the same ones."""
    return tuple(measured(transport))


@pytest.mark.parametrize("transport", CARRIERS)
def test_both_records_arrive_whole_and_the_account_is_exact(transport: str) -> None:
    for found in as_it_is(transport):
        assert found.account_error is None
        assert found.failed == 0
        assert found.delivered == found.attempted == sum(found.attempted_by_level.values())
        seen = found.interruptions
        assert seen.torn == 0
        assert {"outer": seen.outer, "inner": seen.inner} == found.attempted_by_level
        # Nothing is lost, so whoever says it was interrupted has its interrupter.
        assert seen.open_pairs >= seen.interrupted > 0


@pytest.mark.parametrize("transport", CARRIERS)
def test_a_full_buffer_refuses_both_levels_and_the_account_is_exact(transport: str) -> None:
    codes: dict[str, set[str]] = {"outer": set(), "inner": set()}
    for found in measured(transport, SMALL_BYTES, enough=ENOUGH // 4, pause_s=LONG_PAUSE_S):
        assert found.account_error is None
        assert found.interruptions.torn == 0
        assert found.failed == found.overwritten + sum(sum(each.values()) for each in found.failed_by_level.values())
        assert found.failed > 0
        for level, by_code in found.failed_by_level.items():
            codes[level] |= set(by_code)
    code = {
        "perf": {"ENOSPC"},
        "ringbuf-output": {"EAGAIN"},
        "queue-map": {"E2BIG"},
        "ticket-ring": set(),
        "arena-ring": set(),
        "ringbuf-dynptr": {"EINVAL"},
    }
    assert codes["outer"] == codes["inner"] == code.get(transport, {"refused"})


@pytest.mark.parametrize("transport", RESERVE)
def test_a_reserved_record_holds_back_what_was_submitted_over_it(transport: str) -> None:
    for found in as_it_is(transport):
        seen = found.interruptions
        # All but those that came before the reservation, which is the program's first step or nearly so.
        assert seen.open_behind >= 0.9 * seen.open_pairs
        assert seen.seen_meanwhile <= seen.open_pairs - seen.open_behind
        assert seen.by_submission.records >= seen.open_behind
        assert seen.by_begin.records < seen.by_submission.records / 4


@pytest.mark.parametrize("transport", COPY)
def test_what_is_copied_at_the_end_comes_in_the_order_of_submission(transport: str) -> None:
    for found in as_it_is(transport):
        seen = found.interruptions
        assert seen.open_behind == 0
        assert seen.by_begin.records >= seen.interrupted
        assert seen.by_submission.records < seen.by_begin.records / 4


@pytest.mark.skipif(len(cpus.online()) < 2, reason="the reader has no CPU of its own to see anything meanwhile")
def test_a_reader_sees_the_inner_record_while_the_outer_one_is_under_way_unless_that_is_reserved() -> None:
    def seen_meanwhile(transport: str) -> Iterator[tuple[int, int]]:
        for _ in range(20):
            seen = isolation.run(nesting.measure_lingering, transport, 0.3, 30_000, timeout_s=60).interruptions
            yield seen.seen_meanwhile, seen.open_pairs - seen.open_behind

    assert any(early > 0 for early, _ in seen_meanwhile("ringbuf-output"))
    early, in_front = next(seen_meanwhile("ringbuf-reserve"))
    assert early <= in_front


def test_a_count_that_is_not_atomic_is_seen_and_a_tally_a_level_makes_it_safe() -> None:
    for found in measured("ringbuf-output", change="a slow count"):
        assert found.account_error is None
    assert any(
        "too many" in (found.account_error or "")
        for found in measured("ringbuf-output", change="a slow count of both levels")
    )


@pytest.mark.parametrize("transport", ["perf", "ringbuf-output"])
def test_a_record_that_is_written_over_is_torn(transport: str) -> None:
    # What interrupts it writes into it; who is interrupted most is torn and no longer counted as interrupted.
    assert any(
        found.interruptions.torn > 0
        for found in measured(transport, change="one record for both levels", enough=1 << 30)
    )


def test_programs_of_perf_events_are_never_run_over_each_other() -> None:
    found = isolation.run(
        nesting.measure, "an outer program that is a perf event's", "ringbuf-output", 0.5, BUFFER_BYTES, timeout_s=60
    )
    assert found.account_error is None
    assert min(found.attempted_by_level.values()) > 100
    assert found.interruptions.interrupted == found.interruptions.open_pairs == found.interruptions.in_submission == 0


@pytest.mark.parametrize("transport", CARRIERS)
def test_how_deep_submissions_nest(transport: str) -> None:
    need(transport)
    found = isolation.run(depth.measure, transport, timeout_s=60)
    assert found.under_way == ("ok",) * 8
    # bpf_perf_event_output() and the registers of raw tracepoints have room for three (kernel/trace/bpf_trace.c).
    assert found.inside == (("ok", "ok", "ok", "EBUSY") if transport == "perf" else None)


@pytest.mark.parametrize("transport", CARRIERS)
def test_it_is_a_workload_as_the_others_are(measured: Measure, transport: str) -> None:
    recording = share(measured(transport, workload="nested", duration_s=0.2), transport).recording
    assert account_error(recording) is None
    assert recording.checksum.holds
    assert recording.attempted > 1000
    assert recording.producer_run_ns is None, "it lingers: that is no cost of a record"


def test_in_a_pair_both_transports_are_interrupted(measured: Measure) -> None:
    outcome = measured("perf", "ringbuf-reserve", workload="nested", duration_s=0.2)
    for each in outcome.shares:
        assert account_error(each.recording) is None
        assert each.recording.checksum.holds
    assert outcome.shares[0].recording.attempted == outcome.shares[1].recording.attempted > 1000


def test_nothing_is_left_after_kill_minus_nine(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "ringbench", "nesting", "--transport", "ringbuf-reserve", "--duration", "30"]
    with subprocess.Popen(command, cwd=tmp_path, env=_environment(), stderr=subprocess.PIPE) as runner:
        assert _eventually(lambda: _programs(_held_by(runner.pid)) >= 2, 60), "nothing was loaded"
        time.sleep(0.2)
        mine = _held_by(runner.pid)
        assert mine <= _kernel_objects()
        runner.kill()
    assert _eventually(lambda: not (_kernel_objects() & mine)), _kernel_objects() & mine


def _programs(objects: set[tuple[str, int]]) -> int:
    return sum(kind == "program" for kind, _ in objects)


def _held_by(ancestor: int) -> set[tuple[str, int]]:
    """Return the programs and maps that descendants of a process hold by descriptor; others measure here, too."""
    found: set[tuple[str, int]] = set()
    family = {ancestor}
    for pid in sorted(int(path.name) for path in Path("/proc").glob("[0-9]*")):
        with contextlib.suppress(OSError, IndexError):
            if int(Path(f"/proc/{pid}/stat").read_text(errors="replace").rpartition(")")[2].split()[1]) in family:
                family.add(pid)
                for info in Path(f"/proc/{pid}/fdinfo").iterdir():
                    for kind, number in re.findall(r"^(prog|map)_id:\s*(\d+)$", info.read_text(), re.MULTILINE):
                        found.add(("program" if kind == "prog" else "map", int(number)))
    return found
