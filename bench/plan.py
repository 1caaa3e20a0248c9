"""The plan: what is measured, in which order. Frozen data and pure functions; no I/O.

A *scenario* is every factor but the transport. A *trial* is one scenario with one transport (isolated) or two (paired).
A *block* holds every trial of the plan once, in an order drawn from the seed: comparisons are made within blocks, so
that a machine that drifts does so for both sides.
"""

from __future__ import annotations

import dataclasses
import random
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bench.choice import Choice
from bench.errors import UsageError
from bench.kernel import cpus as cpu_lists
from bench.profiles import Group, Profile
from bench.transports import TRANSPORTS, transport

FIXED_S = 0.4
"""What a trial costs beside warm-up and window, for a plan's estimate: process, compile, attach, drain, detach."""


@dataclass(frozen=True)
class Trial:
    """One trial: in a fresh process, with one transport or two."""

    trial: str
    block: int
    scenario: str
    mode: str
    transports: tuple[str, ...]
    reader: str
    wakeup: str
    workload: str
    asked_bytes: int
    cpus: tuple[int, ...]

    def buffer_bytes(self, name: str, online: int) -> int:
        """Return the bytes of event data that transport *name* really gets over *online* CPUs."""
        return transport(name).possible_bytes(self.asked_bytes, online)

    def as_json(self) -> dict[str, Any]:
        """Return the trial as it stands in session.json."""
        return {**dataclasses.asdict(self), "transports": list(self.transports), "cpus": cpu_lists.show(self.cpus)}

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> Trial:
        """Return the trial that :meth:`as_json` wrote."""
        values = {field.name: stored[field.name] for field in dataclasses.fields(cls)}
        return cls(**{**values, "transports": tuple(values["transports"]), "cpus": cpu_lists.parse(values["cpus"])})


@dataclass(frozen=True)
class Plan:
    """The trials in the order they are run, and what they have in common."""

    profile: str
    seed: int
    repeats: int
    duration_s: float
    warmup_s: float
    drain_interval_s: float
    trials: tuple[Trial, ...]
    command: tuple[str, ...] = ()
    time_limit_s: float | None = None
    """With a command: when it is ended; None: it may take as long as it wants."""
    notes: tuple[str, ...] = ()
    """What a reader of the results must know: combinations left out, sizes that can't be made equal."""

    @property
    def measuring_s(self) -> float:
        """Seconds of measured window in all; 0 for a command, whose length nobody knows."""
        return 0.0 if self.command else len(self.trials) * self.duration_s

    @property
    def estimate_s(self) -> float:
        """Seconds that the whole plan takes, about."""
        return self.measuring_s + len(self.trials) * (self.warmup_s + FIXED_S)

    def as_json(self) -> dict[str, Any]:
        """Return the plan as it stands in session.json."""
        return {
            "profile": self.profile,
            "seed": self.seed,
            "repeats": self.repeats,
            "duration_s": self.duration_s,
            "warmup_s": self.warmup_s,
            "drain_interval_s": self.drain_interval_s,
            "time_limit_s": self.time_limit_s,
            "command": list(self.command) or None,
            "trials": [trial.as_json() for trial in self.trials],
        }

    @classmethod
    def from_json(cls, stored: Mapping[str, Any], notes: Sequence[str] = ()) -> Plan:
        """Return the plan that :meth:`as_json` wrote."""
        return cls(
            profile=str(stored["profile"]),
            seed=int(stored["seed"]),
            repeats=int(stored["repeats"]),
            duration_s=float(stored["duration_s"]),
            warmup_s=float(stored["warmup_s"]),
            drain_interval_s=float(stored["drain_interval_s"]),
            time_limit_s=stored["time_limit_s"],
            command=tuple(stored["command"] or ()),
            trials=tuple(Trial.from_json(trial) for trial in stored["trials"]),
            notes=tuple(notes),
        )


def build(profile: Profile, choice: Choice, online: Sequence[int]) -> Plan:
    """Return the plan of *profile* as changed by *choice*, on a machine whose CPUs *online* are online.

    Raises UsageError for unknown names, impossible sizes, CPUs that are offline, negative times, and choices that
    leave nothing to measure.
    """
    choice.check(online)
    cpus = choice.cpus or tuple(online)
    notes: list[str] = []
    cells: dict[tuple[Any, ...], None] = {}  # an ordered set
    for group in profile.groups_for(choice.command):
        if choice.mode and group.mode != choice.mode and any(g.mode == choice.mode for g in profile.groups):
            continue
        for cell in _cells(dataclasses.replace(group, mode=choice.mode or group.mode), choice, len(online), notes):
            cells[cell] = None
    if not cells:
        raise UsageError("nothing is left to measure: " + (notes[0] if notes else "no transport fits the mode."))
    repeats = choice.repeats or (1 if choice.command else profile.repeats)
    notes += _unequal_sizes(cells, len(online))
    return Plan(
        profile=profile.name,
        seed=choice.seed,
        repeats=repeats,
        duration_s=choice.duration_s or profile.duration_s,
        warmup_s=profile.warmup_s if choice.warmup_s is None else choice.warmup_s,
        drain_interval_s=choice.drain_interval_s or profile.drain_interval_s,
        trials=tuple(_order(list(cells), repeats, choice.seed, cpus)),
        command=choice.command,
        time_limit_s=choice.duration_s if choice.command else None,
        notes=tuple(dict.fromkeys(notes)),
    )


def _cells(group: Group, choice: Choice, online: int, notes: list[str]) -> Iterable[tuple[Any, ...]]:
    names = choice.transports or group.transports
    sizes = choice.buffer_bytes or group.sizes(online)
    for reader_name in choice.readers or group.readers:
        for wakeup_name in choice.wakeups or group.wakeups:
            able = [name for name in names if wakeup_name in TRANSPORTS[name].wakeups]
            for name in set(names) - set(able):
                notes.append(f"left out: {name} has no wake-up policy {wakeup_name!r}.")
            for workload_name in choice.workloads or group.workloads:
                for size in sizes:
                    for transports in _carried(group.mode, able, notes):
                        yield (group.mode, transports, reader_name, wakeup_name, workload_name, size)


def _carried(mode: str, names: Sequence[str], notes: list[str]) -> Iterable[tuple[str, ...]]:
    """Return the transports of each trial: one by one (isolated), or perf with each ringbuf, else the two (paired)."""
    if mode == "isolated":
        return [(name,) for name in names]
    if "perf" in names and len(names) > 1:
        return [("perf", name) for name in names if name != "perf"]
    if len(names) == 2:
        return [(names[0], names[1])]
    notes.append("left out: paired trials, which need two transports with the same wake-up policy.")
    return []


def _unequal_sizes(cells: Iterable[tuple[Any, ...]], online: int) -> list[str]:
    notes = []
    for size in sorted({cell[5] for cell in cells}):
        given = {name: TRANSPORTS[name].possible_bytes(size, online) for cell in cells for name in cell[1]}
        if len(set(given.values())) > 1:
            told = ", ".join(f"{name} {nbytes} bytes" for name, nbytes in given.items())
            notes.append(f"sizes not equal on {online} CPUs where {size} bytes were asked for: {told}.")
    return notes


def _order(cells: list[tuple[Any, ...]], repeats: int, seed: int, cpus: tuple[int, ...]) -> Iterable[Trial]:
    drawn = random.Random(seed)
    number = 0
    for block in range(1, repeats + 1):
        shuffled = cells.copy()
        drawn.shuffle(shuffled)
        for mode, transports, reader_name, wakeup_name, workload_name, size in shuffled:
            number += 1
            scenario = f"{mode} {reader_name}/{wakeup_name} {workload_name} {size} on {cpu_lists.show(cpus)}"
            yield Trial(
                f"{number:04d}", block, scenario, mode, transports, reader_name, wakeup_name, workload_name, size, cpus
            )
