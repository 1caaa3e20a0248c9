"""The suite's own hot paths, timed as they are: each reader's drain, order, latency, the report, the gate.

Nothing is asserted of a time. People save and compare them with pytest-benchmark's own commands, or by ``ringbench
compare OLD.json NEW.json``:

    sudo ./with-env pytest tests/bench/test_hot_paths.py --rounds 20 --benchmark-json hot.json
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ringbench.analysis.gate.gate import judge
from ringbench.analysis.gate.pairs import cell_pairs_of
from ringbench.data.metrics import Metric, Recording, latency, ordering
from ringbench.data.order import analyse
from ringbench.data.order.file import EventsFile
from ringbench.drivers.readers import READERS
from ringbench.drivers.transports import find_transport
from ringbench.report import write_report
from ringbench.run.trials.capacity import full_buffer
from tests.analysis import synthetic
from tests.analysis.gate.worlds import rows
from tests.data.order.planted import Recipe
from tests.kernel.conftest import BUFFERS

RECORDS = 1 << 17
"""Bytes of the buffer that is drained."""
LIVES = 20_000


@pytest.fixture
def timed(benchmark: Any, request: pytest.FixtureRequest) -> Callable[..., Any]:
    """Return what times a function in as many rounds as --rounds says, with *setup* before each."""
    rounds = int(request.config.getoption("--rounds"))

    def run(function: Callable[[], Any], setup: Callable[[], Any] | None = None, **told: Any) -> Any:
        benchmark.extra_info.update(told)
        return benchmark.pedantic(function, setup=setup, rounds=rounds)

    return run


@pytest.mark.parametrize("name", READERS)
@pytest.mark.parametrize("transport", BUFFERS)
def test_drain(timed: Callable[..., Any], transport: str, name: str) -> None:
    with full_buffer(find_transport(transport), name, nbytes=RECORDS, record_bytes=32, filled_from=(0,)) as buffer:
        timed(buffer.empty, setup=lambda: (buffer.fill(), None)[1], events=buffer.events)
        account = buffer.loaded.account(buffer.transport)
        assert account.failed == 0
        assert account.attempted == buffer.source.delivered


@pytest.fixture(scope="module")
def recording() -> Recording:
    events, _ = Recipe(LIVES, cpus=2).events()
    n = len(events)
    return Recording(wall_s=1.0, attempted=n, failed=0, delivered=n, residual=0, record_bytes=56, events=events)


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("recorded") / "events.parquet"
    Recipe(LIVES, cpus=2).write(path)
    return path


@pytest.mark.parametrize("metric", [ordering.METRIC, latency.METRIC], ids=["order", "latency"])
def test_metric_of_a_trial(timed: Callable[..., Any], recording: Recording, metric: Metric) -> None:
    found = timed(lambda: metric.compute(recording), events=recording.delivered)
    assert None not in found.values()


def test_order_of_a_stream(timed: Callable[..., Any], recorded: Path) -> None:
    def once() -> int:
        ((name, stream),) = EventsFile(recorded).streams().items()
        return analyse(stream, name, shared_ring=True).events

    assert timed(once) > LIVES


def test_report(timed: Callable[..., Any], tmp_path: Path) -> None:
    session = synthetic.session(synthetic.quick())
    written = timed(lambda: write_report(session, tmp_path))
    assert (tmp_path / "report.html") in written


def test_gate(timed: Callable[..., Any]) -> None:
    base, head = rows(1, 40), rows(2, 40)
    found = timed(lambda: judge(cell_pairs_of(base, head), interleaved=True))
    assert found.tests > 0
