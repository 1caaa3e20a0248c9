"""`sleep:TIME`: looks on a timer, asleep in between."""

from __future__ import annotations

import time

from ringbench.drivers.waits.wait_kind import Rings, WaitKind


class Sleep:
    """The times of the looks are absolute: one that took long does not push the later ones back."""

    def __init__(self, rings: Rings, pace_s: float) -> None:
        self._rings, self._pace_s = rings, pace_s
        self._due = time.monotonic()

    def step(self, end_ns: int | None) -> int:
        """Sleep until the next look is due, then hand over."""
        self._due = max(self._due + self._pace_s, time.monotonic())
        until = self._due if end_ns is None else min(self._due, end_ns / 1e9)
        time.sleep(max(0.0, until - time.monotonic()))
        return self._rings.drain()

    def close(self) -> None:
        """Nothing is held."""


def _words(pace: str, woken: bool) -> str:
    return f"asleep, a look every {pace}" if pace else "asleep"


WAIT = WaitKind(
    name="sleep",
    usage="sleep:TIME",
    description="looks on a timer, asleep in between, whoever is or isn't woken",
    begin=Sleep,
    words=_words,
    on_timer=True,
    usual_pace=lambda sleep_s: sleep_s,
    place=3,
)
