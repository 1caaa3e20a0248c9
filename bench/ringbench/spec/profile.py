"""A profile: a ready-made set of scenarios. Frozen data; the profiles there are stand in ringbench.run.planner."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ringbench.spec.transport import PAGE

BOTH = ("perf", "ringbuf-reserve")
ALL = ("perf", "ringbuf-output", "ringbuf-reserve")


def smallest(online: int) -> int:
    """Return the smallest total size in bytes that every transport can have: a page for each of *online* CPUs."""
    return PAGE << max(0, online - 1).bit_length()


@dataclass(frozen=True)
class Group:
    """Scenarios that share a mode: the product of the factors below."""

    mode: str
    transports: tuple[str, ...]
    readers: tuple[str, ...]
    wakeups: tuple[str, ...]
    workloads: tuple[str, ...]
    steps: tuple[int, ...]
    """Sizes as multiples of the smallest total that both transports can have: a page for each CPU, rounded up to a
    power of two."""
    waits: tuple[str, ...] = ()
    """How readers wait; none: in epoll, or on the timer where nobody is woken."""
    placements: tuple[str, ...] = ("free",)
    producers: tuple[int, ...] = ()
    """How many of the chosen CPUs the workload has; 0, or no number: all of them."""
    record_bytes: tuple[int, ...] = ()
    """Lengths of records, for workloads that can choose; none: the usual one."""

    stages: tuple[str, ...] = ("",)
    """Of overhead trials: how much of the tracing is at work (ringbench.spec.stages)."""

    def sizes(self, online: int) -> tuple[int, ...]:
        """Return the total sizes in bytes on a machine with *online* CPUs."""
        return tuple(smallest(online) * step for step in self.steps)


@dataclass(frozen=True)
class Profile:
    """A named set of groups, with how long and how often each scenario is measured."""

    name: str
    description: str
    groups: tuple[Group, ...]
    repeats: int
    duration_s: float
    warmup_s: float = 0.2
    drain_interval_s: float = 0.01
    frontier: bool = False
    """Whether sizes are searched for, from each group's first on (ringbench.run.adaptive.frontier)."""

    def groups_for(self, command: Sequence[str]) -> tuple[Group, ...]:
        """Return the groups; with a command, one paired trial, since a build can be watched only once."""
        if not command:
            return self.groups
        return (Group("paired", BOTH, ("bulk",), ("none",), ("command",), (128,)),)
