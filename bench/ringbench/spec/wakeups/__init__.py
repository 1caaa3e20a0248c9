"""The wake-up policies: when a transport wakes its reader. Which transport has which stands in
ringbench.drivers.transports.

A kind of policy is one file with a :class:`~ringbench.spec.wakeups.kind.WakeupKind`; registering it is one line here.
For the ringbuf the policy is the flags of each submission, in the BPF program (bpf/submit.h). For the perf buffer it
is two attributes of the perf events that user space opens: wakeup_events, or a watermark in bytes.
"""

from __future__ import annotations

from dataclasses import dataclass

from ringbench.errors import OptionError, unknown_name
from ringbench.spec.wakeups import adaptive, batch, every, nobody, unread_bytes
from ringbench.spec.wakeups.kind import WakeupKind

WAKEUPS: dict[str, WakeupKind] = {
    each.name: each for each in (every.KIND, adaptive.KIND, batch.KIND, unread_bytes.KIND, nobody.KIND)
}
"""By name, in the order in which ``ringbench list`` shows them."""
_MOST = 1 << 30


@dataclass(frozen=True)
class Wakeup:
    """A policy: the name of its kind, and N where it has one."""

    kind: str
    n: int | None = None

    @property
    def name(self) -> str:
        """Its name, as :func:`wakeup` reads it."""
        return self.kind if self.n is None else f"{self.kind}:{self._kind.show(self.n)}"

    @property
    def wakes(self) -> bool:
        """Whether anybody is ever woken."""
        return self._kind.wakes

    @property
    def define(self) -> str:
        """The compiler flag that makes the ringbuf follow it (bpf/submit.h)."""
        return self._kind.define(self.n or 0)

    @property
    def perf_records(self) -> int | None:
        """Records of a CPU that wake perf's reader; None where it does not go by records."""
        return None if self._kind.perf_records is None else self._kind.perf_records(self.n or 0)

    @property
    def perf_bytes(self) -> int | None:
        """Unread bytes of a CPU that wake perf's reader; None where it does not go by bytes."""
        return None if self._kind.perf_bytes is None else self._kind.perf_bytes(self.n or 0)

    def ring_too_small(self, ring_bytes: int, stride: int) -> str | None:
        """Return why a ring of *ring_bytes* with records of *stride* bytes would never wake its reader; else None."""
        least = self._kind.least_bytes(self.n or 0, stride)
        if least <= ring_bytes // 2:
            return None
        return f"wake-up {self.name} needs {least} bytes in a ring of {ring_bytes}: at most half may be waited for"

    @property
    def _kind(self) -> WakeupKind:
        return WAKEUPS[self.kind]


NOBODY = Wakeup("none")


def wakeup(name: str) -> Wakeup:
    """Return the policy called *name*, like ``every`` or ``batch:500``; OptionError lists the valid names."""
    kind, colon, argument = name.partition(":")
    if kind not in WAKEUPS:
        raise unknown_name("wake-up", name, [known.usage for known in WAKEUPS.values()])
    known = WAKEUPS[kind]
    if known.parse is None:
        if colon:
            raise OptionError(f"wake-up {name!r}: {kind} takes no number.")
        return Wakeup(kind)
    try:
        n = known.parse(argument)
    except ValueError:
        n = 0
    if not 0 < n <= _MOST:
        raise OptionError(f"wake-up {name!r}: write it like {known.example}.")
    return Wakeup(kind, n)


def is_waking(name: str) -> bool:
    """Tell whether anybody is woken under the policy of that name in a recording, which may not be installed."""
    known = WAKEUPS.get(name.partition(":")[0])
    return known is None or known.wakes


__all__ = ["NOBODY", "WAKEUPS", "Wakeup", "WakeupKind", "is_waking", "wakeup"]
