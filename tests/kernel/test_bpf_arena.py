"""The arena under arena-ring: its pages are there before a program wants them, and all of it is gone after kill -9."""

from __future__ import annotations

import contextlib
import functools
import mmap
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from ringbench.drivers import features, memcg_charge
from ringbench.drivers.transports import PAGE, TRANSPORTS, arena_ring
from ringbench.kernel import program, source, syscalls, uapi
from ringbench.kernel.bpf_arena import BpfArena
from ringbench.kernel.probe import fill
from ringbench.machine import isolation
from ringbench.spec.wakeups import NOBODY
from tests.kernel.conftest import Measure, need, share
from tests.kernel.test_nesting import _held_by, _programs
from tests.kernel.test_session import _environment, _eventually, _kernel_objects

CARRIER, SENT = TRANSPORTS["arena-ring"], fill(1, 16)


@pytest.fixture(autouse=True)
def _needed() -> None:
    need("arena-ring")


def _without_pages() -> list[tuple[int, int]]:
    """Return (tickets drawn, slots in use) after ten records to an arena without pages, and after ten more.

    To see how many there are is to look at every page.
    """
    fd = syscalls.create_map(uapi.MAP_ARENA, key=0, value=0, entries=2, flags=uapi.F_MMAPABLE)
    memory = mmap.mmap(fd, 2 * PAGE, mmap.MAP_SHARED, mmap.PROT_READ)
    flags = source.defines([CARRIER], SENT, sizes={}, wakeup=NOBODY, lives=1)
    loaded = program.compiled(source.program([CARRIER], SENT), [*flags, f"-DARENA_FD={fd}"])
    run = int(loaded.load_func("fill", program.bcc_module().BPF.SCHED_CLS).fd)
    words, seen = np.frombuffer(memory, "<u8"), []
    for _ in range(2):
        syscalls.run_repeatedly(run, 10)
        seen.append((int(words[0]), int(np.count_nonzero(words[PAGE // 8 :: CARRIER.stride(16) // 8]))))
    return seen


def test_what_is_written_where_no_page_is_is_lost_without_a_word() -> None:
    """Why all pages are made first."""
    assert isolation.run(_without_pages) == [(0, 0), (10, 10)]


_NAMING = """
int name(struct __sk_buff *skb)
{
	return bpf_pseudo_fd(2, ARENA_FD) + bpf_pseudo_fd(2, OTHER_FD) > 0;
}
"""


def _named(*, mapped: bool, two: bool) -> str:
    arenas = [BpfArena(PAGE) for _ in range(1 + two)]
    if not mapped:
        arenas[0].fd = syscalls.create_map(uapi.MAP_ARENA, key=0, value=0, entries=1, flags=uapi.F_MMAPABLE)
    return features._compiled(_NAMING, "name", [arenas[0].define, f"-DOTHER_FD={arenas[-1].fd}"])


@pytest.mark.parametrize(
    ("mapped", "two", "said"),
    [
        (True, False, "compiled and loaded"),
        (False, False, "arena's user address must be set via map_extra or mmap()"),
        (True, True, "Only one arena per program"),
    ],
)
def test_a_program_has_one_arena_and_that_is_mapped(mapped: bool, two: bool, said: str) -> None:
    assert features.tried(functools.partial(_named, mapped=mapped, two=two)) == (said == "compiled and loaded", said)


def _resident(nbytes: int) -> tuple[int, int]:
    arena = BpfArena(nbytes)
    smaps = Path("/proc/self/smaps").read_text()
    mapped = re.search(r"anon_inode:bpf-map\nSize: +(\d+) kB(?:\n.*)*?\nRss: +(\d+) kB", smaps)
    arena.close()
    assert mapped is not None
    return int(mapped[1]) * 1024, int(mapped[2]) * 1024


@pytest.mark.parametrize("nbytes", [PAGE, 17 * PAGE, 4 << 20])
def test_all_pages_of_an_arena_are_there_from_the_start(nbytes: int) -> None:
    assert isolation.run(_resident, nbytes) == (nbytes, nbytes)


def test_its_memory_is_what_is_mapped_and_what_the_cgroup_is_charged(measured: Measure) -> None:
    size = 1 << 20
    memory = share(measured("arena-ring", workload="fork-exec:100", buffer_bytes=size, duration_s=0.1), "arena-ring")
    physical, rss = (memory.recording.memory[kind] for kind in ("physical", "rss"))
    assert rss == arena_ring.arena_bytes(size)
    assert rss < physical < rss + PAGE
    charged = isolation.run(memcg_charge.cgroup_bytes, CARRIER, size)
    if charged is None:
        pytest.skip("no memory cgroup to weigh with")
    assert charged == pytest.approx(physical, rel=0.05)


def test_in_a_pair_array_and_arena_carry_the_same_bytes_in_the_same_slots(measured: Measure) -> None:
    names = ("ticket-ring", "arena-ring")
    outcome = measured(*names, workload="fork-exec:300", buffer_bytes=1 << 20, duration_s=0.3)
    array, arena = (share(outcome, name).recording.events for name in names)
    fields = [field for field in array.dtype.names if field != "received_ns"]
    assert len(array) == len(arena) > 100
    in_order = [np.sort(each[fields], order=["cpu", "seq"]) for each in (array, arena)]
    assert (in_order[0] == in_order[1]).all()


def _holder(objects: set[tuple[str, int]]) -> int | None:
    """Return the process that has a descriptor of an arena among *objects*; None where there is none."""
    for info in Path("/proc").glob("[0-9]*/fdinfo/*"):
        with contextlib.suppress(OSError):
            found = dict(line.split(":", 1) for line in info.read_text().splitlines() if ":" in line)
            kind, number = (int(found.get(key, 0)) for key in ("map_type", "map_id"))
            if kind == uapi.MAP_ARENA and ("map", number) in objects:
                return int(info.parts[2])
    return None


@pytest.mark.parametrize("who", ["runner", "trial"])
def test_nothing_is_left_after_kill_minus_nine(tmp_path: Path, who: str) -> None:
    command = [sys.executable, "-m", "ringbench", "nesting", "--transport", "arena-ring", "--duration", "30"]
    with subprocess.Popen(command, cwd=tmp_path, env=_environment(), stderr=subprocess.PIPE) as runner:
        assert _eventually(lambda: _programs(_held_by(runner.pid)) >= 2, 60), "nothing was loaded"
        mine = _held_by(runner.pid)
        trial = _holder(mine)
        assert trial is not None, "no arena is there"
        assert mine <= _kernel_objects()
        os.kill(runner.pid if who == "runner" else trial, signal.SIGKILL)
        assert runner.wait(60) == (-signal.SIGKILL if who == "runner" else 3)
    assert _eventually(lambda: not (_kernel_objects() & mine)), _kernel_objects() & mine
