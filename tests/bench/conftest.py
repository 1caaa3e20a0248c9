"""Benchmarks: ratios of two things measured in turn in one run, each with its interval.

A benchmark fails only where the whole interval lies more than a tenth below its target, or below a floor of its own,
and does so again in as many more blocks: the machines of CI are shared, and a benchmark that cries wolf is switched
off. CI takes few blocks and a lower share of the target (``--least-share 0.5``): there the ratios are printed, and what
fails is no noise. Whether the target itself was reached stands in extra_info.
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

Timed = Callable[[], float]
"""Does the work once and returns its own figure, less being better: ns for each event, say."""
Duel = Callable[..., Interval]


@pytest.fixture(scope="session", autouse=True)
def _held() -> Iterator[None]:
    isolation.warm_up(trial_module)  # before the first trial: each compiles in a third of the time then
    with tracepoints.keep_enabled({*LIFECYCLE.tracepoints, *firehose(1, 8).tracepoints}):
        yield


@pytest.fixture
def blocks(request: pytest.FixtureRequest) -> int:
    """Return in how many blocks both sides take their turn."""
    return max(5, int(request.config.getoption("--blocks")))  # fewer have no interval


@pytest.fixture
def duel(benchmark: Any, blocks: int, request: pytest.FixtureRequest) -> Duel:
    """Return a function that lets two sides take turns and says how many times better the subject is.

    ``duel(subject, rival, least=…)``: in each block the rival goes first, then the subject, which is what
    pytest-benchmark times. The ratio rival / subject is taken block by block. All of its interval a tenth below *least*
    (or what ``--least-share`` leaves of it) fails; with *floor*, below that: for a ratio that differs more from run to
    run than within one.
    """
    share = float(request.config.getoption("--least-share"))

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
        lowest = min(least * share, least if floor is None else floor)
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
        request.node.user_properties.append(("ratio", _said(ratio, least)))
        check(ratio, lowest, lambda: _in_turn(subject, rival, blocks))
        return ratio

    return fight


def check(ratio: Interval, lowest: float, again: Callable[[], Interval]) -> None:
    """Fail where all of *ratio*'s interval lies below *lowest*, and all of what is then measured *again*, too."""
    if _highest(ratio) < lowest:
        second = _highest(again())
        assert second >= lowest, f"at most {_highest(ratio):.2f}, then {second:.2f}: {lowest:.2f} is the least accepted"


def _in_turn(subject: Timed, rival: Timed, blocks: int) -> Interval:
    turns = [(rival(), subject()) for _ in range(blocks)]
    return ratio_interval([subject_took for _, subject_took in turns], [rival_took for rival_took, _ in turns])


def _highest(ratio: Interval) -> float:
    highest = ratio.value if ratio.high is None else ratio.high
    assert highest is not None
    return highest


def _said(ratio: Interval, least: float) -> str:
    bounds = "" if ratio.low is None or ratio.high is None else f" [{ratio.low:.2f}, {ratio.high:.2f}]"
    return f"{ratio.value:.2f} x{bounds}, target {least}"


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print every ratio that was measured, with its target."""
    reports = [report for kind in ("passed", "failed") for report in terminalreporter.getreports(kind)]
    told = [
        (str(said), report.nodeid)
        for report in reports
        if report.when == "call"
        for name, said in report.user_properties
        if name == "ratio"
    ]
    if told:
        terminalreporter.section("ratios")
        for said, where in told:
            terminalreporter.write_line(f"{said:<36} {where}")


def _median(values: list[float]) -> float:
    return sorted(values)[len(values) // 2]
