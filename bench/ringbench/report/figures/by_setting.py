"""Figures that show the same columns in every setting: a panel for each column, a group of rows for each setting."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from matplotlib.figure import Figure

from ringbench.analysis.cells import Cell
from ringbench.analysis.findings import finding
from ringbench.analysis.quantities import count
from ringbench.analysis.questions import Question
from ringbench.analysis.setting import Setting
from ringbench.analysis.view import SessionView
from ringbench.report.figures import forest
from ringbench.report.figures.data import Table
from ringbench.report.figures.figure import FigureKind, headline

_MOST = 8
"""Settings that a panel has room for."""


@dataclass(frozen=True)
class Shown:
    """A column to show in each setting; see :class:`ringbench.report.figures.forest.Panel`."""

    title: str
    unit: str
    values: forest.Values
    axis: str = ""
    linear: bool = False


def kind(name: str, question: Question, shown: Sequence[Shown], caption: str, *, shared: bool = False) -> FigureKind:
    """Return the figure *name* that answers *question*; if *shared*, its panels are on one scale."""

    def panels(view: SessionView) -> list[forest.Panel]:
        settings = list(settings_of(view, question).items())[:_MOST]
        every = (
            forest.Panel(
                column.title,
                column.unit,
                [forest.Rows(setting.words(), cells, column.values) for setting, cells in settings],
                column.axis,
                column.linear,
            )
            for column in shown
        )
        return [panel for panel in every if panel.figures]

    def draw(view: SessionView) -> Figure | None:
        found, drawn = finding(view, question), panels(view)
        if not drawn or found.headline is None:
            return None
        more = len(settings_of(view, question)) - _MOST
        note = "Only rows of the same setting may be compared."
        if more > 0:
            note += f" {count(more, 'more setting')} had no room here: see the table."
        where = found.headline.comparison.setting.words()
        return forest.draw(view, headline(found), where, drawn, note=note, shared=shared)[0]

    def data(view: SessionView) -> Table:
        return [row for panel in panels(view) for row in panel.data()]

    return FigureKind(
        name, question.name, draw, lambda view: " ".join(panel.words() for panel in panels(view)), caption, data
    )


def settings_of(view: SessionView, question: Question) -> Mapping[Setting, Sequence[Cell]]:
    """Return the cells that answer *question* by setting, each once, in the order of the finding."""
    found: dict[Setting, list[Cell]] = {}
    for group in finding(view, question).groups:
        cells = found.setdefault(group.comparison.setting, [])
        cells += [cell for cell in group.comparison.cells if all(cell is not other for other in cells)]
    return found
