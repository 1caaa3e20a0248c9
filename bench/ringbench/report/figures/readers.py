"""Figure: what each reader takes and costs under each wake-up, where a firehose sends all that it can."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import chain
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ringbench.analysis.cells import Cell, cells_of
from ringbench.analysis.quantities import amount, count, estimate, size
from ringbench.analysis.questions import WAKEUPS
from ringbench.analysis.setting import Setting
from ringbench.analysis.view import SessionView, order_of
from ringbench.report.figures import style
from ringbench.report.figures.axis import is_wide, linear_x, logarithmic_x, ticks
from ringbench.report.figures.data import Table, of_repeats
from ringbench.report.figures.figure import POINTS, FigureKind, repeats
from ringbench.report.figures.marks import Mark, key, point
from ringbench.report.figures.style import Sheet

_HEAD, _GAP = 0.24, 0.08
"""Heights of a reader's name and of the gap behind its rows, in inches."""
_BESIDE, _ASIDE = 0.12, 0.045
"""How far transports stand below each other, and repeats below their median, in inches."""
_LEGEND, _TITLE, _AXIS = 0.16, 0.26, 0.46
_LEFT, _BETWEEN, _RIGHT = 2.05, 0.28, 0.2
_LEAST = 0.3
"""Height of a row at least, in inches: its name may take two lines."""
_NAME = 33
"""Characters of a line of it."""
_MOST = 24
"""Rows that a sheet has room for."""
_FEW_TICKS = 3
_SHOWN = (
    ("events_per_s", "events/s", "Delivered a second"),
    ("producer_ns_per_event", "ns", "Producer, per event"),
    ("consumer_cpu_ns_per_event", "ns", "Reader, per event"),
)


@dataclass(frozen=True)
class _Row:
    """A reader under a wake-up: the cells of all transports in one setting."""

    setting: Setting
    cells: Sequence[Cell]


@dataclass(frozen=True)
class _Layout:
    """Where the rows lie, in inches from the top of a panel."""

    rows: Sequence[_Row]
    transports: Sequence[str]

    @property
    def row(self) -> float:
        """Return the height of a row."""
        return max(_LEAST, _BESIDE * len(self.transports) + _GAP)

    @property
    def places(self) -> list[tuple[float, _Row]]:
        """Return the middle of each row; above a reader's first one is its name."""
        place, last, found = 0.0, "", []
        for row in self.rows:
            place += _HEAD if row.setting.reader != last else 0.0
            last = row.setting.reader
            found.append((place + self.row / 2, row))
            place += self.row
        return found

    @property
    def height(self) -> float:
        """Return the height of a panel."""
        return self.places[-1][0] + self.row / 2


def draw(view: SessionView) -> Figure | None:
    """Draw the panels beside each other; None where no firehose was measured alone."""
    rows = _rows(view)
    shown = [column for column in _SHOWN if any(cell.has(column[0]) for row in rows for cell in row.cells)]
    if not shown:
        return None
    kept = rows[:_MOST]
    cells = list(chain(*(row.cells for row in kept)))
    layout = _Layout(kept, sorted({cell.transport for cell in cells}, key=order_of))
    sheet = Sheet(
        view,
        _title(kept, shown[0]),
        _subtitle(view, kept),
        body=_LEGEND + _TITLE + layout.height + _AXIS,
        note=f"{repeats(cells)}. {POINTS} Rows of one reader differ in its wake-ups or waits.",
    )
    wide = (style.WIDTH - _LEFT - _RIGHT - _BETWEEN * (len(shown) - 1)) / len(shown)
    with style.looks():
        for place, column in enumerate(shown):
            left = _LEFT + place * (wide + _BETWEEN)
            axes = sheet.panel(_LEGEND + _TITLE, layout.height, left, style.WIDTH - left - wide)
            _panel(axes, layout, column)
            if not place:
                _names(axes, layout)
        sheet.legend([key(transport) for transport in layout.transports])
    return sheet.figure


def alt(view: SessionView) -> str:
    """Say every median."""
    return " ".join(
        f"{title} ({row.setting.words()}): "
        + ", ".join(f"{cell.transport} {estimate(cell.interval(name), unit)}" for cell in row.cells)
        + "."
        for name, unit, title in _SHOWN
        for row in _rows(view)
        if any(cell.has(name) for cell in row.cells)
    )


def data(view: SessionView) -> Table:
    """Return every repeat of every row."""
    return [
        line
        for name, unit, title in _SHOWN
        for row in _rows(view)
        for line in of_repeats(title, unit, row.cells, partial(Cell.values, column=name))
    ]


def _rows(view: SessionView) -> list[_Row]:
    """Return rows that differ in nothing but the reader, its wake-ups and its waits: those with most readers, and
    of them those with most to compare.
    """
    alike: dict[Setting, list[_Row]] = {}
    for row in _firehoses(view):
        without = replace(row.setting, reader="", wakeup="", wait="", drain_interval_s=None)
        alike.setdefault(without, []).append(row)

    def told(rows: list[_Row]) -> tuple[int, int]:
        return len({row.setting.reader for row in rows}), sum(len(row.cells) for row in rows)

    return max(alike.values(), key=told, default=[])


def _firehoses(view: SessionView) -> list[_Row]:
    """Return a row for each setting of isolated firehose trials that has a figure to show."""
    found: dict[Setting, list[Cell]] = {}
    for cell in cells_of(view.figures):
        if cell.setting.sampled and cell.setting.mode == "isolated" and any(cell.has(name) for name, _, _ in _SHOWN):
            found.setdefault(cell.setting, []).append(cell)
    return [_Row(setting, cells) for setting, cells in found.items()]


def _title(rows: Sequence[_Row], column: tuple[str, str, str]) -> str:
    """Say how far apart the medians are, and whose the ends are."""
    name, unit, title = column
    cells = chain(*(row.cells for row in rows))
    medians = [(median, cell) for cell in cells if (median := cell.interval(name).value) is not None]
    ends = (min(medians, key=lambda end: end[0]), max(medians, key=lambda end: end[0]))
    told = [f"{amount(median, unit)} ({_who(cell, rows)})" for median, cell in ends]
    return f"{title}: {told[0]}" if ends[0] is ends[1] else f"{title}: from {told[0]} to {told[1]}"


def _who(cell: Cell, rows: Sequence[_Row]) -> str:
    """Name a cell shortly: how its reader waits only where the same reader under the same wake-up waits otherwise."""
    reader, wakeup, wait = cell.setting.reader, cell.setting.wakeup, cell.setting.wait
    alike = [row for row in rows if (row.setting.reader, row.setting.wakeup) == (reader, wakeup)]
    return f"{cell.transport}, {reader}, wake-up {wakeup}{f', {wait}' if len(alike) > 1 and wait else ''}"


def _subtitle(view: SessionView, kept: Sequence[_Row]) -> str:
    """Return what all rows have in common, and how many settings have no place here."""
    setting = kept[0].setting
    where = [f"reader{setting.placement_words}"] if setting.placement_words else []
    common = ", ".join([setting.load_words, size(setting.asked_bytes), *where, f"{setting.mode} trials"])
    left = len(_firehoses(view)) - len(kept)
    return f"{common}. {count(left, 'more setting')} had no room here: see the table." if left else common


def _panel(axes: Axes, layout: _Layout, column: tuple[str, str, str]) -> None:
    name, unit, title = column
    figures = [value for row in layout.rows for cell in row.cells for value in cell.values(name)]
    if is_wide(figures):
        shown = logarithmic_x(axes, figures, unit, _FEW_TICKS)
        if unit == "events/s":  # has no room behind each number, and has it below them all
            labels = [label.get_text().removesuffix(f" {unit}") for label in axes.get_xticklabels()]
            ticks(axes.xaxis, list(axes.get_xticks()), labels)
            shown = f"{unit}, {shown}"
    else:
        shown = linear_x(axes, figures, unit, _FEW_TICKS)
        axes.axvline(0, color=style.QUIET, lw=0.8, zorder=1)
    axes.set_ylim(layout.height, 0)
    axes.set_yticks([])
    axes.spines["left"].set_visible(False)
    axes.grid(axis="x")
    axes.set_axisbelow(True)
    axes.set_title(title, loc="left", fontsize=9, fontweight="bold")
    axes.set_xlabel(shown, fontsize=8.5)
    for middle, row in layout.places:
        axes.axhline(middle - layout.row / 2, color=style.RULE, lw=0.5, zorder=0.5)
        for cell in row.cells:
            aside = (layout.transports.index(cell.transport) - (len(layout.transports) - 1) / 2) * _BESIDE
            label = f"{cell.transport}, {row.setting.reader}, {row.setting.wakeup_words}"
            mark = Mark(cell.transport, cell.values(name), label, unit)
            point(axes, mark, middle + aside, aside=_ASIDE, along_x=True)


def _names(axes: Axes, layout: _Layout) -> None:
    """Write each row's wake-up left of the first panel, and each reader's name above its rows."""
    last = ""
    for middle, row in layout.places:
        top = middle - layout.row / 2
        if row.setting.reader != last:
            last = row.setting.reader
            _beside(axes, top - _HEAD / 2, style.text(last, 28), fontweight="bold")
        lines = textwrap.wrap(style.text(row.setting.wakeup_words), _NAME, break_on_hyphens=False, max_lines=2)
        _beside(axes, middle, "\n".join(lines), fontsize=7.5)


def _beside(axes: Axes, y: float, words: str, **looks: Any) -> None:
    far_left = -(_LEFT - 0.12) * 72
    axes.annotate(
        words, (0, y), (far_left, 0), xycoords=axes.get_yaxis_transform(), textcoords="offset points", va="center",
        annotation_clip=False, **looks,
    )  # fmt: skip


FIGURE = FigureKind(
    "readers",
    WAKEUPS.name,
    draw,
    alt,
    "A firehose sends all that it can, so who is slower sets the pace, and what finds no room is lost: see the drops. "
    "Further right is more in the first panel, and dearer in the others; each has a scale of its own. A reader that "
    "spins keeps its CPU busy throughout, so its cost per event falls with what it gets. It does not show what a "
    "reader could take at most: see capacity.",
    data,
)
