"""The plan: what is measured, in which order. Frozen data; no I/O.

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

from bench.frontier import Frontier
from bench.kernel import cpus as cpu_lists
from bench.offered import split
from bench.stopping import Stopping
from bench.transports import transport
from bench.workloads import Workload, workload

Growth = Stopping | Frontier
GROWTHS: dict[str, type[Stopping] | type[Frontier]] = {growth.kind: growth for growth in (Stopping, Frontier)}
"""What can add blocks to a plan while its session goes on, by kind."""

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
    stage: str = ""
    """Of an overhead trial: how much of the tracing is at work (bench.stages)."""

    @property
    def scenario(self) -> str:
        """Every factor but the transport, in a line."""
        size = f"{self.asked_bytes} on {cpu_lists.show(self.cpus)}"
        waiting = f" {self.wait}" if self.wait else ""
        record = f" of {self.record_bytes}" if self.record_bytes else ""
        place = f", reader {self.placement}" if self.placement != "free" else ""
        mode = f"{self.mode} {self.stage}" if self.stage else self.mode
        return f"{mode} {self.reader}/{self.wakeup}{waiting} {self.workload}{record} {size}{place}"

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
class FlatOut:
    """What a workload does with nothing attached: what shares of it are taken of, frozen for the session."""

    workload: str
    """Without a load."""
    cpus: tuple[int, ...]
    per_s: float
    """Operations a second on each CPU."""


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
    growth: Growth | None = None
    """What adds blocks while the session goes on; None: they are all planned."""
    flat_out: tuple[FlatOut, ...] = ()
    """Of each workload that a share is asked of; bench.calibration finds it."""
    events_to: str = "memory"
    """Where events go while a trial runs: 'memory', or 'disk', by a process that writes them meanwhile."""

    def extended(self, cells: Iterable[Trial]) -> Plan:
        """Return this plan with one block more, of *cells*."""
        number = self.trials[-1].block + 1
        return dataclasses.replace(self, trials=self.trials + block(cells, self.seed, number, len(self.trials)))

    def load(self, trial: Trial) -> Workload:
        """Make the workload of *trial*, at the load that the session offers."""
        plain = split(trial.workload)[0]
        known = (each.per_s for each in self.flat_out if (each.workload, each.cpus) == (plain, trial.cpus))
        return workload(trial.workload, trial.cpus, self.command, flat_out_per_s=next(known, None))

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
            "growth": None if self.growth is None else {"kind": self.growth.kind, **dataclasses.asdict(self.growth)},
            "flat_out": [{**dataclasses.asdict(each), "cpus": cpu_lists.show(each.cpus)} for each in self.flat_out],
            "events_to": self.events_to,
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
            events_to=str(stored.get("events_to", "memory")),
            growth=None if stored["growth"] is None else _growth(stored["growth"]),
            flat_out=tuple(
                FlatOut(each["workload"], cpu_lists.parse(each["cpus"]), each["per_s"]) for each in stored["flat_out"]
            ),
        )


def _growth(stored: Mapping[str, Any]) -> Growth:
    values = dict(stored)
    return GROWTHS[values.pop("kind")](**values)


def block(cells: Iterable[Trial], seed: int, number: int, before: int) -> tuple[Trial, ...]:
    """Return block *number*: every cell once, in an order drawn from *seed*, numbered on from trial *before*."""
    bare = (dataclasses.replace(cell, trial="", block=0) for cell in cells)
    shuffled = sorted(bare, key=lambda cell: (cell.scenario, cell.transports))
    random.Random(f"{seed}/{number}").shuffle(shuffled)
    return tuple(
        dataclasses.replace(cell, trial=f"{before + place:04d}", block=number)
        for place, cell in enumerate(shuffled, start=1)
    )
