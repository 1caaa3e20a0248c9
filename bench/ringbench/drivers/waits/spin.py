"""`spin:TIME`: looks again after TIME, its CPU busy in between."""

from __future__ import annotations

import time

from ringbench.drivers.waits.wait_kind import Rings, WaitKind
from ringbench.spec.pace import PACE_S


class Spin:
    """A pause keeps the ring's own lines still."""

    def __init__(self, rings: Rings, pace_s: float) -> None:
        self._rings, self._pace_ns = rings, int(pace_s * 1e9)

    def step(self, end_ns: int | None) -> int:
        """Spin for the pace, then hand over."""
        until_ns = time.monotonic_ns() + self._pace_ns
        while time.monotonic_ns() < until_ns:
            pass
        return self._rings.drain()

    def close(self) -> None:
        """Nothing is held."""


def _words(pace: str, woken: bool) -> str:
    return f"spinning, a look every {pace}" if pace else "spinning without a pause"


WAIT = WaitKind(
    name="spin",
    usage="spin:TIME",
    description="looks again after TIME, its CPU busy in between: a pause keeps the ring's own lines still",
    begin=Spin,
    words=_words,
    usual_pace=lambda sleep_s: PACE_S,
    place=4,
)
