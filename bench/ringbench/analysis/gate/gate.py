"""All figures of two sessions judged, and the verdict on them together."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from ringbench.analysis.gate.pairs import CellPair
from ringbench.analysis.gate.registry import Judged
from ringbench.analysis.gate.rules import account, is_noisy, judge_metric
from ringbench.analysis.gate.schedule import ONCE, Schedule
from ringbench.analysis.gate.verdict import Judgement, Verdict, overall


@dataclass(frozen=True)
class Figure:
    """One figure of one cell, judged."""

    judged: Judged | None
    """None: the account of the cell's trials."""
    judgement: Judgement

    @property
    def name(self) -> str:
        """Return the column's name, or 'account'."""
        return "account" if self.judged is None else self.judged.column.name

    @property
    def title(self) -> str:
        """Return it in words."""
        return "Account" if self.judged is None else self.judged.column.title

    @property
    def unit(self) -> str:
        """Return the column's unit."""
        return "trials" if self.judged is None else self.judged.column.unit


@dataclass(frozen=True)
class GatedCell:
    """One cell, judged."""

    pair: CellPair
    figures: tuple[Figure, ...]
    why: str = ""
    """Why it has no figures, where it has none."""
    verdict: Verdict = Verdict.INCONCLUSIVE


@dataclass(frozen=True)
class Gated:
    """What the gate found."""

    verdict: Verdict
    cells: tuple[GatedCell, ...]
    doubts: tuple[str, ...]
    """Why the whole is in doubt, whatever its cells say."""
    interleaved: bool
    tests: int
    """Noisy figures, which share one error rate."""

    @property
    def more_blocks(self) -> int | None:
        """Return about how many more blocks every figure would need that more blocks would help; None for none."""
        more = [figure.judgement.more_blocks for cell in self.cells for figure in cell.figures]
        return max((blocks for blocks in more if blocks), default=None)

    def figures(self, verdict: Verdict) -> list[tuple[GatedCell, Figure]]:
        """Return the figures that have that verdict, with their cells."""
        return [(cell, f) for cell in self.cells for f in cell.figures if f.judgement.verdict is verdict]


def judge(
    pairs: Sequence[CellPair],
    *,
    interleaved: bool,
    schedule: Schedule = ONCE,
    doubts: Iterable[str] = (),
) -> Gated:
    """Judge every figure of *cases*.

    *interleaved*: whether block by block both sides were measured side by side. *doubts*: what puts the whole in
    doubt: with any, it cannot come out as the same, or improved. Nothing in common is a doubt, too.
    """
    tests = sum(is_noisy(series) for pair in pairs for series in pair.series)
    cells = tuple(_cell(pair, tests, schedule, interleaved=interleaved) for pair in pairs)
    doubts = list(doubts)
    judged = [cell for cell in cells if cell.verdict is not Verdict.NOT_JUDGED]
    if not any(series.base and series.head for pair in pairs for series in pair.series):
        doubts.append("the two have no figure of any cell in common")
    found = overall(cell.verdict for cell in judged)
    if doubts and found in (Verdict.SAME, Verdict.IMPROVED):
        found = Verdict.INCONCLUSIVE
    return Gated(found, cells, tuple(doubts), interleaved, tests)


def itself(pairs: Sequence[CellPair]) -> Gated:
    """Return what there is to say of a session that is compared with itself."""
    why = "it is the same session"
    cells = tuple(
        GatedCell(
            pair,
            tuple(Figure(s.judged, Judgement(Verdict.SAME, why, s.judged.kind)) for s in pair.series),
            verdict=Verdict.SAME,
        )
        for pair in pairs
    )
    return Gated(Verdict.SAME, cells, (), interleaved=True, tests=0)


def first_run(why: str) -> Gated:
    """Return what there is to say where there is no base yet."""
    return Gated(Verdict.FIRST_RUN, (), (why,), interleaved=False, tests=0)


def _cell(pair: CellPair, tests: int, schedule: Schedule, *, interleaved: bool) -> GatedCell:
    levels = schedule.levels(pair.blocks, tests, interleaved=interleaved)
    figures = [Figure(series.judged, judge_metric(series, pair, levels)) for series in pair.series]
    if (kept := account(pair)) is not None:
        figures.insert(0, Figure(None, kept))
    if not figures:
        return GatedCell(pair, (), "it has no figure that is judged", Verdict.NOT_JUDGED)
    if pair.only_in:
        gone = pair.only_in == "base"
        why = "it was not measured in the head" if gone else "it is new: the base does not have it"
        return GatedCell(pair, (), why, Verdict.INCONCLUSIVE if gone else Verdict.NOT_JUDGED)
    verdicts = {f.judgement.verdict for f in figures} - {Verdict.NOT_JUDGED}
    return GatedCell(pair, tuple(figures), verdict=overall(verdicts) if verdicts else Verdict.NOT_JUDGED)
