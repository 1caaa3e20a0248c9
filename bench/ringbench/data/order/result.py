"""What the analysis of one recording found: frozen data, fit for JSON. Times are ns; None is 'not known', never 0."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any

from ringbench.data.order.distribution import Spread


@dataclass(frozen=True)
class Reading:
    """What a consumer gets that reads these events in one way."""

    causal_violations: int
    timestamp_inversions: int
    same_cpu_inversions: int
    """Of them, those of two events of one CPU."""
    close_swaps: int
    """Of them, those of two CPUs whose stamps lie within the time that two submissions can overlap."""
    late_events: int
    max_lateness_ns: int
    latency: Spread


@dataclass(frozen=True)
class Causes:
    """Who made the disorder, in inversions of neighbours and in causal violations."""

    inversions_reader: int | None
    """Gone once each pass of the reader is merged. 0 where there is one ring, None where passes are too long."""
    inversions_stamp: int
    """Of what remains, swaps of two CPUs within the overlap of two submissions."""
    inversions_transport: int
    """The rest: it was not there when its ring was read, or its producer was stopped between stamp and submission."""
    violations_reader: int | None
    violations_transport: int
    violations_by_pid: int
    """What a tool would count that tells lives apart by pid: reused pids are in it."""
    births_used_twice: int
    """Lives with more than one fork. With none, no violation counted by birth is a reused pid's."""


@dataclass(frozen=True)
class Window:
    """Holding events back: how long, what it takes, and what comes out."""

    share: str
    """Of events that come out in order: '99%', …, 'all'."""
    window_ns: int
    late_events: int
    """Events that come out of order still."""
    causal_violations: int | None
    held_events: int
    """Most at once."""
    held_bytes: int
    latency: Spread
    held_at_end: int
    """Events that the recording ended on: they are in no latency."""


@dataclass(frozen=True)
class Group:
    """Events of one kind, of one span of time, or that came after those of one other CPU."""

    events: int | None
    """None for pairs of CPUs: an event that is in order came after nobody."""
    late_events: int
    timestamp_inversions: int
    max_lateness_ns: int
    lateness_p50_ns: int | None
    """Of the late ones, as the next power of two."""
    lateness_p99_ns: int | None
    max_displacement: int
    displacement_p50: int | None
    """Of the displaced ones, as the next power of two."""
    displacement_p99: int | None


@dataclass(frozen=True)
class Pair(Group):
    """Late events of one CPU that came after those of another."""

    cpu: int
    ahead_cpu: int


@dataclass(frozen=True)
class Seen:
    """One event of an example."""

    place: int
    kind: str
    cpu: int
    pid: int
    comm: bytes
    ts_ns: int
    """After the life's first stamp; so is the next."""
    received_ns: int


@dataclass(frozen=True)
class Example:
    """A life that was shown against its own order."""

    lateness_ns: int
    """How far the cause lay behind the highest stamp when it came."""
    birth: int
    cause_place: int
    events: tuple[Seen, ...]
    """Of this life, in delivery order."""


@dataclass(frozen=True)
class Order:
    """All that was found."""

    transport: str
    events: int
    seconds: float
    cpus: int
    shared_ring: bool | None
    """Whether all CPUs write to one ring; None where the transport isn't known: then a ring per CPU is supposed."""
    lives: int
    cross_cpu_lives: int
    delivered: Reading
    merged: Reading | None
    """Each pass of the reader merged by stamp; None with one ring or CPU, and where passes are too long."""
    passes: int | None
    kendall_inversions: int
    """Pairs of events that were delivered against their stamps."""
    displaced_events: int
    max_displacement: int
    lateness: Spread
    """Of every event; 0 for those in order."""
    displacement: Spread
    needed: Spread
    """Of every event: the shortest window, in ns, behind which it comes out in order."""
    overlap_ns: int
    causes: Causes
    windows: tuple[Window, ...]
    by_kind: dict[str, Group]
    span_s: float
    by_span: tuple[Group, ...]
    """One after the other from the lowest stamp on, by the events' stamps."""
    by_pair: tuple[Pair, ...] | None
    """Pairs that have late events; None where there are too many CPUs."""
    batching: Spread
    """How much older an event is than the youngest of the block that it came in."""
    blocks: int
    before_stamp: int
    """Events received before their stamp: clocks disagree where there are any."""
    most_waiting: int
    """Events that the analysis itself had to keep at once, to know their places."""
    examples: tuple[Example, ...]

    @property
    def of_lives(self) -> bool:
        """Whether it can have causal violations: switches alone belong to no life, so none of them contradicts one."""
        return not 0 < self.events == self.by_kind["switch"].events

    def as_row(self) -> dict[str, int | None]:
        """Return the columns of trials.parquet that are known from events alone, by the contract's names."""
        latency = self.delivered.latency
        alive = self.of_lives
        return {
            "latency_p50_ns": latency.p50,
            "latency_p90_ns": latency.p90,
            "latency_p99_ns": latency.p99,
            "latency_p999_ns": latency.p999,
            "latency_max_ns": latency.max,
            "causal_violations": self.delivered.causal_violations if alive else None,
            "timestamp_inversions": self.delivered.timestamp_inversions,
            "late_events": self.delivered.late_events,
            "max_lateness_ns": self.delivered.max_lateness_ns,
            "max_displacement": self.max_displacement,
            "lives": self.lives if alive else None,
            "cross_cpu_lives": self.cross_cpu_lives if alive else None,
        }

    def as_json(self) -> dict[str, Any]:
        """Return everything as JSON can hold it; names of processes are made printable."""
        from ringbench.text import printable

        stored = dataclasses.asdict(self)
        for example in stored["examples"]:
            for event in example["events"]:
                event["comm"] = printable(event["comm"])
        return {"transport": stored.pop("transport"), **self.as_row(), **stored}
