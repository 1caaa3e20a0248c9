"""Counters of a machine made of files, and of this one."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from ringbench.machine.system_counters import SystemCounters

Machine = Callable[[dict[str, str]], Path]
_STAT = "cpu  10 0 10 70 0 0 0 10 0 0\ncpu0 1 2 3\nctxt 4321\nbtime 5\n"


def _process(pid: int, parent: int, ticks: int, name: str = "x") -> dict[str, str]:
    fields = [str(pid), f"({name})", "S", str(parent), *["0"] * 9, str(ticks), "0", "0", "0", *["0"] * 30]
    return {f"proc/{pid}/stat": " ".join(fields) + "\n"}


def test_counters_are_read_and_what_is_not_there_is_none(machine: Machine, tmp_path: Path) -> None:
    moment = SystemCounters.now(
        machine(
            {
                "proc/stat": _STAT,
                "proc/loadavg": "1.25 0 0 1/2 3",
                "proc/cpuinfo": "model name : x\ncpu MHz\t\t: 1000.5\n\ncpu MHz\t\t: 2000.5\n",
                "proc/sys/kernel/perf_event_max_sample_rate": "100000\n",
                "sys/devices/system/cpu/cpu0/thermal_throttle/core_throttle_count": "3\n",
                "sys/devices/system/cpu/cpu1/thermal_throttle/core_throttle_count": "4\n",
            }
        )
    )
    assert (moment.ticks, moment.stolen_ticks, moment.switches, moment.load) == (100, 10, 4321, 1.25)
    assert (moment.mhz, moment.throttles, moment.perf_sample_rate) == (1500.5, 7, 100_000)
    nothing = SystemCounters.now(tmp_path / "nothing")
    assert (nothing.ticks, nothing.stolen_ticks, nothing.switches, nothing.load) == (None,) * 4
    assert (nothing.mhz, nothing.throttles, nothing.perf_sample_rate, nothing.others) == (None, None, None, {})


def test_the_frequency_that_cpufreq_tells_comes_first(machine: Machine) -> None:
    files = {f"sys/devices/system/cpu/cpu{n}/cpufreq/scaling_cur_freq": str(khz) for n, khz in enumerate((1e6, 3e6))}
    files = {path: text.removesuffix(".0") for path, text in files.items()}
    assert SystemCounters.now(machine({**files, "proc/cpuinfo": "cpu MHz : 1\n"})).mhz == 2000


@pytest.mark.parametrize("garbage", ["", "\x00\xff", "cpu  a b c", "cpu MHz : fast", "(((("])
def test_garbage_is_not_known_and_never_an_error(machine: Machine, garbage: str) -> None:
    moment = SystemCounters.now(
        machine({"proc/stat": garbage, "proc/loadavg": garbage, "proc/cpuinfo": garbage, "proc/7/stat": garbage})
    )
    assert (moment.ticks, moment.mhz, moment.load, moment.others) == (None, None, None, {})


def test_others_are_no_descendants_of_ours_and_no_kernel_threads(machine: Machine) -> None:
    me = os.getpid()
    files = {
        **_process(1, 0, 100),
        **_process(2, 0, 999),  # kthreadd
        **_process(3, 2, 999),
        **_process(me, 1, 999),
        **_process(me + 1, me, 999),
        **_process(me + 2, me + 1, 999),
        **_process(me + 3, 1, 500, "evil) S \x1b[31m"),
    }
    others = SystemCounters.now(machine(files)).others
    assert {pid: used for pid, (used, _) in others.items()} == {1: 1.0, me + 3: 5.0}
    assert "\x1b" not in others[me + 3][1]


def test_a_process_that_is_not_ours_is_seen_at_work() -> None:
    # A grandchild whose parent has ended is nobody's descendant but init's.
    name = "open('/proc/self/comm', 'w').write('someone-else')"  # others are at work, too: those of tests side by side
    busy = f"import time; {name}; t = time.monotonic()\nwhile time.monotonic() - t < 1.2: pass"
    before = SystemCounters.now()
    subprocess.run(["setsid", "-f", sys.executable, "-c", busy], check=True)
    time.sleep(0.8)
    after = SystemCounters.now()
    (pid,) = [pid for pid, (_, named) in after.others.items() if named == "someone-else"]
    assert pid not in before.others
    assert after.others[pid][0] > 0.1
