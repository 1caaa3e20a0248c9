"""By which rules a trial counts as disturbed."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from ringbench.machine.interference import RULE, TOO_MANY, SystemDelta, summary
from ringbench.machine.system_counters import SystemCounters
from ringbench.spec.codes import DisturbedCode

_QUIET = SystemCounters(
    at_s=100.0,
    ticks=1000,
    stolen_ticks=0,
    switches=0,
    load=1.0,
    mhz=2000.0,
    throttles=0,
    perf_sample_rate=100_000,
    others={1: (5.0, "init")},
)


def _meanwhile(programs: int | None = 0, **changed: Any) -> SystemDelta:
    after = dataclasses.replace(_QUIET, at_s=102.0, ticks=1400, switches=500, **changed)
    return SystemDelta(_QUIET, after, programs)


def test_a_quiet_trial_is_not_disturbed_and_says_so() -> None:
    columns = _meanwhile().columns()
    assert (columns["disturbed"], columns["disturbed_codes"]) == ("", [])
    assert columns["machine_switches_per_s"] == 250
    assert (columns["stolen_share"], columns["others_cpus"], columns["other_programs"]) == (0, 0, 0)


@pytest.mark.parametrize(
    ("changed", "programs", "code", "said"),
    [
        ({"stolen_ticks": 8}, 0, DisturbedCode.HOST_STEAL, "the host took 2.0% of CPU time"),
        (
            {"others": {1: (5.01, "init"), 9: (0.23, "cc1")}},
            0,
            DisturbedCode.OTHER_PROCESSES,
            "other processes took 12% of a CPU, cc1 most",
        ),
        ({"mhz": 2300.0}, 0, DisturbedCode.FREQUENCY, "CPU frequency went from 2000 to 2300 MHz"),
        ({"mhz": 1700.0}, 0, DisturbedCode.FREQUENCY, "CPU frequency went from 2000 to 1700 MHz"),
        ({"throttles": 2}, 0, DisturbedCode.THROTTLED, "cores were throttled 2 times"),
        (
            {"perf_sample_rate": 50_000},
            0,
            DisturbedCode.PERF_LIMIT,
            "perf_event_max_sample_rate went from 100000 to 50000",
        ),
        ({}, 3, DisturbedCode.OTHER_PROGRAMS, "3 other BPF programs on the same tracepoints"),
    ],
)
def test_each_rule_by_itself(changed: dict[str, Any], programs: int, code: DisturbedCode, said: str) -> None:
    columns = _meanwhile(programs, **changed).columns()
    assert (columns["disturbed_codes"], columns["disturbed"]) == ([code], said)


@pytest.mark.parametrize(
    "changed",
    [
        {"stolen_ticks": 3},
        {"others": {1: (5.08, "init")}},
        {"mhz": 2150.0},
        {"mhz": None, "throttles": None, "stolen_ticks": None, "perf_sample_rate": None, "others": {}},
        {"load": 30.0},
    ],
)
def test_below_its_limits_and_where_nothing_is_known_nothing_is_claimed(changed: dict[str, Any]) -> None:
    assert _meanwhile(None, **changed).reasons() == {}


def test_what_a_process_used_stays_counted_when_its_parent_has_awaited_it() -> None:
    gone = SystemDelta(
        dataclasses.replace(_QUIET, others={1: (5.0, "init"), 9: (3.0, "cc1")}),
        dataclasses.replace(_QUIET, at_s=102.0, others={1: (8.5, "init")}),
        0,
    )
    assert gone.others == pytest.approx(0.25)


@pytest.mark.parametrize(("disturbed", "inconclusive"), [(0, False), (5, False), (6, True), (20, True)])
def test_too_many_disturbed_trials_make_a_session_inconclusive(disturbed: int, inconclusive: bool) -> None:
    rows = [{"trial": f"{n}", "disturbed_codes": ["host_steal"] * (n < disturbed)} for n in range(20) for _ in "ab"]
    assert summary(rows) == {"rule": RULE, "disturbed": disturbed, "trials": 20, "inconclusive": inconclusive}
    assert TOO_MANY == 0.25
    assert summary([])["inconclusive"] is False
