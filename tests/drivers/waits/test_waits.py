"""A way of waiting is one object: registered, it is read, begun, recorded and named like the others."""

from __future__ import annotations

import time
from dataclasses import dataclass

import pytest

from ringbench.analysis.setting import Setting
from ringbench.data.store.schema import TRIALS
from ringbench.drivers.transports import TRANSPORTS
from ringbench.drivers.waits import WAITS, Rings, WaitKind, wait
from ringbench.run.trials.read_loop import ReadLoop
from ringbench.spec.wakeups import NOBODY
from tests.analysis.synthetic import row


class Counter:
    """A reader of a counter."""

    def __init__(self, there: int) -> None:
        self.there, self.delivered = there, 0
        self.descriptors: tuple[int, ...] = ()

    def drain(self) -> int:
        taken, self.there = self.there, 0
        self.delivered += taken
        return taken


@dataclass
class Twice:
    """Looks twice as often as it is told."""

    rings: Rings
    pace_s: float

    def step(self, end_ns: int | None) -> int:
        """Wait for half of the pace."""
        time.sleep(self.pace_s / 2)
        return self.rings.drain()

    def close(self) -> None:
        """Nothing is held."""


def test_a_new_way_needs_nothing_else(monkeypatch: pytest.MonkeyPatch) -> None:
    way = WaitKind(
        name="twice",
        usage="twice:TIME",
        description="looks twice in TIME",
        begin=Twice,
        words=lambda pace, woken: f"looking twice in {pace}",
        usual_pace=lambda sleep_s: 2 * sleep_s,
    )
    monkeypatch.setitem(WAITS, "twice", way)
    assert wait("twice", 0.01).name == "twice:20ms"
    assert wait("twice:1ms", 0.01).is_woken_by(NOBODY)
    setting = Setting.of({**dict.fromkeys(TRIALS.names), **row(wait="twice:1ms")})
    assert setting.wakeup_words == "no wake-ups, looking twice in 1 ms"
    counters = [Counter(3), Counter(4)]
    names = ("perf", "ringbuf-reserve")
    made = ReadLoop(counters, [TRANSPORTS[name] for name in names], wait("twice:1ms", 0.01))  # type: ignore[arg-type]
    assert made.pace_s == 0.001
    assert made.step(None) == 7
    assert made.step(None) == 0
    assert made.counters().wakeups == 1
    assert made.counters().delivered == (3, 4)
    made.close()


@pytest.mark.parametrize("name", ["sleep:1ms", "spin:1ms"])
def test_one_that_nobody_wakes_looks_by_itself(name: str) -> None:
    counter = Counter(5)
    made = ReadLoop([counter], [TRANSPORTS["perf"]], wait(name, 1.0))  # type: ignore[list-item]
    assert made.step(None) == 5
    made.close()
