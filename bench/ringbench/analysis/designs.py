"""The designs side by side: which of the two wants each meets, what it costs, what it can't do, what was said of it.

The two wants are those for which the ringbuf was made (kernel commit 457f44363a88): memory that all CPUs share, and
events in the order in which they happened on different CPUs. Only a session that measured more than the two buffers
has such a table.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

from ringbench.analysis.cells import Cell, cells_of, median_of
from ringbench.analysis.comparison import contrast
from ringbench.analysis.quantities import NOT_MEASURED, amount, count, estimate, number, size, times
from ringbench.analysis.required_size import need
from ringbench.analysis.view import SessionView, order_of
from ringbench.data.stats import Interval
from ringbench.drivers.transports import NOTHING, Transport, known, plain_name
from ringbench.spec.transport import Role

MEASURED = (
    *("Meets", "Needs to lose nothing", "Lost", "Causal violations", "Late, per 1,000", "Producer", "Reader"),
    "One producer, then one on each CPU",
)
SAID = ("Can't", "Published", "Here")


@dataclass(frozen=True)
class Design:
    """One transport, as it was measured."""

    transport: str
    lives: Sequence[Cell]
    """Paired, under fork-exec: all sizes, the largest first."""
    offered: Cell | None
    """Alone, under a load that is the same for all."""
    contended: Sequence[Cell]
    """Alone, under a firehose: fewer producers first."""
    cpus: int

    @property
    def known(self) -> Transport | None:
        """Return what it is made of; None where it is not installed."""
        return known(self.transport)

    @property
    def role(self) -> Role:
        """Return its part in comparisons."""
        return "design" if self.known is None else self.known.role

    @cached_property
    def need(self) -> int | None:
        """Return the bytes over all CPUs that the arrivals needed; None where they aren't known."""
        found = need(self.lives, self.cpus)
        return None if found is None else found.buffer_bytes

    @property
    def violations(self) -> float | None:
        """Return the median of causal violations in the largest buffer; None where they weren't counted."""
        return self.lives[0].interval("causal_violations").value if self.lives else None

    @property
    def wants(self) -> str:
        """Say which of the two wants it meets: memory by its layout, order by what was counted here."""
        by_layout = self.known and self.known.is_shared
        shared = self.groups == 1 if by_layout is None else by_layout
        met = ["memory"] if shared else []
        met += ["order"] if self.violations == 0 else []
        here = f" ({count(self.groups, 'group')} here)" if by_layout is None and self.groups else ""
        return (" and ".join(met) or "neither") + here

    @property
    def groups(self) -> int | None:
        """Return how many rings its CPUs were divided into; None where the session doesn't say."""
        return next((cell.rings for cell in self.lives if cell.rings), None)

    def measured(self) -> tuple[str, ...]:
        """Return the figures as text, by MEASURED."""
        least = self.lives[-1] if self.lives else None
        lost = NOT_MEASURED if least is None else f"{_told(least, 'drop_rate', '')} with {size(least.buffer_bytes)}"
        return (
            self.wants,
            NOT_MEASURED if self.need is None else size(self.need),
            lost,
            _told(self.lives[0], "causal_violations", "1") if self.lives else NOT_MEASURED,
            estimate(median_of(tuple(self.lives[0].per_thousand("late_events"))), "1") if self.lives else NOT_MEASURED,
            _told(self.offered, "producer_ns_per_event", "ns"),
            _told(self.offered, "consumer_cpu_ns_per_event", "ns"),
            ", then ".join(_told(cell, "producer_ns_per_event", "ns") for cell in self.contended) or NOT_MEASURED,
        )


Every = Sequence[Design]


def designs(view: SessionView) -> list[Design]:
    """Return the designs that *view* measured, the buffers first; none where it measured nothing else."""
    cells = cells_of(view.figures)
    names = sorted({cell.transport for cell in cells if _is_design(cell)}, key=order_of)
    found = [_design(name, [cell for cell in cells if cell.transport == name], view.cpus) for name in names]
    return found if any(each.role == "design" for each in found) else []


def said(design: Design, every: Sequence[Design]) -> tuple[str, ...]:
    """Return what it can't do, what was published of it, and what this session says of that, by SAID."""
    if design.known is None:
        return "", "", ""
    published = design.known.published
    if published is None:
        return design.known.limits, "", ""
    judged = _JUDGED_BY.get(published.judged_by)
    return design.known.limits, published.statement, verdict(None) if judged is None else judged(design, every)


def of_role(role: Role, every: Every) -> Design | None:
    """Return the design of that role among *every* one measured; None where none is."""
    return next((design for design in every if design.role == role), None)


def _is_design(cell: Cell) -> bool:
    """Tell whether a cell is of a transport of programs, and of no variant of one, installed or not."""
    if cell.transport == NOTHING.name or cell.setting.transport_only:
        return False
    return plain_name(cell.transport) == cell.transport


def _design(transport: str, cells: Sequence[Cell], cpus: int) -> Design:
    lives = [cell for cell in cells if cell.setting.paired and cell.setting.usual and not cell.setting.paced]
    alone = [cell for cell in cells if cell.setting.mode == "isolated"]
    return Design(
        transport,
        sorted(lives, key=lambda cell: -(cell.buffer_bytes or 0)),
        next((cell for cell in alone if cell.setting.usual and cell.setting.paced), None),
        sorted(
            (cell for cell in alone if cell.setting.sampled),
            key=lambda cell: (len(cell.setting.cpus), cell.setting.cpus),
        ),
        cpus,
    )


def _told(cell: Cell | None, column: str, unit: str) -> str:
    return NOT_MEASURED if cell is None else estimate(cell.interval(column), unit)


def verdict(holds: bool | None) -> str:
    """Return the words for whether a published statement holds here; None: this session can't tell."""
    return "can't be told" if holds is None else "holds" if holds else "does not hold"


def _meets_neither(design: Design, every: Every) -> str:
    shared = of_role("head", every)
    if design.violations is None or shared is None or design.need is None or shared.need is None:
        return verdict(None)
    disorder = f"{number(design.violations)} causal violations a trial"
    memory = f"needs {size(design.need)} where the shared ring needs {size(shared.need)}"
    return f"{verdict(design.violations > 0 and design.need > shared.need)}: {disorder}, {memory}"


def _slow_to_read(design: Design, every: Every) -> str:
    shared = of_role("head", every)
    if shared is None or shared.offered is None or design.offered is None:
        return verdict(None)
    found = contrast(shared.offered, design.offered).ratio("consumer_cpu_ns_per_event")
    if found.low is None or found.high is None:
        return verdict(None)
    holds = True if found.low > 1 else False if found.high <= 1 else None
    return f"{verdict(holds)}: reading an event costs {times(found)} what it costs from the shared ring"


def _meets_both(design: Design, every: Every) -> str:
    base = of_role("base", every)
    if design.violations is None or design.need is None or base is None or base.need is None:
        return verdict(None)
    memory = f"needs {size(design.need)} where {base.transport} needs {size(base.need)}"
    order = f"{number(design.violations)} causal violations a trial, {base.transport} {amount(base.violations, '1')}"
    return f"{verdict(design.violations == 0 and design.need <= base.need)}: {memory}; {order}"


def _less_contention(design: Design, every: Every) -> str:
    if design.groups == 1 and design.known and design.known.is_shared is None:
        return "can't be told: with 1 group of CPUs here it is one shared ring behind a look-up in a map of maps"
    shared = of_role("head", every)
    if shared is None or len(design.contended) < 2 or len(shared.contended) < 2:
        return verdict(None)
    own, other = _contention(design), _contention(shared)
    if own.low is None or own.high is None or other.low is None or other.high is None:
        return verdict(None)
    holds = True if own.high < other.low else False if own.low >= other.high else None
    return (
        f"{verdict(holds)}: an event costs {times(own)} as much with a producer on each CPU as with one; with the "
        f"shared ring {times(other)}"
    )


def _contention(design: Design) -> Interval:
    return contrast(design.contended[0], design.contended[-1]).ratio("producer_ns_per_event")


_JUDGED_BY: dict[str, Callable[[Design, Every], str]] = {
    "meets neither want": _meets_neither,
    "meets both wants": _meets_both,
    "less contention": _less_contention,
    "slow to read": _slow_to_read,
}
"""By what :attr:`ringbench.spec.published.Published.judged_by` says."""
