"""One trial as it is planned, and the blocks that trials are run in. Frozen data; no I/O.

A *scenario* is every factor but the transport. A *trial* is one scenario with one transport (isolated) or two (paired).
A *block* holds every trial of the plan once, in an order drawn from the seed: comparisons are made within blocks, so
that a machine that drifts does so for both sides.
"""

from __future__ import annotations

import dataclasses
import random
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from ringbench.spec import cpu_list


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
    """Bytes of a record, where the workload lets that be chosen; None: its records have one length."""
    asked_bytes: int
    cpus: tuple[int, ...]
    """The workload's; of a firehose, one for each producer."""
    stage: str = ""
    """Of an overhead trial: how much of the tracing is at work (ringbench.spec.stages)."""

    @property
    def scenario(self) -> str:
        """Every factor but the transport, in a line."""
        size = f"{self.asked_bytes} on {cpu_list.show(self.cpus)}"
        waiting = f" {self.wait}" if self.wait else ""
        record = f" of {self.record_bytes}" if self.record_bytes else ""
        place = f", reader {self.placement}" if self.placement != "free" else ""
        mode = f"{self.mode} {self.stage}" if self.stage else self.mode
        return f"{mode} {self.reader}/{self.wakeup}{waiting} {self.workload}{record} {size}{place}"

    def as_json(self) -> dict[str, Any]:
        """Return the trial as it stands in session.json."""
        stored = {**dataclasses.asdict(self), "transports": list(self.transports), "cpus": cpu_list.show(self.cpus)}
        return {**stored, "scenario": self.scenario}

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> Trial:
        """Return the trial that :meth:`as_json` wrote."""
        values = {field.name: stored[field.name] for field in dataclasses.fields(cls)}
        return cls(**{**values, "transports": tuple(values["transports"]), "cpus": cpu_list.parse(values["cpus"])})


def block(cells: Iterable[Trial], seed: int, number: int, before: int) -> tuple[Trial, ...]:
    """Return block *number*: every cell once, in an order drawn from *seed*, numbered on from trial *before*."""
    bare = (dataclasses.replace(cell, trial="", block=0) for cell in cells)
    shuffled = sorted(bare, key=lambda cell: (cell.scenario, cell.transports))
    random.Random(f"{seed}/{number}").shuffle(shuffled)
    return tuple(
        dataclasses.replace(cell, trial=f"{before + place:04d}", block=number)
        for place, cell in enumerate(shuffled, start=1)
    )
