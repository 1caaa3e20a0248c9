"""Trials in which something is done wrong on purpose: what an error in the probes or in a reader would do.

Each is called in the trial's own process, so that nothing of it stays behind.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from unittest import mock

from ringbench import native
from ringbench.kernel import source
from ringbench.kernel.ringbuf import MappedRingbuf
from ringbench.run.trials import read_loop, trial
from ringbench.spec.plan import Plan
from ringbench.spec.trial import Trial

_drain = MappedRingbuf.drain
_program = source.program


def _lost_increment(*args: Any) -> str:
    counted = "counters->attempted[transport]++;"
    text = _program(*args)
    assert counted in text
    return text.replace(counted, f"if (seq % 64) {counted}")


def _once(tamper: Callable[[MappedRingbuf, native.Sink], int]) -> Callable[[MappedRingbuf, native.Sink], int]:
    """Return a drain() that tampers with the first call that finds at least three records."""
    done: list[int] = []

    def drain(ring: MappedRingbuf, sink: native.Sink) -> int:
        if done or ring.pending_bytes() < 3 * ring.stride:
            return _drain(ring, sink)
        done.append(1)
        return tamper(ring, sink)

    return drain


def _read_twice(ring: MappedRingbuf, sink: native.Sink) -> int:
    count = _drain(ring, sink)
    ring._move(-ring.stride)
    return count


def _skipped(ring: MappedRingbuf, sink: native.Sink) -> int:
    ring._move(ring.stride)
    return _drain(ring, sink)


def _twice_and_skipped(ring: MappedRingbuf, sink: native.Sink) -> int:
    ring._move(ring.stride)
    return _read_twice(ring, sink)


SABOTAGE = {
    "nothing": lambda: mock.patch.dict({}),
    "a lost increment": lambda: mock.patch.object(source, "program", _lost_increment),
    "a record read twice": lambda: mock.patch.object(MappedRingbuf, "drain", _once(_read_twice)),
    "a record skipped": lambda: mock.patch.object(MappedRingbuf, "drain", _once(_skipped)),
    "one read twice, one skipped": lambda: mock.patch.object(MappedRingbuf, "drain", _once(_twice_and_skipped)),
    "residue not drained": lambda: mock.patch.object(read_loop.ReadLoop, "empty", lambda self: None),
}


def measure(name: str, asked: Trial, plan: Plan) -> trial.Outcome:
    """Measure one trial with that sabotage at work."""
    with SABOTAGE[name]():
        return trial.measure(asked, plan)
