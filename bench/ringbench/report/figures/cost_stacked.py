"""Figure: what an event costs in all: the producer's part, and on top of it the reader's."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from ringbench.analysis.cells import Cell, median_of
from ringbench.analysis.quantities import amount, count, estimate
from ringbench.analysis.questions import COST
from ringbench.analysis.setting import Setting
from ringbench.analysis.view import SessionView
from ringbench.report.figures import style
from ringbench.report.figures.axis import linear_y, ticks
from ringbench.report.figures.by_setting import settings_of
from ringbench.report.figures.data import Table, of_repeats
from ringbench.report.figures.figure import FigureKind, repeats
from ringbench.report.figures.marks import Mark, point
from ringbench.report.figures.multiples import MOST, Multiples
from ringbench.report.figures.style import Sheet, look
from ringbench.report.figures.svg import tip

_PARTS = (("producer_ns_per_event", "producer"), ("consumer_cpu_ns_per_event", "reader"))
_SHADES = (0.5, 0.2)
"""How opaque each part is: words on it stay readable, on dark paper, too."""
_BAR, _BESIDE, _ASIDE = 0.5, 0.34, 0.07
"""Width of a bar, how far right of its middle the sums are, and the repeats beside them; a transport has 1."""
_ROOM = 0.09
"""Least share of an axis that a part needs to be written into."""


def draw(view: SessionView) -> Figure | None:
    """Draw a panel for each setting; None where not both parts were measured."""
    every = _settings(view)
    kept = every[:MOST]
    if not kept:
        return None
    cells = [cell for _, of_setting in kept for cell in of_setting]
    more = f" {count(len(every) - MOST, 'more setting')} had no room here: see the table." if len(every) > MOST else ""
    many = Multiples([setting for setting, _ in kept], sized=True, own=True)
    sheet = Sheet(
        view,
        _title(kept[0]),
        f"First: {kept[0][0].words()}.{more}" if len(kept) > 1 else kept[0][0].words(),
        body=many.body,
        note=f"{repeats(cells)}. Bars: medians of both parts. Right of them the sum: small points are the repeats "
        "(ringed: outliers, kept), the large one is their median, the bar its 95 % interval. Each panel has a scale of "
        "its own, from 0.",
    )
    with style.looks():
        for place, (_, of_setting) in enumerate(kept):
            _panel(many.axes(sheet, place), of_setting)
        sheet.legend([_key(name, alpha) for (_, name), alpha in zip(_PARTS, _SHADES, strict=True)])
    return sheet.figure


def alt(view: SessionView) -> str:
    """Say the sum and both parts of every cell."""
    return " ".join(
        f"{cell.transport}: {estimate(median_of(tuple(_sums(cell))), 'ns')} an event, of it "
        + ", ".join(f"{name} {estimate(cell.interval(column), 'ns')}" for column, name in _PARTS)
        + f" ({setting.words()})."
        for setting, cells in _settings(view)[:MOST]
        for cell in cells
    )


def data(view: SessionView) -> Table:
    """Return both parts and their sum in every repeat."""
    return [
        row
        for _, cells in _settings(view)[:MOST]
        for row in (
            *(part for column, name in _PARTS for part in of_repeats(name, "ns", cells, _column(column))),
            *of_repeats("producer and reader", "ns", cells, _sums),
        )
    ]


def _settings(view: SessionView) -> list[tuple[Setting, list[Cell]]]:
    """Return the cells of each setting in which both parts were measured."""
    found = ((setting, [cell for cell in cells if _sums(cell)]) for setting, cells in settings_of(view, COST).items())
    return [(setting, cells) for setting, cells in found if cells]


def _sums(cell: Cell) -> list[float]:
    """Return producer and reader together, for each repeat that has both."""
    producer, reader = (cell.by_block(column) for column, _ in _PARTS)
    return [producer[block] + reader[block] for block in producer if block in reader]


def _sum(cell: Cell) -> str:
    return amount(median_of(tuple(_sums(cell))).value, "ns")


def _column(name: str) -> Callable[[Cell], list[float]]:
    return lambda cell: cell.values(name)


def _title(first: tuple[Setting, list[Cell]]) -> str:
    told = ", ".join(f"{_sum(cell)} with {cell.transport}" for cell in first[1])
    return f"Producer and reader together spend on an event: {told}"


def _panel(axes: Axes, cells: Sequence[Cell]) -> None:
    top = max(max(*_sums(cell), sum(_medians(cell))) for cell in cells)
    unit = linear_y(axes, [top * 1.12], "ns")
    for place, cell in enumerate(cells):
        below = 0.0
        for (column, name), height, alpha in zip(_PARTS, _medians(cell), _SHADES, strict=True):
            (bar,) = axes.bar(place, height, _BAR, below, color=look(cell.transport).color, alpha=alpha, lw=0)
            bar.set_gid(tip(f"{cell.transport}, {name}: {estimate(cell.interval(column), 'ns')}"))
            if height > top * _ROOM:
                axes.text(place, below + height / 2, amount(height, "ns"), ha="center", va="center", fontsize=8)
            below += height
        mark = Mark(cell.transport, _sums(cell), f"{cell.transport}, producer and reader", "ns")
        point(axes, mark, place + _BESIDE, aside=_ASIDE, along_x=False)
    axes.set_xlim(-0.6, len(cells) - 0.3)
    ticks(axes.xaxis, range(len(cells)), [f"{style.text(cell.transport, 18)}\n{_sum(cell)}" for cell in cells])
    axes.tick_params(axis="x", length=0, labelsize=7.5)
    axes.set_xlabel("transport, and the median of the sums", fontsize=8.5)
    axes.set_ylabel(f"{unit} an event", fontsize=8.5)
    axes.grid(axis="y")
    axes.set_axisbelow(True)


def _medians(cell: Cell) -> list[float]:
    return [cell.interval(column).value or 0.0 for column, _ in _PARTS]


def _key(part: str, alpha: float) -> Line2D:
    return Line2D([], [], ls="", marker="s", color=style.INK, alpha=alpha, mew=0, ms=8, label=part)


FIGURE = FigureKind(
    "cost_stacked",
    COST.name,
    draw,
    alt,
    "Lower is cheaper. It adds CPU time that two sides spend, the traced one for an event that it tries to send, the "
    "reader for one that it gets: the two may run at once on two CPUs, so the sum is work and not delay. What is not "
    "in it: the tracepoint itself, and what a wake-up costs the scheduler outside of the program.",
    data,
)
