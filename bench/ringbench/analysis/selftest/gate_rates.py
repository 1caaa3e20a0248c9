"""How often the gate is wrong: comparisons of a thing with itself, and with itself made slower by a known share.

Recorded: blocks of four sides in turn, as `ringbench ab` measures two. One is what it is, one is the same again, and in
two each submission costs more (``~spin:N``, bpf/account.h), by about a twentieth and a tenth of what it takes to fill a
buffer. How much more it really is, is measured in the same blocks. From these blocks comparisons are drawn, each of as
many blocks as the ci profile has, with replacement, and go through the gate as they would live: look by look, stopping
early.

The same comparisons are judged as a user would without a gate: worse if the mean of any figure is above the base's by
more than a tenth (pytest-benchmark's ``--benchmark-compare-fail=mean:10%``).
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import Any

from ringbench.analysis.gate.gate import Gated, judge
from ringbench.analysis.gate.pairs import CellPair, MetricPair, cell_pairs_of
from ringbench.analysis.gate.rules import is_noisy
from ringbench.analysis.gate.schedule import Schedule
from ringbench.analysis.gate.verdict import Verdict
from ringbench.analysis.view import Record
from ringbench.data.stats import Interval, ratio_interval
from ringbench.data.stats.proportion import share_interval

BASE, AGAIN, A_TWENTIETH, A_TENTH = "base", "again", "twentieth", "tenth"
_STEPS = {
    A_TWENTIETH: {"perf": 40, "ringbuf-output": 19, "ringbuf-reserve": 20},
    A_TENTH: {"perf": 62, "ringbuf-output": 25, "ringbuf-reserve": 27},
}
"""Steps that make a submission so much dearer, found by trying on one machine. On another they are another share."""
VARIANTS: dict[str, dict[str, str]] = {
    BASE: {},
    AGAIN: {},
    **{side: {name: f"{name}~spin:{n}" for name, n in steps.items()} for side, steps in _STEPS.items()},
}
"""What each side measures in place of a transport."""
FILLED = "fill_ns_per_event"
_THRESHOLD = 1.10


@dataclass(frozen=True)
class Rates:
    """What came of many comparisons of one kind."""

    each: tuple[str, ...]
    """The verdicts, in the order in which they were drawn: the first of many are those of a few."""
    found: Mapping[str, int]
    """By transport: in how many its cost of filling is called regressed."""
    threshold: int
    """How many the threshold on means calls worse."""
    blocks: float
    """Blocks that were needed, in the mean."""

    def share(self, verdict: str) -> Interval:
        """Return the share of comparisons that came out so, with its exact interval."""
        return share_interval(self.each.count(verdict), len(self.each))


def injected(base: Sequence[Record], head: Sequence[Record]) -> dict[str, Interval]:
    """Return by transport how many times as long a record takes to fill in, in the blocks of both sides."""
    found: dict[str, Interval] = {}
    for pair in cell_pairs_of(base, _renamed(head)):
        for series in pair.series:
            if series.judged.column.name == FILLED and "bulk reader" in pair.name:
                common = [block for block in series.base if block in series.head]
                found[pair.transport] = ratio_interval(
                    [series.base[block] for block in common], [series.head[block] for block in common]
                )
    return found


def rates(
    base: Sequence[Record],
    head: Sequence[Record],
    *,
    comparisons: int,
    blocks: int,
    seed: int = 1,
    tell: Callable[[int], None] = lambda done: None,
) -> Rates:
    """Draw *comparisons* of so many *blocks* from what both sides recorded, and judge each."""
    drawn = random.Random(f"{seed}/gatecheck")
    verdicts: list[str] = []
    found: dict[str, int] = {}
    threshold, used = 0, 0
    recorded = cell_pairs_of(base, _renamed(head))
    names = sorted({block for pair in recorded for series in pair.series for block in series.base})
    for number in range(comparisons):
        chosen = [drawn.choice(names) for _ in range(blocks)]
        gated, needed = _gated(recorded, chosen)
        used += needed
        verdicts.append(gated.verdict.value)
        for transport in {
            cell.pair.transport for cell, figure in gated.figures(Verdict.REGRESSED) if figure.name == FILLED
        }:
            found[transport] = found.get(transport, 0) + 1
        threshold += _above_threshold([_of(pair, chosen) for pair in recorded])
        tell(number + 1)
    return Rates(tuple(verdicts), found, threshold, used / max(1, comparisons))


def apart(sessions: Sequence[tuple[Sequence[Record], Sequence[Record]]]) -> dict[str, int]:
    """Compare the base of each of *sessions*, of one thing, with the head of every other; return what came out.

    As `ringbench compare` does with sessions that were not measured in turn: minutes to an hour lie between them.
    """
    verdicts: dict[str, int] = {}
    for one, (base, _) in enumerate(sessions):
        for other, (_, head) in enumerate(sessions):
            if one != other:
                verdict = judge(cell_pairs_of(base, head), interleaved=False).verdict.value
                verdicts[verdict] = verdicts.get(verdict, 0) + 1
    return verdicts


def _renamed(rows: Sequence[Record]) -> list[dict[str, Any]]:
    return [{**row, "transport": str(row["transport"]).partition("~")[0]} for row in rows]


def _gated(recorded: Sequence[CellPair], chosen: Sequence[str]) -> tuple[Gated, int]:
    """Judge a comparison of the *chosen* blocks as it would be measured; return that, and the blocks it took."""
    schedule = Schedule(len(chosen), several=True)
    blocks = {id(pair): 0 for pair in recorded}
    open_ = list(recorded)
    for look in (n for n in range(1, len(chosen) + 1) if schedule.is_due(n)):
        blocks |= {id(pair): look for pair in open_}
        gated = judge([_of(pair, chosen[: blocks[id(pair)]]) for pair in recorded], interleaved=True, schedule=schedule)
        if gated.verdict is Verdict.REGRESSED:
            return gated, look
        # A paired trial's two cells are measured, or left out, together.
        left = {cell.pair.scenario for cell in gated.cells if cell.verdict is Verdict.INCONCLUSIVE}
        open_ = [pair for pair in open_ if pair.scenario in left]
        if not open_:
            return gated, look
    return gated, len(chosen)


def _of(pair: CellPair, chosen: Sequence[str]) -> CellPair:
    """Return *case* as if the *chosen* blocks had been measured, in that order."""

    def drawn(values: Mapping[str, float]) -> dict[str, float]:
        return {str(place): values[block] for place, block in enumerate(chosen) if block in values}

    series = tuple(
        MetricPair(
            each.judged,
            drawn(each.base),
            drawn(each.head),
            frozenset(str(place) for place, block in enumerate(chosen) if block in each.undisturbed),
        )
        for each in pair.series
    )
    return CellPair(
        pair.name, pair.transport, pair.scenario, series, len(chosen), unpromised=pair.unpromised, key=pair.key
    )


def _above_threshold(pairs: Sequence[CellPair]) -> bool:
    return any(_mean_is_worse(series) for pair in pairs for series in pair.series if is_noisy(series))


def _mean_is_worse(series: MetricPair) -> bool:
    if series.judged.kind != "ratio" or not series.base or not series.head:
        return False
    base, head = fmean(series.base.values()), fmean(series.head.values())
    if series.judged.column.better == "higher":
        base, head = head, base
    return base > 0 and head / base > _THRESHOLD


def blocks_of(rows: Sequence[Record]) -> Iterator[int]:
    """Yield the numbers of the blocks that are there."""
    yield from sorted({int(row["block"]) for row in rows if row["block"] is not None})
