"""Helpers for tests against the real kernel."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from ringbench.drivers import features
from ringbench.drivers.transports import TRANSPORTS, find_transport
from ringbench.kernel import cpus, tracepoints
from ringbench.machine import isolation
from ringbench.run.planner.options import RunOptions
from ringbench.run.planner.planner import build
from ringbench.run.session.trial_runner import MEASURES
from ringbench.run.trials import trial as trial_module
from ringbench.run.trials.trial import Outcome
from ringbench.spec.profile import BOTH, Group, Profile

Measure = Callable[..., Outcome]


@pytest.fixture(scope="session", autouse=True)
def _held() -> Iterator[None]:
    isolation.warm_up(trial_module)  # before the first trial: each compiles in a third of the time then
    with tracepoints.keep_enabled():
        yield


def need(name: str) -> None:
    """Skip the test where the transport called *name* cannot be had on this machine."""
    if reason := features.missing(find_transport(name)):
        pytest.skip(f"{name}: {reason}")


@pytest.fixture
def measured() -> Measure:
    """Return a function that measures one trial in a fresh process, as a session does."""

    def once(
        *transports: str,
        reader: str = "bulk",
        wakeup: str = "none",
        wait: str | None = None,
        workload: str = "fork-exec",
        buffer_bytes: int = 1 << 20,
        duration_s: float = 0.2,
        command: tuple[str, ...] = (),
        mode: str | None = None,
        **more: Any,
    ) -> Outcome:
        for name in transports:
            need(name)
        choice = RunOptions(
            transports=transports,
            readers=(reader,),
            wakeups=(wakeup,),
            waits=() if wait is None else (wait,),
            workloads=() if command else (workload,),
            buffer_bytes=(buffer_bytes,),
            mode=mode or ("paired" if len(transports) == 2 else "isolated"),
            duration_s=None if command else duration_s,
            repeats=1,
            command=command,
            **more,
        )
        group = Group(str(choice.mode), BOTH, ("bulk",), ("none",), (workload,), (1,))
        plan = build(Profile("test", "one trial", (group,), 1, 0.5, warmup_s=0.05), choice, cpus.online())
        (trial,) = plan.trials
        return isolation.run(MEASURES[trial.mode], trial, plan, timeout_s=120)

    return once


def share(outcome: Outcome, transport: str) -> Any:
    """Return a transport's share of an outcome."""
    return next(s for s in outcome.shares if s.transport == transport)


BUFFERS = tuple(name for name, transport in TRANSPORTS.items() if transport.library and transport.needs is None)
"""The two buffers as every kernel has them: what every reader reads. The other designs have tests of their own."""
