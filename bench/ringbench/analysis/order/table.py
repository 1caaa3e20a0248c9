"""Tables of the analysis, as text: a head and rows. Page, summary and terminal show the same."""

from __future__ import annotations

from dataclasses import dataclass

from ringbench.analysis.order.survey import Surveyed
from ringbench.analysis.order.text import where
from ringbench.analysis.quantities import NOT_MEASURED, amount, number
from ringbench.analysis.view import shown
from ringbench.data.order.distribution import Spread
from ringbench.data.order.result import Group, Order, Reading, Window


@dataclass(frozen=True)
class Table:
    """A table as text."""

    title: str
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


def figures(order: Order) -> Table:
    """Return what was counted in the order of delivery, the contract's figures among it."""
    delivered, events = order.delivered, order.events
    pairs_of_events = events * (events - 1) // 2
    rows = [
        *([_violations(order)] if order.of_lives else []),
        ("Inversions of neighbours", number(delivered.timestamp_inversions), _of(max(0, events - 1), "pairs")),
        ("Inversions of any two events", number(order.kendall_inversions), _of(pairs_of_events, "pairs")),
        ("Late events", number(delivered.late_events), _of(events, "events")),
        ("Late by", _spread(order.lateness, "ns"), "p50, p90, p99, p99.9, most, of all events"),
        ("Displaced by", _spread(order.displacement, "1"), "places: p50, p90, p99, p99.9, most, of all events"),
        ("Late over time", *_over_time(order)),
    ]
    return Table(f"In figures: {shown(order.transport)}", ("", "", "of"), tuple(rows))


def _violations(order: Order) -> tuple[str, str, str]:
    return (
        "Causal violations",
        number(order.delivered.causal_violations),
        _of(order.lives, "lives with several events"),
    )


def remains(order: Order) -> Table:
    """Return what a consumer gets that does nothing, merges passes, or holds back."""

    def left(of: Reading | Window) -> tuple[str, str, str, str]:
        violations = of.causal_violations if order.of_lives else None
        violated = NOT_MEASURED if violations is None else number(violations)
        return number(of.late_events), violated, _time(of.latency.p50), _time(of.latency.p99)

    rows = [("as delivered", "", "", *left(order.delivered))]
    if order.merged is not None:
        rows.append(("each pass merged", "a pass", "", *left(order.merged)))
    for window in order.windows:
        kept = f"{number(window.held_events)} ({amount(window.held_bytes, 'bytes')})"
        rows.append((f"held for {window.share}", amount(window.window_ns, "ns"), kept, *left(window)))
    head = ("What the consumer does", "Hold", "Kept at once", "Late", "Causal violations", "Half within", "99 % within")
    return Table(f"What remains: {shown(order.transport)}", head, tuple(rows))


def latencies(surveyed: list[Surveyed]) -> Table:
    """Return the latency of each recording."""
    rows = [
        (
            shown(each.order.transport),
            where(each),
            *(_time(getattr(each.order.delivered.latency, name)) for name in ("p50", "p90", "p99", "p999", "max")),
            _time(each.order.batching.p50) if 2 * each.order.blocks <= each.order.events else "each stamped",
        )
        for each in surveyed
    ]
    head = ("Transport", "Setting", "p50", "p90", "p99", "p99.9", "max", "Block adds (p50)")
    return Table("Latency from stamp to reader", head, tuple(rows))


def kinds(order: Order) -> Table:
    """Return disorder by kind of event."""
    rows = tuple((name, *_group(group)) for name, group in order.by_kind.items() if group.events)
    return Table(f"By kind of event{_ROUNDED}", ("Kind", *_GROUP), rows)


def pairs(order: Order, most: int = 8) -> Table:
    """Return disorder by pair of CPUs, at most so many pairs, those with most late events."""
    found = order.by_pair or ()
    rows = tuple((str(pair.cpu), str(pair.ahead_cpu), *_group(pair)) for pair in found[:most])
    more = f" ({len(found) - most:,} more pairs)" if len(found) > most else ""
    return Table(f"By pair of CPUs{more}{_ROUNDED}", ("CPU", "After one of", *_GROUP), rows)


_ROUNDED = " (p50 and p99 rounded up to a power of two)"
_GROUP = ("Events", "Late", "Inversions", "Late by (p50, p99, max)", "Displaced by (p50, p99, max)")


def _group(group: Group) -> tuple[str, ...]:
    return (
        "" if group.events is None else number(group.events),
        number(group.late_events),
        number(group.timestamp_inversions),
        _three(group.lateness_p50_ns, group.lateness_p99_ns, group.max_lateness_ns, "ns"),
        _three(group.displacement_p50, group.displacement_p99, group.max_displacement, "1"),
    )


def _three(p50: int | None, p99: int | None, most: int, unit: str) -> str:
    if p50 is None or p99 is None:
        return "0"
    # The first two are powers of two above the value: never more than the largest there is.
    return ", ".join(amount(min(value, most), unit) for value in (p50, p99, most))


def _of(n: int, what: str) -> str:
    return f"{number(n)} {what}"


def _spread(spread: Spread, unit: str) -> str:
    return ", ".join(amount(value, unit) for value in (spread.p50, spread.p90, spread.p99, spread.p999, spread.max))


def _over_time(order: Order) -> tuple[str, str]:
    shares = sorted(span.late_events / span.events for span in order.by_span if span.events)
    if not shares:
        return "", ""
    least, middle, most = (amount(share, "") for share in (shares[0], shares[len(shares) // 2], shares[-1]))
    return f"{least}, {middle}, {most}", f"events of {number(order.span_s)} s: least, median, most"


def _time(value: int | None) -> str:
    return amount(value, "ns")
