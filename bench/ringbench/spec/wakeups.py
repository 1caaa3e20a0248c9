"""The wake-up policies: when a transport wakes its reader. Which transport has which stands in
ringbench.drivers.transports.

For the ringbuf the policy is the flags of each submission, in the BPF program (bpf/submit.h). For the perf buffer it
is two attributes of the perf events that user space opens: wakeup_events, or a watermark in bytes.
"""

from __future__ import annotations

from dataclasses import dataclass

from ringbench.errors import OptionError, unknown_name
from ringbench.units import parse_bytes, show_bytes


@dataclass(frozen=True)
class Kind:
    """A kind of policy, of waking or of waiting, as ``ringbench list`` shows it."""

    name: str
    usage: str
    sentence: str
    needs: str | None = None
    """What not every kernel has of what it takes: a name of :data:`ringbench.drivers.features.FEATURES`."""


WAKEUPS: dict[str, Kind] = {
    kind.name: kind
    for kind in (
        Kind("every", "every", "each record wakes the reader (perf: wakeup_events=1; ringbuf: BPF_RB_FORCE_WAKEUP)"),
        Kind("adaptive", "adaptive", "the ringbuf's own: a record wakes the reader only if it has caught up (flags 0)"),
        Kind("batch", "batch:N", "one record in N of each CPU wakes the reader (perf: wakeup_events=N)"),
        Kind(
            "bytes",
            "bytes:N",
            "N unread bytes wake the reader (perf: a watermark in each CPU's ring; ringbuf: forced as N is reached)",
        ),
        Kind(
            "none",
            "none",
            "nobody is woken: the reader looks on a timer (ringbuf: BPF_RB_NO_WAKEUP; perf: watermark at its largest)",
        ),
    )
}
_MOST = 1 << 30


@dataclass(frozen=True)
class Wakeup:
    """A policy: its kind, and N where it has one."""

    kind: str
    n: int | None = None

    @property
    def name(self) -> str:
        """Its name, as :func:`wakeup` reads it."""
        if self.n is None:
            return self.kind
        return f"{self.kind}:{show_bytes(self.n) if self.kind == 'bytes' else self.n}"

    @property
    def wakes(self) -> bool:
        """Whether anybody is ever woken."""
        return self.kind != "none"

    @property
    def define(self) -> str:
        """The compiler flag that makes the ringbuf follow it (bpf/submit.h)."""
        if self.kind in ("batch", "bytes"):
            return f"-DWAKE_{self.kind.upper()}={self.n}"
        flags = {"every": "BPF_RB_FORCE_WAKEUP", "adaptive": "0", "none": "BPF_RB_NO_WAKEUP"}
        return f"-DWAKE={flags[self.kind]}"

    def ring_too_small(self, ring_bytes: int, stride: int) -> str | None:
        """Return why a ring of *ring_bytes* with records of *stride* bytes would never wake its reader; else None."""
        least = {"batch": (self.n or 0) * stride, "bytes": self.n or 0}.get(self.kind, 0)
        if least <= ring_bytes // 2:
            return None
        return f"wake-up {self.name} needs {least} bytes in a ring of {ring_bytes}: at most half may be waited for"


NOBODY = Wakeup("none")


def wakeup(name: str) -> Wakeup:
    """Return the policy called *name*, like ``every`` or ``batch:500``; OptionError lists the valid names."""
    kind, colon, argument = name.partition(":")
    if kind not in WAKEUPS:
        raise unknown_name("wake-up", name, [known.usage for known in WAKEUPS.values()])
    if WAKEUPS[kind].usage == kind:
        if colon:
            raise OptionError(f"wake-up {name!r}: {kind} takes no number.")
        return Wakeup(kind)
    try:
        n = parse_bytes(argument) if kind == "bytes" else int(argument) if argument.isascii() else 0
    except ValueError:
        n = 0
    if not 0 < n <= _MOST:
        raise OptionError(f"wake-up {name!r}: write it like {'bytes:16K' if kind == 'bytes' else 'batch:500'}.")
    return Wakeup(kind, n)
