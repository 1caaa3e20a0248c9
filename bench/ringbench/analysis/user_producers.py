"""Transports of user space, beside the designs and apart from them: no BPF program can write to them.

What a tracepoint's program can't do, a process can; so these are compared with each other, as transports alone. Only a
session that measured one has such a table.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from ringbench.analysis.cells import Cell, cells_of, median_of
from ringbench.analysis.comparison import contrast
from ringbench.analysis.designs import verdict
from ringbench.analysis.quantities import NOT_MEASURED, estimate, number, size, times
from ringbench.analysis.view import SessionView
from ringbench.drivers.transports import USER_SPACE
from ringbench.errors import OptionError
from ringbench.spec.offered_load import split

MEASURED = (
    *("Meets", "Lost", "Unread at most", "Late in a relay", "Late, per 1,000", "Producer", "Reader", "Physical memory"),
    "Flat out: one producer, then one on each CPU",
)
SAID = ("Carries the events", "Record", "Can't", "Published", "Here")


@dataclass(frozen=True)
class UserProducers:
    """One transport of user space, as it was measured."""

    transport: str
    most: Sequence[Cell]
    """Under the most that it was offered: all sizes, the largest first."""
    common: Sequence[Cell]
    """Under what every one of them was offered, the most first."""
    relay: Sequence[Cell]
    """Where each record was written after another one: the most offered first."""
    flat_out: Sequence[Cell]
    """Under no schedule, in the longest turns: fewer producers first."""

    @property
    def late_in_relay(self) -> float | None:
        """Return how many records of a trial were read before one that was written earlier; None: not measured."""
        found = [cell.interval("late_events").value for cell in self.relay if cell.has("late_events")]
        return max((value for value in found if value is not None), default=None)

    @property
    def wants(self) -> str:
        """Say which of the two wants it meets: memory by its layout, order by what a relay showed here."""
        met = ["memory"] if USER_SPACE[self.transport].shape == "shared-ring" else []
        met += ["order"] if self.late_in_relay == 0 else []
        return " and ".join(met) or "neither"

    def measured(self) -> tuple[str, ...]:
        """Return the figures as text, by MEASURED."""
        most = self.most[0] if self.most else None
        lost = {id(cell): cell for cell in (*self.most, *self.common[:1])}.values()
        slow = self.common[-1] if self.common else most
        late = None if most is None else median_of(tuple(most.per_thousand("late_events")))
        return (
            self.wants,
            "; ".join(f"{_told(cell, 'drop_rate', '')} with {size(cell.buffer_bytes)}" for cell in lost)
            or NOT_MEASURED,
            "; ".join(f"{_unread(cell)} with {size(cell.buffer_bytes)}" for cell in self.most) or NOT_MEASURED,
            NOT_MEASURED if self.late_in_relay is None else number(self.late_in_relay),
            NOT_MEASURED if most is None or late is None else f"{estimate(late, '1')} at {_load(most)}",
            _told(slow, "producer_ns_per_event", "ns"),
            _told(most, "consumer_cpu_ns_per_event", "ns"),
            NOT_MEASURED if most is None else estimate(most.interval("memory_physical_bytes"), "bytes"),
            ", then ".join(estimate(cell.interval("producer_ns_per_event"), "ns") for cell in self.flat_out)
            or NOT_MEASURED,
        )


Every = Sequence[UserProducers]


def user_producers(view: SessionView) -> list[UserProducers]:
    """Return the transports of user space that *view* measured."""
    cells = [cell for cell in cells_of(view.figures) if cell.setting.transport_only and cell.transport in USER_SPACE]
    names = [name for name in USER_SPACE if any(cell.transport == name for cell in cells)]
    of = {name: [cell for cell in cells if cell.transport == name] for name in names}
    loads = [{cell.setting.workload for cell in of[name] if cell.setting.paced} for name in names]
    shared = set.intersection(*loads) if loads else set()
    return [_found(name, of[name], shared) for name in names]


def said(one: UserProducers, every: Sequence[UserProducers]) -> tuple[str, ...]:
    """Return what is known of it, what was published, and what this session says of that, by SAID."""
    known = USER_SPACE[one.transport]
    published = known.published
    judged = None if published is None else _JUDGED_BY.get(published.judged_by)
    here = "" if published is None else verdict(None) if judged is None else judged(one, every)
    return known.carries, known.record, known.limits, published.statement if published else "", here


def _yardstick(every: Every) -> UserProducers | None:
    """Return what the others are compared with."""
    return next((each for each in every if USER_SPACE[each.transport].role == "head"), None)


def _found(name: str, cells: Sequence[Cell], shared: set[str]) -> UserProducers:
    paced = sorted((cell for cell in cells if cell.setting.paced), key=lambda cell: -_records_per_s(cell))
    writers = [cell for cell in paced if not _relay(cell)]
    most = [cell for cell in writers if cell.setting.workload == writers[0].setting.workload]
    free = [cell for cell in cells if not cell.setting.paced]
    longest = max(map(_turn, free), default=0)
    return UserProducers(
        name,
        sorted(most, key=lambda cell: -(cell.buffer_bytes or 0)),
        [cell for cell in writers if cell.setting.workload in shared],
        [cell for cell in paced if _relay(cell)],
        sorted(
            (cell for cell in free if _turn(cell) == longest),
            key=lambda cell: (len(cell.setting.cpus), cell.setting.cpus),
        ),
    )


def _relay(cell: Cell) -> bool:
    return cell.setting.in_turn


def _turn(cell: Cell) -> int:
    """Return the records of a turn; 0 where the workload's name is none of ours."""
    argument = cell.setting.workload.partition("@")[0].partition(":")[2] or "1"
    return int(argument) if argument.isascii() and argument.isdecimal() and len(argument) < 6 else 0


def _records_per_s(cell: Cell) -> float:
    """Return the records a second and CPU that were asked for; 0 where the name doesn't say."""
    try:
        load = split(cell.setting.workload)[1]
    except OptionError:
        return 0.0
    return 0.0 if load is None or load.per_s is None else load.per_s * _turn(cell)


def _load(cell: Cell) -> str:
    return f"{number(_records_per_s(cell))} a second and CPU"


def _told(cell: Cell | None, column: str, unit: str) -> str:
    if cell is None or not cell.has(column):
        return NOT_MEASURED
    return f"{estimate(cell.interval(column), unit)} at {_load(cell)}"


def _unread(cell: Cell) -> str:
    """Say how many records waited at the worst moment; not known where some were lost."""
    return NOT_MEASURED if not cell.has("peak_backlog") else estimate(cell.interval("peak_backlog"), "1")


def _below_the_ringbufs_way(one: UserProducers, every: Every) -> str:
    ring = _yardstick(every)
    if ring is None or not one.flat_out or not ring.flat_out:
        return verdict(None)
    if one.flat_out[-1].setting != ring.flat_out[-1].setting:
        return verdict(None)
    found = contrast(ring.flat_out[-1], one.flat_out[-1]).ratio("producer_ns_per_event")
    if found.low is None or found.high is None:
        return verdict(None)
    holds = True if found.low > 1 else False if found.high <= 1 else None
    return (
        f"{verdict(holds)}: with a producer on each CPU a record costs {times(found)} what it costs in {ring.transport}"
    )


def _in_order(one: UserProducers, every: Every) -> str:
    late = one.late_in_relay
    if late is None:
        return verdict(None)
    return f"{verdict(late == 0)}: {number(late)} late in a relay"


def _limits_of_its_own(one: UserProducers, every: Every) -> str:
    ring = _yardstick(every)
    if ring is None or not one.common or not ring.common:
        return verdict(None)
    lost, theirs = (each.common[0].interval("drop_rate").value for each in (one, ring))
    pair = ring.common[-1], one.common[-1]
    if lost is None or theirs is None or pair[0].setting != pair[1].setting:
        return verdict(None)
    cost = contrast(*pair).ratio("producer_ns_per_event")
    dearer = None if cost.low is None or cost.high is None else cost.low > 1
    holds = True if lost > theirs or dearer else None if dearer is None else False
    told = f"a record costs {times(cost)} what it costs in {ring.transport}"
    losses = f"{_told(one.common[0], 'drop_rate', '')} lost, with {ring.transport} {number(theirs)}"
    return f"{verdict(holds)}: {losses}; {told}"


_JUDGED_BY: dict[str, Callable[[UserProducers, Every], str]] = {
    "below the ringbuf's way": _below_the_ringbufs_way,
    "in order": _in_order,
    "limits of its own": _limits_of_its_own,
}
"""By what :attr:`ringbench.spec.published.Published.judged_by` says."""
