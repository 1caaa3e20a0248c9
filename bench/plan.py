"""The plan: what is measured, in which order. Frozen data and pure functions; no I/O.

A *scenario* is every factor but the transport. A *trial* is one scenario with one transport (isolated) or two (paired).
A *block* holds every trial of the plan once, in an order drawn from the seed: comparisons are made within blocks, so
that a machine that drifts does so for both sides.
"""

from __future__ import annotations

import dataclasses
import itertools
import random
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bench.choice import Choice
from bench.errors import UsageError
from bench.kernel import cpus as cpu_lists
from bench.placement import reader_cpus
from bench.profiles import Group, Profile
from bench.readers import reader
from bench.transports import TRANSPORTS, transport
from bench.waits import Wait, usual, wait
from bench.wakeups import Wakeup, wakeup
from bench.workloads import probe, usual_record_bytes

FIXED_S = 0.4
"""What a trial costs beside warm-up and window, for a plan's estimate: process, compile, attach, drain, detach."""


@dataclass(frozen=True)
class Trial:
    """One trial: in a fresh process, with one transport or two."""

    trial: str
    block: int
    mode: str
    transports: tuple[str, ...]
    reader: str
    wakeup: str
    wait: str
    """How the reader waits between two looks; '' in a capacity trial, where it doesn't."""
    placement: str
    workload: str
    record_bytes: int | None
    """Bytes of a record; None: the event of fork, exec and exit."""
    asked_bytes: int
    cpus: tuple[int, ...]
    """The workload's; of a firehose, one for each producer."""

    @property
    def scenario(self) -> str:
        """Every factor but the transport, in a line."""
        size = f"{self.asked_bytes} on {cpu_lists.show(self.cpus)}"
        waiting = f" {self.wait}" if self.wait else ""
        record = f" of {self.record_bytes}" if self.record_bytes else ""
        place = f", reader {self.placement}" if self.placement != "free" else ""
        return f"{self.mode} {self.reader}/{self.wakeup}{waiting} {self.workload}{record} {size}{place}"

    def buffer_bytes(self, name: str, online: int) -> int:
        """Return the bytes of event data that transport *name* really gets over *online* CPUs."""
        return transport(name).possible_bytes(self.asked_bytes, online)

    def as_json(self) -> dict[str, Any]:
        """Return the trial as it stands in session.json."""
        stored = {**dataclasses.asdict(self), "transports": list(self.transports), "cpus": cpu_lists.show(self.cpus)}
        return {**stored, "scenario": self.scenario}

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
    notes: list[str] = []
    cells: dict[Trial, None] = {}  # an ordered set
    interval = choice.drain_interval_s or profile.drain_interval_s
    for group in profile.groups_for(choice.command):
        if choice.mode and group.mode != choice.mode and any(g.mode == choice.mode for g in profile.groups):
            continue
        mode = choice.mode or group.mode
        cells.update(dict.fromkeys(_cells(dataclasses.replace(group, mode=mode), choice, online, interval, notes)))
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
        drain_interval_s=interval,
        trials=tuple(_order(list(cells), repeats, choice.seed)),
        command=choice.command,
        time_limit_s=choice.duration_s if choice.command else None,
        notes=tuple(dict.fromkeys(notes)),
    )


def _cells(group: Group, choice: Choice, online: Sequence[int], interval_s: float, notes: list[str]) -> Iterable[Trial]:
    """Yield a trial without number and block for each combination that can be had; *notes* says what was left out."""
    cpus = choice.cpus or tuple(online)
    producers = choice.producers or group.producers or (0,)
    factors = itertools.product(
        choice.readers or group.readers,
        map(wakeup, choice.wakeups or group.wakeups),
        choice.waits or group.waits or (None,),
        choice.placements or group.placements,
        choice.workloads or group.workloads,
        choice.record_bytes or group.record_bytes or (None,),
        producers,
        choice.buffer_bytes or group.sizes(len(online)),
    )
    for reader_name, policy, wait_name, place, workload_name, record_bytes, number, size in factors:
        waiting = (
            usual(policy, interval_s, reader(reader_name).pace_s) if wait_name is None else wait(wait_name, interval_s)
        )
        cell = Trial(
            trial="",
            block=0,
            mode=group.mode,
            transports=(),
            reader=reader_name,
            wakeup=policy.name,
            wait="" if group.mode == "capacity" else waiting.name,
            placement=place,
            workload=workload_name,
            record_bytes=record_bytes or usual_record_bytes(workload_name),
            asked_bytes=size,
            cpus=cpus[: number or len(cpus)],
        )
        if reason := _impossible(cell, number, policy, waiting, online):
            notes.append(f"left out: {reason}.")
            continue
        able = [name for name in choice.transports or group.transports if _able(name, cell, policy, online, notes)]
        for transports in _carried(group.mode, able, notes):
            yield dataclasses.replace(cell, transports=transports)


def _impossible(cell: Trial, producers: int, policy: Wakeup, waiting: Wait, online: Sequence[int]) -> str | None:
    """Return why a combination can be had with no transport, else None."""
    probe(cell.workload, None if usual_record_bytes(cell.workload) is None else cell.record_bytes)
    if producers > len(cell.cpus):
        return f"{producers} producers, for which there are not enough CPUs ({len(cell.cpus)} chosen)"
    if not reader_cpus(cell.placement, cell.cpus, online):
        return f"placement {cell.placement} with all {len(online)} CPUs taken by the workload"
    if cell.mode == "capacity":
        if not cell.workload.startswith("firehose"):
            return f"capacity with workload {cell.workload}: a buffer is filled with samples, as firehose:B has them"
        return None
    if not waiting.hears(policy):
        return f"a reader that waits in {waiting.name} hears nothing under wake-up {policy.name}"
    return None


def _able(name: str, cell: Trial, policy: Wakeup, online: Sequence[int], notes: list[str]) -> bool:
    carrier = TRANSPORTS[name]
    reason = None
    if policy.kind not in carrier.wakeups:
        reason = f"{name} has no wake-up policy {policy.name!r}"
    elif refused := reader(cell.reader).refuses(carrier.shape, policy):
        reason = f"reader {cell.reader} with {name} under wake-up {policy.name}: {refused}"
    else:
        ring = carrier.ring_bytes(cell.buffer_bytes(name, len(online)), len(online))
        record = probe(cell.workload, cell.record_bytes).record
        if too_much := policy.too_much_for(ring, carrier.stride(record.nbytes)):
            reason = f"{name} with {cell.asked_bytes} bytes: {too_much}"
    if reason:
        notes.append(f"left out: {reason}.")
    return reason is None


def _carried(mode: str, names: Sequence[str], notes: list[str]) -> Iterable[tuple[str, ...]]:
    """Return the transports of each trial: one by one, or (paired) perf with each ringbuf, else the two."""
    if mode != "paired":
        return [(name,) for name in names]
    if "perf" in names and len(names) > 1:
        return [("perf", name) for name in names if name != "perf"]
    if len(names) == 2:
        return [(names[0], names[1])]
    notes.append("left out: paired trials, which need two transports with the same wake-up policy.")
    return []


def _unequal_sizes(cells: Iterable[Trial], online: int) -> list[str]:
    notes = []
    for size in sorted({cell.asked_bytes for cell in cells}):
        given = {name: TRANSPORTS[name].possible_bytes(size, online) for cell in cells for name in cell.transports}
        if len(set(given.values())) > 1:
            told = ", ".join(f"{name} {nbytes} bytes" for name, nbytes in given.items())
            notes.append(f"sizes not equal on {online} CPUs where {size} bytes were asked for: {told}.")
    return notes


def _order(cells: list[Trial], repeats: int, seed: int) -> Iterable[Trial]:
    drawn = random.Random(seed)
    number = 0
    for block in range(1, repeats + 1):
        shuffled = cells.copy()
        drawn.shuffle(shuffled)
        for cell in shuffled:
            number += 1
            yield dataclasses.replace(cell, trial=f"{number:04d}", block=block)
