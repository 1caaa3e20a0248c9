"""What a knob is: one setting or disturbance of this machine, looked at and never changed.

A new knob is a class in the file of its group and a line in :data:`ringbench.machine.KNOBS`.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol

Verdict = Literal["ok", "matters", "blocks"]
"""Nothing to do; it shifts or spreads figures; or nothing can be measured until it is changed."""


@dataclass(frozen=True)
class Finding:
    """What was seen of one knob, and what that means for a measurement."""

    name: str
    seen: str
    verdict: Verdict
    why: str
    """Which figures it touches, and how."""
    fix: str | None = None
    """A command, or a few words, that would change it; None where nothing needs to be done or can be."""
    metrics: tuple[str, ...] = ()
    """The knob's own, which :func:`ringbench.machine.examine` puts here."""


class Knob(Protocol):
    """One thing about the machine; *root* is ``/``, or a stand-in for it in tests."""

    name: str

    @property
    def metrics(self) -> tuple[str, ...]:
        """The metrics (:data:`ringbench.data.metrics.METRICS`) it shifts or spreads; none where it only decides what
        can run.
        """
        ...

    def examine(self, root: Path) -> Finding | None:
        """Return what is seen, or None where this machine has no such knob."""
        ...
