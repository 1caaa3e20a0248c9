"""Rows of points: a row for each transport, in groups that may be compared, with every repeat below its median.

The medians stand beside the rows as text, too: nobody has to read them off the axis.
"""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ringbench.analysis.cells import Cell, median_of
from ringbench.analysis.quantities import NOT_MEASURED, amount, estimate
from ringbench.analysis.view import SessionView
from ringbench.report.figures import style
from ringbench.report.figures.axis import is_wide, linear_x, logarithmic_x
from ringbench.report.figures.data import Table, of_repeats
from ringbench.report.figures.figure import POINTS, repeats
from ringbench.report.figures.marks import Mark, point
from ringbench.report.figures.style import Sheet

_ROW, _HEAD, _GAP = 0.2, 0.21, 0.1
"""Heights of a transport's row, of a group's name and of the gap behind a group, in inches."""
_NAME, _LINE = 120, 0.14
"""Characters of a line of a group's name, and the height of each line but the first, in inches."""
_TITLE, _AXIS = 0.27, 0.52
"""Heights of a panel's title, and of its axis with ticks and name, in inches."""
_LEFT, _RIGHT = 1.4, 1.15
_BELOW = 0.07
"""How far the repeats lie below their median, so that it doesn't cover them."""
_POINTS_PER_INCH = 72

Values = Callable[[Cell], Sequence[float]]


@dataclass(frozen=True)
class Rows:
    """A group of rows: a cell each, and which of its figures is shown."""

    name: str
    cells: Sequence[Cell]
    values: Values
    """The figure of each repeat."""

    def called(self, title: str) -> str:
        """Return what its values are called beside their setting: *title*, and what else tells them apart."""
        of_setting = any(cell.setting.words() == self.name for cell in self.cells)
        return title if of_setting else f"{title} ({self.name})"

    @property
    def lines(self) -> list[str]:
        """Return its name in lines: settings often differ in their last words only."""
        return textwrap.wrap(style.text(self.name, 2 * _NAME), _NAME, break_on_hyphens=False) or [""]

    @property
    def head(self) -> float:
        """Return the inches of its name."""
        return _HEAD + _LINE * (len(self.lines) - 1)

    @property
    def height(self) -> float:
        """Return the inches it takes."""
        return self.head + _ROW * len(self.cells) + _GAP


@dataclass(frozen=True)
class Panel:
    """Groups of rows on one axis."""

    title: str
    unit: str
    """As in :class:`ringbench.data.metrics.Column`."""
    groups: Sequence[Rows]
    axis: str = ""
    """Name of the axis, if the unit isn't enough."""
    linear: bool = False
    """Keep the axis linear however far apart the figures are: their zero matters."""

    @property
    def figures(self) -> list[float]:
        """Return every figure that it shows."""
        return [value for group in self.groups for cell in group.cells for value in group.values(cell)]

    @property
    def height(self) -> float:
        """Return the inches its rows take."""
        return sum(group.height for group in self.groups)

    def data(self) -> Table:
        """Return what it draws."""
        return [
            row
            for group in self.groups
            for row in of_repeats(group.called(self.title), self.axis or self.unit, group.cells, group.values)
        ]

    def words(self) -> str:
        """Return its medians in words."""
        return " ".join(
            f"{self.title} ({group.name}): "
            + ", ".join(f"{c.transport} {estimate(median_of(tuple(group.values(c))), self.unit)}" for c in group.cells)
            + "."
            for group in self.groups
        )


def draw(
    view: SessionView, title: str, subtitle: str, panels: Sequence[Panel], *, note: str = "", shared: bool = False
) -> tuple[Figure, list[Axes]]:
    """Draw *panels* under one another; if *shared*, on one scale."""
    cells = chain(*(group.cells for panel in panels for group in panel.groups))
    body = sum(_TITLE + panel.height + _AXIS for panel in panels)
    sheet = Sheet(view, title, subtitle, body=body, note=f"{repeats(cells)}. {POINTS} {note}".rstrip())
    every, top, drawn = list(chain(*(panel.figures for panel in panels))), 0.0, []
    with style.looks():
        for panel in panels:
            axes = sheet.panel(top + _TITLE, panel.height, _LEFT, _RIGHT)
            _panel(axes, panel, every if shared else panel.figures)
            drawn.append(axes)
            top += _TITLE + panel.height + _AXIS
    return sheet.figure, drawn


def _panel(axes: Axes, panel: Panel, figures: Sequence[float]) -> None:
    log = is_wide(figures) and not panel.linear
    unit = logarithmic_x(axes, figures, panel.unit) if log else linear_x(axes, figures, panel.unit)
    axes.set_ylim(panel.height, 0)
    axes.set_yticks([])
    axes.spines["left"].set_visible(False)
    axes.grid(axis="x")
    axes.set_axisbelow(True)
    if not log:
        axes.axvline(0, color=style.QUIET, lw=0.8, zorder=1)
    axes.set_xlabel(panel.axis or unit, fontsize=8.5)
    far_left = -(_LEFT - 0.12) * _POINTS_PER_INCH
    _beside(axes, (0, 0), panel.title, (far_left, 10), fontweight="bold")
    y = 0.0
    for group in panel.groups:
        # Above the grid, below the points, and a little wider than the axes, whose zero line is half outside.
        axes.axhspan(y, y + group.head, -0.01, 1.01, color=style.PAPER, lw=0, zorder=1.5, clip_on=False)
        _beside(axes, (0, y + group.head / 2), "\n".join(group.lines), (far_left, 0), color=style.QUIET, fontsize=8)
        for place, cell in enumerate(group.cells):
            _row(axes, y + group.head + (place + 0.5) * _ROW, group, cell, panel.unit)
        y += group.height


def _row(axes: Axes, y: float, group: Rows, cell: Cell, unit: str) -> None:
    values = group.values(cell)
    _beside(axes, (0, y), style.text(cell.transport, 16), (-8, 0), ha="right")
    figure = median_of(tuple(values))
    if figure.value is None:
        _beside(axes, (1, y), NOT_MEASURED, (8, 0), color=style.QUIET, fontstyle="italic")
        return
    _beside(axes, (1, y), amount(figure.value, unit), (8, 0))
    point(axes, Mark(cell.transport, values, f"{cell.transport}, {group.name}", unit), y, aside=_BELOW, along_x=True)


def _beside(axes: Axes, at: tuple[float, float], words: str, moved: tuple[float, float], **looks: Any) -> None:
    """Write *words* at x 0 or 1 (the left or right end of the axes) and y (of the data), *moved* by points."""
    across = axes.get_yaxis_transform()
    axes.annotate(
        words, at, moved, xycoords=across, textcoords="offset points", va="center", annotation_clip=False, **looks
    )
