"""From the trials of a session to its answers: for each question a sentence, and the figures it rests on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import chain

from ringbench.analysis import sentences
from ringbench.analysis.cells import Cell, cells_of
from ringbench.analysis.comparison import Comparison, comparisons
from ringbench.analysis.judgement import Line, judge
from ringbench.analysis.losses import Sweep, sweeps
from ringbench.analysis.overhead_breakdown import splits
from ringbench.analysis.questions import CAPACITY, DROPS, MEMORY, ORDER, OVERHEAD, QUESTIONS, Question
from ringbench.analysis.sentences import Statement
from ringbench.analysis.setting import Setting
from ringbench.analysis.view import SessionView

_FEW_LOADS = 3


@dataclass(frozen=True)
class Group:
    """A comparison with its figures, as they stand together in a table."""

    comparison: Comparison
    lines: tuple[Line, ...]


@dataclass(frozen=True)
class Finding:
    """The answer to one question."""

    question: Question
    said: tuple[Statement, ...]
    """The sentence that tells most, then the rest."""
    headline: Group | None = None
    """The comparison that tells most; None where there is no figure at all."""
    groups: tuple[Group, ...] = ()
    """Every comparison that is shown, the headline among them."""
    leading: int = 1
    """How many of the sentences a short report says."""
    asked: bool = True
    """Whether any trial was meant to answer it."""

    @property
    def brief(self) -> tuple[Statement, ...]:
        """Return what a short report says: the answer; of losses each load's, and what size it took to have none."""
        return self.said[: self.leading]

    @property
    def sentence(self) -> str:
        """Return the answer in one sentence."""
        return self.said[0].text

    @property
    def further(self) -> int:
        """Return how many settings have figures beside the one that tells most."""
        return max(0, len({group.comparison.setting for group in self.groups}) - 1)


def findings(view: SessionView) -> list[Finding]:
    """Answer every question from the valid trials of *view*; one that can't be answered says so."""
    return [finding(view, question) for question in QUESTIONS]


def finding(view: SessionView, question: Question) -> Finding:
    """Answer one question from the valid trials of *view*."""
    found = _answer(question, cells_of(view.figures), view)
    if found.headline is not None or any(question.asked_of(setting) for setting in {*map(Setting.of, view.rows)}):
        return found
    return replace(found, said=(Statement(f"Not asked here: no trial is about {question.name}.", ""),), asked=False)


def loads_of(found: Finding) -> list[Sweep]:
    """Return the loads that the finding on losses rests on, by size, of cells whose size and losses are known."""
    cells: dict[int, Cell] = {}
    for group in found.groups:
        cells |= {id(cell): cell for cell in group.comparison.cells if cell.buffer_bytes and cell.has("drop_rate")}
    return sweeps(cells.values())


def _answer(question: Question, cells: Sequence[Cell], view: SessionView) -> Finding:
    fit = _fit(question, cells)
    if not fit:
        nothing = f"Not measured here: no valid trial has figures of {question.name}."
        return Finding(question, (Statement(nothing, ""),))
    if question is DROPS:
        return _drops(sweeps(fit), view)
    shown = [comparison for sweep in sweeps(fit) for comparison in _largest(sweep)]
    shown.sort(key=lambda comparison: _rank(question, comparison))
    if question is MEMORY:  # what a buffer holds doesn't hang on who reads it
        shown = _each_pair_once(shown)
    groups = [_group(question, comparison, emulated=view.emulated) for comparison in shown]
    said = [_said(question, group) for group in groups]
    if question is MEMORY:
        said.append(sentences.enough(sweeps(_fit(DROPS, cells)), view.cpus))
    if question is CAPACITY:
        said.insert(1, sentences.by_reader(groups[0].lines[0], fit))
    leading = question.sides + (len(said[1]) if question is CAPACITY else 0)
    if question is OVERHEAD:
        found = splits(fit)
        said.append([sentences.split(split) for split in found])
        said.insert(0, [sentences.split(split) for split in found if not split.full.setting.woken])
        said[-1] = [statement for statement in said[-1] if statement not in said[0]]
        leading = len(said[0])
    return Finding(question, tuple(chain(*said)), groups[0], tuple(groups), leading)


def _drops(loads: Sequence[Sweep], view: SessionView) -> Finding:
    """Show the losses at every size; of each load tell the size that tells most."""
    groups = [_group(DROPS, comparison, emulated=view.emulated) for sweep in loads for comparison in sweep.comparisons]
    said: list[Statement] = []
    telling = []
    for sweep in loads:
        telling.append(next(group for group in groups if group.comparison == sweep.telling()))
        said.append(sentences.losses(sweep, telling[-1].lines[0], DROPS))
    few = loads[:_FEW_LOADS]
    first = said[: len(few)] + sentences.enough(few, view.cpus)
    rest = said[len(few) :] + sentences.enough(loads[len(few) :], view.cpus)
    return Finding(DROPS, (*first, *rest), telling[0], tuple(groups), len(first))


def _fit(question: Question, cells: Sequence[Cell]) -> list[Cell]:
    """Choose the cells that can answer: those of the question's mode, if any of them has a partner or no other does.

    A cell without a figure stays if it is the partner of one that has some: it was not measured, and that is said.
    """
    cells = [cell for cell in cells if question.fits(cell.setting)]
    settings = {cell.setting for cell in cells if any(cell.has(name) for name in question.columns)}
    able = [cell for cell in cells if cell.setting in settings]
    best = min(comparisons(able), key=lambda c: _rank(question, c), default=None)
    return [cell for cell in able if best and cell.setting.mode == best.setting.mode]


def _rank(question: Question, comparison: Comparison) -> tuple[bool, ...]:
    """Sort what is measured on two sides before the rest, and the question's own mode before the other."""
    both = comparison.head is not None and all(cell.has(question.columns[0]) for cell in comparison.cells)
    return not both, comparison.head is None, comparison.setting.mode != question.mode


def _largest(sweep: Sweep) -> list[Comparison]:
    """Return the comparison of each pair of transports at the largest size that both had."""
    found = _each_pair_once(sweep.comparisons)
    partnered = {cell.transport for comparison in found if comparison.head for cell in comparison.cells}
    return [comparison for comparison in found if comparison.head or comparison.base.transport not in partnered]


def _each_pair_once(shown: Sequence[Comparison]) -> list[Comparison]:
    """Keep the first comparison of each pair of transports."""
    found: dict[tuple[str, ...], Comparison] = {}
    for comparison in shown:
        found.setdefault(tuple(comparison.transports), comparison)
    return list(found.values())


def _group(question: Question, comparison: Comparison, *, emulated: bool) -> Group:
    def why(name: str) -> str:
        crossing = [lives for cell in comparison.cells for lives in cell.values("cross_cpu_lives")]
        if question.across_cpus and crossing and not any(crossing):
            return "no life was seen on two CPUs, so there was no order between CPUs to keep or to break"
        return question.unranked(name, comparison.setting, emulated=emulated)

    lines = [judge(comparison, name, unranked=why(name)) for name in question.columns]
    return Group(comparison, tuple(line for line in lines if line.measured or not line.column.only_some))


def _said(question: Question, group: Group) -> list[Statement]:
    own = {MEMORY: sentences.memory, CAPACITY: sentences.capacity, ORDER: sentences.order}
    say = own.get(question, sentences.figures)
    meanwhile = sentences.lost_meanwhile(group.lines) if question.timed else []
    return say(group.lines, question) + meanwhile
