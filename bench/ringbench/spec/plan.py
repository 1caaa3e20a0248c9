"""The plan: what is measured, in which order. Frozen data; no I/O."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ringbench.spec import cpu_list
from ringbench.spec.growth import GROWTHS, Growth
from ringbench.spec.trial import Trial, block

FIXED_S = 0.4
"""What a trial costs beside warm-up and window, for a plan's estimate: process, compile, attach, drain, detach."""


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
    """Of each workload that a share is asked of; ringbench.run.calibration finds it."""
    events_to: str = "memory"
    """Where events go while a trial runs: 'memory', or 'disk', by a process that writes them meanwhile."""

    consents: tuple[str, ...] = ()
    """Options by which the user has allowed what would not be done otherwise, like ``--allow-kmsg``."""

    def extended(self, cells: Iterable[Trial]) -> Plan:
        """Return this plan with one block more, of *cells*."""
        number = self.trials[-1].block + 1
        return dataclasses.replace(self, trials=self.trials + block(cells, self.seed, number, len(self.trials)))

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
            "flat_out": [{**dataclasses.asdict(each), "cpus": cpu_list.show(each.cpus)} for each in self.flat_out],
            "events_to": self.events_to,
            "consents": list(self.consents),
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
            consents=tuple(map(str, stored.get("consents", ()))),
            growth=None if stored["growth"] is None else _growth(stored["growth"]),
            flat_out=tuple(
                FlatOut(each["workload"], cpu_list.parse(each["cpus"]), each["per_s"]) for each in stored["flat_out"]
            ),
        )


def _growth(stored: Mapping[str, Any]) -> Growth:
    values = dict(stored)
    return GROWTHS[values.pop("kind")](**values)
