"""The setting of a cell: every factor but the transport, and how it is called beside a figure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from ringbench.analysis.quantities import amount, size
from ringbench.analysis.view import Record, shown
from ringbench.drivers import workloads
from ringbench.drivers.readers import READERS
from ringbench.drivers.waits import WAITS
from ringbench.drivers.workloads import WORKLOADS
from ringbench.spec.record import LIFECYCLE
from ringbench.spec.wakeups import WAKEUPS, is_waking
from ringbench.units import parse_seconds

_PLACEMENTS = {"free": "", "other": " on another CPU", "same": " on the same CPU"}
_LAST = 100
"""The place of what is not installed."""

_Place = tuple[int, tuple[str | int, ...]]


@dataclass(frozen=True)
class Setting:
    """Everything that makes a cell but its transport: what must be equal before two cells are compared."""

    mode: str
    reader: str
    wakeup: str
    workload: str
    cpus: str
    asked_bytes: int | None
    drain_interval_s: float | None
    wait: str
    """How the reader waits between two looks; '' in a capacity trial, and where the session doesn't say."""
    placement: str
    record_bytes: int
    stage: str = ""
    """Of an overhead trial: how much of the tracing was at work (ringbench.spec.stages)."""

    @classmethod
    def of(cls, row: Record) -> Setting:
        """Return the setting of a row, which may come from a file as it is: its texts are made printable.

        One that doesn't say what size was asked for asked for what it got. Sessions recorded before readers were
        placed and records had lengths left the reader to the scheduler, and recorded lives.
        """
        asked = row["asked_bytes"] if row["asked_bytes"] is not None else row["buffer_bytes"]
        return cls(
            mode=_text(row["mode"], "unknown"),
            reader=_text(row["reader"], "unknown"),
            wakeup=_text(row["wakeup"], "unknown"),
            workload=_text(row["workload"], "unknown"),
            cpus=_text(row["cpus"]),
            asked_bytes=None if asked is None else int(asked),
            drain_interval_s=row["drain_interval_s"],
            wait=_text(row["wait"]),
            placement=_text(row["placement"], "free"),
            stage=_text(row["stage"]),
            record_bytes=LIFECYCLE.nbytes if row["record_bytes"] is None else int(row["record_bytes"]),
        )

    @property
    def paired(self) -> bool:
        """Tell whether both transports carried the same events at the same time."""
        return self.mode == "paired"

    @property
    def capacity(self) -> bool:
        """Tell whether a buffer was filled and then drained, instead of both at a time."""
        return self.mode == "capacity"

    @property
    def transport_only(self) -> bool:
        """Tell whether processes of user space wrote the records, and nothing was traced."""
        return self.mode == "transport-only"

    @property
    def sampled(self) -> bool:
        """Tell whether the records are samples, which are counted and not kept: they tell no order and no latency."""
        found = workloads.known(self.workload)
        return found is not None and found[0].sampled

    @property
    def paced(self) -> bool:
        """Tell whether its load has a schedule of its own, the same for every transport; else it goes flat out."""
        found = workloads.known(self.workload)
        return "@" in self.workload or (found is not None and found[0].has_schedule(found[1]))

    @property
    def usual(self) -> bool:
        """Tell whether its workload is the one by which designs of transports are shown."""
        found = workloads.known(self.workload)
        return found is not None and found[0].is_usual

    @property
    def in_turn(self) -> bool:
        """Tell whether each record was written after another one, so that a wrong order shows."""
        found = workloads.known(self.workload)
        return found is not None and found[0].in_turn

    @property
    def woken(self) -> bool:
        """Tell whether the transport wakes the reader."""
        return is_waking(self.wakeup)

    @property
    def reader_words(self) -> str:
        """Return the reader, and where it runs unless the scheduler chose."""
        return f"{self.reader} reader{self.placement_words}"

    @property
    def placement_words(self) -> str:
        """Return where the reader runs, to stand behind its name; '' where the scheduler chose."""
        return _PLACEMENTS.get(self.placement, f" placed {self.placement}")

    @property
    def wakeup_words(self) -> str:
        """Return the wake-up policy, and how the reader waits where that doesn't go without saying."""
        way, policy = WAITS.get(_kind(self.wait)), WAKEUPS.get(_kind(self.wakeup))
        timed = not self.woken and not self.capacity and (not self.wait or (way is not None and way.on_timer))
        if timed and (interval := self.drain_interval_s or _pace(self.wait)):
            return f"no wake-ups (drained every {amount(interval * 1e9, 'ns')})"
        said = (policy and policy.words) or f"wake-up {self.wakeup}"
        if timed or not self.wait:
            return f"{said}{' (timed drain)' if timed else ''}"
        waiting = f"wait {self.wait}" if way is None else way.words(_shown_pace(self.wait), self.woken)
        return f"{said}, {waiting}" if waiting else said

    @property
    def workload_words(self) -> str:
        """Return the workload and the CPUs it ran on."""
        several = "s" if "-" in self.cpus or "," in self.cpus else ""
        name, _, load = self.workload.partition("@")
        if load:
            name += (
                f" at {load.removesuffix('%')} % of flat out" if load.endswith("%") else f" at {load} a second and CPU"
            )
        return f"{name} on CPU{several} {self.cpus}" if self.cpus else name

    @property
    def record_words(self) -> str:
        """Return how long a record is; '' for the events of lives, which have one length."""
        usual = self.record_bytes == LIFECYCLE.nbytes and not self.sampled
        return "" if usual else f"{self.record_bytes:,}-byte records"

    @property
    def load_words(self) -> str:
        """Return the workload, the CPUs it ran on, and what records it made."""
        return ", ".join(words for words in (self.workload_words, self.record_words) if words)

    def words(self, *, with_reader: bool = True, with_load: bool = True) -> str:
        """Return the setting in words, to stand beside every figure; without the load, only how it was read."""
        reader = [self.reader_words] if with_reader else []
        load = [self.load_words, *([] if self.asked_bytes is None else [size(self.asked_bytes)])] if with_load else []
        trials = f"{self.mode} trials{f' ({self.stage})' if self.stage else ''}"
        return ", ".join([*reader, self.wakeup_words, *load, trials])

    @property
    def preference(self) -> tuple[object, ...]:
        """Return a sort key: the usual workload and the leanest reader first, and the largest buffer of each."""
        return (
            *(_place(self.workload, WORKLOADS), _place(self.reader, READERS), _place(self.wakeup, WAKEUPS)),
            *(self.mode, self.stage, self.cpus, self.drain_interval_s or 0),
            *(_place(self.wait, WAITS), _by_place(self.placement, _placed(self.placement)), self.record_bytes),
            -(self.asked_bytes or 0),
        )


def _text(value: object, otherwise: str = "") -> str:
    return shown(value) if value else otherwise


def _kind(name: str) -> str:
    """Return what stands before the argument and load of 'batch:500', 'spin:50us' or 'firehose:8@50%'."""
    return re.split("[:@]", name, maxsplit=1)[0]


def _pace(wait: str) -> float | None:
    """Return the seconds of 'spin:50us'; None for a way of waiting without a pace, and one that nobody knows."""
    try:
        return parse_seconds(wait.partition(":")[2])
    except ValueError:
        return None


def _shown_pace(wait: str) -> str:
    """Return the pace of a way of waiting as a person reads it; '' for none, and for a pace of 0."""
    pace = _pace(wait)
    return amount(pace * 1e9, "ns") if pace else ""


class _Placed(Protocol):
    """What has a place in reports."""

    @property
    def place(self) -> int:
        """Lower is shown first."""


def _place(name: str, registry: Mapping[str, _Placed]) -> _Place:
    """Return the sort key of *name*, of a kind in *registry*; no name at all comes first."""
    found = registry.get(_kind(name))
    return _by_place(name, found.place if found else _LAST if name else 0)


def _placed(placement: str) -> int:
    return list(_PLACEMENTS).index(placement) if placement in _PLACEMENTS else _LAST


def _by_place(name: str, place: int) -> _Place:
    """Return a sort key: by *place*, then by name, numbers in it by what they count."""
    parts = tuple(int(part) if place % 2 else part for place, part in enumerate(re.split(r"([0-9]{1,15})", name)))
    return place, parts
