"""Losses over the sizes of a session: how much each transport lost, and the smallest size at which it lost nothing."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from ringbench.analysis.cells import Cell
from ringbench.analysis.comparison import Comparison, comparisons
from ringbench.analysis.quantities import amount, count, estimate, number, size
from ringbench.analysis.required_size import Need, need
from ringbench.analysis.setting import Setting
from ringbench.analysis.view import order_of


@dataclass(frozen=True)
class Loss:
    """What one cell lost, over all of its repeats that have an account."""

    cell: Cell
    attempted: int
    failed: int
    repeats: int
    repeats_with_loss: int

    @classmethod
    def of(cls, cell: Cell) -> Loss | None:
        """Count the losses of *cell*; None if it tried nothing or has no account."""
        rows = [row for row in cell.rows if row["attempted"] and row["failed"] is not None]
        attempted, failed = (sum(int(row[name]) for row in rows) for name in ("attempted", "failed"))
        return cls(cell, attempted, failed, len(rows), sum(row["failed"] > 0 for row in rows)) if rows else None

    @property
    def bound(self) -> str:
        """Return what a loss of nothing shows: the rule of three."""
        return f"0 of {self.attempted:,} lost: rate below {amount(min(1.0, 3 / self.attempted), '')} at 95 %"

    def words(self) -> str:
        """Return 'perf lost 3.1 % [2, 4.4] of 21,000 events a repeat'."""
        who = self.cell.transport
        if not self.failed:
            return f"{who} lost nothing (0 of {self.attempted:,} events)"
        rate = self.cell.interval("drop_rate")
        if not rate.value:
            few = f"in {self.repeats_with_loss} of {count(self.repeats, 'repeat')}"
            return f"{who} lost {self.failed:,} of {self.attempted:,} events, {few}"
        a_repeat = self.cell.interval("attempted").value or self.attempted / self.repeats
        return f"{who} lost {estimate(rate, '')} of {number(a_repeat)} events a repeat"

    def short(self) -> str:
        """Return 'perf lost 3.1 %', for a title; a median of 0 is not 'nothing' where some repeats lost."""
        rate = self.cell.interval("drop_rate").value
        if not self.failed:
            return f"{self.cell.transport} lost nothing"
        lost = amount(rate, "") if rate else f"{self.failed:,} of {self.attempted:,} events"
        return f"{self.cell.transport} lost {lost}"


@dataclass(frozen=True)
class Sweep:
    """Cells that differ in nothing but transport and size."""

    setting: Setting
    """Without a size."""
    cells: tuple[Cell, ...]

    @property
    def transports(self) -> list[str]:
        """Return the transports in it, perf first."""
        return sorted({cell.transport for cell in self.cells}, key=order_of)

    @property
    def comparisons(self) -> list[Comparison]:
        """Return its comparisons, the largest size first."""
        return sorted(comparisons(self.cells), key=lambda c: -(c.setting.asked_bytes or 0))

    def losses(self, transport: str) -> list[Loss]:
        """Return the losses of *transport*, by the size it really had, the smallest first."""
        found = [loss for cell in self.cells if cell.transport == transport and (loss := Loss.of(cell))]
        return sorted(found, key=lambda loss: loss.cell.buffer_bytes or 0)

    def enough(self, transport: str) -> Loss | None:
        """Return the smallest size from which on *transport* lost nothing, None if it lost some at the largest."""
        losses = self.losses(transport)
        lossy = [place for place, loss in enumerate(losses) if loss.failed]
        return next(iter(losses[lossy[-1] + 1 if lossy else 0 :]), None)

    def narrowed(self, transport: str) -> bool:
        """Tell whether half of what was enough for *transport* was tried, too, and lost some.

        Else a smaller size might have been enough, and what was tried says nothing of how much it needs.
        """
        enough, lossy = self.enough(transport), self.largest_with_loss(transport)
        return enough is not None and lossy is not None and 2 * lossy >= (enough.cell.buffer_bytes or 0)

    def largest_with_loss(self, transport: str) -> int | None:
        """Return the largest size, in bytes, at which *transport* lost some; None if it lost nothing at any."""
        return max((loss.cell.buffer_bytes or 0 for loss in self.losses(transport) if loss.failed), default=None)

    def telling(self) -> Comparison:
        """Return the comparison at the largest size at which anything was lost; at the smallest if nothing was."""
        whole = [c for c in self.comparisons if c.head] or self.comparisons
        same = [c for c in whole if c.transports == whole[0].transports]
        lossy = [c for c in same if any((loss := Loss.of(cell)) and loss.failed for cell in c.cells)]
        return lossy[0] if lossy else same[-1]

    def needs(self, cpus: int) -> list[Need]:
        """Return what each transport's arrivals needed, where they are known, on a machine of *cpus* CPUs."""
        each = ([cell for cell in self.cells if cell.transport == transport] for transport in self.transports)
        return [found for cells in each if (found := need(cells, cpus))]

    def computed(self, cpus: int) -> str:
        """Return the sentence that says what the arrivals needed, '' where they aren't known."""
        needs = self.needs(cpus)
        repeats = " and ".join(dict.fromkeys(count(found.repeats, "repeat") for found in needs))
        told = "; ".join(found.words() for found in needs)
        return f"Computed from the arrivals of {repeats} without a loss: {told}." if needs else ""

    def smallest_without_loss(self) -> str:
        """Return the sentence that names, for each transport, the smallest size that lost nothing in any repeat."""
        parts = [part for transport in self.transports if (part := _smallest(transport, self.losses(transport)))]
        return f"Smallest size tried that lost nothing in any repeat: {'; '.join(parts)}." if parts else ""


def _smallest(transport: str, losses: Sequence[Loss]) -> str:
    if not losses:
        return ""
    clean = next((loss for loss in losses if not loss.failed), None)
    if clean is None:
        return f"{transport} none up to {size(losses[-1].cell.buffer_bytes)}"
    beyond = [loss for loss in losses[losses.index(clean) + 1 :] if loss.failed]
    again = f", though it lost some at {size(beyond[0].cell.buffer_bytes)}" if beyond else ""
    held = clean.cell.interval("memory_physical_bytes").value
    memory = f", {size(held)} of memory held" if held else ""
    each = f" in {clean.repeats} of {count(clean.repeats, 'repeat')}" if clean.repeats > 1 else ""
    return f"{transport} {size(clean.cell.buffer_bytes)}{memory} ({clean.bound}{each}{again})"


def sweeps(cells: Iterable[Cell]) -> list[Sweep]:
    """Group *cells* by everything but transport and size; their order is kept."""
    found: dict[Setting, list[Cell]] = {}
    for cell in cells:
        found.setdefault(replace(cell.setting, asked_bytes=None), []).append(cell)
    return [Sweep(setting, tuple(group)) for setting, group in found.items()]
