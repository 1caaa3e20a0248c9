"""Figures that show the same columns in every setting: a panel for each column, a group of rows for each setting."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from matplotlib.figure import Figure

from ringbench.analysis.cells import Cell
from ringbench.analysis.findings import finding
from ringbench.analysis.quantities import count
from ringbench.analysis.questions import Question
from ringbench.analysis.setting import Setting
from ringbench.analysis.view import SessionView
from ringbench.data.metrics import COLUMNS, Column, Panel
from ringbench.report.figures import forest
from ringbench.report.figures.data import Table
from ringbench.report.figures.figure import FigureKind, headline

_MOST = 8
"""Settings that a panel has room for."""


def of_question(question: Question) -> FigureKind:
    """Return the figure of a section that has none of its own, drawn as its metric's columns say."""
    shown = [column for name in question.columns if (column := COLUMNS[name]).panel] or [
        COLUMNS[name] for name in question.columns
    ]

    def panels(view: SessionView) -> list[forest.Panel]:
        settings = list(settings_of(view, question).items())[:_MOST]
        every = (
            forest.Panel(
                panel.title,
                "1" if panel.per_thousand else column.unit,
                [forest.Rows(setting.words(), cells, _values(column.name, panel)) for setting, cells in settings],
                panel.axis,
                panel.linear,
            )
            for column in shown
            for panel in (column.panel or Panel(title=column.title),)
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
        return forest.draw(view, headline(found), where, drawn, note=note, shared=question.one_scale)[0]

    def data(view: SessionView) -> Table:
        return [row for panel in panels(view) for row in panel.data()]

    def alt(view: SessionView) -> str:
        return " ".join(panel.words() for panel in panels(view))

    return FigureKind(
        question.figure or question.name, question.name, draw, alt, question.caption or _caption(shown), data
    )


def _values(name: str, panel: Panel) -> forest.Values:
    return lambda cell: cell.per_thousand(name) if panel.per_thousand else cell.values(name)


def _caption(shown: Sequence[Column]) -> str:
    """Say which way is better, for columns that don't say more of themselves."""
    ways = {column.better: "left" if column.better == "lower" else "right" for column in shown}
    if len(ways) == 1:
        return f"Further {next(iter(ways.values()))} is better; each panel has a scale of its own."
    which = "; ".join(f"{column.title}: further {ways[column.better]} is better" for column in shown)
    return f"{which}. Each panel has a scale of its own."


def settings_of(view: SessionView, question: Question) -> Mapping[Setting, Sequence[Cell]]:
    """Return the cells that answer *question* by setting, each once, in the order of the finding."""
    found: dict[Setting, list[Cell]] = {}
    for group in finding(view, question).groups:
        cells = found.setdefault(group.comparison.setting, [])
        cells += [cell for cell in group.comparison.cells if all(cell is not other for other in cells)]
    return found
