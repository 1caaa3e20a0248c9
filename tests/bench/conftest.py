"""Benchmarks: ratios of two things measured in turn in one run, each with its interval.

A benchmark fails only where the whole interval lies more than a tenth below its target, or below a floor of its own:
the machines of CI are shared, and a benchmark that cries wolf is switched off. Whether the target itself was reached
stands in extra_info.
``--blocks 20`` narrows the intervals, and ``--benchmark-json`` stores them, as with any pytest-benchmark.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from ringbench.data.stats import Interval, ratio_interval
from ringbench.kernel import tracepoints
from ringbench.kernel.probe import LIFECYCLE, firehose
from ringbench.machine import isolation
from ringbench.run.trials import trial as trial_module

MARGIN = 0.1
Timed = Callable[[], float]
"""Does the work once and returns its own figure, less being better: ns for each event, say."""
Duel = Callable[..., Interval]


@pytest.fixture(scope="session", autouse=True)
def _held() -> Iterator[None]:
    isolation.warm_up(trial_module)  # before the first trial: each compiles in a third of the time then
    with tracepoints.held({*LIFECYCLE.tracepoints, *firehose(1, 8).tracepoints}):
        yield


@pytest.fixture
def blocks(request: pytest.FixtureRequest) -> int:
    """Return in how many blocks both sides take their turn."""
    return max(5, int(request.config.getoption("--blocks")))  # fewer have no interval


@pytest.fixture
def duel(benchmark: Any, blocks: int) -> Duel:
    """Return a function that lets two sides take turns and says how many times better the subject is.

    ``duel(subject, rival, least=…)``: in each block the rival goes first, then the subject, which is what
    pytest-benchmark times. The ratio rival / subject is taken block by block. All of its interval a tenth below *least*
    fails; with *floor*, below that: for a ratio that differs more from run to run than within one.
    """

    def fight(subject: Timed, rival: Timed, *, least: float, floor: float | None = None, **told: Any) -> Interval:
        figures: dict[str, list[float]] = {"subject": [], "rival": []}
        for side in (rival, subject):  # a block to warm up, which isn't counted
            side()
        benchmark.pedantic(
            lambda: figures["subject"].append(subject()),
            setup=lambda: figures["rival"].append(rival()),
            rounds=blocks,
        )
        ratio = ratio_interval(figures["subject"], figures["rival"])
        benchmark.extra_info.update(
            told,
            ratio=ratio.value,
            ratio_low=ratio.low,
            ratio_high=ratio.high,
            blocks=ratio.n,
            target=least,
            reached=ratio.value is not None and ratio.value >= least,
            subject=_median(figures["subject"]),
            rival=_median(figures["rival"]),
        )
        highest = ratio.value if ratio.high is None else ratio.high
        assert highest is not None
        lowest = least * (1 - MARGIN) if floor is None else floor
        assert highest >= lowest, (
            f"{ratio.value:.2f} x [{ratio.low}, {ratio.high}] where {least} was the target, {lowest} the least accepted"
        )
        return ratio

    return fight


def _median(values: list[float]) -> float:
    return sorted(values)[len(values) // 2]
