"""What tracing costs the workload, split by stage: each stage's time for an event, less that of the stage before it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from ringbench.analysis.cells import Cell
from ringbench.analysis.comparison import Comparison
from ringbench.analysis.setting import Setting
from ringbench.analysis.view import order_of
from ringbench.data.stats import Interval

COLUMN = "operation_ns_per_event"
PARTS = {
    "probe": "tracepoint and program: stamp, fill, count",
    "submission": "into the buffer, nobody reading meanwhile",
    "reader": "what a reader at work takes away, nobody woken",
    "wake-ups": "what waking that reader adds",
}


@dataclass(frozen=True)
class Split:
    """One transport under one wake-up policy, from the bare workload to what it takes with all of the tracing."""

    workload: str
    """In words."""
    transport: str
    wakeup: str
    bare: Cell
    full: Cell
    parts: dict[str, Interval]
    """ns an event, by the names of :data:`PARTS`; a part that is not in it was not measured."""

    @property
    def slowdown(self) -> Interval:
        """Return how much longer an operation takes than with nothing attached, as a share of that."""
        ratio = Comparison(self.bare, self.full).ratio(COLUMN)
        value, low, high = (None if bound is None else bound - 1 for bound in (ratio.value, ratio.low, ratio.high))
        return Interval(value, low, high, ratio.n)


def splits(cells: Sequence[Cell]) -> list[Split]:
    """Return a split for each load, transport and wake-up policy that has its bare stage and its reader's."""
    timed = [cell for cell in cells if cell.setting.stage and cell.has(COLUMN)]
    found = [split for full in timed if full.setting.stage == "read" and (split := _split(full, timed))]
    loads = list(dict.fromkeys(split.workload for split in found))  # the order of the cells
    return sorted(found, key=lambda split: (loads.index(split.workload), order_of(split.transport)))


def _split(full: Cell, cells: Sequence[Cell]) -> Split | None:
    def stage(name: str, transport: str | None = None) -> Cell | None:
        """Return the cell of a stage, all else alike but what has no meaning there: who is woken, and how."""
        wanted = _load_of(full.setting, name)
        here = [cell for cell in cells if _load_of(cell.setting, cell.setting.stage) == wanted]
        return next((c for c in here if transport in (None, c.transport) and not c.setting.woken), None)

    bare, probe = stage("bare"), stage("probe")
    unread, timer = stage("unread", full.transport), stage("read", full.transport)
    if bare is None:
        return None
    steps = {"probe": (bare, probe), "submission": (probe, unread), "reader": (unread, timer)}
    if full.setting.woken:
        steps["wake-ups"] = (timer, full)
    parts = {
        name: Comparison(before, after).difference(COLUMN)
        for name, (before, after) in steps.items()
        if before is not None and after is not None
    }
    return Split(full.setting.load_words, full.transport, full.setting.wakeup, bare, full, parts)


def _load_of(setting: Setting, stage: str) -> Setting:
    """Return *setting* in *stage*, without how the reader is woken."""
    return replace(setting, stage=stage, wakeup="", wait="", drain_interval_s=None)
