"""Every way of an event: each transport with each reader and each wake-up, on the same fixed number of processes.

What is timed is a whole trial: its process, the load, the last event in hand. Beside it, in extra_info, a value for
each round of what the trial found: losses, order, cost. So pytest-benchmark's own commands save and compare them, and
``ringbench compare OLD.json NEW.json`` judges them:

    sudo ./with-env pytest tests/bench/test_paths.py --rounds 10 --benchmark-json paths.json
"""

from __future__ import annotations

import sys
from typing import Any

import pytest

from ringbench.data.metrics import compute
from ringbench.drivers.readers import READERS
from ringbench.errors import OptionError
from ringbench.kernel import cpus
from ringbench.machine import isolation
from ringbench.run.planner.options import RunOptions
from ringbench.run.planner.planner import build
from ringbench.run.trials.trial import measure
from ringbench.spec.plan import Plan
from ringbench.spec.profile import Group, Profile
from tests.kernel.conftest import BUFFERS

pytestmark = pytest.mark.slow

PROCESSES = 40
COMMAND = (
    sys.executable, "-SEc",
    f"import os\nfor _ in range({PROCESSES}): os.waitpid(os.posix_spawn('/bin/true', ['true'], {{}}), 0)",
)  # fmt: skip
"""Makes that many processes, one after the other: a fork, an exec and an exit each."""
WAKEUPS = ("every", "adaptive", "batch:16", "bytes:1K", "none")
KEPT = ("drop_rate", "causal_violations", "late_events", "producer_ns_per_event", "consumer_cpu_ns_per_event")


def planned(transport: str, name: str, policy: str) -> Plan | None:
    """Return the plan of one trial; None where the three don't go together."""
    group = Group("isolated", (transport,), (name,), (policy,), ("command",), (128,))
    profile = Profile("path", "one trial", (group,), 1, 10.0)
    chosen = RunOptions(
        transports=(transport,),
        readers=(name,),
        wakeups=(policy,),
        buffer_bytes=(1 << 20,),
        mode="isolated",
        command=COMMAND,
    )
    try:
        return build(profile, chosen, cpus.online())
    except OptionError as error:
        assert "left out" in str(error), error
        return None


PATHS = [
    pytest.param(plan, id=f"{transport}-{name}-{policy}")
    for transport in BUFFERS
    for name in READERS
    for policy in WAKEUPS
    if (plan := planned(transport, name, policy)) is not None
]


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Measure every path where somebody wants figures (--rounds); else one of each transport and reader, in turn."""
    if "plan" in metafunc.fixturenames:
        whole = int(metafunc.config.getoption("--rounds")) > 1
        metafunc.parametrize("plan", PATHS if whole else _one_each())


def _one_each() -> list[Any]:
    """Return a path for each transport with each reader, with another wake-up each time."""
    pairs: dict[tuple[tuple[str, ...], str], list[Any]] = {}
    for path in PATHS:
        (trial,) = path.values[0].trials
        pairs.setdefault((trial.transports, trial.reader), []).append(path)
    return [paths[turn % len(paths)] for turn, paths in enumerate(pairs.values())]


def test_path(benchmark: Any, plan: Plan, request: pytest.FixtureRequest) -> None:
    (trial,) = plan.trials
    found: dict[str, list[float | None]] = {name: [] for name in KEPT}
    counted: list[tuple[int, int, int]] = []

    def once() -> None:
        (share,) = isolation.run(measure, trial, plan, timeout_s=60).shares
        row, recording = compute(share.recording), share.recording
        counted.append((recording.attempted or 0, recording.delivered or 0, recording.failed or 0))
        for name in KEPT:
            found[name].append(row.get(name))

    benchmark.pedantic(once, rounds=int(request.config.getoption("--rounds")))
    benchmark.extra_info.update(
        {**found, "attempted": [attempted for attempted, _, _ in counted], "processes": PROCESSES}, **trial.as_json()
    )
    for attempted, delivered, failed in counted:
        assert attempted == delivered + failed
        assert attempted >= 3 * PROCESSES
    assert all(rate == 0 for rate in found["drop_rate"])
    if trial.transports != ("perf",):
        assert all(not violations for violations in found["causal_violations"])


def test_no_path_is_missing() -> None:
    """A transport, reader or wake-up that goes with nothing has been left out by mistake."""
    ways = [
        (p.values[0].trials[0].transports[0], p.values[0].trials[0].reader, p.values[0].trials[0].wakeup) for p in PATHS
    ]
    assert {way[0] for way in ways} == set(BUFFERS)
    assert {way[1] for way in ways} == set(READERS)
    assert {way[2] for way in ways} == set(WAKEUPS)
    assert len(ways) > 50
    assert {path.values[0].trials[0].wakeup for path in _one_each()} == set(WAKEUPS)
