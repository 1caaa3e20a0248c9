"""The suite checks itself: two names for the same thing, and a cost that is known.

A/A: the same transport under two names goes through plan, trials and analysis as two transports do. Each of its figures
is compared as figures of two transports are; the share of intervals that show a difference must not be above their
level. Injection: a cost is added to each submission, and a transport with it is compared with itself without it; the
interval of the difference in wall time must cover the cost, which times itself in the program (bpf/account.h). Both are
cut into runs of several blocks, as a session has them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from ringbench.analysis.cells import Cell, cells_of
from ringbench.analysis.comparison import contrast
from ringbench.analysis.view import SessionView
from ringbench.data.stats import Interval
from ringbench.data.stats.proportion import share_interval
from ringbench.drivers.transports import TRANSPORTS
from ringbench.spec.profile import Group, Profile

INJECTED = 8
"""Readings of the clock that are added to each submission that has one already.

The one may wait for what the processor has in flight, and starts the clock of the others.
"""
BLOCKS = 10
"""Blocks of a run."""
_LEVEL, _COVERED = 0.05, 0.9
_INJECTED_NS = "injected_ns_per_event"
_AGAIN = "~again"
_COLUMNS = (
    *("events_per_s", "producer_ns_per_event", "consumer_cpu_ns_per_event"),
    *("drain_ns_per_event", "fill_ns_per_event", "memcpy_ns_per_event"),
)
_BOTH = ("perf", "ringbuf-reserve")
_NAMES = tuple(name + again for name in _BOTH for again in ("", _AGAIN))
_ONE, _MORE = "~inject:1", f"~inject:{1 + INJECTED}"


_SAME = (
    Group(
        "isolated", _NAMES, ("bulk", "libbpf"), ("batch:500",), ("firehose:1", "firehose:32"), (128,),
        placements=("other",), producers=(1,),
    ),
    Group(
        "isolated", _NAMES, ("bulk", "libbpf"), ("none",), ("firehose:8",), (128,), waits=("sleep:200us",),
        placements=("other",), producers=(1,),
    ),
    Group("capacity", _NAMES, ("bulk", "libbpf"), ("none",), ("firehose:8",), (128,), producers=(1,)),
)  # fmt: skip
_INJECTION = (
    Group(
        "overhead", tuple(name + variant for name in TRANSPORTS for variant in (_ONE, _MORE)), ("bulk",), ("none",),
        ("firehose:1", "firehose:8"), (128,), placements=("other",), producers=(1,), stages=("unread",),
    ),
)  # fmt: skip
PARTS = {"same": _SAME, "injection": _INJECTION}
"""What can be measured alone."""


def profile(part: str | None = None) -> Profile:
    """Return what is measured: all, or one of :data:`PARTS`."""
    return Profile(
        "selfcheck",
        "the suite against itself: the same transport under two names, and a cost that is known",
        PARTS[part] if part else (*_SAME, *_INJECTION),
        repeats=40,
        duration_s=0.1,
        warmup_s=0.02,
    )


@dataclass(frozen=True)
class Injection:
    """A cost that was added to each submission of one transport under one load, and what was found of it."""

    load: str
    transport: str
    truth: Interval
    """In ns, by the program's own clock, over all blocks."""
    found: tuple[Interval, ...]
    """The difference in the producer's wall time, ns an event, for each run."""

    @property
    def covering(self) -> list[bool]:
        """Tell of each run whether its interval holds the cost, which is known to within its own."""
        low, high = self.truth.low, self.truth.high
        if low is None or high is None:
            return []
        runs = [(run.low, run.high) for run in self.found if run.low is not None and run.high is not None]
        return [run_low <= high and low <= run_high for run_low, run_high in runs]


@dataclass(frozen=True)
class Checked:
    """What a session of :func:`profile` showed."""

    excluding: dict[str, tuple[int, int]]
    """By column: (comparisons of a thing with itself whose interval excludes 1, comparisons)."""
    injections: tuple[Injection, ...]

    @property
    def false_differences(self) -> Interval:
        """Return the share of comparisons of a thing with itself that show a difference."""
        hits, n = (sum(numbers) for numbers in zip(*self.excluding.values(), strict=True)) if self.excluding else (0, 0)
        return share_interval(hits, n)

    @property
    def level_kept(self) -> bool | None:
        """Tell whether that share may be 5 % or less; None where nothing was compared."""
        low = self.false_differences.low
        return None if low is None else low <= _LEVEL

    @property
    def covered(self) -> Interval:
        """Return the share of runs whose interval covers the injected cost."""
        covering = [covers for injection in self.injections for covers in injection.covering]
        return share_interval(sum(covering), len(covering))

    @property
    def size_found(self) -> bool | None:
        """Tell whether at least nine in ten runs cover the injected cost; None where there is no run."""
        share = self.covered.value
        return None if share is None else share >= _COVERED


def check(view: SessionView) -> Checked:
    """Return what *view*, a session of :func:`profile`, shows of the suite itself."""
    excluding: dict[str, tuple[int, int]] = {}
    found: dict[tuple[str, str], list[Interval]] = {}
    for cells in _runs(view.figures):
        for cell, again in _pairs(cells, "", _AGAIN):
            _count(excluding, cell, again)
        for one, more in _pairs(cells, _ONE, _MORE):
            added = contrast(one, more).difference("operation_ns_per_event")
            found.setdefault(_which(more), []).append(added)
    injected = [cell for cell in cells_of(view.figures) if cell.transport.endswith(_MORE) and cell.has(_INJECTED_NS)]
    truths = {_which(cell): cell.interval(_INJECTED_NS) for cell in injected}
    injections = [Injection(*which, truth, tuple(found.get(which, ()))) for which, truth in truths.items()]
    return Checked(excluding, tuple(injections))


def _which(cell: Cell) -> tuple[str, str]:
    return cell.setting.load_words, cell.transport.removesuffix(_MORE)


def _pairs(cells: Sequence[Cell], one: str, other: str) -> Iterator[tuple[Cell, Cell]]:
    """Yield each two cells that differ in nothing but the variant of their transport: *one* and the *other*."""
    by_key = {(cell.setting, cell.transport): cell for cell in cells}
    for (setting, name), cell in by_key.items():
        if name.endswith(one) and (changed := by_key.get((setting, name.removesuffix(one) + other))):
            yield cell, changed


def _runs(rows: Sequence[Any]) -> Iterator[list[Cell]]:
    """Yield the cells of each run of :data:`BLOCKS` blocks; what is left over at the end is none."""
    last = max((int(row["block"]) for row in rows), default=0)
    for first in range(1, last - BLOCKS + 2, BLOCKS):
        yield cells_of([row for row in rows if first <= int(row["block"]) < first + BLOCKS])


def _count(excluding: dict[str, tuple[int, int]], cell: Cell, again: Cell) -> None:
    for column in _COLUMNS:
        if cell.has(column) and again.has(column):
            ratio = contrast(cell, again).ratio(column)
            if ratio.low is not None and ratio.high is not None:
                hits, n = excluding.get(column, (0, 0))
                excluding[column] = hits + (not ratio.low <= 1 <= ratio.high), n + 1
