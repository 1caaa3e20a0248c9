"""What a figure is: a name, how to draw it, how to read it, and its content in words."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from matplotlib.figure import Figure

from ringbench.analysis.cells import Cell
from ringbench.analysis.findings import Finding
from ringbench.analysis.judgement import Verdict
from ringbench.analysis.quantities import amount, listed
from ringbench.analysis.view import SessionView
from ringbench.report.figures.data import Table

POINTS = (
    "Small points: the repeats, where they differ; ringed: outliers, kept. Large marker: their median, hollow where "
    "all are 0. Bar: 95 % interval of the median."
)
"""What the marks stand for."""


@dataclass(frozen=True)
class FigureKind:
    """One figure of the report."""

    name: str
    """Also the name of its files under plots/."""
    question: str
    """Name of the question that it helps to answer."""
    draw: Callable[[SessionView], Figure | None]
    """Draw it; None where the session has nothing for it."""
    alt: Callable[[SessionView], str]
    """Say what it shows, for who can't see it; computed from the data."""
    caption: str
    """How to read it, and what it does not show."""
    data: Callable[[SessionView], Table]
    """Return the values that it draws."""


def headline(finding: Finding) -> str:
    """Return a title that says what was found, and no more than the figures allow."""
    if finding.headline is None:
        return finding.question.asked
    line = next((line for line in finding.headline.lines if line.measured), finding.headline.lines[0])
    column, cells = line.column, line.comparison.cells
    both = listed([cell.transport for cell in cells])
    unit = "1" if column.unit == "events" else column.unit
    if line.winner:
        values = ", ".join(f"{amount(cell.interval(column.name).value, unit)} with {cell.transport}" for cell in cells)
        a_trial = " a trial" if column.unit == "events" else ""
        return f"{line.winner} {finding.question.better}. {column.title}{a_trial}: {values}"
    if line.verdict is Verdict.UNDECIDED:
        return f"{column.title}: no difference shown between {both}"
    if line.verdict is Verdict.EQUAL:
        return f"{column.title}: no difference in any repeat between {both}"
    why = f" (not ranked: {line.reason})" if line.verdict is Verdict.NOT_RANKED else ""
    return f"{column.title} with {both}{why}"


def repeats(cells: Iterable[Cell]) -> str:
    """Return how many repeats stand behind a median."""
    numbers = sorted({cell.repeats for cell in cells})
    many = str(numbers[0]) if len(numbers) == 1 else f"{numbers[0]} to {numbers[-1]}"
    return f"n = {many} repeat{'s' * (many != '1')}"
