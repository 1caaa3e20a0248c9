"""The ways of waiting: the reader's side of a wake-up, what it does between two looks at the ring.

A way is one file with a :class:`~ringbench.drivers.waits.wait_kind.WaitKind`; registering it is one line here.
"""

from __future__ import annotations

from dataclasses import dataclass

from ringbench.drivers.waits import epoll, sleep, spin, uring
from ringbench.drivers.waits.wait_kind import Rings, Waiter, WaitKind
from ringbench.errors import OptionError, unknown_name
from ringbench.spec.wakeups import Wakeup
from ringbench.units import parse_seconds, show_seconds

WAITS: dict[str, WaitKind] = {way.name: way for way in (epoll.WAIT, uring.WAIT, sleep.WAIT, spin.WAIT)}
"""By name."""


@dataclass(frozen=True)
class Wait:
    """The name of a way of waiting, and its pace in seconds where it has one."""

    kind: str
    pace_s: float | None = None

    @property
    def name(self) -> str:
        """Its name, as :func:`wait` reads it."""
        return self.kind if self.pace_s is None else f"{self.kind}:{show_seconds(self.pace_s)}"

    @property
    def way(self) -> WaitKind:
        """What it does."""
        return WAITS[self.kind]

    def is_woken_by(self, wakeup: Wakeup) -> bool:
        """Whether a reader that waits so learns of anything under *wakeup*."""
        return wakeup.wakes or not self.way.is_woken


def wait(name: str, sleep_s: float) -> Wait:
    """Return the way called *name*, like ``epoll``, ``sleep:1ms`` or ``spin:20us``; OptionError lists the valid names.

    *sleep_s*: ``--drain-interval``, the pace of a way on a timer that names none.
    """
    kind, colon, argument = name.partition(":")
    if kind not in WAITS:
        raise unknown_name("wait", name, [known.usage for known in WAITS.values()])
    if not colon:
        return Wait(kind, WAITS[kind].usual_pace(sleep_s))
    try:
        pace = parse_seconds(argument)
    except ValueError as error:
        raise OptionError(f"wait {name!r}: {error}") from error
    if not 0 <= pace <= 60 or (WAITS[kind].on_timer and not pace):
        raise OptionError(f"wait {name!r}: at most 60 s, and a sleep of more than 0.")
    return Wait(kind, pace)


def usual(wakeup: Wakeup, sleep_s: float, pace_s: float | None) -> Wait:
    """Return how a reader of pace *pace_s* waits where nobody chose: in epoll, or on a timer where nobody is woken."""
    return Wait(epoll.WAIT.name, pace_s) if wakeup.wakes else Wait(sleep.WAIT.name, sleep_s)


__all__ = ["WAITS", "Rings", "Wait", "WaitKind", "Waiter", "usual", "wait"]
