"""Figure: what draining and submitting take by themselves, over the length of a record, with memcpy beside them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import chain

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from ringbench.analysis.cells import Cell
from ringbench.analysis.findings import Finding, finding
from ringbench.analysis.quantities import count, estimate, listed, size
from ringbench.analysis.questions import CAPACITY
from ringbench.analysis.setting import Setting
from ringbench.analysis.view import SessionView, order_of
from ringbench.report.figures import style
from ringbench.report.figures.axis import doublings_x, is_wide, linear_y, logarithmic_y
from ringbench.report.figures.data import Table, of_repeats
from ringbench.report.figures.figure import POINTS, FigureKind, headline, repeats
from ringbench.report.figures.marks import Mark, key, point
from ringbench.report.figures.style import Sheet, look

_PANEL, _TITLE, _AXIS = 1.8, 0.34, 0.5
"""Heights of a panel, of its title and of the axis below it, in inches."""
_LEGEND = 0.12
_LEFT, _BETWEEN, _RIGHT = 0.8, 0.3, 0.2
_ACROSS = 3
"""Readers beside each other."""
_MOST = 9
_BESIDE, _ASIDE, _HALF = 0.12, 0.05, 0.055
"""How far transports stand beside each other, repeats beside their median, and half a memcpy's bar, in inches."""
_DRAIN, _MEMCPY, _FILL = "drain_ns_per_event", "memcpy_ns_per_event", "fill_ns_per_event"
_YARDSTICK = Line2D([], [], color=style.QUIET, lw=2.2, label="memcpy of the same bytes")


@dataclass(frozen=True)
class _Panel:
    """One reader's drains, or the producer alone."""

    title: str
    cells: Sequence[Cell]
    column: str
    yardstick: str = ""

    @property
    def figures(self) -> list[float]:
        """Return every figure that it shows."""
        columns = [name for name in (self.column, self.yardstick) if name]
        return [value for cell in self.cells for name in columns for value in cell.values(name)]

    def words(self) -> str:
        """Return its medians in words."""
        return " ".join(
            f"{self.title}, {cell.transport}, {cell.setting.record_bytes:,}-byte records: "
            f"{estimate(cell.interval(self.column), 'ns')} an event{self._memcpy(cell)}."
            for cell in self.cells
        )

    def _memcpy(self, cell: Cell) -> str:
        return f" (memcpy: {estimate(cell.interval(self.yardstick), 'ns')})" if self.yardstick else ""


def draw(view: SessionView) -> Figure | None:
    """Draw a panel for each reader and one for the producer; None where no buffer was filled and drained."""
    found = finding(view, CAPACITY)
    drains, fill = _panels(view)
    if found.headline is None or not (drains or fill.cells):
        return None
    shown = drains[:_MOST]
    across = max(1, min(_ACROSS, len(shown)))
    rows, step = math.ceil(len(shown) / across), _TITLE + _PANEL + _AXIS
    cells = list(chain(fill.cells, *(panel.cells for panel in shown)))
    sheet = Sheet(
        view,
        headline(found),
        _subtitle(found, len(drains) - len(shown), len({cell.setting for cell in _cells(view)})),
        body=_LEGEND + (rows + bool(fill.cells)) * step,
        note=f"{repeats(cells)}. {POINTS} Lines only lead the eye.",
    )
    wide = (style.WIDTH - _LEFT - _RIGHT - _BETWEEN * (across - 1)) / across
    every = list(chain(*(panel.figures for panel in shown)))
    with style.looks():
        for place, panel in enumerate(shown):
            row, column = divmod(place, across)
            left = _LEFT + column * (wide + _BETWEEN)
            axes = sheet.panel(_LEGEND + row * step + _TITLE, _PANEL, left, style.WIDTH - left - wide)
            _panel(axes, panel, wide, every, named=column == 0)
        if fill.cells:
            axes = sheet.panel(_LEGEND + rows * step + _TITLE, _PANEL, _LEFT, _RIGHT)
            _panel(axes, fill, style.WIDTH - _LEFT - _RIGHT, fill.figures, named=True)
        transports = sorted({cell.transport for cell in cells}, key=order_of)
        sheet.legend([*(key(transport) for transport in transports), *([_YARDSTICK] if shown else [])])
    return sheet.figure


def alt(view: SessionView) -> str:
    """Say every median."""
    drains, fill = _panels(view)
    return " ".join(panel.words() for panel in (*drains, fill) if panel.cells)


def data(view: SessionView) -> Table:
    """Return what every panel shows of each repeat, the yardstick too."""
    drains, fill = _panels(view)
    return [
        row
        for panel in (*drains, fill)
        for column in (panel.column, panel.yardstick)
        if column
        for row in of_repeats(f"{panel.title}: {column}", "ns", panel.cells, partial(Cell.values, column=column))
    ]


def _panels(view: SessionView) -> tuple[list[_Panel], _Panel]:
    """Return a panel for each reader, and the producer's, which no reader disturbs: each cell's first is enough."""
    cells = _cells(view)
    readers = dict.fromkeys(cell.setting.reader for cell in cells if cell.has(_DRAIN))
    drains = [
        _Panel(f"{name} reader", [c for c in cells if c.setting.reader == name and c.has(_DRAIN)], _DRAIN, _MEMCPY)
        for name in readers
    ]
    first: dict[tuple[str, int], Cell] = {}
    for cell in cells:
        if cell.has(_FILL):
            first.setdefault((cell.transport, cell.setting.record_bytes), cell)
    return drains, _Panel("Producer alone, in a test run", list(first.values()), _FILL)


def _cells(view: SessionView) -> list[Cell]:
    """Return the cells that differ from the headline in nothing but transport, reader and length of record."""
    found = finding(view, CAPACITY)
    if found.headline is None:
        return []
    usual = found.headline.comparison.setting
    cells = {id(cell): cell for group in found.groups for cell in group.comparison.cells}
    return [cell for cell in cells.values() if _like(cell.setting, usual) and cell.setting.record_bytes > 0]


def _like(setting: Setting, usual: Setting) -> bool:
    return replace(setting, reader=usual.reader, record_bytes=usual.record_bytes) == usual


def _subtitle(found: Finding, readers: int, settings: int) -> str:
    """Return what the title speaks of, what all panels have in common, and what has no place among *settings*."""
    if found.headline is None:
        return ""
    setting = found.headline.comparison.setting
    titled = ", ".join(words for words in (setting.reader_words, setting.record_words) if words)
    left = ((readers, "more reader"), (found.further + 1 - settings, "more setting"))
    more = listed([count(n, noun) for n, noun in left if n > 0])
    return (
        f"In the title: {titled}. Everywhere: {setting.workload_words}, {size(setting.asked_bytes)}, "
        f"{setting.wakeup_words}, {setting.mode} trials.{f' {more} had no room here: see the table.' if more else ''}"
    )


def _panel(axes: Axes, panel: _Panel, wide: float, figures: Sequence[float], *, named: bool) -> None:
    axes.grid(axis="y")
    axes.set_axisbelow(True)
    axes.set_title(style.text(panel.title, int(wide * 13)), loc="left", fontsize=9, fontweight="bold")
    inches = doublings_x(axes, [cell.setting.record_bytes for cell in panel.cells], wide)
    set_axis = logarithmic_y if is_wide(figures) else linear_y
    unit = set_axis(axes, figures, "ns")
    if named:
        axes.set_ylabel(f"per event, {unit}", fontsize=8.5)
    else:
        axes.set_yticklabels([])
    axes.set_xlabel("length of a record, logarithmic", fontsize=8.5)
    transports = sorted({cell.transport for cell in panel.cells}, key=order_of)
    for place, transport in enumerate(transports):
        aside = (place - (len(transports) - 1) / 2) * _BESIDE / inches
        cells = sorted((c for c in panel.cells if c.transport == transport), key=lambda cell: cell.setting.record_bytes)
        _transport(axes, panel, cells, aside, inches)


def _transport(axes: Axes, panel: _Panel, cells: Sequence[Cell], aside: float, inches: float) -> None:
    places = [math.log2(cell.setting.record_bytes) + aside for cell in cells]
    medians = [cell.interval(panel.column).value or 0 for cell in cells]
    axes.plot(places, medians, color=look(cells[0].transport).color, lw=0.8, alpha=0.6)
    for place, cell in zip(places, cells, strict=True):
        if panel.yardstick and (memcpy := cell.interval(panel.yardstick).value) is not None:
            ends = [place - _HALF / inches, place + _HALF / inches]
            axes.plot(ends, [memcpy] * 2, color=style.QUIET, lw=2.2, solid_capstyle="butt", zorder=2)
        label = f"{cell.transport}, {panel.title}, {cell.setting.record_bytes}"
        mark = Mark(cell.transport, cell.values(panel.column), label, "ns")
        point(axes, mark, place, aside=_ASIDE / inches, along_x=False)


FIGURE = FigureKind(
    "capacity",
    CAPACITY.name,
    draw,
    alt,
    "Lower is faster; the readers' panels share one scale. Where a reader's points lie on the grey bars, copying the "
    "bytes explains its time; far above them, what it does for each record dominates. Below them it copies less: only "
    "a part of the record, to memory that it uses again, or nothing. Drained is a buffer that nobody writes to, "
    "so this is not throughput, and the producer alone has neither system call nor tracepoint in its figure.",
    data,
)
