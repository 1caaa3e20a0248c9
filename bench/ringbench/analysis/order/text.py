"""The answer a tracer's author needs, in sentences: how long to hold events back, and who made the disorder."""

from __future__ import annotations

from collections.abc import Iterable

from ringbench.analysis.order.survey import Surveyed
from ringbench.analysis.quantities import amount, count, number
from ringbench.analysis.setting import Setting
from ringbench.analysis.view import order_of, shown
from ringbench.data.order.result import Order, Window

UNTIL_NEXT = "until the next event comes"


def where(surveyed: Surveyed) -> str:
    """Return the setting and the trial; '' for a file without a session."""
    if surveyed.row is None:
        return ""
    lost = ""
    if surveyed.row["failed"]:
        lost = f", {number(surveyed.row['failed'])} of {count(surveyed.row['attempted'], 'event')} lost"
    return f"{Setting.of(surveyed.row).words()}, trial {shown(surveyed.row['trial'])}{lost}"


def told(surveyed: list[Surveyed], most: int = 4) -> list[Surveyed]:
    """Return those that there is room for: first paired trials without a loss, in the order of the session."""

    def preference(each: Surveyed) -> tuple[bool, bool]:
        return (False, False) if each.row is None else (bool(each.row["failed"]), each.row["mode"] != "paired")

    return sorted(surveyed, key=preference)[:most]


def together(surveyed: Iterable[Surveyed], most: int = 2) -> list[Surveyed]:
    """Return recordings to be shown beside each other: of one trial, or of one setting where trials have one each.

    Those of the first trial without a loss that several transports carried, and with a late event.
    """
    known: dict[object, list[Surveyed]] = {}
    for each in surveyed:
        row = each.row
        alike = None if row is None else (Setting.of(row), row["trial"] if row["mode"] == "paired" else None)
        of_alike = known.setdefault(alike, [])
        if each.order.transport not in {other.order.transport for other in of_alike}:
            of_alike.append(each)

    def preference(group: list[Surveyed]) -> tuple[object, ...]:
        lossy = any(each.row and each.row["failed"] for each in group)
        setting = None if (row := group[0].row) is None else Setting.of(row)
        paired = setting is not None and setting.paired
        return (-min(most, len(group)), not paired, lossy, *(setting.preference if setting else ()))

    late = [group for group in known.values() if any(each.order.delivered.late_events for each in group)]
    chosen = min(late, key=preference, default=[])
    return sorted(chosen, key=lambda each: order_of(each.order.transport))[:most]


def held(window: Window) -> str:
    """Return how long, in words: a window of 1 ns ends with the next event, whatever its stamp."""
    if not window.window_ns:
        return "not at all"
    return UNTIL_NEXT if window.window_ns == 1 else f"for {amount(window.window_ns, 'ns')}"


def answer(order: Order) -> str:
    """Return the answer in a sentence or two."""
    name = shown(order.transport)
    if not order.events:
        return f"{name} delivered no event."
    if not order.delivered.late_events:
        return f"{name}: all of {count(order.events, 'event')} came in order; nothing has to be held back."
    every = order.windows[-1]
    late = (
        f"{name}: {number(order.delivered.late_events)} of {count(order.events, 'event')} "
        f"({amount(order.delivered.late_events / order.events, '')}) came late, by "
        f"{amount(order.delivered.max_lateness_ns, 'ns')} at most{_violations(order)}."
    )
    then = ""
    if every.latency.p50 is not None and order.delivered.latency.p50 is not None:
        then = (
            f" Half of them then arrive within {amount(every.latency.p50, 'ns')} "
            f"instead of {amount(order.delivered.latency.p50, 'ns')}."
        )
    return (
        f"{late} Held back {held(every)}, all come out in order; that keeps {count(every.held_events, 'event')} "
        f"({amount(every.held_bytes, 'bytes')}) at once.{then}"
    )


def causes(order: Order) -> list[str]:
    """Return who made the disorder, with the evidence for it."""
    found = order.causes
    said = []
    if order.delivered.timestamp_inversions:
        overlap = amount(order.overlap_ns, "ns")
        reader = (
            "passes of the reader were too long to be merged"
            if found.inversions_reader is None
            else f"the reader made {number(found.inversions_reader)}{_evidence(order)}"
        )
        said.append(
            f"Of {count(order.delivered.timestamp_inversions, 'inversion')} of neighbours {reader}; of what remains, "
            f"the stamp {number(found.inversions_stamp)} (two CPUs within {overlap}, which two submissions can "
            f"overlap), and {number(found.inversions_transport)} the transport."
        )
    if order.delivered.causal_violations:
        mends = "" if found.violations_reader is None else f" merging passes mends {number(found.violations_reader)};"
        said.append(
            f"Of {count(order.delivered.causal_violations, 'causal violation')}{mends} the transport made "
            f"{number(found.violations_transport)}, reused pids "
            f"{'none' if not found.births_used_twice else f'up to {number(found.births_used_twice)}'}: "
            f"{_births(found.births_used_twice)}. Told apart by pid alone there would seem to be "
            f"{number(found.violations_by_pid)}."
        )
    return said


def blocks(order: Order) -> str:
    """Return what the reader's own blocks add to the latency; '' where each event has a stamp of its own."""
    if not order.events or 2 * order.blocks > order.events:
        return ""
    p50, p99 = (amount(value, "ns") for value in (order.batching.p50, order.batching.p99))
    return (
        f"The reader took {count(order.events, 'event')} in {count(order.blocks, 'block')}. Half of the events are "
        f"{p50} older than the youngest of their block, or more, and one in a hundred {p99}: that much of the latency "
        "is waiting for others of the same drain."
    )


def _violations(order: Order) -> str:
    if not order.of_lives:
        return ""
    n = order.delivered.causal_violations
    return f"; {count(n, 'causal violation')} among them" if n else "; no causal violation among them"


def _evidence(order: Order) -> str:
    if order.passes is None:
        return " (it reads one ring)" if order.shared_ring else " (all are of one CPU)"
    return f" (gone once each of its {count(order.passes, 'pass', 'passes')} is merged)"


def _births(twice: int) -> str:
    return "no birth has two forks" if not twice else f"{count(twice, 'fork')} bear a birth that another one has"
