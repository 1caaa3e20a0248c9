"""The reader's side of a wake-up: how it waits between two looks at the ring."""

from __future__ import annotations

from dataclasses import dataclass

from ringbench.errors import OptionError, unknown_name
from ringbench.spec.wakeups import Kind, Wakeup
from ringbench.units import parse_seconds, show_seconds

WAITS: dict[str, Kind] = {
    kind.name: kind
    for kind in (
        Kind(
            "epoll", "epoll[:TIME]", "sleeps in epoll until the transport wakes it; TIME: and that long after each look"
        ),
        Kind(
            "uring",
            "uring[:TIME]",
            "sleeps in io_uring, a multishot poll on each descriptor, until it is woken; TIME: as with epoll",
            needs="io_uring's poll of a ring",
        ),
        Kind("sleep", "sleep:TIME", "looks on a timer, asleep in between, whoever is or isn't woken"),
        Kind(
            "spin",
            "spin:TIME",
            "looks again after TIME, its CPU busy in between: a pause keeps the ring's own lines still",
        ),
    )
}
WOKEN = ("epoll", "uring")
"""Those that look only when the transport has woken them."""
PACE_S = 200e-6
"""The pause between two looks that costs the producers least, or nearly: docs/readers.md has the sweep. A reader that
looks more often keeps the ring's own cache lines moving, and under `adaptive` it is woken for almost every record."""


@dataclass(frozen=True)
class Wait:
    """A way of waiting, and its pace in seconds where it has one."""

    kind: str
    pace_s: float | None = None

    @property
    def name(self) -> str:
        """Its name, as :func:`wait` reads it."""
        return self.kind if self.pace_s is None else f"{self.kind}:{show_seconds(self.pace_s)}"

    def is_woken_by(self, wakeup: Wakeup) -> bool:
        """Whether a reader that waits so learns of anything under *wakeup*."""
        return self.kind not in WOKEN or wakeup.wakes


def wait(name: str, sleep_s: float) -> Wait:
    """Return the way called *name*, like ``epoll``, ``sleep:1ms`` or ``spin:20us``; OptionError lists the valid names.

    Without a time, ``sleep`` takes *sleep_s* (``--drain-interval``) and ``spin`` :data:`PACE_S`.
    """
    kind, colon, argument = name.partition(":")
    if kind not in WAITS:
        raise unknown_name("wait", name, [known.usage for known in WAITS.values()])
    if not colon:
        return Wait(kind, {"sleep": sleep_s, "spin": PACE_S}.get(kind))
    try:
        pace = parse_seconds(argument)
    except ValueError as error:
        raise OptionError(f"wait {name!r}: {error}") from error
    if not 0 <= pace <= 60 or (kind == "sleep" and not pace):
        raise OptionError(f"wait {name!r}: at most 60 s, and a sleep of more than 0.")
    return Wait(kind, pace)


def usual(wakeup: Wakeup, sleep_s: float, pace_s: float | None) -> Wait:
    """Return how a reader of pace *pace_s* waits where nobody chose: in epoll, or on a timer where nobody is woken."""
    return Wait("epoll", pace_s) if wakeup.wakes else Wait("sleep", sleep_s)
