"""The product of a group's factors, as changed by what the user chose: what a plan may hold. No I/O."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from ringbench.drivers.readers import reader
from ringbench.drivers.transports import Transport
from ringbench.drivers.waits import Wait, WaitKind, usual, wait
from ringbench.drivers.workloads import usual_record_bytes
from ringbench.run.planner.options import RunOptions
from ringbench.spec.profile import Group
from ringbench.spec.trial import Trial
from ringbench.spec.wakeups import Wakeup, wakeup

Caches = Sequence[Sequence[int]]
"""The CPUs online, in groups that share a last-level cache."""
Missing = Callable[[Transport | WaitKind], str | None]
"""Why a transport, or a way to wait, cannot be had on this machine; None where it can."""


@dataclass(frozen=True)
class PlanContext:
    """What a plan is made for: what the user chose, and the machine."""

    choice: RunOptions
    caches: Caches
    missing: Missing
    drain_interval_s: float

    @property
    def online(self) -> tuple[int, ...]:
        """The CPUs online, in ascending order."""
        return tuple(sorted(cpu for cache in self.caches for cpu in cache))


@dataclass(frozen=True)
class Combination:
    """One value of each factor; which transports can carry it is not decided yet."""

    cell: Trial
    """Without number, block and transports."""
    producers: int
    """How many of the chosen CPUs were asked for; 0: all of them."""
    wakeup: Wakeup
    wait: Wait


def combinations(group: Group, context: PlanContext) -> Iterator[Combination]:
    """Yield the combinations of *group*'s factors, in the order of a plan. Those that cannot be had are among them."""
    choice, online = context.choice, context.online
    cpus = choice.cpus or online
    factors = itertools.product(
        group.stages,
        choice.readers or group.readers,
        map(wakeup, choice.wakeups or group.wakeups),
        choice.waits or group.waits or (None,),
        choice.placements or group.placements,
        choice.workloads or group.workloads,
        choice.record_bytes or group.record_bytes or (None,),
        choice.producers or group.producers or (0,),
        choice.buffer_bytes or group.sizes(len(online)),
    )
    for stage, reader_name, policy, wait_name, placement, workload, record_bytes, producers, size in factors:
        waiting = _wait(wait_name, policy, reader_name, context.drain_interval_s)
        cell = Trial(
            trial="",
            block=0,
            mode=group.mode,
            transports=(),
            reader=reader_name,
            wakeup=policy.name,
            wait="" if group.mode == "capacity" else waiting.name,
            placement=placement,
            workload=workload,
            record_bytes=record_bytes or usual_record_bytes(workload),
            asked_bytes=size,
            cpus=cpus[: producers or len(cpus)],
            stage=stage,
        )
        yield Combination(cell, producers, policy, waiting)


def _wait(name: str | None, policy: Wakeup, reader_name: str, interval_s: float) -> Wait:
    if name is None:
        return usual(policy, interval_s, reader(reader_name).pace_s)
    return wait(name, interval_s)
